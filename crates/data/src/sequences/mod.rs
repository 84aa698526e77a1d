//! Datasets whose examples are sequences: of numbers, of text, of any length.

mod batch;
mod card;
pub(crate) mod format;
mod order;
mod split;
mod verify;
mod vocabulary;

use std::io;
use std::ops::Range;
use std::path::Path;

use fireassay_spec::DatasetCard;

use crate::file::Reader;
use crate::format::{Decoded, RawValues};
use crate::{DataError, Dataset};

pub use batch::{Extent, SequenceBatch};
pub use order::{Bucketing, SequenceOrder};
pub use verify::{LengthFigures, SequenceFigures};
pub(crate) use verify::{measure, verify};
pub use vocabulary::Vocabulary;

/// A dataset of sequences in memory. Rows `0..num_train()` are the train examples of the card, the
/// rest its own test examples, each in the order of its file.
#[derive(Clone, Debug)]
pub struct Sequences {
    shape: Vec<usize>,
    classes: Vec<String>,
    /// Name, classes and groups of every row, and no values: what splits are cut by. With targets
    /// other than one class for each sequence, all rows are of one class.
    rows: Dataset,
    inputs: Inputs,
    /// Where the steps of each row are in `inputs`. Windows may overlap.
    spans: Vec<Range<usize>>,
    targets: Targets,
    vocabulary: Option<Vocabulary>,
    target_vocabulary: Option<Vocabulary>,
}

/// All steps of all sequences.
#[derive(Clone, Debug)]
enum Inputs {
    /// `[steps, channels]`, normalised.
    Numbers { values: Vec<f32>, channels: usize },
    /// `[steps]`.
    Tokens(Vec<u32>),
}

/// What belongs to the sequences.
#[derive(Clone, Debug)]
enum Targets {
    /// The class of each row.
    Class,
    /// A class or a token at every step of the inputs: `[steps]`.
    PerStep(Vec<u32>),
    /// Another sequence for each row, [`Vocabulary::END`] at its end.
    Tokens { tokens: Vec<u32>, spans: Vec<Range<usize>> },
}

/// Reads the sequences in `folder` as their card describes them, or says what is wrong with them.
pub fn open_sequences(card: &DatasetCard, folder: &Path) -> Result<Sequences, DataError> {
    open_from(card, folder, Reader::Disk)
}

/// As [`open_sequences`], from files that need not lie on a disk: `read` gives the bytes of a path
/// in `folder`.
pub fn open_sequences_with(
    card: &DatasetCard,
    folder: &Path,
    read: &dyn Fn(&Path) -> io::Result<Vec<u8>>,
) -> Result<Sequences, DataError> {
    open_from(card, folder, Reader::Memory(read))
}

fn open_from(card: &DatasetCard, folder: &Path, read: Reader<'_>) -> Result<Sequences, DataError> {
    let decoded = format::read(&card::check(card)?, folder, read)?;
    Sequences::new(card, decoded)
}

impl Sequences {
    /// Normalises what agrees with the checked card.
    fn new(card: &DatasetCard, decoded: format::DecodedSequences) -> Result<Self, DataError> {
        let constants = &card.normalise;
        let mut inputs = decoded.inputs;
        if let Inputs::Numbers { values, channels } = &mut inputs {
            for step in values.chunks_exact_mut(*channels) {
                for (value, channel) in step.iter_mut().zip(0..) {
                    let index = channel % constants.mean.len();
                    let scaled = f64::from(*value) / constants.divisor;
                    *value = ((scaled - constants.mean[index]) / constants.std[index]) as f32;
                }
            }
            if !values.iter().all(|value| value.is_finite()) {
                let problem = "a value is not finite after normalise".to_owned();
                return Err(DataError::Card { dataset: card.name.clone(), problem });
            }
        }
        let rows = rows(card, &decoded.targets, decoded.labels, decoded.groups)?;
        Ok(Self {
            shape: card.shape.clone(),
            classes: card.classes.clone(),
            rows,
            inputs,
            spans: decoded.spans,
            targets: decoded.targets,
            vocabulary: decoded.vocabulary,
            target_vocabulary: decoded.target_vocabulary,
        })
    }

    /// The name in the card.
    pub fn name(&self) -> &str {
        self.rows.name()
    }

    /// Shape of one step: `[channels]`, or of text `[size of the vocabulary]`.
    pub fn shape(&self) -> &[usize] {
        &self.shape
    }

    /// Class names; a label is an index into this list. Empty when targets are tokens.
    pub fn classes(&self) -> &[String] {
        &self.classes
    }

    /// Train and test examples together.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Never true: a card without train examples is an error.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// Rows below this are not the dataset's own test examples.
    pub fn num_train(&self) -> usize {
        self.rows.num_train()
    }

    /// How many steps a row has.
    ///
    /// # Panics
    ///
    /// If the row is not below [`Sequences::len`].
    pub fn steps(&self, row: u32) -> usize {
        self.spans[row as usize].len()
    }

    /// The class of every row; all 0 when a class or a token belongs to every step.
    pub fn labels(&self) -> &[u32] {
        self.rows.labels()
    }

    /// Who or what each row is of (a subject, a recording): rows of one group have one number.
    /// `None` when the files do not say.
    pub fn groups(&self) -> Option<&[u32]> {
        self.rows.groups()
    }

    /// What inputs are made of, if they are text.
    pub fn vocabulary(&self) -> Option<&Vocabulary> {
        self.vocabulary.as_ref()
    }

    /// What targets are made of, if they are tokens.
    pub fn target_vocabulary(&self) -> Option<&Vocabulary> {
        self.target_vocabulary.as_ref()
    }
}

fn rows(
    card: &DatasetCard,
    targets: &Targets,
    labels: Vec<u32>,
    groups: Option<Vec<u32>>,
) -> Result<Dataset, DataError> {
    let mut card = card.clone();
    match targets {
        Targets::Class => {}
        Targets::PerStep(_) | Targets::Tokens { .. } => card.classes = vec!["all".to_owned()],
    }
    let values = RawValues::Floats(Vec::new());
    let sizes = card::sizes(&card);
    Dataset::new(&card, sizes, Decoded { values, labels, groups, bytes_on_disk: 0 })
}
