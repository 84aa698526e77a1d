//! Models, regimes, sources and sessions that the tests share.

use std::path::Path;
use std::time::Instant;

use burn::tensor::Device;
use fireassay_models::Classifier;
use fireassay_spec::{Loss, Trial};
use fireassay_tracking::{Outcome, RunDir, Summary};
use fireassay_trainer::fit::train_step;
use fireassay_trainer::setup::{Setup, With};
use fireassay_trainer::state::{Blob, Tensors, model_state, param_facts};
use fireassay_trainer::{Cadence, Ending, Session, Source, TrainError, fit};
use serde_json::{Value, json};

use crate::support::{cnn, dataset, merge, mlp, trial};

/// Families with their number of blocks; all have batch norm but the last two.
pub(crate) fn models() -> [(&'static str, Value, usize); 5] {
    let resnet = json!({ "resnet": { "depth": 8, "widths": [4, 6, 8], "norm": "batch",
        "activation": "relu", "shortcut": "padded-identity", "dropout": 0.2,
        "dropout-at": "features" } });
    [
        ("mlp", mlp(&json!({ "norm": "batch", "dropout": 0.3 })), 2),
        ("cnn", cnn(&json!({ "dropout": 0.3 })), 3),
        ("resnet", resnet, 4),
        ("cnn, group norm", cnn(&json!({ "norm": { "group": 2 }, "dense": [] })), 2),
        ("mlp, no norm", mlp(&json!({ "dropout": 0.3 })), 2),
    ]
}

/// Every regime, for a backbone of so many blocks.
pub(crate) fn regimes(blocks: usize) -> Vec<Value> {
    let k = 1;
    vec![
        json!("scratch"),
        json!({ "scratch-cut": { "keep": k } }),
        json!("random-features"),
        json!({ "random-features-cut": { "keep": k } }),
        json!("linear-probe"),
        json!({ "early-linear-probe": { "keep": k } }),
        json!({ "finetune-from": { "k": k } }),
        json!({ "finetune-last": { "blocks": blocks - 1 } }),
        json!("full"),
        json!({ "cut-last": { "blocks": 1 } }),
        json!({ "reinit-last": { "blocks": 1 } }),
        json!({ "lp-ft": { "probe-fraction": 0.5, "lr-factor": 0.1 } }),
        json!({ "gradual-unfreeze": { "stages": blocks + 1 } }),
        json!({ "one-block": { "block": 1 } }),
        json!("affine-only"),
        json!({ "transplant": { "k": k, "finetune": false } }),
        json!({ "transplant": { "k": k, "finetune": true } }),
    ]
}

/// A trial under a regime; `changes` are merged into `[finetune]`.
pub(crate) fn tuned(model: &Value, regime: &Value, changes: &Value) -> Trial {
    let mut finetune = json!({ "regime": regime });
    merge(&mut finetune, changes);
    trial(model, &json!({ "init": { "weights": "theirs" }, "finetune": finetune }))
}

/// What a source has learnt: moved weights and statistics, with the same number of classes.
pub(crate) fn source(model: &Value) -> Source {
    let trial = trial(model, &json!({ "streams": { "init": 77 } }));
    let (_, data) = dataset();
    let mut setup = Setup::new(&trial, &data, &Device::flex(), With::default()).unwrap();
    for _ in 0..5 {
        setup = stepped(setup, 0.05).0;
    }
    let tensors = model_state(&setup.model).unwrap();
    Source { tensors, task: None }
}

/// One step on the first batch of an order; gives the loss before it.
pub(crate) fn stepped(mut setup: Setup<'_>, lr: f64) -> (Setup<'_>, f64) {
    let rows = setup.order.rows(0).to_vec();
    let batch = setup.feed.train_batch(&rows, 0, &setup.device);
    let loss;
    (setup.model, loss) = train_step(setup.model, &mut setup.optim, batch, Loss::CrossEntropy, lr);
    (setup, loss)
}

pub(crate) fn session(
    root: &Path,
    trial: &Trial,
    source: &Source,
    stop_before: Option<u64>,
) -> Result<Ending, TrainError> {
    let run = RunDir::create(root, trial).unwrap();
    let (_, dataset) = dataset();
    let asked = std::cell::Cell::new(0u64);
    let stop = || {
        asked.set(asked.get() + 1);
        stop_before.is_some_and(|steps| asked.get() > steps)
    };
    fit(&Session {
        features: None,
        source: Some(source),
        trial,
        dataset: &dataset,
        device: &Device::flex(),
        run: &run,
        binary_hash: "test",
        // Each checkpoint waits for the disk.
        checkpoint_every: Cadence::Steps(if stop_before.is_some() { 1 } else { 1000 }),
        stop: &stop,
        started: Instant::now(),
    })
}

/// The end of a whole trial.
pub(crate) fn trained(trial: &Trial, source: &Source) -> (Tensors, Summary) {
    let root = tempfile::tempdir().unwrap();
    let ending = session(root.path(), trial, source, None).unwrap();
    assert_eq!(ending, Ending::Finished(Outcome::Done));
    let run = RunDir::open(&root.path().join(trial.dir_name())).unwrap();
    let summary = run.summary().unwrap().unwrap();
    let bytes = std::fs::read(run.checkpoints().join("selected.safetensors")).unwrap();
    let file = safetensors::SafeTensors::deserialize(&bytes).unwrap();
    let blob = |view: safetensors::tensor::TensorView<'_>| Blob {
        shape: view.shape().to_vec(),
        bytes: view.data().to_vec(),
    };
    let selected = file.iter().map(|(name, view)| (name.to_owned(), blob(view))).collect();
    (selected, summary)
}

pub(crate) fn floats(blob: &Blob) -> Vec<f32> {
    blob.bytes.as_chunks::<4>().0.iter().map(|word| f32::from_le_bytes(*word)).collect()
}

/// Paths and whether they are trained.
pub(crate) fn trainable(model: &Classifier) -> Vec<(String, bool)> {
    param_facts(model).into_iter().map(|fact| (fact.path, fact.trainable)).collect()
}

/// What a trial of a regime is made ready with.
pub(crate) fn from(source: &Source) -> With<'_> {
    With { source: Some(source), cache: None }
}
