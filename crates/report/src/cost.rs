//! What a condition takes: network, updates, time, memory.

use fireassay_spec::Experiment;
use fireassay_tracking::{RunRecord, Status, Summary};

use crate::results::{Cost, EarlyStops};
use crate::scores::Row;
use crate::stats::describe;

/// From the trials that are finished; a diverged one has no score and is not counted.
pub(crate) fn cost(row: &Row<'_>, experiment: &Experiment) -> Cost {
    let records = row.cells.iter().filter_map(|cell| cell.record);
    let any = records.clone().find_map(|record| record.summary.as_ref());
    let done = row.cells.iter().filter(|cell| cell.score.is_some());
    let done: Vec<&RunRecord> = done.filter_map(|cell| cell.record).collect();
    let summaries: Vec<&Summary> =
        done.iter().filter_map(|record| record.summary.as_ref()).collect();
    let statuses: Vec<&Status> = done.iter().filter_map(|record| record.status.as_ref()).collect();
    let steps: Vec<f64> = summaries.iter().map(|summary| summary.steps as f64).collect();
    let fewest = summaries.iter().map(|summary| summary.steps).min();
    let most = summaries.iter().map(|summary| summary.steps).max();
    let epochs: Vec<f64> = summaries.iter().map(|summary| epochs(row, summary)).collect();
    let mean_of = |get: fn(&Status) -> f64| {
        describe::mean(&statuses.iter().map(|status| get(status)).collect::<Vec<f64>>())
    };
    Cost {
        params: any.map(|summary| summary.params),
        trainable_params: any.map(|summary| summary.trainable_params),
        macs: any.map(|summary| summary.macs),
        steps: fewest.zip(most),
        mean_steps: describe::mean(&steps),
        budget_steps: any.map(|summary| summary.budget_steps),
        epochs: (!epochs.is_empty()).then(|| describe::range(&epochs)),
        early_stops: early_stops(row, &summaries),
        select: Some(row.condition.spec.train.select),
        tuning_trials: experiment.tuning.get(&row.condition.name).copied(),
        time_secs: mean_of(|status| status.timing.wall_secs),
        cpu_secs: mean_of(|status| status.timing.cpu_secs),
        peak_rss_bytes: statuses.iter().map(|status| status.peak_rss_bytes).max(),
    }
}

/// Passes over the training examples; what is left over by the batch size is not seen.
fn epochs(row: &Row<'_>, summary: &Summary) -> f64 {
    let batch = row.condition.spec.train.batch_size.max(1) as u64;
    let per_epoch = (summary.examples.train / batch).max(1);
    summary.steps as f64 / per_epoch as f64
}

fn early_stops(row: &Row<'_>, summaries: &[&Summary]) -> Option<EarlyStops> {
    let stopped = summaries.iter().filter(|summary| summary.steps < summary.budget_steps);
    let epochs: Vec<f64> = stopped.map(|summary| epochs(row, summary)).collect();
    let trials = epochs.len();
    (trials > 0).then(|| EarlyStops { trials, epochs: describe::range(&epochs) })
}
