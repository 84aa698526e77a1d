//! Hidden dense layers, shared by the families.

use burn::module::Module;
use burn::nn::{Linear, LinearConfig};
use burn::tensor::{Device, Tensor, activation};
use fireassay_spec::{Activation, DropoutAt, Norm};

use crate::dropout::{Clock, KeyedDropout};
use crate::norm::NormLayer;

/// Linear, norm, activation, dropout.
#[derive(Module, Debug)]
pub struct DenseBlock {
    /// `[inputs, width]` and its bias.
    pub linear: Linear,
    /// None for `norm = "none"`.
    pub norm: Option<NormLayer>,
    /// Present where `dropout-at` says so, even at probability 0.
    pub dropout: Option<KeyedDropout>,
    #[module(skip)]
    activation: Activation,
}

/// What the blocks of a family have in common.
#[derive(Clone, Copy, Debug)]
pub struct DenseStyle<'a> {
    /// After each linear layer.
    pub norm: Norm,
    /// After each norm.
    pub activation: Activation,
    /// In [0, 1).
    pub dropout: f64,
    /// Where it acts.
    pub dropout_at: DropoutAt,
    /// Step counter of the dropout masks.
    pub clock: &'a Clock,
}

/// One block per width; the first sees `inputs` values.
pub fn blocks(
    inputs: usize,
    widths: &[usize],
    style: DenseStyle<'_>,
    device: &Device,
) -> Vec<DenseBlock> {
    let last = widths.len().saturating_sub(1);
    let block = |(i, (&width, inputs)): (usize, (&usize, usize))| DenseBlock {
        linear: LinearConfig::new(inputs, width).init(device),
        norm: NormLayer::vectors(style.norm, width, device),
        dropout: match style.dropout_at {
            DropoutAt::Hidden => Some(KeyedDropout::new(style.dropout, style.clock)),
            DropoutAt::Features if i == last => Some(KeyedDropout::new(style.dropout, style.clock)),
            DropoutAt::Features | DropoutAt::Logits => None,
        },
        activation: style.activation,
    };
    let fan_in = std::iter::once(inputs).chain(widths.iter().copied());
    widths.iter().zip(fan_in).enumerate().map(block).collect()
}

impl DenseBlock {
    /// `[batch, inputs]` to `[batch, width]`.
    pub fn forward(&self, x: Tensor<2>) -> Tensor<2> {
        let x = self.linear.forward(x); // [batch, width]
        let x = match &self.norm {
            Some(norm) => norm.forward(x),
            None => x,
        };
        let x = activate(self.activation, x);
        match &self.dropout {
            Some(dropout) => dropout.forward(x),
            None => x,
        }
    }
}

/// Element-wise; the same shape in and out.
pub fn activate<const D: usize>(kind: Activation, x: Tensor<D>) -> Tensor<D> {
    match kind {
        Activation::Identity => x,
        Activation::Relu => activation::relu(x),
        Activation::Sigmoid => activation::sigmoid(x),
        Activation::Tanh => activation::tanh(x),
    }
}
