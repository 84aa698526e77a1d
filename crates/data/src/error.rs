//! `DataError`: what can be wrong with a dataset, its card or the split asked of it.

use std::io;
use std::path::PathBuf;

use fireassay_spec::Steps;

/// Every message names the culprit, what was expected and what was found.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DataError {
    /// The card contradicts itself, or lacks something.
    #[error("the card of dataset `{dataset}`: {problem}")]
    Card {
        /// Name in the card.
        dataset: String,
        /// What is wrong.
        problem: String,
    },
    /// The files of a dataset are not on this machine.
    #[error(
        "dataset `{dataset}` is not here: `{file}` lies neither in `{}` nor in {}; `cargo xtask \
         data fetch {dataset}` gets it",
        beside.display(),
        fetched.as_ref().map_or("a data directory".into(), |path| format!("`{}`", path.display()))
    )]
    Missing {
        /// Name in the card.
        dataset: String,
        /// The first file that is missing.
        file: String,
        /// The folder of its card.
        beside: PathBuf,
        /// Its folder in the data directory, if there is such a directory.
        fetched: Option<PathBuf>,
    },
    /// A file cannot be read.
    #[error("cannot read `{}`", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// The file that a decoded dataset is kept in was written to while it was in use.
    #[error(
        "`{}` was written to while it was in use, so what was computed from it may be wrong; start \
         again, and the dataset is decoded once more if the file is damaged",
        path.display()
    )]
    Rewritten {
        /// The file.
        path: PathBuf,
        /// What tells so.
        #[source]
        source: io::Error,
    },
    /// A file is not the one that the card describes.
    #[error(
        "`{}` has sha256 {found}, its card says {expected}; restore the file, or correct \
         `dataset.toml` if it was changed on purpose",
        path.display()
    )]
    Hash {
        /// The file.
        path: PathBuf,
        /// Of the card.
        expected: String,
        /// Of the file.
        found: String,
    },
    /// A compressed file is cut short or damaged.
    #[error("`{}` is not a complete gzip file", path.display())]
    Gzip {
        /// The file.
        path: PathBuf,
        /// What the decoder says.
        #[source]
        source: io::Error,
    },
    /// An IDX file starts with other bytes.
    #[error(
        "`{}` starts with {found:#010x}, expected {expected:#010x}: {meaning}",
        path.display()
    )]
    Magic {
        /// The file.
        path: PathBuf,
        /// The number that belongs there.
        expected: u32,
        /// The number that stands there.
        found: u32,
        /// What the found number says.
        meaning: String,
    },
    /// An IDX file has other dimensions than the card.
    #[error("`{}` says it holds {found:?}, its card says {expected:?}", path.display())]
    Dimensions {
        /// The file.
        path: PathBuf,
        /// Of the card: examples, then the shape of one.
        expected: Vec<usize>,
        /// Of the file's header.
        found: Vec<usize>,
    },
    /// A file ends early.
    #[error("`{}` ends at byte {found}, expected {expected} bytes", path.display())]
    Truncated {
        /// The file.
        path: PathBuf,
        /// Uncompressed bytes that belong there.
        expected: u64,
        /// Uncompressed bytes that are there.
        found: u64,
    },
    /// A file goes on after its data.
    #[error("`{}` goes on after byte {expected}, where its data ends", path.display())]
    Excess {
        /// The file.
        path: PathBuf,
        /// Uncompressed bytes that belong there, or that a table of this size can need.
        expected: u64,
    },
    /// An archive is cut short, damaged, or inflates to more than an archive of images can.
    #[error("`{}` is not a complete {kind} archive", path.display())]
    Archive {
        /// The file.
        path: PathBuf,
        /// `tar` or `zip`.
        kind: &'static str,
        /// What is wrong with it.
        #[source]
        source: io::Error,
    },
    /// A file in a folder or an archive cannot be used.
    #[error("`{}`, `{member}`: {problem}", path.display())]
    Member {
        /// The folder or archive.
        path: PathBuf,
        /// Its path in there.
        member: String,
        /// What is wrong with it.
        problem: String,
    },
    /// There are more or fewer examples than the card says.
    #[error("`{}` has {found} examples{of}, its card says {expected}", path.display())]
    Examples {
        /// The folder, archive or (last) file.
        path: PathBuf,
        /// Empty, or which of them.
        of: String,
        /// Of the card.
        expected: usize,
        /// `12`, or `more than 12`.
        found: String,
    },
    /// An array is not what the card says.
    #[error("`{}`: {problem}", path.display())]
    Array {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        problem: String,
    },
    /// A label names no class.
    #[error(
        "`{}`, {at}: label `{found}` is not one of the classes 0 to {}",
        path.display(),
        num_classes.saturating_sub(1)
    )]
    Label {
        /// The file.
        path: PathBuf,
        /// Where in it.
        at: String,
        /// The label.
        found: String,
        /// Of the card.
        num_classes: usize,
    },
    /// A line of a table is longer or shorter than the others.
    #[error(
        "`{}`, line {line}: {found} columns, expected {expected} (the features and a label)",
        path.display()
    )]
    Columns {
        /// The file.
        path: PathBuf,
        /// Counted from 1.
        line: u64,
        /// Of the card: features and label.
        expected: usize,
        /// In that line.
        found: usize,
    },
    /// A value of a table is no finite number.
    #[error("`{}`, line {line}, column {column}: `{found}` is not a finite number", path.display())]
    Number {
        /// The file.
        path: PathBuf,
        /// Counted from 1.
        line: u64,
        /// Counted from 1.
        column: usize,
        /// The text.
        found: String,
    },
    /// A table as a whole, or a row of it, is not what the card says.
    #[error("`{}`: {problem}", path.display())]
    Table {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        problem: String,
    },
    /// A value of a table of typed columns is not what the card says.
    #[error("`{}`, {at}: {problem}", path.display())]
    Cell {
        /// The file.
        path: PathBuf,
        /// Line or row, and column.
        at: String,
        /// What is wrong with it.
        problem: String,
    },
    /// A table has more or fewer rows than the card.
    #[error("`{}` has {found} rows of data, its card says {expected}", path.display())]
    Rows {
        /// The file.
        path: PathBuf,
        /// Of the card.
        expected: usize,
        /// In the file.
        found: usize,
    },
    /// The card's mean or standard deviation is not that of the data.
    #[error(
        "the card of dataset `{dataset}`: {what} is {expected}, computed from the files {found}"
    )]
    Normalise {
        /// Name in the card.
        dataset: String,
        /// For example `mean[3]`.
        what: String,
        /// Of the card.
        expected: f64,
        /// Of the training part.
        found: f64,
    },
    /// A dataset of sequences was opened as one of examples of one size.
    #[error(
        "dataset `{dataset}` holds sequences: they are read by `open_sequences`, and nothing made \
         for images or tables takes them"
    )]
    Sequences {
        /// Name in the card.
        dataset: String,
    },
    /// Sequences are shorter or longer than the card says.
    #[error(
        "the card of dataset `{dataset}`: steps are {} to {}, the files have {found}",
        expected.min,
        expected.max
    )]
    Steps {
        /// Name in the card.
        dataset: String,
        /// Of the card.
        expected: Steps,
        /// `7 to 29`, or where one is longer.
        found: String,
    },
    /// A text is made of other tokens than the card says.
    #[error(
        "the card of dataset `{dataset}`: the {of} vocabulary has size {expected_size} and sha256 \
         {expected}, in the files it has size {found_size} and sha256 {found}"
    )]
    Vocabulary {
        /// Name in the card.
        dataset: String,
        /// `input` or `target`.
        of: &'static str,
        /// Of the card.
        expected_size: usize,
        /// Of the card.
        expected: String,
        /// Of the train part.
        found_size: usize,
        /// Of the train part.
        found: String,
    },
    /// A line of a text file cannot be used.
    #[error("`{}`, line {line}: {problem}", path.display())]
    Line {
        /// The file.
        path: PathBuf,
        /// Counted from 1.
        line: u64,
        /// What is wrong with it.
        problem: String,
    },
    /// The picture of a dataset cannot be written.
    #[error("its picture cannot be written")]
    Sheet {
        /// What the encoder says.
        #[source]
        source: png::EncodingError,
    },
    /// `test-fraction` is missing, or there are test examples already.
    #[error("dataset `{dataset}` {problem}")]
    TestSplit {
        /// Name in the card.
        dataset: String,
        /// What is wrong and what to do.
        problem: &'static str,
    },
    /// Examples that belong together would be, or are, in several splits.
    #[error("dataset `{dataset}`: {problem}")]
    Leak {
        /// Name in the card.
        dataset: String,
        /// What is wrong and what to do.
        problem: String,
    },
    /// The classes that a trial asks for are not those of the dataset.
    #[error("the classes of dataset `{dataset}`: {problem}")]
    Classes {
        /// Name in the card.
        dataset: String,
        /// All that is wrong.
        problem: String,
    },
    /// A fraction is outside (0, 1).
    #[error("`{key}` is {value}, expected a number above 0 and below 1")]
    Fraction {
        /// Key in `[base.data]`.
        key: &'static str,
        /// Its value.
        value: f64,
    },
    /// More examples were asked for than there are.
    #[error("`train-size` asks for {asked} examples{of}, dataset `{dataset}` has {available}")]
    TrainSize {
        /// Name in the card.
        dataset: String,
        /// Number of examples.
        asked: usize,
        /// Outside the test split.
        available: usize,
        /// Empty, or ` of class ..`.
        of: String,
    },
    /// A class would be absent from a split.
    #[error("class `{class}` of dataset `{dataset}` gets no {split} example; raise {remedy}")]
    EmptyClass {
        /// Name in the card.
        dataset: String,
        /// Name of the class.
        class: String,
        /// `train`, `val` or `test`.
        split: &'static str,
        /// The keys to change.
        remedy: &'static str,
    },
}

/// A text out of a file, cut so that a message stays a message.
pub(crate) fn shorten(text: &[u8]) -> String {
    const MAX_CHARS: usize = 40;
    let text = String::from_utf8_lossy(text);
    match text.char_indices().nth(MAX_CHARS) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.into_owned(),
    }
}
