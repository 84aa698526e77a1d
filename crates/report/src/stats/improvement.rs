//! Paired probability of improvement, averaged over datasets.
//!
//! Every dataset counts the same, however many seeds it has. The seeds stay paired: the unpaired
//! probability of Agarwal et al. 2021 compares every seed with every other and answers another
//! question.

use crate::stats::bootstrap;
use crate::stats::describe::mean;
use crate::stats::iqm::FEWEST_DATASETS;
use crate::stats::paired_t::Interval;

/// Mean over datasets of (#{d > 0} + #{d = 0} / 2) / n, from `[datasets][n]` differences, and its
/// interval by resampling the differences of each dataset; 2 or more datasets with 2 or more
/// differences each.
pub fn improvement(datasets: &[Vec<f64>], level: f64, key: u64) -> Option<(f64, Interval)> {
    if datasets.len() < FEWEST_DATASETS {
        return None;
    }
    let outcomes = |deltas: &Vec<f64>| deltas.iter().map(|delta| outcome(*delta)).collect();
    let outcomes: Vec<Vec<f64>> = datasets.iter().map(outcomes).collect();
    let interval = bootstrap::stratified(&outcomes, &average, level, key)?;
    Some((average(&outcomes)?, interval))
}

/// A win, half of one, or none.
fn outcome(delta: f64) -> f64 {
    match delta {
        _ if delta > 0.0 => 1.0,
        _ if delta < 0.0 => 0.0,
        // Not a number stays one, and has no interval.
        _ => 0.5 + delta,
    }
}

/// Mean over datasets of the mean outcome.
fn average(datasets: &[Vec<f64>]) -> Option<f64> {
    let each: Option<Vec<f64>> = datasets.iter().map(|outcomes| mean(outcomes)).collect();
    mean(&each?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn datasets_count_alike_whatever_their_number_of_seeds() {
        let datasets = [vec![1.0, -1.0], vec![1.0, 2.0, 3.0, 0.0, 1.0, 4.0]];
        let (share, interval) = improvement(&datasets, 0.95, 1).unwrap();
        assert!((share - (0.5 + 5.5 / 6.0) / 2.0).abs() < 1e-15, "{share}");
        // The first dataset gives 0, 1/2 or 1 and the second 1 at most.
        assert!(interval.low < 0.5 && interval.high == 1.0, "{interval:?}");
    }

    #[test]
    fn differences_of_one_sign_leave_nothing_to_draw() {
        let datasets = [vec![0.3, 0.1, 0.2], vec![5.0, 2.0]];
        let certain = Interval { low: 1.0, high: 1.0 };
        assert_eq!(improvement(&datasets, 0.95, 1), Some((1.0, certain)));
        assert_eq!(improvement(&datasets[..1], 0.95, 1), None);
        assert_eq!(improvement(&[vec![1.0, 2.0], vec![1.0]], 0.95, 1), None);
    }
}
