//! Choosing a strength of decay by examples that were not learnt from.

use crate::{Examples, FeatureError, Path, Score};

/// Which head of a path is the best on validation examples.
#[derive(Clone, Debug, PartialEq)]
pub struct Choice {
    /// Its place in the path.
    pub index: usize,
    /// What it came to.
    pub score: Score,
    /// The end of the path at which it is, if it is at one: a wider path might hold a better one.
    pub edge: Option<Edge>,
    /// The scores of all, in the order of the path.
    pub scores: Vec<Score>,
}

/// An end of a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Edge {
    /// Stronger decay was not tried.
    Strongest,
    /// Weaker decay was not tried.
    Weakest,
    /// There was one strength only, so nothing was chosen.
    Only,
}

impl Path {
    /// By accuracy; of equal ones by loss; of equal ones the strongest. An error if there is no
    /// example in `val`, or its features or classes are of another number.
    pub fn choose(&self, val: &Examples<'_>) -> Result<Choice, FeatureError> {
        let what = "choosing a strength";
        val.rows().at_least(what, 1)?;
        let none = FeatureError::TooFew { what, needed: 1, found: 0 };
        let last = self.fits.len().checked_sub(1).ok_or(none)?;
        let blocks = val.rows().blocks();
        let mut scores: Vec<Score> = Vec::with_capacity(self.fits.len());
        let mut index = 0;
        for (at, fit) in self.fits.iter().enumerate() {
            val.rows().has_width(fit.head.width())?;
            fit.head.fits(val)?;
            let score = fit.head.score_of(&blocks, val, self.loss);
            scores.push(score);
            if is_better(&score, &scores[index]) {
                index = at;
            }
        }
        let edge = match index {
            _ if last == 0 => Some(Edge::Only),
            0 => Some(Edge::Strongest),
            _ if index == last => Some(Edge::Weakest),
            _ => None,
        };
        Ok(Choice { index, score: scores[index], edge, scores })
    }
}

fn is_better(one: &Score, other: &Score) -> bool {
    one.accuracy > other.accuracy || (one.accuracy == other.accuracy && one.loss < other.loss)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Fit, Head, Loss, Rows};

    /// A path of heads that turn one feature into two logits.
    fn path(weights: &[f64]) -> Path {
        let fits = weights.iter().enumerate().map(|(index, &weight)| Fit {
            strength: 1.0 / (1.0 + index as f64),
            head: Head::new(1, vec![-weight, weight], vec![0.0; 2]).unwrap(),
            search: None,
        });
        Path { fits: fits.collect(), loss: Loss::CrossEntropy, notes: Vec::new() }
    }

    fn check(weights: &[f64], expected: (usize, Option<Edge>)) {
        let (values, labels) = ([-1.0, 1.0, -3.0, 2.0, -0.1], [0, 1, 0, 1, 1]);
        let val = Examples::new(Rows::new(&values, 1).unwrap(), &labels, 2).unwrap();
        let choice = path(weights).choose(&val).unwrap();
        assert_eq!((choice.index, choice.edge), expected, "{weights:?}");
        assert_eq!(choice.scores[choice.index], choice.score);
    }

    #[test]
    fn accuracy_decides_then_loss_then_decay() {
        check(&[-1.0, 1.0, -1.0], (1, None));
        check(&[0.1, 1.0, 0.2], (1, None)); // equally accurate
        check(&[1.0, 1.0, -1.0], (0, Some(Edge::Strongest)));
        check(&[-1.0, 1.0, 1.0], (1, None));
        check(&[0.1, 0.2, 0.5], (2, Some(Edge::Weakest)));
        check(&[1.0], (0, Some(Edge::Only)));
    }
}
