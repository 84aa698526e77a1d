//! `Classifier`: a backbone that makes features and a linear head that makes logits.

use std::sync::Arc;

use burn::module::Module;
use burn::nn::{Linear, LinearConfig};
use burn::tensor::{Device, Tensor};
use fireassay_kernels::activation::Activation;
use fireassay_ops::Dense;
use fireassay_spec::{CnnSpec, DropoutAt, Kernels, MlpSpec, ModelSpec};

use crate::bind::bind;
use crate::blocks::{Block, kept};
use crate::cnn::Cnn;
use crate::count::image_shape;
use crate::dense::linear;
use crate::dropout::{Clock, KeyedDropout};
use crate::efficientnet::EfficientnetLite;
use crate::lite::Layout;
use crate::mlp::Mlp;
use crate::resnet::Resnet;
use crate::signal::Signal;

/// Any model family. The variants mirror those of `ModelSpec`.
#[derive(Module, Debug)]
#[expect(clippy::large_enum_variant, reason = "a trial has one model")]
pub enum Backbone {
    /// Convolutional network.
    Cnn(Cnn),
    /// EfficientNet-Lite.
    EfficientnetLite(EfficientnetLite),
    /// Multi-layer perceptron.
    Mlp(Mlp),
    /// Residual network.
    Resnet(Resnet),
}

/// Backbone, head, and dropout on the logits where the spec asks for it.
#[derive(Module, Debug)]
pub struct Classifier {
    /// Input to features.
    pub backbone: Backbone,
    /// Features to logits.
    pub head: Linear,
    /// `dropout-at = "logits"`.
    pub dropout: Option<KeyedDropout>,
    /// In which form layers, loss and updates are computed.
    #[module(skip)]
    pub kernels: Kernels,
    /// Shape of what each block reads of one example.
    #[module(skip)]
    reads: Vec<Vec<usize>>,
}

/// A freshly initialised model. Initial values follow `init_seed`, dropout masks the seed and step
/// of `clock`. `device` decides where it lives and, with autodiff, that it can be trained.
///
/// # Panics
///
/// If the cut is none of this model ([`Input::cut`]).
pub fn build(
    spec: &ModelSpec,
    input: Input<'_>,
    init_seed: u64,
    clock: &Clock,
    device: &Device,
) -> Classifier {
    let blocks = kept(spec, input.shape, input.cut);
    let values = input.shape.iter().product();
    let features = blocks.last().map_or(values, |block| block.features);
    let shared = (clock, input.kernels);
    let (first, backbone, dropout, at) = match spec {
        ModelSpec::Cnn(cnn) => {
            let shape = image_shape(input.shape);
            let backbone = Backbone::Cnn(Cnn::new(&cut_cnn(cnn, &blocks), shape, shared, device));
            (shape.to_vec(), backbone, cnn.dropout, cnn.dropout_at)
        }
        ModelSpec::EfficientnetLite(spec) => {
            let shape = image_shape(input.shape);
            let own = spec.dropout_at != DropoutAt::Logits;
            let layers = EfficientnetLite::new(
                &Layout::of(spec),
                (shape, blocks.len()),
                own.then(|| KeyedDropout::new(spec.dropout, clock)),
                input.kernels,
                device,
            );
            let backbone = Backbone::EfficientnetLite(layers);
            (shape.to_vec(), backbone, spec.dropout, spec.dropout_at)
        }
        ModelSpec::Mlp(mlp) => {
            let widths = mlp.widths[..blocks.len()].to_vec();
            let cut = MlpSpec { widths, ..mlp.clone() };
            let backbone = Backbone::Mlp(Mlp::new(&cut, values, shared, device));
            (vec![values], backbone, mlp.dropout, mlp.dropout_at)
        }
        ModelSpec::Resnet(resnet) => {
            let shape = image_shape(input.shape);
            let layers = Resnet::new(resnet, [shape[0], blocks.len()], shared, device);
            (shape.to_vec(), Backbone::Resnet(layers), resnet.dropout, resnet.dropout_at)
        }
    };
    let outputs = blocks.into_iter().map(|block| block.output);
    let mut reads: Vec<Vec<usize>> = std::iter::once(first).chain(outputs).collect();
    reads.pop(); // what the last block makes, no block reads
    let model = Classifier {
        backbone,
        head: LinearConfig::new(features, input.num_classes).init(device),
        dropout: (at == DropoutAt::Logits).then(|| KeyedDropout::new(dropout, clock)),
        kernels: input.kernels,
        reads,
    };
    bind(model, init_seed)
}

/// What a model is built for.
#[derive(Clone, Copy, Debug)]
pub struct Input<'a> {
    /// Of one example: `[channels, height, width]` or `[features]`.
    pub shape: &'a [usize],
    /// Number of logits.
    pub num_classes: usize,
    /// In which form layers are computed.
    pub kernels: Kernels,
    /// How many blocks are kept, from 1 to all of them, which is what none says. The head sees what
    /// the last one makes; its maps become a vector as those of the whole backbone do.
    pub cut: Option<usize>,
}

impl Classifier {
    /// `[batch, values of one example]` to `[batch, features]`, with the dropout on them.
    pub fn features(&self, x: Tensor<2>) -> Tensor<2> {
        self.features_from(0, x)
    }

