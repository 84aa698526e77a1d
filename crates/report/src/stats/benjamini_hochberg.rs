//! False discovery rate adjustment of an exploratory family (Benjamini & Hochberg 1995).

/// Adjusted p of `[m]` tests, in the order given: min over j >= i of min(1, m · p(j) / j).
/// A test without p keeps none, and still counts in m.
pub fn adjust(ps: &[Option<f64>]) -> Vec<Option<f64>> {
    adjust_in(ps, ps.len())
}

/// The same for `[k]` tests of a family of `family` >= k.
pub fn adjust_in(ps: &[Option<f64>], family: usize) -> Vec<Option<f64>> {
    let mut order: Vec<(usize, f64)> =
        ps.iter().enumerate().filter_map(|(i, p)| p.map(|p| (i, p))).collect();
    order.sort_by(|a, b| a.1.total_cmp(&b.1));
    let mut adjusted = vec![None; ps.len()];
    let mut ceiling = 1.0_f64;
    for (rank, (i, p)) in order.into_iter().enumerate().rev() {
        ceiling = ceiling.min(p * family as f64 / (rank + 1) as f64);
        adjusted[i] = Some(ceiling);
    }
    adjusted
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn four_values_in_their_own_order() {
        let found = adjust(&[Some(0.01), Some(0.04), Some(0.03), Some(0.005)]);
        let expected = [0.02, 0.04, 0.04, 0.02];
        assert!(found.iter().zip(expected).all(|(a, b)| (a.unwrap() - b).abs() < 1e-15));
    }

    #[test]
    fn a_test_without_p_counts_in_the_family() {
        assert_eq!(adjust(&[Some(0.25), None]), [Some(0.5), None]);
        assert_eq!(adjust(&[Some(0.9), None]), [Some(1.0), None]);
    }
}
