//! Random words to numbers. Logarithms and angles come from a library that computes them in
//! software: the same bits on every machine.

use std::f64::consts::TAU;

/// In [0, 1): 32 random bits.
pub(super) fn unit(word: u32) -> f64 {
    f64::from(word) / 4_294_967_296.0
}

/// Uniform in [-bound, bound).
pub(super) fn around_0(word: u32, bound: f64) -> f64 {
    (2.0 * unit(word) - 1.0) * bound
}

/// Uniform among `0..n`; the bias is below n / 2^32.
pub(super) fn below(word: u32, n: usize) -> usize {
    ((u64::from(word) * n as u64) >> 32) as usize
}

/// Two standard normal numbers from two words (Box & Muller 1958).
pub(super) fn normal([a, b]: [u32; 2]) -> [f64; 2] {
    // In (0, 1], so that the logarithm is finite.
    let radius = (-2.0 * libm::log((f64::from(a) + 1.0) / 4_294_967_296.0)).sqrt();
    let angle = TAU * unit(b);
    [radius * libm::cos(angle), radius * libm::sin(angle)]
}

/// Gamma with this shape and scale 1 (Marsaglia & Tsang 2000), from as many words as it takes.
pub(super) fn gamma(shape: f64, words: &mut impl Iterator<Item = u32>) -> f64 {
    let mut next = || words.next().unwrap_or(u32::MAX / 2);
    if shape < 1.0 {
        // Theirs too: a larger one, shrunk.
        let shrink = libm::pow((f64::from(next()) + 1.0) / 4_294_967_296.0, 1.0 / shape);
        return shrink * gamma(shape + 1.0, words);
    }
    let d = shape - 1.0 / 3.0;
    let c = 1.0 / (9.0 * d).sqrt();
    loop {
        let [x, _] = normal([next(), next()]);
        let v = (1.0 + c * x) * (1.0 + c * x) * (1.0 + c * x);
        let u = (f64::from(next()) + 1.0) / 4_294_967_296.0;
        if v > 0.0 && libm::log(u) < 0.5 * x * x + d - d * v + d * libm::log(v) {
            return d * v;
        }
    }
}

#[cfg(test)]
mod tests {
    use fireassay_spec::{Purpose, Stream};

    use super::*;

    /// Mean and variance of many draws.
    fn moments(draws: &[f64]) -> (f64, f64) {
        let n = draws.len() as f64;
        let mean = draws.iter().sum::<f64>() / n;
        (mean, draws.iter().map(|x| (x - mean) * (x - mean)).sum::<f64>() / n)
    }

    #[test]
    fn numbers_keep_to_their_range() {
        assert_eq!([unit(0), unit(1 << 31)], [0.0, 0.5]);
        assert!(unit(u32::MAX) < 1.0);
        assert_eq!([around_0(0, 3.0), around_0(1 << 31, 3.0)], [-3.0, 0.0]);
        assert_eq!([below(0, 10), below(u32::MAX, 10), below(1 << 31, 10)], [0, 9, 5]);
        assert!(normal([0, 0]).iter().chain(&normal([u32::MAX, 7])).all(|x| x.is_finite()));
    }

    #[test]
    fn normal_draws_have_mean_0_variance_1_and_thin_tails() {
        let words = Stream::new(1, Purpose::Corrupt, 0, 0).words(200_000);
        let draws: Vec<f64> =
            words.chunks_exact(2).flat_map(|pair| normal([pair[0], pair[1]])).collect();
        let (mean, variance) = moments(&draws);
        let sd = 1.0 / (draws.len() as f64).sqrt();
        assert!(mean.abs() < 4.0 * sd, "{mean}");
        assert!((variance - 1.0).abs() < 4.0 * 2f64.sqrt() * sd, "{variance}");
        // Beyond 1.96: 5 %.
        let beyond = draws.iter().filter(|x| x.abs() > 1.959_964).count() as f64 * sd * sd;
        assert!((beyond - 0.05).abs() < 4.0 * 0.218 * sd, "{beyond}");
    }

    #[test]
    fn gamma_draws_have_their_mean_and_variance() {
        for shape in [0.2, 1.0, 4.5] {
            let mut words = Stream::new(2, Purpose::Augment, 0, 0).words(400_000).into_iter();
            let draws: Vec<f64> = (0..40_000).map(|_| gamma(shape, &mut words)).collect();
            let (mean, variance) = moments(&draws);
            let sd = (shape / draws.len() as f64).sqrt();
            assert!((mean - shape).abs() < 4.0 * sd, "{shape}: mean {mean}");
            assert!((variance / shape - 1.0).abs() < 0.1, "{shape}: variance {variance}");
        }
    }
}
