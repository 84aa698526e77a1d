//! `DraftError`: why files cannot be made a dataset.

use std::io;
use std::path::PathBuf;

use crate::DataError;

/// Every message names the culprit.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DraftError {
    /// Nothing that can be read, or too much of it.
    #[error("`{}` is not recognised as a dataset: {problem}\nseen: {seen}", path.display())]
    Unrecognised {
        /// The file or folder.
        path: PathBuf,
        /// What keeps it from being one.
        problem: String,
        /// What is in it.
        seen: String,
    },
    /// A file is what it seems, but cannot be used.
    #[error("`{}`: {problem}", path.display())]
    Unusable {
        /// The file or folder.
        path: PathBuf,
        /// What is wrong.
        problem: String,
    },
    /// A file or folder cannot be read.
    #[error("cannot read `{}`", path.display())]
    Read {
        /// The file or folder.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// The reader of the format found something wrong.
    #[error(transparent)]
    Data(#[from] DataError),
}
