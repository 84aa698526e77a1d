//! `Layout`: what an EfficientNet-Lite is made of, and its blocks in closed form.

use fireassay_spec::EfficientnetLiteSpec;

use crate::blocks::Block;
use crate::count::{Counts, conv_counts};

/// Channels of the first and of the last convolution, of every variant.
const ENDS: [usize; 2] = [32, 1280];
/// Kernel, stride of the first bottleneck, expansion and channels of the stages of EfficientNet-B0
/// (Tan & Le 2019, table 1).
const STAGES: [[usize; 4]; 7] = [
    [3, 1, 1, 16],
    [3, 2, 6, 24],
    [5, 2, 6, 40],
    [3, 2, 6, 80],
    [5, 1, 6, 112],
    [5, 2, 6, 192],
    [3, 1, 6, 320],
];
/// How many times wider each variant is, in tenths.
const WIDER: [usize; 5] = [10, 10, 11, 12, 14];

/// Convolutions from the first to the last.
#[derive(Clone, Debug)]
pub(crate) struct Layout {
    /// Channels of the first one, 3x3 with a stride of 2.
    pub(crate) stem: usize,
    pub(crate) bottlenecks: Vec<Shape>,
    /// Channels of the last one, 1x1.
    pub(crate) top: usize,
}

/// An inverted bottleneck (Sandler et al. 2018).
#[derive(Clone, Copy, Debug)]
pub(crate) struct Shape {
    pub(crate) inputs: usize,
    /// Channels of the depthwise convolution: those of the input, or six times as many.
    pub(crate) inner: usize,
    pub(crate) outputs: usize,
    pub(crate) kernel: usize,
    pub(crate) stride: usize,
}

impl Layout {
    pub(crate) fn of(spec: &EfficientnetLiteSpec) -> Self {
        let wider = WIDER.get(spec.variant).expect("invariant: the plan refuses other variants");
        let [stem, top] = ENDS;
        let mut inputs = stem;
        let mut bottlenecks = Vec::new();
        for ([kernel, first, expansion, channels], repeats) in
            STAGES.into_iter().zip(spec.repeats())
        {
            let outputs = rounded(channels * wider);
            for repeat in 0..repeats {
                let stride = if repeat == 0 { first } else { 1 };
                let inner = inputs * expansion;
                bottlenecks.push(Shape { inputs, inner, outputs, kernel, stride });
                inputs = outputs;
            }
        }
        Self { stem, bottlenecks, top }
    }

    /// Its blocks, for examples of this shape: the first convolution, each bottleneck, the last
    /// convolution.
    pub(crate) fn blocks(&self, [channels, height, width]: [usize; 3]) -> Vec<Block> {
        let mut size = [height, width].map(|side| side.div_ceil(2));
        let unit = |channels: [usize; 2], side: usize, [height, width]: [usize; 2]| {
            let norm = Counts { params: 2 * channels[1] as u64, macs: 0 };
            conv_counts(channels, [side, height * width]) + norm
        };
        let block = |name: String, counts: Counts, channels: usize, [height, width]: [usize; 2]| {
            Block::new("EfficientnetLite", &[name], counts, &[channels, height, width])
        };
        let counts = unit([channels, self.stem], 3, size);
        let mut blocks = vec![block("stem".to_owned(), counts, self.stem, size)];
        for (i, shape) in self.bottlenecks.iter().enumerate() {
            let mut counts = Counts::default();
            if shape.expands() {
                counts = counts + unit([shape.inputs, shape.inner], 1, size);
            }
            size = size.map(|side| side.div_ceil(shape.stride));
            // Each channel of the depthwise convolution sees one.
            counts = counts + unit([1, shape.inner], shape.kernel, size);
            counts = counts + unit([shape.inner, shape.outputs], 1, size);
            blocks.push(block(format!("blocks.{i}"), counts, shape.outputs, size));
        }
        let inputs = self.bottlenecks.last().map_or(self.stem, |shape| shape.outputs);
        blocks.push(block("top".to_owned(), unit([inputs, self.top], 1, size), self.top, size));
        blocks
    }
}

impl Shape {
    /// Whether it begins with a convolution to its inner channels.
    pub(crate) fn expands(&self) -> bool {
        self.inner != self.inputs
    }
}

/// A tenth of `tenths`, to the nearest multiple of 8 that is not below nine tenths of it.
fn rounded(tenths: usize) -> usize {
    let near = ((tenths + 40) / 80 * 8).max(8);
    if 100 * near < 9 * tenths { near + 8 } else { near }
}

/// Zeros before and behind, so that there are as many outputs as strides fit, rounded up. What is odd
/// comes behind, as TensorFlow has it.
pub(crate) fn padding(size: usize, kernel: usize, stride: usize) -> [usize; 2] {
    let last = (size.div_ceil(stride).saturating_sub(1)) * stride;
    let zeros = (last + kernel).saturating_sub(size);
    [zeros / 2, zeros - zeros / 2]
}

#[cfg(test)]
mod tests {
    use fireassay_spec::{DropoutAt, ModelSpec};

    use super::*;
    use crate::count;

    fn lite(variant: usize) -> EfficientnetLiteSpec {
        EfficientnetLiteSpec { variant, dropout: 0.2, dropout_at: DropoutAt::Features }
    }

    /// Its makers publish 4.7, 5.4, 6.1, 8.2 and 13.0 million; the first is the exact number of their
    /// weights.
    #[test]
    fn every_variant_has_the_known_number_of_parameters() {
        let params = |variant| {
            count(&ModelSpec::EfficientnetLite(lite(variant)), &[3, 224, 224], 1000, None).params
        };
        assert_eq!(params(0), 4_652_008);
        let millions = [0, 1, 2, 3, 4].map(|variant| (params(variant) as f64 / 1e5).round() / 10.0);
        assert_eq!(millions, [4.7, 5.4, 6.1, 8.2, 13.0]);
    }

    /// 407 million by its makers, who count what is not a product, too.
    #[test]
    fn the_first_variant_multiplies_as_often_as_is_known() {
        let macs = |size| {
            let spec = ModelSpec::EfficientnetLite(lite(0));
            count(&spec, &[3, size, size], 1000, None).macs
        };
        assert_eq!(macs(224) / 1_000_000, 385);
        let blocks = Layout::of(&lite(0)).blocks([3, 65, 64]);
        assert_eq!(blocks.len(), 18);
        assert_eq!(blocks[0].output, [32, 33, 32]);
        assert_eq!(blocks[17].output, [1280, 3, 2]);
        assert_eq!((blocks[1].name.as_str(), blocks[17].name.as_str()), ("blocks.0", "top"));
    }

    #[test]
    fn zeros_lie_as_tensorflow_puts_them() {
        for ([size, kernel, stride], expected) in [
            ([224, 3, 2], [0, 1]),
            ([15, 3, 2], [1, 1]),
            ([14, 5, 2], [1, 2]),
            ([7, 5, 2], [2, 2]),
            ([7, 5, 1], [2, 2]),
            ([1, 5, 2], [2, 2]),
            ([1, 1, 1], [0, 0]),
        ] {
            assert_eq!(padding(size, kernel, stride), expected, "{size} {kernel} {stride}");
        }
    }
}
