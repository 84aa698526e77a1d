//! Gradients of a depthwise convolution, block by block.

use super::dense;
use super::depthwise::{Planar, lay};
use super::shape::Conv;
use crate::Kernel;
use crate::lanes::{LANES, Lanes, Vector};

/// Of one image.
pub(super) struct DepthwiseGrad<'a> {
    pub(super) conv: &'a Conv,
    /// `[row][column][channel]`.
    pub(super) x: &'a [f32],
    /// Of the sums `[pixel][block][16]`.
    pub(super) grads: &'a [[f32; LANES]],
    /// `[block][row][column][16]`, where the gradient of `x` is wanted.
    pub(super) taps: Option<&'a [[f32; LANES]]>,
    /// That of the weights is added to this, `[block][row][column][16]`.
    pub(super) part: Option<&'a mut [[f32; LANES]]>,
    /// Where that of `x` goes.
    pub(super) to: Option<&'a mut [f32]>,
    /// Scratch memory of [`super::depthwise::plane_len`] values.
    pub(super) plane: &'a mut [[f32; LANES]],
}

impl Kernel for DepthwiseGrad<'_> {
    type Output = ();

    #[inline(always)]
    fn run<L: Lanes>(mut self, lanes: L) {
        let each = self.conv.kernel[0] * self.conv.kernel[1];
        for block in 0..self.conv.out_blocks() {
            if let Some(part) = self.part.as_deref_mut() {
                let [rows, across] = self.conv.padded();
                let plane = &mut self.plane[..rows * across];
                lay(lanes, (self.conv, block), self.x, plane);
                let weights = Weights { conv: self.conv, block, plane, grads: self.grads };
                weights.add(lanes, &mut part[block * each..][..each]);
            }
            if let (Some(taps), Some(to)) = (self.taps, self.to.as_deref_mut()) {
                let taps = &taps[block * each..][..each];
                let inputs = Inputs { conv: self.conv, block, taps, grads: self.grads };
                if self.conv.turns_depthwise() {
                    inputs.turn(lanes, self.plane, to);
                } else {
                    inputs.scatter(lanes, self.plane, to);
                }
            }
        }
    }
}

/// Of the weights of one block.
struct Weights<'a> {
    conv: &'a Conv,
    block: usize,
    /// The padded image `[row][column][16]`.
    plane: &'a [[f32; LANES]],
    grads: &'a [[f32; LANES]],
}

impl Weights<'_> {
    #[inline(always)]
    fn add<L: Lanes>(&self, lanes: L, part: &mut [[f32; LANES]]) {
        // As many rows of the kernel at once as there are registers for sums.
        match (self.conv.kernel, L::REGISTERS) {
            ([3, 3], 16..) => self.some::<L, 3, 3>(lanes, 0, part),
            ([5, 5], 32..) => self.some::<L, 5, 5>(lanes, 0, part),
            ([rows, 3], _) => {
                (0..rows).for_each(|down| self.some::<L, 1, 3>(lanes, down, &mut part[down * 3..]));
            }
            ([rows, 5], _) => {
                (0..rows).for_each(|down| self.some::<L, 1, 5>(lanes, down, &mut part[down * 5..]));
            }
            ([rows, columns], _) => {
                for tap in 0..rows * columns {
                    self.one(lanes, [tap / columns, tap % columns], &mut part[tap]);
                }
            }
        }
    }

    /// `R` rows of a kernel `K` wide, from row `first` on.
    #[inline(always)]
    fn some<L: Lanes, const R: usize, const K: usize>(
        &self,
        lanes: L,
        first: usize,
        part: &mut [[f32; LANES]],
    ) {
        let conv = self.conv;
        let ([height, width], blocks) = (conv.output(), conv.out_blocks());
        let (across, [down, right]) = (conv.padded()[1], conv.stride);
        let mut sums = [[lanes.splat(0.0); K]; R];
        for r in 0..R {
            for k in 0..K {
                sums[r][k] = lanes.load(&part[r * K + k]);
            }
        }
        for row in 0..height {
            let start = (row * down + first) * across;
            let lines: [&[[f32; LANES]]; R] =
                std::array::from_fn(|r| &self.plane[start + r * across..][..across]);
            for column in 0..width {
                let at = (row * width + column) * blocks + self.block;
                let grad = lanes.load(&self.grads[at]);
                for r in 0..R {
                    let line = &lines[r][column * right..][..K];
                    for k in 0..K {
                        sums[r][k] = lanes.load(&line[k]).mul_add(grad, sums[r][k]);
                    }
                }
            }
        }
        for r in 0..R {
            for k in 0..K {
                sums[r][k].store(&mut part[r * K + k]);
            }
        }
    }

    /// One weight.
    #[inline(always)]
    fn one<L: Lanes>(&self, lanes: L, [below, behind]: [usize; 2], part: &mut [f32; LANES]) {
        let conv = self.conv;
        let ([height, width], blocks) = (conv.output(), conv.out_blocks());
        let (across, [down, right]) = (conv.padded()[1], conv.stride);
        let mut sum = lanes.load(part);
        for row in 0..height {
            let line = &self.plane[(row * down + below) * across..][..across];
            for column in 0..width {
                let grad = lanes.load(&self.grads[(row * width + column) * blocks + self.block]);
                sum = lanes.load(&line[column * right + behind]).mul_add(grad, sum);
            }
        }
        sum.store(part);
    }
}

