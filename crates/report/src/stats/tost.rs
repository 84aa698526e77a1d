//! Two one-sided t tests: is the mean inside a region of practical equivalence (Schuirmann 1987)?

use crate::stats::describe::{mean, standard_error};
use crate::stats::student;

/// p of "the mean is not inside (-rope, rope)" over `[n]` differences, n >= 2, rope > 0.
/// p <= 0.05 says the same as "the 90 % t interval lies inside".
pub fn p_value(deltas: &[f64], rope: f64) -> Option<f64> {
    let not_below = non_inferiority(deltas, rope)?;
    let mirrored: Vec<f64> = deltas.iter().map(|d| -d).collect();
    Some(not_below.max(non_inferiority(&mirrored, rope)?))
}

/// p of "the mean is -margin or lower" over `[n]` differences in favour of the condition, n >= 2,
/// margin > 0: one half of [`p_value`]. p <= 0.05 says the same as "the lower end of the 90 % t
/// interval is above -margin".
pub fn non_inferiority(deltas: &[f64], margin: f64) -> Option<f64> {
    let (centre, se) = (mean(deltas)?, standard_error(deltas)?);
    if se == 0.0 {
        return Some(if centre > -margin { 0.0 } else { 1.0 });
    }
    Some(student::upper_tail((centre + margin) / se, deltas.len() - 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_worked_contrast() {
        let deltas = [0.8, 1.1, -0.2, 0.9, 1.4, 0.6, 0.3, 1.0];
        let check = |rope, expected: f64, digits: f64| {
            assert!((p_value(&deltas, rope).unwrap() - expected).abs() < digits, "rope {rope}");
        };
        check(0.5, 0.8890, 5e-5);
        check(1.0, 0.091_05, 5e-6);
        check(1.5, 0.001_778, 5e-7);
    }

    #[test]
    fn without_spread_it_is_a_comparison() {
        assert_eq!(p_value(&[0.1; 3], 0.2), Some(0.0));
        assert_eq!(p_value(&[0.25; 4], 0.25), Some(1.0));
        assert_eq!(p_value(&[0.1], 0.2), None);
    }

    #[test]
    fn a_mean_on_the_border_is_not_inside() {
        assert!(p_value(&[0.5, 1.5, 1.0], 1.0).unwrap() >= 0.5);
    }

    #[test]
    fn a_large_gain_is_not_inferior_though_it_is_not_equivalent() {
        let deltas = [0.8, 1.1, 0.9, 1.4, 0.6];
        assert!(non_inferiority(&deltas, 0.2).unwrap() < 0.001);
        assert!(p_value(&deltas, 0.2).unwrap() > 0.99);
        assert_eq!(non_inferiority(&[-0.25; 4], 0.25), Some(1.0));
        assert_eq!(non_inferiority(&[-0.1; 3], 0.25), Some(0.0));
    }
}
