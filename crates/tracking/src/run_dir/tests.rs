//! Tests of the run directory.

use std::collections::BTreeMap;
use std::fs;

use fireassay_spec::MetricName;

use super::*;
use crate::{CodeFacts, FailureKind, Outcome, State, sample};

fn run_in(dir: &Path) -> RunDir {
    RunDir::create(dir, &sample::trial("norm=none", 3)).unwrap()
}

#[test]
fn a_run_keeps_what_is_written_to_it() {
    let dir = tempfile::tempdir().unwrap();
    let trial = sample::trial("norm=none", 3);
    let run = run_in(dir.path());
    let name = format!("norm=none.seed-3.{}", trial.id.short());
    assert_eq!(run.path(), dir.path().join(name));
    assert_eq!(run.trial().unwrap(), trial);
    let nothing = (run.status().unwrap(), run.summary().unwrap(), run.provenance().unwrap());
    assert_eq!(nothing, (None, None, None));
    assert_eq!(run.events().unwrap(), []);

    let status = sample::status(State::Failed(FailureKind::Oom));
    run.write_status(&status).unwrap();
    let provenance = Provenance {
        schema: crate::SCHEMA,
        code: CodeFacts::default(),
        binary_hash: "b".into(),
        dataset_hash: "d".into(),
        backend: "flex".into(),
        burn: "0.22.1".into(),
        instructions: None,
        threads: 1,
        cpu: "a \"fast\" one\n".into(),
        platform: "linux x86_64".into(),
        earlier: Vec::new(),
        source: None,
    };
    run.write_provenance(&provenance).unwrap();
    let metrics = MetricName::all().into_iter().map(|name| (name, 0.1 + 0.2));
    let summary = Summary { metrics: metrics.collect(), ..sample::summary(Outcome::Done) };
    run.finish(&summary).unwrap();

    let run = RunDir::open(run.path()).unwrap();
    assert_eq!(run.status().unwrap(), Some(status));
    assert_eq!(run.provenance().unwrap(), Some(provenance));
    assert_eq!(run.summary().unwrap(), Some(summary));
}

#[test]
fn a_summary_with_a_metric_that_is_not_finite_does_not_finish() {
    let dir = tempfile::tempdir().unwrap();
    let run = run_in(dir.path());
    let metrics = BTreeMap::from([(MetricName::all()[0], f64::NAN)]);
    let summary = Summary { metrics, ..sample::summary(Outcome::Done) };
    assert!(matches!(run.finish(&summary), Err(TrackingError::NotFinite { .. })));
    assert_eq!(run.summary().unwrap(), None);
}

#[test]
fn creating_again_keeps_everything_and_renews_the_names() {
    let dir = tempfile::tempdir().unwrap();
    let run = run_in(dir.path());
    run.write_status(&sample::status(State::Interrupted)).unwrap();
    let mut renamed = sample::trial("norm=none", 3);
    renamed.experiment = "another".into();
    renamed.settings.insert("more".into(), "1".into());
    assert_eq!(RunDir::create(dir.path(), &renamed).unwrap(), run);
    assert_eq!(run.trial().unwrap(), renamed);
    assert_eq!(run.status().unwrap(), Some(sample::status(State::Interrupted)));
}

#[test]
fn a_trial_that_is_cut_short_is_reported_and_not_replaced() {
    let dir = tempfile::tempdir().unwrap();
    let run = run_in(dir.path());
    let file = run.path().join(TRIAL);
    let cut = &fs::read(&file).unwrap()[..40];
    fs::write(&file, cut).unwrap();
    let again = RunDir::create(dir.path(), &sample::trial("norm=none", 3)).unwrap_err();
    assert!(matches!(again, TrackingError::Corrupt { .. }));
    assert!(again.to_string().contains("trial.json"), "{again}");
    assert_eq!(fs::read(&file).unwrap(), cut);
}