/// Of one block of the input.
struct Inputs<'a> {
    conv: &'a Conv,
    block: usize,
    /// `[row][column][16]`.
    taps: &'a [[f32; LANES]],
    grads: &'a [[f32; LANES]],
}

impl Inputs<'_> {
    /// A convolution of the gradients, the kernel turned around.
    #[inline(always)]
    fn turn<L: Lanes>(&self, lanes: L, plane: &mut [[f32; LANES]], to: &mut [f32]) {
        let conv = self.conv;
        let ([height, width], blocks) = (conv.output(), conv.out_blocks());
        let [[above, below], [left, right]] = conv.turned_padding();
        let across = left + width + right;
        let plane = &mut plane[..(above + height + below) * across];
        plane.as_flattened_mut().fill(0.0);
        let lines = plane[above * across..].chunks_exact_mut(across);
        for (line, row) in lines.zip(self.grads.chunks_exact(width * blocks)) {
            for (to, pixel) in line[left..].iter_mut().zip(row.chunks_exact(blocks)) {
                *to = pixel[self.block];
            }
        }
        let mut taps = self.taps.to_vec();
        taps.reverse();
        let (kernel, stride, size) = (conv.kernel, [1, 1], conv.size);
        let bias = [0.0; LANES];
        let planar = Planar { plane, across, kernel, stride, size, taps: &taps, bias };
        let channels = conv.channels;
        planar.outputs(lanes, |pixel, sum| {
            dense::store(sum, &mut to[pixel * channels..][..channels], self.block);
        });
    }

    /// Each gradient to the pixels that it came from.
    #[inline(always)]
    fn scatter<L: Lanes>(&self, lanes: L, plane: &mut [[f32; LANES]], to: &mut [f32]) {
        let conv = self.conv;
        let ([height, width], blocks) = (conv.output(), conv.out_blocks());
        let ([rows, across], [down, right]) = (conv.padded(), conv.stride);
        let plane = &mut plane[..rows * across];
        plane.as_flattened_mut().fill(0.0);
        let [_, columns] = conv.kernel;
        for row in 0..height {
            for (below, taps) in self.taps.chunks_exact(columns).enumerate() {
                let line = &mut plane[(row * down + below) * across..][..across];
                for column in 0..width {
                    let at = (row * width + column) * blocks + self.block;
                    let grad = lanes.load(&self.grads[at]);
                    let sums = &mut line[column * right..][..columns];
                    for (sum, tap) in sums.iter_mut().zip(taps) {
                        lanes.load(tap).mul_add(grad, lanes.load(sum)).store(sum);
                    }
                }
            }
        }
        let [[above, _], [left, _]] = conv.padding;
        let (pixels, channels) = (conv.size[1], conv.channels);
        let lines = plane[above * across..].chunks_exact(across);
        for (row, line) in to.chunks_exact_mut(pixels * channels).zip(lines) {
            for (pixel, sum) in row.chunks_exact_mut(channels).zip(&line[left..]) {
                dense::store(lanes.load(sum), pixel, self.block);
            }
        }
    }
}
