//! Archives of runs: a manifest first, then the files that it names, in its order.
//!
//! The same runs give the same bytes. An archive is somebody else's data: nothing of it is
//! believed before it was checked against the manifest, and the manifest against fixed bounds.

mod manifest;
mod pack;
mod unpack;

use std::io;
use std::path::{Path, PathBuf};

use crate::TrackingError;

pub use manifest::{Entry, Manifest, SCHEMA, is_plain, run_of};
pub use pack::{entry, pack};
pub use unpack::{peek, unpack};

/// Why an archive is not written or not accepted.
#[derive(Debug, thiserror::Error)]
pub enum ArchiveError {
    /// The system refused.
    #[error("cannot {action} `{path}`")]
    Io {
        /// For example `write`.
        action: &'static str,
        /// Of what.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// Cut short or damaged, or nothing of the kind.
    #[error("it cannot be read to its end as a .tar.gz")]
    Read(#[source] io::Error),
    /// An archive of something else.
    #[error("its first entry is no manifest.json, so `cargo xtask runs export` did not write it")]
    NoManifest,
    /// Edited, of another version, or damaged.
    #[error("its manifest is not to be trusted")]
    Manifest(#[source] TrackingError),
    /// No file of a run, and none of those beside them.
    #[error("its manifest names `{0}`, which no archive of runs holds")]
    Name(String),
    /// One place for two files.
    #[error("its manifest names `{0}` twice")]
    TwiceInManifest(String),
    /// Beyond the bounds of any archive, or beyond the room that is left.
    #[error("its manifest asks for {asked} bytes, and {most} are the most")]
    TooLarge {
        /// Bytes, or files.
        asked: u64,
        /// The bound.
        most: u64,
    },
    /// Absolute, or with `..`.
    #[error("it holds `{0}`, a path that leads out of its folder")]
    Escapes(String),
    /// A link, a device, a folder.
    #[error("`{name}` is {kind} and not a file")]
    NotAFile {
        /// Of the entry.
        name: String,
        /// With its article.
        kind: &'static str,
    },
    /// The same file again.
    #[error("it holds `{0}` twice")]
    Twice(String),
    /// A file that nobody announced.
    #[error("it holds `{0}`, which its manifest does not name")]
    Unlisted(String),
    /// An announced file that is not there.
    #[error("it lacks `{0}`, which its manifest names")]
    Missing(String),
    /// An entry of another length.
    #[error("`{name}` has {found} bytes in it, and {expected} in its manifest")]
    Size {
        /// Of the entry.
        name: String,
        /// In the archive.
        found: u64,
        /// In the manifest.
        expected: u64,
    },
    /// Another content.
    #[error("`{0}` does not hash to what its manifest says")]
    Hash(String),
    /// Bytes behind the end, where something may hide.
    #[error("something follows its last file")]
    Trailing,
    /// Somebody wrote to it meanwhile.
    #[error("`{0}` was changed while it was packed")]
    Changed(String),
}

impl ArchiveError {
    /// For `map_err` on a call of the system.
    fn io(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        move |source| Self::Io { action, path: path.into(), source }
    }
}
