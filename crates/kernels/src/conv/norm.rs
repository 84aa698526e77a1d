//! Batch norm (Ioffe and Szegedy 2015): statistics of each channel over images and positions.

use crate::buffer::Buffer;
use crate::lanes::{LANES, Lanes, Vector};
use crate::{Kernel, conv::dense};

/// The parameters of a batch norm.
#[derive(Clone, Copy, Debug)]
pub struct Norm<'a> {
    /// The factor of each channel.
    pub gamma: &'a [f32],
    /// The offset of each channel.
    pub beta: &'a [f32],
    /// What is added to the variance.
    pub epsilon: f64,
}

/// What an evaluation norms by.
#[derive(Clone, Copy, Debug)]
pub struct Running<'a> {
    /// The mean of each channel.
    pub mean: &'a [f32],
    /// The variance of each channel.
    pub variance: &'a [f32],
}

/// Statistics of one batch.
#[derive(Clone, Debug, PartialEq)]
pub struct Statistics {
    /// The mean of each channel, with the bias.
    pub mean: Vec<f32>,
    /// The mean squared deviation of each channel: divided by `count`. PyTorch's running variance
    /// takes it times `count / (count - 1)`.
    pub variance: Vec<f32>,
    /// Values of a channel.
    pub count: usize,
}

/// What a batch norm of one batch comes to, per channel and in f64.
#[derive(Clone, Debug)]
pub(super) struct Fitted {
    /// The mean, without the bias.
    pub(super) mean: Vec<f64>,
    /// The mean squared deviation.
    pub(super) variance: Vec<f64>,
    /// One over the standard deviation.
    pub(super) inverse: Vec<f64>,
    /// Values of a channel.
    pub(super) count: usize,
}

impl Fitted {
    /// For the caller, who counts the bias into the mean.
    pub(super) fn statistics(&self, bias: Option<&[f32]>) -> Statistics {
        let bias = |channel: usize| bias.map_or(0.0, |bias| f64::from(bias[channel]));
        let means = self.mean.iter().enumerate();
        Statistics {
            mean: means.map(|(channel, mean)| (mean + bias(channel)) as f32).collect(),
            variance: self.variance.iter().map(|&variance| variance as f32).collect(),
            count: self.count,
        }
    }
}

/// A factor and an offset for each channel, in blocks of sixteen. Behind the last channel they
/// are 0.
#[derive(Clone, Debug)]
pub(super) struct Affine {
    pub(super) scale: Vec<[f32; LANES]>,
    pub(super) shift: Vec<[f32; LANES]>,
}

impl Affine {
    pub(super) fn identity(channels: usize) -> Self {
        Self {
            scale: dense::blocks(&vec![1.0; channels], 0.0),
            shift: dense::blocks(&vec![0.0; channels], 0.0),
        }
    }

    /// `gamma (x - mean) / deviation + beta`.
    pub(super) fn of(norm: &Norm<'_>, mean: &[f64], inverse: &[f64]) -> (Vec<f32>, Vec<f32>) {
        let channels = norm.gamma.iter().zip(norm.beta).zip(mean.iter().zip(inverse));
        let affine = |((&gamma, &beta), (&mean, &inverse)): ((&f32, &f32), (&f64, &f64))| {
            let scale = f64::from(gamma) * inverse;
            (scale as f32, (f64::from(beta) - scale * mean) as f32)
        };
        channels.map(affine).unzip()
    }
}

/// Sums of each image and channel: `[image][block][16]`.
#[derive(Debug)]
pub(super) struct Moments {
    /// The mean of the image.
    pub(super) mean: Buffer,
    /// The sum of squared deviations from it.
    pub(super) squares: Buffer,
}

impl Moments {
    pub(super) fn stale(images: usize, blocks: usize) -> Self {
        let len = images * blocks * LANES;
        Self { mean: Buffer::stale(len), squares: Buffer::stale(len) }
    }

    /// Merges the images, each of `pixels` values, in their order.
    pub(super) fn merge(&self, channels: usize, pixels: usize, epsilon: f64) -> Fitted {
        let row = channels.next_multiple_of(LANES);
        let images = self.mean.len() / row;
        let mut fitted =
            Fitted { mean: vec![], variance: vec![], inverse: vec![], count: images * pixels };
        for channel in 0..channels {
            let (mut mean, mut squares) = (0.0, 0.0);
            for image in 0..images {
                let at = image * row + channel;
                let before = (image * pixels) as f64;
                let share = pixels as f64 / (before + pixels as f64);
                let delta = f64::from(self.mean[at]) - mean;
                mean += delta * share;
                squares += f64::from(self.squares[at]) + delta * delta * before * share;
            }
            let variance = squares / fitted.count as f64;
            fitted.mean.push(mean);
            fitted.variance.push(variance);
            fitted.inverse.push(1.0 / (variance + epsilon).sqrt());
        }
        fitted
    }
}

/// The moments of one image `[pixel][block][16]`.
pub(super) struct Measure<'a> {
    pub(super) z: &'a [[f32; LANES]],
    pub(super) mean: &'a mut [[f32; LANES]],
    pub(super) squares: &'a mut [[f32; LANES]],
}

impl Kernel for Measure<'_> {
    type Output = ();

    #[inline(always)]
    fn run<L: Lanes>(self, lanes: L) {
        let blocks = self.mean.len();
        let pixels = self.z.len() / blocks;
        let over = lanes.splat(1.0) / lanes.splat(pixels as f32);
        for block in 0..blocks {
            let mean = chains(lanes, self.z, [block, blocks], None) * over;
            let squares = chains(lanes, self.z, [block, blocks], Some(mean));
            mean.store(&mut self.mean[block]);
            squares.store(&mut self.squares[block]);
        }
    }
}

/// The sum of the values, or of their squared deviations from a mean. Four chains, of every fourth
/// value each, hide the time that an addition takes.
#[inline(always)]
fn chains<L: Lanes>(
    lanes: L,
    z: &[[f32; LANES]],
    [block, blocks]: [usize; 2],
    mean: Option<L::V>,
) -> L::V {
    let mut sums = [lanes.splat(0.0); 4];
    let mut fours = z.chunks_exact(4 * blocks);
    for four in &mut fours {
        for chain in 0..4 {
            sums[chain] = add::<L>(sums[chain], lanes.load(&four[chain * blocks + block]), mean);
        }
    }
    for (chain, pixel) in fours.remainder().chunks_exact(blocks).enumerate() {
        sums[chain] = add::<L>(sums[chain], lanes.load(&pixel[block]), mean);
    }
    (sums[0] + sums[1]) + (sums[2] + sums[3])
}

#[inline(always)]
fn add<L: Lanes>(sum: L::V, value: L::V, mean: Option<L::V>) -> L::V {
    let Some(mean) = mean else { return sum + value };
    let deviation = value - mean;
    deviation.mul_add(deviation, sum)
}
