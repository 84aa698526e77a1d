//! `Selection`: which trials are meant, and which of them have to run.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use fireassay_launch::Eta;
use fireassay_spec::{Filter, SourceRef, Trial, TrialId, TrialOutcome};
use fireassay_tracking::{FailureKind, RunProblem, RunRecord, RunState, Store, Survey};

use super::Session;
use crate::ui::{Answer, Exit, Refusal, plural};

/// Which trials are meant, and which of them have to run.
pub(crate) struct Selection {
    /// What was selected, condition by condition; no pretraining.
    pub(crate) scope_in_plan_order: Vec<Trial>,
    /// What was selected, seed by seed: whenever a run is stopped, all conditions have about the
    /// same seeds behind them, and can be compared. Before the first trial that starts from it, each
    /// pretraining that is finished or has to run.
    pub(crate) scope: Vec<Trial>,
    /// What of the scope has to run.
    pub(crate) to_run: Vec<Trial>,
    /// Finished trials that are not run again.
    pub(crate) reused: Reused,
    /// Unfinished trials that go on where they stopped.
    pub(crate) resumable: usize,
    /// Trials that have done anything so far.
    pub(crate) started: usize,
    records: BTreeMap<TrialId, RunRecord>,
}

/// Finished trials that are not run again.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Reused {
    pub(crate) done: usize,
    pub(crate) diverged: usize,
}

/// Applies `--only` and `--fresh` to the plan.
pub(crate) fn select(session: &Session<'_>) -> Answer<Selection> {
    let plan = &session.loaded.plan;
    let Survey { records, problems } = survey(session)?;
    refuse_duplicates(session, &records)?;
    // Runs of an earlier version of the file say nothing about this plan, its cost included.
    let planned: BTreeSet<&TrialId> = plan.all_trials().map(|trial| &trial.id).collect();
    let records: BTreeMap<TrialId, RunRecord> = records
        .into_iter()
        .filter(|record| planned.contains(&record.trial.id))
        .map(|record| (record.trial.id.clone(), record))
        .collect();
    let filter = Filter::parse(&session.args.only, plan)
        .map_err(|error| Refusal::from_diagnostic(Exit::Usage, error))?;
    let state = |trial: &Trial| records.get(&trial.id).map_or(RunState::Pending, RunRecord::state);
    let scope_in_plan_order = plan.select(&filter, &|trial| outcome(state(trial))).trials;
    if scope_in_plan_order.is_empty() {
        let message = format!("no trial matches --only {}", session.args.only.join(" "));
        let help = format!("`cargo xtask ablation {} --dry-run` shows the plan", plan.experiment);
        return Err(Refusal::new(Exit::NothingSelected, message, &help));
    }
    let stage = Stage::new(session, &scope_in_plan_order, &state);
    let (scope, to_run) = (stage.scope, stage.to_run);
    refuse_damage(session, &problems, &scope)?;
    let running: BTreeSet<&TrialId> = to_run.iter().map(|trial| &trial.id).collect();
    let count = |test: &dyn Fn(RunState, bool) -> bool| {
        scope.iter().filter(|trial| test(state(trial), running.contains(&trial.id))).count()
    };
    let fresh = session.args.fresh;
    Ok(Selection {
        reused: Reused {
            done: count(&|state, runs| !runs && state == RunState::Done),
            diverged: count(&|state, runs| !runs && state == RunState::Diverged),
        },
        resumable: if fresh { 0 } else { count(&|state, _| is_resumable(state)) },
        started: count(&|state, runs| runs && state != RunState::Pending),
        to_run,
        scope_in_plan_order,
        scope,
        records,
    })
}

/// What is meant and what has to run, each in the order in which it is run.
struct Stage {
    scope: Vec<Trial>,
    to_run: Vec<Trial>,
}

impl Stage {
    /// Of these trials and of what they start from. A pretraining that is finished is not run again
    /// for the sake of some trials: `--fresh` throws it away only with everything else.
    fn new(session: &Session<'_>, selected: &[Trial], state: &dyn Fn(&Trial) -> RunState) -> Self {
        let plan = &session.loaded.plan;
        let mut by_seed: Vec<&Trial> = selected.iter().collect();
        by_seed.sort_by_key(|trial| trial.seed); // stable: conditions keep their order
        let chosen: BTreeSet<&TrialId> = selected.iter().map(|trial| &trial.id).collect();
        let sources: BTreeMap<&TrialId, &Trial> =
            plan.all_trials().map(|source| (&source.id, source)).collect();
        let runs = |trial: &Trial| {
            let anew = session.starts_anew() || session.args.fresh && chosen.contains(&trial.id);
            anew || !is_finished(state(trial))
        };
        let mut stage = Self { scope: Vec::new(), to_run: Vec::new() };
        let mut listed: BTreeSet<(&str, u64)> = BTreeSet::new();
        let mut list = |trial: &Trial, runs: bool, key| {
            if listed.insert(key) {
                stage.scope.push(trial.clone());
                stage.to_run.extend(runs.then(|| trial.clone()));
            }
        };
        for trial in by_seed {
            let id = trial.source.as_ref().and_then(SourceRef::trial);
            if let Some(&source) = id.and_then(|id| sources.get(id)) {
                // One that is missing is not made for trials that have their results.
                if runs(trial) || is_finished(state(source)) {
                    list(source, runs(source), (&source.condition, source.seed));
                }
            }
            list(trial, runs(trial), (&trial.condition, trial.seed));
        }
        stage
    }
}

