//! Page's test for a monotone trend over ordered levels, with seeds as blocks (Page 1963).
//!
//! Levels are ranked within each seed, so that what a seed does to all levels drops out. The test
//! of Jonckheere treats the levels as independent samples and would throw that pairing away.

use std::collections::BTreeMap;

use crate::stats::normal;

/// Up to this many levels every order of a block's ranks is counted.
pub const EXACT_LEVELS: usize = 10;

/// Up to this many blocks their distributions are added exactly.
pub const EXACT_BLOCKS: usize = 50;

/// How the p values came about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// All orders of the ranks in every block, given its ties.
    Exact,
    /// Normal approximation, its variance corrected for ties.
    Normal,
}

/// Page's test.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Page {
    /// Σ over levels of place · sum of ranks; midranks for ties.
    pub l: f64,
    /// L if levels do not matter: half-way between the largest and the smallest possible.
    pub expected: f64,
    /// P(L at least this large) if levels do not matter.
    pub p_increasing: f64,
    /// P(L at most this large) if levels do not matter.
    pub p_decreasing: f64,
    /// P(L at least this far from what is expected, on either side).
    pub p_two_sided: f64,
    /// Exact up to [`EXACT_LEVELS`] levels and [`EXACT_BLOCKS`] blocks.
    pub method: Method,
}

/// Over n >= 1 blocks of `[k]` values, k >= 3, in the order of the levels; none if the blocks
/// differ in length or a value is not finite. Equal values in a block are ties.
pub fn page(blocks: &[Vec<f64>]) -> Option<Page> {
    const FEWEST: usize = 3; // two levels have a difference, not a trend
    let k = blocks.first()?.len();
    let whole = |block: &Vec<f64>| block.len() == k && block.iter().all(|v| v.is_finite());
    if k < FEWEST || !blocks.iter().all(whole) {
        return None;
    }
    let ranks: Vec<Vec<usize>> = blocks.iter().map(|block| doubled_ranks(block)).collect();
    let doubled_l: usize = ranks.iter().map(|block| weighted(block)).sum();
    let exact = k <= EXACT_LEVELS && blocks.len() <= EXACT_BLOCKS;
    let (p_increasing, p_decreasing) =
        if exact { exact_tails(&ranks, doubled_l) } else { normal_tails(&ranks, doubled_l) };
    Some(Page {
        l: 0.5 * doubled_l as f64,
        expected: expected(k, blocks.len()),
        p_increasing,
        p_decreasing,
        // L is distributed symmetrically, with ties too: turning a block's order round mirrors it.
        p_two_sided: (2.0 * p_increasing.min(p_decreasing)).min(1.0),
        method: if exact { Method::Exact } else { Method::Normal },
    })
}

/// n k (k + 1)² / 4.
fn expected(k: usize, n: usize) -> f64 {
    0.25 * (n * k * (k + 1) * (k + 1)) as f64
}

/// Twice the midrank of each value, so that ranks are whole numbers.
fn doubled_ranks(block: &[f64]) -> Vec<usize> {
    let rank = |value: &f64| {
        let below = block.iter().filter(|other| *other < value).count();
        let ties = block.iter().filter(|other| *other == value).count();
        2 * below + ties + 1
    };
    block.iter().map(rank).collect()
}

/// Σ place · rank of one block, places from 1.
fn weighted(ranks: &[usize]) -> usize {
    ranks.iter().enumerate().map(|(i, rank)| (i + 1) * rank).sum()
}

