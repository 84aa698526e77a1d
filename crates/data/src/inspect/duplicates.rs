//! Examples whose inputs are the same, value by value.

use std::cmp::Ordering;

use super::{Contents, Part};
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
        let mut rows: Vec<u32> = (0..self.len() as u32).collect();
        // Rows of equal inputs come out in their order.
        rows.sort_unstable_by(|&a, &b| self.compare(a, b).then(a.cmp(&b)));
        let groups = rows.chunk_by(|&a, &b| self.compare(a, b) == Ordering::Equal);
        let copies = groups.filter(|group| group.len() > 1).map(|group| {
            let label = self.labels[group[0] as usize];
            let disagree = group.iter().any(|&row| self.labels[row as usize] != label);
            Copies { rows: group.to_vec(), disagree }
        });
        let mut copies: Vec<Copies> = copies.collect();
        copies.sort_unstable_by_key(|copies| copies.rows[0]);
        copies
    }

    /// Any order will do that is one.
    fn compare(&self, a: u32, b: u32) -> Ordering {
        let item = self.item_len();
        let span = |row: u32| row as usize * item..(row as usize + 1) * item;
        match &self.values {
            RawValues::Bytes(values) => values[span(a)].cmp(&values[span(b)]),
            RawValues::Floats(values) => {
                let mut pairs = values[span(a)].iter().zip(&values[span(b)]);
                let differing = pairs.find_map(|(a, b)| match a.total_cmp(b) {
                    // Zero is zero, whatever its sign.
                    order if order.is_ne() && a != b => Some(order),
                    _ => None,
                });
                differing.unwrap_or(Ordering::Equal)
            }
        }
    }
}

impl Copies {
    /// How many of the rows are of this part.
    pub fn count(&self, part: Part, contents: &Contents) -> usize {
        self.rows.iter().filter(|&&row| contents.place(row).0 == part).count()
    }
}
