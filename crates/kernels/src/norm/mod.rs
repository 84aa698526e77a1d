//! Norms: values made to have mean 0 and variance 1, then scaled and shifted per channel.

mod batch;
mod group;

pub use batch::{BatchStats, batch_backward, batch_forward, batch_inference};
pub use group::{GroupSizes, GroupStats, group_backward, group_forward};

use crate::lanes::{LANES, Lanes, Vector};

/// Scale and shift of every channel, and what keeps the variance from zero.
#[derive(Clone, Copy, Debug)]
pub struct Affine<'a> {
    /// Multiplies the normalised value, one per channel.
    pub gamma: &'a [f32],
    /// Added to that, one per channel.
    pub beta: &'a [f32],
    /// Added to the variance.
    pub epsilon: f64,
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

/// `sums += row` and `products += row * (other - center)`, a block of channels of some rows; the two
/// sums that every backward pass of a norm needs.
#[inline(always)]
fn add_rows<L: Lanes>(
    lanes: L,
    [rows, others]: [&[f32]; 2],
    center: L::V,
    (block, channels): (usize, usize),
    [mut sum, mut product]: [L::V; 2],
) -> [L::V; 2] {
    let columns = block * LANES..channels.min((block + 1) * LANES);
    for (row, other) in rows.chunks_exact(channels).zip(others.chunks_exact(channels)) {
        let value = lanes.load_part(&row[columns.clone()], 0.0);
        let other = lanes.load_part(&other[columns.clone()], 0.0);
        sum = sum + value;
        product = value.mul_add(other - center, product);
    }
    [sum, product]
}

/// `1 / sqrt(variance + epsilon)`, rounded once.
fn inverse_deviation(variance: f64, epsilon: f64) -> f32 {
    (1.0 / (variance + epsilon).sqrt()) as f32
}
