//! Dropout whose mask is a pure function of (seed, layer path, step).
//!
//! The layer learns its path from the id of its own `training` flag, which [`crate::bind()`] sets
//! to the hash of the path. Freezing and `valid()` work as for Burn's own layers.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use burn::module::{Flag, Module, Param};
use burn::tensor::{Device, Tensor, TensorData};
use fireassay_spec::{Purpose, Stream};

/// The step that is being trained, shared by the loop and every dropout layer of a model.
#[derive(Clone, Debug)]
pub struct Clock {
    seed: u64,
    step: Arc<AtomicU64>,
}

impl Clock {
    /// At step 0, for masks of this seed.
    pub fn new(seed: u64) -> Self {
        Self { seed, step: Arc::new(AtomicU64::new(0)) }
    }

    /// Moves every layer that shares this clock to a step.
    pub fn set(&self, step: u64) {
        self.step.store(step, Ordering::Relaxed);
    }

    fn now(&self) -> u64 {
        self.step.load(Ordering::Relaxed)
    }
}

/// Switches units off with probability `prob` and scales the rest by 1 / (1 - prob).
#[derive(Module, Debug)]
pub struct KeyedDropout {
    /// In [0, 1).
    pub prob: f64,
    /// Off when frozen or in `valid()`.
    pub training: Param<Flag>,
    #[module(skip)]
    clock: Clock,
}

impl KeyedDropout {
    /// A layer with `prob` in [0, 1).
    pub fn new(prob: f64, clock: &Clock) -> Self {
        Self { prob, training: Param::from_bool(true), clock: clock.clone() }
    }

    /// Any shape in, the same shape out. One layer is used once per step: a second use would draw
    /// the same mask.
    pub fn forward<const D: usize>(&self, x: Tensor<D>) -> Tensor<D> {
        let device = x.device();
        match self.mask(x.shape().num_elements(), &device) {
            None => x,
            Some(mask) => {
                x.clone() * Tensor::<D>::from_data(TensorData::new(mask, x.shape()), &device)
            }
        }
    }

    /// Factors of `values` units on `device`: 0 or 1 / (1 - prob). None where nothing is dropped.
    pub fn mask(&self, values: usize, device: &Device) -> Option<Vec<f32>> {
        if self.prob == 0.0 || !self.training.is_enabled() || !device.is_autodiff() {
            return None;
        }
        let layer = self.training.id.val();
        let stream = Stream::new(self.clock.seed, Purpose::Dropout, layer, self.clock.now());
        Some(stream.mask(values, 1.0 - self.prob))
    }
}
