//! Mean and standard deviation.

/// Spread below this share of the largest value is rounding, not variation: two differences of
/// accuracies that are equal on paper differ in their last bits.
const ROUNDING: f64 = 1e-9;

/// Arithmetic mean of `[n]` values, n >= 1.
pub fn mean(values: &[f64]) -> Option<f64> {
    (!values.is_empty()).then(|| values.iter().sum::<f64>() / values.len() as f64)
}

/// Standard deviation of `[n]` values with the divisor n - 1, n >= 2; exactly 0 if all are equal.
pub fn sd(values: &[f64]) -> Option<f64> {
    if values.len() < 2 {
        return None;
    }
    if all_equal(values) {
        return Some(0.0);
    }
    let centre = mean(values)?;
    let squares: f64 = values.iter().map(|v| (v - centre) * (v - centre)).sum();
    Some((squares / (values.len() - 1) as f64).sqrt())
}

/// Standard error of the mean of `[n]` values, n >= 2.
pub fn standard_error(values: &[f64]) -> Option<f64> {
    sd(values).map(|sd| sd / (values.len() as f64).sqrt())
}

/// Whether `[n]` values are one and the same, up to the rounding of a subtraction.
pub fn all_equal(values: &[f64]) -> bool {
    let largest = values.iter().fold(0.0_f64, |top, v| top.max(v.abs()));
    let (low, high) = range(values);
    high - low <= ROUNDING * largest
}

/// Smallest and largest of `[n]` values, n >= 1.
pub fn range(values: &[f64]) -> (f64, f64) {
    let low = values.iter().copied().fold(f64::INFINITY, f64::min);
    let high = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    (low, high)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_single_value_has_a_mean_but_no_spread() {
        assert_eq!((mean(&[]), sd(&[])), (None, None));
        assert_eq!((mean(&[3.0]), sd(&[3.0])), (Some(3.0), None));
        assert_eq!(sd(&[1.0, 3.0]), Some(2f64.sqrt()));
    }

    #[test]
    fn differences_that_only_rounding_parts_have_no_spread() {
        let deltas: [f64; 2] = [0.9120 - 0.9095, 0.9155 - 0.9130];
        assert!(deltas[0].to_bits() != deltas[1].to_bits(), "the case needs unequal bits");
        assert_eq!(sd(&deltas), Some(0.0));
        assert!(sd(&[0.01, 0.010_000_1]).is_some_and(|sd| sd > 0.0));
    }
}
