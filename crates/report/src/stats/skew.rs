//! A note on differences for which the t interval is too narrow.

/// Fewer differences do not show their shape.
const FEWEST: usize = 8;

/// How many median absolute deviations from the median are far.
const FAR: f64 = 3.0;

/// Whether the farthest of `[n]` differences lies more than three median absolute deviations from
/// their median; false below n = 8 and if that deviation is 0.
pub fn skewed(deltas: &[f64]) -> bool {
    if deltas.len() < FEWEST {
        return false;
    }
    let centre = median(deltas);
    let distances: Vec<f64> = deltas.iter().map(|d| (d - centre).abs()).collect();
    let typical = median(&distances);
    let farthest = distances.iter().copied().fold(0.0, f64::max);
    typical > 0.0 && farthest > FAR * typical
}

fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let (low, high) = ((sorted.len() - 1) / 2, sorted.len() / 2);
    0.5 * (sorted[low] + sorted[high])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_far_value_is_noted_from_eight_on() {
        // Median 3.5, median deviation 2: far begins beyond 9.5.
        let check = |last, expected| {
            let deltas = [0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, last];
            assert_eq!(skewed(&deltas), expected, "{last}");
        };
        check(9.4, false);
        check(9.6, true);
        assert!(!skewed(&[0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 40.0]));
        assert!(!skewed(&[1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 9.0]), "median deviation 0");
    }
}
