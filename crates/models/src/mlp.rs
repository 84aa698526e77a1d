//! Multi-layer perceptron: dense blocks on the flattened input.

use burn::module::Module;
use burn::tensor::Device;
use fireassay_spec::{Kernels, MlpSpec};

use crate::dense::{self, DenseBlock, DenseStyle};
use crate::dropout::Clock;

/// The backbone of an MLP; `widths = []` passes the input on.
#[derive(Module, Debug)]
pub struct Mlp {
    /// One per width.
    pub blocks: Vec<DenseBlock>,
}

impl Mlp {
    /// For examples of `inputs` values.
    pub fn new(
        spec: &MlpSpec,
        inputs: usize,
        (clock, kernels): (&Clock, Kernels),
        device: &Device,
    ) -> Self {
        let style = DenseStyle {
            norm: spec.norm,
            activation: spec.activation,
            dropout: spec.dropout,
            dropout_at: spec.dropout_at,
            clock,
            kernels,
        };
        Self { blocks: dense::blocks(inputs, &spec.widths, style, device) }
    }
}
