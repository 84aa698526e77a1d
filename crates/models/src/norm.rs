//! The norm layers of `Norm`, behind one type.

use burn::module::Module;
use burn::nn::{
    BatchNorm, BatchNormConfig, GroupNorm, GroupNormConfig, LayerNorm, LayerNormConfig,
};
use burn::tensor::{Device, Tensor};
use fireassay_spec::Norm;

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
            Norm::Layer => Some(Self::Vector(LayerNormConfig::new(channels).init(device))),
            Norm::None | Norm::Batch | Norm::Group(_) => Self::maps(norm, channels, device),
        }
    }

    /// The same shape in and out.
    pub fn forward<const D: usize>(&self, x: Tensor<D>) -> Tensor<D> {
        match self {
            Self::Batch(norm) => norm.forward(x),
            Self::Group(norm) => norm.forward(x),
            Self::Vector(norm) => norm.forward(x),
        }
    }
}