/// P(sum >= observed) and P(sum <= observed): every block's orders are equally likely.
fn exact_tails(ranks: &[Vec<usize>], observed: usize) -> (f64, f64) {
    // Blocks with the same ties have the same distribution.
    let mut known: BTreeMap<Vec<usize>, Vec<f64>> = BTreeMap::new();
    let mut total = vec![1.0];
    let mut above = observed; // the smallest possible sum
    for block in ranks {
        let mut falling = block.clone();
        falling.sort_unstable_by(|a, b| b.cmp(a));
        above -= weighted(&falling);
        let one = known.entry(falling).or_insert_with_key(|falling| distribution(falling));
        total = convolve(&total, one);
    }
    // From the outside in, so that the small probabilities are not lost.
    let upper: f64 = total[above..].iter().rev().sum();
    let lower: f64 = total[..=above].iter().sum();
    (upper.min(1.0), lower.min(1.0))
}

/// Probability of each Σ place · rank of one block, indexed by how far it is above the smallest,
/// the sum of falling ranks. Counts by the set of ranks already placed: 2^k sets, not k! orders.
fn distribution(falling: &[usize]) -> Vec<f64> {
    let k = falling.len();
    let smallest = weighted(falling);
    let largest = (k + 1) * falling.iter().sum::<usize>() - smallest; // of rising ranks
    let mut ways = vec![Vec::new(); 1 << k];
    ways[0] = vec![1.0];
    for set in 0..ways.len() - 1 {
        let placed = std::mem::take(&mut ways[set]);
        let place = set.count_ones() as usize + 1;
        for (i, rank) in falling.iter().enumerate().filter(|(i, _)| set >> i & 1 == 0) {
            let next: &mut Vec<f64> = &mut ways[set | 1 << i];
            next.resize(largest + 1, 0.0);
            let by = place * rank;
            for (sum, count) in placed.iter().enumerate().filter(|(_, count)| **count > 0.0) {
                next[sum + by] += count;
            }
        }
    }
    let counts = ways.pop().unwrap_or_default(); // of the set of all ranks
    let orders: f64 = counts.iter().sum();
    counts.into_iter().skip(smallest).map(|count| count / orders).collect()
}

/// Distribution of the sum of two independent whole numbers.
fn convolve(left: &[f64], right: &[f64]) -> Vec<f64> {
    let mut sum = vec![0.0; left.len() + right.len() - 1];
    for (i, a) in left.iter().enumerate().filter(|(_, a)| **a > 0.0) {
        for (j, b) in right.iter().enumerate().filter(|(_, b)| **b > 0.0) {
            sum[i + j] += a * b;
        }
    }
    sum
}

