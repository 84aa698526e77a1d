//! Holm's step-down adjustment of a family of p values (Holm 1979).

/// Adjusted p of `[m]` tests, in the order given: max over j <= i of min(1, (m - j + 1) · p(j)).
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
    let mut floor = 0.0_f64;
    for (rank, (i, p)) in order.into_iter().enumerate() {
        floor = floor.max((p * (family - rank) as f64).min(1.0));
        adjusted[i] = Some(floor);
    }
    adjusted
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(ps: &[Option<f64>], expected: &[Option<f64>]) {
        let found = adjust(ps);
        let near = |a: &Option<f64>, b: &Option<f64>| match (a, b) {
            (Some(a), Some(b)) => (a - b).abs() < 1e-15,
            (None, None) => true,
            (Some(_), None) | (None, Some(_)) => false,
        };
        assert!(found.iter().zip(expected).all(|(a, b)| near(a, b)), "{found:?}");
    }

    #[test]
    fn four_values_in_their_own_order() {
        check(
            &[Some(0.01), Some(0.04), Some(0.03), Some(0.005)],
            &[Some(0.03), Some(0.06), Some(0.06), Some(0.02)],
        );
    }

    #[test]
    fn a_test_without_p_counts_in_the_family() {
        check(&[Some(0.01), None, Some(0.5)], &[Some(0.03), None, Some(1.0)]);
        check(&[], &[]);
    }
}
