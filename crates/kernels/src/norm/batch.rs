//! Batch norm (Ioffe & Szegedy 2015) of rows of channels: vectors of a batch, or the pixels of maps
//! whose channels come last.

use crate::isa::{Isa, Kernel};
use crate::lanes::{LANES, Lanes, Vector};
use crate::norm::{Affine, AffineGradient, add_rows, inverse_deviation};

/// What a batch was normalised with, one value per channel.
#[derive(Clone, Debug, PartialEq)]
pub struct BatchStats {
    /// Mean over the rows.
    pub mean: Vec<f32>,
    /// Mean squared deviation: divided by the number of rows, not by one less.
    pub variance: Vec<f32>,
    /// `1 / sqrt(variance + epsilon)`.
    pub inverse: Vec<f32>,
}

/// Normalises `x [rows, channels]` by its own statistics, into `y`.
///
/// A sum over rows is one chain in their order; the second pass sums squared deviations from the
/// mean, so a large mean costs no more digits than its own rounding.
///
/// # Panics
///
/// If a length is not that of its shape or there are no rows.
pub fn batch_forward(isa: Isa, x: &[f32], affine: Affine<'_>, y: &mut [f32]) -> BatchStats {
    let channels = affine.gamma.len();
    affine.check(channels);
    assert!(!x.is_empty() && x.len().is_multiple_of(channels), "rows of another length");
    assert_eq!(y.len(), x.len(), "outputs of another length");
    let mut stats = BatchStats {
        mean: vec![0.0; channels],
        variance: vec![0.0; channels],
        inverse: vec![0.0; channels],
    };
    isa.run(Statistics { x, epsilon: affine.epsilon, stats: &mut stats });
    scale(isa, x, affine, (&stats.mean, &stats.inverse), y);
    stats
}

/// Normalises by given means and variances, as after training.
///
/// # Panics
///
/// If a length is not that of its shape.
pub fn batch_inference(
    isa: Isa,
    x: &[f32],
    affine: Affine<'_>,
    (mean, variance): (&[f32], &[f32]),
    y: &mut [f32],
) {
    let channels = affine.gamma.len();
    affine.check(channels);
    assert!(mean.len() == channels && variance.len() == channels, "statistics of another length");
    assert!(x.len() == y.len() && x.len().is_multiple_of(channels), "rows of another length");
    let inverse = |&variance: &f32| inverse_deviation(f64::from(variance), affine.epsilon);
    let inverse: Vec<f32> = variance.iter().map(inverse).collect();
    scale(isa, x, affine, (mean, &inverse), y);
}

/// The gradients, given that of the output: of the input into `dx`, of scale and shift into
/// `gradient`.
///
/// # Panics
///
/// If a length is not that of its shape.
pub fn batch_backward(
    isa: Isa,
    (x, dy): (&[f32], &[f32]),
    (gamma, stats): (&[f32], &BatchStats),
    dx: &mut [f32],
    gradient: AffineGradient<'_>,
) {
    let channels = gamma.len();
    assert!(dy.len() == x.len() && dx.len() == x.len(), "gradients of another length");
    assert!(x.len().is_multiple_of(channels), "rows of another length");
    let lengths = [stats.mean.len(), stats.inverse.len()];
    assert_eq!(lengths, [channels; 2], "statistics of another length");
    assert!(
        gradient.gamma.len() == channels && gradient.beta.len() == channels,
        "gradients of scale and shift of another length"
    );
    isa.run(Backward { x, dy, gamma, stats, dx, gradient });
}

struct Statistics<'a> {
    x: &'a [f32],
    epsilon: f64,
    stats: &'a mut BatchStats,
}

