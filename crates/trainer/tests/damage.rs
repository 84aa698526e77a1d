//! A half-done run directory that was damaged: the trial still ends with the same bits, or says
//! what is wrong.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use burn::tensor::Device;
use fireassay_spec::{Purpose, Stream, Trial};
use fireassay_tracking::{Outcome, RunDir};
use fireassay_trainer::{Cadence, Ending, Session, TrainError, fit};
use serde_json::json;

use support::{adam, cnn, dataset, mlp, trial};

/// Steps before the trial stops half-way.
const HALF: u64 = 12;

fn run_on(root: &Path, trial: &Trial, steps: Option<u64>) -> Result<Ending, TrainError> {
    let (_, dataset) = dataset();
    let run = RunDir::create(root, trial)?;
    let asked = AtomicU64::new(0);
    let stop = || steps.is_some_and(|steps| asked.fetch_add(1, Ordering::Relaxed) >= steps);
    fit(&Session {
        features: None,
        source: None,
        trial,
        dataset: &dataset,
        device: &Device::flex(),
        run: &run,
        binary_hash: "test",
        checkpoint_every: Cadence::Steps(5),
        stop: &stop,
        started: Instant::now(),
    })
}

/// Everything with state: running statistics, moments, best weights.
fn the_trial() -> Trial {
    let train = json!({ "select": "best-val", "early-stopping": { "patience": 100 } });
    let changes = json!({ "optim": { "algorithm": adam() }, "train": train });
    trial(&cnn(&json!({ "dropout": 0.2 })), &changes)
}

fn result(root: &Path, trial: &Trial) -> [Vec<u8>; 3] {
    let dir = root.join(trial.dir_name());
    ["summary.json", "events.jsonl", "checkpoints/selected.safetensors"]
        .map(|name| fs::read(dir.join(name)).unwrap())
}

/// Path below the run directory, and content, of every file.
type Files = BTreeMap<PathBuf, Vec<u8>>;

fn read_all(dir: &Path, base: &Path, files: &mut Files) {
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            read_all(&path, base, files);
        } else {
            files.insert(path.strip_prefix(base).unwrap().into(), fs::read(&path).unwrap());
        }
    }
}

/// A half-done run, and what the trial comes to undisturbed.
fn scene(trial: &Trial) -> (Files, [Vec<u8>; 3]) {
    let whole = tempfile::tempdir().unwrap();
    assert_eq!(run_on(whole.path(), trial, None).unwrap(), Ending::Finished(Outcome::Done));
    let half = tempfile::tempdir().unwrap();
    assert_eq!(run_on(half.path(), trial, Some(HALF)).unwrap(), Ending::Interrupted(HALF));
    let dir = half.path().join(trial.dir_name());
    let mut files = Files::new();
    read_all(&dir, &dir, &mut files);
    let names: Vec<String> = files.keys().map(|path| path.display().to_string()).collect();
    let sets = names.iter().filter(|name| name.contains("checkpoints/step-")).count();
    assert_eq!(sets, 2, "{names:?}");
    (files, result(whole.path(), trial))
}

fn place(root: &Path, trial: &Trial, files: &Files) {
    for (name, bytes) in files {
        let path = root.join(trial.dir_name()).join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }
}

#[test]
fn a_bit_flip_in_any_file_changes_no_result() {
    const FLIPS: usize = 300;
    let trial = the_trial();
    let (files, expected) = scene(&trial);
    let names: Vec<&PathBuf> = files.keys().collect();
    let draws = Stream::new(7, Purpose::Order, 0, 0).words(3 * FLIPS);
    let mut refused = BTreeMap::new();
    for draw in draws.chunks_exact(3) {
        // Every file gets its share, however small it is.
        let name = names[draw[0] as usize % names.len()];
        let mut damaged = files.clone();
        let bytes = damaged.get_mut(name).unwrap();
        if bytes.is_empty() {
            continue;
        }
        let at = draw[1] as usize % bytes.len();
        bytes[at] ^= 1 << (draw[2] % 8);
        let root = tempfile::tempdir().unwrap();
        place(root.path(), &trial, &damaged);
        match run_on(root.path(), &trial, None) {
            Ok(ending) => {
                assert_eq!(ending, Ending::Finished(Outcome::Done));
                let found = result(root.path(), &trial);
                assert!(
                    found == expected,
                    "bit {} of byte {at} of {}",
                    draw[2] % 8,
                    name.display()
                );
            }
            Err(error) => {
                let file = name.file_name().unwrap().to_str().unwrap();
                assert!(error.to_string().contains(file), "{}: {error}", name.display());
                *refused.entry(file.to_owned()).or_insert(0) += 1;
            }
        }
    }
    // What costs only time is mended; what says who the trial is or what it cost is asked for.
    let refused: Vec<&String> = refused.keys().collect();
    assert_eq!(refused, ["status.json", "trial.json"]);
}

#[test]
fn any_set_of_missing_files_changes_no_result() {
    let trial = trial(&mlp(&json!({ "norm": "batch" })), &json!({}));
    let (files, expected) = scene(&trial);
    let lossy: Vec<&PathBuf> = files
        .keys()
        .filter(|name| name.starts_with("checkpoints") || name.ends_with("events.jsonl"))
        .collect();
    assert_eq!(lossy.len(), 4, "a manifest, two sets and the events");
    for subset in 1..1_usize << lossy.len() {
        let is_lost = |name: &PathBuf| {
            lossy.iter().position(|lost| *lost == name).is_some_and(|at| subset >> at & 1 == 1)
        };
        let mut left = files.clone();
        left.retain(|name, _| !is_lost(name));
        let root = tempfile::tempdir().unwrap();
        place(root.path(), &trial, &left);
        run_on(root.path(), &trial, None).unwrap();
        assert!(result(root.path(), &trial) == expected, "with {:?}", left.keys());
    }
}
