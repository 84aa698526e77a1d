//! Standardised effect of paired differences: d_z and Hedges' g_z.

use statrs::function::gamma::ln_gamma;

use crate::stats::describe::{mean, sd};

/// An effect in units of the standard deviation of its differences.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct EffectSize {
    /// mean / sd.
    pub d_z: f64,
    /// d_z without its small-sample bias.
    pub g_z: f64,
}

/// Over `[n]` differences, n >= 3; none without spread.
pub fn effect_size(deltas: &[f64]) -> Option<EffectSize> {
    const FEWEST: usize = 3; // with one degree of freedom J does not exist
    if deltas.len() < FEWEST {
        return None;
    }
    let (centre, spread) = (mean(deltas)?, sd(deltas)?);
    (spread > 0.0).then(|| {
        let d_z = centre / spread;
        EffectSize { d_z, g_z: hedges_j(deltas.len() - 1) * d_z }
    })
}

/// Γ(df/2) / (√(df/2) Γ((df-1)/2)), the exact factor of Hedges 1981; df >= 2.
pub fn hedges_j(df: usize) -> f64 {
    let half = 0.5 * df as f64;
    (ln_gamma(half) - ln_gamma(half - 0.5)).exp() / half.sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hedges_factor_of_printed_tables() {
        for (n, expected) in [(3, 0.5642), (5, 0.7979), (8, 0.8882), (10, 0.9139), (20, 0.9599)] {
            assert!((hedges_j(n - 1) - expected).abs() < 5e-5, "n {n}");
        }
    }

    #[test]
    fn the_worked_contrast() {
        let size = effect_size(&[0.8, 1.1, -0.2, 0.9, 1.4, 0.6, 0.3, 1.0]).unwrap();
        assert!((size.d_z - 1.4713).abs() < 5e-5 && (size.g_z - 1.3068).abs() < 5e-5, "{size:?}");
        assert_eq!(effect_size(&[1.0; 5]), None);
        assert_eq!(effect_size(&[1.0, 2.0]), None);
    }
}
