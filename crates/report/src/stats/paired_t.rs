//! Student's t on paired differences: interval and p.

use crate::stats::describe::{mean, standard_error};
use crate::stats::student;

/// A two-sided interval.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Interval {
    /// Lower end.
    pub low: f64,
    /// Upper end.
    pub high: f64,
}

/// mean ± t · se over `[n]` differences, n >= 2; `level` in (0, 1), for example 0.95.
pub fn interval(deltas: &[f64], level: f64) -> Option<Interval> {
    let (centre, se) = (mean(deltas)?, standard_error(deltas)?);
    let reach = student::quantile(0.5 + 0.5 * level, deltas.len() - 1) * se;
    Some(Interval { low: centre - reach, high: centre + reach })
}

/// Two-sided p of the paired t test over `[n]` differences, n >= 2; none without spread.
pub fn p_value(deltas: &[f64]) -> Option<f64> {
    let (centre, se) = (mean(deltas)?, standard_error(deltas)?);
    (se > 0.0).then(|| 2.0 * student::upper_tail((centre / se).abs(), deltas.len() - 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The worked contrast of the statistics document.
    const WORKED: [f64; 8] = [0.8, 1.1, -0.2, 0.9, 1.4, 0.6, 0.3, 1.0];

    #[test]
    fn the_worked_contrast() {
        let check = |level, low: f64, high: f64| {
            let found = interval(&WORKED, level).unwrap();
            assert!((found.low - low).abs() < 5e-5 && (found.high - high).abs() < 5e-5);
        };
        check(0.95, 0.3184, 1.1566);
        check(0.90, 0.4017, 1.0733);
        assert!((p_value(&WORKED).unwrap() - 0.004_234).abs() < 5e-7);
    }

    #[test]
    fn without_spread_the_interval_has_no_width_and_t_no_p() {
        assert_eq!(interval(&[0.5; 4], 0.95), Some(Interval { low: 0.5, high: 0.5 }));
        assert_eq!(p_value(&[0.5; 4]), None);
        assert_eq!(interval(&[0.5], 0.95), None);
    }
}
