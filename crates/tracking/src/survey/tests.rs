//! Tests of the survey.

use std::fs;
use std::path::PathBuf;

use fireassay_spec::{Kernels, Trial, TrialId};

use super::*;
use crate::{CodeFacts, Outcome, Provenance, SCHEMA, State, json, sample};

/// A finished run of condition `a`, in a store with a sound run of condition `b`.
fn store() -> (tempfile::TempDir, RunDir) {
    let dir = tempfile::tempdir().unwrap();
    let [run, _] = ["a", "b"].map(|name| finished(dir.path(), &sample::trial(name, 1)));
    (dir, run)
}

fn finished(dir: &Path, trial: &Trial) -> RunDir {
    let run = RunDir::create(dir, trial).unwrap();
    run.write_status(&sample::status(State::Done)).unwrap();
    run.write_provenance(&provenance(&trial.dataset_hash)).unwrap();
    run.finish(&sample::summary(Outcome::Done)).unwrap();
    run
}

fn provenance(dataset_hash: &str) -> Provenance {
    Provenance {
        schema: SCHEMA,
        code: CodeFacts::default(),
        binary_hash: String::new(),
        dataset_hash: dataset_hash.into(),
        backend: String::new(),
        burn: String::new(),
        instructions: None,
        threads: 1,
        cpu: String::new(),
        platform: String::new(),
        earlier: Vec::new(),
        source: None,
    }
}

/// Spoils run `a`; its one problem is then this, and run `b` is still there.
fn check(spoil: impl FnOnce(&RunDir), kind: ProblemKind, detail: &str) {
    let (dir, run) = store();
    spoil(&run);
    let survey = Store::survey(dir.path()).unwrap();
    let names: Vec<_> = survey.records.iter().map(|run| &run.trial.condition).collect();
    assert_eq!(names, ["b"], "{detail}");
    let [problem] = &survey.problems[..] else { panic!("{:?}", survey.problems) };
    assert_eq!((problem.kind, problem.detail.as_str()), (kind, detail));
    assert_eq!(problem.dir, run.path().file_name().unwrap().to_str().unwrap());
    assert_eq!(problem.trial, run.trial().ok().map(|trial| trial.id), "{detail}");
}

fn cut(name: &'static str, len: usize) -> impl FnOnce(&RunDir) {
    move |run| {
        let path = run.path().join(name);
        let bytes = fs::read(&path).unwrap();
        fs::write(&path, &bytes[..len]).unwrap();
    }
}

fn edit(name: &'static str, from: &'static str, to: &'static str) -> impl FnOnce(&RunDir) {
    move |run| {
        let path = run.path().join(name);
        let text = fs::read_to_string(&path).unwrap();
        assert!(text.contains(from), "{text}");
        fs::write(&path, text.replace(from, to)).unwrap();
    }
}

#[test]
fn a_file_that_is_cut_short_is_a_problem_and_never_an_unfinished_run() {
    let eof = "EOF while parsing";
    let detail = |name: &str| format!("{name} is cut short: {eof} a value at line 1 column 0");
    for name in ["trial.json", "summary.json", "status.json", "provenance.json"] {
        check(cut(name, 0), ProblemKind::HalfWritten, &detail(name));
    }
    let detail = format!("summary.json is cut short: {eof} an object at line 1 column 1");
    check(cut("summary.json", 1), ProblemKind::HalfWritten, &detail);
}

#[test]
fn an_edit_is_told_from_another_version() {
    let edited = ProblemKind::Edited;
    let detail = "summary.json was changed after it was written";
    check(edit("summary.json", "\"steps\": 10", "\"steps\": 11"), edited, detail);
    let detail = "trial.json was changed after it was written";
    check(edit("trial.json", "\"lr\": 0.1", "\"lr\": 0.2"), edited, detail);
    let detail = "provenance.json has no seal";
    check(edit("provenance.json", "\"seal\"", "\"sea\""), edited, detail);
    let detail = "status.json has schema 1, this version reads schema 3";
    let old = edit("status.json", "\"schema\": 3", "\"schema\": 1");
    check(old, ProblemKind::ForeignSchema, detail);
}

