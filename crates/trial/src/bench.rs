//! `trial bench`: what a trial spends outside its steps. `trial steps`: what one step takes.

mod case;
mod steps;

use std::time::Instant;

use burn::tensor::Device;
use fireassay_data::Dataset;
use fireassay_spec::{DatasetCard, Trial};
use fireassay_tracking::RunDir;
use fireassay_trainer::{Cadence, Session, fit};
use miette::{IntoDiagnostic, Report};

pub(crate) use self::case::Case;
pub(crate) use self::steps::steps;
use crate::args::Bench;
use crate::exit;
use crate::run::{self, Failure};

/// Steps of the trial whose overhead is measured.
const TRIAL_STEPS: usize = 1000;
/// Between two checkpoints of that trial.
const CHECKPOINT_STEPS: u64 = 100;
#[derive(serde::Serialize)]
struct Row {
    model: &'static str,
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
        "{:<6} {:>17} {:>14} {:>14} {:>10}",
        "model", "1,000-step trial", "outside steps", "checkpoints", "start-up"
    );
    for row in rows {
        println!(
            "{:<6} {:>15.2} s {:>12.1} % {:>12.1} % {:>7.0} ms",
            row.model,
            row.trial_secs,
            row.outside_steps_percent,
            row.checkpoints_percent,
            row.startup_ms,
        );
    }
    Ok(exit::FINISHED)
}

fn measure(args: &Bench) -> Result<Vec<Row>, Report> {
    run::use_threads(&args.machine)?;
    let device = run::device(&args.machine)?;
    [("mlp", case::MLP), ("cnn", case::CNN)]
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
        features: None,
        trial: &trial,
        dataset: &dataset,
        source: None,
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
    Ok(Row {
        model: name,
        trial_steps: TRIAL_STEPS,
        trial_secs: timing.wall_secs,
        outside_steps_percent: 100.0 * (1.0 - timing.train_secs / timing.wall_secs),
        checkpoints_percent: 100.0 * timing.checkpoint_secs / timing.wall_secs,
        startup_ms: 1e3 * timing.startup_secs,
    })
}

fn trial(name: &str, model: &str, card: &DatasetCard) -> Result<Trial, Report> {
    let model = serde_json::from_str(model).into_diagnostic()?;
    case::trial((name, &card.name), &card.hash(), &model, TRIAL_STEPS, 64)
}
