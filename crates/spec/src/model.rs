//! `[base.model]`: the network. The variants of [`ModelSpec`] are the registry of families.

use serde::{Deserialize, Serialize};

/// A model family and its shape. Adding a family: a variant here, a file in `models`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum ModelSpec {
    /// Convolution blocks, then dense layers.
    Cnn(CnnSpec),
    /// Inverted bottlenecks with depthwise convolutions.
    EfficientnetLite(EfficientnetLiteSpec),
    /// Dense layers on the flattened input.
    Mlp(MlpSpec),
    /// Convolution blocks with shortcuts around them.
    Resnet(ResnetSpec),
}

impl ModelSpec {
    /// Names of all families, as in `[base.model]`.
    pub(crate) const FAMILIES: &[&str] = &["cnn", "efficientnet-lite", "mlp", "resnet"];

    /// The name of its family, as in `[base.model]`.
    pub fn family(&self) -> &'static str {
        match self {
            Self::Cnn(_) => "cnn",
            Self::EfficientnetLite(_) => "efficientnet-lite",
            Self::Mlp(_) => "mlp",
            Self::Resnet(_) => "resnet",
        }
    }
}

/// `[base.model.mlp]`: per width one block of linear, norm, activation, dropout; then a linear
/// classifier.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct MlpSpec {
    /// Units of each hidden layer; `[]` is a linear classifier.
    pub widths: Vec<usize>,
    /// Between the layers.
    pub activation: Activation,
    /// After each hidden linear layer.
    pub norm: Norm,
    /// Probability of switching a unit off while training, in [0, 1).
    pub dropout: f64,
    /// Where dropout acts.
    pub dropout_at: DropoutAt,
}

/// `[base.model.cnn]`: per entry of `channels` one block of convolution, norm, activation, pool;
/// then a head, dense layers with activation and a linear classifier.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct CnnSpec {
    /// Filters of each block.
    pub channels: Vec<usize>,
    /// Side of the square filters, in pixels.
    pub kernel: usize,
    /// Step of the filters, in pixels.
    pub stride: usize,
    /// What lies beyond the border.
    pub padding: Padding,
    /// After each convolution (never after a dense layer).
    pub norm: Norm,
    /// After each norm and after each dense layer but the classifier.
    pub activation: Activation,
    /// 2x2 with stride 2 at the end of each block.
    pub pool: Pool,
    /// How feature maps become a vector.
    pub head: CnnHead,
    /// Units of each dense layer between the head and the classifier; may be empty.
    pub dense: Vec<usize>,
    /// Probability of switching a unit off while training, in [0, 1).
    pub dropout: f64,
    /// Where dropout acts.
    pub dropout_at: DropoutAt,
}

/// `[base.model.resnet]`: a residual network for small images (He et al. 2016, section 4.2): a 3x3
/// convolution, three stages of blocks of two 3x3 convolutions with a shortcut around them, the mean
/// of each channel, a linear classifier. The first block of the second and third stage halves the
/// maps. Convolutions have a bias only where no norm follows.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct ResnetSpec {
    /// Layers with weights: 6 n + 2, with n blocks in each stage. 20, 32, 44 and 56 are the paper's.
    pub depth: usize,
    /// Channels of the three stages; `[16, 32, 64]` are the paper's.
    pub widths: Vec<usize>,
    /// After each convolution, also that of a shortcut.
    pub norm: Norm,
    /// After each norm; in a block's end after the shortcut was added.
    pub activation: Activation,
    /// How a block passes its input by where channels or sizes change.
    pub shortcut: ResnetShortcut,
    /// Probability of switching a unit off while training, in [0, 1).
    pub dropout: f64,
    /// Where dropout acts: on the means of the channels, or on the logits. There is no hidden dense
    /// layer, so `hidden` and `features` mean the same.
    pub dropout_at: DropoutAt,
}

/// `[base.model.efficientnet-lite]`: EfficientNet (Tan & Le 2019) as Liu published it for small
/// devices in 2020: without squeeze and excitation, with ReLU6, and with a first and a last convolution
/// (32 and 1280 channels) that do not grow. A 3x3 convolution of stride 2, seven stages of inverted
/// bottlenecks (Sandler et al. 2018), a 1x1 convolution, the mean of each channel, a linear
/// classifier. Zeros lie around the maps as TensorFlow puts them: what is odd comes behind. Batch norms
/// have epsilon 1e-3 and momentum 0.01.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct EfficientnetLiteSpec {
    /// From 0 to 4: ever wider and deeper. Their makers trained them on images of 224, 240, 260, 280
    /// and 300 pixels; any other size will do.
    pub variant: usize,
    /// Probability of switching a unit off while training, in [0, 1). Their makers took 0.2 for the
    /// first two and 0.3 for the others.
    pub dropout: f64,
    /// Where dropout acts: on the means of the channels, or on the logits. There is no hidden dense
    /// layer, so `hidden` and `features` mean the same.
    pub dropout_at: DropoutAt,
}

impl EfficientnetLiteSpec {
    /// Bottlenecks of each stage: those of EfficientNet-B0, of which all but the first and the last
    /// grow with the variant.
    pub fn repeats(&self) -> [usize; 7] {
        const TENTHS: [usize; 5] = [10, 11, 12, 14, 18];
        let deeper = TENTHS[self.variant.min(TENTHS.len() - 1)];
        let [first, middle @ .., last] = [1, 2, 2, 3, 3, 4, 1];
        let [a, b, c, d, e] = middle.map(|repeats: usize| (repeats * deeper).div_ceil(10));
        [first, a, b, c, d, e, last]
    }
}

/// The shortcut of a block whose channels or sizes change; elsewhere it is the input itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ResnetShortcut {
    /// Every second row and column, and zeros for the new channels, half of them before the old ones
    /// (option A).
    PaddedIdentity,
    /// A 1x1 convolution and a norm (option B).
    Projection,
}

/// Normalisation of a layer's outputs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Norm {
    /// No normalisation.
    None,
    /// Per channel over the batch (Ioffe & Szegedy 2015), momentum 0.1, epsilon 1e-5.
    Batch,
    /// Per example over all channels and positions (Ba et al. 2016), epsilon 1e-5.
    Layer,
    /// Per example over this many groups of channels (Wu & He 2018), epsilon 1e-5.
    Group(usize),
}

/// Element-wise non-linearity.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Activation {
    /// None: a stack of such layers is one linear map (lecture L5, L6).
    Identity,
    /// max(0, x).
    Relu,
    /// min(max(0, x), 6) (Krizhevsky 2010).
    Relu6,
    /// Logistic function.
    Sigmoid,
    /// Hyperbolic tangent.
    Tanh,
}

/// What a convolution sees beyond the border.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Padding {
    /// Zeros, so that stride 1 keeps the size.
    Same,
    /// Nothing: the output shrinks.
    Valid,
}

/// Pooling at the end of a block.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Pool {
    /// No pooling.
    None,
    /// Maximum of 2x2, stride 2.
    Max,
    /// Mean of 2x2, stride 2.
    Average,
}

/// How feature maps become the vector that the dense layers see.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CnnHead {
    /// All positions of all channels.
    Flatten,
    /// Mean of each channel (Lin et al. 2014).
    GlobalAverage,
}

/// Where dropout acts. The lecture (L33) says "between the dense layers and softmax", which can
/// be read as `features` or as `logits`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DropoutAt {
    /// After every hidden dense layer (Srivastava et al. 2014).
    Hidden,
    /// Only on the vector that the classifier sees.
    Features,
    /// On the classifier's output, before softmax.
    Logits,
}
