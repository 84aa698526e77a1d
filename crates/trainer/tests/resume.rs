//! A trial that is stopped, killed or damaged at any step ends with the same bits.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use std::fs;
use std::path::Path;
use std::time::Instant;

use burn::tensor::Device;
use fireassay_spec::Trial;
use fireassay_tracking::{Outcome, RunDir, Timing};
use fireassay_trainer::{Cadence, Ending, Session, TrainError, fit};
use serde_json::json;
use support::{adam, cnn, dataset, mlp, trial};

/// One session on a run directory under `root`, with a checkpoint at every step, stopped before
/// step `stop_before`.
fn session(root: &Path, trial: &Trial, stop_before: Option<u64>) -> Result<Ending, TrainError> {
    let run = RunDir::create(root, trial).unwrap();
    let (_, dataset) = dataset();
    let asked = std::cell::Cell::new(0u64);
    let stop = || {
        asked.set(asked.get() + 1);
        stop_before.is_some_and(|steps| asked.get() > steps)
    };
    fit(&Session {
        features: None,
        source: None,
        trial,
        dataset: &dataset,
        device: &Device::flex(),
        run: &run,
        binary_hash: "test",
        checkpoint_every: Cadence::Steps(1),
        stop: &stop,
        started: Instant::now(),
    })
}

/// What must not depend on how a trial got to its end.
fn result(root: &Path, trial: &Trial) -> [Vec<u8>; 3] {
    let run = root.join(trial.dir_name());
    ["summary.json", "events.jsonl", "checkpoints/selected.safetensors"]
        .map(|name| fs::read(run.join(name)).unwrap())
}

fn undisturbed(trial: &Trial) -> [Vec<u8>; 3] {
    let root = tempfile::tempdir().unwrap();
    assert_eq!(session(root.path(), trial, None).unwrap(), Ending::Finished(Outcome::Done));
    result(root.path(), trial)
}

fn trials() -> Vec<Trial> {
    let best = json!({ "select": "best-val", "early-stopping": { "patience": 2 } });
    vec![
        trial(
            &cnn(&json!({ "dropout": 0.3 })),
            &json!({ "optim": { "algorithm": adam(), "lr": 0.01 }, "train": best }),
        ),
        trial(
            &cnn(&json!({ "norm": { "group": 2 } })),
            &json!({ "optim": { "clip-norm": { "max": 0.5 } } }),
        ),
        trial(
            &mlp(&json!({ "norm": "batch", "dropout": 0.5 })),
            &json!({ "optim": { "weight-decay": 0.01, "decay": "decoupled" },
                "schedule": { "shape": { "cosine": { "final-fraction": 0.1 } }, "warmup-steps": 4 } }),
        ),
        trial(
            &mlp(&json!({})),
            &json!({ "optim": { "algorithm": { "sgd": { "momentum": 0.0, "nesterov": false } } } }),
        ),
        trial(
            &cnn(&json!({})),
            &json!({ "data": {
                "corrupt": { "train": { "label-noise": 0.1, "noise": 0.2 },
                    "test": { "rotate": 20.0, "outliers": 0.1 } },
                "augment": { "flip": true, "rotate": 5.0, "crop-padding": 1, "cutout": 2,
                    "mixup": 0.4 },
            } }),
        ),
    ]
}

/// The result of a trial that is stopped after every `stride` steps.
fn in_strides(trial: &Trial, stride: u64) -> [Vec<u8>; 3] {
    let root = tempfile::tempdir().unwrap();
    let mut stops = 0;
    while session(root.path(), trial, Some(stride)).unwrap() != Ending::Finished(Outcome::Done) {
        stops += 1;
        assert!(stops <= 400, "the trial makes no progress");
    }
    assert!(stops >= 1);
    result(root.path(), trial)
}

#[test]
fn stopping_anywhere_changes_nothing() {
    for trial in trials() {
        let expected = undisturbed(&trial);
        for stride in [1, 2, 5, 13, 23] {
            let found = in_strides(&trial, stride);
            assert!(found == expected, "{stride} steps at a time: {:?}", trial.spec);
        }
    }
}

