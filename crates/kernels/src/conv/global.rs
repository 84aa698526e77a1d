//! The mean of each channel over all positions.

use super::dense;
use crate::lanes::{LANES, Lanes};
use crate::sizes::product;
use crate::{Isa, Kernel, threads};

/// The mean over the positions of `x` `[image][position][channel]`: `out` `[image][channel]`, each
/// one sum in the order of the positions, divided by their number.
///
/// # Panics
///
/// If the lengths do not fit `[images, positions, channels]`, or positions or channels are none.
pub fn global_average(isa: Isa, shape: [usize; 3], x: &[f32], out: &mut [f32]) {
    check(shape, x, out);
    let [_, positions, channels] = shape;
    let images = x.chunks_exact(positions * channels).zip(out.chunks_exact_mut(channels));
    threads::each(images, |(x, out)| isa.run(Mean { x, out }));
}

/// The gradient of [`global_average`]: `x` `[image][position][channel]` of `grad`
/// `[image][channel]`.
///
/// # Panics
///
/// As [`global_average`].
pub fn global_average_backward(isa: Isa, shape: [usize; 3], grad: &[f32], x: &mut [f32]) {
    check(shape, x, grad);
    let [_, positions, channels] = shape;
    let images = x.chunks_exact_mut(positions * channels).zip(grad.chunks_exact(channels));
    threads::each(images, |(x, grad)| isa.run(Spread { grad, x }));
}

fn check([images, positions, channels]: [usize; 3], x: &[f32], out: &[f32]) {
    assert!(positions > 0 && channels > 0, "there are no positions or no channels");
    assert_eq!(x.len(), product([images, positions, channels]), "values of the images");
    assert_eq!(out.len(), product([images, channels]), "values of the means");
}

struct Mean<'a> {
    x: &'a [f32],
    out: &'a mut [f32],
}

impl Kernel for Mean<'_> {
    type Output = ();

    #[inline(always)]
    fn run<L: Lanes>(self, lanes: L) {
        let channels = self.out.len();
        let count = lanes.splat((self.x.len() / channels) as f32);
        for block in 0..channels.div_ceil(LANES) {
            let mut sum = lanes.splat(0.0);
            for pixel in self.x.chunks_exact(channels) {
                sum = sum + dense::load(lanes, pixel, block);
            }
            dense::store(sum / count, self.out, block);
        }
    }
}

struct Spread<'a> {
    grad: &'a [f32],
    x: &'a mut [f32],
}

impl Kernel for Spread<'_> {
    type Output = ();

    #[inline(always)]
    fn run<L: Lanes>(self, lanes: L) {
        let channels = self.grad.len();
        let count = lanes.splat((self.x.len() / channels) as f32);
        for block in 0..channels.div_ceil(LANES) {
            let share = dense::load(lanes, self.grad, block) / count;
            for pixel in self.x.chunks_exact_mut(channels) {
                dense::store(share, pixel, block);
            }
        }
    }
}
