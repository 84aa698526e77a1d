//! `--dry-run`: what would be run and what it would cost.

use std::collections::BTreeMap;

use fireassay_launch::Eta;
use fireassay_spec::{Trial, Until};

use super::precheck::{free_bytes, size_of};
use super::select::Selection;
use super::{Session, feasibility_view};
use crate::trial_program::TrialProgram;
use crate::ui::{self, Answer, about, bytes, plural};

/// The plan as a table, then trials, time and disk.
pub(crate) fn text(
    session: &Session<'_>,
    selection: &Selection,
    rule: Option<Until>,
) -> Answer<String> {
    let cost = Cost::estimate(session, selection);
    let table = table(session, selection, &cost.eta);
    let to_run = plural(selection.to_run.len(), "trial");
    let disk = disk(session, selection);
    let feasibility = feasibility_view::text(session, rule);
    Ok(format!(
        "{table}\n{to_run} to run; time: {}; disk: {disk}\n\n{feasibility}",
        cost.words(session, selection)
    ))
}

fn table(session: &Session<'_>, selection: &Selection, eta: &Eta) -> String {
    let mut rows = Vec::new();
    let plan = &session.loaded.plan;
    let mut names: Vec<&str> = plan.pretraining.iter().map(|t| t.condition.as_str()).collect();
    names.dedup();
    names.extend(plan.conditions.iter().map(|condition| condition.name.as_str()));
    for name in names {
        let of = |trials: &[Trial]| trials.iter().filter(|t| t.condition == name).count();
        let (scope, to_run) = (of(&selection.scope), of(&selection.to_run));
        if scope == 0 {
            continue;
        }
        let time = eta.trial_secs(name);
        rows.push(vec![
            name.to_owned(),
            scope.to_string(),
            (scope - to_run).to_string(),
            to_run.to_string(),
            time.map_or_else(|| "?".to_owned(), |secs| format!("{secs:.1} s")),
        ]);
    }
    let header = ["condition", "trials", "finished", "to run", "time/trial"];
    ui::table(&header, &[1, 2, 3, 4], rows)
}

/// What the trials will take, and how that is known.
struct Cost {
    eta: Eta,
    /// Where the estimate comes from, or why there is none.
    source: &'static str,
}

impl Cost {
    /// From finished trials; else from one step of each condition, if the program is built.
    fn estimate(session: &Session<'_>, selection: &Selection) -> Self {
        let eta = selection.eta();
        if eta.trial_secs("").is_some() {
            return Self { eta, source: "from finished trials" };
        }
        let Some(program) = TrialProgram::if_built(session.workspace, &session.args.backend) else {
            return Self { eta, source: "until the trial program is built" };
        };
        match from_fingerprints(session, selection, &program) {
            Some(eta) => Self { eta, source: "from one step of each condition, so roughly" },
            None => Self { eta, source: "because the trial program did not answer" },
        }
    }

    fn words(&self, session: &Session<'_>, selection: &Selection) -> String {
        let waiting = selection.to_run.iter().map(|trial| trial.condition.as_str());
        let has_work = !selection.to_run.is_empty();
        match self.eta.remaining(waiting, [], session.slots()) {
            Some(_) if !has_work => "none".to_owned(),
            Some(time) => format!("about {} ({})", about(time.as_secs_f64()), self.source),
            None => format!("unknown {}", self.source),
        }
    }
}

fn from_fingerprints(
    session: &Session<'_>,
    selection: &Selection,
    program: &TrialProgram,
) -> Option<Eta> {
    // One trial of each condition.
    let firsts: BTreeMap<&str, &Trial> =
        selection.to_run.iter().rev().map(|trial| (trial.condition.as_str(), trial)).collect();
    let trials: Vec<&Trial> = firsts.into_values().collect();
    // A program of another time may not understand the question: then there is no estimate.
    let answers = program.fingerprint(session.workspace, &trials).ok()?;
    let mut eta = Eta::default();
    for answer in answers {
        eta.record(&answer.condition, answer.secs_per_step * answer.budget_steps as f64);
    }
    Some(eta)
}

fn disk(session: &Session<'_>, selection: &Selection) -> String {
    let free = free_bytes(&session.workspace.runs);
    let free =
        free.map_or_else(|| "free space unknown".to_owned(), |n| format!("{} free", bytes(n)));
    let sizes: Vec<u64> =
        selection.finished().filter_map(|record| size_of(&record.path).ok()).collect();
    let Some(largest) = sizes.iter().max() else { return free };
    let total = largest * selection.to_run.len() as u64;
    format!("about {} ({} per run), {free}", bytes(total), bytes(*largest))
}
