//! `Classifier`: a backbone that makes features and a linear head that makes logits.

use std::sync::Arc;

use burn::module::Module;
use burn::nn::{Linear, LinearConfig};
use burn::tensor::{Device, Tensor};
use fireassay_kernels::activation::Activation;
use fireassay_ops::Dense;
use fireassay_spec::{DropoutAt, Kernels, ModelSpec};

use crate::bind::bind;
use crate::cnn::Cnn;
use crate::count::{cnn_features, image_shape, resnet_features};
use crate::dense::linear;
use crate::dropout::{Clock, KeyedDropout};
use crate::mlp::Mlp;
use crate::resnet::Resnet;

/// Any model family. The variants mirror those of `ModelSpec`.
#[derive(Module, Debug)]
#[expect(clippy::large_enum_variant, reason = "a trial has one model")]
pub enum Backbone {
    /// Convolutional network.
    Cnn(Cnn),
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
}

/// A freshly initialised model. Initial values follow `init_seed`, dropout masks the seed and step
/// of `clock`. `device` decides where it lives and, with autodiff, that it can be trained.
pub fn build(
    spec: &ModelSpec,
    input: Input<'_>,
    init_seed: u64,
    clock: &Clock,
    device: &Device,
) -> Classifier {
    let values = input.shape.iter().product();
    let (backbone, features, dropout, at) = match spec {
        ModelSpec::Cnn(cnn) => {
            let shape = image_shape(input.shape);
            let backbone = Backbone::Cnn(Cnn::new(cnn, shape, (clock, input.kernels), device));
            (backbone, cnn_features(cnn, shape), cnn.dropout, cnn.dropout_at)
        }
        ModelSpec::Mlp(mlp) => {
            let backbone = Backbone::Mlp(Mlp::new(mlp, values, (clock, input.kernels), device));
            let features = mlp.widths.last().copied().unwrap_or(values);
            (backbone, features, mlp.dropout, mlp.dropout_at)
        }
        ModelSpec::Resnet(resnet) => {
            let shape = image_shape(input.shape);
            let layers = Resnet::new(resnet, shape, (clock, input.kernels), device);
            let features = resnet_features(resnet, shape);
            (Backbone::Resnet(layers), features, resnet.dropout, resnet.dropout_at)
        }
    };
    let model = Classifier {
        backbone,
        head: LinearConfig::new(features, input.num_classes).init(device),
        dropout: (at == DropoutAt::Logits).then(|| KeyedDropout::new(dropout, clock)),
        kernels: input.kernels,
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
}

impl Classifier {
    /// `[batch, values of one example]` to `[batch, features]`.
    pub fn features(&self, x: Tensor<2>) -> Tensor<2> {
        match &self.backbone {
            Backbone::Cnn(cnn) => cnn.forward(x),
            Backbone::Mlp(mlp) => mlp.forward(x),
            Backbone::Resnet(resnet) => resnet.forward(x),
        }
    }

    /// `[batch, values of one example]` to `[batch, classes]`.
    pub fn forward(&self, x: Tensor<2>) -> Tensor<2> {
        let features = self.features(x);
        let [batch, _] = features.dims();
        let values = batch * self.head.weight.dims()[1];
        let draw = |dropout: &KeyedDropout| dropout.mask(values, &features.device());
        let mask = self.dropout.as_ref().and_then(draw).map(Arc::new);
        linear(self.kernels, &self.head, features, Dense { activation: Activation::Identity, mask })
    }
}
