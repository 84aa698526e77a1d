//! Trials that wait for another: what starts when, and what becomes of them if it has no weights.

use std::time::Duration;

use fireassay_launch::{EXIT_RESUMABLE, Exit, Mock, Options, Outcome, Pending, Scripted, Stop};
use fireassay_spec::Trial;
use fireassay_tracking::{FailureKind, Outcome as TrialOutcome, State, Summary};

use crate::pool::{crash, done, folder, state};
use crate::support::{pending, record};

/// The trials of these names; each that is not a pretraining waits for that of its seed.
fn waiting(folder: &std::path::Path, names: &[(&str, u64)]) -> Vec<Pending> {
    let mut trials = pending(folder, names);
    let sources: Vec<Pending> =
        trials.iter().filter(|of| of.trial.condition == "pretrain").cloned().collect();
    for of in trials.iter_mut().filter(|of| of.trial.condition != "pretrain") {
        let source = sources.iter().find(|source| source.trial.seed == of.trial.seed);
        of.source = source.map(|source| source.dir.clone());
    }
    trials
}

const TWO_SEEDS: &[(&str, u64)] =
    &[("pretrain", 0), ("a", 0), ("b", 0), ("pretrain", 1), ("a", 1), ("b", 1)];

/// A pretraining takes three times as long as what waits for it.
fn by_name(trial: &Trial, _: u32) -> Scripted {
    let secs = if trial.condition == "pretrain" { 30 } else { 10 };
    Scripted { takes: Duration::from_secs(secs), ..done() }
}

#[test]
fn whatever_can_start_does_while_others_wait() {
    let folder = folder();
    let trials = waiting(folder.path(), TWO_SEEDS);
    let mut mock = Mock::new(1, Box::new(by_name));
    let (lines, _) = record(&trials, &mut mock, &Options::default(), |_| Stop::No);
    let started = |lines: &[String]| -> Vec<String> {
        lines
            .iter()
            .filter_map(|line| line.strip_prefix("started "))
            .map(ToOwned::to_owned)
            .collect()
    };
    let in_order = ["pretrain.seed-0 1", "a.seed-0 1", "b.seed-0 1"].map(ToOwned::to_owned);
    assert_eq!(started(&lines)[..3], in_order);

    let folder = self::folder();
    let trials = waiting(folder.path(), TWO_SEEDS);
    let mut mock = Mock::new(2, Box::new(by_name));
    let (lines, outcome) = record(&trials, &mut mock, &Options::default(), |_| Stop::No);
    // Both sources at once, since nothing else can run; then seed by seed.
    let expected = [
        "pretrain.seed-0 1",
        "pretrain.seed-1 1",
        "a.seed-0 1",
        "b.seed-0 1",
        "a.seed-1 1",
        "b.seed-1 1",
    ];
    assert_eq!(started(&lines), expected);
    let elapsed = Duration::from_secs(50);
    assert_eq!(outcome.unwrap(), Outcome { done: 6, elapsed, ..Outcome::default() });
}

#[test]
fn a_source_that_fails_fails_what_waits_for_it_and_nothing_else() {
    let folder = folder();
    let trials = waiting(folder.path(), TWO_SEEDS);
    let script = |trial: &Trial, attempt: u32| match (trial.condition.as_str(), trial.seed) {
        ("pretrain", 0) => crash(),
        _ => by_name(trial, attempt),
    };
    let mut mock = Mock::new(1, Box::new(script));
    let options = Options { max_retries: 1, ..Options::default() };
    let (lines, outcome) = record(&trials, &mut mock, &options, |_| Stop::No);
    let name = trials[0].trial.dir_name();
    let reason =
        format!("Pretraining: its pretraining `{name}` failed: ended with exit code 101: boom");
    // The source is tried again, what waits for it is not.
    assert_eq!(
        lines[..6],
        [
            "started pretrain.seed-0 1".to_owned(),
            "retried pretrain.seed-0 1: ended with exit code 101: boom".to_owned(),
            "started pretrain.seed-0 2".to_owned(),
            "failed pretrain.seed-0 Crashed: ended with exit code 101: boom".to_owned(),
            format!("failed a.seed-0 {reason}"),
            format!("failed b.seed-0 {reason}"),
        ]
    );
    let outcome = outcome.unwrap();
    assert_eq!((outcome.done, outcome.failed, outcome.not_started), (3, 3, 0));
    assert_eq!(state(folder.path(), "a.seed-0"), Some(State::Failed(FailureKind::Pretraining)));

    // The next run finds the same, and takes no note of it as of another session.
    let sessions = || trials[1].dir.status().unwrap().unwrap().sessions;
    let before = sessions();
    let mut mock = Mock::new(1, Box::new(script));
    let (_, outcome) = record(&trials[..2], &mut mock, &options, |_| Stop::No);
    assert_eq!((outcome.unwrap().failed, sessions()), (2, before));
    // Once the source has weights, what waited for it runs.
    let mut mock = Mock::new(1, Box::new(by_name));
    let (_, outcome) = record(&trials[..3], &mut mock, &options, |_| Stop::No);
    assert_eq!(outcome.unwrap().done, 3);
}

