//! Convolutions with few filters, row by row: outputs with 32 or fewer, weights with 16 or fewer.

use super::shape::Conv;
use crate::Kernel;
use crate::lanes::{LANES, Lanes, Vector};
use crate::slide::{self, Slide};
use crate::tile::Walk;

/// Widths of the kernel that are worth code of their own.
const WIDTHS: [usize; 2] = [3, 5];

impl Conv {
    /// Whether the sums are taken row by row. A question of the shape only, because the order of
    /// terms is another one.
    pub(super) fn slides(&self) -> bool {
        !self.depthwise
            && self.out_blocks() <= 2
            && self.stride[1] == 1
            && WIDTHS.contains(&self.kernel[1])
    }

    /// Whether the gradients of the weights are taken row by row. Their order is the same.
    pub(super) fn slides_weights(&self) -> bool {
        self.out_blocks() == 1 && self.slides()
    }

    /// Whether the gradient of the input is.
    pub(super) fn slides_back(&self) -> bool {
        // A second block is as fast with the other forms, so it must not cost more products.
        let few = self.in_blocks() == 1 || 8 * self.size[1] <= 9 * self.output()[1];
        !self.depthwise
            && self.in_blocks() <= 2
            && few
            && self.stride == [1, 1]
            && WIDTHS.contains(&self.kernel[1])
            && self.covers_its_padding()
    }
}

/// Outputs `[row][column][block][16]`, of `x` `[row][column][pixel]`.
pub(super) struct Rows<'a> {
    pub(super) x: &'a [f32],
    /// `[row][term][column][block][16]`.
    pub(super) columns: &'a [[f32; LANES]],
    pub(super) bias: Option<&'a [[f32; LANES]]>,
    pub(super) shape: Shape,
    pub(super) out: &'a mut [[f32; LANES]],
}

#[derive(Clone, Copy)]
pub(super) struct Shape {
    /// Height and width of the kernel.
    pub(super) kernel: [usize; 2],
    /// From an output to the next one down, in rows.
    pub(super) stride: usize,
    /// Rows of `x`, and how many rows above them the first output begins. Rows outside of `x` have
    /// no terms.
    pub(super) rows: usize,
    pub(super) above: usize,
    /// Width of `x`.
    pub(super) across: usize,
    /// Blocks of outputs: 1 or 2.
    pub(super) blocks: usize,
    /// Terms of a pixel, and values of one.
    pub(super) terms: usize,
    pub(super) pixel: usize,
}

impl Kernel for Rows<'_> {
    type Output = ();

    #[inline(always)]
    fn run<L: Lanes>(mut self, lanes: L) {
        match self.shape.kernel[1] {
            3 => self.all::<L, 3>(lanes),
            5 => self.all::<L, 5>(lanes),
            _ => unreachable!("invariant: only these widths slide"),
        }
    }
}

impl Rows<'_> {
    #[inline(always)]
    fn all<L: Lanes, const K: usize>(&mut self, lanes: L) {
        if L::REGISTERS >= 32 && self.shape.blocks == 2 {
            self.blocks::<L, 2, K>(lanes, 0);
            return;
        }
        for block in 0..self.shape.blocks {
            self.blocks::<L, 1, K>(lanes, block);
        }
    }

    /// `C` blocks from `block` on.
    #[inline(always)]
    fn blocks<L: Lanes, const C: usize, const K: usize>(&mut self, lanes: L, block: usize) {
        let width = self.shape.across + 1 - K;
        for row in 0..self.out.len() / (width * self.shape.blocks) {
            let mut column = 0;
            // What is left over at the end of a row is taken together with what comes before it:
            // outputs written twice are the same, and few chains wait for each other.
            while column < width {
                let at = |column| [row, column, block];
                column = match (L::REGISTERS / C, width - column) {
                    (32.., 12..=15 | 17..) => self.some::<L, 12, C, K>(lanes, at(column)),
                    (16.., 8..) => self.some::<L, 8, C, K>(lanes, at(column)),
                    (32.., _) if width >= 8 => self.some::<L, 8, C, K>(lanes, at(width - 8)),
                    (_, 4..) => self.some::<L, 4, C, K>(lanes, at(column)),
                    _ if width >= 4 => self.some::<L, 4, C, K>(lanes, at(width - 4)),
                    (_, 2..) => self.some::<L, 2, C, K>(lanes, at(column)),
                    _ => self.some::<L, 1, C, K>(lanes, at(column)),
                };
            }
        }
    }

    /// `P` outputs from `column` on. Returns the column behind them.
    #[inline(always)]
    fn some<L: Lanes, const P: usize, const C: usize, const K: usize>(
        &mut self,
        lanes: L,
        [row, column, block]: [usize; 3],
    ) -> usize {
        let shape = self.shape;
        let start = row * shape.stride;
        let first = shape.above.saturating_sub(start);
        let end = (shape.rows + shape.above).saturating_sub(start).min(shape.kernel[0]);
        let slide = Slide {
            rows: end.saturating_sub(first),
            row: shape.across * shape.pixel,
            terms: shape.terms,
            pixel: shape.pixel,
            blocks: shape.blocks,
        };
        let mut sums = [[lanes.splat(0.0); C]; P];
        if let Some(bias) = self.bias {
            for c in 0..C {
                let bias = lanes.load(&bias[block + c]);
                for p in 0..P {
                    sums[p][c] = bias;
                }
            }
        }
        if slide.rows > 0 {
            let at = ((start + first - shape.above) * shape.across + column) * shape.pixel;
            let columns = &self.columns[first * shape.terms * K * shape.blocks + block..];
            slide::outputs::<L, P, C, K>(lanes, &mut sums, (self.x, at), slide, columns);
        }
        let width = shape.across + 1 - K;
        let out = &mut self.out[(row * width + column) * shape.blocks + block..];
        for p in 0..P {
            for c in 0..C {
                sums[p][c].store(&mut out[p * shape.blocks + c]);
            }
        }
        column + P
    }
}

