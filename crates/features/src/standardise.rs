//! `Standardiser`: every feature with mean 0 and standard deviation 1, and undoing that in a head.

use crate::{FeatureError, Head, Rows};

/// Mean and standard deviation of each feature, from the examples that are learnt from.
#[derive(Clone, Debug, PartialEq)]
pub struct Standardiser {
    mean: Vec<f64>,
    deviation: Vec<f64>,
    constant: Vec<usize>,
}

impl Standardiser {
    /// Of these rows, of which there must be one at least. The deviation is that of a population
    /// (divided by n). A feature that varies less than its values are rounded, because it is the
    /// same in all rows or in all but the last bit, is constant: it gets the deviation 1.
    pub fn of(rows: &Rows<'_>) -> Result<Self, FeatureError> {
        rows.at_least("standardising", 1)?;
        let count = rows.len() as f64;
        let mean_of = |term: &dyn Fn(usize, f64) -> f64| {
            let mut sums = vec![0.0; rows.width()];
            for index in 0..rows.len() {
                let features = rows.row(index).iter().map(|&feature| f64::from(feature));
                for (column, feature) in features.enumerate() {
                    sums[column] += term(column, feature);
                }
            }
            sums.into_iter().map(|sum| sum / count).collect::<Vec<f64>>()
        };
        let mean = mean_of(&|_, feature| feature);
        let variance = mean_of(&|column, feature| {
            let difference = feature - mean[column];
            difference * difference
        });
        let mut deviation: Vec<f64> = variance.into_iter().map(f64::sqrt).collect();
        let mut constant = Vec::new();
        for (column, deviation) in deviation.iter_mut().enumerate() {
            if *deviation <= f64::from(f32::EPSILON) * mean[column].abs() {
                *deviation = 1.0;
                constant.push(column);
            }
        }
        Ok(Self { mean, deviation, constant })
    }

    /// Leaves features as they are.
    pub fn none(width: usize) -> Self {
        Self { mean: vec![0.0; width], deviation: vec![1.0; width], constant: Vec::new() }
    }

    /// Of each feature.
    pub fn mean(&self) -> &[f64] {
        &self.mean
    }

    /// Of each feature; 1 for one that is constant.
    pub fn deviation(&self) -> &[f64] {
        &self.deviation
    }

    /// The features that say nothing, because they are the same in all rows.
    pub fn constant(&self) -> &[usize] {
        &self.constant
    }

    /// A head that makes of features as they come what `head` makes of standardised ones.
    pub fn fold(&self, head: &Head) -> Result<Head, FeatureError> {
        let width = self.mean.len();
        if head.width() != width {
            let (what, found) = ("features that a head takes", head.width());
            return Err(FeatureError::Sizes { what, found, expected: width });
        }
        let mut weights = head.weights().to_vec();
        let mut bias = head.bias().to_vec();
        for (weights, bias) in weights.chunks_exact_mut(width).zip(&mut bias) {
            for (column, weight) in weights.iter_mut().enumerate() {
                *weight /= self.deviation[column];
                *bias -= *weight * self.mean[column];
            }
        }
        Head::new(width, weights, bias)
    }

    pub(crate) fn standardised(&self, column: usize, feature: f32) -> f64 {
        (f64::from(feature) - self.mean[column]) / self.deviation[column]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn features_are_standardised_and_constant_ones_only_centred() {
        // The third differs in its last bit only, and 0.1 is no sum of powers of two.
        let next = f32::from_bits(0.3_f32.to_bits() + 1);
        let values = [1.0, 0.1, 0.3, 3.0, 0.1, next, 8.0, 0.1, 0.3];
        let standardiser = Standardiser::of(&Rows::new(&values, 3).unwrap()).unwrap();
        assert_eq!(standardiser.constant(), [1, 2]);
        assert!((standardiser.mean()[0] - 4.0).abs() < 1e-15);
        let expected = [(26.0_f64 / 3.0).sqrt(), 1.0, 1.0]; // (9 + 1 + 16) / 3
        for (found, expected) in standardiser.deviation().iter().zip(expected) {
            assert!((found - expected).abs() < 1e-15);
        }
        assert!(standardiser.standardised(1, 0.1).abs() < 1e-16);
        assert!(Standardiser::of(&Rows::new(&[], 3).unwrap()).is_err());
    }

    #[test]
    fn a_folded_head_gives_the_same_logits() {
        let values = [1.0, 200.1, -3.0, 200.5, 0.5, 200.2];
        let rows = Rows::new(&values, 2).unwrap();
        let standardiser = Standardiser::of(&rows).unwrap();
        let head =
            Head::new(2, vec![0.3, -2.0, 1.5, 0.25, -1.0, 0.0], vec![0.5, -0.5, 2.0]).unwrap();
        let logits = standardiser.fold(&head).unwrap().logits(&rows).unwrap();
        for row in 0..3 {
            for class in 0..3 {
                let terms = (0..2).map(|column| {
                    let feature = standardiser.standardised(column, rows.row(row)[column]);
                    head.weights()[class * 2 + column] * feature
                });
                let expected = head.bias()[class] + terms.sum::<f64>();
                assert!((logits[row * 3 + class] - expected).abs() < 1e-11);
            }
        }
        assert!(Standardiser::none(3).fold(&head).is_err());
        assert_eq!(Standardiser::none(2).fold(&head).unwrap(), head);
    }
}
