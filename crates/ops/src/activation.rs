//! Activation functions by name.

use burn::tensor::{Tensor, activation};

use fireassay_kernels::activation::Activation;

/// Element-wise; the same shape in and out.
pub fn activate<const D: usize>(kind: Activation, x: Tensor<D>) -> Tensor<D> {
    match kind {
        Activation::Gelu => activation::gelu(x),
        Activation::Identity => x,
        Activation::Relu => activation::relu(x),
        Activation::Sigmoid => activation::sigmoid(x),
        Activation::Silu => activation::silu(x),
        Activation::Tanh => activation::tanh(x),
    }
}
