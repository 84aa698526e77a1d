//! Did sharing seeds remove variance?

use crate::stats::describe::{mean, sd};

/// Pearson correlation of two lists of `[n]` values, n >= 3; none if one of them has no spread.
pub fn correlation(ours: &[f64], theirs: &[f64]) -> Option<f64> {
    const FEWEST: usize = 3; // two points always lie on a line
    if ours.len() < FEWEST {
        return None;
    }
    let scale = sd(ours)? * sd(theirs)?;
    let (a, b) = (mean(ours)?, mean(theirs)?);
    let products: f64 = ours.iter().zip(theirs).map(|(x, y)| (x - a) * (y - b)).sum();
    let r = products / (ours.len() - 1) as f64 / scale;
    (scale > 0.0).then(|| r.clamp(-1.0, 1.0))
}

/// Var(ours - theirs) / (Var(ours) + Var(theirs)) over `[n]` pairs, n >= 3: 1 for independent
/// values, below 1 if pairing helped. None if neither has spread.
pub fn variance_ratio(ours: &[f64], theirs: &[f64]) -> Option<f64> {
    const FEWEST: usize = 3;
    if ours.len() < FEWEST {
        return None;
    }
    let deltas: Vec<f64> = ours.iter().zip(theirs).map(|(x, y)| x - y).collect();
    let variance = |values: &[f64]| sd(values).map(|sd| sd * sd);
    let apart = variance(ours)? + variance(theirs)?;
    let together = variance(&deltas)?;
    (apart > 0.0).then(|| together / apart)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parallel_values_pair_perfectly() {
        let (ours, theirs) = ([1.0, 2.0, 4.0], [11.0, 12.0, 14.0]);
        assert!((correlation(&ours, &theirs).unwrap() - 1.0).abs() < 1e-15);
        assert_eq!(variance_ratio(&ours, &theirs), Some(0.0));
    }

    #[test]
    fn opposite_values_are_worse_than_unpaired() {
        let (ours, theirs) = ([1.0, 2.0, 3.0], [3.0, 2.0, 1.0]);
        assert!((correlation(&ours, &theirs).unwrap() + 1.0).abs() < 1e-15);
        assert!((variance_ratio(&ours, &theirs).unwrap() - 2.0).abs() < 1e-15);
    }

    #[test]
    fn no_spread_or_too_few_seeds_give_nothing() {
        assert_eq!(correlation(&[1.0, 1.0, 1.0], &[1.0, 2.0, 3.0]), None);
        assert_eq!(variance_ratio(&[1.0, 1.0, 1.0], &[2.0, 2.0, 2.0]), None);
        assert_eq!(correlation(&[1.0, 2.0], &[1.0, 2.0]), None);
    }
}
