//! A residual block: two convolution blocks and a way around them (He et al. 2016).
//!
//! As one operation, because the gradient of its input is a sum over both ways: here the second way
//! is added in place, where Burn would copy the first.

mod pass;

use burn::backend::autodiff::checkpoint::strategy::CheckpointStrategy;
use burn::backend::autodiff::ops::{Backward, OpsKind};
use burn::backend::flex::FlexTensor;
use burn::backend::tensor::FloatTensor;
use burn::backend::{Autodiff, Backend, Dispatch, Flex, backend_extension};
use burn::nn::BatchNorm;
use burn::nn::conv::Conv2d;
use burn::tensor::Tensor;
use fireassay_kernels::activation::Activation;
use fireassay_kernels::conv::{Block, Pool};
use fireassay_spec::Kernels;

use self::pass::{ResidualBackward, evaluate, train};
use crate::conv::{ConvBlock, NormBy, Params, conv_block, folded, is_fixed};
use crate::kernels::fuse;
use crate::running::move_running;
use crate::shortcut::{Shortcut, shortcut};

/// `activation(second(activation(first(x))) + around(x))`.
#[derive(Clone, Copy, Debug)]
pub struct ResidualBlock<'a> {
    /// A convolution and its norm.
    pub first: (&'a Conv2d, Option<&'a BatchNorm>),
    /// On the first one's activation.
    pub second: (&'a Conv2d, Option<&'a BatchNorm>),
    /// What is added to the second one's norm.
    pub around: Around<'a>,
    /// Of both.
    pub activation: Activation,
}

/// How the input passes the convolutions by.
#[derive(Clone, Copy, Debug)]
pub enum Around<'a> {
    /// As it is.
    Identity,
    /// Without parameters.
    Padded(Shortcut),
    /// By a convolution and its norm.
    Projected(&'a Conv2d, Option<&'a BatchNorm>),
}

/// `[batch, in, height, width]` to `[batch, out, height', width']`. In training the running statistics
/// of the norms move.
pub fn residual_block(kernels: Kernels, x: Tensor<4>, block: ResidualBlock<'_>) -> Tensor<4> {
    let shapes = block.shapes(x.dims()).filter(|_| fuse(kernels, &x.device()));
    let Some(shapes) = shapes else { return composed(kernels, x, block) };
    if !x.device().is_autodiff() {
        return fused(x, block, shapes);
    }
    // Norms that are fixed among layers in training become parts of their convolutions.
    let fold =
        |(conv, norm): Layer<'_>| norm.filter(|_| is_fixed(norm)).map(|norm| folded(conv, norm));
    let around = match block.around {
        Around::Projected(conv, norm) => fold((conv, norm)),
        Around::Identity | Around::Padded(_) => None,
    };
    let [first, second] = [block.first, block.second].map(fold);
    let block = ResidualBlock {
        first: first.as_ref().map_or(block.first, |conv| (conv, None)),
        second: second.as_ref().map_or(block.second, |conv| (conv, None)),
        around: around.as_ref().map_or(block.around, |conv| Around::Projected(conv, None)),
        activation: block.activation,
    };
    fused(x, block, shapes)
}

/// A convolution and its norm.
type Layer<'a> = (&'a Conv2d, Option<&'a BatchNorm>);

fn composed(kernels: Kernels, x: Tensor<4>, block: ResidualBlock<'_>) -> Tensor<4> {
    let y = conv_block(kernels, x.clone(), part(block.first, block.activation));
    let around = match block.around {
        Around::Identity => x,
        Around::Padded(kind) => shortcut(kernels, kind, x),
        Around::Projected(conv, norm) => {
            conv_block(kernels, x, part((conv, norm), Activation::Identity))
        }
    };
    let second = part(block.second, block.activation);
    conv_block(kernels, y, ConvBlock { residual: Some(&around), ..second })
}

fn part<'a>(
    (conv, norm): (&'a Conv2d, Option<&'a BatchNorm>),
    activation: Activation,
) -> ConvBlock<'a> {
    ConvBlock { conv, norm, residual: None, activation, pool: Pool::None }
}

/// What the kernels compute: first, second, around.
#[derive(Clone, Copy)]
struct Shapes {
    first: Block,
    second: Block,
    around: AroundShape,
}

