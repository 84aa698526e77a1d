//! The gradient of the weights: the terms of each sum are the pixels of the images.

use super::rows::RowWeights;
use super::shape::Conv;
use crate::lanes::{LANES, Lanes, Vector};
use crate::tile::{Panels, Tiles, Walk, cover, multiply};
use crate::{Isa, Kernel};

/// Runs below a row of the kernel that are at least this long are tiled for themselves: the places
/// of a tile are then neighbours, which makes their addresses simple.
const LONG_RUN: usize = 24;

/// Values of images and gradients that all weights go over at once: half of a first-level cache.
const CACHE: usize = 6144;

/// A convolution made ready.
pub(super) struct WeightGrad<'a> {
    conv: &'a Conv,
    /// Where in a padded image the first factor of each weight lies: `[row][column][in]`.
    places: Vec<usize>,
    /// Over the pixels of the output.
    walk: Walk,
}

impl<'a> WeightGrad<'a> {
    pub(super) fn new(conv: &'a Conv) -> Self {
        let run = conv.kernel[1] * conv.channels;
        let row = conv.padded()[1] * conv.channels;
        let places = (0..conv.kernel[0]).flat_map(|down| down * row..down * row + run).collect();
        let [height, width] = conv.output();
        let [down, across] = conv.stride;
        let walk = Walk { rows: height, run: width, row: down * row, step: across * conv.channels };
        Self { conv, places, walk }
    }

    /// Adds the gradient of a few images to `part` `[block of out][row][column][in][16]`: `x` are
    /// the padded images, `grads` the gradients `[image][pixel][block][16]`.
    pub(super) fn add(
        &self,
        isa: Isa,
        x: &[f32],
        grads: &[[f32; LANES]],
        part: &mut [[f32; LANES]],
    ) {
        let Walk { rows, run, row, .. } = self.walk;
        let grads_row = run * self.conv.out_blocks();
        let [height, width] = self.conv.padded();
        let x_len = height * width * self.conv.channels;
        if x.len() > x_len {
            return self.add_rows(isa, (rows, x_len), (x, grads), part);
        }
        // A large image in pieces that stay in the cache while all weights go over them.
        let pieces = (rows * (row + grads_row * LANES)).div_ceil(CACHE).min(rows);
        let at_once = rows.div_ceil(pieces);
        for first in (0..rows).step_by(at_once) {
            let count = at_once.min(rows - first);
            let grads = &grads[first * grads_row..][..count * grads_row];
            let x = &x[first * row..];
            self.add_rows(isa, (count, x.len()), (x, grads), part);
        }
    }

    /// Of images with `rows` rows of output each, that begin `x_len` values apart.
    fn add_rows(
        &self,
        isa: Isa,
        (rows, x_len): (usize, usize),
        (x, grads): (&[f32], &[[f32; LANES]]),
        part: &mut [[f32; LANES]],
    ) {
        let walk = Walk { rows, ..self.walk };
        if self.conv.slides_weights() {
            isa.run(RowWeights { conv: self.conv, walk, x_len, x, grads, part });
        } else {
            isa.run(Add { weights: self, walk, x_len, x, grads, part });
        }
    }
}

struct Add<'a> {
    weights: &'a WeightGrad<'a>,
    walk: Walk,
    x_len: usize,
    x: &'a [f32],
    grads: &'a [[f32; LANES]],
    part: &'a mut [[f32; LANES]],
}

/// The weights from `first` on. `NEIGHBOURS`: their places lie one behind the other.
struct Run<'a, 'b, L, const NEIGHBOURS: bool> {
    lanes: L,
    job: &'b mut Add<'a>,
    first: usize,
}

impl Kernel for Add<'_> {
    type Output = ();

    #[inline(always)]
    fn run<L: Lanes>(mut self, lanes: L) {
        let conv = self.weights.conv;
        let (blocks, run) = (conv.out_blocks(), conv.kernel[1] * conv.channels);
        if run < LONG_RUN {
            let positions = self.weights.places.len();
            let mut tiles = Run::<_, false> { lanes, job: &mut self, first: 0 };
            return cover::<L>(positions, blocks, &mut tiles);
        }
        for row in 0..conv.kernel[0] {
            let mut tiles = Run::<_, true> { lanes, job: &mut self, first: row * run };
            cover::<L>(run, blocks, &mut tiles);
        }
    }
}

impl<L: Lanes, const NEIGHBOURS: bool> Tiles<L> for Run<'_, '_, L, NEIGHBOURS> {
    #[inline(always)]
    fn tile<const P: usize, const C: usize>(&mut self, position: usize, block: usize) {
        let Self { lanes, job, first } = self;
        let (weights, position) = (job.weights, *first + position);
        let (terms, blocks) = (weights.places.len(), weights.conv.out_blocks());
        let walk = job.walk;
        let places = &weights.places[position..position + P];
        let mut at = [0; P];
        for p in 0..P {
            at[p] = if NEIGHBOURS { places[0] + p } else { places[p] };
        }
        let mut sums = [[lanes.splat(0.0); C]; P];
        for c in 0..C {
            let part = &job.part[(block + c) * terms + position..][..P];
            for p in 0..P {
                sums[p][c] = lanes.load(&part[p]);
            }
        }
        let images =
            job.x.chunks_exact(job.x_len).zip(job.grads.chunks_exact(walk.terms() * blocks));
        for (x, grads) in images {
            let panels = Panels { blocks: &grads[block..], step: blocks, panel: 1 };
            multiply(*lanes, &mut sums, (x, at), walk, panels);
        }
        for c in 0..C {
            let part = &mut job.part[(block + c) * terms + position..][..P];
            for p in 0..P {
                sums[p][c].store(&mut part[p]);
            }
        }
    }
}
