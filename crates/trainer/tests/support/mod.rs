//! A small made dataset and trials on it.

use fireassay_data::Dataset;
use fireassay_spec::{
    DataFormat, DatasetCard, ExampleCounts, FileCard, Kernels, Purpose, SCHEMA, Stream, Trial,
    TrialId, TrialSpec,
};
use serde_json::{Value, json};

pub(crate) const CLASSES: usize = 3;

/// `[1, 8, 8]` images: noise, and a bright bar whose row is the class.
pub(crate) fn dataset() -> (DatasetCard, Dataset) {
    dataset_of(CLASSES)
}

/// The same with so many classes, which share three looks.
pub(crate) fn dataset_of(classes: usize) -> (DatasetCard, Dataset) {
    let (train, test) = (120, 30);
    let card = DatasetCard {
        files: ["a", "b"].map(file).into(),
        ..DatasetCard::new(
            "bars",
            vec![1, 8, 8],
            (0..classes).map(|class| format!("row {class}")).collect(),
            ExampleCounts { train, test },
            DataFormat::Csv { train: "a".into(), test: Some("b".into()), skip_lines: 0 },
        )
    };
    let labels: Vec<u32> = (0..train + test).map(|row| (row % classes) as u32).collect();
    let mut values = Stream::new(9, Purpose::Augment, 0, 0).symmetric(labels.len() * 64, 1.0);
    for (image, label) in values.chunks_exact_mut(64).zip(&labels) {
        let row = 2 * (*label as usize % CLASSES);
        image[8 * row..8 * (row + 1)].iter_mut().for_each(|pixel| *pixel += 1.0);
    }
    let dataset = Dataset::from_values(&card, values, labels).unwrap();
    (card, dataset)
}

fn file(path: &str) -> FileCard {
    FileCard { path: path.into(), sha256: "0".repeat(64), ..FileCard::default() }
}

pub(crate) fn mlp(changes: &Value) -> Value {
    let mut spec = json!({ "widths": [16, 8], "activation": "relu", "norm": "none",
        "dropout": 0.0, "dropout-at": "hidden" });
    merge(&mut spec, changes);
    json!({ "mlp": spec })
}

pub(crate) fn cnn(changes: &Value) -> Value {
    let mut spec = json!({ "channels": [4, 6], "kernel": 3, "stride": 1, "padding": "same",
        "norm": "batch", "activation": "relu", "pool": "max", "head": "flatten", "dense": [8],
        "dropout": 0.0, "dropout-at": "features" });
    merge(&mut spec, changes);
    json!({ "cnn": spec })
}

pub(crate) fn sgd() -> Value {
    json!({ "sgd": { "momentum": 0.9, "nesterov": false } })
}

pub(crate) fn adam() -> Value {
    json!({ "adam": { "beta1": 0.9, "beta2": 0.999, "epsilon": 1e-8 } })
}

/// A trial of 24 steps (two epochs of twelve); `changes` are merged into its spec.
pub(crate) fn trial(model: &Value, changes: &Value) -> Trial {
    let mut spec = json!({
        "data": { "dataset": "bars", "train-size": "all", "val-fraction": 0.2 },
        "model": model,
        "optim": { "algorithm": sgd(), "lr": 0.05, "weight-decay": 0.0, "decay": "coupled",
            "decay-exempt": "bias-and-norm", "clip-norm": "off" },
        "schedule": { "shape": "constant", "warmup-steps": 0 },
        "train": { "budget": { "steps": 24 }, "batch-size": 8, "loss": "cross-entropy",
            "eval-every": { "steps": 7 }, "early-stopping": "off", "select": "last" },
    });
    merge(&mut spec, changes);
    let spec: TrialSpec = serde_json::from_value(spec).unwrap();
    let (card, _) = dataset();
    Trial {
        schema: SCHEMA,
        id: TrialId::new(&spec, 5, &card.hash(), Kernels::On),
        experiment: "test".into(),
        condition: "reference".into(),
        settings: [("norm".into(), "batch".into())].into(),
        seed: 5,
        dataset_hash: card.hash(),
        kernels: Kernels::On,
        source: None,
        spec,
    }
}

/// Replaces leaves; an externally tagged value is replaced whole.
pub(crate) fn merge(into: &mut Value, changes: &Value) {
    for (key, change) in changes.as_object().unwrap() {
        let tagged = ["algorithm", "shape", "budget", "eval-every", "norm", "early-stopping"];
        match into.get_mut(key) {
            Some(old)
                if old.is_object() && change.is_object() && !tagged.contains(&key.as_str()) =>
            {
                merge(old, change);
            }
            _ => into[key] = change.clone(),
        }
    }
}
