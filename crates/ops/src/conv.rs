//! A convolution block: convolution, batch norm, residual, activation and pool.

mod backward;
mod fold;

use burn::backend::autodiff::checkpoint::strategy::CheckpointStrategy;
use burn::backend::autodiff::ops::{Backward, NodeGuard, OpsKind};
use burn::backend::flex::FlexTensor;
use burn::backend::tensor::FloatTensor;
use burn::backend::{Autodiff, Backend, Dispatch, ExtensionType, Flex, backend_extension};
use burn::module::Param;
use burn::nn::conv::Conv2d;
use burn::nn::{BatchNorm, PaddingConfig2d};
use burn::tensor::{Device, Tensor};
use fireassay_kernels::activation::Activation;
use fireassay_kernels::conv::{self as kernel, Block, Norm, Pool, Running, Saved};
use fireassay_kernels::{Buffer, Isa};
use fireassay_spec::Kernels;

use self::backward::ConvBackward;
pub(crate) use self::backward::State;
pub(crate) use self::fold::{folded, is_fixed};
use crate::activation::activate;
use crate::kernels::fuse;
use crate::pool::pool;
use crate::primitive::{channels_first, channels_last, contiguous, values};
use crate::running::{Slot, Statistics, move_running, running};

/// A block of layers. A convolution with dilation, or with groups of more than one channel or filter,
/// is composed.
#[derive(Clone, Copy, Debug)]
pub struct ConvBlock<'a> {
    /// With or without a bias.
    pub conv: &'a Conv2d,
    /// On its output.
    pub norm: Option<&'a BatchNorm>,
    /// Added to that, and as large. Not with a pool.
    pub residual: Option<&'a Tensor<4>>,
    /// Of the sum.
    pub activation: Activation,
    /// On that.
    pub pool: Pool,
}

/// `[batch, in, height, width]` to `[batch, out, height', width']`. In training the norm's running
/// statistics move.
///
/// Fused, the result is a view of channels that lie last, which the next block reads without a copy.
///
/// # Panics
///
/// If there are a residual and a pool.
pub fn conv_block(kernels: Kernels, x: Tensor<4>, block: ConvBlock<'_>) -> Tensor<4> {
    assert!(block.residual.is_none() || block.pool == Pool::None, "no residual before a pool");
    if let Activation::Gelu | Activation::Silu = block.activation {
        // Their slope does not follow from their value, which is all that the kernel keeps.
        let (activation, kind) = (Activation::Identity, block.pool);
        let x = conv_block(kernels, x, ConvBlock { activation, pool: Pool::None, ..block });
        return pool(kernels, kind, activate(kernels, block.activation, x));
    }
    let is_fused = fuse(kernels, &x.device());
    match (block.shape(x.dims()), block.norm) {
        (Some(shape), Some(norm))
            if is_fused && x.device().is_autodiff() && is_fixed(block.norm) =>
        {
            let conv = folded(block.conv, norm);
            fused(x, ConvBlock { conv: &conv, norm: None, ..block }, shape)
        }
        (Some(shape), _) if is_fused => fused(x, block, shape),
        _ => composed(kernels, x, block),
    }
}

/// The convolution at least is Burn's own.
fn composed(kernels: Kernels, x: Tensor<4>, block: ConvBlock<'_>) -> Tensor<4> {
    let x = block.conv.forward(x);
    let x = match block.norm {
        Some(norm) => norm.forward(x),
        None => x,
    };
    let x = match block.residual {
        Some(residual) => x + residual.clone(),
        None => x,
    };
    pool(kernels, block.pool, activate(kernels, block.activation, x))
}

impl ConvBlock<'_> {
    /// What the kernel computes, if it can: `x` is `[batch, in, height, width]`.
    pub(crate) fn shape(&self, [images, channels, height, width]: [usize; 4]) -> Option<Block> {
        let Conv2d { weight, stride, kernel_size, dilation, groups, padding, .. } = self.conv;
        let padding = match *padding {
            PaddingConfig2d::Valid => [[0; 2]; 2],
            PaddingConfig2d::Explicit(top, left, bottom, right) => [[top, bottom], [left, right]],
            PaddingConfig2d::Same => return None,
        };
        let activation = match self.activation {
            Activation::Identity => kernel::Activation::Identity,
            Activation::Relu => kernel::Activation::Relu,
            Activation::Relu6 => kernel::Activation::Relu6,
            Activation::Sigmoid => kernel::Activation::Sigmoid,
            Activation::Tanh => kernel::Activation::Tanh,
            Activation::Gelu | Activation::Silu => return None,
        };
        let [filters, ..] = weight.dims();
        let depthwise = *groups == channels && filters == channels;
        if *dilation != [1, 1] || !(*groups == 1 || depthwise) {
            return None;
        }
        // One channel is the same either way.
        let depthwise = depthwise && channels > 1;
        let (size, kernel, stride) = ([height, width], *kernel_size, *stride);
        let conv =
            kernel::Conv { images, size, channels, filters, kernel, stride, padding, depthwise };
        Some(Block { conv, activation, pool: self.pool })
    }
}

