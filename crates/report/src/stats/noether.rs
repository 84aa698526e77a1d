//! How many pairs show that a condition is usually better (Noether 1987).

use crate::stats::normal;

/// The fewest pairs with which a one-sided test at level `alpha` misses a true P(better) of
/// `share` with probability `beta` at most: (z_{1-alpha} + z_{1-beta})² / (6 (share - 1/2)²).
///
/// None for a share of 1/2, which no number of pairs tells from chance, or for a probability
/// outside (0, 1); a share below 1/2 needs as many as its mirror image.
pub fn pairs_needed(share: f64, alpha: f64, beta: f64) -> Option<usize> {
    let open = |p: f64| p > 0.0 && p < 1.0;
    let distance = share - 0.5;
    if !(open(alpha) && open(beta) && (0.0..=1.0).contains(&share)) || distance == 0.0 {
        return None;
    }
    let reach = normal::quantile(1.0 - alpha) + normal::quantile(1.0 - beta);
    let pairs = (reach * reach / (6.0 * distance * distance)).ceil();
    // A power below the level is had with any number of pairs.
    if reach <= 0.0 { Some(1) } else { (pairs < usize::MAX as f64).then_some(pairs as usize) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pairs_for_a_probability_of_three_quarters() {
        // (1.645 + 1.645)² / (6 · 0.25²) = 28.86
        assert_eq!(pairs_needed(0.75, 0.05, 0.05), Some(29));
        assert_eq!(pairs_needed(0.25, 0.05, 0.05), Some(29));
        // (1.645 + 0.842)² / (6 · 0.1²) = 103.04
        assert_eq!(pairs_needed(0.6, 0.05, 0.2), Some(104));
    }

    #[test]
    fn what_has_no_answer_is_refused() {
        for (share, alpha, beta) in
            [(0.5, 0.05, 0.2), (1.1, 0.05, 0.2), (0.75, 0.0, 0.2), (0.75, 0.05, 1.0)]
        {
            assert_eq!(pairs_needed(share, alpha, beta), None, "{share} {alpha} {beta}");
        }
        assert_eq!(pairs_needed(f64::NAN, 0.05, 0.2), None);
        assert_eq!(pairs_needed(0.75, 0.6, 0.6), Some(1));
    }
}