/// The runs of the experiment that can be read, and the others; those are an error without
/// `--fresh`.
fn survey(session: &Session<'_>) -> Answer<Survey> {
    let refuse = |error| Refusal::from_diagnostic(Exit::Usage, error);
    let dir = session.workspace.runs_of(&session.loaded.plan.experiment);
    if session.args.fresh {
        return Store::survey(&dir).map_err(refuse);
    }
    let records = Store::scan(&dir).map_err(refuse)?;
    Ok(Survey { records, problems: Vec::new() })
}

/// Another version may have written a run, or a disk may have damaged it. It may be thrown away if
/// that is asked for: if it is the run of a selected trial, in the trial's own directory.
fn refuse_damage(session: &Session<'_>, problems: &[RunProblem], scope: &[Trial]) -> Answer<()> {
    let own: BTreeMap<String, &TrialId> =
        scope.iter().map(|trial| (trial.dir_name(), &trial.id)).collect();
    let goes = |problem: &RunProblem| {
        problem.trial.is_some() && own.get(&problem.dir).copied() == problem.trial.as_ref()
    };
    if problems.iter().all(goes) {
        return Ok(());
    }
    // Says what is wrong with the first of them.
    let dir = session.workspace.runs_of(&session.loaded.plan.experiment);
    Store::scan(&dir).map_err(|error| Refusal::from_diagnostic(Exit::Usage, error))?;
    Ok(())
}

/// Two directories of one trial: which one counts is not ours to choose, and a report uses neither.
fn refuse_duplicates(session: &Session<'_>, records: &[RunRecord]) -> Answer<()> {
    let mut planned: BTreeMap<&TrialId, usize> = BTreeMap::new();
    for trial in session.loaded.plan.all_trials() {
        *planned.entry(&trial.id).or_default() += 1;
    }
    let mut found: BTreeMap<&TrialId, Vec<&Path>> = BTreeMap::new();
    for record in records {
        found.entry(&record.trial.id).or_default().push(&record.path);
    }
    // A deliberate duplicate is one trial in several conditions, each with a directory.
    let too_many = |(id, paths): &(&&TrialId, &Vec<&Path>)| {
        planned.get(**id).is_some_and(|times| paths.len() > *times)
    };
    let Some((id, paths)) = found.iter().find(too_many) else { return Ok(()) };
    let names: Vec<String> =
        paths.iter().map(|path| format!("`{}`", session.workspace.short(path).display())).collect();
    let message =
        format!("trial {} has {} directories: {}", id.short(), paths.len(), names.join(", "));
    let help = "move all but one of them away; a name that starts with a dot is set aside";
    Err(Refusal::new(Exit::Usage, message, help))
}

/// Says why nothing is run, where that may surprise.
pub(crate) fn explain_nothing_to_run(session: &Session<'_>, selection: &Selection) {
    let ui = session.ui;
    let finished = selection.scope.len();
    let are = if finished == 1 { "is" } else { "are" };
    let what = plural(finished, "trial");
    ui.verb("Summary", format!("nothing to run: {what} {are} finished"));
    let only = &session.args.only;
    if only.iter().any(|filter| filter == "diverged") {
        let name = &session.loaded.experiment.name;
        ui.warning(
            "a diverged trial is finished: the same seed diverges again",
            &format!("cargo xtask ablation {name} --only {} --fresh", only.join(" ")),
        );
    }
}

impl Reused {
    pub(crate) fn total(self) -> usize {
        self.done + self.diverged
    }
}

impl Selection {
    /// What finished trials of the experiment took.
    pub(crate) fn eta(&self) -> Eta {
        let mut eta = Eta::default();
        for record in self.finished() {
            if let Some(status) = &record.status {
                eta.record(&record.trial.condition, status.timing.wall_secs);
            }
        }
        eta
    }

    /// The run of a trial that was started before.
    pub(crate) fn record_of(&self, trial: &Trial) -> Option<&RunRecord> {
        self.record_of_id(&trial.id)
    }

    /// As [`Selection::record_of`].
    pub(crate) fn record_of_id(&self, id: &TrialId) -> Option<&RunRecord> {
        self.records.get(id)
    }

    /// Records of the experiment's trials that have metrics.
    pub(crate) fn finished(&self) -> impl Iterator<Item = &RunRecord> {
        self.records.values().filter(|record| record.state() == RunState::Done)
    }
}

fn is_finished(state: RunState) -> bool {
    matches!(state, RunState::Done | RunState::Diverged)
}

fn is_resumable(state: RunState) -> bool {
    matches!(state, RunState::Running | RunState::Interrupted | RunState::Failed(_))
}

fn outcome(state: RunState) -> TrialOutcome {
    match state {
        RunState::Pending => TrialOutcome::Missing,
        RunState::Running | RunState::Interrupted => TrialOutcome::Interrupted,
        RunState::Failed(FailureKind::Crashed) => TrialOutcome::Crashed,
        RunState::Failed(FailureKind::Pretraining) => TrialOutcome::NoSource,
        RunState::Failed(FailureKind::Oom) => TrialOutcome::Oom,
        RunState::Failed(FailureKind::Timeout) => TrialOutcome::Timeout,
        RunState::Done => TrialOutcome::Done,
        RunState::Diverged => TrialOutcome::Diverged,
    }
}
