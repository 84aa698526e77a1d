//! Exact two-sided sign-flip test of paired differences.

use fireassay_spec::{Purpose, Stream, path_key};

/// Up to this many differences every sign vector is visited.
pub const EXACT_UP_TO: usize = 20;

/// Sign vectors drawn above [`EXACT_UP_TO`].
pub const DRAWS: usize = 100_000;

/// Sums closer than this share of Σ|d| are ties, and a tie counts as "at least as extreme". Wide
/// enough for small differences of scores near 1, which carry the rounding of the scores.
const TIE: f64 = 1e-9;

/// Share of sign vectors whose |Σ ε d| is at least |Σ d|, over `[n]` differences, n >= 1.
///
/// Under the null each difference is symmetric about 0. Above [`EXACT_UP_TO`] differences the
/// share is estimated from [`DRAWS`] vectors as (1 + hits) / (1 + draws) (Phipson & Smyth 2010),
/// drawn from a stream that `key` names; below, `key` is not used.
pub fn p_value(deltas: &[f64], key: u64) -> Option<f64> {
    if deltas.is_empty() {
        return None;
    }
    let observed = deltas.iter().sum::<f64>().abs();
    // Flipping makes the signs irrelevant; sorting makes the answer independent of seed order.
    let mut sizes: Vec<f64> = deltas.iter().map(|d| d.abs()).collect();
    sizes.sort_by(f64::total_cmp);
    let limit = observed - TIE * sizes.iter().sum::<f64>();
    if sizes.len() <= EXACT_UP_TO {
        Some(exact(&sizes, limit))
    } else {
        Some(sampled(&sizes, limit, key))
    }
}

/// Every vector with a plus on the last difference: the other half mirrors these. The sums of
/// two halves are added, so that no sum is the end of a long chain of roundings.
fn exact(sizes: &[f64], limit: f64) -> f64 {
    let (free, last) = sizes.split_at(sizes.len() - 1);
    let (left, right) = free.split_at(free.len() / 2);
    let (left, right) = (signed_sums(left), signed_sums(right));
    let base = last[0];
    let hits: usize =
        left.iter().map(|l| right.iter().filter(|r| (base + l + *r).abs() >= limit).count()).sum();
    hits as f64 / (left.len() * right.len()) as f64
}

/// The 2^n sums of `[n]` sizes under every choice of signs.
fn signed_sums(sizes: &[f64]) -> Vec<f64> {
    let mut sums = vec![0.0];
    for size in sizes {
        sums = sums.iter().flat_map(|sum| [sum + size, sum - size]).collect();
    }
    sums
}

/// Sizes whose signs come from one byte: every signed sum of a group is computed once.
const GROUP: usize = 8;

fn sampled(sizes: &[f64], limit: f64, key: u64) -> f64 {
    let words_per_draw = sizes.len().div_ceil(32);
    let stream = Stream::new(key, Purpose::Order, path_key("report.sign-flip"), 0);
    let words = stream.words(DRAWS * words_per_draw);
    let tables: Vec<[f64; 1 << GROUP]> = sizes.chunks(GROUP).map(sums_by_byte).collect();
    let extreme = |draw: &&[u32]| {
        let bytes = draw.iter().flat_map(|word| word.to_le_bytes());
        let sum: f64 = tables.iter().zip(bytes).map(|(sums, byte)| sums[usize::from(byte)]).sum();
        sum.abs() >= limit
    };
    let hits = words.chunks_exact(words_per_draw).filter(extreme).count();
    (1 + hits) as f64 / (1 + DRAWS) as f64
}

/// The signed sums of `[n]` sizes, n <= [`GROUP`]: a bit that is set flips its size.
fn sums_by_byte(sizes: &[f64]) -> [f64; 1 << GROUP] {
    let signed = |byte: usize, (i, size): (usize, &f64)| {
        if byte >> i & 1 == 0 { *size } else { -size }
    };
    std::array::from_fn(|byte| sizes.iter().enumerate().map(|pair| signed(byte, pair)).sum())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reference_values() {
        let check = |deltas: &[f64], expected| assert_eq!(p_value(deltas, 0), Some(expected));
        check(&[1.0; 6], 0.031_25);
        check(&[0.0; 5], 1.0);
        check(&[1.0, 0.0, 1.0, 0.0, 1.0, 1.0], 0.125);
        check(&[1.0, -1.0], 1.0);
        check(&[2.0], 1.0);
        check(&[1.0, 2.0, 3.0], 0.25);
        check(&[0.8, 1.1, -0.2, 0.9, 1.4, 0.6, 0.3, 1.0], 0.015_625);
        assert_eq!(p_value(&[], 0), None);
    }

    #[test]
    fn sums_that_tie_on_paper_tie_in_floating_point() {
        // 0.1 + 0.2 - 0.3 is not 0 in binary, and every sum is at least as large as 0.
        assert_eq!(p_value(&[0.1, 0.2, -0.3], 0), Some(1.0));
    }

    #[test]
    fn twenty_equal_differences_reach_the_smallest_p() {
        assert_eq!(p_value(&[0.3; 20], 0), Some(2f64.powi(-19)));
    }

    #[test]
    fn more_differences_are_sampled_reproducibly() {
        let mut deltas: Vec<f64> = (0..24).map(|i| f64::from(i) - 6.0).collect();
        let first = p_value(&deltas, 1).unwrap();
        // All 2^24 vectors, counted by dynamic programming, give 0.0012319; four standard errors.
        assert!((first - 0.001_231_9).abs() < 4.5e-4, "{first}");
        deltas.reverse();
        assert_eq!(p_value(&deltas, 1), Some(first));
        assert_ne!(p_value(&deltas, 2), Some(first));
        assert_eq!(p_value(&[1.0; 30], 1), Some(1.0 / 100_001.0));
    }
}