/// Adds the gradient of a few images to that of the weights, `part` `[row][column][in][16]`.
pub(super) struct RowWeights<'a> {
    pub(super) conv: &'a Conv,
    /// Over the pixels of an output.
    pub(super) walk: Walk,
    /// From a padded image to the next, in values.
    pub(super) x_len: usize,
    pub(super) x: &'a [f32],
    /// `[image][pixel][16]`.
    pub(super) grads: &'a [[f32; LANES]],
    pub(super) part: &'a mut [[f32; LANES]],
}

impl Kernel for RowWeights<'_> {
    type Output = ();

    #[inline(always)]
    fn run<L: Lanes>(mut self, lanes: L) {
        match self.conv.kernel[1] {
            3 => self.all::<L, 3, 6>(lanes),
            5 => self.all::<L, 5, 5>(lanes),
            _ => unreachable!("invariant: only these widths slide"),
        }
    }
}

impl RowWeights<'_> {
    /// `MOST` streams of factors at once where there are registers for their sums. A stream is one
    /// row of the kernel and one channel in.
    #[inline(always)]
    fn all<L: Lanes, const K: usize, const MOST: usize>(&mut self, lanes: L) {
        let streams = self.conv.kernel[0] * self.conv.channels;
        let mut stream = 0;
        while stream < streams {
            stream += match (L::REGISTERS, streams - stream) {
                (32.., rest) if rest >= MOST => self.some::<L, MOST, K>(lanes, stream),
                (32.., 4..) => self.some::<L, 4, K>(lanes, stream),
                (_, 2..) => self.some::<L, 2, K>(lanes, stream),
                _ => self.some::<L, 1, K>(lanes, stream),
            };
        }
    }

    /// The weights of `S` streams. Returns `S`.
    #[inline(always)]
    fn some<L: Lanes, const S: usize, const K: usize>(&mut self, lanes: L, stream: usize) -> usize {
        let conv = self.conv;
        let channels = conv.channels;
        let row = conv.padded()[1] * channels;
        let mut at = [0; S];
        let mut places = [0; S];
        let mut sums = [[lanes.splat(0.0); K]; S];
        for s in 0..S {
            let (down, channel) = ((stream + s) / channels, (stream + s) % channels);
            at[s] = down * row + channel;
            places[s] = down * K * channels + channel;
            for k in 0..K {
                sums[s][k] = lanes.load(&self.part[places[s] + k * channels]);
            }
        }
        let Walk { rows, run: terms, row, step: pixel } = self.walk;
        let slide = Slide { rows, row, terms, pixel, blocks: 1 };
        let images = self.x.chunks_exact(self.x_len).zip(self.grads.chunks_exact(rows * terms));
        for (x, grads) in images {
            slide::weights(lanes, &mut sums, (x, at), slide, grads);
        }
        for s in 0..S {
            for k in 0..K {
                sums[s][k].store(&mut self.part[places[s] + k * channels]);
            }
        }
        S
    }
}
