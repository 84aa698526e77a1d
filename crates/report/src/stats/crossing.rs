//! Where a noisy rising series passes through 0: isotonic regression, then a straight line.

/// Non-decreasing least-squares fit of `[n]` values of equal weight: pool adjacent violators
/// (Barlow et al. 1972).
pub fn isotonic(values: &[f64]) -> Vec<f64> {
    let mut pools: Vec<(f64, usize)> = Vec::new();
    for &value in values {
        let mut pool = (value, 1);
        while let Some(&(mean, count)) = pools.last().filter(|(mean, _)| *mean >= pool.0) {
            let all = count + pool.1;
            pool = ((mean * count as f64 + pool.0 * pool.1 as f64) / all as f64, all);
            pools.pop();
        }
        pools.push(pool);
    }
    pools.into_iter().flat_map(|(mean, count)| std::iter::repeat_n(mean, count)).collect()
}

/// The x at which the isotonic fit of values at ascending `[n]` xs reaches 0, between the last
/// point below and the first that is not. Minus infinity if the fit is never below 0, infinity if it
/// never reaches it: the crossing lies outside of what was looked at, or nowhere.
pub fn crossing(xs: &[f64], values: &[f64]) -> f64 {
    let fit = isotonic(values);
    let Some(at) = fit.iter().position(|value| *value >= 0.0) else { return f64::INFINITY };
    let Some(before) = at.checked_sub(1) else { return f64::NEG_INFINITY };
    let (low, high) = (fit[before], fit[at]);
    xs[before] + (xs[at] - xs[before]) * low / (low - high)
}

/// Least-squares slope of `[n]` values at `[n]` xs that are not all the same.
pub fn slope(xs: &[f64], values: &[f64]) -> f64 {
    let n = xs.len() as f64;
    let (x_mean, y_mean) = (xs.iter().sum::<f64>() / n, values.iter().sum::<f64>() / n);
    let pairs = || xs.iter().zip(values);
    let covariance: f64 = pairs().map(|(x, y)| (x - x_mean) * (y - y_mean)).sum();
    covariance / pairs().map(|(x, _)| (x - x_mean) * (x - x_mean)).sum::<f64>()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn violators_are_pooled() {
        assert_eq!(isotonic(&[1.0, 3.0, 2.0, 4.0]), [1.0, 2.5, 2.5, 4.0]);
        assert_eq!(isotonic(&[3.0, 2.0, 1.0]), [2.0, 2.0, 2.0]);
        assert!(isotonic(&[]).is_empty());
    }

    #[test]
    fn a_crossing_lies_between_or_outside() {
        let xs = [0.0, 1.0, 2.0];
        assert_eq!(crossing(&xs, &[-1.0, -1.0, 1.0]), 1.5);
        assert_eq!(crossing(&xs, &[-1.0, 3.0, 2.0]), 1.0 / 3.5);
        assert_eq!(crossing(&xs, &[-3.0, -2.0, -1.0]), f64::INFINITY);
        assert_eq!(crossing(&xs, &[0.0, 1.0, 2.0]), f64::NEG_INFINITY);
    }

    #[test]
    fn slopes_are_those_of_a_line() {
        assert_eq!(slope(&[0.0, 1.0, 2.0], &[1.0, 3.0, 5.0]), 2.0);
        assert_eq!(slope(&[0.0, 1.0, 2.0], &[1.0, 0.0, 1.0]), 0.0);
    }
}
