//! Trials in temporary folders, and the progress of a run as lines of text.

use std::path::Path;

use fireassay_launch::{
    LaunchError, Launcher, Local, Options, Outcome, Pending, Progress, Stop, TrialCommand, run,
};
use fireassay_spec::{Kernels, SCHEMA, Trial, TrialId, TrialSpec};
use fireassay_tracking::{CodeFacts, RunDir};
use serde_json::{Value, json};

/// Real processes on a folder of their own.
pub(crate) struct Bench {
    pub(crate) folder: tempfile::TempDir,
}

impl Bench {
    /// Trials do what `deeds` says: a map from condition to deed.
    pub(crate) fn new(deeds: &Value) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let script = json!({ "trials": deeds }).to_string();
        std::fs::write(folder.path().join("fake.json"), script).unwrap();
        Self { folder }
    }

    pub(crate) fn runs(&self) -> std::path::PathBuf {
        self.folder.path().join("runs")
    }

    pub(crate) fn local(&self, slots: usize) -> Local {
        let command = command(env!("CARGO_BIN_EXE_launch-fake-trial"), self.folder.path());
        Local::new(command, slots).unwrap()
    }

    pub(crate) fn run(&self, names: &[(&str, u64)], options: &Options) -> Vec<String> {
        let trials = pending(&self.runs(), names);
        let (lines, outcome) = record(&trials, &mut self.local(2), options, |_| Stop::No);
        outcome.unwrap();
        lines
    }
}

/// How trials of `program` are started.
pub(crate) fn command(program: &str, datasets: &Path) -> TrialCommand {
    TrialCommand {
        binary: program.into(),
        datasets: datasets.into(),
        data_dir: None,
        sources: None,
        threads: 3,
        backend: "flex".into(),
        code: CodeFacts::default(),
        memory_limit: None,
        allow_binary_change: false,
    }
}

/// The trials `<condition>.seed-<n>` in `experiment_dir`, ready to run.
pub(crate) fn pending(experiment_dir: &Path, names: &[(&str, u64)]) -> Vec<Pending> {
    let make = |&(condition, seed): &(&str, u64)| {
        let trial = trial(condition, seed);
        let dir = RunDir::create(experiment_dir, &trial).unwrap();
        Pending { trial, dir, source: None }
    };
    names.iter().map(make).collect()
}

/// Runs, and returns each event as a line beside the outcome. `stop` is asked with the lines so
/// far.
pub(crate) fn record(
    pending: &[Pending],
    launcher: &mut dyn Launcher,
    options: &Options,
    mut stop: impl FnMut(&[String]) -> Stop,
) -> (Vec<String>, Result<Outcome, LaunchError>) {
    let lines = std::cell::RefCell::new(Vec::new());
    let outcome = run(pending, launcher, options, &mut || stop(&lines.borrow()), &mut |event| {
        lines.borrow_mut().extend(line(event));
    });
    (lines.into_inner(), outcome)
}

fn line(event: &Progress<'_>) -> Option<String> {
    let name = |trial: &Trial| format!("{}.seed-{}", trial.condition, trial.seed);
    Some(match event {
        Progress::Started { trial, attempt } => format!("started {} {attempt}", name(trial)),
        Progress::Finished { trial, summary, secs } => {
            format!("finished {} {:?} {secs}", name(trial), summary.outcome)
        }
        Progress::Retried { trial, message, attempt } => {
            format!("retried {} {attempt}: {message}", name(trial))
        }
        Progress::Failed { trial, kind, message, .. } => {
            format!("failed {} {kind:?}: {message}", name(trial))
        }
        Progress::Interrupted { trial } => format!("interrupted {}", name(trial)),
        Progress::Stopping { running, kill } => format!("stopping {running} kill={kill}"),
        Progress::Tick { .. } => return None,
    })
}

fn trial(condition: &str, seed: u64) -> Trial {
    let spec: TrialSpec = serde_json::from_value(json!({
        "data": { "dataset": "digits", "train-size": "all", "val-fraction": 0.2 },
        "model": { "mlp": {
            "widths": [8], "activation": "relu", "norm": "none", "dropout": 0.0,
            "dropout-at": "hidden",
        } },
        "optim": {
            "algorithm": { "sgd": { "momentum": 0.0, "nesterov": false } },
            "lr": 0.1, "weight-decay": 0.0, "decay": "coupled",
            "decay-exempt": "bias-and-norm", "clip-norm": "off",
        },
        "schedule": { "shape": "constant", "warmup-steps": 0 },
        "train": {
            "budget": { "steps": 100 }, "batch-size": 32, "loss": "cross-entropy",
            "eval-every": { "steps": 50 }, "early-stopping": "off", "select": "last",
        },
    }))
    .unwrap();
    let id = TrialId::new(&spec, seed, condition, Kernels::USUAL);
    Trial {
        schema: SCHEMA,
        id,
        experiment: "demo".into(),
        condition: condition.into(),
        settings: [("factor".into(), condition.into())].into(),
        seed,
        dataset_hash: condition.into(),
        kernels: Kernels::USUAL,
        source: None,
        spec,
    }
}
