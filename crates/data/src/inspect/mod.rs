//! A dataset as it lies in its files, to be looked at: figures, duplicates, pictures of it.

mod canvas;
mod duplicates;
mod figures;
mod font;
mod hash;
mod histograms;
mod letters;
mod lines;
mod near;
mod pictures;
mod sequences;
mod sheet;

use std::ops::Range;
use std::path::Path;

use fireassay_spec::{DatasetCard, Normalise};

use crate::file::Reader;
use crate::format::{self, Decoded, RawValues};
use crate::verify::PartFigures;
use crate::{DataError, card};

pub use duplicates::Copies;
pub use figures::{Figures, Quartiles};
pub use near::{LIMIT, Lookalike};
pub use sheet::Sheet;

/// The raw values and labels of a dataset. Rows `0..num_train` are its train examples, the rest its
/// own test examples.
#[derive(Debug)]
pub struct Contents {
    shape: Vec<usize>,
    classes: Vec<String>,
    num_train: usize,
    normalise: Normalise,
    values: RawValues,
    labels: Vec<u32>,
    bytes_on_disk: u64,
}

/// One part of a dataset.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// The examples to learn from.
    Train,
    /// The dataset's own test examples.
    Test,
}

impl Contents {
    /// Reads the dataset in `folder` as its card describes it, with every check but that of the
    /// card's figures.
    pub fn open(card: &DatasetCard, folder: &Path) -> Result<Self, DataError> {
        card::check(card)?;
        let Decoded { values, labels, bytes_on_disk, .. } =
            format::read(card, folder, Reader::Disk)?;
        Ok(Self {
            shape: card.shape.clone(),
            classes: card.classes.clone(),
            num_train: card.examples.train,
            normalise: card.normalise.clone(),
            values,
            labels,
            bytes_on_disk,
        })
    }

    /// How many examples of each class a part has.
    pub fn counts(&self, part: Part) -> PartFigures {
        PartFigures::of(&self.labels[self.rows(part)], self.classes.len())
    }

    /// Size of the files on disk.
    pub fn bytes_on_disk(&self) -> u64 {
        self.bytes_on_disk
    }

    /// Whether the files hold bytes, and not numbers of other kinds.
    pub fn is_bytes(&self) -> bool {
        matches!(self.values, RawValues::Bytes(_))
    }

    /// Train and test examples together.
    pub fn len(&self) -> usize {
        self.labels.len()
    }

    /// Never true: a card without train examples is an error.
    pub fn is_empty(&self) -> bool {
        self.labels.is_empty()
    }

    /// The label of every row.
    pub fn labels(&self) -> &[u32] {
        &self.labels
    }

    /// Which part a row is of, and which one it is there.
    pub fn place(&self, row: u32) -> (Part, usize) {
        let row = row as usize;
        match row.checked_sub(self.num_train) {
            None => (Part::Train, row),
            Some(row) => (Part::Test, row),
        }
    }

    fn rows(&self, part: Part) -> Range<usize> {
        match part {
            Part::Train => 0..self.num_train,
            Part::Test => self.num_train..self.labels.len(),
        }
    }

    fn item_len(&self) -> usize {
        self.shape.iter().product()
    }
}
