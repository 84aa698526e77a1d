//! A convolution block: convolution, batch norm, activation and pool.

#![expect(clippy::too_many_arguments, reason = "Burn's macro takes tensors one by one")]

mod backward;

use std::sync::{Arc, Mutex, PoisonError};

use burn::backend::autodiff::checkpoint::strategy::CheckpointStrategy;
use burn::backend::autodiff::ops::{Backward, OpsKind};
use burn::backend::flex::FlexTensor;
use burn::backend::tensor::FloatTensor;
use burn::backend::{Autodiff, Backend, Dispatch, Flex, backend_extension};
use burn::nn::conv::Conv2d;
use burn::nn::pool::{AvgPool2dConfig, MaxPool2dConfig};
use burn::nn::{BatchNorm, PaddingConfig2d};
use burn::tensor::{Tensor, TensorData};
use fireassay_kernels::activation::Activation;
use fireassay_kernels::conv::{self as kernel, Block, Norm, Pool, Running, Saved, Statistics};
use fireassay_kernels::{Buffer, Isa};
use fireassay_spec::Kernels;

use self::backward::{ConvBackward, ConvNormBackward, State};
use crate::activation::activate;
use crate::kernels::fuse;
use crate::primitive::{channels_first, channels_last, contiguous, values};

/// A block of layers. A convolution with groups or dilation, or padding that differs from side to
/// side, is composed.
#[derive(Clone, Copy, Debug)]
pub struct ConvBlock<'a> {
    /// With a bias.
    pub conv: &'a Conv2d,
    /// On its output.
    pub norm: Option<&'a BatchNorm>,
    /// On that of the norm.
    pub activation: Activation,
    /// On that.
    pub pool: Pool,
}

/// `[batch, in, height, width]` to `[batch, out, height', width']`. In training the norm's running
/// statistics move.
///
/// Fused, the result is a view of channels that lie last, which the next block reads without a copy.
pub fn conv_block(kernels: Kernels, x: Tensor<4>, block: ConvBlock<'_>) -> Tensor<4> {
    let device = x.device();
    // A norm that is frozen among layers in training needs a gradient through fixed statistics.
    let is_frozen = block.norm.is_some_and(|norm| !norm.training.is_enabled());
    match block.shape(x.dims()) {
        Some(shape) if fuse(kernels, &device) && !(device.is_autodiff() && is_frozen) => {
            fused(x, block, shape)
        }
        _ => composed(x, block),
    }
}

fn composed(x: Tensor<4>, block: ConvBlock<'_>) -> Tensor<4> {
    let x = block.conv.forward(x);
    let x = match block.norm {
        Some(norm) => norm.forward(x),
        None => x,
    };
    pool(block.pool, activate(block.activation, x))
}

/// A pool by itself, of windows side by side.
pub fn pool(kind: Pool, x: Tensor<4>) -> Tensor<4> {
    match kind {
        Pool::None => x,
        Pool::Max(window) => MaxPool2dConfig::new(window).with_strides(window).init().forward(x),
        Pool::Average(window) => {
            AvgPool2dConfig::new(window).with_strides(window).init().forward(x)
        }
    }
}

impl ConvBlock<'_> {
    /// What the kernel computes, if it can: `x` is `[batch, in, height, width]`.
    fn shape(&self, [images, channels, height, width]: [usize; 4]) -> Option<Block> {
        let Conv2d { weight, stride, kernel_size, dilation, groups, padding, .. } = self.conv;
        let padding = match *padding {
            PaddingConfig2d::Valid => [0, 0],
            PaddingConfig2d::Explicit(top, left, bottom, right)
                if top == bottom && left == right =>
            {
                [top, left]
            }
            PaddingConfig2d::Explicit(..) | PaddingConfig2d::Same => return None,
        };
        let activation = match self.activation {
            Activation::Identity => kernel::Activation::Identity,
            Activation::Relu => kernel::Activation::Relu,
            Activation::Sigmoid => kernel::Activation::Sigmoid,
            Activation::Tanh => kernel::Activation::Tanh,
            Activation::Gelu | Activation::Silu => return None,
        };
        if *groups != 1 || *dilation != [1, 1] || self.conv.bias.is_none() {
            return None;
        }
        let [filters, ..] = weight.dims();
        let (size, kernel, stride) = ([height, width], *kernel_size, *stride);
        let conv = kernel::Conv { images, size, channels, filters, kernel, stride, padding };
        Some(Block { conv, activation, pool: self.pool })
    }
}

