//! `trial steps`: times of whole training steps, forward, backward and update, on made-up inputs.

use burn::optim::{GradientsParams, ModuleOptimizer};
use burn::tensor::{Device, Int, Tensor, TensorData};
use clap::ValueEnum;
use fireassay_data::Dataset;
use fireassay_kernels::update;
use fireassay_models::{Directions, RecurrentSpec, SequenceClassifier, bind};
use fireassay_ops::{Adam, Scale, cross_entropy};
use fireassay_spec::{DataFormat, DatasetCard, ExampleCounts, FileCard, Kernels, Purpose, Stream};
use fireassay_trainer::first_batch::{StepRecord, repeat_first_batch, timed};
use miette::{IntoDiagnostic, Report};
use serde_json::json;

use super::case::{self, Images, Inputs, Sequences};
use crate::args::Steps;
use crate::exit;
use crate::run::{self, Failure};

/// Of the inputs.
const CLASSES: usize = 10;
/// Of each step of a sequence.
const FEATURES: usize = 12;
/// In a batch.
const SEQUENCES: usize = 32;

/// Times one model and prints JSON: `{case, steps, median_ms, fastest_ms, page_faults_per_step}`.
/// The first half of the steps warms up.
pub(crate) fn steps(args: &Steps) -> Result<u8, Failure> {
    let records = measure(args).map_err(|report| (exit::FAILED, report))?;
    let warm = &records[records.len() / 2..];
    let mut secs: Vec<f64> = warm.iter().map(|step| step.secs).collect();
    secs.sort_by(f64::total_cmp);
    let faults: u64 = warm.iter().map(|step| step.page_faults).sum();
    let kernels = Kernels::asked().into_diagnostic().map_err(|report| (exit::USAGE, report))?;
    let kernels = kernels.unwrap_or(Kernels::USUAL);
    let found = json!({
        "case": args.case.to_possible_value().map(|value| value.get_name().to_owned()),
        "kernels": kernels,
        "threads": args.machine.threads,
        "steps": secs.len(),
        "median_ms": 1e3 * secs[secs.len() / 2],
        "fastest_ms": 1e3 * secs[0],
        "page_faults_per_step": faults as f64 / secs.len() as f64,
    });
    println!("{found}");
    Ok(exit::FINISHED)
}

fn measure(args: &Steps) -> Result<Vec<StepRecord>, Report> {
    run::use_threads(&args.machine)?;
    run::use_instructions(&args.machine)?;
    let device = run::device(&args.machine)?;
    match args.case.inputs()? {
        Inputs::Images(case) => images(&case, &device),
        Inputs::Sequences(case) => sequences(&case, &device),
    }
}

/// Through the very loop that trains, but for what lies between the steps.
fn images(case: &Images, device: &Device) -> Result<Vec<StepRecord>, Report> {
    let (card, dataset) = made_up(case)?;
    let hash = card.hash();
    let trial = case::trial(("steps", &card.name), &hash, &case.model, 1, case.batch)?;
    repeat_first_batch(&trial, &dataset, device, 2 * case.steps).into_diagnostic()
}

/// The same step with a classifier that no trial has yet.
fn sequences(case: &Sequences, device: &Device) -> Result<Vec<StepRecord>, Report> {
    let (cell, hidden) = (case.cell, case.hidden);
    let kernels = Kernels::asked().into_diagnostic()?.unwrap_or(Kernels::USUAL);
    let device = device.clone().autodiff();
    let spec = RecurrentSpec { cell, hidden, layers: 1, directions: Directions::Forward };
    let model = SequenceClassifier::new(&spec, (FEATURES, CLASSES), kernels, &device);
    let rule =
        update::Adam { lr: 0.0, beta1: 0.9, beta2: 0.999, epsilon: 1e-8, penalty: 0.0, decay: 0.0 };
    let mut optimizer = ModuleOptimizer::from(Adam { rule, scale: Scale::default() });
    let shape = [SEQUENCES, case.length, FEATURES];
    let values = Stream::new(0, Purpose::Augment, 0, 0).symmetric(shape.iter().product(), 1.0);
    let x = Tensor::<3>::from_data(TensorData::new(values, shape), &device);
    let labels: Vec<i32> = (0..SEQUENCES).map(|row| (row % CLASSES) as i32).collect();
    let labels = Tensor::<1, Int>::from_data(TensorData::new(labels, [SEQUENCES]), &device);
    let mut model = bind(model, 0);
    let mut records = Vec::new();
    for _ in 0..2 * case.steps {
        let record;
        (model, record) = timed(|| {
            let loss = cross_entropy(kernels, model.forward(x.clone(), None), labels.clone());
            let value: f32 = loss.clone().into_scalar();
            let grads = GradientsParams::from_grads(loss.backward(), &model);
            (optimizer.step(1e-3, model, grads), f64::from(value))
        });
        records.push(record);
    }
    Ok(records)
}

/// Noise: enough for a batch of training, and for every class in every split.
fn made_up(case: &Images) -> Result<(DatasetCard, Dataset), Report> {
    let examples = ExampleCounts { train: train(case), test: CLASSES };
    let file =
        |path: &str| FileCard { path: path.into(), sha256: "0".repeat(64), ..FileCard::default() };
    let card = DatasetCard {
        files: ["train", "test"].map(file).into(),
        ..DatasetCard::new(
            "made-up",
            case.shape.to_vec(),
            (0..CLASSES).map(|class| class.to_string()).collect(),
            examples,
            DataFormat::Csv { train: "train".into(), test: Some("test".into()), skip_lines: 0 },
        )
    };
    let labels: Vec<u32> = (0..train(case) + CLASSES).map(|row| (row % CLASSES) as u32).collect();
    let values = labels.len() * case.shape.iter().product::<usize>();
    let values = Stream::new(0, Purpose::Augment, 0, 0).symmetric(values, 1.0);
    let dataset = Dataset::from_values(&card, values, labels).into_diagnostic()?;
    Ok((card, dataset))
}

/// A tenth of them, ten for each class, is for validation.
fn train(case: &Images) -> usize {
    case.batch + 100 * CLASSES
}
