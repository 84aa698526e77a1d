//! Parameters and multiply-accumulates in closed form, from the spec alone.

use fireassay_spec::{CnnSpec, ModelSpec, Norm, Padding, Pool};

use crate::blocks::{kept, vector_of};
use crate::recurrent::RecurrentSpec;

/// What a model costs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Values that training may move; running statistics are not among them.
    pub params: u64,
    /// Multiply-accumulates of convolutions and linear layers for one example's forward pass.
    /// Norms, activations and pools are not counted, as is usual.
    pub macs: u64,
}

/// Counts of the model that `build` makes for examples of this shape: of its blocks, of which all but
/// the first `cut` may be cut off, and of its head.
pub fn count(spec: &ModelSpec, shape: &[usize], num_classes: usize, cut: Option<usize>) -> Counts {
    let blocks = kept(spec, shape, cut);
    let features = blocks.last().map_or(shape.iter().product(), |block| block.features);
    let backbone = blocks.iter().fold(Counts::default(), |total, block| total + block.counts());
    backbone + linear_counts(features, num_classes)
}

/// Counts of a stack of recurrent layers that reads `[steps, features]`. Of a layer and direction,
/// each of the `gates * hidden` rows has its inputs, the hidden units and two biases.
pub fn count_recurrent(spec: &RecurrentSpec, [steps, features]: [usize; 2]) -> Counts {
    let rows = spec.cell.gates() * spec.hidden * spec.directions.count();
    (0..spec.layers).fold(Counts::default(), |total, layer| {
        let inputs = if layer == 0 { features } else { spec.outputs() };
        let weights = (rows * (inputs + spec.hidden)) as u64;
        total + Counts { params: weights + 2 * rows as u64, macs: weights * steps as u64 }
    })
}

/// Sizes inside a CNN.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CnnShapes {
    /// `[channels, height, width]` of each convolution's output, before the pool.
    pub convs: Vec<[usize; 3]>,
    /// The same behind the pool.
    pub outputs: Vec<[usize; 3]>,
    /// Values of the vector behind the head.
    pub head: usize,
}

/// Sizes inside a CNN for examples of `[channels, height, width]`. A convolution's side is
/// floor((n + 2p - k) / s) + 1, a pool's floor(n / 2) (lecture L30 to L32).
pub fn cnn_shapes(spec: &CnnSpec, input: [usize; 3]) -> CnnShapes {
    let pad = match spec.padding {
        Padding::Same => spec.kernel / 2,
        Padding::Valid => 0,
    };
    let conv = |n: usize| (n + 2 * pad).saturating_sub(spec.kernel) / spec.stride + 1;
    let pool = |n: usize| match spec.pool {
        Pool::None => n,
        Pool::Average | Pool::Max => n / 2,
    };
    let [mut channels, mut height, mut width] = input;
    let (mut convs, mut outputs) = (Vec::new(), Vec::new());
    for &out in &spec.channels {
        (channels, height, width) = (out, conv(height), conv(width));
        convs.push([channels, height, width]);
        (height, width) = (pool(height), pool(width));
        outputs.push([channels, height, width]);
    }
    CnnShapes { convs, outputs, head: vector_of(spec.head, [channels, height, width]) }
}

/// A `[channels, height, width]`; the plan refuses a CNN on anything else.
pub(crate) fn image_shape(shape: &[usize]) -> [usize; 3] {
    match *shape {
        [channels, height, width] => [channels, height, width],
        _ => [1, 1, shape.iter().product()],
    }
}

/// A linear layer with its bias.
pub(crate) fn linear_counts(inputs: usize, outputs: usize) -> Counts {
    let weights = (inputs * outputs) as u64;
    Counts { params: weights + outputs as u64, macs: weights }
}

/// The weights of a convolution of squares, moved over so many positions.
pub(crate) fn conv_counts([inputs, outputs]: [usize; 2], [side, positions]: [usize; 2]) -> Counts {
    let weights = (side * side * inputs * outputs) as u64;
    Counts { params: weights, macs: weights * positions as u64 }
}

/// Scale and shift.
pub(crate) fn norm_params(norm: Norm, channels: usize) -> u64 {
    match norm {
        Norm::None => 0,
        Norm::Batch | Norm::Layer | Norm::Group(_) => 2 * channels as u64,
    }
}

