//! `trial bench`: step times of two common models, and what a trial spends outside its steps.

use std::time::Instant;

use burn::tensor::Device;
use fireassay_data::Dataset;
use fireassay_spec::{DatasetCard, Kernels, Trial, TrialId};
use fireassay_tracking::RunDir;
use fireassay_trainer::first_batch::repeat_first_batch;
use fireassay_trainer::{Cadence, Session, fit};
use miette::{IntoDiagnostic, Report, WrapErr};

use crate::args::Bench;
use crate::exit;
use crate::run::{self, Failure};

/// Steps of the trial whose overhead is measured.
const TRIAL_STEPS: usize = 1000;
/// Between two checkpoints of that trial.
const CHECKPOINT_STEPS: u64 = 100;
/// Steps timed per model, after as many to warm up.
const TIMED_STEPS: u64 = 60;

/// 784-256-128-10, batch 64.
const MLP: &str = r#"{ "mlp": { "widths": [256, 128], "activation": "relu", "norm": "none",
    "dropout": 0.0, "dropout-at": "hidden" } }"#;
/// 1-16-32 filters of 5x5 with batch norm and pooling, 512-128-10 with dropout, batch 64.
const CNN: &str = r#"{ "cnn": { "channels": [16, 32], "kernel": 5, "stride": 1,
    "padding": "valid", "norm": "batch", "activation": "relu", "pool": "max", "head": "flatten",
    "dense": [128], "dropout": 0.5, "dropout-at": "features" } }"#;

#[derive(serde::Serialize)]
struct Row {
    model: &'static str,
    median_step_ms: f64,
    fastest_step_ms: f64,
    trial_steps: usize,
    trial_secs: f64,
    outside_steps_percent: f64,
    checkpoints_percent: f64,
    startup_ms: f64,
}

/// Measures both models and prints a table or JSON.
pub(crate) fn bench(args: &Bench) -> Result<u8, Failure> {
    let rows = measure(args).map_err(|report| (exit::FAILED, report))?;
    if args.format == "json" {
        println!("{}", serde_json::json!({ "threads": args.machine.threads, "models": rows }));
        return Ok(exit::FINISHED);
    }
    println!(
        "mnist-subset, batch 64, Adam, {} thread(s), {}",
        args.machine.threads, args.machine.backend
    );
    println!(
        "{:<6} {:>12} {:>12} {:>17} {:>14} {:>14} {:>10}",
        "model",
        "median step",
        "fastest",
        "1,000-step trial",
        "outside steps",
        "checkpoints",
        "start-up"
    );
    for row in rows {
        println!(
            "{:<6} {:>9.2} ms {:>9.2} ms {:>15.2} s {:>12.1} % {:>12.1} % {:>7.0} ms",
            row.model,
            row.median_step_ms,
            row.fastest_step_ms,
            row.trial_secs,
            row.outside_steps_percent,
            row.checkpoints_percent,
            row.startup_ms,
        );
    }
    Ok(exit::FINISHED)
}

fn measure(args: &Bench) -> Result<Vec<Row>, Report> {
    run::use_threads(args.machine.threads)?;
    let device = run::device(&args.machine)?;
    [("mlp", MLP), ("cnn", CNN)]
        .map(|(name, model)| row(name, model, args, &device))
        .into_iter()
        .collect()
}

fn row(name: &'static str, model: &str, args: &Bench, device: &Device) -> Result<Row, Report> {
    let started = Instant::now();
    let folder = args.machine.datasets.join("mnist-subset");
    let card = DatasetCard::load(&folder.join("dataset.toml"))?;
    let trial = trial(name, model, &card)?;
    let dataset: Dataset = fireassay_data::open(&card, &folder).into_diagnostic()?;
    let scratch = tempfile::tempdir().into_diagnostic()?;
    let run = RunDir::create(scratch.path(), &trial).into_diagnostic()?;
    fit(&Session {
        trial: &trial,
        dataset: &dataset,
        device,
        run: &run,
        binary_hash: "bench",
        checkpoint_every: Cadence::Steps(CHECKPOINT_STEPS),
        stop: &|| false,
        started,
    })
    .into_diagnostic()?;
    let timing = run
        .status()
        .into_diagnostic()?
        .unwrap_or_else(|| unreachable!("invariant: fit writes status.json"))
        .timing;
    let steps = repeat_first_batch(&trial, &dataset, device, 2 * TIMED_STEPS).into_diagnostic()?;
    let warm = &steps[TIMED_STEPS as usize..];
    let mut secs: Vec<f64> = warm.iter().map(|step| step.secs).collect();
    secs.sort_by(f64::total_cmp);
    Ok(Row {
        model: name,
        median_step_ms: 1e3 * secs[secs.len() / 2],
        fastest_step_ms: 1e3 * secs[0],
        trial_steps: TRIAL_STEPS,
        trial_secs: timing.wall_secs,
        outside_steps_percent: 100.0 * (1.0 - timing.train_secs / timing.wall_secs),
        checkpoints_percent: 100.0 * timing.checkpoint_secs / timing.wall_secs,
        startup_ms: 1e3 * timing.startup_secs,
    })
}

fn trial(name: &str, model: &str, card: &DatasetCard) -> Result<Trial, Report> {
    let model: serde_json::Value = serde_json::from_str(model).into_diagnostic()?;
    let spec = serde_json::json!({
        "data": { "dataset": "mnist-subset", "train-size": "all", "val-fraction": 0.1 },
        "model": model,
        "optim": {
            "algorithm": { "adam": { "beta1": 0.9, "beta2": 0.999, "epsilon": 1e-8 } },
            "lr": 1e-3, "weight-decay": 0.0, "decay": "coupled",
            "decay-exempt": "bias-and-norm", "clip-norm": "off",
        },
        "schedule": { "shape": "constant", "warmup-steps": 0 },
        "train": {
            "budget": { "steps": TRIAL_STEPS }, "batch-size": 64, "loss": "cross-entropy",
            "eval-every": { "epochs": 1 }, "early-stopping": "off", "select": "best-val",
        },
    });
    let spec = serde_json::from_value(spec).into_diagnostic().wrap_err("the bench's own spec")?;
    let kernels = Kernels::asked().into_diagnostic()?;
    Ok(Trial {
        schema: fireassay_spec::SCHEMA,
        id: TrialId::new(&spec, 0, &card.hash(), kernels),
        experiment: "bench".into(),
        condition: name.into(),
        settings: Default::default(),
        seed: 0,
        dataset_hash: card.hash(),
        kernels,
        spec,
    })
}
