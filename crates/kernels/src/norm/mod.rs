//! Norms: values made to have mean 0 and variance 1, then scaled and shifted per channel, then
//! activated.

mod batch;
mod group;

pub use batch::{BatchStats, batch_backward, batch_forward, batch_inference};
pub use group::{GroupSizes, GroupStats, group_backward, group_forward};

use crate::activation::Activation;

/// Scale and shift of every channel, what keeps the variance from zero, and what follows.
#[derive(Clone, Copy, Debug)]
pub struct Affine<'a> {
    /// Multiplies the normalised value, one per channel.
    pub gamma: &'a [f32],
    /// Added to that, one per channel.
    pub beta: &'a [f32],
    /// Added to the variance.
    pub epsilon: f64,
    /// Of the scaled and shifted value.
    pub activation: Activation,
}

/// Where gradients of scale and shift go.
#[derive(Debug)]
pub struct AffineGradient<'a> {
    /// One per channel.
    pub gamma: &'a mut [f32],
    /// One per channel.
    pub beta: &'a mut [f32],
}

impl Affine<'_> {
    fn check(&self, channels: usize) {
        assert_eq!(self.gamma.len(), channels, "a scale of another length");
        assert_eq!(self.beta.len(), channels, "a shift of another length");
    }
}

impl AffineGradient<'_> {
    fn check(&self, channels: usize) {
        assert_eq!(self.gamma.len(), channels, "a gradient of the scale of another length");
        assert_eq!(self.beta.len(), channels, "a gradient of the shift of another length");
    }
}

/// `1 / sqrt(variance + epsilon)`, rounded once.
fn inverse_deviation(variance: f64, epsilon: f64) -> f32 {
    (1.0 / (variance + epsilon).sqrt()) as f32
}
