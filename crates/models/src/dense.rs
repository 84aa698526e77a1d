//! Hidden dense layers, shared by the families.

use std::sync::Arc;

use burn::module::Module;
use burn::nn::{Linear, LinearConfig};
use burn::tensor::{Device, Tensor};
use fireassay_ops::Dense;
use fireassay_spec::{Activation, DropoutAt, Kernels, Norm};

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
    #[module(skip)]
    kernels: Kernels,
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
    /// In which form layers are computed.
    pub kernels: Kernels,
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
        kernels: style.kernels,
    };
    let fan_in = std::iter::once(inputs).chain(widths.iter().copied());
    widths.iter().zip(fan_in).enumerate().map(block).collect()
}

impl DenseBlock {
    /// `[batch, inputs]` to `[batch, width]`.
    pub fn forward(&self, x: Tensor<2>) -> Tensor<2> {
        let Some(norm) = &self.norm else {
            let width = self.linear.weight.dims()[1];
            let values = x.dims()[0] * width;
            let draw = |dropout: &KeyedDropout| dropout.mask(values, &x.device());
            let mask = self.dropout.as_ref().and_then(draw).map(Arc::new);
            let layer = Dense { activation: kernel_of(self.activation), mask };
            return linear(self.kernels, &self.linear, x, layer);
        };
        let alone = Dense { activation: kernel_of(Activation::Identity), mask: None };
        let x = linear(self.kernels, &self.linear, x, alone); // [batch, width]
        let x = norm.of_vectors(self.kernels, x, kernel_of(self.activation));
        match &self.dropout {
            Some(dropout) => dropout.forward(x),
            None => x,
        }
    }
}

/// A linear layer and what comes behind it.
pub(crate) fn linear(kernels: Kernels, linear: &Linear, x: Tensor<2>, layer: Dense) -> Tensor<2> {
    let bias = linear.bias.as_ref().expect("invariant: linear layers are built with a bias");
    fireassay_ops::dense(kernels, x, (linear.weight.val(), bias.val()), layer)
}

/// An activation by the name that operations have for it.
pub(crate) fn kernel_of(kind: Activation) -> fireassay_kernels::activation::Activation {
    match kind {
        Activation::Identity => fireassay_kernels::activation::Activation::Identity,
        Activation::Relu => fireassay_kernels::activation::Activation::Relu,
        Activation::Relu6 => fireassay_kernels::activation::Activation::Relu6,
        Activation::Sigmoid => fireassay_kernels::activation::Activation::Sigmoid,
        Activation::Tanh => fireassay_kernels::activation::Activation::Tanh,
    }
}
