//! Bytes on disk to contiguous arrays, splits and batches; free of Burn.
//!
//! * [`open`] reads a dataset folder, checks every hash, length and label, and gives a [`Dataset`].
//! * [`Roots::open`] does the same, and keeps what costs time to decode in a [`Cache`].
//! * [`inspect::Contents`] is for looking at one: figures, duplicates, a contact sheet.
//! * [`draft()`] writes a first card for files that have none.
//! * [`verify`] opens anew and reports the figures that it compared with the card's.
//! * [`Dataset::of_classes`] leaves classes out and renames them.
//! * [`Dataset::split`] gives the rows of train, val and test; [`Order`] those of each batch.
//!   Groups and equal examples ([`Dataset::duplicates`]) stay on one side.
//! * [`Dataset::corrupted`] spoils examples once, [`Augment`] varies batches each time.
//! * [`Dataset::gather`] copies rows, normalised, into arrays that a trainer uploads.
//! * [`Dataset::check_unchanged`] comes after the last use: what is kept is mapped, not copied.
//!
//! ```
//! # use std::path::Path;
//! # use fireassay_data::{DataError, Order, open};
//! # use fireassay_spec::{DataSpec, DatasetCard};
//! fn first_batch(card: &DatasetCard, spec: &DataSpec) -> Result<(Vec<f32>, Vec<u32>), DataError> {
//!     let dataset = open(card, Path::new("datasets/digits"))?;
//!     let splits = dataset.split(spec, 0)?;
//!     let mut order = Order::new(splits.train, 64, 0);
//!     let (mut inputs, mut labels) = (Vec::new(), Vec::new());
//!     dataset.gather(order.rows(0), &mut inputs, &mut labels);
//!     Ok((inputs, labels)) // [64, 1, 8, 8] in one array, and [64]
//! }
//! ```
//!
//! Not here: tensors, downloads.

mod alter;
mod cache;
mod card;
mod classes;
mod cut;
mod dataset;
mod draft;
mod duplicates;
mod error;
mod file;
mod format;
pub mod inspect;
mod order;
mod prepared;
mod quota;
mod roots;
mod sequences;
mod split;
mod together;
mod verify;

use std::io;
use std::path::Path;

use fireassay_spec::DatasetCard;

use crate::file::Reader;

pub use alter::augment::{Augment, Mixed};
pub use alter::corrupt::{Corrupted, Flipped};
pub use cache::{Cache, CacheProblem, Usage};
pub use dataset::Dataset;
pub use draft::{Draft, DraftError, draft};
pub use error::DataError;
pub use order::Order;
pub use roots::{Roots, Whereabouts};
pub use sequences::{
    Bucketing, Extent, LengthFigures, SequenceBatch, SequenceFigures, SequenceOrder, Sequences,
    Vocabulary, open_sequences, open_sequences_with,
};
pub use split::{Examples, Splits};
pub use verify::{PartFigures, Verified, verify};

/// Reads the dataset in `folder` as its card describes it, or says what is wrong with it.
pub fn open(card: &DatasetCard, folder: &Path) -> Result<Dataset, DataError> {
    open_from(card, folder, Reader::Disk)
}

/// As [`open`], from files that need not lie on a disk: `read` gives the bytes of a path in `folder`.
pub fn open_with(
    card: &DatasetCard,
    folder: &Path,
    read: &dyn Fn(&Path) -> io::Result<Vec<u8>>,
) -> Result<Dataset, DataError> {
    open_from(card, folder, Reader::Memory(read))
}

fn open_from(card: &DatasetCard, folder: &Path, read: Reader<'_>) -> Result<Dataset, DataError> {
    let sizes = card::check(card)?;
    let decoded = format::read(card, folder, read)?;
    Dataset::new(card, sizes, decoded)
}
