//! `blocks`: the parts that a backbone is made of, in closed form, from the spec alone. A regime
//! freezes, cuts off or initialises anew whole blocks.

use fireassay_spec::{CnnHead, CnnSpec, ModelSpec, Norm, ResnetShortcut, ResnetSpec};

use crate::count::{Counts, cnn_shapes, conv_counts, image_shape, linear_counts, norm_params};
use crate::lite::Layout;

/// A block. Blocks 1 to L follow one another, and behind the last one is the head.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Block {
    /// For people, and unique in its model: `conv1`, `stages.0.blocks.1`, `dense.0`.
    pub name: String,
    /// What the paths of its parameters begin with, up to a dot: `backbone.Resnet.conv1.`. Every
    /// parameter of a backbone belongs to one block.
    pub paths: Vec<String>,
    /// As in [`Counts`].
    pub params: u64,
    /// As in [`Counts`].
    pub macs: u64,
    /// Shape of what it makes of one example: `[channels, height, width]` or `[values]`.
    pub output: Vec<usize>,
    /// Values that a head right behind it would see: its maps as the family makes a vector of them.
    pub features: usize,
}

/// The blocks of the model that `build` makes for examples of this shape, if nothing is cut off.
///
/// - MLP: each dense block.
/// - CNN: each convolution block, then each dense block.
/// - ResNet: the first convolution with its norm, then each residual block.
/// - EfficientNet-Lite: the first convolution, each bottleneck, the last convolution.
pub fn blocks(spec: &ModelSpec, shape: &[usize]) -> Vec<Block> {
    match spec {
        ModelSpec::Cnn(cnn) => of_cnn(cnn, image_shape(shape)),
        ModelSpec::EfficientnetLite(spec) => Layout::of(spec).blocks(image_shape(shape)),
        ModelSpec::Mlp(mlp) => {
            of_dense("Mlp", "blocks", (shape.iter().product(), &mlp.widths), mlp.norm)
        }
        ModelSpec::Resnet(resnet) => of_resnet(resnet, image_shape(shape)),
    }
}

/// The first `cut` of them; all, if nothing is cut off.
pub(crate) fn kept(spec: &ModelSpec, shape: &[usize], cut: Option<usize>) -> Vec<Block> {
    let mut blocks = blocks(spec, shape);
    if let Some(cut) = cut {
        let all = blocks.len();
        assert!((1..=all).contains(&cut), "invariant: {cut} of {all} blocks cannot be kept");
        blocks.truncate(cut);
    }
    blocks
}

impl Block {
    /// `parts` are what it consists of, as `family` calls them; the first one gives it its name.
    pub(crate) fn new(family: &str, parts: &[String], counts: Counts, output: &[usize]) -> Self {
        Self {
            name: parts[0].clone(),
            paths: parts.iter().map(|part| format!("backbone.{family}.{part}.")).collect(),
            params: counts.params,
            macs: counts.macs,
            output: output.to_vec(),
            features: output[0], // the mean of each channel, or a vector as it is
        }
    }

    /// What it costs.
    pub fn counts(&self) -> Counts {
        Counts { params: self.params, macs: self.macs }
    }
}

fn of_cnn(spec: &CnnSpec, input: [usize; 3]) -> Vec<Block> {
    let shapes = cnn_shapes(spec, input);
    let mut channels = input[0];
    let mut blocks = Vec::new();
    for (i, (&[out, height, width], output)) in shapes.convs.iter().zip(&shapes.outputs).enumerate()
    {
        let conv = conv_counts([channels, out], [spec.kernel, height * width]);
        // It has its bias with a norm, too.
        let more = Counts { params: out as u64 + norm_params(spec.norm, out), macs: 0 };
        let block = Block::new("Cnn", &[format!("blocks.{i}")], conv + more, output);
        blocks.push(Block { features: vector_of(spec.head, *output), ..block });
        channels = out;
    }
    blocks.extend(of_dense("Cnn", "dense", (shapes.head, &spec.dense), Norm::None));
    blocks
}

/// Values of the vector that a CNN's head makes of maps.
pub(crate) fn vector_of(head: CnnHead, maps: [usize; 3]) -> usize {
    match head {
        CnnHead::Flatten => maps.iter().product(),
        CnnHead::GlobalAverage => maps[0],
    }
}

fn of_dense(
    family: &str,
    list: &str,
    (inputs, widths): (usize, &[usize]),
    norm: Norm,
) -> Vec<Block> {
    let fan_in = std::iter::once(inputs).chain(widths.iter().copied());
    let block = |(i, (&width, inputs)): (usize, (&usize, usize))| {
        let norm = Counts { params: norm_params(norm, width), macs: 0 };
        let counts = linear_counts(inputs, width) + norm;
        Block::new(family, &[format!("{list}.{i}")], counts, &[width])
    };
    widths.iter().zip(fan_in).enumerate().map(block).collect()
}

/// Residual blocks of each stage.
pub(crate) fn of_each_stage(spec: &ResnetSpec) -> usize {
    spec.depth.saturating_sub(2) / 6
}

/// Every stage but the first halves the sides, and rounds up.
fn of_resnet(spec: &ResnetSpec, [mut channels, mut height, mut width]: [usize; 3]) -> Vec<Block> {
    // A convolution of squares, and its norm or bias.
    let conv = |[inputs, outputs]: [usize; 2], side: usize, positions: usize| {
        let bias = if spec.norm == Norm::None { outputs as u64 } else { 0 };
        let more = Counts { params: bias + norm_params(spec.norm, outputs), macs: 0 };
        conv_counts([inputs, outputs], [side, positions]) + more
    };
    let first = spec.widths.first().copied().unwrap_or(channels);
    let norm = (spec.norm != Norm::None).then(|| "norm1".to_owned());
    let parts: Vec<String> = std::iter::once("conv1".to_owned()).chain(norm).collect();
    let counts = conv([channels, first], 3, height * width);
    let mut blocks = vec![Block::new("Resnet", &parts, counts, &[first, height, width])];
    channels = first;
    for (stage, &out) in spec.widths.iter().enumerate() {
        for block in 0..of_each_stage(spec) {
            let halves = stage > 0 && block == 0;
            if halves {
                (height, width) = (height.div_ceil(2), width.div_ceil(2));
            }
            let positions = height * width;
            let mut counts = conv([channels, out], 3, positions) + conv([out, out], 3, positions);
            if spec.shortcut == ResnetShortcut::Projection && (halves || channels != out) {
                counts = counts + conv([channels, out], 1, positions);
            }
            let part = format!("stages.{stage}.blocks.{block}");
            blocks.push(Block::new("Resnet", &[part], counts, &[out, height, width]));
            channels = out;
        }
    }
    blocks
}

#[cfg(test)]
mod tests;
