//! The rules of the pool, on a launcher with scripted ends and a clock of its own.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use crate::support::{pending, record};
use fireassay_launch::{
    EXIT_RESUMABLE, Exit, Mock, Options, Outcome, Progress, Scripted, Stop, run,
};
use fireassay_tracking::{
    EventMark, Examples, FailureKind, Outcome as TrialOutcome, RunDir, SCHEMA, State, Summary,
};

pub(crate) fn folder() -> tempfile::TempDir {
    tempfile::tempdir().unwrap()
}

pub(crate) fn done() -> Scripted {
    let summary = Summary {
        schema: SCHEMA,
        outcome: TrialOutcome::Done,
        metrics: BTreeMap::new(),
        confusion: None,
        steps: 1,
        budget_steps: 1,
        selected_step: 1,
        params: 1,
        trainable_params: 1,
        macs: 1,
        examples: Examples { train: 1, val: 1, test: 1 },
        state_digest: String::new(),
        events: EventMark::default(),
    };
    Scripted {
        takes: Duration::from_secs(10),
        status: None,
        summary: Some(summary),
        exit: Exit::Code(0),
        on_checkpoint: Some(Exit::Code(EXIT_RESUMABLE)),
        stderr: String::new(),
    }
}

pub(crate) fn crash() -> Scripted {
    let stderr = "boom".into();
    Scripted { summary: None, exit: Exit::Code(101), stderr, ..done() }
}

pub(crate) fn state(experiment_dir: &Path, name: &str) -> Option<State> {
    let found = std::fs::read_dir(experiment_dir)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .find(|path| path.file_name().unwrap().to_str().unwrap().starts_with(name));
    let status = RunDir::open(&found.unwrap()).unwrap().status().unwrap();
    status.map(|status| status.state)
}

#[test]
fn a_directory_that_is_gone_fails_its_trial_alone() {
    let folder = folder();
    let trials = pending(folder.path(), &[("a", 0), ("b", 0), ("c", 0)]);
    std::fs::remove_dir_all(trials[1].dir.path()).unwrap();
    let mut mock = Mock::new(1, Box::new(|_, _| done()));
    let (lines, outcome) = record(&trials, &mut mock, &Options::default(), |_| Stop::No);
    let outcome = outcome.unwrap();
    assert_eq!((outcome.done, outcome.failed, outcome.not_started), (2, 1, 0));
    assert!(lines.iter().any(|line| line.starts_with("failed b.seed-0 Crashed: ")), "{lines:?}");

    let mut mock = Mock::new(1, Box::new(|_, _| done()));
    let options = Options { fail_fast: true, ..Options::default() };
    let (_, outcome) = record(&trials[1..], &mut mock, &options, |_| Stop::No);
    let outcome = outcome.unwrap();
    assert_eq!((outcome.done, outcome.failed, outcome.not_started), (0, 1, 1));
}

#[test]
fn two_slots_run_four_trials_in_two_rounds() {
    let folder = folder();
    let trials = pending(folder.path(), &[("a", 0), ("a", 1), ("b", 0), ("b", 1)]);
    let mut mock = Mock::new(2, Box::new(|_, _| done()));
    let (lines, outcome) = record(&trials, &mut mock, &Options::default(), |_| Stop::No);
    let expected = [
        "started a.seed-0 1",
        "started a.seed-1 1",
        "finished a.seed-0 Done 10",
        "finished a.seed-1 Done 10",
        "started b.seed-0 1",
        "started b.seed-1 1",
        "finished b.seed-0 Done 10",
        "finished b.seed-1 Done 10",
    ];
    assert_eq!(lines, expected);
    let elapsed = Duration::from_secs(20);
    assert_eq!(outcome.unwrap(), Outcome { done: 4, elapsed, ..Outcome::default() });
}

#[test]
fn a_failure_touches_no_other_trial_and_leaves_its_reason() {
    let folder = folder();
    let trials = pending(folder.path(), &[("a", 0), ("b", 0)]);
    let script =
        |trial: &fireassay_spec::Trial, _| if trial.condition == "a" { crash() } else { done() };
    let mut mock = Mock::new(1, Box::new(script));
    let (lines, outcome) = record(&trials, &mut mock, &Options::default(), |_| Stop::No);
    assert_eq!(lines[1], "failed a.seed-0 Crashed: ended with exit code 101: boom");
    let outcome = outcome.unwrap();
    assert_eq!((outcome.done, outcome.failed), (1, 1));
    assert_eq!(state(folder.path(), "a"), Some(State::Failed(FailureKind::Crashed)));
}

#[test]
fn a_failed_trial_is_tried_again_before_the_others() {
    let folder = folder();
    let trials = pending(folder.path(), &[("a", 0), ("b", 0)]);
    let script = |_: &fireassay_spec::Trial, attempt| if attempt < 3 { crash() } else { done() };
    let mut mock = Mock::new(1, Box::new(script));
    let options = Options { max_retries: 1, ..Options::default() };
    let (lines, outcome) = record(&trials, &mut mock, &options, |_| Stop::No);
    let expected = [
        "started a.seed-0 1",
        "retried a.seed-0 1: ended with exit code 101: boom",
        "started a.seed-0 2",
        "failed a.seed-0 Crashed: ended with exit code 101: boom",
        "started b.seed-0 1",
        "retried b.seed-0 1: ended with exit code 101: boom",
        "started b.seed-0 2",
        "failed b.seed-0 Crashed: ended with exit code 101: boom",
    ];
    assert_eq!(lines, expected);
    assert_eq!(outcome.unwrap().failed, 2);
}

