//! Metrics of a split, dropout off and running statistics fixed.

use std::collections::BTreeMap;

use burn::module::Module;
use burn::tensor::Device;
use fireassay_models::Classifier;
use fireassay_spec::Metric;
use fireassay_tracking::Summary;

use crate::TrainError;
use crate::feed::Feed;
use crate::metric::{METRICS, predicted};

/// Examples per forward pass. Results do not depend on it: no layer mixes examples here.
const CHUNK: usize = 250;

/// At most this many train examples are evaluated at the end, evenly spaced over the split: the
/// standard error of an accuracy is then at most 1.1 points, and a large train split does not cost
/// more than the training.
const TRAIN_SAMPLE: usize = 2000;

/// What a model says about some rows.
#[derive(Clone, Debug, PartialEq)]
pub struct Evaluation {
    /// Every metric.
    pub metrics: BTreeMap<Metric, f64>,
    /// Examples by true class (rows) and predicted class (columns); none above
    /// [`Summary::MAX_CONFUSED`] classes.
    pub confusion: Option<Vec<Vec<u64>>>,
}

/// The rows that stand for the train split.
pub fn train_sample(train: &[u32]) -> Vec<u32> {
    let kept = train.len().min(TRAIN_SAMPLE);
    (0..kept).map(|i| train[i * train.len() / kept]).collect()
}

/// What the model says about these rows. Runs on the device without autodiff: there Burn's batch
/// norm uses its running statistics and dropout is the identity.
pub fn evaluate(
    model: &Classifier,
    feed: &Feed<'_>,
    rows: &[u32],
    device: &Device,
) -> Result<Evaluation, TrainError> {
    let device = device.clone().inner();
    let model = model.valid();
    let classes = feed.dataset().num_classes();
    let mut sums = vec![0.0; METRICS.len()];
    let mut confusion = (classes <= Summary::MAX_CONFUSED).then(|| vec![vec![0; classes]; classes]);
    for rows in rows.chunks(CHUNK) {
        let batch = feed.batch(rows, &device);
        let logits = model.forward_from(batch.from, batch.inputs).into_data(); // [rows, classes]
        let logits: Vec<f32> = logits
            .try_to_vec()
            .map_err(|e| TrainError::State(format!("logits are not f32: {e:?}")))?;
        for (logits, &row) in logits.chunks_exact(classes).zip(rows) {
            let label = feed.dataset().labels()[row as usize] as usize;
            for (sum, (_, metric)) in sums.iter_mut().zip(METRICS) {
                *sum += metric(logits, label);
            }
            if let Some(confusion) = &mut confusion {
                confusion[label][predicted(logits)] += 1;
            }
        }
    }
    let mean = |sum: f64| sum / rows.len() as f64;
    let metrics = METRICS.iter().zip(sums).map(|((metric, _), sum)| (*metric, mean(sum)));
    Ok(Evaluation { metrics: metrics.collect(), confusion })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_train_sample_is_spread_over_the_split() {
        let rows: Vec<u32> = (100..9100).collect();
        let sample = train_sample(&rows);
        assert_eq!(sample.len(), TRAIN_SAMPLE);
        assert!(sample.windows(2).all(|pair| (4..=5).contains(&(pair[1] - pair[0]))));
        assert_eq!(train_sample(&rows[..7]), rows[..7]);
        assert_eq!(train_sample(&[]), Vec::<u32>::new());
    }
}
