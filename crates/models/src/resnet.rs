//! Residual network for small images (He et al. 2016, section 4.2): a convolution, three stages of
//! blocks with a shortcut around them, the mean of each channel.

use burn::module::Module;
use burn::nn::conv::{Conv2d, Conv2dConfig};
use burn::nn::{BatchNorm, PaddingConfig2d};
use burn::tensor::{Device, Tensor};
use fireassay_kernels::conv::Pool;
use fireassay_ops::{
    Around, ConvBlock, ResidualBlock, Shortcut, activate, conv_block, global_average,
    residual_block, shortcut,
};
use fireassay_spec::{Activation, DropoutAt, Kernels, Norm, ResnetShortcut, ResnetSpec};

use crate::blocks::of_each_stage;
use crate::dense::kernel_of;
use crate::dropout::{Clock, KeyedDropout};
use crate::norm::NormLayer;
use crate::signal::Signal;

/// The backbone of a ResNet.
#[derive(Module, Debug)]
pub struct Resnet {
    /// 3x3, of the image.
    pub conv1: Conv2d,
    /// On its output; none for `norm = "none"`.
    pub norm1: Option<NormLayer>,
    /// One per width; fewer, and a last one of fewer blocks, where blocks were cut off.
    pub stages: Vec<Stage>,
    /// On the means of the channels.
    pub dropout: Option<KeyedDropout>,
    #[module(skip)]
    activation: Activation,
    #[module(skip)]
    kernels: Kernels,
}

/// Blocks of one width.
#[derive(Module, Debug)]
pub struct Stage {
    /// The first one halves the maps in all stages but the first.
    pub blocks: Vec<Block>,
}

/// Two convolutions and a way around them.
#[derive(Module, Debug)]
pub struct Block {
    /// 3x3, with the block's stride. As all convolutions here it has a bias only without a norm.
    pub conv1: Conv2d,
    /// On its output.
    pub norm1: Option<NormLayer>,
    /// 3x3.
    pub conv2: Conv2d,
    /// On its output.
    pub norm2: Option<NormLayer>,
    /// What the input passes where channels or sizes change and `shortcut = "projection"`.
    pub projection: Option<Projection>,
    #[module(skip)]
    padded: Option<Shortcut>,
    #[module(skip)]
    activation: Activation,
    #[module(skip)]
    kernels: Kernels,
}

/// A shortcut with parameters.
#[derive(Module, Debug)]
pub struct Projection {
    /// 1x1, with the block's stride.
    pub conv: Conv2d,
    /// On its output.
    pub norm: Option<NormLayer>,
}

impl Resnet {
    /// The first `kept` blocks, for examples of `inputs` channels.
    pub fn new(
        spec: &ResnetSpec,
        [inputs, kept]: [usize; 2],
        (clock, kernels): (&Clock, Kernels),
        device: &Device,
    ) -> Self {
        let first = spec.widths.first().copied().unwrap_or(inputs);
        let mut channels = first;
        let mut left = kept - 1;
        let mut stages = Vec::new();
        for (stage, &width) in spec.widths.iter().enumerate() {
            let here = of_each_stage(spec).min(left);
            left -= here;
            let block = |block| {
                let stride = if stage > 0 && block == 0 { 2 } else { 1 };
                let inputs = std::mem::replace(&mut channels, width);
                Block::new(spec, [inputs, width, stride], kernels, device)
            };
            let blocks: Vec<Block> = (0..here).map(block).collect();
            stages.extend((!blocks.is_empty()).then_some(Stage { blocks }));
        }
        Self {
            conv1: conv(spec.norm, [inputs, first], [3, 1], device),
            norm1: NormLayer::maps(spec.norm, first, device),
            stages,
            dropout: (spec.dropout_at != DropoutAt::Logits)
                .then(|| KeyedDropout::new(spec.dropout, clock)),
            activation: spec.activation,
            kernels,
        }
    }

    /// Block `index`, from 0.
    pub(crate) fn block(&self, index: usize, x: Signal) -> Signal {
        let x = x.maps();
        let Some(index) = index.checked_sub(1) else {
            let layer = Layer { conv: &self.conv1, norm: self.norm1.as_ref() };
            return Signal::Maps(layer.forward(self.kernels, x, None, self.activation));
        };
        // All stages but the last one are as long as the first.
        let of_each = self.stages[0].blocks.len();
        let block = &self.stages[index / of_each].blocks[index % of_each];
        Signal::Maps(block.forward(x))
    }

    /// What the classifier sees of a block's output: `[batch, channels]`.
    pub(crate) fn vector(&self, x: Signal) -> Tensor<2> {
        global_average(self.kernels, x.maps())
    }
}

