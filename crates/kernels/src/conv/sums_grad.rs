//! Back through pool, activation and norm, for one image.

use super::backward::{Coefficients, Seen};
use super::dense;
use super::finish::affine;
use super::forward::Saved;
use super::shape::{Activation, Block, Cells, Pool};
use crate::Kernel;
use crate::lanes::{LANES, Lanes, Vector};

/// A forward pass and the gradient of its output.
#[derive(Clone, Copy)]
pub(super) struct View<'a> {
    pub(super) saved: &'a Saved,
    pub(super) seen: &'a Seen<'a>,
}

/// One image of it. Blocks are `[pixel][block][16]`.
#[derive(Clone, Copy)]
pub(super) struct Image<'a> {
    saved: &'a Saved,
    /// The output and its gradient.
    y: &'a [f32],
    grad: &'a [f32],
    z: Option<&'a [[f32; LANES]]>,
    /// Whether the output follows from `z` alone, pixel by pixel.
    only_z: bool,
    /// The index and the sum of each maximum.
    winners: Option<[&'a [[f32; LANES]]; 2]>,
}

impl<'a> View<'a> {
    pub(super) fn image(&self, image: usize) -> Image<'a> {
        let block = &self.saved.block;
        let blocks = block.conv.out_blocks();
        let (len, pooled) = (block.image_len(), block.pooled() * blocks);
        let pixels = block.conv.pixels() * blocks;
        let winners = self.saved.winners.as_ref();
        Image {
            saved: self.saved,
            y: &self.seen.y[image * len..][..len],
            grad: &self.seen.grad[image * len..][..len],
            z: self.saved.z.as_ref().map(|z| &z.blocks()[image * pixels..][..pixels]),
            only_z: block.pool == Pool::None && !self.saved.has_residual,
            winners: winners
                .map(|all| all.each_ref().map(|w| &w.blocks()[image * pooled..][..pooled])),
        }
    }
}

impl Image<'_> {
    fn block(&self) -> &Block {
        &self.saved.block
    }

    /// The gradient before the activation, at output pixel `pixel`. Not for an average.
    #[inline(always)]
    fn slope<L: Lanes>(&self, lanes: L, pixel: usize, block: usize) -> L::V {
        let filters = self.block().conv.filters;
        let activation = self.block().activation;
        let grad = dense::load(lanes, &self.grad[pixel * filters..][..filters], block);
        let y = match self.z {
            // Memory is slower than one multiply-add.
            Some(z) if self.only_z && is_cheap(activation) => {
                let z = &z[pixel * self.saved.affine.scale.len() + block];
                activation.of(lanes, affine(lanes, &self.saved.affine, z, block))
            }
            _ => dense::load(lanes, &self.y[pixel * filters..][..filters], block),
        };
        activation.back(lanes, y, grad)
    }

    /// The gradient before the activation at sum `at`, of the one of its window's mean.
    #[inline(always)]
    fn slope_of_mean<L: Lanes>(&self, lanes: L, z: &[f32; LANES], share: L::V, b: usize) -> L::V {
        let t = affine(lanes, &self.saved.affine, z, b);
        let activation = self.block().activation;
        activation.back(lanes, activation.of(lanes, t), share)
    }

    /// The gradient of each value of the window of output pixel `pixel`.
    #[inline(always)]
    fn share<L: Lanes>(&self, lanes: L, pixel: usize, block: usize, window: [usize; 2]) -> L::V {
        let filters = self.block().conv.filters;
        let grad = dense::load(lanes, &self.grad[pixel * filters..][..filters], block);
        grad / lanes.splat((window[0] * window[1]) as f32)
    }
}

/// Whether an activation is computed again rather than read.
fn is_cheap(activation: Activation) -> bool {
    matches!(activation, Activation::Relu | Activation::Relu6)
}

/// The sums over one image of the gradient behind the norm, and of the same times the deviation
/// from the mean.
pub(super) struct Slopes<'a> {
    pub(super) image: Image<'a>,
    pub(super) mean: &'a [[f32; LANES]],
    pub(super) grads: &'a mut [[f32; LANES]],
    pub(super) deviations: &'a mut [[f32; LANES]],
}

impl Kernel for Slopes<'_> {
    type Output = ();

    #[inline(always)]
    fn run<L: Lanes>(self, lanes: L) {
        let Self { image, mean, grads, deviations } = self;
        let blocks = mean.len();
        let z = match (image.winners, image.z) {
            (Some([_, z]), _) => Some(z),
            (None, z) => z,
        };
        for block in 0..blocks {
            let mean = lanes.load(&mean[block]);
            let mut sums = [lanes.splat(0.0); 2];
            if let (Pool::Average(window), Some(z)) = (image.block().pool, image.z) {
                let width = image.block().conv.output()[1];
                let mut cells = Cells::new(width, window);
                for pixel in 0..image.block().pooled() {
                    let share = image.share(lanes, pixel, block, window);
                    let first = cells.next();
                    for down in 0..window[0] {
                        for right in 0..window[1] {
                            let z = &z[(first + down * width + right) * blocks + block];
                            let grad = image.slope_of_mean(lanes, z, share, block);
                            sums[0] = sums[0] + grad;
                            sums[1] = grad.mul_add(lanes.load(z) - mean, sums[1]);
                        }
                    }
                }
            } else {
                for pixel in 0..image.block().pooled() {
                    let grad = image.slope(lanes, pixel, block);
                    sums[0] = sums[0] + grad;
                    if let Some(z) = z {
                        let z = lanes.load(&z[pixel * blocks + block]);
                        sums[1] = grad.mul_add(z - mean, sums[1]);
                    }
                }
            }
            sums[0].store(&mut grads[block]);
            sums[1].store(&mut deviations[block]);
        }
    }
}