impl Kernel for Statistics<'_> {
    type Output = ();

    #[inline(always)]
    fn run<L: Lanes>(self, lanes: L) {
        let Self { x, epsilon, stats } = self;
        let channels = stats.mean.len();
        let rows = (x.len() / channels) as f32;
        let zero = lanes.splat(0.0);
        for block in 0..channels.div_ceil(LANES) {
            let columns = block * LANES..channels.min((block + 1) * LANES);
            let mut sum = zero;
            for row in x.chunks_exact(channels) {
                sum = sum + lanes.load_part(&row[columns.clone()], 0.0);
            }
            let mean = sum / lanes.splat(rows);
            let mut squares = zero;
            for row in x.chunks_exact(channels) {
                let deviation = lanes.load_part(&row[columns.clone()], 0.0) - mean;
                squares = deviation.mul_add(deviation, squares);
            }
            let variance = squares / lanes.splat(rows);
            mean.store_part(&mut stats.mean[columns.clone()]);
            variance.store_part(&mut stats.variance[columns.clone()]);
            for channel in columns {
                let variance = f64::from(stats.variance[channel]);
                stats.inverse[channel] = inverse_deviation(variance, epsilon);
            }
        }
    }
}

/// `y = (x - mean) * inverse * gamma + beta`.
fn scale(
    isa: Isa,
    x: &[f32],
    affine: Affine<'_>,
    (mean, inverse): (&[f32], &[f32]),
    y: &mut [f32],
) {
    isa.run(Scale { x, affine, mean, inverse, y });
}

struct Scale<'a> {
    x: &'a [f32],
    affine: Affine<'a>,
    mean: &'a [f32],
    inverse: &'a [f32],
    y: &'a mut [f32],
}

impl Kernel for Scale<'_> {
    type Output = ();

    #[inline(always)]
    fn run<L: Lanes>(self, lanes: L) {
        let channels = self.mean.len();
        for block in 0..channels.div_ceil(LANES) {
            let columns = block * LANES..channels.min((block + 1) * LANES);
            let part = |from: &[f32]| lanes.load_part(&from[columns.clone()], 0.0);
            let (mean, beta) = (part(self.mean), part(self.affine.beta));
            let factor = part(self.inverse) * part(self.affine.gamma);
            for (x, y) in self.x.chunks_exact(channels).zip(self.y.chunks_exact_mut(channels)) {
                let value = (part(x) - mean).mul_add(factor, beta);
                value.store_part(&mut y[columns.clone()]);
            }
        }
    }
}

struct Backward<'a> {
    x: &'a [f32],
    dy: &'a [f32],
    gamma: &'a [f32],
    stats: &'a BatchStats,
    dx: &'a mut [f32],
    gradient: AffineGradient<'a>,
}

impl Kernel for Backward<'_> {
    type Output = ();

    /// With `h = (x - mean) * inverse`, `s = sum dy` and `p = sum dy * h` over `n` rows:
    /// `dx = gamma * inverse * (dy - s / n - h * p / n)`.
    #[inline(always)]
    fn run<L: Lanes>(self, lanes: L) {
        let Self { x, dy, gamma, stats, dx, gradient } = self;
        let channels = gamma.len();
        let share = lanes.splat(channels as f32 / x.len().max(1) as f32);
        let zero = lanes.splat(0.0);
        for block in 0..channels.div_ceil(LANES) {
            let columns = block * LANES..channels.min((block + 1) * LANES);
            let part = |from: &[f32]| lanes.load_part(&from[columns.clone()], 0.0);
            let (mean, inverse) = (part(&stats.mean), part(&stats.inverse));
            let [sum, product] = add_rows(lanes, [dy, x], mean, (block, channels), [zero; 2]);
            let product = product * inverse;
            sum.store_part(&mut gradient.beta[columns.clone()]);
            product.store_part(&mut gradient.gamma[columns.clone()]);
            let factor = part(gamma) * inverse;
            let (shift, slope) = (sum * share, product * share * inverse);
            let rows = x.chunks_exact(channels).zip(dy.chunks_exact(channels));
            for ((x, dy), dx) in rows.zip(dx.chunks_exact_mut(channels)) {
                let rest = part(dy) - shift - (part(x) - mean) * slope;
                (rest * factor).store_part(&mut dx[columns.clone()]);
            }
        }
    }
}

#[cfg(test)]
mod tests;