/// The same from a normal distribution, whose variance is the sum over blocks of
/// Σ (place - mean)² · Σ (rank - mean)² / (k - 1): the permutation variance, with ties.
fn normal_tails(ranks: &[Vec<usize>], doubled_l: usize) -> (f64, f64) {
    let k = ranks[0].len();
    let centre = (k + 1) as f64; // of doubled ranks
    let places = (k * (k * k - 1)) as f64 / 12.0;
    let squares: f64 = ranks.iter().flatten().map(|r| (*r as f64 - centre).powi(2)).sum();
    let variance = places * 0.25 * squares / (k - 1) as f64;
    if variance == 0.0 {
        return (1.0, 1.0); // every block is one tie
    }
    let z = (0.5 * doubled_l as f64 - expected(k, ranks.len())) / variance.sqrt();
    (normal::upper_tail(z), normal::upper_tail(-z))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn near(found: f64, expected: f64) {
        assert!((found - expected).abs() < 1e-12, "{found} against {expected}");
    }

    #[test]
    fn one_block_of_three_has_six_orders() {
        // L of the six orders: 14, 13, 13, 11, 11, 10.
        let found = page(&[vec![0.1, 0.2, 0.3]]).unwrap();
        assert_eq!((found.l, found.expected, found.method), (14.0, 12.0, Method::Exact));
        near(found.p_increasing, 1.0 / 6.0);
        near(found.p_decreasing, 1.0);
        near(found.p_two_sided, 1.0 / 3.0);
        let found = page(&[vec![0.2, 0.1, 0.3]]).unwrap();
        near(found.p_increasing, 0.5);
        near(found.p_decreasing, 5.0 / 6.0);
    }

    #[test]
    fn ties_take_the_mean_of_their_ranks() {
        // Ranks 1.5, 1.5, 3: the three places of the 3 give L = 9.0 + 4.5 = 13.5, 12 and 10.5.
        let found = page(&[vec![5.0, 5.0, 6.0]]).unwrap();
        assert_eq!(found.l, 13.5);
        near(found.p_increasing, 1.0 / 3.0);
        let flat = page(&[vec![5.0; 3], vec![1.0; 3]]).unwrap();
        assert_eq!((flat.p_increasing, flat.p_decreasing, flat.p_two_sided), (1.0, 1.0, 1.0));
    }

    #[test]
    fn a_perfect_trend_has_the_smallest_p() {
        for (k, n, orders) in [(4, 3, 24_f64), (8, 2, 40_320.0), (10, 1, 3_628_800.0)] {
            let block: Vec<f64> = (0..k).map(f64::from).collect();
            let found = page(&vec![block; n]).unwrap();
            let expected = orders.powi(-i32::try_from(n).unwrap());
            assert!((found.p_increasing / expected - 1.0).abs() < 1e-12, "{found:?}");
        }
    }

    #[test]
    fn many_blocks_or_levels_are_approximated() {
        // 51 blocks, each one step from a perfect trend: L = 51 · 13, z = 51 / √(51 · 2).
        let found = page(&vec![vec![2.0, 1.0, 3.0]; EXACT_BLOCKS + 1]).unwrap();
        assert_eq!(found.method, Method::Normal);
        near(found.p_increasing, normal::upper_tail(51.0 / 102.0_f64.sqrt()));
        let wide: Vec<f64> = (0..11).map(f64::from).collect();
        let found = page(&[wide]).unwrap();
        assert_eq!((found.l, found.method), (506.0, Method::Normal));
        let flat = page(&vec![vec![0.0; 3]; EXACT_BLOCKS + 1]).unwrap();
        assert_eq!(flat.p_two_sided, 1.0);
    }

    #[test]
    fn the_approximation_agrees_with_the_exact_count() {
        // With ties, so that the correction of the variance counts.
        let blocks: Vec<Vec<f64>> =
            (0..EXACT_BLOCKS).map(|i| vec![1.0, (i % 3) as f64, 1.0, (i % 2) as f64]).collect();
        let ranks: Vec<Vec<usize>> = blocks.iter().map(|b| doubled_ranks(b)).collect();
        let observed: usize = ranks.iter().map(|b| weighted(b)).sum();
        let (exact, normal) = (exact_tails(&ranks, observed), normal_tails(&ranks, observed));
        // Without a continuity correction the tails differ by half the probability of one L.
        assert!((exact.0 - normal.0).abs() < 0.02, "{exact:?} {normal:?}");
        assert!((exact.1 - normal.1).abs() < 0.02, "{exact:?} {normal:?}");
    }

    #[test]
    fn levels_that_take_turns_have_no_trend() {
        let block: Vec<f64> = (0..EXACT_LEVELS).map(|i| i as f64).collect();
        let shifted = |by| [&block[by..], &block[..by]].concat();
        let found = page(&(0..EXACT_LEVELS).map(shifted).collect::<Vec<_>>()).unwrap();
        assert_eq!((found.l, found.p_two_sided), (found.expected, 1.0));
        // Half of the distribution and half of P(L = expected) are in either tail.
        assert!(found.p_increasing > 0.5 && found.p_increasing < 0.51, "{found:?}");
        near(found.p_increasing, found.p_decreasing);
    }

    #[test]
    fn two_levels_ragged_blocks_and_nan_are_refused() {
        assert_eq!(page(&[]), None);
        assert_eq!(page(&[vec![1.0, 2.0]]), None);
        assert_eq!(page(&[vec![1.0, 2.0, 3.0], vec![1.0, 2.0]]), None);
        assert_eq!(page(&[vec![1.0, f64::NAN, 3.0]]), None);
    }
}