/// The gradient of the sums of one image.
pub(super) struct SumsGrad<'a> {
    pub(super) image: Image<'a>,
    pub(super) coefficients: &'a Coefficients,
    /// Written.
    pub(super) sums: &'a mut [[f32; LANES]],
    /// Written, as long as the output.
    pub(super) residual: Option<&'a mut [f32]>,
}

impl Kernel for SumsGrad<'_> {
    type Output = ();

    #[inline(always)]
    fn run<L: Lanes>(mut self, lanes: L) {
        match self.image.block().pool {
            Pool::None => self.all(lanes),
            Pool::Max(window) => {
                self.rest(lanes, window);
                self.maxima(lanes, window);
            }
            Pool::Average(window) => {
                self.rest(lanes, window);
                self.means(lanes, window);
            }
        }
    }
}

impl SumsGrad<'_> {
    #[inline(always)]
    fn all<L: Lanes>(&mut self, lanes: L) {
        let blocks = self.coefficients.by_grad.len();
        let filters = self.image.block().conv.filters;
        for pixel in 0..self.image.block().pooled() {
            for block in 0..blocks {
                let grad = self.image.slope(lanes, pixel, block);
                if let Some(residual) = &mut self.residual {
                    dense::store(grad, &mut residual[pixel * filters..][..filters], block);
                }
                self.put(lanes, pixel, block, grad);
            }
        }
    }

    /// All of the gradient goes to the value that won.
    #[inline(always)]
    fn maxima<L: Lanes>(&mut self, lanes: L, window: [usize; 2]) {
        let Some([index, _]) = self.image.winners else { return };
        let (blocks, zero) = (self.coefficients.by_grad.len(), lanes.splat(0.0));
        let width = self.image.block().conv.output()[1];
        let mut cells = Cells::new(width, window);
        for pixel in 0..self.image.block().pooled() {
            let first = cells.next();
            for block in 0..blocks {
                let grad = self.image.slope(lanes, pixel, block);
                let index = lanes.load(&index[pixel * blocks + block]);
                let mut place = 0.0;
                for down in 0..window[0] {
                    for right in 0..window[1] {
                        let grad = index.if_eq(lanes.splat(place), grad, zero);
                        self.put(lanes, first + down * width + right, block, grad);
                        place += 1.0;
                    }
                }
            }
        }
    }

    #[inline(always)]
    fn means<L: Lanes>(&mut self, lanes: L, window: [usize; 2]) {
        let Some(z) = self.image.z else { return };
        let blocks = self.coefficients.by_grad.len();
        let width = self.image.block().conv.output()[1];
        let mut cells = Cells::new(width, window);
        for pixel in 0..self.image.block().pooled() {
            let first = cells.next();
            for block in 0..blocks {
                let share = self.image.share(lanes, pixel, block, window);
                for down in 0..window[0] {
                    for right in 0..window[1] {
                        let at = first + down * width + right;
                        let z = &z[at * blocks + block];
                        let grad = self.image.slope_of_mean(lanes, z, share, block);
                        self.put(lanes, at, block, grad);
                    }
                }
            }
        }
    }

    /// What no window reaches has no gradient but the norm's.
    #[inline(always)]
    fn rest<L: Lanes>(&mut self, lanes: L, window: [usize; 2]) {
        let [height, width] = self.image.block().conv.output();
        let [rows, columns] = [height / window[0] * window[0], width / window[1] * window[1]];
        for row in 0..height {
            for column in if row < rows { columns..width } else { 0..width } {
                for block in 0..self.coefficients.by_grad.len() {
                    self.put(lanes, row * width + column, block, lanes.splat(0.0));
                }
            }
        }
    }

    /// The gradient of sum `pixel`, of `grad` behind the norm.
    #[inline(always)]
    fn put<L: Lanes>(&mut self, lanes: L, pixel: usize, block: usize, grad: L::V) {
        let blocks = self.coefficients.by_grad.len();
        let at = pixel * blocks + block;
        let grad = match (&self.coefficients.by_z, self.image.z) {
            (Some(by_z), Some(z)) => {
                let rest = affine(lanes, by_z, &z[at], block);
                grad.mul_add(lanes.load(&self.coefficients.by_grad[block]), rest)
            }
            _ => grad,
        };
        grad.store(&mut self.sums[at]);
    }
}
