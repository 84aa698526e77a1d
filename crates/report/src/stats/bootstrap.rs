//! Percentile bootstrap intervals (Efron & Tibshirani 1993, section 13.3).
//!
//! Too narrow for few values: see [`coverage`]. The t interval is the better default.

use fireassay_spec::{Purpose, Stream, path_key};

use crate::stats::describe::{all_equal, mean};
use crate::stats::paired_t::Interval;

/// Resamples of an interval.
pub const RESAMPLES: usize = 10_000;

/// Interval of the mean of `[n]` values, n >= 2, by drawing n of them with replacement
/// [`RESAMPLES`] times; `level` in (0, 1). `key` names the draws: the same values, in any order,
/// and the same key give the same interval.
pub fn interval(values: &[f64], level: f64, key: u64) -> Option<Interval> {
    let mean_of = |groups: &[Vec<f64>]| mean(&groups[0]);
    stratified(&[values.to_vec()], &mean_of, level, key)
}

/// How often a nominal 95 % interval of the mean of n normal values covers the true mean, in per
/// cent; none for fewer than 3 values, where nothing is shown, or from 10 on, where the caveat ends.
///
/// From 20,000 repetitions with 2,000 resamples each by another program: 74.9, 80.7, 83.3, 85.4,
/// 87.5, 88.8, 89.6, and 90.0 at n = 10; standard error 0.3.
pub fn coverage(n: usize) -> Option<u32> {
    const FROM: usize = 3;
    const COVERAGE: [u32; 7] = [75, 81, 83, 85, 87, 89, 90];
    COVERAGE.get(n.checked_sub(FROM)?).copied()
}

/// Interval of any statistic of several groups of `[n_g]` values, n_g >= 2: every group is
/// resampled by itself and keeps its size, so no resample is without a group.
///
/// None if the statistic is undefined for a resample. Independent of the order of values within a
/// group; the groups have to come in a fixed order.
pub fn stratified(
    groups: &[Vec<f64>],
    statistic: &dyn Fn(&[Vec<f64>]) -> Option<f64>,
    level: f64,
    key: u64,
) -> Option<Interval> {
    let usable = |group: &Vec<f64>| group.len() >= 2 && group.iter().all(|v| v.is_finite());
    if groups.is_empty() || !groups.iter().all(usable) {
        return None;
    }
    if groups.iter().all(|group| all_equal(group)) {
        // A mean of equal values differs from them in its last bits; there is nothing to draw.
        return statistic(groups).map(|only| Interval { low: only, high: only });
    }
    let mut sorted = groups.to_vec();
    sorted.iter_mut().for_each(|group| group.sort_by(f64::total_cmp));
    let mut estimates = resampled(&sorted, statistic, key)?;
    estimates.sort_by(f64::total_cmp);
    let outside = 0.5 * (1.0 - level);
    let (low, high) = (quantile(&estimates, outside), quantile(&estimates, 1.0 - outside));
    Some(Interval { low, high })
}

/// The statistic of each resample.
fn resampled(
    groups: &[Vec<f64>],
    statistic: &dyn Fn(&[Vec<f64>]) -> Option<f64>,
    key: u64,
) -> Option<Vec<f64>> {
    let size: usize = groups.iter().map(Vec::len).sum();
    let stream = Stream::new(key, Purpose::Order, path_key("report.bootstrap"), 0);
    let words = stream.words(RESAMPLES * size);
    let mut resample = groups.to_vec();
    let mut estimates = Vec::with_capacity(RESAMPLES);
    for draws in words.chunks_exact(size) {
        let mut draws = draws.iter();
        for (group, drawn) in groups.iter().zip(&mut resample) {
            for (value, word) in drawn.iter_mut().zip(&mut draws) {
                *value = group[index(*word, group.len())];
            }
        }
        estimates.push(statistic(&resample)?);
    }
    Some(estimates)
}

/// A statistic of [`RESAMPLES`] resamples of clusters, in the order of the draws: within each
/// stratum as many clusters are drawn with replacement as it has, and a cluster brings all of its
/// members. `strata` holds clusters of members, in a fixed order; the statistic gets the members.
/// A value may be infinite.
pub fn clusters(
    strata: &[Vec<Vec<usize>>],
    statistic: &dyn Fn(&[usize]) -> f64,
    key: u64,
) -> Vec<f64> {
    let size: usize = strata.iter().map(Vec::len).sum();
    if size == 0 {
        return Vec::new();
    }
    let stream = Stream::new(key, Purpose::Order, path_key("report.clusters"), 0);
    let words = stream.words(RESAMPLES * size);
    let mut members = Vec::new();
    let one = |draws: &[u32]| {
        let mut draws = draws.iter();
        members.clear();
        for stratum in strata {
            for word in draws.by_ref().take(stratum.len()) {
                members.extend_from_slice(&stratum[index(*word, stratum.len())]);
            }
        }
        statistic(&members)
    };
    words.chunks_exact(size).map(one).collect()
}

/// The ends of the middle share `level` of `[n]` values, n >= 1, that may be infinite.
pub fn percentiles(values: &[f64], level: f64) -> Option<Interval> {
    if values.is_empty() || values.iter().any(|value| value.is_nan()) {
        return None;
    }
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let outside = 0.5 * (1.0 - level);
    Some(Interval { low: quantile(&sorted, outside), high: quantile(&sorted, 1.0 - outside) })
}

