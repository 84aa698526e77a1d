//! Paired probability that a condition beats the reference, with Wilson's interval.

use crate::stats::paired_t::Interval;

/// Two-sided 95 % quantile of the standard normal distribution.
const Z: f64 = 1.959_963_984_540_054;

/// (#{d > 0} + #{d = 0} / 2) / n over `[n]` differences, n >= 1, and its 95 % interval.
pub fn prob_better(deltas: &[f64]) -> Option<(f64, Interval)> {
    if deltas.is_empty() {
        return None;
    }
    let weight = |&d: &f64| match d {
        _ if d > 0.0 => 1.0,
        _ if d < 0.0 => 0.0,
        _ => 0.5,
    };
    let wins: f64 = deltas.iter().map(weight).sum();
    Some((wins / deltas.len() as f64, wilson(wins, deltas.len())))
}

/// Wilson's 95 % score interval for `wins` out of n (Wilson 1927); wins may end in a half.
pub fn wilson(wins: f64, n: usize) -> Interval {
    let n = n as f64;
    let share = wins / n;
    let centre = (share + Z * Z / (2.0 * n)) / (1.0 + Z * Z / n);
    let reach = Z / (1.0 + Z * Z / n) * (share * (1.0 - share) / n + Z * Z / (4.0 * n * n)).sqrt();
    // At 0 and n the ends are 0 and 1 on paper; rounding must not take them outside.
    let low = if wins == 0.0 { 0.0 } else { centre - reach };
    let high = if wins == n { 1.0 } else { centre + reach };
    Interval { low, high }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wilson_reference_values() {
        let check = |wins, n, low: f64, high: f64| {
            let found = wilson(wins, n);
            let near = (found.low - low).abs() < 5e-5 && (found.high - high).abs() < 5e-5;
            assert!(near, "{wins} of {n}: {found:?}");
        };
        check(5.0, 5, 0.5655, 1.0);
        check(0.0, 5, 0.0, 0.4345);
        check(8.0, 10, 0.4902, 0.9433);
        check(7.5, 10, 0.4422, 0.9191);
        check(6.0, 6, 0.6097, 1.0);
        check(10.0, 10, 0.7225, 1.0);
        check(7.0, 8, 0.5291, 0.9776);
    }

    #[test]
    fn a_tie_is_half_a_win_whatever_its_sign() {
        assert_eq!(prob_better(&[1.0, 0.0, -0.0, -2.0]).map(|(p, _)| p), Some(0.5));
        assert_eq!(prob_better(&[]), None);
    }
}
