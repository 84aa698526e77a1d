//! `Mapped`: a file in memory without a copy, and whether it was written to since.
//!
//! Processes that map the same file share its pages. The system may drop a page and read it again
//! from the disk, so what was hashed is what is used only as long as nobody writes to the file.
//! [`Mapped::unchanged`] finds out, and is to be asked after the last byte was used.
//!
//! What it cannot see, and what may go wrong:
//!
//! * Whoever cuts the file short while it is mapped ends this process: reading a page that is gone
//!   is the signal SIGBUS. So does a disk that cannot read a page again.
//! * Whoever writes in place and sets the time of the file back leaves no trace. Nor does a write
//!   within the tick of the file system's clock (milliseconds) in which the file was last written
//!   before it was opened.
//! * A network file system may tell other machines of a write late.
//!
//! None of these happens to a file that is made read-only, replaced by renaming and never written
//! in place. Removing it or renaming another one over it is harmless: the pages stay.

use std::fs::{File, Metadata};
use std::io;
use std::ops::Deref;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::SystemTime;

use memmap2::Mmap;

/// The bytes of a file, to be read. Clones are views of the same pages, and cheap.
#[derive(Clone, Debug)]
pub struct Mapped {
    opened: Arc<Opened>,
}

#[derive(Debug)]
struct Opened {
    path: PathBuf,
    /// Kept for another look at it: another file may have its path by then.
    file: File,
    identity: Identity,
    map: Mmap,
}

/// Which file it is, and its state: device and number of the file, bytes, time of the last write.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Identity {
    place: [u64; 2],
    len: u64,
    modified: Option<SystemTime>,
}

impl Mapped {
    /// Maps the whole file. An error if it cannot be opened, or if it cannot be mapped: not every
    /// file system and not every platform can.
    pub fn open(path: &Path) -> io::Result<Self> {
        let file = File::open(path)?;
        let identity = Identity::of(&file.metadata()?);
        #[expect(unsafe_code, reason = "nothing else maps a file")]
        // SAFETY: the map is private to this crate and given out as `&[u8]` only, so nobody here
        // writes through it, and any byte is a valid `u8`. What the type system cannot promise is
        // that no other process writes to the file meanwhile. Our files are read-only and replaced
        // by renaming, which leaves mapped pages alone, so that takes somebody's intent; `unchanged`
        // then tells, before anything that was computed from the bytes counts.
        let map = unsafe { Mmap::map(&file)? };
        let opened = Opened { path: path.to_owned(), file, identity, map };
        Ok(Self { opened: Arc::new(opened) })
    }

    /// Where the file was when it was opened.
    pub fn path(&self) -> &Path {
        &self.opened.path
    }

    /// Whether the file was not written to since it was opened. A file that was removed or replaced
    /// meanwhile is unchanged. An error if the system cannot tell.
    pub fn unchanged(&self) -> io::Result<bool> {
        let Opened { file, identity, .. } = &*self.opened;
        Ok(Identity::of(&file.metadata()?) == *identity)
    }
}

impl Deref for Mapped {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.opened.map
    }
}

impl AsRef<[u8]> for Mapped {
    fn as_ref(&self) -> &[u8] {
        self
    }
}

impl Identity {
    fn of(metadata: &Metadata) -> Self {
        let modified = metadata.modified().ok(); // in nanoseconds, where the file system has them
        Self { place: place(metadata), len: metadata.len(), modified }
    }
}

#[cfg(unix)]
fn place(metadata: &Metadata) -> [u64; 2] {
    use std::os::unix::fs::MetadataExt;
    [metadata.dev(), metadata.ino()]
}

/// The handle alone says which file it is.
#[cfg(not(unix))]
fn place(_: &Metadata) -> [u64; 2] {
    [0, 0]
}
