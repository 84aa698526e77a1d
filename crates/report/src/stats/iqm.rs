//! Interquartile mean of scores over many datasets (Agarwal et al. 2021).
//!
//! Scores have to be normalised per dataset before; a lone dataset has no use for it, as with
//! three seeds nothing is trimmed and the interquartile mean is the mean.

use crate::stats::bootstrap;
use crate::stats::describe::mean;
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
    bootstrap::stratified(datasets, &|drawn| iqm(&drawn.concat()), level, key)
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
}
