//! Group norm (Wu & He 2018): statistics over all positions of a group of channels, per example.
//! With one group and one position it is layer norm (Ba et al. 2016).
//!
//! # Order of sums
//!
//! An example is read as vectors of sixteen values, one behind the other, whatever its number of
//! channels. After some vectors, a multiple of four, the channels lie in them as in the first; those
//! before are slots. Each lane of each slot is one chain over the example. With one group the chains
//! are added slot by slot and then lane by lane, with more of them in f64 in the order of the lanes.
//! Gradients of scale and shift are chains over the examples of a [`threads::GROUP`], then over these
//! in order, then over the slots.
//!
//! [`threads::GROUP`]: crate::threads::GROUP

mod backward;
mod forward;
mod slots;

pub use backward::group_backward;
pub use forward::group_forward;

use crate::sizes::product;

/// Sizes of `[examples, positions, channels]`, and how many groups the channels form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GroupSizes {
    /// Each has statistics of its own.
    pub examples: usize,
    /// Pixels of a map; 1 for vectors.
    pub positions: usize,
    /// A multiple of `groups`.
    pub channels: usize,
    /// Neighbouring channels form a group.
    pub groups: usize,
}

/// What the groups were normalised with, `[examples, groups]` each.
#[derive(Clone, Debug, PartialEq)]
pub struct GroupStats {
    /// Mean over the group's channels and positions.
    pub mean: Vec<f32>,
    /// `1 / sqrt(variance + epsilon)`.
    pub inverse: Vec<f32>,
}

impl GroupSizes {
    /// Values of one example.
    fn len(self) -> usize {
        self.positions * self.channels
    }

    /// Values of one group.
    fn count(self) -> f64 {
        (self.len() / self.groups) as f64
    }

    fn check(self, x: &[f32], y: &[f32]) {
        assert!(self.groups > 0 && self.channels.is_multiple_of(self.groups), "uneven groups");
        let len = product([self.positions, self.channels]);
        assert!(len > 0, "nothing to normalise");
        assert_eq!(x.len(), product([self.examples, len]), "inputs of another length");
        assert_eq!(y.len(), x.len(), "outputs of another length");
    }
}

#[cfg(test)]
mod tests;
