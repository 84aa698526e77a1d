//! `Head`: a linear layer, what it says of rows, and how right that is.

use fireassay_kernels::{Isa, Kernel, Lanes};

use crate::arithmetic::{Blocks, Column, forward};
use crate::{Examples, FeatureError, Rows};

/// Logits = weights x features + bias.
#[derive(Clone, Debug, PartialEq)]
pub struct Head {
    width: usize,
    weights: Vec<f64>,
    bias: Vec<f64>,
}

/// What is small when a head is right.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Loss {
    /// Of the softmax of the logits, in nats per example.
    CrossEntropy,
    /// Of the logits to 1 for the right class and 0 for the others, summed over the classes and
    /// halved, per example.
    Squares,
}

/// How right a head is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Score {
    /// The share of examples whose largest logit is that of their class. Of equal logits the one of
    /// the lowest class counts.
    pub accuracy: f64,
    /// Per example.
    pub loss: f64,
}

impl Head {
    /// `weights` is `[classes, width]`, `bias` is `[classes]`.
    pub fn new(width: usize, weights: Vec<f64>, bias: Vec<f64>) -> Result<Self, FeatureError> {
        let (found, expected) = (weights.len(), width * bias.len());
        if found != expected {
            return Err(FeatureError::Sizes { what: "weights of a head", found, expected });
        }
        Ok(Self { width, weights, bias })
    }

    /// Features that it takes.
    pub fn width(&self) -> usize {
        self.width
    }

    /// Logits that it gives.
    pub fn num_classes(&self) -> usize {
        self.bias.len()
    }

    /// `[classes, width]`.
    pub fn weights(&self) -> &[f64] {
        &self.weights
    }

    /// `[classes]`.
    pub fn bias(&self) -> &[f64] {
        &self.bias
    }

    /// The logits of rows, [rows, classes].
    pub fn logits(&self, rows: &Rows<'_>) -> Result<Vec<f64>, FeatureError> {
        rows.has_width(self.width)?;
        Ok(self.logits_of(&rows.blocks()))
    }

    /// Accuracy and loss on examples, of which there must be one at least.
    pub fn score(&self, examples: &Examples<'_>, loss: Loss) -> Result<Score, FeatureError> {
        examples.rows().at_least("a score", 1)?;
        examples.rows().has_width(self.width)?;
        self.fits(examples)?;
        Ok(self.score_of(&examples.rows().blocks(), examples, loss))
    }

    pub(crate) fn fits(&self, examples: &Examples<'_>) -> Result<(), FeatureError> {
        let (found, expected) = (examples.num_classes(), self.num_classes());
        if found != expected {
            return Err(FeatureError::Sizes { what: "classes", found, expected });
        }
        Ok(())
    }

    /// As [`Self::score`], of rows that are blocks already.
    pub(crate) fn score_of(&self, blocks: &Blocks, examples: &Examples<'_>, loss: Loss) -> Score {
        let logits = self.logits_of(blocks);
        let (mut right, mut sum) = (0_usize, 0.0);
        for (index, logits) in logits.chunks_exact(self.num_classes()).enumerate() {
            let label = examples.label(index);
            right += usize::from(largest(logits) == label);
            sum += loss.of(logits, label);
        }
        let count = examples.len() as f64;
        Score { accuracy: right as f64 / count, loss: sum / count }
    }

    fn logits_of(&self, blocks: &Blocks) -> Vec<f64> {
        Isa::best().run(Logits { head: self, blocks })
    }
}

impl Loss {
    fn of(self, logits: &[f64], label: usize) -> f64 {
        match self {
            Self::CrossEntropy => {
                let max = logits.iter().copied().fold(f64::NEG_INFINITY, f64::max);
                let sum: f64 = logits.iter().map(|logit| libm::exp(logit - max)).sum();
                max + libm::log(sum) - logits[label]
            }
            Self::Squares => {
                let term = |(class, logit): (usize, &f64)| {
                    let difference = logit - if class == label { 1.0 } else { 0.0 };
                    difference * difference
                };
                0.5 * logits.iter().enumerate().map(term).sum::<f64>()
            }
        }
    }
}

fn largest(logits: &[f64]) -> usize {
    let better =
        |best: usize, class: usize| if logits[class] > logits[best] { class } else { best };
    (0..logits.len()).fold(0, better)
}

struct Logits<'a> {
    head: &'a Head,
    blocks: &'a Blocks,
}

impl Kernel for Logits<'_> {
    type Output = Vec<f64>;

    #[inline(always)]
    fn run<L: Lanes>(self, _: L) -> Vec<f64> {
        let Head { weights, bias, .. } = self.head;
        let mut columns = vec![Column::ZERO; bias.len()];
        let mut logits = Vec::with_capacity(self.blocks.rows() * bias.len());
        for (block, rows) in self.blocks.iter() {
            forward(block, weights, bias, &mut columns);
            for row in 0..rows {
                logits.extend(columns.iter().map(|column| column.get(row)));
            }
        }
        logits
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accuracy_and_both_losses_are_those_by_hand() {
        let (values, labels) = ([1.0, 0.0, -1.0], [0, 1, 1]);
        let examples = Examples::new(Rows::new(&values, 1).unwrap(), &labels, 2).unwrap();
        let head = Head::new(1, vec![2.0, 0.0], vec![0.0, 0.0]).unwrap();
        let score = head.score(&examples, Loss::CrossEntropy).unwrap();
        // Logits (2, 0), (0, 0), (-2, 0): the tie counts as class 0, and is wrong.
        assert!((score.accuracy - 2.0 / 3.0).abs() < 1e-15);
        let expected = (2.0 * (1.0 + (-2.0_f64).exp()).ln() + 2.0_f64.ln()) / 3.0;
        assert!((score.loss - expected).abs() < 1e-15);
        let squares = head.score(&examples, Loss::Squares).unwrap().loss;
        assert!((squares - (1.0 + 1.0 + 5.0) / 6.0).abs() < 1e-15);
        let other = Examples::new(examples.rows(), &labels, 3).unwrap();
        assert!(head.score(&other, Loss::Squares).is_err());
        assert!(head.logits(&Rows::new(&[1.0, 2.0], 2).unwrap()).is_err());
    }
}
