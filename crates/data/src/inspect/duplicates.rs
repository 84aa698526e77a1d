//! Examples whose inputs are the same, value by value.

use std::hash::{DefaultHasher, Hasher};
use std::ops::Range;

use super::{Contents, Part};
use crate::duplicates::sets;
use crate::format::RawValues;

/// Rows with one and the same input, in their order; two at least.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Copies {
    /// Rows of the dataset.
    pub rows: Vec<u32>,
    /// Whether their labels differ.
    pub disagree: bool,
}

impl Contents {
    /// All inputs that are there more than once, in the order of their first rows.
    pub fn copies(&self) -> Vec<Copies> {
        let hash_of = |row| {
            let mut hasher = DefaultHasher::new();
            match &self.values {
                RawValues::Bytes(values) => hasher.write(&values[self.place_of(row)]),
                // Zero is zero, whatever its sign.
                RawValues::Floats(values) => values[self.place_of(row)]
                    .iter()
                    .for_each(|value| hasher.write_u32((value + 0.0).to_bits())),
            }
            hasher.finish()
        };
        let is_same = |a, b| match &self.values {
            RawValues::Bytes(values) => values[self.place_of(a)] == values[self.place_of(b)],
            RawValues::Floats(values) => values[self.place_of(a)] == values[self.place_of(b)],
        };
        let with_labels = |rows: Vec<u32>| {
            let label = |row: u32| self.labels[row as usize];
            let disagree = rows.iter().any(|&row| label(row) != label(rows[0]));
            Copies { rows, disagree }
        };
        let rows = 0..self.len() as u32; // rows fit: checked with the card
        sets(rows, &hash_of, &is_same).into_iter().map(with_labels).collect()
    }

    fn place_of(&self, row: u32) -> Range<usize> {
        let item = self.item_len();
        row as usize * item..(row as usize + 1) * item
    }
}

impl Copies {
    /// How many of the rows are of this part.
    pub fn count(&self, part: Part, contents: &Contents) -> usize {
        self.rows.iter().filter(|&&row| contents.place(row).0 == part).count()
    }
}
