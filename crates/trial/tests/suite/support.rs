//! Trials on `digits`, their run directories, and processes that work on them.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Output, Stdio};
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use fireassay_spec::{DatasetCard, Kernels, SCHEMA, Trial, TrialId, TrialSpec};
use fireassay_tracking::{RunDir, State};
use serde_json::{Value, json};
use tempfile::TempDir;

/// A process that is watched for longer hangs.
const PATIENCE: Duration = Duration::from_secs(60);

pub(crate) fn datasets() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../datasets")
}

/// 240 steps of everything that a checkpoint has to hold: running statistics, dropout masks, the
/// optimizer's moments, best weights and a count of stale evaluations. `changes` are pairs of a
/// JSON pointer into the spec and a value.
pub(crate) fn cnn_trial(changes: &[(&str, Value)]) -> Trial {
    let model = json!({ "cnn": { "channels": [4, 6], "kernel": 3, "stride": 1, "padding": "same",
        "norm": "batch", "activation": "relu", "pool": "max", "head": "flatten", "dense": [16],
        "dropout": 0.2, "dropout-at": "features" } });
    trial(&model, changes)
}

/// The same for 20 steps: enough to see a trial get to its own end.
pub(crate) fn short_trial() -> Trial {
    cnn_trial(&[("/train/budget", json!({ "steps": 20 }))])
}

pub(crate) fn mlp_trial(changes: &[(&str, Value)]) -> Trial {
    let model = json!({ "mlp": { "widths": [32], "activation": "relu", "norm": "none",
        "dropout": 0.0, "dropout-at": "hidden" } });
    trial(&model, changes)
}

pub(crate) fn sgd(momentum: f64, nesterov: bool) -> Value {
    json!({ "sgd": { "momentum": momentum, "nesterov": nesterov } })
}

fn trial(model: &Value, changes: &[(&str, Value)]) -> Trial {
    let mut spec = json!({
        "data": { "dataset": "digits", "train-size": 400, "val-fraction": 0.2,
            "test-fraction": 0.2 },
        "model": model,
        "optim": { "algorithm": { "adam": { "beta1": 0.9, "beta2": 0.999, "epsilon": 1e-8 } },
            "lr": 0.01, "weight-decay": 0.0, "decay": "coupled",
            "decay-exempt": "bias-and-norm", "clip-norm": "off" },
        "schedule": { "shape": { "cosine": { "final-fraction": 0.1 } }, "warmup-steps": 0 },
        "train": { "budget": { "steps": 240 }, "batch-size": 32, "loss": "cross-entropy",
            "eval-every": { "steps": 15 }, "early-stopping": { "patience": 100 },
            "select": "best-val" },
    });
    for (pointer, value) in changes {
        let (parent, key) = pointer.rsplit_once('/').unwrap();
        spec.pointer_mut(parent).unwrap()[key] = value.clone();
    }
    let spec: TrialSpec = serde_json::from_value(spec).unwrap();
    let dataset_hash = DatasetCard::load(&datasets().join("digits/dataset.toml")).unwrap().hash();
    Trial {
        schema: SCHEMA,
        id: TrialId::new(&spec, 1, &dataset_hash, Kernels::USUAL),
        experiment: "suite".into(),
        condition: "reference".into(),
        settings: [("norm".into(), "batch".into())].into(),
        seed: 1,
        dataset_hash,
        kernels: Kernels::USUAL,
        source: None,
        spec,
    }
}

/// What must not depend on how a trial got to its end: names and bytes of the three files.
pub(crate) type Results = [(&'static str, Vec<u8>); 3];

/// Of [`cnn_trial`] without changes, undisturbed.
pub(crate) fn reference() -> &'static Results {
    static REFERENCE: OnceLock<Results> = OnceLock::new();
    REFERENCE.get_or_init(|| undisturbed(&cnn_trial(&[]), &[]))
}

/// Of [`short_trial`], undisturbed.
pub(crate) fn short_reference() -> &'static Results {
    static REFERENCE: OnceLock<Results> = OnceLock::new();
    REFERENCE.get_or_init(|| undisturbed(&short_trial(), &[]))
}

pub(crate) fn undisturbed(trial: &Trial, flags: &[&str]) -> Results {
    let run = Run::new(trial);
    run.to_end(flags);
    run.results()
}

pub(crate) fn assert_same(found: &Results, expected: &Results) {
    for ((name, found), (_, expected)) in found.iter().zip(expected) {
        assert!(found == expected, "{name} differs");
    }
}

