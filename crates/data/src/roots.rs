//! `Roots`: in which folder the files of a card lie.

use std::path::{Path, PathBuf};

use fireassay_spec::{DatasetCard, FilesCard};

use crate::{Cache, CacheProblem, DataError, Dataset};

/// The two places of datasets. A committed one lies beside its card, a fetched one in the data
/// directory of this machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Roots {
    /// The folder of dataset folders, each with its `dataset.toml`.
    pub datasets: PathBuf,
    /// The folder of fetched datasets, if this machine has one.
    pub fetched: Option<PathBuf>,
}

/// Where a dataset is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Whereabouts {
    /// All of its files lie beside its card.
    BesideCard(PathBuf),
    /// All of its files lie in the data directory.
    Fetched(PathBuf),
    /// Neither place has all files.
    Missing {
        /// Files that the data directory lacks, in the order of the card.
        files: Vec<String>,
    },
}

impl Roots {
    /// Looks for the files, not into them. Beside the card comes first.
    pub fn find(&self, card: &dyn FilesCard) -> Whereabouts {
        let beside = self.beside(card);
        if lacking(card, &beside).is_empty() {
            return Whereabouts::BesideCard(beside);
        }
        let Some(fetched) = self.fetched_of(card) else {
            return Whereabouts::Missing { files: all(card) };
        };
        let files = lacking(card, &fetched);
        if files.is_empty() {
            Whereabouts::Fetched(fetched)
        } else {
            Whereabouts::Missing { files }
        }
    }

    /// The folder to read the dataset from. A committed dataset that lacks a file is read from
    /// beside its card, and reading it tells which.
    pub fn folder_of(&self, card: &dyn FilesCard) -> Result<PathBuf, DataError> {
        match self.find(card) {
            Whereabouts::BesideCard(folder) | Whereabouts::Fetched(folder) => Ok(folder),
            Whereabouts::Missing { .. } if !card.comes_by_fetch() => Ok(self.beside(card)),
            Whereabouts::Missing { files } => {
                let beside = self.beside(card);
                // A file that is nowhere says more than one that lacks in one place only.
                let nowhere = files.iter().find(|file| !beside.join(file).exists());
                let file = nowhere.or(files.first()).cloned().unwrap_or_default();
                let fetched = self.fetched_of(card);
                Err(DataError::Missing { dataset: card.name().to_owned(), file, beside, fetched })
            }
        }
    }

    /// Opens the dataset wherever it is, decoded before if that pays. What is wrong with the cache
    /// is no error: the dataset is right.
    pub fn open(&self, card: &DatasetCard) -> Result<(Dataset, Option<CacheProblem>), DataError> {
        let folder = self.folder_of(card)?;
        match self.cache() {
            Some(cache) => cache.open(card, &folder),
            None => Ok((crate::open(card, &folder)?, None)),
        }
    }

    /// Where decoded datasets are kept, if this machine has such a place.
    pub fn cache(&self) -> Option<Cache> {
        self.fetched.as_ref().map(|root| Cache { folder: root.join("cache") })
    }

    /// The folder of the card.
    pub fn beside(&self, card: &dyn FilesCard) -> PathBuf {
        self.datasets.join(card.name())
    }

    /// Where its files go when they are fetched.
    pub fn fetched_of(&self, card: &dyn FilesCard) -> Option<PathBuf> {
        self.fetched.as_ref().map(|root| root.join(card.name()))
    }
}

fn lacking(card: &dyn FilesCard, folder: &Path) -> Vec<String> {
    let mut files = all(card);
    files.retain(|file| !folder.join(file).exists());
    files
}

fn all(card: &dyn FilesCard) -> Vec<String> {
    card.files().iter().map(|file| file.path.clone()).collect()
}
