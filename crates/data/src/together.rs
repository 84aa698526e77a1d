//! `Together`: which rows a split must not tear apart, and what is a leak before anything is cut.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use fireassay_spec::{DataSpec, Duplicates, SplitRule};

use crate::{DataError, Dataset, Examples};

/// What goes together of the rows that are cut, and which of them are left out.
#[derive(Debug)]
pub(crate) struct Together {
    /// The smallest row of the whole that each row is of; none if each stands alone.
    whole_of: Option<Vec<u32>>,
    /// Sorted.
    left_out: Vec<u32>,
}

impl Together {
    /// Fails where a split would leak whatever the seed, or does not say that it may.
    pub(crate) fn new(examples: &Examples<'_>, spec: &DataSpec) -> Result<Self, DataError> {
        let mut union = Union::new(examples.num_train);
        match (spec.split, examples.groups) {
            (SplitRule::Grouped, Some(groups)) => {
                check_own_test(examples, groups)?;
                union.join_equal(&groups[..examples.num_train]);
            }
            (SplitRule::Stratified, None) | (SplitRule::StratifiedAcrossGroups, Some(_)) => {}
            (SplitRule::Stratified, Some(_)) => {
                return Err(leak(
                    examples,
                    "it says whose each example is, and a split that ignores it leaks; set \
                     `split` to \"grouped\" or to \"stratified-across-groups\"",
                ));
            }
            (SplitRule::Grouped | SplitRule::StratifiedAcrossGroups, None) => {
                let rule = spec.split.name();
                return Err(leak(
                    examples,
                    format!("it does not say whose each example is, so nothing can be {rule}"),
                ));
            }
        }
        let mut left_out = Vec::new();
        for set in examples.duplicates {
            let num_train = set.partition_point(|&row| (row as usize) < examples.num_train);
            let (train, test) = set.split_at(num_train);
            match spec.duplicates {
                Duplicates::Allow => {}
                Duplicates::KeepTogether if !train.is_empty() && !test.is_empty() => {
                    return Err(shared(examples));
                }
                Duplicates::KeepTogether => union.join(train),
                Duplicates::Drop if test.is_empty() => left_out.extend(&train[1..]),
                Duplicates::Drop => left_out.extend(train),
            }
        }
        left_out.sort_unstable();
        Ok(Self { whole_of: union.into_wholes(), left_out })
    }

    /// Whether a row is not left out.
    pub(crate) fn keeps(&self, row: u32) -> bool {
        self.left_out.binary_search(&row).is_err()
    }

    /// A number per row, the same for rows that go together; none if each stands alone.
    pub(crate) fn wholes(&self) -> Option<&[u32]> {
        self.whole_of.as_deref()
    }
}

/// No group is in both parts of the files.
fn check_own_test(examples: &Examples<'_>, groups: &[u32]) -> Result<(), DataError> {
    let rows = groups.iter().zip(examples.labels).enumerate();
    let mut seen = rows.filter(|(_, (_, label))| **label != Dataset::NO_CLASS);
    let mut first_of: BTreeMap<u32, usize> = BTreeMap::new();
    let shared = seen.find_map(|(row, (&group, _))| {
        if row < examples.num_train {
            first_of.entry(group).or_insert(row);
            return None;
        }
        Some((row - examples.num_train, *first_of.get(&group)?))
    });
    let Some((test_row, train_row)) = shared else { return Ok(()) };
    Err(leak(
        examples,
        format!(
            "its test examples are not of others than its train examples: example {test_row} of \
             test and example {train_row} of train are of one group"
        ),
    ))
}

/// The dataset's own parts have the same inputs.
fn shared(examples: &Examples<'_>) -> DataError {
    let num_train = examples.num_train;
    let is_test = |row: &&u32| **row as usize >= num_train;
    let class = |row: u32| &examples.classes[examples.labels[row as usize] as usize];
    let (mut count, mut with_other_label, mut first) = (0, 0, None);
    for set in examples.duplicates.iter().filter(|set| (set[0] as usize) < num_train) {
        for &row in set.iter().filter(is_test) {
            count += 1;
            with_other_label += usize::from(class(row) != class(set[0]));
            first = first.or(Some((set[0], row)));
        }
    }
    let (train, test) = first.unwrap_or_default();
    let labels = match (class(train), class(test)) {
        (a, b) if a == b => format!("`{a}`"),
        (a, b) => format!("labelled `{a}` there and `{b}` here"),
    };
    let others = match with_other_label {
        0 => String::new(),
        n => format!(", {n} with another label"),
    };
    leak(
        examples,
        format!(
            "{count} of its test examples are also train examples{others} (the first is example \
             {} of test, example {train} of train, {labels}); set `duplicates` to \"drop\" to \
             leave them out of train, or to \"allow\"",
            test as usize - num_train
        ),
    )
}

fn leak(examples: &Examples<'_>, problem: impl Into<String>) -> DataError {
    DataError::Leak { dataset: examples.dataset.to_owned(), problem: problem.into() }
}

/// Sets of rows that are joined one after the other.
struct Union {
    /// A row of the same set that is not larger; itself for the smallest.
    parent: Vec<u32>,
}

impl Union {
    fn new(rows: usize) -> Self {
        Self { parent: (0..rows as u32).collect() }
    }

    fn root(&mut self, mut row: u32) -> u32 {
        while self.parent[row as usize] != row {
            let above = self.parent[self.parent[row as usize] as usize];
            self.parent[row as usize] = above;
            row = above;
        }
        row
    }

    fn join(&mut self, rows: &[u32]) {
        for pair in rows.array_windows::<2>() {
            let [a, b] = pair.map(|row| self.root(row));
            self.parent[a.max(b) as usize] = a.min(b);
        }
    }

    /// Rows with equal numbers.
    fn join_equal(&mut self, numbers: &[u32]) {
        let mut last_of: BTreeMap<u32, u32> = BTreeMap::new();
        for (row, &number) in (0..).zip(numbers) {
            match last_of.entry(number) {
                Entry::Occupied(mut last) => self.join(&[last.insert(row), row]),
                Entry::Vacant(first) => {
                    first.insert(row);
                }
            }
        }
    }

    /// The smallest row of each row's set; none if each is alone.
    fn into_wholes(mut self) -> Option<Vec<u32>> {
        let roots: Vec<u32> = (0..self.parent.len() as u32).map(|row| self.root(row)).collect();
        let is_alone = (0..).zip(&roots).all(|(row, root)| row == *root);
        (!is_alone).then_some(roots)
    }
}