#[test]
fn losing_the_newest_checkpoint_changes_nothing() {
    let trial = trials().remove(0);
    let expected = undisturbed(&trial);
    let root = tempfile::tempdir().unwrap();
    session(root.path(), &trial, Some(9)).unwrap();
    let checkpoints = root.path().join(trial.dir_name()).join("checkpoints");
    let newest = checkpoints.join("step-00000009.safetensors");
    let bytes = fs::read(&newest).unwrap();
    fs::write(&newest, &bytes[..bytes.len() - 1]).unwrap();
    fs::write(checkpoints.join("step-00000010.safetensors.tmp"), b"cut short").unwrap();
    session(root.path(), &trial, None).unwrap();
    assert!(result(root.path(), &trial) == expected);
}

#[test]
fn losing_every_checkpoint_and_event_changes_nothing() {
    let trial = trials().remove(2);
    let expected = undisturbed(&trial);
    for lost in ["checkpoints", "events.jsonl"] {
        let root = tempfile::tempdir().unwrap();
        session(root.path(), &trial, Some(9)).unwrap();
        let path = root.path().join(trial.dir_name()).join(lost);
        if path.is_dir() { fs::remove_dir_all(path) } else { fs::remove_file(path) }.unwrap();
        session(root.path(), &trial, None).unwrap();
        assert!(result(root.path(), &trial) == expected, "without {lost}");
    }
}

#[test]
fn costs_add_up_over_the_sessions() {
    const EARLIER: f64 = 1e6;
    let trial = trials().remove(3);
    let root = tempfile::tempdir().unwrap();
    session(root.path(), &trial, Some(5)).unwrap();
    let run = RunDir::create(root.path(), &trial).unwrap();
    let mut status = run.status().unwrap().unwrap();
    let sums = |timing: Timing| [timing.wall_secs, timing.cpu_secs, timing.train_secs];
    assert!(sums(status.timing).into_iter().all(|secs| 0.0 < secs && secs < EARLIER));
    status.timing =
        Timing { wall_secs: EARLIER, cpu_secs: EARLIER, train_secs: EARLIER, ..status.timing };
    run.write_status(&status).unwrap();
    session(root.path(), &trial, None).unwrap();
    let status = run.status().unwrap().unwrap();
    assert!(sums(status.timing).into_iter().all(|secs| secs > EARLIER), "{:?}", status.timing);
    assert_eq!(status.sessions, 2);
}

#[test]
fn a_loss_that_is_not_finite_is_a_result_with_its_step() {
    let trial =
        trial(&mlp(&json!({ "activation": "identity" })), &json!({ "optim": { "lr": 1e30 } }));
    let ends = [None, Some(1)].map(|stride| {
        let root = tempfile::tempdir().unwrap();
        let mut end = session(root.path(), &trial, stride).unwrap();
        while matches!(end, Ending::Interrupted(_)) {
            end = session(root.path(), &trial, stride).unwrap();
        }
        (end, result(root.path(), &trial))
    });
    assert!(
        matches!(&ends[0].0, Ending::Finished(Outcome::Diverged { step: 2..=4, value }) if value != "0")
    );
    assert!(ends[0] == ends[1], "resumed or not");
    let summary = String::from_utf8(ends[0].1[0].clone()).unwrap();
    assert!(summary.contains("diverged") && !summary.contains("accuracy"), "{summary}");
}

#[test]
fn early_stopping_ends_before_the_budget_and_tests_the_best_weights() {
    let spec = json!({
        "optim": { "lr": 0.5 },
        "train": { "budget": { "steps": 400 }, "eval-every": { "steps": 2 },
            "early-stopping": { "patience": 3 }, "select": "best-val" },
    });
    let trial = trial(&mlp(&json!({})), &spec);
    let expected = undisturbed(&trial);
    // The best weights and the evaluations since then outlive every stop in between.
    for stride in [1, 3, 5] {
        assert!(in_strides(&trial, stride) == expected, "{stride} steps at a time");
    }
    let summary: serde_json::Value = serde_json::from_slice(&expected[0]).unwrap();
    let [steps, selected] = ["steps", "selected-step"].map(|key| summary[key].as_u64().unwrap());
    assert_eq!(steps, selected + 3 * 2, "three evaluations after the best");
    assert!(steps < 400);
}
