//! `Part`: a file that is on its way, as `<name>.part` beside its place.

use std::ffi::OsString;
use std::fs::{self, File};
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use fireassay_spec::FileCard;

use crate::checker::{CHUNK, Checker};
use crate::error::{FetchError, Mismatch};
use crate::fetch::io_error;

/// Bytes on disk, and what is known of them.
pub(crate) struct Part<'a> {
    file: &'a FileCard,
    length: u64,
    path: PathBuf,
    out: File,
    checker: Checker<'a>,
}

/// Why bytes were not taken.
#[derive(Debug)]
pub(crate) enum Refused {
    /// They are not the file's.
    Wrong(Mismatch),
    /// The file system refuses.
    Failed(FetchError),
}

impl<'a> Part<'a> {
    /// What an earlier fetch of this file has left, or nothing.
    pub(crate) fn open(target: &Path, file: &'a FileCard, length: u64) -> Result<Self, FetchError> {
        let mut name = OsString::from(target);
        name.push(".part");
        let path = PathBuf::from(name);
        let options = File::options().create(true).truncate(false).read(true).write(true).clone();
        let out = options.open(&path).map_err(|source| io_error("write", &path, source))?;
        let mut part = Self { file, length, path, out, checker: Checker::new(file, length) };
        if !part.read_back()? {
            part.clear()?;
        }
        Ok(part)
    }

    /// Bytes that are here.
    pub(crate) fn len(&self) -> u64 {
        self.checker.taken()
    }

    /// Bytes that the whole file has.
    pub(crate) fn length(&self) -> u64 {
        self.checker.length()
    }

    /// Appends bytes that can be the file's.
    pub(crate) fn append(&mut self, bytes: &[u8]) -> Result<(), Refused> {
        self.checker.take(bytes).map_err(Refused::Wrong)?;
        self.out.write_all(bytes).map_err(|source| Refused::Failed(self.fail("write", source)))
    }

    /// Throws away what is here.
    pub(crate) fn clear(&mut self) -> Result<(), FetchError> {
        self.checker = Checker::new(self.file, self.length);
        let cleared = self.out.set_len(0).and_then(|()| self.out.seek(SeekFrom::Start(0)));
        cleared.map(|_| ()).map_err(|source| self.fail("write", source))
    }

    /// Whether it is the file; it is empty afterwards if it is not.
    pub(crate) fn check(&mut self) -> Result<(), Refused> {
        let checker = std::mem::replace(&mut self.checker, Checker::new(self.file, self.length));
        checker.verdict().map_err(|mismatch| match self.clear() {
            Ok(()) => Refused::Wrong(mismatch),
            Err(error) => Refused::Failed(error),
        })
    }

    /// Gives the checked file its name.
    pub(crate) fn place(self, target: &Path) -> Result<(), FetchError> {
        self.out.sync_all().map_err(|source| self.fail("write", source))?;
        fs::rename(&self.path, target).map_err(|source| io_error("write", target, source))?;
        let folder = target.parent().unwrap_or(Path::new("."));
        let synced = File::open(folder).and_then(|folder| folder.sync_all());
        synced.map_err(|source| io_error("write", folder, source))
    }

    /// Removes it when there is nothing in it to go on with.
    pub(crate) fn leave(self) -> Result<(), FetchError> {
        if self.len() > 0 {
            return Ok(());
        }
        fs::remove_file(&self.path).map_err(|source| io_error("remove", &self.path, source))
    }

    /// Whether what lies there can be the file's beginning.
    fn read_back(&mut self) -> Result<bool, FetchError> {
        let mut chunk = vec![0; CHUNK];
        loop {
            let n = self.out.read(&mut chunk).map_err(|source| self.fail("read", source))?;
            if n == 0 {
                return Ok(true);
            }
            if self.checker.take(&chunk[..n]).is_err() {
                return Ok(false);
            }
        }
    }

    fn fail(&self, action: &'static str, source: std::io::Error) -> FetchError {
        io_error(action, &self.path, source)
    }
}
