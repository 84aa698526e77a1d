//! Convolutional network: blocks of convolution, norm, activation and pool; then a head and dense
//! layers (lecture L28: a feature extraction part and a classification part).

use burn::module::Module;
use burn::nn::PaddingConfig2d;
use burn::nn::conv::{Conv2d, Conv2dConfig};
use burn::tensor::{Device, Tensor};
use fireassay_kernels::conv;
use fireassay_ops::{conv_block, global_average, pool};
use fireassay_spec::{Activation, CnnHead, CnnSpec, DropoutAt, Kernels, Norm, Padding, Pool};

use crate::count::cnn_shapes;
use crate::dense::{self, DenseBlock, DenseStyle, kernel_of};
use crate::dropout::{Clock, KeyedDropout};
use crate::norm::NormLayer;
use crate::signal::Signal;

/// Convolution, norm, activation, pool.
#[derive(Module, Debug)]
pub struct ConvBlock {
    /// `[out, in, kernel, kernel]` and its bias. The bias stays with a norm behind it, so that
    /// removing the norm changes nothing else.
    pub conv: Conv2d,
    /// None for `norm = "none"`.
    pub norm: Option<NormLayer>,
    #[module(skip)]
    pool: Pool,
    #[module(skip)]
    activation: Activation,
    #[module(skip)]
    kernels: Kernels,
}

/// The backbone of a CNN.
#[derive(Module, Debug)]
pub struct Cnn {
    /// One per entry of `channels`.
    pub blocks: Vec<ConvBlock>,
    /// One per entry of `dense`.
    pub dense: Vec<DenseBlock>,
    /// On the head's vector, when there is no dense layer for it to follow.
    pub dropout: Option<KeyedDropout>,
    #[module(skip)]
    head: CnnHead,
    #[module(skip)]
    kernels: Kernels,
}

impl Cnn {
    /// For examples of shape `[channels, height, width]`.
    pub fn new(
        spec: &CnnSpec,
        input: [usize; 3],
        (clock, kernels): (&Clock, Kernels),
        device: &Device,
    ) -> Self {
        let shapes = cnn_shapes(spec, input);
        let inputs = std::iter::once(input[0]).chain(spec.channels.iter().copied());
        let block = |(&out, channels): (&usize, usize)| ConvBlock {
            conv: Conv2dConfig::new([channels, out], [spec.kernel; 2])
                .with_stride([spec.stride; 2])
                .with_padding(match spec.padding {
                    Padding::Same => {
                        let side = spec.kernel / 2;
                        PaddingConfig2d::Explicit(side, side, side, side)
                    }
                    Padding::Valid => PaddingConfig2d::Valid,
                })
                .init(device),
            norm: NormLayer::maps(spec.norm, out, device),
            pool: spec.pool,
            activation: spec.activation,
            kernels,
        };
        let style = DenseStyle {
            norm: Norm::None,
            activation: spec.activation,
            dropout: spec.dropout,
            dropout_at: spec.dropout_at,
            clock,
            kernels,
        };
        let alone = spec.dense.is_empty() && spec.dropout_at != DropoutAt::Logits;
        Self {
            blocks: spec.channels.iter().zip(inputs).map(block).collect(),
            dense: dense::blocks(shapes.head, &spec.dense, style, device),
            dropout: alone.then(|| KeyedDropout::new(spec.dropout, clock)),
            head: spec.head,
            kernels,
        }
    }

    /// Block `index`, from 0.
    pub(crate) fn block(&self, index: usize, x: Signal) -> Signal {
        match self.blocks.get(index) {
            Some(block) => Signal::Maps(block.forward(x.maps())),
            None => {
                let dense = &self.dense[index - self.blocks.len()];
                Signal::Vector(dense.forward(self.vector(x)))
            }
        }
    }

    /// What a dense layer or the classifier sees of a block's output: `[batch, values]`.
    pub(crate) fn vector(&self, x: Signal) -> Tensor<2> {
        match (x, self.head) {
            (Signal::Vector(x), _) => x,
            (Signal::Maps(maps), CnnHead::Flatten) => maps.flatten(1, 3), // [batch, c * h * w]
            (Signal::Maps(maps), CnnHead::GlobalAverage) => global_average(self.kernels, maps),
        }
    }
}

impl ConvBlock {
    /// `[batch, in, h, w]` to `[batch, out, h', w']`.
    pub fn forward(&self, x: Tensor<4>) -> Tensor<4> {
        let (kernels, activation) = (self.kernels, kernel_of(self.activation));
        let windows = match self.pool {
            Pool::None => conv::Pool::None,
            Pool::Average => conv::Pool::Average([2, 2]),
            Pool::Max => conv::Pool::Max([2, 2]),
        };
        let block = fireassay_ops::ConvBlock {
            conv: &self.conv,
            norm: None,
            residual: None,
            activation,
            pool: windows,
        };
        match &self.norm {
            None => conv_block(kernels, x, block),
            Some(NormLayer::Batch(norm)) => {
                conv_block(kernels, x, fireassay_ops::ConvBlock { norm: Some(norm), ..block })
            }
            Some(norm @ (NormLayer::Group(_) | NormLayer::Vector(_))) => {
                let activation = kernel_of(Activation::Identity);
                let alone =
                    fireassay_ops::ConvBlock { activation, pool: conv::Pool::None, ..block };
                let x = norm.of_maps(kernels, conv_block(kernels, x, alone), block.activation);
                pool(kernels, windows, x)
            }
        }
    }
}
