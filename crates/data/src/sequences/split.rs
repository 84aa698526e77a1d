//! `Sequences::split`: which sequences are train, val and test; and which classes are seen.

use std::borrow::Cow;
use std::hash::{DefaultHasher, Hasher};
use std::ops::Range;

use fireassay_spec::{DataSpec, Duplicates};

use super::{Inputs, Sequences, Targets};
use crate::duplicates::sets;
use crate::{DataError, Dataset, Examples, Splits};

impl Sequences {
    /// As [`Dataset::of_classes`], where one class belongs to each sequence.
    pub fn of_classes(&self, spec: &DataSpec) -> Result<Cow<'_, Self>, DataError> {
        if !spec.sees_all_classes() && !matches!(self.targets, Targets::Class) {
            return Err(DataError::Classes {
                dataset: self.name().to_owned(),
                problem: "no class belongs to a sequence as a whole, so none can be chosen"
                    .to_owned(),
            });
        }
        Ok(match self.rows.of_classes(spec)? {
            Cow::Borrowed(_) => Cow::Borrowed(self),
            Cow::Owned(rows) => {
                let classes = rows.classes().to_vec();
                Cow::Owned(Self { rows, classes, ..self.clone() })
            }
        })
    }

    /// As [`Dataset::duplicates`]: sequences with the very same steps, whatever belongs to them.
    pub fn duplicates(&self) -> Vec<Vec<u32>> {
        let rows = (0..).zip(self.labels()).filter(|(_, label)| **label != Dataset::NO_CLASS);
        let hash_of = |row| {
            let mut hasher = DefaultHasher::new();
            self.bits_of(row).for_each(|bits| hasher.write_u32(bits));
            hasher.finish()
        };
        sets(rows.map(|(row, _)| row), &hash_of, &|a, b| self.bits_of(a).eq(self.bits_of(b)))
    }

    /// Rows of train, val and test, cut as [`Dataset::split`] cuts them. Sequences without one
    /// class are cut as if all were of one. That windows of two splits share a step is an error.
    pub fn split(&self, spec: &DataSpec, seed: u64) -> Result<Splits, DataError> {
        let duplicates = match spec.duplicates {
            Duplicates::KeepTogether | Duplicates::Drop => self.duplicates(),
            Duplicates::Allow => Vec::new(),
        };
        let examples = Examples {
            dataset: self.name(),
            classes: self.rows.classes(),
            labels: self.labels(),
            num_train: self.num_train(),
            groups: self.groups(),
            duplicates: &duplicates,
        };
        let splits = examples.split(spec, seed)?;
        self.check_overlap(&splits)?;
        Ok(splits)
    }

    fn check_overlap(&self, splits: &Splits) -> Result<(), DataError> {
        let rows = [&splits.train, &splits.val, &splits.test];
        let of_split = |(rows, split): (&Vec<u32>, u8)| -> Vec<(Range<usize>, u8)> {
            rows.iter().map(|&row| (self.spans[row as usize].clone(), split)).collect()
        };
        let mut spans: Vec<_> = rows.into_iter().zip(0..).flat_map(of_split).collect();
        spans.sort_unstable_by_key(|(span, _)| span.start);
        // Windows are of one length, so neighbours tell.
        if spans.array_windows().any(|[(a, of_a), (b, of_b)]| of_a != of_b && b.start < a.end) {
            return Err(DataError::TestSplit {
                dataset: self.name().to_owned(),
                problem: "has windows that overlap, and its splits would share steps; give its \
                          card a `stride` that is no less than `length`",
            });
        }
        Ok(())
    }

    /// Of every value or token of a sequence; 0 and -0 are the same.
    fn bits_of(&self, row: u32) -> Box<dyn Iterator<Item = u32> + '_> {
        let span = self.spans[row as usize].clone();
        match &self.inputs {
            Inputs::Numbers { values, channels } => {
                let values = &values[span.start * channels..span.end * channels];
                Box::new(values.iter().map(|value| (value + 0.0).to_bits()))
            }
            Inputs::Tokens(tokens) => Box::new(tokens[span].iter().copied()),
        }
    }
}
