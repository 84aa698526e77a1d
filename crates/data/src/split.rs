//! `Splits`: which rows are train, val and test; stratified, seeded, nested over `train-size`.

use fireassay_spec::{DataSpec, Purpose, Stream, TrainSize, path_key};

use crate::quota::shares;
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

impl Dataset {
    /// Cuts in the order that [`DataSpec`] states: test, then `train-size`, then val.
    ///
    /// Each cut takes every class in proportion and draws from a stream of its own, so the test
    /// rows depend on seed and `test-fraction` only, and for one seed the train and val rows of a
    /// smaller `train-size` are among those of a larger one. Every class gets at least one
    /// example of each split, except of the dataset's own test examples, which are taken as they
    /// are.
    pub fn split(&self, spec: &DataSpec, seed: u64) -> Result<Splits, DataError> {
        check_fraction("val-fraction", spec.val_fraction)?;
        let all = self.rows_by_class();
        let (test, rest) = match (self.own_test(), spec.test_fraction) {
            (Some(test), None) => (test, all),
            (None, Some(fraction)) => {
                check_fraction("test-fraction", fraction)?;
                let (test, rest) = cut(&all, &fraction_of(&all, fraction), seed, "test");
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
        let (val, train) = cut(&chosen, &fraction_of(&chosen, spec.val_fraction), seed, "val");
        self.check_classes(&val, "val", "`train-size` or `val-fraction`")?;
        self.check_classes(&train, "train", "`train-size` or lower `val-fraction`")?;
        Ok(Splits { train: sorted(&train), val: sorted(&val), test })
    }

    fn rows_by_class(&self) -> Vec<Vec<u32>> {
        let mut classes = vec![Vec::new(); self.num_classes()];
        for (row, &label) in (0..).zip(&self.labels()[..self.num_train()]) {
            classes[label as usize].push(row);
        }
        classes
    }

    fn own_test(&self) -> Option<Vec<u32>> {
        let rows = self.num_train() as u32..self.len() as u32; // rows fit: checked with the card
        (!rows.is_empty()).then(|| rows.collect())
    }

    /// Of each class.
    fn train_size(&self, spec: &DataSpec, rest: &[Vec<u32>]) -> Result<Vec<usize>, DataError> {
        let sizes = sizes(rest);
        let too_many = |asked, available, of| {
            Err(DataError::TrainSize { dataset: self.name().to_owned(), asked, available, of })
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
                    let of = format!(" of class `{}`", self.classes()[class]);
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
            dataset: self.name().to_owned(),
            class: self.classes()[class].clone(),
            split,
            remedy,
        })
    }

    fn test_split(&self, problem: &'static str) -> DataError {
        DataError::TestSplit { dataset: self.name().to_owned(), problem }
    }
}

/// Takes `counts[class]` rows out of each class: (taken, the rest), both sorted. More of a class
/// are always a superset of fewer: they are the head of one permutation.
fn cut(
    rows: &[Vec<u32>],
    counts: &[usize],
    seed: u64,
    name: &str,
) -> (Vec<Vec<u32>>, Vec<Vec<u32>>) {
    let cut_class = |((rows, &count), class): ((&Vec<u32>, &usize), u64)| {
        let stream = Stream::new(seed, Purpose::Split, path_key(name), class);
        let order = stream.permutation(rows.len());
        let mut taken: Vec<u32> = order.into_iter().map(|i| rows[i as usize]).collect();
        let mut rest = taken.split_off(count);
        taken.sort_unstable();
        rest.sort_unstable();
        (taken, rest)
    };
    rows.iter().zip(counts).zip(0..).map(cut_class).unzip()
}

/// How many of each class make up `fraction` of all, to the nearest example.
fn fraction_of(rows: &[Vec<u32>], fraction: f64) -> Vec<usize> {
    let sizes = sizes(rows);
    let total = sizes.iter().sum::<usize>();
    shares(&sizes, (total as f64 * fraction).round() as usize)
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
