//! Whether the splits that `[base.data]` asks for can be cut.

use super::{INSIDE_0_1, Problems};
use crate::{DataSpec, DatasetCard, SplitRule, TrainSize};

impl DataSpec {
    pub(super) fn check(&self, card: &DatasetCard, found: &mut Problems) {
        found.number("data.val-fraction", self.val_fraction, INSIDE_0_1);
        if let Some(fraction) = self.test_fraction {
            found.number("data.test-fraction", fraction, INSIDE_0_1);
        }
        match (self.test_fraction, card.examples.test) {
            (None, 0) => found.add_with_help(
                "data",
                format!("dataset `{}` has no test examples of its own", card.name),
                "say how much of it is the test split: test-fraction = 0.2",
            ),
            (Some(_), 1..) => found.add_with_help(
                "data.test-fraction",
                format!("dataset `{}` has test examples of its own", card.name),
                "delete this line",
            ),
            (None, 1..) | (Some(_), 0) => {}
        }
        self.check_rule(card, found);
        self.corrupt.check(card, found);
        self.augment.check(card, found);
        match self.seen_classes(&card.classes) {
            Ok(seen) if found.0.is_empty() => self.check_sizes(card, seen.names.len(), found),
            Ok(_) => {}
            Err(problems) => found.0.extend(problems),
        }
    }

    /// Groups are asked for where there are some, and only there.
    fn check_rule(&self, card: &DatasetCard, found: &mut Problems) {
        let has_groups = card.has_groups();
        match self.split {
            SplitRule::Stratified if has_groups => found.add_with_help(
                "data.split",
                format!(
                    "dataset `{}` says whose each example is; a split that ignores it leaks",
                    card.name
                ),
                "split = \"grouped\"; or, to test on people that training has seen, \
                 \"stratified-across-groups\"",
            ),
            SplitRule::Grouped | SplitRule::StratifiedAcrossGroups if !has_groups => found
                .add_with_help(
                    "data.split",
                    format!("dataset `{}` does not say whose each example is", card.name),
                    "split = \"stratified\", or name the groups in its card",
                ),
            SplitRule::Stratified | SplitRule::Grouped | SplitRule::StratifiedAcrossGroups => {}
        }
    }

    /// Whether there are enough examples, as far as can be told without the labels.
    fn check_sizes(&self, card: &DatasetCard, classes: usize, found: &mut Problems) {
        const KEY: &str = "data.train-size";
        let test = self.test_fraction.map_or(0.0, |fraction| card.examples.train as f64 * fraction);
        let available = card.examples.train.saturating_sub(test.floor() as usize);
        let (size, least) = match self.train_size {
            TrainSize::All => (available, 1),
            TrainSize::Count(n) => (n, n),
            TrainSize::PerClass(n) => (n.saturating_mul(classes), n),
        };
        if least == 0 {
            return found.add(KEY, format!("`{KEY}` must be 1 or more"));
        }
        if size > available {
            let message = format!("`{KEY}` asks for {size} of {available} examples");
            let help = format!(
                "that is what dataset `{}` has outside its test split; \"all\" takes every one",
                card.name
            );
            return found.add_with_help(KEY, message, help);
        }
        let val = size as f64 * self.val_fraction;
        for (split, count) in [("validation", val.ceil()), ("training", size as f64 - val.floor())]
        {
            if count < classes as f64 {
                let message = format!("{count} {split} examples for {classes} classes");
                let help = "every class needs one; change `train-size` or `val-fraction`";
                found.add_with_help(KEY, message, help);
            }
        }
    }
}