/// A run directory in a folder of its own.
pub(crate) struct Run {
    root: TempDir,
    pub(crate) dir: RunDir,
}

impl Run {
    pub(crate) fn new(trial: &Trial) -> Self {
        let root = tempfile::tempdir().unwrap();
        let dir = RunDir::create(root.path(), trial).unwrap();
        Self { root, dir }
    }

    /// The experiment's folder.
    pub(crate) fn root(&self) -> &Path {
        self.root.path()
    }

    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    /// `trial run` on it; on the committed datasets, unless a flag says otherwise.
    pub(crate) fn command(&self, flags: &[&str]) -> Command {
        let mut command = program("run");
        command.arg(self.dir.path()).args(flags);
        if !flags.contains(&"--datasets") {
            command.arg("--datasets").arg(datasets());
        }
        command
    }

    pub(crate) fn start(&self, flags: &[&str]) -> Process {
        Process::start(&mut self.command(flags))
    }

    pub(crate) fn end(&self, flags: &[&str]) -> Ended {
        Ended::new(self.command(flags).output().unwrap())
    }

    /// Runs it to its end without a word.
    pub(crate) fn to_end(&self, flags: &[&str]) {
        let ended = self.end(flags);
        assert_eq!(ended, Ended { code: Some(0), stdout: String::new(), stderr: String::new() });
    }

    pub(crate) fn results(&self) -> Results {
        ["summary.json", "events.jsonl", "checkpoints/selected.safetensors"]
            .map(|name| (name, fs::read(self.file(name)).unwrap()))
    }

    /// Updates made at the last checkpoint; 0 before the first session.
    pub(crate) fn step(&self) -> u64 {
        self.dir.status().unwrap().map_or(0, |status| status.step)
    }

    pub(crate) fn state(&self) -> Option<State> {
        self.dir.status().unwrap().map(|status| status.state)
    }
}

/// A command of the program, with no input and all output kept.
pub(crate) fn program(command: &str) -> Command {
    let mut program = Command::new(env!("CARGO_BIN_EXE_trial"));
    program.arg(command);
    program.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    program
}

/// Runs a command on some input.
pub(crate) fn fed(mut command: Command, input: &[u8]) -> Ended {
    let mut child = command.stdin(Stdio::piped()).spawn().unwrap();
    // A program that refuses its input early closes the pipe; what it says is what counts.
    let _ = child.stdin.take().unwrap().write_all(input);
    Ended::new(child.wait_with_output().unwrap())
}

/// How a process ended.
#[derive(Debug, PartialEq)]
pub(crate) struct Ended {
    /// None after a signal.
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Ended {
    pub(crate) fn new(output: Output) -> Self {
        let text = |bytes| String::from_utf8(bytes).unwrap();
        let (stdout, stderr) = (text(output.stdout), text(output.stderr));
        Self { code: output.status.code(), stdout, stderr }
    }

    /// What it said, without the line breaks and bars of the report's frame.
    pub(crate) fn words(&self) -> String {
        let words = self.stderr.split_whitespace().filter(|word| *word != "│");
        words.collect::<Vec<_>>().join(" ")
    }
}

/// A running trial; killed when a test gives up on it.
pub(crate) struct Process {
    child: Child,
}

impl Process {
    pub(crate) fn start(command: &mut Command) -> Self {
        Self { child: command.spawn().unwrap() }
    }

    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    pub(crate) fn take_stdin(&mut self) -> ChildStdin {
        self.child.stdin.take().unwrap()
    }

    /// Waits until something is seen; false if the process ended before.
    pub(crate) fn wait_until(&mut self, seen: &mut dyn FnMut() -> bool) -> bool {
        let start = Instant::now();
        while self.child.try_wait().unwrap().is_none() {
            if seen() {
                return true;
            }
            assert!(start.elapsed() < PATIENCE, "the process hangs");
            std::thread::yield_now();
        }
        false
    }

    pub(crate) fn signal(&self, signal: rustix::process::Signal) {
        let id = rustix::process::Pid::from_child(&self.child);
        rustix::process::kill_process(id, signal).unwrap();
    }

    /// Waits for its end and gives the exit code; none after a signal.
    pub(crate) fn wait(mut self) -> Option<i32> {
        self.wait_until(&mut || false);
        self.child.wait().unwrap().code()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // Already waited for in most cases, and then there is nothing to kill.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