impl std::ops::Add for Counts {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self { params: self.params + other.params, macs: self.macs + other.macs }
    }
}

#[cfg(test)]
mod tests {
    use fireassay_spec::{Activation, CnnHead, DropoutAt, MlpSpec, ResnetShortcut, ResnetSpec};

    use super::*;
    use crate::blocks::blocks;

    fn lenet(kernel: usize) -> CnnSpec {
        CnnSpec {
            channels: vec![6, 16],
            kernel,
            stride: 1,
            padding: Padding::Valid,
            norm: Norm::None,
            activation: Activation::Tanh,
            pool: Pool::Average,
            head: CnnHead::Flatten,
            dense: vec![120, 84],
            dropout: 0.0,
            dropout_at: DropoutAt::Features,
        }
    }

    /// LeNet-5 with fully connected maps on 32x32: 156 + 2416 + 48120 + 10164 + 850.
    #[test]
    fn lenet_5_has_the_known_number_of_parameters() {
        let counts = count(&ModelSpec::Cnn(lenet(5)), &[1, 32, 32], 10, None);
        assert_eq!(counts.params, 61_706);
        let macs = 25 * 6 * 28 * 28 + 25 * 6 * 16 * 100 + 400 * 120 + 120 * 84 + 84 * 10;
        assert_eq!(counts.macs, macs);
    }

    /// Lecture L29: 6 filters of 5x5 on 3 channels have 450 weights.
    #[test]
    fn six_filters_on_three_channels_have_450_weights() {
        let spec = CnnSpec { channels: vec![6], dense: vec![], ..lenet(5) };
        let of = |spec| blocks(&ModelSpec::Cnn(spec), &[3, 32, 32])[0].params;
        assert_eq!(of(CnnSpec { norm: Norm::Batch, ..spec.clone() }), 450 + 6 + 12);
        assert_eq!(of(spec), 450 + 6);
    }

    #[test]
    fn an_mlp_784_300_100_10_has_266_610_parameters() {
        let mlp = MlpSpec {
            widths: vec![300, 100],
            activation: Activation::Relu,
            norm: Norm::None,
            dropout: 0.0,
            dropout_at: DropoutAt::Hidden,
        };
        let counts = count(&ModelSpec::Mlp(mlp), &[1, 28, 28], 10, None);
        assert_eq!(counts.params, 266_610);
        assert_eq!(counts.macs, 784 * 300 + 300 * 100 + 1000);
    }

    fn resnet(depth: usize, shortcut: ResnetShortcut) -> ModelSpec {
        ModelSpec::Resnet(ResnetSpec {
            depth,
            widths: vec![16, 32, 64],
            norm: Norm::Batch,
            activation: Activation::Relu,
            shortcut,
            dropout: 0.0,
            dropout_at: DropoutAt::Features,
        })
    }

    /// The paper's table 6 rounds them to 0.27, 0.46, 0.66 and 0.85 million.
    #[test]
    fn resnets_have_the_known_numbers_of_parameters() {
        for (depth, params) in [(20, 269_722), (32, 464_154), (44, 658_586), (56, 853_018)] {
            let spec = resnet(depth, ResnetShortcut::PaddedIdentity);
            assert_eq!(count(&spec, &[3, 32, 32], 10, None).params, params, "ResNet-{depth}");
        }
        // Two 1x1 convolutions and their norms more.
        let projected = count(&resnet(20, ResnetShortcut::Projection), &[3, 32, 32], 10, None);
        assert_eq!(projected.params, 269_722 + 16 * 32 + 64 + 32 * 64 + 128);
        let plain = count(&resnet(20, ResnetShortcut::PaddedIdentity), &[3, 32, 32], 10, None);
        assert_eq!(projected.macs - plain.macs, (16 * 32 * 256 + 32 * 64 * 64) as u64);
        let first = 27 * 16 * 1024;
        let stages = 6 * 9 * 256 * 1024 + (9 * 16 * 32 + 5 * 9 * 1024) * 256;
        assert_eq!(plain.macs, first + stages + (9 * 32 * 64 + 5 * 9 * 4096) * 64 + 640);
    }
}
