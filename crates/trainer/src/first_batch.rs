//! Training on the first batch over and over: step times for benchmarks, and the overfit check.

use std::time::Instant;

use burn::tensor::Device;
use fireassay_data::{Dataset, Order};
use fireassay_models::{Input, build};
use fireassay_spec::Trial;

use crate::TrainError;
use crate::batch::upload;
use crate::fit::train_step;
use crate::optim::Optimizer;

/// One training step.
#[derive(Clone, Copy, Debug)]
pub struct StepRecord {
    /// Batch, forward, backward and update.
    pub secs: f64,
    /// Before the update, dropout on.
    pub loss: f64,
}

/// Makes `n` updates on the trial's first batch at its top learning rate.
pub fn repeat_first_batch(
    trial: &Trial,
    dataset: &Dataset,
    device: &Device,
    n: u64,
) -> Result<Vec<StepRecord>, TrainError> {
    let spec = &trial.spec;
    let device = device.clone().autodiff();
    let input = Input { shape: dataset.shape(), num_classes: dataset.num_classes() };
    let (mut model, clock) = build(&spec.model, input, trial.seed, &device);
    let mut optim = Optimizer::new(&spec.optim, &model);
    let splits = dataset.split(&spec.data, trial.seed)?;
    let mut order = Order::new(splits.train, spec.train.batch_size, trial.seed);
    let mut records = Vec::new();
    for step in 0..n {
        clock.set(step);
        let start = Instant::now();
        let batch = upload(dataset, order.rows(0), &device);
        let loss;
        (model, loss) = train_step(model, &mut optim, batch, spec.optim.lr);
        records.push(StepRecord { secs: start.elapsed().as_secs_f64(), loss });
    }
    Ok(records)
}
