//! A sheet of sequences: numbers as lines, texts as they are written.

use super::sheet::{MAX_CLASSES, Sheet};
use super::{Part, letters, lines};
use crate::{DataError, SequenceBatch, Sequences};

impl Sequences {
    /// A picture of a part: of each class some sequences from all over its files, or some of all
    /// when they are not of one class each. Numbers are drawn normalised, a line for each channel;
    /// texts as letters, those that the font lacks as the number of their code point.
    pub fn sheet(&self, part: Part) -> Result<Sheet, DataError> {
        let canvas = match self.vocabulary() {
            None => lines::draw(self, part),
            Some(vocabulary) => letters::draw(self, part, vocabulary),
        };
        let png = canvas.png().map_err(|source| DataError::Sheet { source })?;
        let num_classes = self.classes().len().min(MAX_CLASSES);
        Ok(Sheet { png, size: (canvas.width, canvas.height), num_classes })
    }
}

/// Some rows of a part, with what they have in common.
pub(super) struct Band<'a> {
    /// The class of all; empty if they have none in common.
    pub(super) name: &'a str,
    pub(super) rows: Vec<u32>,
}

/// Of each class `most` rows, evenly over the part; without one class for each row, `bands` bands of
/// all rows.
pub(super) fn bands<'a>(
    sequences: &'a Sequences,
    part: Part,
    most: usize,
    bands: usize,
) -> Vec<Band<'a>> {
    let end = |rows: usize| rows as u32; // a row number has 32 bits
    let rows = match part {
        Part::Train => 0..end(sequences.num_train()),
        Part::Test => end(sequences.num_train())..end(sequences.len()),
    };
    if has_one_class(sequences) {
        let of_class = |(name, class): (&'a str, u32)| {
            let of_class = |row: &u32| sequences.labels()[*row as usize] == class;
            Band { name, rows: evenly(&rows.clone().filter(of_class).collect::<Vec<_>>(), most) }
        };
        let classes = sequences.classes().iter().map(String::as_str).take(MAX_CLASSES);
        return classes.zip(0..).map(of_class).collect();
    }
    let shown = evenly(&rows.collect::<Vec<_>>(), most * bands);
    shown.chunks(most).map(|rows| Band { name: "", rows: rows.to_vec() }).collect()
}

/// Whether a class belongs to each sequence as a whole.
fn has_one_class(sequences: &Sequences) -> bool {
    let mut batch = SequenceBatch::default();
    sequences.gather(&[0], &mut batch);
    // Targets with steps of their own are classes of steps, or tokens.
    batch.label_extent.lengths.is_empty()
}

fn evenly(rows: &[u32], most: usize) -> Vec<u32> {
    let n = rows.len().min(most);
    (0..n).map(|index| rows[index * rows.len() / n]).collect()
}