fn fused(x: Tensor<4>, block: ConvBlock<'_>, shape: Block) -> Tensor<4> {
    let bias = block.conv.bias.as_ref().expect("invariant: a fused convolution has a bias");
    let is_training = x.device().is_autodiff();
    let [x, w] = [x.into_dispatch(), block.conv.weight.val().into_dispatch()];
    let bias = bias.val().into_dispatch();
    let Some(norm) = block.norm else {
        return Tensor::from_dispatch(Dispatch::conv_block(x, w, bias, shape));
    };
    let [gamma, beta] = [&norm.gamma, &norm.beta].map(|param| param.val().into_dispatch());
    if is_training {
        let (epsilon, statistics) = (norm.epsilon, Slot::default());
        let by = NormBy { epsilon, running: None, statistics: statistics.clone() };
        let y = Dispatch::conv_norm_block(x, w, bias, gamma, beta, (shape, by));
        move_running(norm, &statistics.take());
        return Tensor::from_dispatch(y);
    }
    let value = |state: Tensor<1>| -> Vec<f32> {
        state.into_data().try_to_vec().expect("invariant: running statistics are f32")
    };
    let running = [&norm.running_mean, &norm.running_var].map(|state| value(state.value()));
    let by = NormBy { epsilon: norm.epsilon, running: Some(running), statistics: Slot::default() };
    Tensor::from_dispatch(Dispatch::conv_norm_block(x, w, bias, gamma, beta, (shape, by)))
}

/// As Burn's batch norm does: an exponential moving average of mean and variance, the latter divided
/// by the number of values and not by one less.
fn move_running(norm: &BatchNorm, batch: &Statistics) {
    let found = [&batch.mean, &batch.variance];
    for (state, found) in [&norm.running_mean, &norm.running_var].into_iter().zip(found) {
        let kept = state.value_sync();
        let found = TensorData::new(found.clone(), [found.len()]);
        let found = Tensor::<1>::from_data(found, &kept.device());
        let kept = kept.mul_scalar(1.0 - norm.momentum) + found.mul_scalar(norm.momentum);
        state.update(kept.detach());
    }
}

/// Where the statistics of a batch are put: an operation of Burn's returns tensors only.
#[derive(Clone, Debug, Default)]
pub(crate) struct Slot(Arc<Mutex<Option<Statistics>>>);

impl Slot {
    fn put(&self, statistics: Option<&Statistics>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = statistics.cloned();
    }

    fn take(&self) -> Statistics {
        let found = self.0.lock().unwrap_or_else(PoisonError::into_inner).take();
        found.expect("invariant: a norm in training has statistics")
    }
}

/// What a norm normalises by.
#[derive(Clone, Debug)]
pub(crate) struct NormBy {
    epsilon: f64,
    /// Mean and variance of evaluation; none for those of the batch.
    running: Option<[Vec<f32>; 2]>,
    /// Of the batch, for whoever keeps the running ones.
    statistics: Slot,
}

#[backend_extension(Flex, Autodiff)]
pub(crate) trait ConvOp: Backend {
    fn conv_block(
        x: FloatTensor<Self>,
        w: FloatTensor<Self>,
        bias: FloatTensor<Self>,
        block: Block,
    ) -> FloatTensor<Self>;

    fn conv_norm_block(
        x: FloatTensor<Self>,
        w: FloatTensor<Self>,
        bias: FloatTensor<Self>,
        gamma: FloatTensor<Self>,
        beta: FloatTensor<Self>,
        block: (Block, NormBy),
    ) -> FloatTensor<Self>;
}

impl ConvOp for Flex {
    fn conv_block(x: FlexTensor, w: FlexTensor, bias: FlexTensor, block: Block) -> FlexTensor {
        Read::new(&x, &w, &bias, None).evaluate(&block, None)
    }

    fn conv_norm_block(
        x: FlexTensor,
        w: FlexTensor,
        bias: FlexTensor,
        gamma: FlexTensor,
        beta: FlexTensor,
        (block, by): (Block, NormBy),
    ) -> FlexTensor {
        let read = Read::new(&x, &w, &bias, Some([&gamma, &beta]));
        match &by.running {
            Some(_) => read.evaluate(&block, Some(&by)),
            None => read.train(&block, Some(&by)).1,
        }
    }
}

