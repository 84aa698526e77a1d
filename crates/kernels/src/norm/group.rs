//! Group norm (Wu & He 2018): statistics over all positions of a group of channels, per example.
//! With one group and one position it is layer norm (Ba et al. 2016).

use crate::isa::{Isa, Kernel};
use crate::lanes::{LANES, Lanes, Vector};
use crate::norm::{Affine, AffineGradient, add_rows, inverse_deviation};
use crate::sizes::product;
use crate::threads::{self, GROUP};

/// Sizes of `[examples, positions, channels]`, and how many groups the channels form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GroupSizes {
    /// Each has statistics of its own.
    pub examples: usize,
    /// Pixels of a map; 1 for vectors.
    pub positions: usize,
    /// A multiple of `groups`.
    pub channels: usize,
    /// Neighbouring channels form a group.
    pub groups: usize,
}

/// What the groups were normalised with, `[examples, groups]` each.
#[derive(Clone, Debug, PartialEq)]
pub struct GroupStats {
    /// Mean over the group's channels and positions.
    pub mean: Vec<f32>,
    /// `1 / sqrt(variance + epsilon)`.
    pub inverse: Vec<f32>,
}

/// Normalises `x` by the statistics of its groups, into `y`.
///
/// # Panics
///
/// If a length is not that of its shape.
pub fn group_forward(
    isa: Isa,
    sizes: GroupSizes,
    x: &[f32],
    affine: Affine<'_>,
    y: &mut [f32],
) -> GroupStats {
    sizes.check(x, y);
    affine.check(sizes.channels);
    let count = sizes.examples * sizes.groups;
    let mut stats = GroupStats { mean: vec![0.0; count], inverse: vec![0.0; count] };
    let examples = x.chunks_exact(sizes.len()).zip(y.chunks_exact_mut(sizes.len()));
    let means = stats.mean.chunks_exact_mut(sizes.groups);
    let inverses = stats.inverse.chunks_exact_mut(sizes.groups);
    threads::each(examples.zip(means.zip(inverses)), |((x, y), (mean, inverse))| {
        isa.run(Forward { sizes, x, affine, y, mean, inverse });
    });
    stats
}

/// The gradients, given that of the output: of the input into `dx`, of scale and shift into
/// `gradient`. Those are summed per group of [`GROUP`] examples, then over these groups in order.
///
/// # Panics
///
/// If a length is not that of its shape.
pub fn group_backward(
    isa: Isa,
    sizes: GroupSizes,
    (x, dy): (&[f32], &[f32]),
    (gamma, stats): (&[f32], &GroupStats),
    (dx, gradient): (&mut [f32], AffineGradient<'_>),
) {
    sizes.check(x, dx);
    assert_eq!(dy.len(), x.len(), "a gradient of another length");
    let GroupSizes { examples, channels, groups, .. } = sizes;
    assert!(
        gamma.len() == channels
            && gradient.gamma.len() == channels
            && gradient.beta.len() == channels,
        "a scale or a gradient of another length"
    );
    let lengths = [stats.mean.len(), stats.inverse.len()];
    assert_eq!(lengths, [product([examples, groups]); 2], "statistics of another length");
    let mut partial = vec![0.0; examples.div_ceil(GROUP) * 2 * channels];
    let rows = GROUP * sizes.len();
    let tasks = (x.chunks(rows).zip(dy.chunks(rows)))
        .zip(dx.chunks_mut(rows).zip(partial.chunks_exact_mut(2 * channels)))
        .zip(stats.mean.chunks(GROUP * groups).zip(stats.inverse.chunks(GROUP * groups)));
    threads::each(tasks, |(((x, dy), (dx, partial)), (mean, inverse))| {
        isa.run(Backward { sizes, x, dy, gamma, mean, inverse, dx, partial });
    });
    gradient.gamma.fill(0.0);
    gradient.beta.fill(0.0);
    for partial in partial.chunks_exact(2 * channels) {
        for channel in 0..channels {
            gradient.gamma[channel] += partial[channel];
            gradient.beta[channel] += partial[channels + channel];
        }
    }
}

impl GroupSizes {
    /// Values of one example.
    fn len(self) -> usize {
        self.positions * self.channels
    }

    fn check(self, x: &[f32], y: &[f32]) {
        assert!(self.groups > 0 && self.channels.is_multiple_of(self.groups), "uneven groups");
        let len = product([self.positions, self.channels]);
        assert!(len > 0, "nothing to normalise");
        assert_eq!(x.len(), product([self.examples, len]), "inputs of another length");
        assert_eq!(y.len(), x.len(), "outputs of another length");
    }

    /// Adds per-channel sums to one per group, in the order of channels.
    fn by_group(self, of_channels: &[f32]) -> Vec<f64> {
        let width = self.channels / self.groups;
        let sum = |part: &[f32]| part.iter().map(|&x| f64::from(x)).sum();
        of_channels.chunks_exact(width).map(sum).collect()
    }

    /// One value per channel of one per group.
    fn by_channel(self, of_groups: &[f32]) -> Vec<f32> {
        let width = self.channels / self.groups;
        of_groups.iter().flat_map(|&value| std::iter::repeat_n(value, width)).collect()
    }

    fn columns(self, block: usize) -> std::ops::Range<usize> {
        block * LANES..self.channels.min((block + 1) * LANES)
    }
}

/// One example.
struct Forward<'a> {
    sizes: GroupSizes,
    x: &'a [f32],
    affine: Affine<'a>,
    y: &'a mut [f32],
    mean: &'a mut [f32],
    inverse: &'a mut [f32],
}

