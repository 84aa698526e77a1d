//! EfficientNet-Lite (Tan & Le 2019; Liu 2020): a convolution, inverted bottlenecks, a convolution, the
//! mean of each channel.

use burn::module::Module;
use burn::nn::conv::{Conv2d, Conv2dConfig};
use burn::nn::{BatchNorm, BatchNormConfig, PaddingConfig2d};
use burn::tensor::{Device, Tensor};
use fireassay_kernels::activation::Activation;
use fireassay_kernels::conv::Pool;
use fireassay_ops::{ConvBlock, conv_block, global_average};
use fireassay_spec::Kernels;

use crate::dropout::KeyedDropout;
use crate::lite::{Layout, Shape, padding};
use crate::signal::Signal;

/// Of its batch norms, as its makers have them.
const EPSILON: f64 = 1e-3;
pub(crate) const MOMENTUM: f64 = 0.01;

/// The backbone of an EfficientNet-Lite.
#[derive(Module, Debug)]
pub struct EfficientnetLite {
    /// 3x3, with a stride of 2.
    pub stem: ConvNorm,
    /// In order, whatever stage they are of.
    pub blocks: Vec<Bottleneck>,
    /// 1x1, to many channels; none where it was cut off.
    pub top: Option<ConvNorm>,
    /// On the means of the channels.
    pub dropout: Option<KeyedDropout>,
    #[module(skip)]
    kernels: Kernels,
}

/// An inverted bottleneck (Sandler et al. 2018): narrow, wide, narrow. The input is added where the
/// output is as large.
#[derive(Module, Debug)]
pub struct Bottleneck {
    /// 1x1, to the inner channels; none where they are those of the input.
    pub expand: Option<ConvNorm>,
    /// Each channel by itself.
    pub depthwise: ConvNorm,
    /// 1x1, without an activation.
    pub project: ConvNorm,
    #[module(skip)]
    adds_input: bool,
    #[module(skip)]
    kernels: Kernels,
}

/// A convolution without a bias, and the norm on it.
#[derive(Module, Debug)]
pub struct ConvNorm {
    /// `[out, in / groups, kernel, kernel]`.
    pub conv: Conv2d,
    /// With its makers' epsilon and momentum.
    pub norm: BatchNorm,
}

impl EfficientnetLite {
    /// The first `kept` blocks, for examples of shape `[channels, height, width]`.
    pub(crate) fn new(
        layout: &Layout,
        ([channels, height, width], kept): ([usize; 3], usize),
        dropout: Option<KeyedDropout>,
        kernels: Kernels,
        device: &Device,
    ) -> Self {
        let mut size = [height, width];
        let stem = ConvNorm::new([channels, layout.stem], [3, 2, 1], &mut size, device);
        let shapes = layout.bottlenecks.iter().take(kept - 1);
        let blocks = shapes.map(|&shape| Bottleneck::new(shape, &mut size, kernels, device));
        let blocks: Vec<Bottleneck> = blocks.collect();
        let inputs = layout.bottlenecks.last().map_or(layout.stem, |shape| shape.outputs);
        let has_top = kept > layout.bottlenecks.len() + 1;
        let top =
            has_top.then(|| ConvNorm::new([inputs, layout.top], [1, 1, 1], &mut size, device));
        Self { stem, blocks, top, dropout, kernels }
    }

    /// Block `index`, from 0.
    pub(crate) fn block(&self, index: usize, x: Signal) -> Signal {
        let x = x.maps();
        let Some(index) = index.checked_sub(1) else {
            return Signal::Maps(self.stem.forward(self.kernels, x, None, Activation::Relu6));
        };
        Signal::Maps(match (self.blocks.get(index), &self.top) {
            (Some(block), _) => block.forward(x),
            (None, Some(top)) => top.forward(self.kernels, x, None, Activation::Relu6),
            (None, None) => unreachable!("invariant: what was cut off is not asked for"),
        })
    }

    /// What the classifier sees of a block's output: `[batch, channels]`.
    pub(crate) fn vector(&self, x: Signal) -> Tensor<2> {
        global_average(self.kernels, x.maps())
    }
}

impl Bottleneck {
    fn new(shape: Shape, size: &mut [usize; 2], kernels: Kernels, device: &Device) -> Self {
        let Shape { inputs, inner, outputs, kernel, stride } = shape;
        let expand = shape.expands();
        let expand = expand.then(|| ConvNorm::new([inputs, inner], [1, 1, 1], size, device));
        let depthwise = ConvNorm::new([inner, inner], [kernel, stride, inner], size, device);
        let project = ConvNorm::new([inner, outputs], [1, 1, 1], size, device);
        let adds_input = stride == 1 && inputs == outputs;
        Self { expand, depthwise, project, adds_input, kernels }
    }

    /// `[batch, in, h, w]` to `[batch, out, h', w']`.
    pub fn forward(&self, x: Tensor<4>) -> Tensor<4> {
        let y = match &self.expand {
            Some(expand) => expand.forward(self.kernels, x.clone(), None, Activation::Relu6),
            None => x.clone(),
        };
        let y = self.depthwise.forward(self.kernels, y, None, Activation::Relu6);
        let input = self.adds_input.then_some(x);
        self.project.forward(self.kernels, y, input.as_ref(), Activation::Identity)
    }
}

impl ConvNorm {
    /// Kernel, stride and groups; `size` is that of its input, and afterwards that of its output.
    fn new(
        channels: [usize; 2],
        [kernel, stride, groups]: [usize; 3],
        size: &mut [usize; 2],
        device: &Device,
    ) -> Self {
        let [[top, bottom], [left, right]] = size.map(|side| padding(side, kernel, stride));
        *size = size.map(|side| side.div_ceil(stride));
        let conv = Conv2dConfig::new(channels, [kernel; 2])
            .with_stride([stride; 2])
            .with_padding(PaddingConfig2d::Explicit(top, left, bottom, right))
            .with_groups(groups)
            .with_bias(false);
        let norm = BatchNormConfig::new(channels[1]).with_epsilon(EPSILON).with_momentum(MOMENTUM);
        Self { conv: conv.init(device), norm: norm.init(device) }
    }

    /// `activation(norm(conv(x)) + residual)`.
    fn forward(
        &self,
        kernels: Kernels,
        x: Tensor<4>,
        residual: Option<&Tensor<4>>,
        activation: Activation,
    ) -> Tensor<4> {
        let (conv, norm) = (&self.conv, Some(&self.norm));
        conv_block(kernels, x, ConvBlock { conv, norm, residual, activation, pool: Pool::None })
    }
}

#[cfg(test)]
mod tests;
