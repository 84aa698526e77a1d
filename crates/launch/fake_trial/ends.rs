//! The ways in which a trial can end.

use std::fs;
use std::io::{self, Read};
use std::path::Path;
use std::process::{Command, ExitCode, abort};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::sync::mpsc;
use std::thread;

use fireassay_launch::EXIT_RESUMABLE;
use fireassay_spec::Trial;
use fireassay_tracking::{
    FailureKind, Outcome, RunDir, RunState, State, Status, Store, Summary, write_atomic,
};
use serde_json::Value;
use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::iterator::Signals;

use crate::steps::{self, Resume, Then};
use crate::{facts, identity};

/// Plays the trial in the run directory.
pub(crate) fn run(args: &[String], script: &Value) -> ExitCode {
    for name in ["--threads", "--backend", "--code"] {
        assert!(crate::flag(args, name).is_some(), "{name} is missing");
    }
    let dir = RunDir::open(Path::new(&args[1])).expect("run directory");
    let trial = dir.trial().expect("trial.json");
    if let Some(lack) = lack_of_source(&dir, &trial, args) {
        return say(&lack, 1);
    }
    let before = dir.status().expect("status.json");
    let sessions = before.map_or(0, |status| status.sessions) + 1;
    // Before the status tells the outside that it runs, so that no signal comes too early.
    let stopped = Stopped::listen();
    write(&dir, sessions, State::Running, None);
    let summary = facts::done(&trial, script);
    let then = match crate::flag(args, "--checkpoint-secs") {
        Some(_) => Then::Wait,
        None => Then::GoOn,
    };
    Actor { dir, summary, sessions, stopped, then, args: args.to_vec() }.play(&deed(&trial, script))
}

/// A trial that starts from another needs the result of that.
fn lack_of_source(dir: &RunDir, trial: &Trial, args: &[String]) -> Option<String> {
    let id = trial.source.as_ref()?.trial()?;
    let beside = dir.path().parent().expect("the experiment's folder");
    let folder = crate::flag(args, "--sources").map_or(beside, Path::new);
    let runs = Store::scan(folder).expect("runs");
    let is_there = runs.iter().any(|run| run.trial.id == *id && run.state() == RunState::Done);
    (!is_there).then(|| format!("error: its pretraining {} is not there", id.short()))
}

struct Actor {
    dir: RunDir,
    summary: Summary,
    sessions: u64,
    stopped: Stopped,
    /// Whoever asks for frequent checkpoints is going to kill.
    then: Then,
    args: Vec<String>,
}

fn deed(trial: &Trial, script: &Value) -> String {
    let with_seed = format!("{}.seed-{}", trial.condition, trial.seed);
    let names = [with_seed.as_str(), trial.condition.as_str(), "*"];
    let found = names.iter().find_map(|name| script["trials"][name].as_str());
    found.unwrap_or("done").to_owned()
}

impl Actor {
    fn play(&self, deed: &str) -> ExitCode {
        match deed {
            "done" => self.finish(&self.summary),
            "diverge" => self.finish(&facts::diverged()),
            "fail" => self.fail("the data ran dry"),
            "fail-once" if self.sessions == 1 => self.fail("a passing cloud"),
            "fail-once" => self.play("done"),
            "usage" => say("error: no backend `abacus`", 2),
            "panic" => say("thread 'main' panicked at somewhere.rs:1:1:\nindex out of bounds", 101),
            "silent" => ExitCode::SUCCESS,
            "abort" => abort(),
            "out-of-memory" => {
                say("memory allocation of 9 bytes failed", 0);
                abort()
            }
            "greedy" => self.ask_for_a_gibibyte(),
            "killed" => kill_myself(),
            "interrupt" => self.step_aside(),
            "half-once" if self.sessions == 1 => {
                identity::record(&self.dir, &self.args);
                steps::make(&self.dir, Then::Wait, Resume::Exact);
                self.step_aside()
            }
            "half-once" if !identity::record(&self.dir, &self.args) => {
                say("error: this trial was brought on by another program", 2)
            }
            "half-once" => self.play("steps"),
            "wait-for-go" => {
                identity::record(&self.dir, &self.args);
                self.wait_for_go();
                self.play("done")
            }
            "tell-all" => tell_all(),
            "hang" => {
                self.stopped.wait_for_anything();
                self.step_aside()
            }
            "hang-once" if self.sessions == 1 => self.play("hang"),
            "hang-once" => self.play("done"),
            "deaf" => {
                self.stopped.wait_for_eof();
                ExitCode::from(EXIT_RESUMABLE as u8)
            }
            "steps" => self.make_steps(Resume::Exact),
            // Stands in for a trial that does not survive a kill. It goes by the name of its
            // folder: a kill may come before it can leave a trace.
            "steps-drift"
                if self.dir.path().parent().is_some_and(|dir| dir.ends_with("killed")) =>
            {
                self.make_steps(Resume::Drifting)
            }
            "steps-drift" => self.play("steps"),
            // Stands in for another program: other weights from step 30 on.
            "steps-other" => {
                let state_digest = "11".repeat(32);
                let summary = Summary { state_digest, ..self.summary.clone() };
                let done = steps::make(&self.dir, self.then, Resume::Drifting);
                assert!(done, "nobody kills it");
                self.finish(&summary)
            }
            "environment" => self.fail(&environment()),
            other => panic!("no deed `{other}`"),
        }
    }