impl Block {
    fn new(
        spec: &ResnetSpec,
        [inputs, width, stride]: [usize; 3],
        kernels: Kernels,
        device: &Device,
    ) -> Self {
        let changes = stride > 1 || inputs != width;
        let norm = || NormLayer::maps(spec.norm, width, device);
        let (projection, padded) = match spec.shortcut {
            _ if !changes => (None, None),
            ResnetShortcut::PaddedIdentity => (None, Some(Shortcut { stride, channels: width })),
            ResnetShortcut::Projection => {
                let conv = conv(spec.norm, [inputs, width], [1, stride], device);
                (Some(Projection { conv, norm: norm() }), None)
            }
        };
        Self {
            conv1: conv(spec.norm, [inputs, width], [3, stride], device),
            norm1: norm(),
            conv2: conv(spec.norm, [width, width], [3, 1], device),
            norm2: norm(),
            projection,
            padded,
            activation: spec.activation,
            kernels,
        }
    }

    /// `[batch, in, h, w]` to `[batch, out, h', w']`.
    pub fn forward(&self, x: Tensor<4>) -> Tensor<4> {
        let (kernels, activation) = (self.kernels, self.activation);
        if let Some(block) = self.whole() {
            return residual_block(kernels, x, block);
        }
        let first = Layer { conv: &self.conv1, norm: self.norm1.as_ref() };
        let second = Layer { conv: &self.conv2, norm: self.norm2.as_ref() };
        let y = first.forward(kernels, x.clone(), None, activation);
        let around = match (&self.projection, self.padded) {
            (Some(Projection { conv, norm }), _) => {
                let layer = Layer { conv, norm: norm.as_ref() };
                layer.forward(kernels, x, None, Activation::Identity)
            }
            (None, Some(kind)) => shortcut(kernels, kind, x),
            (None, None) => x,
        };
        second.forward(kernels, y, Some(&around), activation)
    }
}

impl Block {
    /// As one operation, where norms are over the batch or there are none.
    fn whole(&self) -> Option<ResidualBlock<'_>> {
        let first = (&self.conv1, batch(self.norm1.as_ref())?);
        let second = (&self.conv2, batch(self.norm2.as_ref())?);
        let around = match (&self.projection, self.padded) {
            (Some(Projection { conv, norm }), _) => Around::Projected(conv, batch(norm.as_ref())?),
            (None, Some(kind)) => Around::Padded(kind),
            (None, None) => Around::Identity,
        };
        Some(ResidualBlock { first, second, around, activation: kernel_of(self.activation) })
    }
}

/// The batch norm, if it is one or there is none.
fn batch(norm: Option<&NormLayer>) -> Option<Option<&BatchNorm>> {
    match norm {
        None => Some(None),
        Some(NormLayer::Batch(norm)) => Some(Some(norm)),
        Some(NormLayer::Group(_) | NormLayer::Vector(_)) => None,
    }
}

/// A convolution and its norm.
struct Layer<'a> {
    conv: &'a Conv2d,
    norm: Option<&'a NormLayer>,
}

impl Layer<'_> {
    /// `activation(norm(conv(x)) + residual)`.
    fn forward(
        self,
        kernels: Kernels,
        x: Tensor<4>,
        residual: Option<&Tensor<4>>,
        activation: Activation,
    ) -> Tensor<4> {
        let activation = kernel_of(activation);
        let block = |norm, residual, activation| ConvBlock {
            conv: self.conv,
            norm,
            residual,
            activation,
            pool: Pool::None,
        };
        let identity = kernel_of(Activation::Identity);
        match (self.norm, residual) {
            (None, _) => conv_block(kernels, x, block(None, residual, activation)),
            (Some(NormLayer::Batch(norm)), _) => {
                conv_block(kernels, x, block(Some(norm), residual, activation))
            }
            (Some(norm), None) => {
                let x = conv_block(kernels, x, block(None, None, identity));
                norm.of_maps(kernels, x, activation)
            }
            (Some(norm), Some(residual)) => {
                let x = conv_block(kernels, x, block(None, None, identity));
                let x = norm.of_maps(kernels, x, identity) + residual.clone();
                activate(kernels, activation, x)
            }
        }
    }
}

/// Square and padded, so that stride 1 keeps the size.
fn conv(norm: Norm, channels: [usize; 2], [side, stride]: [usize; 2], device: &Device) -> Conv2d {
    let pad = side / 2;
    Conv2dConfig::new(channels, [side; 2])
        .with_stride([stride; 2])
        .with_padding(PaddingConfig2d::Explicit(pad, pad, pad, pad))
        .with_bias(norm == Norm::None)
        .init(device)
}