#[test]
fn a_wrong_call_is_not_tried_again() {
    let folder = folder();
    let trials = pending(folder.path(), &[("a", 0)]);
    let mut mock = Mock::new(1, Box::new(|_, _| Scripted { exit: Exit::Code(2), ..crash() }));
    let options = Options { max_retries: 5, ..Options::default() };
    let (lines, _) = record(&trials, &mut mock, &options, |_| Stop::No);
    assert_eq!(
        lines,
        ["started a.seed-0 1", "failed a.seed-0 Crashed: ended with exit code 2: boom"]
    );
}

#[test]
fn fail_fast_stops_what_runs_and_starts_nothing() {
    let folder = folder();
    let trials = pending(folder.path(), &[("a", 0), ("b", 0), ("c", 0)]);
    let script = |trial: &fireassay_spec::Trial, _| match trial.condition.as_str() {
        "a" => Scripted { takes: Duration::from_secs(1), ..crash() },
        _ => Scripted { on_checkpoint: None, ..done() },
    };
    let mut mock = Mock::new(2, Box::new(script));
    let options = Options { fail_fast: true, grace: Duration::from_secs(5), ..Options::default() };
    let (lines, outcome) = record(&trials, &mut mock, &options, |_| Stop::No);
    let expected = [
        "started a.seed-0 1",
        "started b.seed-0 1",
        "failed a.seed-0 Crashed: ended with exit code 101: boom",
        "stopping 1 kill=false",
        "interrupted b.seed-0",
    ];
    assert_eq!(lines, expected);
    let elapsed = Duration::from_secs(6);
    let expected =
        Outcome { failed: 1, interrupted: 1, not_started: 1, elapsed, ..Outcome::default() };
    assert_eq!(outcome.unwrap(), expected);
}

#[test]
fn a_trial_past_its_time_is_asked_and_then_killed() {
    let folder = folder();
    let trials = pending(folder.path(), &[("deaf", 0), ("listens", 0)]);
    let script = |trial: &fireassay_spec::Trial, _| {
        let on_checkpoint = (trial.condition == "listens").then_some(Exit::Code(EXIT_RESUMABLE));
        Scripted { takes: Duration::from_secs(3600), on_checkpoint, ..done() }
    };
    let mut mock = Mock::new(1, Box::new(script));
    let options = Options {
        timeout: Some(Duration::from_secs(60)),
        grace: Duration::from_secs(7),
        ..Options::default()
    };
    let (lines, outcome) = record(&trials, &mut mock, &options, |_| Stop::No);
    let expected = [
        "started deaf.seed-0 1",
        "failed deaf.seed-0 Timeout: ran longer than the time limit of 60 s",
        "started listens.seed-0 1",
        "failed listens.seed-0 Timeout: ran longer than the time limit of 60 s",
    ];
    assert_eq!(lines, expected);
    assert_eq!(outcome.unwrap().elapsed, Duration::from_secs(127));
    assert_eq!(state(folder.path(), "deaf"), Some(State::Failed(FailureKind::Timeout)));
}

#[test]
fn one_signal_asks_for_checkpoints_and_two_kill() {
    let folder = folder();
    let trials = pending(folder.path(), &[("deaf", 0), ("listens", 0), ("late", 0)]);
    let script = |trial: &fireassay_spec::Trial, _| {
        let on_checkpoint = (trial.condition != "deaf").then_some(Exit::Code(EXIT_RESUMABLE));
        Scripted { on_checkpoint, ..done() }
    };
    let mut mock = Mock::new(2, Box::new(script));
    let (lines, outcome) = record(&trials, &mut mock, &Options::default(), |lines| {
        if lines.iter().any(|line| line == "interrupted listens.seed-0") {
            Stop::Kill
        } else if lines.is_empty() {
            Stop::No
        } else {
            Stop::Checkpoint
        }
    });
    let expected = [
        "started deaf.seed-0 1",
        "started listens.seed-0 1",
        "stopping 2 kill=false",
        "interrupted listens.seed-0",
        "stopping 1 kill=true",
        "interrupted deaf.seed-0",
    ];
    assert_eq!(lines, expected);
    let outcome = outcome.unwrap();
    assert_eq!((outcome.interrupted, outcome.not_started, outcome.failed), (2, 1, 0));
}

#[test]
fn a_summary_outranks_whatever_the_process_said() {
    let folder = folder();
    let trials = pending(folder.path(), &[("a", 0)]);
    let mut mock = Mock::new(1, Box::new(|_, _| Scripted { exit: Exit::Signal(11), ..done() }));
    let (lines, _) = record(&trials, &mut mock, &Options::default(), |_| Stop::No);
    assert_eq!(lines[1], "finished a.seed-0 Done 10");
}

#[test]
fn the_time_left_comes_from_the_trials_so_far() {
    let folder = folder();
    let trials = pending(folder.path(), &[("a", 0), ("a", 1), ("a", 2)]);
    let mut mock = Mock::new(1, Box::new(|_, _| done()));
    let mut left_at = BTreeMap::new();
    run(&trials, &mut mock, &Options::default(), &mut || Stop::No, &mut |event| {
        if let Progress::Tick { elapsed, left, .. } = event {
            left_at.insert(elapsed.as_millis(), *left);
        }
    })
    .unwrap();
    assert_eq!(left_at[&9_900], None);
    assert_eq!(left_at[&10_000], Some(Duration::from_secs(20)));
    assert_eq!(left_at[&15_000], Some(Duration::from_secs(15)));
}