#[test]
fn another_schema_says_both_versions() {
    let dir = tempfile::tempdir().unwrap();
    let run = run_in(dir.path());
    fs::write(run.path().join(TRIAL), r#"{"schema": 9}"#).unwrap();
    let error = RunDir::create(dir.path(), &sample::trial("norm=none", 3)).unwrap_err();
    let text = error.to_string();
    assert!(text.ends_with("trial.json` has schema 9, this version reads schema 1"), "{text}");
    assert!(miette::Diagnostic::help(&error).is_some());
}

#[test]
fn an_edited_trial_is_found_out() {
    let dir = tempfile::tempdir().unwrap();
    let run = run_in(dir.path());
    let file = run.path().join(TRIAL);
    let text = fs::read_to_string(&file).unwrap().replace("\"seed\": 3", "\"seed\": 4");
    fs::write(&file, text).unwrap();
    assert!(matches!(run.trial(), Err(TrackingError::Edited { .. })));

    // Sealed anew, it still is not the trial that its id names.
    let mut wrong = sample::trial("norm=none", 5);
    wrong.seed = 6;
    json::write(&file, &wrong, fireassay_spec::SCHEMA).unwrap();
    assert!(matches!(run.trial(), Err(TrackingError::Identity { .. })));
    let refused = RunDir::create(dir.path(), &wrong);
    assert!(matches!(refused, Err(TrackingError::Identity { .. })));
    assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1);
}

#[test]
fn a_folder_with_another_trial_is_not_taken() {
    let dir = tempfile::tempdir().unwrap();
    let (wanted, other) = (sample::trial("a", 1), sample::trial("b", 2));
    let path = dir.path().join(wanted.dir_name());
    fs::create_dir(&path).unwrap();
    json::write(&path.join(TRIAL), &other, fireassay_spec::SCHEMA).unwrap();
    let error = RunDir::create(dir.path(), &wanted).unwrap_err();
    assert!(matches!(error, TrackingError::OtherTrial { .. }), "{error}");
    assert_eq!(RunDir::open(&path).unwrap().trial().unwrap(), other);
}

#[test]
fn a_name_cannot_leave_the_experiment() {
    let dir = tempfile::tempdir().unwrap();
    let experiment = dir.path().join("experiment");
    for name in ["../up", "a/b", "/abs", ".hidden", "..", "./a"] {
        let created = RunDir::create(&experiment, &sample::trial(name, 1));
        assert!(matches!(created, Err(TrackingError::Name { .. })), "{name}");
    }
    assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 0);
}

#[test]
fn a_place_that_cannot_be_written_is_named() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("file");
    fs::write(&file, "").unwrap();
    let error = RunDir::create(&file, &sample::trial("a", 1)).unwrap_err();
    assert!(matches!(&error, TrackingError::Io { path, .. } if path.starts_with(&file)));
    assert!(error.to_string().starts_with("cannot make `"), "{error}");

    let run = run_in(dir.path());
    fs::create_dir(run.path().join(STATUS)).unwrap();
    assert!(matches!(run.status(), Err(TrackingError::Io { action: "read", .. })));
    let refused = run.write_status(&sample::status(State::Running));
    assert!(matches!(refused, Err(TrackingError::Io { action: "write", .. })));
}

#[test]
fn only_a_folder_with_a_trial_is_a_run() {
    let dir = tempfile::tempdir().unwrap();
    for path in [dir.path().to_path_buf(), dir.path().join("missing")] {
        assert!(matches!(RunDir::open(&path), Err(TrackingError::NotARun { .. })));
    }
    let run = run_in(dir.path());
    fs::remove_dir_all(run.path()).unwrap();
    assert!(matches!(run.trial(), Err(TrackingError::NotARun { .. })));
}

#[test]
fn a_lock_keeps_others_out_and_tidies_up() {
    let dir = tempfile::tempdir().unwrap();
    let run = run_in(dir.path());
    let leftover = run.path().join(".summary.json.77-0.tmp");
    fs::write(&leftover, "half a summ").unwrap();
    assert_eq!(run.summary().unwrap(), None);
    let lock = run.lock().unwrap();
    assert!(!leftover.exists());
    assert!(matches!(RunLock::acquire(run.path()), Err(TrackingError::Busy { .. })));
    drop(lock);
    drop(RunLock::acquire(run.path()).unwrap());
}

#[test]
fn a_waiting_lock_is_given_when_the_holder_ends() {
    let dir = tempfile::tempdir().unwrap();
    let run = run_in(dir.path());
    let lock = run.lock().unwrap();
    let (sender, receiver) = std::sync::mpsc::channel();
    std::thread::scope(|scope| {
        let waiting = scope.spawn(|| {
            sender.send("waiting").unwrap();
            let _lock = run.lock().unwrap();
            sender.send("got it").unwrap();
        });
        assert_eq!(receiver.recv().unwrap(), "waiting");
        assert!(receiver.try_recv().is_err());
        drop(lock);
        assert_eq!(receiver.recv().unwrap(), "got it");
        waiting.join().unwrap();
    });
}