fn fused(x: Tensor<4>, block: ConvBlock<'_>, shape: Block) -> Tensor<4> {
    let device = x.device();
    let by = block.norm.map(|norm| NormBy::new(norm, &device));
    let slot = by.as_ref().map(NormBy::slot);
    let params = Params::new(block.conv, block.norm);
    let residual = block.residual.map_or_else(|| absent(&device), |x| x.clone().into_dispatch());
    let y = Dispatch::conv_block(x.into_dispatch(), params, residual, (shape, by));
    if let Some((norm, slot)) = block.norm.zip(slot)
        && device.is_autodiff()
    {
        move_running(norm, slot.take());
    }
    Tensor::from_dispatch(y)
}

/// Parameters of a convolution and of the norm on it. The macro knows tensors and structs of them, no
/// options: one without values stands for none.
#[derive(Clone, Debug, ExtensionType)]
pub(crate) struct Params<B: Backend> {
    pub(crate) weight: FloatTensor<B>,
    pub(crate) bias: FloatTensor<B>,
    pub(crate) scale: FloatTensor<B>,
    pub(crate) shift: FloatTensor<B>,
}

impl Params<Dispatch> {
    pub(crate) fn new(conv: &Conv2d, norm: Option<&BatchNorm>) -> Self {
        let device = conv.weight.device();
        let vector = |param: Option<&Param<Tensor<1>>>| {
            param.map_or_else(|| absent(&device), |param| param.val().into_dispatch())
        };
        Self {
            weight: conv.weight.val().into_dispatch(),
            bias: vector(conv.bias.as_ref()),
            scale: vector(norm.map(|norm| &norm.gamma)),
            shift: vector(norm.map(|norm| &norm.beta)),
        }
    }

    /// Of a convolution that is not there.
    pub(crate) fn none(device: &Device) -> Self {
        let [weight, bias, scale, shift] = [(); 4].map(|()| absent(device));
        Self { weight, bias, scale, shift }
    }
}

impl<C: CheckpointStrategy> Params<Autodiff<Flex, C>> {
    /// The values, and their nodes: of weights, bias, scale and shift.
    pub(crate) fn into_parts(self) -> (Params<Flex>, [NodeGuard; 4]) {
        let (weight, of_weight) = self.weight.into_parts();
        let (bias, of_bias) = self.bias.into_parts();
        let (scale, of_scale) = self.scale.into_parts();
        let (shift, of_shift) = self.shift.into_parts();
        (Params { weight, bias, scale, shift }, [of_weight, of_bias, of_scale, of_shift])
    }
}

/// Stands for a tensor that is not there.
fn absent(device: &Device) -> FloatTensor<Dispatch> {
    Tensor::<1>::empty([0], device).into_dispatch()
}

/// What a norm normalises by.
#[derive(Clone, Debug)]
pub(crate) struct NormBy {
    epsilon: f64,
    /// Mean and variance of evaluation; none for those of the batch.
    running: Option<Statistics>,
    /// Of the batch, for whoever keeps the running ones.
    statistics: Slot,
}

impl NormBy {
    /// With autodiff, by the statistics of the batch.
    pub(crate) fn new(norm: &BatchNorm, device: &Device) -> Self {
        let running = (!device.is_autodiff()).then(|| running(norm));
        Self { epsilon: norm.epsilon, running, statistics: Slot::default() }
    }

    /// Where the statistics of the batch are put.
    pub(crate) fn slot(&self) -> Slot {
        self.statistics.clone()
    }
}

#[backend_extension(Flex, Autodiff)]
pub(crate) trait ConvOp: Backend {
    /// The residual may be a tensor without values: then there is none.
    fn conv_block(
        x: FloatTensor<Self>,
        #[extension_type] params: Params<Self>,
        residual: FloatTensor<Self>,
        block: (Block, Option<NormBy>),
    ) -> FloatTensor<Self>;
}

