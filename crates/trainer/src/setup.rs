//! `Setup`: a trial before its first step. Training, fingerprints and benchmarks start here.

use std::borrow::Cow;

use burn::tensor::Device;
use fireassay_data::{Augment, Corrupted, Dataset, Order, Splits};
use fireassay_models::{Classifier, Clock, Input, build};
use fireassay_spec::{Budget, Purpose, Trial};
use fireassay_tracking::{SCHEMA, Spoiled};

use crate::TrainError;
use crate::optim::Optimizer;

/// A trial before its first step.
pub struct Setup<'a> {
    /// Its data: of the classes that the spec asks for, and spoiled if it asks for that.
    pub dataset: Cow<'a, Dataset>,
    /// Labels and inputs that were spoiled, if any.
    pub spoiled: Option<Spoiled>,
    /// How train batches are varied.
    pub augment: Augment,
    /// Where it trains, with autodiff.
    pub device: Device,
    /// Freshly initialised.
    pub model: Classifier,
    /// Step counter of the model's dropout masks.
    pub clock: Clock,
    /// Without state.
    pub optim: Optimizer,
    /// Which rows are train, val and test.
    pub splits: Splits,
    /// Which train rows make up which batch.
    pub order: Order,
    /// Steps that the budget allows.
    pub budget: u64,
    /// Steps between two evaluations on `val`.
    pub eval_every: u64,
}

impl<'a> Setup<'a> {
    /// `device` is without autodiff.
    pub fn new(trial: &Trial, dataset: &'a Dataset, device: &Device) -> Result<Self, TrainError> {
        let spec = &trial.spec;
        let dataset = dataset.of_classes(&spec.data)?;
        let splits = dataset.split(&spec.data, seed_of(trial, Purpose::Split))?;
        let (dataset, spoiled) = spoil(trial, dataset, &splits);
        let augment_seed = seed_of(trial, Purpose::Augment);
        let augment = Augment::new(&spec.data.augment, &dataset, augment_seed);
        let order_seed = seed_of(trial, Purpose::Order);
        let order = Order::new(splits.train.clone(), spec.train.batch_size, order_seed);
        let (model, clock) = fresh_model(trial, &dataset, device);
        let steps = |budget| match budget {
            Budget::Epochs(epochs) => (epochs as u64 * order.steps_per_epoch()).max(1),
            Budget::Steps(steps) => (steps as u64).max(1),
        };
        Ok(Self {
            device: device.clone().autodiff(),
            optim: Optimizer::new(&spec.optim, &model),
            budget: steps(spec.train.budget),
            eval_every: steps(spec.train.eval_every),
            dataset,
            spoiled,
            augment,
            model,
            clock,
            splits,
            order,
        })
    }
}

/// The data as the trial sees them, and what is not as it was.
fn spoil<'a>(
    trial: &Trial,
    dataset: Cow<'a, Dataset>,
    splits: &Splits,
) -> (Cow<'a, Dataset>, Option<Spoiled>) {
    let spec = &trial.spec.data.corrupt;
    if spec.is_none() {
        return (dataset, None);
    }
    let seed = seed_of(trial, Purpose::Corrupt);
    let dataset = dataset.into_owned();
    let Corrupted { dataset, flipped, outliers } = dataset.corrupted(spec, splits, seed);
    let labels: Vec<[u32; 3]> = flipped.iter().map(|f| [f.row, f.from, f.to]).collect();
    let is_listed = !(labels.is_empty() && outliers.is_empty());
    let spoiled = is_listed.then_some(Spoiled { schema: SCHEMA, labels, outliers });
    (Cow::Owned(dataset), spoiled)
}

/// The trial's model with its initial values, on the device with autodiff.
pub fn fresh_model(trial: &Trial, dataset: &Dataset, device: &Device) -> (Classifier, Clock) {
    let (shape, num_classes) = (dataset.shape(), dataset.num_classes());
    let input = Input { shape, num_classes, kernels: trial.kernels, cut: None };
    let clock = Clock::new(seed_of(trial, Purpose::Dropout));
    let init_seed = seed_of(trial, Purpose::Init);
    let model = build(&trial.spec.model, input, init_seed, &clock, &device.clone().autodiff());
    (model, clock)
}

/// The trial's own seed, unless the spec gives the stream another.
fn seed_of(trial: &Trial, purpose: Purpose) -> u64 {
    trial.spec.streams.of(purpose, trial.seed)
}