impl Kernel for Forward<'_> {
    type Output = ();

    #[inline(always)]
    fn run<L: Lanes>(self, lanes: L) {
        let Self { sizes, x, affine, y, mean, inverse } = self;
        let channels = sizes.channels;
        let count = (sizes.len() / sizes.groups) as f64;
        let mut sums = vec![0.0; channels];
        for block in 0..channels.div_ceil(LANES) {
            let columns = sizes.columns(block);
            let mut sum = lanes.splat(0.0);
            for row in x.chunks_exact(channels) {
                sum = sum + lanes.load_part(&row[columns.clone()], 0.0);
            }
            sum.store_part(&mut sums[columns]);
        }
        for (mean, sum) in mean.iter_mut().zip(sizes.by_group(&sums)) {
            *mean = (sum / count) as f32;
        }
        let means = sizes.by_channel(mean);
        for block in 0..channels.div_ceil(LANES) {
            let columns = sizes.columns(block);
            let center = lanes.load_part(&means[columns.clone()], 0.0);
            let mut squares = lanes.splat(0.0);
            for row in x.chunks_exact(channels) {
                let deviation = lanes.load_part(&row[columns.clone()], 0.0) - center;
                squares = deviation.mul_add(deviation, squares);
            }
            squares.store_part(&mut sums[columns]);
        }
        for (inverse, squares) in inverse.iter_mut().zip(sizes.by_group(&sums)) {
            *inverse = inverse_deviation(squares / count, affine.epsilon);
        }
        let inverses = sizes.by_channel(inverse);
        for block in 0..channels.div_ceil(LANES) {
            let columns = sizes.columns(block);
            let part = |from: &[f32]| lanes.load_part(&from[columns.clone()], 0.0);
            let (center, beta) = (part(&means), part(affine.beta));
            let factor = part(&inverses) * part(affine.gamma);
            for (x, y) in x.chunks_exact(channels).zip(y.chunks_exact_mut(channels)) {
                let value = (part(x) - center).mul_add(factor, beta);
                value.store_part(&mut y[columns.clone()]);
            }
        }
    }
}

/// Up to [`GROUP`] examples.
struct Backward<'a> {
    sizes: GroupSizes,
    x: &'a [f32],
    dy: &'a [f32],
    gamma: &'a [f32],
    mean: &'a [f32],
    inverse: &'a [f32],
    dx: &'a mut [f32],
    /// Gradients of all scales, then of all shifts.
    partial: &'a mut [f32],
}

impl Kernel for Backward<'_> {
    type Output = ();

    /// With `g = dy * gamma`, `h = (x - mean) * inverse` and, over the `n` values of a group,
    /// `s = sum g` and `p = sum g * h`: `dx = inverse * (g - s / n - h * p / n)`.
    #[inline(always)]
    fn run<L: Lanes>(self, lanes: L) {
        let Self { sizes, x, dy, gamma, mean, inverse, dx, partial } = self;
        let (channels, groups) = (sizes.channels, sizes.groups);
        let count = (sizes.len() / groups) as f64;
        let zero = lanes.splat(0.0);
        let (mut sums, mut products) = (vec![0.0; channels], vec![0.0; channels]);
        for example in 0..x.len() / sizes.len() {
            let values = example * sizes.len()..(example + 1) * sizes.len();
            let (x, dy) = (&x[values.clone()], &dy[values.clone()]);
            let of_group = example * groups..(example + 1) * groups;
            let means = sizes.by_channel(&mean[of_group.clone()]);
            let inverses = sizes.by_channel(&inverse[of_group.clone()]);
            for block in 0..channels.div_ceil(LANES) {
                let columns = sizes.columns(block);
                let part = |from: &[f32]| lanes.load_part(&from[columns.clone()], 0.0);
                let (center, gamma) = (part(&means), part(gamma));
                let [sum, product] = add_rows(lanes, [dy, x], center, (block, channels), [zero; 2]);
                let product = product * part(&inverses);
                let (scales, shifts) = partial.split_at_mut(channels);
                (part(scales) + product).store_part(&mut scales[columns.clone()]);
                (part(shifts) + sum).store_part(&mut shifts[columns.clone()]);
                (sum * gamma).store_part(&mut sums[columns.clone()]);
                (product * gamma).store_part(&mut products[columns.clone()]);
            }
            let mean_of = |sums: &[f32]| -> Vec<f32> {
                let of_groups: Vec<f32> =
                    sizes.by_group(sums).iter().map(|sum| (sum / count) as f32).collect();
                sizes.by_channel(&of_groups)
            };
            let (shift, slope) = (mean_of(&sums), mean_of(&products));
            let dx = &mut dx[values];
            for block in 0..channels.div_ceil(LANES) {
                let columns = sizes.columns(block);
                let part = |from: &[f32]| lanes.load_part(&from[columns.clone()], 0.0);
                let (center, inverse, gamma) = (part(&means), part(&inverses), part(gamma));
                let (shift, slope) = (part(&shift), part(&slope) * inverse);
                let rows = x.chunks_exact(channels).zip(dy.chunks_exact(channels));
                for ((x, dy), dx) in rows.zip(dx.chunks_exact_mut(channels)) {
                    let rest = part(dy).mul_add(gamma, -shift) - (part(x) - center) * slope;
                    (rest * inverse).store_part(&mut dx[columns.clone()]);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests;
