//! `Problem`: examples to learn from, and how their features are scaled for that.

use crate::arithmetic::Blocks;
use crate::{Examples, FeatureError, Standardiser};

/// What a solver is given. Solvers see scaled features; the heads that they give take features as
/// they come.
#[derive(Clone, Debug)]
pub struct Problem<'a> {
    examples: Examples<'a>,
    standardiser: Standardiser,
}

impl<'a> Problem<'a> {
    /// Standardised by the very examples that are learnt from: decay then means the same for every
    /// feature, whatever its scale.
    pub fn standardised(examples: Examples<'a>) -> Result<Self, FeatureError> {
        let standardiser = Standardiser::of(&examples.rows())?;
        Ok(Self { examples, standardiser })
    }

    /// Features as they are: those of large values are decayed less.
    pub fn raw(examples: Examples<'a>) -> Result<Self, FeatureError> {
        examples.rows().at_least("learning", 1)?;
        Ok(Self { examples, standardiser: Standardiser::none(examples.rows().width()) })
    }

    /// What is learnt from.
    pub fn examples(&self) -> &Examples<'a> {
        &self.examples
    }

    /// How it is scaled.
    pub fn standardiser(&self) -> &Standardiser {
        &self.standardiser
    }

    /// The features as they are learnt from, and behind them `ones` columns of ones.
    pub(crate) fn blocks(&self, ones: usize) -> Blocks {
        let rows = self.examples.rows();
        let width = rows.width();
        Blocks::new(rows.len(), width + ones, |row, column| {
            if column < width {
                self.standardiser.standardised(column, rows.row(row)[column])
            } else {
                1.0
            }
        })
    }
}
