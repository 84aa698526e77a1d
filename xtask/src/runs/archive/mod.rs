//! Archives of runs: a manifest first, then the files that it names, in its order.
//!
//! The same runs give the same bytes. An archive is somebody else's data: nothing of it is
//! believed before it was checked against the manifest, and the manifest against fixed bounds.

mod manifest;
mod pack;
mod unpack;

use std::io;
use std::path::PathBuf;

use fireassay_tracking::TrackingError;

pub(super) use manifest::{Entry, Manifest, SCHEMA, is_plain, run_of};
pub(super) use pack::{entry, pack};
pub(super) use unpack::{peek, unpack};

/// Why an archive is not written or not accepted.
#[derive(Debug, thiserror::Error)]
pub(super) enum ArchiveError {
    #[error("cannot {action} `{path}`")]
    Io { action: &'static str, path: PathBuf, source: io::Error },
    #[error("it cannot be read to its end as a .tar.gz")]
    Read(#[source] io::Error),
    #[error("its first entry is no manifest.json, so `cargo xtask runs export` did not write it")]
    NoManifest,
    #[error("its manifest is not to be trusted")]
    Manifest(#[source] TrackingError),
    #[error("its manifest names `{0}`, which no archive of runs holds")]
    Name(String),
    #[error("its manifest names `{0}` twice")]
    TwiceInManifest(String),
    #[error("its manifest asks for {asked} bytes, and {most} are the most")]
    TooLarge { asked: u64, most: u64 },
    #[error("it holds `{0}`, a path that leads out of its folder")]
    Escapes(String),
    #[error("`{name}` is {kind} and not a file")]
    NotAFile { name: String, kind: &'static str },
    #[error("it holds `{0}` twice")]
    Twice(String),
    #[error("it holds `{0}`, which its manifest does not name")]
    Unlisted(String),
    #[error("it lacks `{0}`, which its manifest names")]
    Missing(String),
    #[error("`{name}` has {found} bytes in it, and {expected} in its manifest")]
    Size { name: String, found: u64, expected: u64 },
    #[error("`{0}` does not hash to what its manifest says")]
    Hash(String),
    #[error("something follows its last file")]
    Trailing,
    #[error("`{0}` was changed while it was packed")]
    Changed(String),
}

impl ArchiveError {
    /// For `map_err` on a call of the system.
    fn io(action: &'static str, path: &std::path::Path) -> impl FnOnce(io::Error) -> Self {
        move |source| Self::Io { action, path: path.into(), source }
    }
}
