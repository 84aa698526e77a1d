//! One file of a dataset: read once, checked against its hash, decompressed while it is read.

use std::io::{self, Read};
use std::path::{Path, PathBuf};

use fireassay_spec::DatasetCard;
use flate2::bufread::MultiGzDecoder;
use sha2::{Digest, Sha256};

use crate::DataError;

/// What a gzip file starts with.
const GZIP_MAGIC: [u8; 2] = [0x1f, 0x8b];

/// The bytes of a file as they lie on disk.
pub(crate) struct DataFile {
    pub(crate) path: PathBuf,
    pub(crate) bytes: Vec<u8>,
}

impl DataFile {
    /// Reads the card's file `name`, which lies at `path`. Nothing is decoded unless the hash agrees.
    pub(crate) fn read(
        card: &DatasetCard,
        path: PathBuf,
        name: &str,
        read: &dyn Fn(&Path) -> io::Result<Vec<u8>>,
    ) -> Result<Self, DataError> {
        let bytes = match read(&path) {
            Ok(bytes) => bytes,
            Err(source) => return Err(DataError::Read { path, source }),
        };
        agree(path.clone(), expected(card, name), &hex(&Sha256::digest(&bytes)))?;
        Ok(Self { path, bytes })
    }

    /// The uncompressed bytes, to be read to their end: a gzip checksum is compared only there.
    pub(crate) fn payload(&self) -> Payload<'_> {
        let bytes = self.bytes.as_slice();
        let reader: Box<dyn Read> = if bytes.starts_with(&GZIP_MAGIC) {
            Box::new(MultiGzDecoder::new(bytes))
        } else {
            Box::new(bytes)
        };
        Payload { path: &self.path, reader }
    }

    /// The whole content, which must not be longer than `limit`: a small compressed file may hide
    /// a huge one.
    pub(crate) fn content(&self, limit: u64) -> Result<Vec<u8>, DataError> {
        let mut payload = self.payload();
        let mut content = Vec::new();
        payload.append(limit, &mut content)?;
        if !payload.at_end()? {
            return Err(DataError::Excess { path: self.path.clone(), expected: limit });
        }
        Ok(content)
    }
}

/// What the card says that a file hashes to.
pub(crate) fn expected<'a>(card: &'a DatasetCard, name: &str) -> &'a str {
    card.files.iter().find(|file| file.path == name).map_or("", |file| &file.sha256)
}

/// The error if a file is not the one that the card describes.
pub(crate) fn agree(path: PathBuf, expected: &str, found: &str) -> Result<(), DataError> {
    if found == expected {
        return Ok(());
    }
    Err(DataError::Hash { path, expected: expected.to_owned(), found: found.to_owned() })
}

/// The uncompressed bytes of a [`DataFile`].
pub(crate) struct Payload<'a> {
    path: &'a Path,
    reader: Box<dyn Read + 'a>,
}

impl Payload<'_> {
    /// Appends at most `limit` bytes and says how many there were. The buffer grows with the
    /// bytes that are really there, so a `limit` far off costs nothing.
    pub(crate) fn append(&mut self, limit: u64, out: &mut Vec<u8>) -> Result<u64, DataError> {
        let read = self.reader.by_ref().take(limit).read_to_end(out);
        read.map(|n| n as u64).map_err(|source| self.damaged(source))
    }

    /// For what reads piece by piece; errors are those of the gzip decoder.
    pub(crate) fn reader(&mut self) -> &mut dyn Read {
        &mut self.reader
    }

    /// Whether no byte is left; a gzip file is complete and intact then.
    pub(crate) fn at_end(&mut self) -> Result<bool, DataError> {
        let read = self.reader.read(&mut [0]);
        read.map(|n| n == 0).map_err(|source| self.damaged(source))
    }

    /// Reading from memory cannot fail, so it is the gzip decoder that did.
    fn damaged(&self, source: io::Error) -> DataError {
        DataError::Gzip { path: self.path.to_owned(), source }
    }
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let digits = bytes.iter().flat_map(|byte| [byte >> 4, byte & 15]);
    digits.map(|digit| char::from(DIGITS[usize::from(digit)])).collect()
}
