//! Training on the first batch over and over: step times for benchmarks, and the overfit check.

use std::time::Instant;

use burn::tensor::Device;
use fireassay_data::Dataset;
use fireassay_spec::Trial;

use crate::TrainError;
use crate::fit::train_step;
use crate::setup::{Setup, With};
use crate::start::stand_in;

/// One training step.
#[derive(Clone, Copy, Debug)]
pub struct StepRecord {
    /// Batch, forward, backward and update.
    pub secs: f64,
    /// Before the update, dropout on.
    pub loss: f64,
    /// Pages that the system had to give the process meanwhile; 0 where it does not tell.
    pub page_faults: u64,
}

/// Makes `n` updates on the trial's first batch at its top learning rate.
pub fn repeat_first_batch(
    trial: &Trial,
    dataset: &Dataset,
    device: &Device,
    n: u64,
) -> Result<Vec<StepRecord>, TrainError> {
    let stand_in = stand_in(trial, dataset, device)?;
    let setup =
        Setup::new(trial, dataset, device, With { source: stand_in.as_ref(), cache: None })?;
    let Setup { feed, device, mut model, clock, mut optim, mut order, .. } = setup;
    let spec = &trial.spec;
    let mut records = Vec::new();
    for step in 0..n {
        clock.set(step);
        let record;
        (model, record) = timed(|| {
            let batch = feed.train_batch(order.rows(0), step, &device);
            train_step(model, &mut optim, batch, spec.train.loss, spec.optim.lr)
        });
        records.push(record);
    }
    Ok(records)
}

/// What a step leaves, and what is told of it; the step gives its loss.
pub fn timed<M>(step: impl FnOnce() -> (M, f64)) -> (M, StepRecord) {
    let faults = page_faults();
    let start = Instant::now();
    let (left, loss) = step();
    let secs = start.elapsed().as_secs_f64();
    (left, StepRecord { secs, loss, page_faults: page_faults() - faults })
}

/// Minor and major, of this process so far.
fn page_faults() -> u64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    // The name of the program, in parentheses, may hold spaces; the fields are counted behind it.
    let fields = stat.rsplit_once(") ").map_or("", |(_, fields)| fields);
    let field = |i| fields.split(' ').nth(i).and_then(|text| text.parse::<u64>().ok());
    field(7).unwrap_or(0) + field(9).unwrap_or(0)
}
