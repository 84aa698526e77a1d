//! `Cache`: datasets that cost more to decode than to read, kept decoded on this machine.
//!
//! A file is named by what it holds: the card, which hashes the dataset's files, and the decoders.
//! It is trusted only after all of it was hashed, so a dataset is the same with and without a cache,
//! whatever happened to either. It is mapped, so that processes share it; whoever uses it has to ask
//! [`Dataset::check_unchanged`] in the end.

mod pack;
#[cfg(test)]
mod tests;

use std::fs::{self, File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};

use fireassay_spec::{DataFormat, DatasetCard};

use self::pack::{Key, Unusable};
use crate::card::{self, Sizes};
use crate::file::Reader;
use crate::format;
use crate::prepared::Prepared;
use crate::{DataError, Dataset};

/// To be raised when a decoder gives other values for the same file; a test in `images` notices.
pub(crate) const DECODERS: u32 = 1;

/// What packed files, unfinished ones and locks are called after their key.
const PACKED: &str = "packed";
const PART: &str = "part";
const LOCK: &str = "lock";

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
        fs::metadata(self.path(&Key::of(card), PACKED)).ok().map(|metadata| metadata.len())
    }

    /// What is kept, of these cards and of earlier ones.
    pub fn usage(&self) -> io::Result<Usage> {
        let mut usage = Usage::default();
        for (path, kind) in self.files()? {
            usage.datasets += usize::from(kind == PACKED);
            usage.bytes += fs::metadata(path)?.len();
        }
        Ok(usage)
    }

    /// Removes what is kept, except what another process is making just now. Whoever uses a dataset
    /// goes on with it: only its name is gone.
    pub fn clear(&self) -> io::Result<Usage> {
        let mut usage = Usage::default();
        for (path, kind) in self.files()? {
            // A lock stays: who waits for it must not hold a removed one.
            if kind == LOCK || self.is_being_made(&path)? {
                continue;
            }
            usage.bytes += fs::metadata(&path)?.len();
            usage.datasets += usize::from(kind == PACKED);
            fs::remove_file(path)?;
        }
        Ok(usage)
    }

    /// What is packed; else what `prepare` gives, packed for the next time.
    fn prepared(
        &self,
        card: &DatasetCard,
        sizes: Sizes,
        prepare: impl FnOnce() -> Result<Prepared, DataError>,
    ) -> Result<(Prepared, Option<CacheProblem>), DataError> {
        let key = Key::of(card);
        let path = self.path(&key, PACKED);
        let read = || pack::read(&path, &key, card, sizes);
        if let Ok(prepared) = read() {
            return Ok((prepared, None));
        }
        // One process decodes, and who comes later waits for it.
        let lock = self.lock(&key);
        let was_damaged = match read() {
            Ok(prepared) => return Ok((prepared, None)),
            Err(Unusable::Damaged) => true,
            Err(Unusable::Absent) => false,
        };
        let prepared = prepare()?;
        let kept = lock.and_then(|lock| {
            let kept = pack::write(&path, &self.path(&key, PART), &key, &prepared);
            drop(lock);
            kept
        });
        let problem = match kept {
            Err(source) => Some(CacheProblem::Unkept { path, source }),
            Ok(()) => was_damaged.then_some(CacheProblem::Damaged { path }),
        };
        Ok((prepared, problem))
    }

    /// Held until it is dropped, or the process ends.
    fn lock(&self, key: &Key) -> io::Result<File> {
        fs::create_dir_all(&self.folder)?;
        let path = self.path(key, LOCK);
        let file = File::options().create(true).truncate(false).write(true).open(path)?;
        file.lock()?;
        Ok(file)
    }

    fn is_being_made(&self, path: &Path) -> io::Result<bool> {
        match File::open(path.with_extension(LOCK)) {
            Ok(lock) => match lock.try_lock() {
                Ok(()) => Ok(false),
                Err(TryLockError::WouldBlock) => Ok(true),
                Err(TryLockError::Error(error)) => Err(error),
            },
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
            Err(error) => Err(error),
        }
    }

    fn path(&self, key: &Key, kind: &str) -> PathBuf {
        self.folder.join(format!("{}.{kind}", key.hex()))
    }

    /// Our own files only, each with its kind, sorted.
    fn files(&self) -> io::Result<Vec<(PathBuf, &'static str)>> {
        let entries = match fs::read_dir(&self.folder) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            entries => entries?,
        };
        let mut files = Vec::new();
        for entry in entries {
            let path = entry?.path();
            let kind = [PACKED, PART, LOCK].into_iter().find(|kind| {
                let name = path.file_name().and_then(|name| name.to_str());
                let key = name.and_then(|name| name.strip_suffix(kind)?.strip_suffix('.'));
                key.is_some_and(Key::is_hex)
            });
            files.extend(kind.map(|kind| (path, kind)));
        }
        files.sort();
        Ok(files)
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
