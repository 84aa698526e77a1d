//! The models whose steps are timed.

use clap::ValueEnum;
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

/// Of He et al. 2016: 16-32-64 channels, three blocks each, shortcuts without parameters.
const RESNET_20: &str = r#"{ "resnet": { "depth": 20, "widths": [16, 32, 64], "norm": "batch",
    "activation": "relu", "shortcut": "padded-identity", "dropout": 0.0,
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
    /// Batches of 128 images of three channels, 32x32.
    #[value(name = "resnet-20")]
    Resnet20,
}

/// What a model for images is timed on.
pub(super) struct Images {
    pub(super) model: Value,
    /// `[channels, height, width]`.
    pub(super) shape: [usize; 3],
    pub(super) batch: usize,
    /// Steps that take about a second or two.
    pub(super) steps: u64,
}

impl Case {
    pub(super) fn images(self) -> Result<Images, Report> {
        let (model, shape, batch, steps) = match self {
            Self::Mlp => (MLP, [1, 28, 28], 64, 500),
            Self::Cnn => (CNN, [1, 28, 28], 64, 100),
            Self::DigitsCnn => (DIGITS_CNN, [1, 8, 8], 32, 500),
            Self::Resnet20 => (RESNET_20, [3, 32, 32], 128, 8),
        };
        let model = serde_json::from_str(model).into_diagnostic()?;
        Ok(Images { model, shape, batch, steps })
    }
}

/// A trial of `steps` steps with Adam.
pub(super) fn trial(
    (name, dataset): (&str, &str),
    dataset_hash: &str,
    model: Value,
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
    let kernels = Kernels::asked().into_diagnostic()?;
    Ok(Trial {
        schema: fireassay_spec::SCHEMA,
        id: TrialId::new(&spec, 0, dataset_hash, kernels),
        experiment: "bench".into(),
        condition: name.into(),
        settings: Default::default(),
        seed: 0,
        dataset_hash: dataset_hash.to_owned(),
        kernels,
        spec,
    })
}
