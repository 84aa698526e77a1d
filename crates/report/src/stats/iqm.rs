//! Interquartile mean of scores over many datasets (Agarwal et al. 2021).
//!
//! Scores have to be normalised per dataset before; a lone dataset has no use for it, as with
//! three seeds nothing is trimmed and the interquartile mean is the mean.

use crate::stats::bootstrap;
use crate::stats::describe::{all_equal, mean};
use crate::stats::paired_t::Interval;

/// Fewer datasets do not make a summary.
pub const FEWEST_DATASETS: usize = 2;

/// Mean of `[n]` values, n >= 1, without the floor(n / 4) smallest and as many of the largest.
pub fn iqm(values: &[f64]) -> Option<f64> {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let cut = sorted.len() / 4;
    mean(&sorted[cut..sorted.len() - cut])
}

/// Interval of the interquartile mean of all scores of `[datasets][n]`, by resampling the scores
/// of each dataset (see [`bootstrap::stratified`]); 2 or more datasets with 2 or more scores each.
pub fn interval(datasets: &[Vec<f64>], level: f64, key: u64) -> Option<Interval> {
    if datasets.len() < FEWEST_DATASETS {
        return None;
    }
    let mut sorted = datasets.concat();
    sorted.sort_by(f64::total_cmp);
    if all_equal(&sorted) {
        return iqm(&sorted).map(|only| Interval { low: only, high: only });
    }
    let ranks = ranks(datasets);
    bootstrap::stratified(&ranks, &|drawn| of_ranks(drawn, &sorted), level, key)
}

/// The place of each value among all of them, from 0: resamples of ranks are counted, where
/// resamples of values would have to be sorted.
fn ranks(datasets: &[Vec<f64>]) -> Vec<Vec<f64>> {
    let place = |(group, of): (usize, &Vec<f64>)| (0..of.len()).map(move |i| (group, i)).collect();
    let mut order: Vec<(usize, usize)> =
        datasets.iter().enumerate().flat_map(|of| -> Vec<_> { place(of) }).collect();
    order.sort_by(|(g, i), (h, j)| datasets[*g][*i].total_cmp(&datasets[*h][*j]));
    let mut ranks = datasets.to_vec();
    for (rank, (group, i)) in order.into_iter().enumerate() {
        let value = &mut ranks[group][i];
        *value = if value.is_finite() { rank as f64 } else { f64::NAN };
    }
    ranks
}

/// [`iqm`] of the values that have these ranks.
fn of_ranks(drawn: &[Vec<f64>], sorted: &[f64]) -> Option<f64> {
    let mut counts = vec![0_usize; sorted.len()];
    for rank in drawn.iter().flatten() {
        *counts.get_mut(*rank as usize)? += 1;
    }
    let cut = sorted.len() / 4;
    let (mut below, mut left) = (cut, sorted.len() - 2 * cut);
    let (kept, mut sum) = (left, 0.0);
    for (value, count) in sorted.iter().zip(counts) {
        let dropped = count.min(below);
        let used = (count - dropped).min(left);
        below -= dropped;
        left -= used;
        (0..used).for_each(|_| sum += value);
    }
    Some(sum / kept as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quarter_is_dropped_from_each_end_rounded_down() {
        let check = |values: &[f64], expected| assert_eq!(iqm(values), expected, "{values:?}");
        check(&[], None);
        check(&[9.0, 1.0, 2.0], Some(4.0));
        check(&[9.0, 1.0, 2.0, -50.0], Some(1.5));
        check(&[7.0, 1.0, 2.0, 3.0, 4.0, 5.0, 100.0], Some(4.2));
        check(&[8.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, -9.0], Some(3.5));
    }

    #[test]
    fn the_interval_keeps_every_dataset_in_every_resample() {
        // Two datasets far apart: half of the pooled scores is always high, so that the
        // interquartile mean never reaches either group.
        let datasets = [vec![0.0, 0.1, 0.2, 0.3], vec![10.0, 10.1, 10.2, 10.3]];
        let found = interval(&datasets, 0.95, 3).unwrap();
        let centre = iqm(&datasets.concat()).unwrap();
        assert!(found.low > 5.0 && found.high < 5.3, "{found:?}");
        assert!(found.low < centre && centre < found.high, "{found:?} around {centre}");
        assert_eq!(interval(&datasets[..1], 0.95, 3), None);
    }

    #[test]
    fn counting_ranks_is_sorting_values() {
        let datasets = [vec![0.3, 0.1, 0.3, 0.2, 0.7], vec![0.9, 0.2, 0.4]];
        let sorted = |drawn: &[Vec<f64>]| iqm(&drawn.concat());
        let expected = bootstrap::stratified(&datasets, &sorted, 0.95, 5);
        assert_eq!(interval(&datasets, 0.95, 5), expected);
        let equal = [vec![0.1; 3], vec![0.1; 2]];
        assert_eq!(interval(&equal, 0.95, 5), bootstrap::stratified(&equal, &sorted, 0.95, 5));
        // Within each dataset nothing varies, but there is more than one value.
        let apart = [vec![0.1; 3], vec![0.7; 2]];
        assert_eq!(interval(&apart, 0.95, 5), bootstrap::stratified(&apart, &sorted, 0.95, 5));
        assert_eq!(interval(&[vec![0.1, f64::NAN], vec![0.2, 0.3]], 0.95, 5), None);
    }
}
