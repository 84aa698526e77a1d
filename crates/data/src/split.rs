//! `Splits`: which rows are train, val and test; stratified, seeded, nested over `train-size`.

use fireassay_spec::{DataSpec, Duplicates, TrainSize};

use crate::cut::{ByClass, cut, cut_wholes};
use crate::quota::shares;
use crate::together::Together;
use crate::{DataError, Dataset};

/// Rows of a [`Dataset`], each list sorted. No row is in two of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Splits {
    /// To learn from.
    pub train: Vec<u32>,
    /// To select on.
    pub val: Vec<u32>,
    /// To test on, once.
    pub test: Vec<u32>,
}

/// All that a split depends on, besides spec and seed. Whatever has labelled examples can be split.
#[derive(Clone, Copy, Debug)]
pub struct Examples<'a> {
    /// Name of the dataset, for messages.
    pub dataset: &'a str,
    /// Names of the classes.
    pub classes: &'a [String],
    /// The class of each row, or [`Dataset::NO_CLASS`].
    pub labels: &'a [u32],
    /// Rows below this are not the dataset's own test examples.
    pub num_train: usize,
    /// Whose each row is, if that is known.
    pub groups: Option<&'a [u32]>,
    /// Sets of rows with the same input ([`Dataset::duplicates`]), unless they are allowed.
    pub duplicates: &'a [Vec<u32>],
}

impl Dataset {
    /// Cuts in the order that [`DataSpec`] states: test, then `train-size`, then val.
    ///
    /// Each cut takes every class in proportion and draws from a stream of its own, so the test
    /// rows depend on seed and `test-fraction` only, and for one seed the train and val rows of a
    /// smaller `train-size` are among those of a larger one. Every class gets at least one
    /// example of each split, except of the dataset's own test examples, which are taken as they
    /// are.
    ///
    /// Groups (if the spec says so) and equal examples are not torn apart: test and val then take
    /// such wholes, and come as near to their sizes and to the proportions as these allow.
    /// `train-size` leaves single examples out, whosever they are, and stays exact.
    pub fn split(&self, spec: &DataSpec, seed: u64) -> Result<Splits, DataError> {
        let duplicates = match spec.duplicates {
            Duplicates::KeepTogether | Duplicates::Drop => self.duplicates(),
            Duplicates::Allow => Vec::new(),
        };
        let examples = Examples {
            dataset: self.name(),
            classes: self.classes(),
            labels: self.labels(),
            num_train: self.num_train(),
            groups: self.groups(),
            duplicates: &duplicates,
        };
        examples.split(spec, seed)
    }
}

impl Examples<'_> {
    /// As [`Dataset::split`].
    ///
    /// # Panics
    ///
    /// If a label is no index into the classes, or a list has no value for some row.
    pub fn split(&self, spec: &DataSpec, seed: u64) -> Result<Splits, DataError> {
        check_fraction("val-fraction", spec.val_fraction)?;
        let together = Together::new(self, spec)?;
        let all = self.rows_by_class(&together);
        let (test, rest) = match (self.own_test(), spec.test_fraction) {
            (Some(test), None) if test.is_empty() => {
                return Err(self.test_split("has no test examples of these classes; choose others"));
            }
            (Some(test), None) => (test, all),
            (None, Some(fraction)) => {
                check_fraction("test-fraction", fraction)?;
                let (test, rest) = together.cut(&all, fraction, seed, "test");
                self.check_classes(&test, "test", "`test-fraction`")?;
                (sorted(&test), rest)
            }
            (Some(_), Some(_)) => {
                return Err(self.test_split("has test examples of its own; remove `test-fraction`"));
            }
            (None, None) => {
                return Err(self.test_split("has no test examples of its own; set `test-fraction`"));
            }
        };
        let (chosen, _) = cut(&rest, &self.train_size(spec, &rest)?, seed, "train-size");
        let (val, train) = together.cut(&chosen, spec.val_fraction, seed, "val");
        self.check_classes(&val, "val", "`train-size` or `val-fraction`")?;
        self.check_classes(&train, "train", "`train-size` or lower `val-fraction`")?;
        Ok(Splits { train: sorted(&train), val: sorted(&val), test })
    }

    fn rows_by_class(&self, together: &Together) -> ByClass {
        let mut classes = vec![Vec::new(); self.classes.len()];
        for (row, &label) in (0..).zip(&self.labels[..self.num_train]) {
            if label != Dataset::NO_CLASS && together.keeps(row) {
                classes[label as usize].push(row);
            }
        }
        classes
    }

    fn own_test(&self) -> Option<Vec<u32>> {
        let rows = self.num_train as u32..self.labels.len() as u32; // rows fit: checked with the card
        let has_class = |row: &u32| self.labels[*row as usize] != Dataset::NO_CLASS;
        (!rows.is_empty()).then(|| rows.filter(has_class).collect())
    }

    /// Of each class.
    fn train_size(&self, spec: &DataSpec, rest: &[Vec<u32>]) -> Result<Vec<usize>, DataError> {
        let sizes = sizes(rest);
        let too_many = |asked, available, of| {
            Err(DataError::TrainSize { dataset: self.dataset.to_owned(), asked, available, of })
        };
        match spec.train_size {
            TrainSize::All => Ok(sizes),
            TrainSize::Count(n) => {
                let available = sizes.iter().sum();
                if n > available {
                    return too_many(n, available, String::new());
                }
                Ok(shares(&sizes, n))
            }
            TrainSize::PerClass(n) => {
                if let Some((class, &available)) = sizes.iter().enumerate().find(|&(_, &m)| n > m) {
                    let of = format!(" of class `{}`", self.classes[class]);
                    return too_many(n, available, of);
                }
                Ok(vec![n; sizes.len()])
            }
        }
    }

    fn check_classes(
        &self,
        rows: &[Vec<u32>],
        split: &'static str,
        remedy: &'static str,
    ) -> Result<(), DataError> {
        let Some(class) = rows.iter().position(Vec::is_empty) else {
            return Ok(());
        };
        Err(DataError::EmptyClass {
            dataset: self.dataset.to_owned(),
            class: self.classes[class].clone(),
            split,
            remedy,
        })
    }

    fn test_split(&self, problem: &'static str) -> DataError {
        DataError::TestSplit { dataset: self.dataset.to_owned(), problem }
    }
}

impl Together {
    /// A share of the rows, to the nearest example if each may go by itself: (taken, the rest).
    fn cut(&self, rows: &[Vec<u32>], fraction: f64, seed: u64, name: &str) -> (ByClass, ByClass) {
        let sizes = sizes(rows);
        let total = (sizes.iter().sum::<usize>() as f64 * fraction).round() as usize;
        match self.wholes() {
            Some(whole_of) => cut_wholes(rows, whole_of, total, seed, name),
            None => cut(rows, &shares(&sizes, total), seed, name),
        }
    }
}

fn sizes(rows: &[Vec<u32>]) -> Vec<usize> {
    rows.iter().map(Vec::len).collect()
}

fn sorted(classes: &[Vec<u32>]) -> Vec<u32> {
    let mut rows = classes.concat();
    rows.sort_unstable();
    rows
}

fn check_fraction(key: &'static str, value: f64) -> Result<(), DataError> {
    if value > 0.0 && value < 1.0 { Ok(()) } else { Err(DataError::Fraction { key, value }) }
}
