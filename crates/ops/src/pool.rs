//! Pools by themselves: windows side by side, and the mean of whole maps.

use burn::nn::pool::{AvgPool2dConfig, MaxPool2dConfig};
use burn::tensor::{Shape, Tensor};
use fireassay_kernels::conv::{self as kernel, Maps, Pool};
use fireassay_kernels::{Buffer, Isa};
use fireassay_spec::Kernels;

use crate::kernels::fuse;
use crate::single::{Single, single};

/// Windows side by side; what is left over at the right and at the bottom is dropped.
/// `[batch, channels, height, width]` to `[batch, channels, height', width']`.
pub fn pool(kernels: Kernels, kind: Pool, x: Tensor<4>) -> Tensor<4> {
    match kind {
        Pool::None => x,
        Pool::Max(_) | Pool::Average(_) if fuse(kernels, &x.device()) => {
            single(Single::Pool(kind), x)
        }
        Pool::Max(window) => MaxPool2dConfig::new(window).with_strides(window).init().forward(x),
        Pool::Average(window) => {
            AvgPool2dConfig::new(window).with_strides(window).init().forward(x)
        }
    }
}

/// The mean of each channel over all positions (Lin et al. 2014): `[batch, channels, height, width]`
/// to `[batch, channels]`.
pub fn global_average(kernels: Kernels, x: Tensor<4>) -> Tensor<2> {
    if fuse(kernels, &x.device()) {
        return single(Single::GlobalAverage, x);
    }
    let x: Tensor<3> = x.flatten(2, 3); // [batch, channels, positions]
    x.mean_dim(2).flatten(1, 2)
}

pub(crate) fn forward(kind: Pool, x: &[f32], shape: [usize; 4]) -> (Buffer, Shape) {
    let (maps, [batch, channels, ..]) = (maps(shape), shape);
    let pooled = maps.pooled(kind);
    let mut y = Buffer::stale(pooled.values());
    kernel::pool(Isa::best(), maps, kind, x, &mut y);
    (y, Shape::from([batch, channels, pooled.size[0], pooled.size[1]]))
}

/// Of what was read and written, and the gradient of the latter.
pub(crate) fn backward(
    (kind, shape): (Pool, [usize; 4]),
    [x, y, grad]: [&[f32]; 3],
    to: &mut [f32],
) {
    kernel::pool_backward(Isa::best(), (maps(shape), kind), (x, y), grad, to);
}

pub(crate) fn global(x: &[f32], [batch, channels, height, width]: [usize; 4]) -> (Buffer, Shape) {
    let mut y = Buffer::stale(batch * channels);
    kernel::global_average(Isa::best(), [batch, height * width, channels], x, &mut y);
    (y, Shape::from([batch, channels]))
}

pub(crate) fn global_backward(
    grad: &[f32],
    [batch, channels, height, width]: [usize; 4],
    to: &mut [f32],
) {
    let shape = [batch, height * width, channels];
    kernel::global_average_backward(Isa::best(), shape, grad, to);
}

fn maps([images, channels, height, width]: [usize; 4]) -> Maps {
    Maps { images, size: [height, width], channels }
}

#[cfg(test)]
mod tests;
