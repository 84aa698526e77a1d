//! Shapley attribution: what each component adds, averaged over all orders of adding them.

/// More components than this are not attributed: 2^16 subsets have to be there.
pub const MOST_COMPONENTS: usize = 16;

/// Shapley value of each of k components, 1 <= k <= [`MOST_COMPONENTS`], from the value of every
/// subset (Shapley 1953). Bit i of a subset says whether component i is in it.
///
/// φ_i = Σ over S without i of |S|! (k - |S| - 1)! / k! · (v(S ∪ i) - v(S)), so that Σ φ_i =
/// v(all) - v(none). None for another k or if a value is not finite. Each subset is asked once.
pub fn shapley(k: usize, value: &dyn Fn(u32) -> f64) -> Option<Vec<f64>> {
    if k == 0 || k > MOST_COMPONENTS {
        return None;
    }
    let values: Vec<f64> = (0..1_u32 << k).map(value).collect();
    if !values.iter().all(|v| v.is_finite()) {
        return None;
    }
    let weights = weights(k);
    let of = |component: usize| -> f64 {
        let bit = 1_usize << component;
        let without = (0..values.len()).filter(|subset| subset & bit == 0);
        without.map(|s| weights[s.count_ones() as usize] * (values[s | bit] - values[s])).sum()
    };
    Some((0..k).map(of).collect())
}

/// s! (k - s - 1)! / k! = 1 / (k · C(k - 1, s)) for s in 0..k.
fn weights(k: usize) -> Vec<f64> {
    let mut ways = 1.0; // C(k - 1, s)
    let mut weights = Vec::with_capacity(k);
    for s in 0..k {
        weights.push(1.0 / (k as f64 * ways));
        ways *= (k - 1 - s) as f64 / (s + 1) as f64;
    }
    weights
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_glove_game() {
        // Component 0 is a left glove, 1 and 2 are right gloves; a pair is worth 1.
        let pair = |s: u32| if s & 1 == 1 && s & 6 != 0 { 1.0 } else { 0.0 };
        let found = shapley(3, &pair).unwrap();
        for (phi, expected) in found.iter().zip([4.0 / 6.0, 1.0 / 6.0, 1.0 / 6.0]) {
            assert!((phi - expected).abs() < 1e-15, "{found:?}");
        }
    }

    #[test]
    fn without_interaction_it_is_what_each_adds() {
        let adds = [0.5, -2.0, 0.0, 4.0];
        let value =
            |s: u32| 10.0 + (0..4).filter(|i| s >> i & 1 == 1).map(|i| adds[i]).sum::<f64>();
        let found = shapley(4, &value).unwrap();
        assert!(found.iter().zip(adds).all(|(a, b)| (a - b).abs() < 1e-14), "{found:?}");
    }

    #[test]
    fn an_interaction_of_all_is_shared_equally() {
        for k in [1, 2, 5, MOST_COMPONENTS] {
            let all = (1_u32 << k) - 1;
            let found = shapley(k, &|s| if s == all { 1.0 } else { 0.0 }).unwrap();
            assert!(found.iter().all(|phi| (phi - 1.0 / k as f64).abs() < 1e-15), "{k}");
        }
    }

    #[test]
    fn sizes_and_values_out_of_range_give_nothing() {
        assert_eq!(shapley(0, &|_| 1.0), None);
        assert_eq!(shapley(MOST_COMPONENTS + 1, &|_| 1.0), None);
        assert_eq!(shapley(2, &|s| if s == 2 { f64::NAN } else { 0.0 }), None);
    }
}
