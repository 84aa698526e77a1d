//! Activation functions by name.

use burn::tensor::{Tensor, activation};
use fireassay_kernels::activation::Activation;
use fireassay_spec::Kernels;

use crate::kernels::fuse;
use crate::single::{Single, single};

/// Element-wise; the same shape in and out. Channels that lie last stay so.
pub fn activate<const D: usize>(kernels: Kernels, kind: Activation, x: Tensor<D>) -> Tensor<D> {
    if kind != Activation::Identity && fuse(kernels, &x.device()) {
        return single(Single::Activate(kind), x);
    }
    match kind {
        Activation::Gelu => activation::gelu(x),
        Activation::Identity => x,
        Activation::Relu => activation::relu(x),
        Activation::Relu6 => {
            // Not clamped: the slope at 0 and at 6 is 0.
            let y = activation::relu(x);
            let is_flat = y.clone().greater_equal_elem(6.0);
            y.mask_fill(is_flat, 6.0)
        }
        Activation::Sigmoid => activation::sigmoid(x),
        Activation::Silu => activation::silu(x),
        Activation::Tanh => activation::tanh(x),
    }
}

#[cfg(test)]
mod tests;
