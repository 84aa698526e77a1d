//! Performance profile: how many scores are above each threshold (Agarwal et al. 2021).

/// Share of `[n]` scores, n >= 1, that are larger than each of `[t]` thresholds.
pub fn performance_profile(scores: &[f64], thresholds: &[f64]) -> Option<Vec<f64>> {
    if scores.is_empty() {
        return None;
    }
    let above = |tau: &f64| scores.iter().filter(|score| *score > tau).count();
    Some(thresholds.iter().map(|tau| above(tau) as f64 / scores.len() as f64).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_score_on_the_threshold_is_not_above_it() {
        let found = performance_profile(&[0.5, 0.9, 0.9, 0.1], &[0.0, 0.1, 0.5, 0.9]);
        assert_eq!(found, Some(vec![1.0, 0.75, 0.5, 0.0]));
        assert_eq!(performance_profile(&[], &[0.5]), None);
    }
}