#[derive(Clone, Copy, Debug)]
enum AroundShape {
    Identity,
    Padded(Shortcut),
    Projected(Block),
}

impl ResidualBlock<'_> {
    fn shapes(&self, x: [usize; 4]) -> Option<Shapes> {
        let first = part(self.first, self.activation).shape(x)?;
        let [height, width] = first.output();
        let y = [x[0], first.conv.filters, height, width];
        let second = part(self.second, self.activation).shape(y)?;
        let around = match self.around {
            Around::Identity => AroundShape::Identity,
            Around::Padded(kind) => AroundShape::Padded(kind),
            Around::Projected(conv, norm) => {
                let part = part((conv, norm), Activation::Identity);
                AroundShape::Projected(part.shape(x)?)
            }
        };
        Some(Shapes { first, second, around })
    }
}

fn fused(x: Tensor<4>, block: ResidualBlock<'_>, shapes: Shapes) -> Tensor<4> {
    let device = x.device();
    let projected = match block.around {
        Around::Projected(conv, norm) => Some((conv, norm)),
        Around::Identity | Around::Padded(_) => None,
    };
    let norms = [block.first.1, block.second.1, projected.and_then(|(_, norm)| norm)];
    let by = norms.map(|norm| norm.map(|norm| NormBy::new(norm, &device)));
    let slots = by.each_ref().map(|by| by.as_ref().map(NormBy::slot));
    let [by1, by2, by3] = by;
    let plan = Plan {
        first: (shapes.first, by1),
        second: (shapes.second, by2),
        around: (shapes.around, by3),
    };
    let params = |(conv, norm): (&Conv2d, Option<&BatchNorm>)| Params::new(conv, norm);
    let y = Dispatch::residual_block(
        x.into_dispatch(),
        params(block.first),
        params(block.second),
        projected.map_or_else(|| Params::none(&device), params),
        plan,
    );
    if device.is_autodiff() {
        for (norm, slot) in norms.into_iter().zip(slots) {
            if let Some((norm, slot)) = norm.zip(slot) {
                move_running(norm, slot.take());
            }
        }
    }
    Tensor::from_dispatch(y)
}

/// What the operation does.
#[derive(Clone, Debug)]
pub(crate) struct Plan {
    first: (Block, Option<NormBy>),
    second: (Block, Option<NormBy>),
    around: (AroundShape, Option<NormBy>),
}

#[backend_extension(Flex, Autodiff)]
pub(crate) trait ResidualOp: Backend {
    /// Parameters of the first, the second and the projecting convolution, which may be without values.
    fn residual_block(
        x: FloatTensor<Self>,
        #[extension_type] first: Params<Self>,
        #[extension_type] second: Params<Self>,
        #[extension_type] around: Params<Self>,
        plan: Plan,
    ) -> FloatTensor<Self>;
}

impl ResidualOp for Flex {
    fn residual_block(
        x: FlexTensor,
        first: Params<Self>,
        second: Params<Self>,
        around: Params<Self>,
        plan: Plan,
    ) -> FlexTensor {
        evaluate(&x, &[first, second, around], &plan)
    }
}

impl<C: CheckpointStrategy> ResidualOp for Autodiff<Flex, C> {
    fn residual_block(
        x: FloatTensor<Self>,
        first: Params<Self>,
        second: Params<Self>,
        around: Params<Self>,
        plan: Plan,
    ) -> FloatTensor<Self> {
        let (x, of_x) = x.into_parts();
        let (first, [w1, b1, g1, s1]) = first.into_parts();
        let (second, [w2, b2, g2, s2]) = second.into_parts();
        let (around, [w3, b3, g3, s3]) = around.into_parts();
        let (y, state) = train(&x, &[first, second, around], plan);
        let nodes = [of_x, w1, b1, g1, s1, w2, b2, g2, s2, w3, b3, g3, s3];
        match ResidualBackward.prepare::<C>(nodes).compute_bound().stateful() {
            OpsKind::Tracked(prep) => prep.finish(state, y),
            OpsKind::UnTracked(prep) => prep.finish(y),
        }
    }
}

#[cfg(test)]
mod tests;
