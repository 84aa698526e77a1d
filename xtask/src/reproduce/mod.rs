//! `cargo xtask reproduce`: trials run again, and a verdict whether they came to the same.

mod args;
mod choose;
mod place;
mod rerun;
mod results;
mod store;

use std::collections::BTreeMap;

use fireassay_report::reproduce::reproduce;
use fireassay_report::reproduce::{About, Basis, Ending, Reproduction, Twice, json, terminal};
use fireassay_spec::{Metric, MetricName, Split, Trial};
use fireassay_tracking::{Event, RunRecord};

use crate::catalogue::Loaded;
use crate::ui::{self, Answer, Exit, OrRefuse, Refusal, Ui, plural};
use crate::workspace::Workspace;

use args::View;
pub(crate) use args::{REPRODUCE_EXAMPLES, ReproduceArgs};
use place::Place;
use rerun::{Crew, Rerun};

/// What is meant by the command line.
struct Originals {
    /// As a person types it.
    label: String,
    /// Name of the experiment, as the trials have it.
    experiment: String,
    /// The experiment, if the workspace has it.
    loaded: Option<Loaded>,
    /// Finished trials that are meant.
    trials: Vec<Original>,
    /// Scores of all finished trials by condition and seed, those that are not meant as well.
    others: Vec<Original>,
    /// What was left out, and why.
    notes: Vec<String>,
}

/// A finished trial, and what was kept of it.
#[derive(Clone)]
struct Original {
    trial: Trial,
    kept: Kept,
}

#[derive(Clone)]
enum Kept {
    /// A run directory.
    Run(Box<RunRecord>, Vec<Event>),
    /// The result alone.
    Result(Ending<'static>),
}

/// Runs the command.
pub(crate) fn run(args: &ReproduceArgs, workspace: &Workspace) -> Answer {
    let (originals, sources) = match place::find(&args.what, workspace)? {
        Place::Run(dir) => {
            let beside = dir.parent().unwrap_or(&dir).to_path_buf();
            (store::read_run(&dir, workspace)?, Some(beside))
        }
        Place::Store(dir) => (store::read(&dir, workspace)?, Some(dir)),
        Place::Results(file) => (results::read(&file, workspace)?, None),
    };
    // Results alone have no weights: those that this workspace has trained are as good.
    let sources = sources.unwrap_or_else(|| workspace.runs_of(&originals.experiment));
    let chosen = choose::choose(args, &originals)?;
    let ui = Ui::new(false, false);
    for note in &originals.notes {
        ui.warning(note, "");
    }
    let crew = Crew { args, workspace, ui, metric: originals.metric(), sources };
    let trials: Vec<&Trial> = chosen.iter().map(|original| &original.trial).collect();
    let reruns = crew.run(&originals.experiment, &trials)?;
    if let Some(code) = reruns.signal {
        ui.warning(
            "not every trial is run again",
            "the same command goes on where this one stopped",
        );
        return Ok(Exit::Signal(code));
    }
    let reproduction = judge(args, &originals, &chosen, &reruns.reruns);
    let about = About {
        label: originals.label.clone(),
        again: chosen.len(),
        of: originals.trials.len(),
        drawn_with: args.trials.map(|_| choose::DRAW_SEED),
        notes: originals.notes.clone(),
    };
    ui::answer(&match args.format {
        View::Terminal => terminal(&reproduction, &about, ui::answer_width()),
        View::Json => json(&reproduction, &about).or_refuse(Exit::Bug)?,
    })?;
    Ok(exit(&reproduction))
}

/// A rerun without a result says nothing about the original.
fn exit(reproduction: &Reproduction) -> Exit {
    let failed = reproduction.trials.iter().any(|trial| trial.rerun.is_err());
    match reproduction.rung.is_none_or(|rung| rung.is_reproduced()) {
        false => Exit::CheckFailed,
        true if failed => Exit::TrialsFailed,
        true => Exit::Ok,
    }
}

fn judge(
    args: &ReproduceArgs,
    originals: &Originals,
    chosen: &[&Original],
    reruns: &[Rerun],
) -> Reproduction {
    let pairs: Vec<Twice<'_>> = chosen
        .iter()
        .zip(reruns)
        .filter_map(|(original, rerun)| {
            let rerun = match rerun {
                Rerun::Finished(record, events) => {
                    let ending = Ending::of_record(record, events.clone());
                    ending.ok_or_else(|| "it has no summary.json".to_owned())
                }
                Rerun::Failed(message) => Err(message.clone()),
            };
            Some(Twice { trial: &original.trial, original: original.ending()?, rerun })
        })
        .collect();
    let metric = originals.metric();
    let mut scores: BTreeMap<String, BTreeMap<u64, f64>> = BTreeMap::new();
    for original in originals.trials.iter().chain(&originals.others) {
        let score = original.ending().and_then(|ending| ending.score(metric));
        let Trial { condition, seed, .. } = &original.trial;
        if let Some(score) = score {
            scores.entry(condition.clone()).or_default().insert(*seed, score);
        }
    }
    let analysis = originals.loaded.as_ref().map(|loaded| &loaded.experiment.analysis);
    let origin = match &originals.loaded {
        Some(loaded) => format!("experiments/{}/experiment.toml", loaded.experiment.name),
        None => format!("usual values: no experiment `{}` is known", originals.experiment),
    };
    let basis = Basis {
        metric,
        rope: analysis.and_then(|analysis| analysis.rope),
        alpha: analysis.map_or(fireassay_report::compare::Criteria::ALPHA, |a| a.alpha),
        tolerance: args.tolerance,
        scores,
        origin,
    };
    reproduce(&pairs, basis)
}

impl Originals {
    /// What the experiment is about; the usual metric where nobody knows.
    fn metric(&self) -> MetricName {
        let analysis = self.loaded.as_ref().map(|loaded| &loaded.experiment.analysis);
        analysis.map_or(MetricName::Of(Split::Test, Metric::Accuracy), |a| a.primary_metric)
    }

    fn refuse_empty(self) -> Answer<Self> {
        if !self.trials.is_empty() {
            return Ok(self);
        }
        let message = format!("`{}` has no finished trial to run again", self.label);
        let help = match self.notes.as_slice() {
            [] => format!("cargo xtask ablation {}", self.experiment),
            notes => notes.join("; "),
        };
        Err(Refusal::new(Exit::NothingSelected, message, &help))
    }
}

impl Original {
    /// None if it is not finished.
    fn ending(&self) -> Option<Ending<'_>> {
        match &self.kept {
            Kept::Run(record, events) => Ending::of_record(record, events.clone()),
            Kept::Result(ending) => Some(ending.clone()),
        }
    }
}

/// `3 runs are left out: <why>`.
fn left_out(n: usize, why: &str) -> Option<String> {
    let are = if n == 1 { "is" } else { "are" };
    (n > 0).then(|| format!("{} {are} left out: {why}", plural(n, "run")))
}