impl<C: CheckpointStrategy> ConvOp for Autodiff<Flex, C> {
    fn conv_block(
        x: FloatTensor<Self>,
        w: FloatTensor<Self>,
        bias: FloatTensor<Self>,
        block: Block,
    ) -> FloatTensor<Self> {
        let (x, of_x) = x.into_parts();
        let (w, of_w) = w.into_parts();
        let (bias, of_bias) = bias.into_parts();
        let read = Read::new(&x, &w, &bias, None);
        match ConvBackward.prepare::<C>([of_x, of_w, of_bias]).compute_bound().stateful() {
            OpsKind::Tracked(prep) => {
                let (saved, out) = read.train(&block, None);
                prep.finish(State::new(read, (block, saved), &out), out)
            }
            OpsKind::UnTracked(prep) => prep.finish(read.evaluate(&block, None)),
        }
    }

    fn conv_norm_block(
        x: FloatTensor<Self>,
        w: FloatTensor<Self>,
        bias: FloatTensor<Self>,
        gamma: FloatTensor<Self>,
        beta: FloatTensor<Self>,
        (block, by): (Block, NormBy),
    ) -> FloatTensor<Self> {
        let (x, of_x) = x.into_parts();
        let (w, of_w) = w.into_parts();
        let (bias, of_bias) = bias.into_parts();
        let (gamma, of_gamma) = gamma.into_parts();
        let (beta, of_beta) = beta.into_parts();
        let read = Read::new(&x, &w, &bias, Some([&gamma, &beta]));
        let nodes = [of_x, of_w, of_bias, of_gamma, of_beta];
        match ConvNormBackward.prepare::<C>(nodes).compute_bound().stateful() {
            OpsKind::Tracked(prep) => {
                let (saved, out) = read.train(&block, Some(&by));
                prep.finish(State::new(read, (block, saved), &out), out)
            }
            OpsKind::UnTracked(prep) => prep.finish(read.train(&block, Some(&by)).1),
        }
    }
}

/// What a block reads, in the order that the kernels want.
struct Read {
    /// `[batch, height, width, in]`.
    x: FlexTensor,
    w: FlexTensor,
    bias: FlexTensor,
    affine: Option<[FlexTensor; 2]>,
}

impl Read {
    fn new(
        x: &FlexTensor,
        w: &FlexTensor,
        bias: &FlexTensor,
        affine: Option<[&FlexTensor; 2]>,
    ) -> Self {
        let affine = affine.map(|affine| affine.map(contiguous));
        Self { x: channels_last(x), w: contiguous(w), bias: contiguous(bias), affine }
    }

    fn input<'a>(&'a self, by: Option<&NormBy>) -> kernel::Input<'a> {
        let norm = self.affine.as_ref().zip(by).map(|([gamma, beta], by)| Norm {
            gamma: values(gamma),
            beta: values(beta),
            epsilon: by.epsilon,
        });
        let (x, weight, bias) = (values(&self.x), values(&self.w), Some(values(&self.bias)));
        kernel::Input { x, weight, bias, norm, residual: None }
    }

    /// With the statistics of the batch, and what a backward pass needs.
    fn train(&self, block: &Block, by: Option<&NormBy>) -> (Saved, FlexTensor) {
        let mut out = Buffer::stale(block.output_len());
        let saved = kernel::forward(Isa::best(), block, &self.input(by), &mut out);
        if let Some(by) = by {
            by.statistics.put(saved.statistics());
        }
        (saved, channels_first(out, shape_of(block)))
    }

    /// With running statistics.
    fn evaluate(&self, block: &Block, by: Option<&NormBy>) -> FlexTensor {
        let mut out = Buffer::stale(block.output_len());
        let running = by.and_then(|by| by.running.as_ref());
        let running = running.map(|[mean, variance]| Running { mean, variance });
        let input = self.input(by);
        kernel::evaluate(Isa::best(), block, &input, running.as_ref(), &mut out);
        channels_first(out, shape_of(block))
    }
}

/// Of the output: `[batch, height, width, out]`.
fn shape_of(block: &Block) -> [usize; 4] {
    let [height, width] = block.output();
    [block.conv.images, height, width, block.conv.filters]
}

#[cfg(test)]
mod tests;
