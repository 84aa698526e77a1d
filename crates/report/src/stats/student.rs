//! Student's t distribution: tail and quantile.

use statrs::function::beta::beta_reg;

/// P(T >= t) for T ~ Student(df), df >= 1. Exact in the far upper tail, where 1 - cdf would be 0.
pub fn upper_tail(t: f64, df: usize) -> f64 {
    let df = df as f64;
    let half = 0.5 * beta_reg(0.5 * df, 0.5, df / (df + t * t));
    if t >= 0.0 { half } else { 1.0 - half }
}

/// The t with P(T <= t) = p, for p in (0, 1) and df >= 1.
///
/// Bisection on the tail: some fifty evaluations, in exchange for a value as exact as the tail.
pub fn quantile(p: f64, df: usize) -> f64 {
    if p < 0.5 {
        return -quantile(1.0 - p, df);
    }
    let tail = 1.0 - p;
    let (mut low, mut high) = (0.0, 1.0);
    while upper_tail(high, df) > tail {
        low = high;
        high *= 2.0;
    }
    loop {
        let middle = 0.5 * (low + high);
        if middle <= low || middle >= high {
            return middle;
        }
        if upper_tail(middle, df) > tail {
            low = middle;
        } else {
            high = middle;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_of_printed_tables() {
        let check = |p, df, expected: f64| {
            let found = quantile(p, df);
            assert!((found - expected).abs() < 5e-5, "df {df}: {found}");
        };
        for (df, expected) in
            [(1, 12.7062), (2, 4.3027), (4, 2.7764), (7, 2.3646), (9, 2.2622), (19, 2.0930)]
        {
            check(0.975, df, expected);
        }
        check(0.975, 29, 2.0452);
        for (df, expected) in [(1, 6.3138), (2, 2.9200), (7, 1.8946), (9, 1.8331)] {
            check(0.95, df, expected);
            check(0.05, df, -expected);
        }
        assert_eq!(quantile(0.5, 5), 0.0);
    }

    #[test]
    fn the_far_tail_is_not_zero() {
        assert!(upper_tail(1e3, 9) > 0.0);
        assert_eq!(upper_tail(f64::INFINITY, 9), 0.0);
        assert_eq!(upper_tail(f64::NEG_INFINITY, 9), 1.0);
    }
}
