//! What a type cannot say: ranges, and values that must fit each other or the dataset.

mod alter;
mod analysis;
mod data;
mod finetune;
mod model;
mod optim;
mod source;

use crate::{DatasetCard, TrialSpec};

/// A value that cannot be meant.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Problem {
    /// Dotted key; a number at the end is an index into a list.
    pub key: String,
    /// What is wrong.
    pub message: String,
    /// What would be right.
    pub help: Option<String>,
}

impl TrialSpec {
    /// All that is wrong with this spec on that dataset; empty if it can be trained.
    pub fn problems(&self, card: &DatasetCard) -> Vec<Problem> {
        let mut found = Problems::default();
        self.data.check(card, &mut found);
        self.model.check(card, &mut found);
        self.optim.check(&mut found);
        self.schedule.check(self.train.budget, &mut found);
        self.train.check(self.model.has_batch_norm(), &mut found);
        self.check_finetune(&mut found);
        found.0
    }
}

/// Collects problems.
#[derive(Debug, Default)]
pub(crate) struct Problems(pub(crate) Vec<Problem>);

impl Problems {
    pub(crate) fn add(&mut self, key: &str, message: String) {
        self.0.push(Problem { key: key.to_owned(), message, help: None });
    }

    pub(crate) fn add_with_help(&mut self, key: &str, message: String, help: impl Into<String>) {
        self.0.push(Problem { key: key.to_owned(), message, help: Some(help.into()) });
    }

    /// A number must be finite and `fits`; `range` says so in words.
    fn number(&mut self, key: &str, value: f64, (range, fits): Rule) {
        // -0.0 equals 0.0 but is written differently, so it would be a trial of its own.
        let is_negative_zero = value == 0.0 && value.is_sign_negative();
        if !value.is_finite() || is_negative_zero || !fits(value) {
            self.add(key, format!("`{key}` must be {range}"));
        }
    }

    /// A count must not be smaller than `least`.
    fn count(&mut self, key: &str, value: usize, least: usize) {
        if value < least {
            self.add(key, format!("`{key}` must be {least} or more"));
        }
    }

    /// A count must be from 1 to `most`.
    fn count_within(&mut self, key: &str, value: usize, most: usize) {
        if !(1..=most).contains(&value) {
            self.add(key, format!("`{key}` must be from 1 to {most}"));
        }
    }
}

/// A range in words and as a test.
type Rule = (&'static str, fn(f64) -> bool);

const ABOVE_0: Rule = ("a finite number above 0", |v| v > 0.0);
const NOT_NEGATIVE: Rule = ("a finite number, 0 or more", |v| v >= 0.0);
const INSIDE_0_1: Rule = ("above 0 and below 1", |v| v > 0.0 && v < 1.0);
const FROM_0_BELOW_1: Rule = ("0 or more and below 1", |v| (0.0..1.0).contains(&v));
const FROM_0_TO_1: Rule = ("0 to 1", |v| (0.0..=1.0).contains(&v));
const ABOVE_0_TO_1: Rule = ("above 0, at most 1", |v| v > 0.0 && v <= 1.0);

#[cfg(test)]
mod tests;