impl ConvOp for Flex {
    fn conv_block(
        x: FlexTensor,
        params: Params<Self>,
        residual: FlexTensor,
        (block, by): (Block, Option<NormBy>),
    ) -> FlexTensor {
        let read = Read::new(&x, &params, Some(&residual));
        match &by {
            Some(NormBy { running: None, .. }) => read.train(&block, by.as_ref()).1,
            _ => read.evaluate(&block, by.as_ref()),
        }
    }
}

impl<C: CheckpointStrategy> ConvOp for Autodiff<Flex, C> {
    fn conv_block(
        x: FloatTensor<Self>,
        params: Params<Self>,
        residual: FloatTensor<Self>,
        (block, by): (Block, Option<NormBy>),
    ) -> FloatTensor<Self> {
        let (x, of_x) = x.into_parts();
        let (params, [of_w, of_bias, of_gamma, of_beta]) = params.into_parts();
        let (residual, of_residual) = residual.into_parts();
        let read = Read::new(&x, &params, Some(&residual));
        let nodes = [of_x, of_w, of_bias, of_gamma, of_beta, of_residual];
        match ConvBackward.prepare::<C>(nodes).compute_bound().stateful() {
            OpsKind::Tracked(prep) => {
                let (saved, out) = read.train(&block, by.as_ref());
                prep.finish(State::new(read, (block, saved), &out), out)
            }
            OpsKind::UnTracked(prep) if by.is_some() => {
                prep.finish(read.train(&block, by.as_ref()).1)
            }
            OpsKind::UnTracked(prep) => prep.finish(read.evaluate(&block, None)),
        }
    }
}

/// What a block reads, in the order that the kernels want.
pub(crate) struct Read {
    /// `[batch, height, width, in]`.
    x: FlexTensor,
    w: FlexTensor,
    bias: Option<FlexTensor>,
    affine: Option<[FlexTensor; 2]>,
    /// As the output.
    residual: Option<FlexTensor>,
}

impl Read {
    pub(crate) fn new(
        x: &FlexTensor,
        params: &Params<Flex>,
        residual: Option<&FlexTensor>,
    ) -> Self {
        let Params { weight, bias, scale, shift } = params;
        let is_there = |tensor: &FlexTensor| tensor.layout().shape().num_elements() > 0;
        let vector = |tensor| is_there(tensor).then(|| contiguous(tensor));
        Self {
            x: channels_last(x),
            w: contiguous(weight),
            bias: vector(bias),
            affine: vector(scale).zip(vector(shift)).map(|(gamma, beta)| [gamma, beta]),
            residual: residual.filter(|tensor| is_there(tensor)).map(channels_last),
        }
    }

    fn input<'a>(&'a self, by: Option<&NormBy>) -> kernel::Input<'a> {
        let norm = self.affine.as_ref().zip(by).map(|([gamma, beta], by)| Norm {
            gamma: values(gamma),
            beta: values(beta),
            epsilon: by.epsilon,
        });
        let [bias, residual] = [&self.bias, &self.residual].map(|part| part.as_ref().map(values));
        kernel::Input { x: values(&self.x), weight: values(&self.w), bias, norm, residual }
    }

    /// With the statistics of the batch, and what a backward pass needs.
    pub(crate) fn train(&self, block: &Block, by: Option<&NormBy>) -> (Saved, FlexTensor) {
        let mut out = Buffer::stale(block.output_len());
        let saved = kernel::forward(Isa::best(), block, &self.input(by), &mut out);
        if let Some((by, found)) = by.zip(saved.statistics()) {
            by.statistics.put([found.mean.clone(), found.variance.clone()]);
        }
        (saved, channels_first(out, shape_of(block)))
    }

    /// With running statistics.
    pub(crate) fn evaluate(&self, block: &Block, by: Option<&NormBy>) -> FlexTensor {
        let mut out = Buffer::stale(block.output_len());
        let running = by.and_then(|by| by.running.as_ref());
        let running = running.map(|[mean, variance]| Running { mean, variance });
        let input = self.input(by);
        kernel::evaluate(Isa::best(), block, &input, running.as_ref(), &mut out);
        channels_first(out, shape_of(block))
    }
}

/// Of the output: `[batch, height, width, out]`.
pub(crate) fn shape_of(block: &Block) -> [usize; 4] {
    let [height, width] = block.output();
    [block.conv.images, height, width, block.conv.filters]
}

#[cfg(test)]
mod tests;