#[test]
fn a_source_that_diverged_fails_what_waits_for_it_also_later() {
    let folder = folder();
    let trials = waiting(folder.path(), &[("pretrain", 0), ("a", 0)]);
    let diverged = |summary: Summary| Summary {
        outcome: TrialOutcome::Diverged { step: 3, value: "NaN".into() },
        ..summary
    };
    let script = move |_: &Trial, _| Scripted { summary: done().summary.map(diverged), ..done() };
    let mut mock = Mock::new(1, Box::new(script));
    let (lines, outcome) = record(&trials, &mut mock, &Options::default(), |_| Stop::No);
    let name = trials[0].trial.dir_name();
    let failed =
        format!("failed a.seed-0 Pretraining: its pretraining `{name}` diverged: NaN at step 3");
    assert_eq!(lines.last(), Some(&failed));
    let outcome = outcome.unwrap();
    assert_eq!((outcome.diverged, outcome.failed), (1, 1));
    let mut mock = Mock::new(1, Box::new(by_name));
    let (lines, _) = record(&trials[1..], &mut mock, &Options::default(), |_| Stop::No);
    assert_eq!(lines, [failed]);
}

#[test]
fn a_source_that_is_finished_is_waited_for_by_nobody() {
    let folder = folder();
    let trials = waiting(folder.path(), &[("pretrain", 0), ("a", 0)]);
    let mut mock = Mock::new(1, Box::new(by_name));
    record(&trials[..1], &mut mock, &Options::default(), |_| Stop::No).1.unwrap();
    let mut mock = Mock::new(1, Box::new(by_name));
    let (lines, outcome) = record(&trials[1..], &mut mock, &Options::default(), |_| Stop::No);
    assert_eq!(lines[0], "started a.seed-0 1");
    assert_eq!(outcome.unwrap().done, 1);
}

#[test]
fn a_stop_leaves_what_waits_for_later() {
    let folder = folder();
    let trials = waiting(folder.path(), TWO_SEEDS);
    let mut mock = Mock::new(2, Box::new(by_name));
    let stop = |lines: &[String]| match lines.len() {
        0 | 1 => Stop::No,
        _ => Stop::Checkpoint,
    };
    let (_, outcome) = record(&trials, &mut mock, &Options::default(), stop);
    let outcome = outcome.unwrap();
    assert_eq!((outcome.interrupted, outcome.not_started, outcome.failed), (2, 4, 0));
    assert_eq!(state(folder.path(), "a.seed-0"), None);

    // A source that stops by itself, without being asked, leaves them too.
    let script = |_: &Trial, _| {
        let exit = Exit::Code(EXIT_RESUMABLE);
        Scripted { summary: None, exit, ..done() }
    };
    let mut mock = Mock::new(2, Box::new(script));
    let (_, outcome) = record(&trials[..3], &mut mock, &Options::default(), |_| Stop::No);
    let outcome = outcome.unwrap();
    assert_eq!((outcome.interrupted, outcome.not_started, outcome.failed), (1, 2, 0));
}
