//! `Cache`: datasets that cost more to decode than to read, kept decoded on this machine.
//!
//! A file is named by what it holds: the card, which hashes the dataset's files, and the decoders.
//! It is trusted only after all of it was hashed, so a dataset is the same with and without a cache,
//! whatever happened to either. It is mapped, so that processes share it; whoever uses it has to ask
//! [`Dataset::check_unchanged`] in the end.

mod pack;
#[cfg(test)]
mod tests;

use std::io;
use std::path::{Path, PathBuf};

use fireassay_kept::{Shelf, Unusable};
use fireassay_spec::{DataFormat, DatasetCard};

use crate::card::{self, Sizes};
use crate::file::Reader;
use crate::format;
use crate::prepared::Prepared;
use crate::{DataError, Dataset};

/// To be raised when a decoder gives other values for the same file; a test in `images` notices.
pub(crate) const DECODERS: u32 = 1;

/// What packed files are called after their key.
const PACKED: &str = "packed";

/// A folder of decoded datasets. It may be removed at any time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cache {
    /// It is made when something is first kept.
    pub folder: PathBuf,
}

/// Why a dataset had to be decoded although it should have been kept. The dataset is right.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CacheProblem {
    /// A packed file is not as it was written; it was made again.
    #[error("`{}` was damaged, so the dataset was decoded once more", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
    },
    /// Nothing can be kept there.
    #[error("`{}` cannot be kept, so the dataset is decoded each time", path.display())]
    Unkept {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
}

/// What is in a cache.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Usage {
    /// Decoded datasets.
    pub datasets: usize,
    /// All that lies there.
    pub bytes: u64,
}

impl Cache {
    /// As [`crate::open`]: from the cache, or from the files and into it.
    pub fn open(
        &self,
        card: &DatasetCard,
        folder: &Path,
    ) -> Result<(Dataset, Option<CacheProblem>), DataError> {
        let sizes = card::check(card)?;
        let prepare = || Prepared::new(card, sizes, format::read(card, folder, Reader::Disk)?);
        let (prepared, problem) = if pays(card, sizes) {
            self.prepared(card, sizes, prepare)?
        } else {
            (prepare()?, None)
        };
        Ok((Dataset::of(card, sizes, prepared)?, problem))
    }

    /// The size of the packed file, if the dataset is kept.
    pub fn kept(&self, card: &DatasetCard) -> Option<u64> {
        self.shelf().len_of(&pack::key(card))
    }

    /// What is kept, of these cards and of earlier ones.
    pub fn usage(&self) -> io::Result<Usage> {
        self.shelf().usage().map(Usage::from)
    }

    /// Removes what is kept, except what another process is making just now. Whoever uses a dataset
    /// goes on with it: only its name is gone.
    pub fn clear(&self) -> io::Result<Usage> {
        self.shelf().clear().map(Usage::from)
    }

    /// What is packed; else what `prepare` gives, packed for the next time.
    fn prepared(
        &self,
        card: &DatasetCard,
        sizes: Sizes,
        prepare: impl FnOnce() -> Result<Prepared, DataError>,
    ) -> Result<(Prepared, Option<CacheProblem>), DataError> {
        let (shelf, key) = (self.shelf(), pack::key(card));
        let read = || pack::read(&shelf, card, sizes);
        if let Ok(prepared) = read() {
            return Ok((prepared, None));
        }
        // One process decodes, and who comes later waits for it.
        let lock = shelf.lock(&key);
        let was_damaged = match read() {
            Ok(prepared) => return Ok((prepared, None)),
            Err(Unusable::Damaged) => true,
            Err(Unusable::Absent) => false,
        };
        let prepared = prepare()?;
        let kept = lock.and_then(|lock| {
            let kept = pack::write(&shelf, &key, &prepared);
            drop(lock);
            kept
        });
        let path = shelf.path(&key);
        let problem = match kept {
            Err(source) => Some(CacheProblem::Unkept { path, source }),
            Ok(()) => was_damaged.then_some(CacheProblem::Damaged { path }),
        };
        Ok((prepared, problem))
    }

    fn shelf(&self) -> Shelf {
        Shelf::new(self.folder.clone(), PACKED, pack::FORM)
    }
}

impl From<fireassay_kept::Usage> for Usage {
    fn from(fireassay_kept::Usage { files, bytes }: fireassay_kept::Usage) -> Self {
        Self { datasets: files, bytes }
    }
}

/// Whether reading decoded values is worth their place on the disk. It follows from the card, so
/// that it is the same everywhere: from about 50 milliseconds of decoding on. Arrays are what a
/// packed file would hold.
fn pays(card: &DatasetCard, sizes: Sizes) -> bool {
    const MIN_SLOW: usize = 1 << 20;
    const MIN_INFLATED: usize = 1 << 24;
    let values = (card.examples.train + card.examples.test) * sizes.item;
    match &card.format {
        DataFormat::Arrays { .. } | DataFormat::Sequence(_) => false,
        DataFormat::Cifar { .. } | DataFormat::Idx { .. } => values >= MIN_INFLATED,
        DataFormat::Csv { .. }
        | DataFormat::Images { .. }
        | DataFormat::ImageTable { .. }
        | DataFormat::Table(_) => values >= MIN_SLOW,
    }
}
