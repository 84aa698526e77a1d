//! Metrics of a split, dropout off and running statistics fixed.

use std::collections::BTreeMap;

use burn::module::Module;
use burn::tensor::Device;
use fireassay_data::Dataset;
use fireassay_models::Classifier;
use fireassay_spec::Metric;

use crate::TrainError;
use crate::batch::upload;
use crate::metric::METRICS;

/// Examples per forward pass. Results do not depend on it: no layer mixes examples here.
const CHUNK: usize = 250;

/// Every metric over these rows. Runs on the device without autodiff: there Burn's batch norm uses
/// its running statistics and dropout is the identity.
pub fn evaluate(
    model: &Classifier,
    dataset: &Dataset,
    rows: &[u32],
    device: &Device,
) -> Result<BTreeMap<Metric, f64>, TrainError> {
    let device = device.clone().inner();
    let model = model.valid();
    let mut sums = vec![0.0; METRICS.len()];
    for rows in rows.chunks(CHUNK) {
        let batch = upload(dataset, rows, &device);
        let logits = model.forward(batch.inputs).into_data(); // [rows, classes]
        let logits: Vec<f32> = logits
            .try_to_vec()
            .map_err(|e| TrainError::State(format!("logits are not f32: {e:?}")))?;
        for (logits, &row) in logits.chunks_exact(dataset.num_classes()).zip(rows) {
            let label = dataset.labels()[row as usize] as usize;
            for (sum, (_, metric)) in sums.iter_mut().zip(METRICS) {
                *sum += metric(logits, label);
            }
        }
    }
    let mean = |sum: f64| sum / rows.len() as f64;
    Ok(METRICS.iter().zip(sums).map(|((metric, _), sum)| (*metric, mean(sum))).collect())
}
