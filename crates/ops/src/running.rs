//! Running statistics of a batch norm: read for evaluation, moved by training.

use std::sync::{Arc, Mutex, PoisonError};

use burn::nn::BatchNorm;
use burn::tensor::{Tensor, TensorData};

/// Mean and variance of each channel.
pub(crate) type Statistics = [Vec<f32>; 2];

/// What an evaluation norms by.
pub(crate) fn running(norm: &BatchNorm) -> Statistics {
    let value = |state: Tensor<1>| -> Vec<f32> {
        state.into_data().try_to_vec().expect("invariant: running statistics are f32")
    };
    [&norm.running_mean, &norm.running_var].map(|state| value(state.value()))
}

/// As Burn's batch norm does: an exponential moving average of mean and variance, the latter divided
/// by the number of values and not by one less.
pub(crate) fn move_running(norm: &BatchNorm, batch: Statistics) {
    for (state, found) in [&norm.running_mean, &norm.running_var].into_iter().zip(batch) {
        let kept = state.value_sync();
        let channels = found.len();
        let found = TensorData::new(found, [channels]);
        let found = Tensor::<1>::from_data(found, &kept.device());
        let kept = kept.mul_scalar(1.0 - norm.momentum) + found.mul_scalar(norm.momentum);
        state.update(kept.detach());
    }
}

/// Where the statistics of a batch are put: an operation of Burn's returns tensors only.
#[derive(Clone, Debug, Default)]
pub(crate) struct Slot(Arc<Mutex<Option<Statistics>>>);

impl Slot {
    pub(crate) fn put(&self, statistics: Statistics) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(statistics);
    }

    pub(crate) fn take(&self) -> Statistics {
        let found = self.0.lock().unwrap_or_else(PoisonError::into_inner).take();
        found.expect("invariant: a norm in training has statistics")
    }
}