/// Twice the smaller share of resampled values on either side of `null`, those upon it on both:
/// (1 + count) / (1 + all) each, at most 1.
pub fn two_sided_p(values: &[f64], null: f64) -> f64 {
    let share = |count: usize| (1 + count) as f64 / (1 + values.len()) as f64;
    let below = share(values.iter().filter(|value| **value <= null).count());
    let above = share(values.iter().filter(|value| **value >= null).count());
    (2.0 * below.min(above)).min(1.0)
}

/// A word to an index below n; the bias is below n / 2^32.
fn index(word: u32, n: usize) -> usize {
    ((u64::from(word) * n as u64) >> 32) as usize
}

/// Of sorted `[n]` values, linear between them (Hyndman & Fan 1996, type 7).
fn quantile(sorted: &[f64], p: f64) -> f64 {
    let place = p * (sorted.len() - 1) as f64;
    let (below, above) = (place.floor() as usize, place.ceil() as usize);
    // There is nothing between a number and infinity: what lies beyond an infinite one is infinite.
    if let Some(end) = [sorted[below], sorted[above]].into_iter().find(|end| end.is_infinite()) {
        return end;
    }
    sorted[below] + (place - place.floor()) * (sorted[above] - sorted[below])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn three_values_reach_from_the_smallest_to_the_largest() {
        // All three draws are the smallest value in 1 of 27 resamples: more than 2.5 %.
        assert_eq!(interval(&[3.0, 1.0, 7.0], 0.95, 5), Some(Interval { low: 1.0, high: 7.0 }));
    }

    #[test]
    fn ends_lie_where_the_exact_distribution_has_its_tails() {
        // Four values 0, 0, 0, 1: the mean of a resample is Binomial(4, 1/4) / 4, so that
        // P(0) = 0.316, P(<= 2) = 0.949, P(<= 3) = 0.996.
        let found = interval(&[0.0, 1.0, 0.0, 0.0], 0.95, 1);
        assert_eq!(found, Some(Interval { low: 0.0, high: 0.75 }));
        let found = interval(&[0.0, 1.0, 0.0, 0.0], 0.80, 1);
        assert_eq!(found, Some(Interval { low: 0.0, high: 0.5 }));
    }

    #[test]
    fn the_order_of_values_does_not_matter_and_the_key_does() {
        let values: Vec<f64> = (0..12).map(|i| f64::from(i * i)).collect();
        let reversed: Vec<f64> = values.iter().rev().copied().collect();
        let found = interval(&values, 0.95, 1);
        assert_eq!(found, interval(&reversed, 0.95, 1));
        assert_ne!(found, interval(&values, 0.95, 2));
    }

    #[test]
    fn groups_are_not_mixed() {
        // Within each group nothing varies, so neither does the difference of their means.
        let groups = [vec![1.0, 1.0], vec![5.0, 5.0, 6.0]];
        let apart = |g: &[Vec<f64>]| mean(&g[1]).zip(mean(&g[0])).map(|(b, a)| b - a);
        let found = stratified(&groups, &apart, 0.95, 0);
        assert_eq!(found, Some(Interval { low: 4.0, high: 5.0 }));
        let equal = [vec![0.1; 3], vec![0.7; 2]];
        let found = stratified(&equal, &apart, 0.95, 0).unwrap();
        assert!(found.low == found.high && (found.low - 0.6).abs() < 1e-15);
    }

    #[test]
    fn clusters_stay_whole_and_strata_keep_their_size() {
        let strata = [vec![vec![0, 1], vec![2]], vec![vec![3]]];
        let found =
            clusters(&strata, &|members| members.iter().map(|m| 10f64.powi(*m as i32)).sum(), 7);
        // Two of the first stratum's clusters, and 3 always.
        let possible = [1022.0, 1111.0, 1200.0];
        assert!(found.len() == RESAMPLES && found.iter().all(|v| possible.contains(v)));
        let share = found.iter().filter(|v| **v == 1111.0).count() as f64 / RESAMPLES as f64;
        assert!((share - 0.5).abs() < 0.02, "{share}");
    }

    #[test]
    fn infinite_values_have_ends_and_sides() {
        let values = [f64::NEG_INFINITY, 1.0, 2.0, f64::INFINITY];
        let found = percentiles(&values, 0.95).unwrap();
        assert_eq!((found.low, found.high), (f64::NEG_INFINITY, f64::INFINITY));
        assert_eq!(two_sided_p(&[1.0; 99], 0.0), 0.02);
        assert_eq!(two_sided_p(&[0.0; 99], 0.0), 1.0);
        assert_eq!(percentiles(&[f64::NAN], 0.95), None);
    }

    #[test]
    fn too_few_or_unusable_values_have_no_interval() {
        assert_eq!(interval(&[], 0.95, 0), None);
        assert_eq!(interval(&[1.0], 0.95, 0), None);
        assert_eq!(interval(&[1.0, f64::NAN], 0.95, 0), None);
        assert_eq!(stratified(&[], &|_| Some(0.0), 0.95, 0), None);
        assert_eq!(stratified(&[vec![1.0, 2.0]], &|_| None, 0.95, 0), None);
    }
}
