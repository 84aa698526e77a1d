//! `SequenceClassifier`: recurrent layers read a sequence, a linear head makes logits of where they
//! end.

use burn::module::Module;
use burn::nn::{Linear, LinearConfig};
use burn::tensor::{Device, Tensor};
use fireassay_kernels::activation::Activation;
use fireassay_ops::Dense;
use fireassay_spec::Kernels;

use crate::dense::linear;
use crate::recurrent::{Directions, Recurrent, RecurrentSpec, side_by_side};

/// One label for a whole sequence.
#[derive(Module, Debug)]
pub struct SequenceClassifier {
    /// Sequences to states.
    pub recurrent: Recurrent,
    /// The last hidden state of the last layer, of both directions side by side, to logits.
    pub head: Linear,
    #[module(skip)]
    directions: Directions,
    #[module(skip)]
    kernels: Kernels,
}

impl SequenceClassifier {
    /// For steps of `features` values. [`crate::bind()`] draws the initial values.
    pub fn new(
        spec: &RecurrentSpec,
        (features, num_classes): (usize, usize),
        kernels: Kernels,
        device: &Device,
    ) -> Self {
        Self {
            recurrent: Recurrent::new(spec, features, kernels, device),
            head: LinearConfig::new(spec.outputs(), num_classes).init(device),
            directions: spec.directions,
            kernels,
        }
    }

    /// `x [batch, steps, features]` to `[batch, classes]`. `lengths` are the steps of each sequence,
    /// all of them if absent; what lies behind is not read.
    ///
    /// # Panics
    ///
    /// If a shape or a length is another.
    pub fn forward(&self, x: Tensor<3>, lengths: Option<&[usize]>) -> Tensor<2> {
        let states = self.recurrent.last(x, lengths, None);
        let of_top = states.into_iter().rev().take(self.directions.count()).rev();
        let ends = side_by_side(of_top.map(|state| state.h).collect(), 1); // [batch, outputs]
        let plain = Dense { activation: Activation::Identity, mask: None };
        linear(self.kernels, &self.head, ends, plain)
    }
}

#[cfg(test)]
mod tests;