    fn make_steps(&self, resume: Resume) -> ExitCode {
        if steps::make(&self.dir, self.then, resume) && !self.stopped.is_asked() {
            return self.finish(&self.summary);
        }
        if self.then == Then::Wait {
            self.stopped.wait_for_anything();
        }
        ExitCode::from(EXIT_RESUMABLE as u8)
    }

    fn step_aside(&self) -> ExitCode {
        write(&self.dir, self.sessions, State::Interrupted, None);
        ExitCode::from(EXIT_RESUMABLE as u8)
    }

    /// Dies of it under a limit, as Rust's runtime does.
    fn ask_for_a_gibibyte(&self) -> ExitCode {
        const GIBIBYTE: u64 = 1 << 30;
        let limit = crate::flag(&self.args, "--memory-limit").map(|limit| limit.parse::<u64>());
        if limit.is_some_and(|limit| limit.expect("a number") < GIBIBYTE) {
            eprintln!("memory allocation of {GIBIBYTE} bytes failed");
            abort()
        }
        self.play("done")
    }

    /// Until the test puts a file `go` among the datasets.
    fn wait_for_go(&self) {
        let datasets = crate::flag(&self.args, "--datasets").expect("--datasets");
        while !Path::new(datasets).join("go").exists() {
            thread::yield_now();
        }
    }

    fn finish(&self, summary: &Summary) -> ExitCode {
        let state = match summary.outcome {
            Outcome::Done => State::Done,
            Outcome::Diverged { .. } => State::Diverged,
        };
        write(&self.dir, self.sessions, state, None);
        let events = self.dir.event_mark().expect("events.jsonl");
        let summary = Summary { events, ..summary.clone() };
        // What went wrong before is wrong no more.
        drop(fs::remove_file(self.dir.error_path()));
        self.dir.finish(&summary).expect("summary.json");
        ExitCode::SUCCESS
    }

    fn fail(&self, message: &str) -> ExitCode {
        let state = State::Failed(FailureKind::Crashed);
        write_atomic(&self.dir.error_path(), format!("{message}\n").as_bytes()).expect("error.txt");
        write(&self.dir, self.sessions, state, Some(message.into()));
        say(&format!("error: {message}"), 1)
    }
}

fn say(text: &str, code: u8) -> ExitCode {
    eprintln!("{text}");
    ExitCode::from(code)
}

/// What no trial should ever say.
fn tell_all() -> ExitCode {
    for (name, value) in std::env::vars() {
        eprintln!("{name}={value}");
    }
    ExitCode::FAILURE
}

fn write(dir: &RunDir, sessions: u64, state: State, message: Option<String>) {
    let before = dir.status().expect("status.json");
    let attempts = match before {
        Some(status) if status.sessions == sessions => status.attempts,
        Some(status) => status.history(),
        None => Vec::new(),
    };
    let status = Status { message, attempts, ..facts::status(sessions, state) };
    dir.write_status(&status).expect("status.json");
}

fn kill_myself() -> ExitCode {
    let own = std::process::id().to_string();
    Command::new("kill").args(["-KILL", &own]).status().expect("kill");
    unreachable!("SIGKILL cannot be survived")
}

fn environment() -> String {
    let names = ["RAYON_NUM_THREADS", "MALLOC_MMAP_THRESHOLD_", "MALLOC_TRIM_THRESHOLD_"];
    let pairs = names.map(|name| format!("{name}={}", std::env::var(name).unwrap_or_default()));
    pairs.join(" ")
}

/// The two ways of being asked to stop.
struct Stopped {
    events: mpsc::Receiver<Asked>,
}

#[derive(PartialEq)]
enum Asked {
    BySignal,
    ByEof,
}

impl Stopped {
    fn listen() -> Self {
        // Without this, a signal that comes before the thread listens would kill.
        for signal in [SIGTERM, SIGINT] {
            let flag = Arc::new(AtomicBool::new(false));
            signal_hook::flag::register(signal, flag).expect("signal handler");
        }
        let (sender, events) = mpsc::channel();
        let by_signal = sender.clone();
        let mut signals = Signals::new([SIGTERM, SIGINT]).expect("signal handler");
        thread::spawn(move || {
            for _ in signals.forever() {
                drop(by_signal.send(Asked::BySignal));
            }
        });
        thread::spawn(move || {
            drop(io::stdin().read_to_end(&mut Vec::new()));
            drop(sender.send(Asked::ByEof));
        });
        Self { events }
    }

    fn wait_for_anything(&self) {
        self.events.recv().expect("a reason to stop");
    }

    fn is_asked(&self) -> bool {
        self.events.try_recv().is_ok()
    }

    fn wait_for_eof(&self) {
        while self.events.recv().expect("a reason to stop") != Asked::ByEof {}
    }
}
