//! Linear centred kernel alignment of two sets of features of the same examples.
//!
//! |YᵀX|² / (|XᵀX| |YᵀY|) of centred features (Kornblith et al. 2019, "Similarity of neural network
//! representations revisited", equation 5). It is 1 for features that differ by a rotation and a
//! scale, and grows with the number of features where there are few examples; the debiased form, which
//! replaces each of the three by its unbiased estimate (Song et al. 2012; the notebook that belongs to
//! Kornblith et al.), does not.

use crate::arithmetic::{Blocks, cross};
use crate::{FeatureError, Rows};

/// How alike two sets of features of the same examples are.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Cka {
    /// From 0 to 1.
    pub biased: f64,
    /// Without the share that chance gives; below 0 where there is less.
    pub debiased: f64,
}

/// Of features of the same examples, row by row. There must be four or more.
pub fn cka(first: &Rows<'_>, second: &Rows<'_>) -> Result<Cka, FeatureError> {
    const WHAT: &str = "centred kernel alignment";
    first.at_least(WHAT, 4)?;
    let (found, expected) = (second.len(), first.len());
    if found != expected {
        return Err(FeatureError::Sizes { what: "examples of the second set", found, expected });
    }
    let [x, y] = [first, second].map(Centred::new);
    let [xy, xx, yy] = [(&x, &y), (&x, &x), (&y, &y)].map(|(a, b)| Product::of(a, b));
    if xx.biased == 0.0 || yy.biased == 0.0 {
        return Err(FeatureError::Undefined { what: WHAT, why: "all examples of a set are equal" });
    }
    let biased = xy.biased / (xx.biased.sqrt() * yy.biased.sqrt());
    let scale = (xx.debiased * yy.debiased).sqrt();
    let debiased = xy.debiased / scale;
    if !debiased.is_finite() || xx.debiased <= 0.0 {
        let why = "a set varies no more than chance gives";
        return Err(FeatureError::Undefined { what: WHAT, why });
    }
    Ok(Cka { biased, debiased })
}

/// Features without their means, and the squared length of each row.
struct Centred {
    features: Blocks,
    squares: Vec<f64>,
}

impl Centred {
    fn new(rows: &Rows<'_>) -> Self {
        let mut means = vec![0.0; rows.width()];
        for index in 0..rows.len() {
            let features = means.iter_mut().zip(rows.row(index));
            features.for_each(|(mean, &feature)| *mean += f64::from(feature));
        }
        means.iter_mut().for_each(|mean| *mean /= rows.len() as f64);
        let value = |row: usize, column: usize| f64::from(rows.row(row)[column]) - means[column];
        let square = |row| (0..rows.width()).map(|column| value(row, column).powi(2)).sum();
        let squares = (0..rows.len()).map(square).collect();
        Self { features: Blocks::new(rows.len(), rows.width(), value), squares }
    }
}

/// The squared norm of the product of two sets, as it is and as an unbiased estimate.
struct Product {
    biased: f64,
    debiased: f64,
}

impl Product {
    fn of(a: &Centred, b: &Centred) -> Self {
        let biased: f64 = cross(&a.features, &b.features).iter().map(|entry| entry * entry).sum();
        let n = a.squares.len() as f64;
        let diagonal: f64 = a.squares.iter().zip(&b.squares).map(|(a, b)| a * b).sum();
        let [of_a, of_b] = [a, b].map(|set| set.squares.iter().sum::<f64>());
        let debiased = biased - n / (n - 2.0) * diagonal + of_a * of_b / ((n - 1.0) * (n - 2.0));
        Self { biased, debiased }
    }
}

#[cfg(test)]
mod tests {
    use fireassay_spec::{Purpose, Stream};

    use super::*;

    fn features(len: usize, seed: u64) -> Vec<f32> {
        Stream::new(seed, Purpose::Split, 0, 0).symmetric(len, 1.0)
    }

    #[test]
    fn turned_and_scaled_features_are_the_same_and_others_are_not() {
        let values = features(120, 0);
        // By 90 degrees in the first two, then three times as large and moved.
        let turned: Vec<f32> = values
            .chunks_exact(3)
            .flat_map(|row| [-row[1], row[0], row[2]])
            .map(|value| 3.0 * value + 1.0)
            .collect();
        let rows = |values| Rows::new(values, 3).unwrap();
        let same = cka(&rows(&values), &rows(&turned)).unwrap();
        assert!((same.biased - 1.0).abs() < 1e-6 && (same.debiased - 1.0).abs() < 1e-6);
        let other = features(120, 9000);
        let other = cka(&rows(&values), &rows(&other)).unwrap();
        assert!(other.biased < 0.2 && other.debiased.abs() < 0.1, "{other:?}");
        assert!(other.debiased < other.biased);
    }

    #[test]
    fn what_has_no_alignment_is_refused() {
        let (values, same) = (features(12, 0), [0.5_f32; 12]);
        let rows = |values| Rows::new(values, 3).unwrap();
        let undefined = cka(&rows(&values), &rows(&same)).unwrap_err();
        assert!(matches!(undefined, FeatureError::Undefined { .. }));
        assert!(matches!(
            cka(&rows(&values), &rows(&values[..9])),
            Err(FeatureError::Sizes { .. })
        ));
        let few = cka(&rows(&values[..9]), &rows(&values[..9])).unwrap_err();
        assert!(matches!(few, FeatureError::TooFew { needed: 4, found: 3, .. }));
    }
}
