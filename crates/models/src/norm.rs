//! The norm layers of `Norm`, behind one type, each with the activation that follows it.

use burn::module::Module;
use burn::nn::{
    BatchNorm, BatchNormConfig, GroupNorm, GroupNormConfig, LayerNorm, LayerNormConfig,
};
use burn::tensor::{Device, Tensor};
use fireassay_kernels::activation::Activation;
use fireassay_ops::{activate, batch_norm, group_norm, layer_norm};
use fireassay_spec::{Kernels, ModelSpec, Norm};

use crate::efficientnet;

/// Added to the variance of a vector: Burn's layer norm does not tell its own.
const EPSILON: f64 = 1e-5;

/// By how much a batch norm's running statistics move towards those of a batch.
pub fn batch_norm_momentum(spec: &ModelSpec) -> f64 {
    match spec {
        ModelSpec::Cnn(_) | ModelSpec::Mlp(_) | ModelSpec::Resnet(_) => 0.1,
        ModelSpec::EfficientnetLite(_) => efficientnet::MOMENTUM,
    }
}

/// Normalises `[batch, channels, ...]`; scale and shift are per channel.
#[derive(Module, Debug)]
pub enum NormLayer {
    /// Over the batch and all positions, per channel.
    Batch(BatchNorm),
    /// Over all positions of a group of channels, per example.
    Group(GroupNorm),
    /// Over all channels of a vector, per example.
    Vector(LayerNorm),
}

impl NormLayer {
    /// For feature maps `[batch, channels, height, width]`. `layer` is one group of all channels.
    pub fn maps(norm: Norm, channels: usize, device: &Device) -> Option<Self> {
        let group = |groups| GroupNormConfig::new(groups, channels).init(device);
        match norm {
            Norm::None => None,
            Norm::Batch => Some(Self::Batch(BatchNormConfig::new(channels).init(device))),
            Norm::Layer => Some(Self::Group(group(1))),
            Norm::Group(groups) => Some(Self::Group(group(groups))),
        }
    }

    /// For vectors `[batch, channels]`.
    pub fn vectors(norm: Norm, channels: usize, device: &Device) -> Option<Self> {
        match norm {
            Norm::Layer => {
                let config = LayerNormConfig::new(channels).with_epsilon(EPSILON);
                Some(Self::Vector(config.init(device)))
            }
            Norm::None | Norm::Batch | Norm::Group(_) => Self::maps(norm, channels, device),
        }
    }

    /// Vectors `[batch, channels]`: the same shape in and out.
    pub fn of_vectors(&self, kernels: Kernels, x: Tensor<2>, activation: Activation) -> Tensor<2> {
        match self {
            Self::Batch(norm) => batch_norm(kernels, x, norm, activation),
            Self::Group(norm) => group_norm(kernels, x, norm, activation),
            Self::Vector(norm) => layer_norm(kernels, x, (norm, EPSILON), activation),
        }
    }

    /// Maps `[batch, channels, height, width]`: the same shape in and out.
    pub fn of_maps(&self, kernels: Kernels, x: Tensor<4>, activation: Activation) -> Tensor<4> {
        match self {
            // Beside its convolution it is fused; by itself nobody needs it.
            Self::Batch(norm) => activate(kernels, activation, norm.forward(x)),
            Self::Group(norm) => group_norm(kernels, x, norm, activation),
            Self::Vector(_) => unreachable!("invariant: `maps` makes no norm of vectors"),
        }
    }
}
