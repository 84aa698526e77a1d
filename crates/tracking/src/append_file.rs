//! A file that only grows, by whole pieces: one that fails to be written is taken back.

use std::fs::File;
use std::io::{self, Write};

/// The file was opened for appending, and this is its only writer.
#[derive(Debug)]
pub(crate) struct AppendFile {
    file: File,
    len: u64,
    torn: bool,
}

impl AppendFile {
    /// Continues a file of `len` bytes.
    pub(crate) fn new(file: File, len: u64) -> Self {
        Self { file, len, torn: false }
    }

    /// Appends all of `bytes`, or nothing of them (after a full disk a part may be there).
    pub(crate) fn append(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.mend()?;
        if let Err(error) = self.file.write_all(bytes) {
            self.torn = true;
            // If the part cannot be cut off now, the next call tries again before it writes.
            let _ = self.mend();
            return Err(error);
        }
        self.len += bytes.len() as u64;
        Ok(())
    }

    /// What was appended survives a power failure. Returns the file's length.
    pub(crate) fn sync(&mut self) -> io::Result<u64> {
        self.mend()?;
        self.file.sync_data()?;
        Ok(self.len)
    }

    fn mend(&mut self) -> io::Result<()> {
        if self.torn {
            self.file.set_len(self.len)?;
            self.torn = false;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn a_part_of_a_piece_is_cut_off_before_the_next() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("log");
        let open = || File::options().create(true).append(true).open(&path).unwrap();
        let mut log = AppendFile::new(open(), 0);
        log.append(b"one\n").unwrap();
        // What a full disk leaves, with a failed attempt to cut it off.
        open().write_all(b"tw").unwrap();
        log.torn = true;
        log.append(b"three\n").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"one\nthree\n");
        assert_eq!(log.sync().unwrap(), 10);
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn a_full_disk_is_an_error_each_time() {
        let file = File::options().append(true).open("/dev/full").unwrap();
        let mut log = AppendFile::new(file, 0);
        let first = log.append(b"one\n").unwrap_err();
        assert_eq!(first.kind(), io::ErrorKind::StorageFull);
        assert!(log.append(b"two\n").is_err());
        assert!(log.sync().is_err());
        assert_eq!(log.len, 0);
    }
}
