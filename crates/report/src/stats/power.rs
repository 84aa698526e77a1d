//! What a design can show: smallest p, seeds needed, smallest effect it finds.

use crate::stats::{normal, student};

/// Chance of finding an effect that [`detectable`] promises.
pub const POWER: f64 = 0.8;

/// More seeds than this are not looked for.
pub const MOST_SEEDS: usize = 1000;

/// The smallest p of a two-sided sign-flip test of n >= 1 differences: 2^(1 - n).
pub fn smallest_p(n: usize) -> f64 {
    0.5_f64.powi(i32::try_from(n).unwrap_or(i32::MAX) - 1)
}

/// The fewest seeds with which the first Holm step over m >= 1 contrasts can reach `alpha` > 0.
pub fn fewest_seeds(m: usize, alpha: f64) -> usize {
    let threshold = alpha / m as f64;
    let mut n = 1;
    while smallest_p(n) > threshold {
        n += 1;
    }
    n
}

/// The smallest true mean, in units of the standard deviation of the differences, that a paired
/// t test of n >= 2 finds with [`POWER`] at the first Holm step over m >= 1 contrasts.
///
/// An approximation: from [`fewest_seeds`] on within 4 % of what the non-central t distribution
/// gives, below that up to 20 % too small. The sign-flip test needs a little more than t, as its
/// p comes in steps.
pub fn detectable(n: usize, m: usize, alpha: f64) -> Option<f64> {
    if n < 2 {
        return None;
    }
    let df = n - 1;
    let reject = student::quantile(1.0 - alpha / (2.0 * m as f64), df);
    Some((reject + student::quantile(POWER, df)) / (n as f64).sqrt())
}

/// The fewest seeds that find a true mean of `effect` standard deviations, at least
/// [`fewest_seeds`]; none beyond [`MOST_SEEDS`] or without an effect.
pub fn seeds_for(effect: f64, m: usize, alpha: f64) -> Option<usize> {
    let enough = |n: usize| detectable(n, m, alpha).is_some_and(|d| d <= effect.abs());
    // The normal distribution has shorter tails than any t, so it never needs more seeds; and
    // `detectable` falls with n, so the range splits once, a little above that.
    let normal = 1.0 - alpha / (2.0 * m as f64);
    let shift = (normal::quantile(normal) + normal::quantile(POWER)) / effect.abs();
    let least = (shift * shift).min(MOST_SEEDS as f64).floor() as usize;
    let (mut low, mut step) = (least.max(fewest_seeds(m, alpha)).max(2), 1);
    let mut high = low;
    while high <= MOST_SEEDS && !enough(high) {
        low = high + 1;
        high = if low <= MOST_SEEDS { (high + step).min(MOST_SEEDS) } else { low };
        step *= 2;
    }
    if high > MOST_SEEDS {
        return None;
    }
    while low < high {
        let middle = (low + high) / 2;
        if enough(middle) {
            high = middle;
        } else {
            low = middle + 1;
        }
    }
    Some(low)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seeds_that_a_family_needs() {
        for (m, n, p) in [
            (1, 6, 0.031_25),
            (2, 7, 0.015_625),
            (3, 7, 0.015_625),
            (5, 8, 0.007_812_5),
            (10, 9, 0.003_906_25),
            (20, 10, 0.001_953_125),
            (50, 11, 0.000_976_562_5),
        ] {
            assert_eq!((fewest_seeds(m, 0.05), smallest_p(n)), (n, p), "m = {m}");
        }
    }

    #[test]
    fn effects_that_a_design_finds() {
        let check = |m, table: &[(usize, f64)]| {
            for &(n, expected) in table {
                let found = detectable(n, m, 0.05).unwrap();
                assert!((found - expected).abs() < 5e-3, "n {n}, m {m}: {found}");
            }
        };
        check(
            1,
            &[
                (3, 3.10),
                (5, 1.66),
                (6, 1.42),
                (8, 1.15),
                (10, 0.99),
                (15, 0.78),
                (20, 0.66),
                (30, 0.53),
            ],
        );
        check(3, &[(5, 2.19), (8, 1.42), (10, 1.21), (15, 0.93), (20, 0.78)]);
        check(10, &[(5, 2.92), (8, 1.74), (10, 1.45), (15, 1.08), (20, 0.90)]);
        assert_eq!(detectable(1, 1, 0.05), None);
    }

    #[test]
    fn seeds_that_an_effect_needs() {
        for (effect, n) in [(0.5, 34), (0.8, 15), (1.0, 10)] {
            assert_eq!(seeds_for(effect, 1, 0.05), Some(n), "d = {effect}");
        }
        // A large effect does not go below what the sign-flip test can show at all.
        assert_eq!(seeds_for(1.5, 1, 0.05), Some(6));
        assert_eq!(seeds_for(50.0, 2, 0.05), Some(7));
        for (m, effect) in (1..60_u32).map(|i| (1 + i as usize % 7, 0.1 * f64::from(i))) {
            let enough = |n: &usize| detectable(*n, m, 0.05).is_some_and(|d| d <= effect);
            let expected = (fewest_seeds(m, 0.05)..=MOST_SEEDS).find(enough);
            assert_eq!(seeds_for(effect, m, 0.05), expected, "{m} {effect}");
        }
        assert_eq!(seeds_for(0.0, 1, 0.05), None);
        assert_eq!(seeds_for(-1.0, 1, 0.05), Some(10));
    }
}