#[test]
fn what_belongs_to_another_trial_is_told() {
    let other = sample::trial("c", 7);
    let short = other.id.short();
    let replaced = |run: &RunDir| {
        json::write(&run.path().join("trial.json"), &other, fireassay_spec::SCHEMA).unwrap();
        run.write_provenance(&provenance(&other.dataset_hash)).unwrap();
    };
    let (dir, run) = store();
    replaced(&run);
    let problems = Store::survey(dir.path()).unwrap().problems;
    assert_eq!(problems.len(), 1);
    assert_eq!(problems[0].kind, ProblemKind::OtherTrial);
    assert_eq!(problems[0].detail, format!("trial.json is that of trial {short}"));
    assert_eq!(problems[0].trial.as_ref(), Some(&other.id));

    let moved = |run: &RunDir| run.write_provenance(&provenance("of other data")).unwrap();
    let detail = "provenance.json names another dataset than trial.json";
    check(moved, ProblemKind::OtherTrial, detail);

    let (_other_store, sister) = store();
    let sister = finished(sister.path().parent().unwrap(), &sample::trial("c", 7));
    let copied = |run: &RunDir| {
        let name = "summary.json";
        fs::copy(sister.path().join(name), run.path().join(name)).unwrap();
    };
    let detail = format!("summary.json is that of trial {short}");
    check(copied, ProblemKind::OtherTrial, &detail);

    let mut wrong = sample::trial("a", 1);
    wrong.seed = 2;
    let expected = TrialId::new(&wrong.spec, 2, &wrong.dataset_hash, Kernels::USUAL);
    let (found, expected) = (wrong.id.short(), expected.short());
    let detail = format!("trial.json says trial {found}, its content is trial {expected}");
    let resealed = |run: &RunDir| {
        json::write(&run.path().join("trial.json"), &wrong, fireassay_spec::SCHEMA).unwrap();
    };
    check(resealed, ProblemKind::OtherTrial, &detail);
}

#[test]
fn what_cannot_be_read_is_told() {
    let zeroed = |run: &RunDir| fs::write(run.path().join("summary.json"), [0; 64]).unwrap();
    let detail = "summary.json is damaged: expected value at line 1 column 1";
    check(zeroed, ProblemKind::Unreadable, detail);
    let folder = |name: &'static str| {
        move |run: &RunDir| {
            fs::remove_file(run.path().join(name)).unwrap();
            fs::create_dir(run.path().join(name)).unwrap();
        }
    };
    let detail = "cannot read status.json: Is a directory (os error 21)";
    check(folder("status.json"), ProblemKind::Unreadable, detail);
    check(folder("trial.json"), ProblemKind::Unreadable, "trial.json is not a file");
}

#[test]
fn a_folder_that_lost_its_trial_is_half_a_run_and_a_strange_one_is_none() {
    let lost = |run: &RunDir| fs::remove_file(run.path().join("trial.json")).unwrap();
    let detail = "there is summary.json and status.json and provenance.json, but no trial.json";
    check(lost, ProblemKind::HalfWritten, detail);

    let (dir, _) = store();
    let strange: PathBuf = dir.path().join("figures");
    fs::create_dir(&strange).unwrap();
    fs::write(strange.join("effects.svg"), "").unwrap();
    fs::write(dir.path().join("experiment.lock.json"), "{").unwrap();
    let survey = Store::survey(dir.path()).unwrap();
    assert_eq!((survey.records.len(), survey.problems), (2, Vec::new()));
    fs::write(strange.join("events.jsonl"), "").unwrap();
    let problems = Store::survey(dir.path()).unwrap().problems;
    assert_eq!(problems[0].detail, "there is events.jsonl, but no trial.json");
}

#[test]
fn a_sound_store_reads_as_a_scan_and_problems_come_by_folder() {
    let (dir, _) = store();
    let scanned = Store::scan(dir.path()).unwrap();
    let survey = Store::survey(dir.path()).unwrap();
    assert_eq!(survey, Survey { records: scanned, problems: Vec::new() });
    for name in ["z", "m", "y", "c"] {
        let run = finished(dir.path(), &sample::trial(name, 1));
        fs::write(run.path().join("summary.json"), "").unwrap();
    }
    let survey = Store::survey(dir.path()).unwrap();
    let starts: Vec<_> = survey.problems.iter().map(|found| &found.dir[..1]).collect();
    assert_eq!(starts, ["c", "m", "y", "z"]);
    assert_eq!(Store::survey(&dir.path().join("none")).unwrap(), Survey::default());
    let file = dir.path().join("file");
    fs::write(&file, "").unwrap();
    assert!(matches!(Store::survey(&file), Err(TrackingError::Io { path, .. }) if path == file));
}
