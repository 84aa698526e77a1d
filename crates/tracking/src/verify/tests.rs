//! What is found out about the files of a run.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::path::Path;

use fireassay_spec::{Metric, Split};
use safetensors::tensor::{Dtype, TensorView};

use super::*;
use crate::{
    CheckpointManifest, CheckpointSet, Event, Outcome, RunLog, State, Summary, TensorBytes, sample,
    state_digest, tensorboard,
};

const WEIGHTS: &str = "checkpoints/selected.safetensors";
const SET: &str = "checkpoints/step-00000005.safetensors";

fn weights(dtype: Dtype) -> Vec<u8> {
    let bytes = [1.0_f32, 2.0].map(f32::to_le_bytes).concat();
    let view = TensorView::new(dtype, vec![2], &bytes).unwrap();
    safetensors::serialize([("head.bias", view)], None).unwrap()
}

fn eval(step: u64, split: Split, loss: f64) -> Event {
    Event::Eval { step, split, metrics: BTreeMap::from([(Metric::Loss, loss)]) }
}

/// Writes events in two sessions, the first of which was killed.
fn write_events(run: &RunDir) -> crate::EventMark {
    let mut log = RunLog::open(run, 0, 0).unwrap();
    log.log(&Event::Train { step: 5, loss: 0.1, lr: 0.1 }).unwrap();
    let keep = log.sync().unwrap();
    log.log(&eval(5, Split::Val, 9.0)).unwrap();
    log.sync().unwrap();
    drop(log);
    let files = tensorboard::event_files(&run.tb()).unwrap();
    let len = files[0].metadata().unwrap().len();
    File::options().write(true).open(&files[0]).unwrap().set_len(len - 3).unwrap();
    let mut log = RunLog::open(run, keep, 5).unwrap();
    // Not finite on the way, and a final evaluation of an earlier step, which no curve shows.
    for event in
        [eval(5, Split::Val, f64::NAN), eval(10, Split::Val, 0.5), eval(5, Split::Val, 1.0)]
    {
        log.log(&event).unwrap();
    }
    log.end(true).unwrap()
}

/// A run with everything that a run can have.
fn run_in(dir: &Path) -> RunDir {
    let run = RunDir::create(dir, &sample::trial("0.5", 1)).unwrap();
    let events = write_events(&run);
    let checkpoints = run.checkpoints();
    fs::create_dir(&checkpoints).unwrap();
    fs::write(run.path().join(WEIGHTS), weights(Dtype::F32)).unwrap();
    fs::write(run.path().join(SET), "a set").unwrap();
    let blake3 = blake3::hash(b"a set").to_hex().to_string();
    let set = CheckpointSet { step: 5, file: "step-00000005.safetensors".into(), blake3 };
    let (schema, binary_hash) = (CheckpointManifest::SCHEMA, "code".into());
    CheckpointManifest { schema, binary_hash, sets: vec![set] }.write(&checkpoints).unwrap();
    run.write_status(&sample::status(State::Done)).unwrap();
    let bytes = [1.0_f32, 2.0].map(f32::to_le_bytes).concat();
    let tensor = TensorBytes { shape: &[2], bytes: &bytes };
    let state_digest = state_digest(&BTreeMap::from([("head.bias", tensor)]));
    run.finish(&Summary { events, state_digest, ..sample::summary(Outcome::Done) }).unwrap();
    run
}

fn details(dir: &Path) -> Vec<String> {
    let problems = Store::verify(dir).unwrap().problems;
    problems.into_iter().map(|problem| problem.detail).collect()
}

#[test]
fn what_is_as_it_was_written_is_counted_and_nothing_is_changed() {
    let dir = tempfile::tempdir().unwrap();
    let run = run_in(dir.path());
    fs::create_dir(dir.path().join("figures")).unwrap();
    fs::write(dir.path().join("report.md"), "# Report").unwrap();
    fs::write(run.log_path(), "for people").unwrap();
    let found = Store::verify(dir.path()).unwrap();
    assert_eq!(found.problems, []);
    // trial, status, summary, events, two files of tb/, manifest, set, weights.
    assert_eq!((found.runs, found.files), (1, 9));
    assert!(found.bytes > 1000, "{}", found.bytes);
    assert_eq!(Store::verify(&dir.path().join("none")).unwrap(), Verification::default());
}

