//! Standard normal distribution: tail and quantile.

use statrs::function::erf::erfc_inv;
use statrs::function::gamma::gamma_ur;

/// P(Z >= z), exact in the far upper tail too: half the tail of χ² with one degree of freedom,
/// because the complementary error function at hand is good to eight digits only.
pub fn upper_tail(z: f64) -> f64 {
    let squared = z * z;
    let both = match squared {
        0.0 => 1.0, // the incomplete gamma function is not defined at its ends
        f64::INFINITY => 0.0,
        _ => gamma_ur(0.5, 0.5 * squared),
    };
    if z >= 0.0 { 0.5 * both } else { 1.0 - 0.5 * both }
}

/// The z with P(Z <= z) = p, for p in (0, 1).
pub fn quantile(p: f64) -> f64 {
    -std::f64::consts::SQRT_2 * erfc_inv(2.0 * p)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_of_printed_tables() {
        for (p, z) in [(0.5, 0.0), (0.8, 0.841_621), (0.95, 1.644_854), (0.975, 1.959_964)] {
            assert!((quantile(p) - z).abs() < 5e-7, "{p}: {}", quantile(p));
            assert!((quantile(1.0 - p) + z).abs() < 5e-7, "{p}");
            assert!((upper_tail(quantile(p)) - (1.0 - p)).abs() < 1e-12, "{p}");
        }
    }

    #[test]
    fn the_far_tail_is_not_zero() {
        assert!(upper_tail(20.0) > 0.0);
        assert_eq!((upper_tail(f64::INFINITY), upper_tail(f64::NEG_INFINITY)), (0.0, 1.0));
    }
}
