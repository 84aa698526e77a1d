//! How many examples of each class a stratified sample takes.

/// Shares of `total` among classes of these `sizes`, in proportion: each within one of
/// `total * size / sum`, and never fewer when `total` grows.
///
/// Rounding by the largest remainder gives the first but not the second (one more example in all
/// may mean one less of a class), and learning curves need both. This is the quota method of
/// Balinski and Young (1975, "The quota method of apportionment"): examples are handed out one by
/// one, each to that class among those still below their share whose next one is due first.
/// Ties go to the earlier class. `total` is at most the sum.
pub(crate) fn shares(sizes: &[usize], total: usize) -> Vec<usize> {
    let sum: usize = sizes.iter().sum();
    debug_assert!(total <= sum, "{total} of {sum}");
    if total == sum {
        return sizes.to_vec();
    }
    let product = |a: usize, b: usize| a as u128 * b as u128;
    let mut counts = vec![0; sizes.len()];
    for handed_out in 1..=total {
        let below_share =
            |class: &usize| product(counts[*class], sum) < product(handed_out, sizes[*class]);
        // (count + 1) / size, compared without rounding.
        let next = (0..sizes.len()).filter(below_share).reduce(|first, other| {
            let due_first = product(counts[first] + 1, sizes[other]);
            let due_other = product(counts[other] + 1, sizes[first]);
            if due_other < due_first { other } else { first }
        });
        let next = next.expect("invariant: the shares sum to more than was handed out");
        counts[next] += 1;
    }
    counts
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn equal_classes_share_equally_and_the_rest_goes_to_the_first() {
        assert_eq!(shares(&[10, 10, 10], 12), [4, 4, 4]);
        assert_eq!(shares(&[10, 10, 10], 14), [5, 5, 4]);
        assert_eq!(shares(&[10, 0, 10], 5), [3, 0, 2]);
        assert_eq!(shares(&[], 0), [0; 0]);
        assert_eq!(shares(&[3, 4], 7), [3, 4]);
    }

    /// Where the largest remainder takes an example back: sizes 6, 6, 2 at 10 and 11 examples.
    #[test]
    fn growing_by_one_takes_nothing_back() {
        assert_eq!(shares(&[6, 6, 2], 10), [5, 4, 1]);
        assert_eq!(shares(&[6, 6, 2], 11), [5, 5, 1]);
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(64) })]

        #[test]
        fn each_class_is_within_one_of_its_share_and_never_shrinks(
            sizes in prop::collection::vec(0usize..20, 1..8),
        ) {
            let sum: usize = sizes.iter().sum();
            let mut last = vec![0; sizes.len()];
            for total in 0..=sum {
                let counts = shares(&sizes, total);
                prop_assert_eq!(counts.iter().sum::<usize>(), total);
                for class in 0..sizes.len() {
                    let off = counts[class] as i128 * sum as i128
                        - total as i128 * sizes[class] as i128;
                    prop_assert!(off.unsigned_abs() < sum as u128 || off == 0);
                    prop_assert!(counts[class] >= last[class]);
                }
                last = counts;
            }
        }
    }
}
