//! Statistics of batch norms taken anew from the train split, before the first step (AdaBN, Li et al.
//! 2016; precise BN, Wu & Johnson 2021).
//!
//! The train split goes through the model in batches, each normalised by itself; a channel's mean is
//! the mean over batches, its variance the mean of the batches' variances and the variance of their
//! means. Burn moves stored statistics by `momentum`, so they are set to 0 before each batch and what
//! is found there afterwards is `momentum` times that of the batch.

use std::collections::BTreeMap;

use burn::tensor::Device;
use fireassay_data::Dataset;
use fireassay_finetune::{Kind, Phase, Regime, Statistics, leaves};
use fireassay_models::{Classifier, batch_norm_momentum};
use fireassay_spec::ModelSpec;

use crate::TrainError;
use crate::batch::upload;
use crate::state::{Blob, Tensors, model_state, restore_model};

/// Examples per forward pass.
const CHUNK: usize = 250;
const MEAN: &str = ".running_mean";
const VARIANCE: &str = ".running_var";

/// The model with statistics of `rows` where the regime asks for it. `build` makes a fresh one.
pub fn re_estimate(
    model: Classifier,
    regime: &Regime,
    (spec, build): (&ModelSpec, &dyn Fn() -> Classifier),
    (dataset, rows): (&Dataset, &[u32]),
    device: &Device,
) -> Result<Classifier, TrainError> {
    let statistics = leaves(&model).into_iter().filter(|leaf| leaf.kind == Kind::Statistics);
    let asked: Vec<String> =
        statistics.map(|leaf| leaf.path).filter(|path| regime.re_estimates(path)).collect();
    if asked.is_empty() || rows.is_empty() {
        return Ok(model);
    }
    let mut tensors = model_state(&model)?;
    let live = live_only_where(regime);
    let mut found: BTreeMap<&str, Vec<Vec<f64>>> = BTreeMap::new();
    for rows in rows.chunks(CHUNK) {
        let mut zeroed = tensors.clone();
        for path in &asked {
            if let Some(blob) = zeroed.get_mut(path) {
                blob.bytes.fill(0);
            }
        }
        let model = regime.apply(&live, restore_model(build(), &zeroed)?);
        model.forward(upload(dataset, rows, device).inputs);
        let after = model_state(&model)?;
        for path in &asked {
            let momentum = batch_norm_momentum(spec);
            let values = after.get(path).map(floats).unwrap_or_default();
            let values = values.into_iter().map(|value| f64::from(value) / momentum);
            found.entry(path).or_default().push(values.collect());
        }
    }
    for path in &asked {
        if let Some(layer) = path.strip_suffix(MEAN) {
            let variance = format!("{layer}{VARIANCE}");
            let (mean, spread) = total(&found[path.as_str()], &found[variance.as_str()]);
            put(&mut tensors, path, &mean);
            put(&mut tensors, &variance, &spread);
        }
    }
    restore_model(build(), &tensors)
}

/// A phase in which only the norms that are asked for go by their batch.
fn live_only_where(regime: &Regime) -> Phase {
    let mut phase = regime.phases[0].clone();
    for part in &mut phase.parts {
        part.dropout = false;
        part.batch_norm.statistics = match part.batch_norm.re_estimated {
            true => Statistics::Batch,
            false => Statistics::Stored,
        };
    }
    phase
}

/// Mean and variance of all examples, of those of each batch. All batches count alike.
fn total(means: &[Vec<f64>], variances: &[Vec<f64>]) -> (Vec<f64>, Vec<f64>) {
    let batches = means.len() as f64;
    let channels = means.first().map_or(0, Vec::len);
    let average = |of: &dyn Fn(usize) -> f64| (0..means.len()).map(of).sum::<f64>() / batches;
    (0..channels)
        .map(|channel| {
            let mean = average(&|batch| means[batch][channel]);
            let within = average(&|batch| variances[batch][channel]);
            let between = average(&|batch| (means[batch][channel] - mean).powi(2));
            (mean, within + between)
        })
        .unzip()
}

fn floats(blob: &Blob) -> Vec<f32> {
    let words = blob.bytes.as_chunks::<4>().0;
    words.iter().map(|word| f32::from_le_bytes(*word)).collect()
}

fn put(tensors: &mut Tensors, path: &str, values: &[f64]) {
    if let Some(blob) = tensors.get_mut(path) {
        blob.bytes = values.iter().flat_map(|value| (*value as f32).to_le_bytes()).collect();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_variance_of_all_is_within_and_between_batches() {
        let batches = [[1.0, 3.0], [5.0, 9.0]];
        let mean = |batch: &[f64; 2]| vec![f64::midpoint(batch[0], batch[1])];
        let variance = |batch: &[f64; 2]| vec![((batch[1] - batch[0]) / 2.0).powi(2)];
        let (means, variances): (Vec<_>, Vec<_>) =
            batches.iter().map(|batch| (mean(batch), variance(batch))).unzip();
        // 1, 3, 5, 9: mean 4.5, variance (12.25 + 2.25 + 0.25 + 20.25) / 4.
        assert_eq!(total(&means, &variances), (vec![4.5], vec![8.75]));
    }
}