#[test]
fn each_file_is_held_against_what_says_how_it_was() {
    let dir = tempfile::tempdir().unwrap();
    let run = run_in(dir.path());
    let check = |file: &str, spoil: &dyn Fn(Vec<u8>) -> Vec<u8>, expected: &[&str]| {
        let path = run.path().join(file);
        let whole = fs::read(&path).unwrap();
        fs::write(&path, spoil(whole.clone())).unwrap();
        assert_eq!(details(dir.path()), expected, "{file}");
        fs::write(&path, whole).unwrap();
    };
    let flip = |at: usize| {
        move |mut bytes: Vec<u8>| {
            let at = bytes.len() - at;
            bytes[at] ^= 1;
            bytes
        }
    };
    let replace = |from: &'static str, to: &'static str| {
        move |bytes: Vec<u8>| String::from_utf8(bytes).unwrap().replace(from, to).into_bytes()
    };
    let edited = |file: &str| format!("{file} was changed after it was written");
    check("status.json", &replace("\"step\": 5", "\"step\": 6"), &[&edited("status.json")]);
    check("summary.json", &replace("\"steps\": 10", "\"steps\": 9"), &[&edited("summary.json")]);
    check("trial.json", &replace("\"seed\": 1", "\"seed\": 2"), &[&edited("trial.json")]);
    check(
        "events.jsonl",
        &replace("\"step\":5", "\"step\":6"),
        &["line 1 of events.jsonl was changed or moved"],
    );
    check(
        "events.jsonl",
        &|bytes| bytes.split_inclusive(|b| *b == b'\n').take(2).flatten().copied().collect(),
        &["events.jsonl does not hold the events of summary.json"],
    );
    check(
        "events.jsonl",
        &|bytes| [&bytes[..], b"{\"eval\""].concat(),
        &["events.jsonl has 7 bytes behind its last event"],
    );
    let other = "selected.safetensors does not hold the weights of summary.json";
    check(WEIGHTS, &flip(1), &[other]);
    check(
        WEIGHTS,
        &|_| weights(Dtype::U32),
        &["selected.safetensors is no sound file of weights: `head.bias` is U32, not F32"],
    );
    check(
        SET,
        &flip(1),
        &["step-00000005.safetensors is not the checkpoint that its manifest names"],
    );
    check("checkpoints/manifest.json", &replace("5", "6"), &[&edited("manifest.json")]);
    let tb = |number: usize| {
        let file = tensorboard::event_files(&run.tb()).unwrap()[number].clone();
        format!("tb/{}", file.file_name().unwrap().to_str().unwrap())
    };
    let curves = "tb/ does not show the events of events.jsonl";
    // The second session has made void what the first one showed.
    check(&tb(0), &|bytes| bytes[..100].to_vec(), &[]);
    check(&tb(1), &flip(1), &["the last file of tb/ is damaged"]);
    check(&tb(1), &|bytes| bytes[..bytes.len() / 2].to_vec(), &[curves]);
    assert_eq!(details(dir.path()), [""; 0]);
}

#[test]
fn all_that_is_wrong_with_a_run_is_told() {
    let dir = tempfile::tempdir().unwrap();
    let run = run_in(dir.path());
    for file in ["status.json", "summary.json", WEIGHTS] {
        fs::write(run.path().join(file), "{").unwrap();
    }
    fs::remove_file(run.path().join(SET)).unwrap();
    fs::write(dir.path().join(Registration::FILE), "{").unwrap();
    let found = details(dir.path());
    let files =
        ["status.json", "step-00000005.safetensors", "summary.json", "experiment.lock.json"];
    assert_eq!(found.len(), files.len(), "{found:?}");
    for (detail, file) in found.iter().zip(files) {
        assert!(detail.starts_with(file), "{detail}");
    }
    // Without its trial, nothing says whose the rest is; its seals still tell.
    fs::write(run.path().join("trial.json"), "{").unwrap();
    assert_eq!(details(dir.path()).len(), 5);
    fs::remove_file(run.path().join("trial.json")).unwrap();
    let left = details(dir.path()).remove(0);
    assert_eq!(left, "there is summary.json and status.json and events.jsonl, but no trial.json");
}

#[test]
fn an_unfinished_run_has_less_to_be_held_against() {
    let dir = tempfile::tempdir().unwrap();
    let run = run_in(dir.path());
    fs::remove_file(run.path().join("summary.json")).unwrap();
    // Torn by a kill, and TensorBoard behind or ahead.
    let log = fs::read(run.events_path()).unwrap();
    fs::write(run.events_path(), &log[..log.len() - 4]).unwrap();
    fs::write(run.path().join(WEIGHTS), "of another day").unwrap();
    assert_eq!(details(dir.path()), [""; 0]);
    fs::write(run.events_path(), [b"{}\n", &log[..]].concat()).unwrap();
    assert_eq!(details(dir.path()).len(), 1);
}

#[test]
fn a_store_without_weights_and_curves_is_sound() {
    let dir = tempfile::tempdir().unwrap();
    let run = run_in(dir.path());
    fs::remove_dir_all(run.checkpoints()).unwrap();
    fs::remove_dir_all(run.tb()).unwrap();
    let found = Store::verify(dir.path()).unwrap();
    assert_eq!((found.problems.len(), found.files), (0, 4));
}