    /// `[batch, values of one example]` to `[batch, classes]`.
    pub fn forward(&self, x: Tensor<2>) -> Tensor<2> {
        self.forward_from(0, x)
    }

    /// The part of [`Classifier::forward`] behind block `k`, of what [`Classifier::prefix`] gives:
    /// `[batch, values]` to `[batch, classes]`, to the same bits.
    ///
    /// # Panics
    ///
    /// If there are not that many blocks, or values of another number.
    pub fn forward_from(&self, k: usize, x: Tensor<2>) -> Tensor<2> {
        let features = self.features_from(k, x);
        let [batch, _] = features.dims();
        let values = batch * self.head.weight.dims()[1];
        let draw = |dropout: &KeyedDropout| dropout.mask(values, &features.device());
        let mask = self.dropout.as_ref().and_then(draw).map(Arc::new);
        linear(self.kernels, &self.head, features, Dense { activation: Activation::Identity, mask })
    }

    /// What block `k` makes of `[batch, values of one example]`, flattened to `[batch, values]`: for
    /// 0 the input, and for the last one the vector that the head sees, before the dropout on it.
    /// Of a model in evaluation; in training, hidden dropout and norms act as they do there.
    ///
    /// # Panics
    ///
    /// If there are not that many blocks.
    pub fn prefix(&self, k: usize, x: Tensor<2>) -> Tensor<2> {
        self.prefixes(x, &[k]).remove(0)
    }

    /// Several of them, in the order asked for, in one pass.
    ///
    /// # Panics
    ///
    /// As [`Classifier::prefix`].
    pub fn prefixes(&self, x: Tensor<2>, ks: &[usize]) -> Vec<Tensor<2>> {
        let mut taken = vec![None; ks.len()];
        let deepest = ks.iter().copied().max().unwrap_or(0);
        let mut signal = self.read(0, x);
        for k in 0..=deepest {
            if k > 0 {
                signal = self.backbone.block(k - 1, signal);
            }
            for (taken, _) in taken.iter_mut().zip(ks).filter(|(_, asked)| **asked == k) {
                let signal = signal.clone();
                let is_last = k == self.reads.len();
                *taken = Some(if is_last { self.backbone.vector(signal) } else { signal.flat() });
            }
        }
        taken.into_iter().map(|x| x.expect("invariant: the pass went to the deepest")).collect()
    }

    /// From the output of block `k` to what the head sees in the end.
    fn features_from(&self, k: usize, x: Tensor<2>) -> Tensor<2> {
        let count = self.reads.len();
        assert!(k <= count, "block {k} of {count}");
        if k == count {
            return dropped(self.backbone.last_dropout(), x);
        }
        let block = |x, index| self.backbone.block(index, x);
        let x = (k..count).fold(self.read(k, x), block);
        dropped(self.backbone.own_dropout(), self.backbone.vector(x))
    }

    /// As the block behind `k` others reads it; of the last one's output nothing is known to change.
    fn read(&self, k: usize, x: Tensor<2>) -> Signal {
        match self.reads.get(k) {
            Some(shape) => Signal::of(x, shape),
            None => Signal::Vector(x),
        }
    }
}

impl Backbone {
    /// Block `index`, from 0.
    fn block(&self, index: usize, x: Signal) -> Signal {
        match self {
            Self::Cnn(cnn) => cnn.block(index, x),
            Self::EfficientnetLite(efficientnet) => efficientnet.block(index, x),
            Self::Mlp(mlp) => Signal::Vector(mlp.blocks[index].forward(x.vector())),
            Self::Resnet(resnet) => resnet.block(index, x),
        }
    }

    /// What the head sees of the last block's output.
    fn vector(&self, x: Signal) -> Tensor<2> {
        match self {
            Self::Cnn(cnn) => cnn.vector(x),
            Self::EfficientnetLite(efficientnet) => efficientnet.vector(x),
            Self::Mlp(_) => x.vector(),
            Self::Resnet(resnet) => resnet.vector(x),
        }
    }

    /// On the head's vector, where no block has it.
    fn own_dropout(&self) -> Option<&KeyedDropout> {
        match self {
            Self::Cnn(cnn) => cnn.dropout.as_ref(),
            Self::EfficientnetLite(efficientnet) => efficientnet.dropout.as_ref(),
            Self::Mlp(_) => None,
            Self::Resnet(resnet) => resnet.dropout.as_ref(),
        }
    }

    /// On the head's vector.
    fn last_dropout(&self) -> Option<&KeyedDropout> {
        let dense = match self {
            Self::Cnn(cnn) => cnn.dense.last(),
            Self::Mlp(mlp) => mlp.blocks.last(),
            Self::EfficientnetLite(_) | Self::Resnet(_) => None,
        };
        self.own_dropout().or(dense.and_then(|block| block.dropout.as_ref()))
    }
}

fn dropped(dropout: Option<&KeyedDropout>, x: Tensor<2>) -> Tensor<2> {
    match dropout {
        Some(dropout) => dropout.forward(x),
        None => x,
    }
}

/// A CNN of these blocks only.
fn cut_cnn(spec: &CnnSpec, kept: &[Block]) -> CnnSpec {
    let convs = kept.len().min(spec.channels.len());
    CnnSpec {
        channels: spec.channels[..convs].to_vec(),
        dense: spec.dense[..kept.len() - convs].to_vec(),
        ..spec.clone()
    }
}
