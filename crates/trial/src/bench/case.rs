//! The models whose steps are timed.

use clap::ValueEnum;
use fireassay_kernels::recurrent::Cell;
use fireassay_spec::{Kernels, Trial, TrialId};
use miette::{IntoDiagnostic, Report, WrapErr};
use serde_json::{Value, json};

/// 784-256-128-10.
pub(super) const MLP: &str = r#"{ "mlp": { "widths": [256, 128], "activation": "relu",
    "norm": "none", "dropout": 0.0, "dropout-at": "hidden" } }"#;
/// 1-16-32 filters of 5x5 with batch norm and pooling, 512-128-10 with dropout.
pub(super) const CNN: &str = r#"{ "cnn": { "channels": [16, 32], "kernel": 5, "stride": 1,
    "padding": "valid", "norm": "batch", "activation": "relu", "pool": "max", "head": "flatten",
    "dense": [128], "dropout": 0.5, "dropout-at": "features" } }"#;
/// The same with zeros around its images, which are too small otherwise: 128-128-10.
const DIGITS_CNN: &str = r#"{ "cnn": { "channels": [16, 32], "kernel": 5, "stride": 1,
    "padding": "same", "norm": "batch", "activation": "relu", "pool": "max", "head": "flatten",
    "dense": [128], "dropout": 0.5, "dropout-at": "features" } }"#;

/// ResNet-20 of He et al. 2016, section 4.2.
const RESNET_20: &str = r#"{ "resnet": { "depth": 20, "widths": [16, 32, 64], "norm": "batch",
    "activation": "relu", "shortcut": "padded-identity", "dropout": 0.0,
    "dropout-at": "features" } }"#;

/// EfficientNet-Lite0, of few classes.
const LITE_0: &str = r#"{ "efficientnet-lite": { "variant": 0, "dropout": 0.0,
    "dropout-at": "features" } }"#;

/// A model with the inputs that it is timed on. Each has its peer in `benches/peer/steps.py`.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum Case {
    /// Batches of 64 images, 28x28.
    Mlp,
    /// Batches of 64 images, 28x28.
    Cnn,
    /// Batches of 32 images, 8x8.
    DigitsCnn,
    /// Batches of 128 images, 32x32 in colour.
    #[value(name = "resnet-20")]
    Resnet20,
    /// EfficientNet-Lite0 on batches of 64 images, 64x64 in colour.
    #[value(name = "lite0-64")]
    Lite64,
    /// EfficientNet-Lite0 on batches of 16 images, 224x224 in colour.
    #[value(name = "lite0-224")]
    Lite224,
    /// 12 features to 64 units, batches of 32 sequences of 28 steps.
    #[value(name = "lstm-64")]
    Lstm64,
    /// 12 features to 128 units, batches of 32 sequences of 100 steps.
    #[value(name = "lstm-128")]
    Lstm128,
    /// As the LSTM of 64 units.
    #[value(name = "gru-64")]
    Gru64,
    /// As the LSTM of 64 units.
    #[value(name = "rnn-64")]
    Rnn64,
}

/// What a model is timed on.
pub(super) enum Inputs {
    /// A classifier of images.
    Images(Images),
    /// A classifier of sequences.
    Sequences(Sequences),
}

/// What a model for images is timed on.
pub(super) struct Images {
    pub(super) model: Value,
    /// `[channels, height, width]`.
    pub(super) shape: [usize; 3],
    pub(super) batch: usize,
    /// That are timed, after as many to warm up: some seconds.
    pub(super) steps: u64,
}

/// What a model for sequences is timed on: the last state of one recurrent layer, and a head.
pub(super) struct Sequences {
    pub(super) cell: Cell,
    pub(super) hidden: usize,
    /// Steps of a sequence.
    pub(super) length: usize,
    /// As above.
    pub(super) steps: u64,
}

impl Case {
    pub(super) fn inputs(self) -> Result<Inputs, Report> {
        let images = |model, shape, batch, steps| {
            let model = serde_json::from_str(model).into_diagnostic()?;
            Ok(Inputs::Images(Images { model, shape, batch, steps }))
        };
        let sequences = |cell, hidden, length, steps| {
            Ok(Inputs::Sequences(Sequences { cell, hidden, length, steps }))
        };
        match self {
            Self::Mlp => images(MLP, [1, 28, 28], 64, 500),
            Self::Cnn => images(CNN, [1, 28, 28], 64, 100),
            Self::DigitsCnn => images(DIGITS_CNN, [1, 8, 8], 32, 500),
            Self::Resnet20 => images(RESNET_20, [3, 32, 32], 128, 8),
            Self::Lite64 => images(LITE_0, [3, 64, 64], 64, 3),
            Self::Lite224 => images(LITE_0, [3, 224, 224], 16, 2),
            Self::Lstm64 => sequences(Cell::Lstm, 64, 28, 500),
            Self::Lstm128 => sequences(Cell::Lstm, 128, 100, 60),
            Self::Gru64 => sequences(Cell::Gru, 64, 28, 500),
            Self::Rnn64 => sequences(Cell::Tanh, 64, 28, 500),
        }
    }
}

/// A trial of `steps` steps with Adam.
pub(super) fn trial(
    (name, dataset): (&str, &str),
    dataset_hash: &str,
    model: &Value,
    steps: usize,
    batch: usize,
) -> Result<Trial, Report> {
    let spec = json!({
        "data": { "dataset": dataset, "train-size": "all", "val-fraction": 0.1 },
        "model": model,
        "optim": {
            "algorithm": { "adam": { "beta1": 0.9, "beta2": 0.999, "epsilon": 1e-8 } },
            "lr": 1e-3, "weight-decay": 0.0, "decay": "coupled",
            "decay-exempt": "bias-and-norm", "clip-norm": "off",
        },
        "schedule": { "shape": "constant", "warmup-steps": 0 },
        "train": {
            "budget": { "steps": steps }, "batch-size": batch, "loss": "cross-entropy",
            "eval-every": { "epochs": 1 }, "early-stopping": "off", "select": "best-val",
        },
    });
    let spec = serde_json::from_value(spec).into_diagnostic().wrap_err("the bench's own spec")?;
    let kernels = Kernels::asked().into_diagnostic()?.unwrap_or(Kernels::USUAL);
    Ok(Trial {
        schema: fireassay_spec::SCHEMA,
        id: TrialId::new(&spec, 0, dataset_hash, kernels),
        experiment: "bench".into(),
        condition: name.into(),
        settings: Default::default(),
        seed: 0,
        dataset_hash: dataset_hash.to_owned(),
        kernels,
        source: None,
        spec,
    })
}
