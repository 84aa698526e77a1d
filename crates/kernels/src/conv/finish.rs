//! What follows the sums of one image: norm, residual, activation and pool in one pass.

use super::dense;
use super::norm::Affine;
use super::shape::{Block, Cells, Pool};
use crate::Kernel;
use crate::lanes::{LANES, Lanes, Vector};

/// The output of one image, of its sums `z` `[pixel][block][16]`.
pub(super) struct Finish<'a> {
    pub(super) block: &'a Block,
    pub(super) affine: &'a Affine,
    pub(super) z: &'a [[f32; LANES]],
    pub(super) residual: Option<&'a [f32]>,
    pub(super) out: &'a mut [f32],
    pub(super) winners: Option<Winners<'a>>,
}

/// Of a maximum pool, for each output `[pixel][block][16]`.
pub(super) struct Winners<'a> {
    /// Which value of the window won, in row-major order.
    pub(super) index: &'a mut [[f32; LANES]],
    /// Its sum.
    pub(super) z: &'a mut [[f32; LANES]],
}

impl Kernel for Finish<'_> {
    type Output = ();

    #[inline(always)]
    fn run<L: Lanes>(mut self, lanes: L) {
        match self.block.pool {
            Pool::None => all(lanes, &mut self),
            Pool::Max(window) => maxima(lanes, &mut self, window),
            Pool::Average(window) => means(lanes, &mut self, window),
        }
    }
}

#[inline(always)]
fn all<L: Lanes>(lanes: L, job: &mut Finish<'_>) {
    let (filters, blocks) = (job.block.conv.filters, job.affine.scale.len());
    let pixels = job.out.chunks_exact_mut(filters).zip(job.z.chunks_exact(blocks));
    for (pixel, (out, z)) in pixels.enumerate() {
        for block in 0..blocks {
            let mut t = affine(lanes, job.affine, &z[block], block);
            if let Some(residual) = job.residual {
                t = t + dense::load(lanes, &residual[pixel * filters..][..filters], block);
            }
            dense::store(job.block.activation.of(lanes, t), out, block);
        }
    }
}

/// The activations grow with their argument, so the largest argument has the largest value.
#[inline(always)]
fn maxima<L: Lanes>(lanes: L, job: &mut Finish<'_>, window: [usize; 2]) {
    let (filters, blocks) = (job.block.conv.filters, job.affine.scale.len());
    let width = job.block.conv.output()[1];
    let mut cells = Cells::new(width, window);
    for (cell, out) in job.out.chunks_exact_mut(filters).enumerate() {
        let first = cells.next() * blocks;
        for block in 0..blocks {
            let (scale, shift) = coefficients(lanes, job.affine, block);
            let mut z = lanes.load(&job.z[first + block]);
            let mut t = z.mul_add(scale, shift);
            let mut nan = t;
            let mut index = lanes.splat(0.0);
            let mut place = 0.0;
            for down in 0..window[0] {
                for right in 0..window[1] {
                    let at = first + (down * width + right) * blocks + block;
                    let new_z = lanes.load(&job.z[at]);
                    let new_t = new_z.mul_add(scale, shift);
                    nan = new_t.if_eq(new_t, nan, new_t);
                    index = new_t.if_gt(t, lanes.splat(place), index);
                    z = new_t.if_gt(t, new_z, z);
                    t = new_t.if_gt(t, new_t, t);
                    place += 1.0;
                }
            }
            t = nan.if_eq(nan, t, nan);
            dense::store(job.block.activation.of(lanes, t), out, block);
            if let Some(winners) = &mut job.winners {
                index.store(&mut winners.index[cell * blocks + block]);
                z.store(&mut winners.z[cell * blocks + block]);
            }
        }
    }
}

#[inline(always)]
fn means<L: Lanes>(lanes: L, job: &mut Finish<'_>, window: [usize; 2]) {
    let (filters, blocks) = (job.block.conv.filters, job.affine.scale.len());
    let width = job.block.conv.output()[1];
    let count = lanes.splat((window[0] * window[1]) as f32);
    let mut cells = Cells::new(width, window);
    for out in job.out.chunks_exact_mut(filters) {
        let first = cells.next() * blocks;
        for block in 0..blocks {
            let mut sum = lanes.splat(0.0);
            for down in 0..window[0] {
                for right in 0..window[1] {
                    let at = first + (down * width + right) * blocks + block;
                    let t = affine(lanes, job.affine, &job.z[at], block);
                    sum = sum + job.block.activation.of(lanes, t);
                }
            }
            dense::store(sum / count, out, block);
        }
    }
}

/// `z * scale + shift` of block `block`.
#[inline(always)]
pub(super) fn affine<L: Lanes>(lanes: L, affine: &Affine, z: &[f32; LANES], block: usize) -> L::V {
    let (scale, shift) = coefficients(lanes, affine, block);
    lanes.load(z).mul_add(scale, shift)
}

#[inline(always)]
fn coefficients<L: Lanes>(lanes: L, affine: &Affine, block: usize) -> (L::V, L::V) {
    (lanes.load(&affine.scale[block]), lanes.load(&affine.shift[block]))
}
