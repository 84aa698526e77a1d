//! A depthwise convolution: each channel by itself. Sixteen channels lie in the lanes, so there is
//! nothing to gather and nothing to add up over lanes.

use super::dense;
use super::shape::Conv;
use crate::Kernel;
use crate::lanes::{LANES, Lanes, Vector};

/// Sums `[pixel][block][16]` of one image.
pub(super) struct Depthwise<'a> {
    pub(super) conv: &'a Conv,
    /// `[block][row][column][16]`.
    pub(super) taps: &'a [[f32; LANES]],
    pub(super) bias: Option<&'a [[f32; LANES]]>,
    /// `[row][column][channel]`.
    pub(super) x: &'a [f32],
    /// Scratch memory of [`plane_len`] values.
    pub(super) plane: &'a mut [[f32; LANES]],
    pub(super) z: &'a mut [[f32; LANES]],
}

/// Values of one block of a padded image, or of a padded gradient if that is larger.
pub(super) fn plane_len(conv: &Conv) -> usize {
    let [rows, columns] = conv.padded();
    let mut pixels = rows * columns;
    if conv.turns_depthwise() {
        let [height, width] = conv.output();
        let [[above, below], [left, right]] = conv.turned_padding();
        pixels = pixels.max((above + height + below) * (left + width + right));
    }
    pixels * LANES
}

impl Conv {
    /// Whether the gradient of a depthwise convolution's input is a convolution of the output's.
    pub(super) fn turns_depthwise(&self) -> bool {
        self.stride == [1, 1] && self.covers_its_padding()
    }
}

impl Kernel for Depthwise<'_> {
    type Output = ();

    #[inline(always)]
    fn run<L: Lanes>(self, lanes: L) {
        let Self { conv, taps, bias, x, plane, z } = self;
        let (blocks, each) = (conv.out_blocks(), conv.kernel[0] * conv.kernel[1]);
        let [rows, across] = conv.padded();
        let plane = &mut plane[..rows * across];
        for block in 0..blocks {
            lay(lanes, (conv, block), x, plane);
            let planar = Planar {
                plane,
                across,
                kernel: conv.kernel,
                stride: conv.stride,
                size: conv.output(),
                taps: &taps[block * each..][..each],
                bias: bias.map_or([0.0; LANES], |bias| bias[block]),
            };
            planar.outputs(lanes, |pixel, sum| sum.store(&mut z[pixel * blocks + block]));
        }
    }
}

/// Sixteen channels of an image, with zeros around them: `[row][column][16]`.
#[inline(always)]
pub(super) fn lay<L: Lanes>(
    lanes: L,
    (conv, block): (&Conv, usize),
    x: &[f32],
    plane: &mut [[f32; LANES]],
) {
    let [_, across] = conv.padded();
    let ([[above, _], [left, _]], [_, width]) = (conv.padding, conv.size);
    if conv.is_padded() {
        plane.as_flattened_mut().fill(0.0);
    }
    let lines = plane[above * across..].chunks_exact_mut(across);
    for (line, row) in lines.zip(x.chunks_exact(width * conv.channels)) {
        for (to, pixel) in line[left..].iter_mut().zip(row.chunks_exact(conv.channels)) {
            dense::load(lanes, pixel, block).store(to);
        }
    }
}

/// A convolution of one block.
pub(super) struct Planar<'a> {
    /// `[row][column][16]`.
    pub(super) plane: &'a [[f32; LANES]],
    /// Its width.
    pub(super) across: usize,
    pub(super) kernel: [usize; 2],
    pub(super) stride: [usize; 2],
    /// Height and width of the output.
    pub(super) size: [usize; 2],
    /// `[row][column][16]`.
    pub(super) taps: &'a [[f32; LANES]],
    pub(super) bias: [f32; LANES],
}

impl Planar<'_> {
    /// Gives each output to `put`, by its pixel.
    #[inline(always)]
    pub(super) fn outputs<L: Lanes>(&self, lanes: L, put: impl FnMut(usize, L::V)) {
        match (self.kernel[1], self.stride[1]) {
            (3, 1) => self.rows::<L, 3, 1>(lanes, put),
            (3, 2) => self.rows::<L, 3, 2>(lanes, put),
            (5, 1) => self.rows::<L, 5, 1>(lanes, put),
            (5, 2) => self.rows::<L, 5, 2>(lanes, put),
            _ => self.any(lanes, put),
        }
    }

    /// With a kernel `K` wide and a stride of `S` across.
    #[inline(always)]
    fn rows<L: Lanes, const K: usize, const S: usize>(
        &self,
        lanes: L,
        mut put: impl FnMut(usize, L::V),
    ) {
        let [height, width] = self.size;
        for row in 0..height {
            let mut column = 0;
            while column < width {
                let at = [row, column];
                column += match (L::REGISTERS, width - column) {
                    (16.., 7 | 14) => self.some::<L, 7, K, S>(lanes, at, &mut put),
                    (16.., 8..) => self.some::<L, 8, K, S>(lanes, at, &mut put),
                    (_, 4..) => self.some::<L, 4, K, S>(lanes, at, &mut put),
                    (_, 2..) => self.some::<L, 2, K, S>(lanes, at, &mut put),
                    _ => self.some::<L, 1, K, S>(lanes, at, &mut put),
                };
            }
        }
    }

    /// `P` outputs side by side. Returns `P`.
    #[inline(always)]
    fn some<L: Lanes, const P: usize, const K: usize, const S: usize>(
        &self,
        lanes: L,
        [row, column]: [usize; 2],
        put: &mut impl FnMut(usize, L::V),
    ) -> usize {
        let mut sums = [lanes.load(&self.bias); P];
        for down in 0..self.kernel[0] {
            let at = (row * self.stride[0] + down) * self.across + column * S;
            let line = &self.plane[at..][..(P - 1) * S + K];
            let taps = &self.taps[down * K..][..K];
            for right in 0..K {
                let tap = lanes.load(&taps[right]);
                for p in 0..P {
                    sums[p] = lanes.load(&line[p * S + right]).mul_add(tap, sums[p]);
                }
            }
        }
        for p in 0..P {
            put(row * self.size[1] + column + p, sums[p]);
        }
        P
    }

    #[inline(always)]
    fn any<L: Lanes>(&self, lanes: L, mut put: impl FnMut(usize, L::V)) {
        let ([height, width], [rows, columns]) = (self.size, self.kernel);
        for row in 0..height {
            for column in 0..width {
                let mut sum = lanes.load(&self.bias);
                for down in 0..rows {
                    let at = (row * self.stride[0] + down) * self.across + column * self.stride[1];
                    let line = &self.plane[at..][..columns];
                    let taps = &self.taps[down * columns..][..columns];
                    for (x, tap) in line.iter().zip(taps) {
                        sum = lanes.load(x).mul_add(lanes.load(tap), sum);
                    }
                }
                put(row * width + column, sum);
            }
        }
    }
}
