//! One file of a dataset: checked against its hash, then decompressed while it is read.

use std::fs::File;
use std::io::{self, BufReader, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use fireassay_spec::DatasetCard;
use flate2::bufread::MultiGzDecoder;
use sha2::{Digest, Sha256};

use crate::DataError;

/// What a gzip file starts with.
const GZIP_MAGIC: [u8; 2] = [0x1f, 0x8b];
/// What a Parquet file starts and ends with.
pub(crate) const PARQUET_MAGIC: [u8; 4] = *b"PAR1";
/// The longest start that tells what a file is.
const START_LEN: usize = 8;
/// Read from a disk at once.
const PIECE_LEN: usize = 1 << 16;

/// Where files come from. Image files of a folder are read from the disk always.
#[derive(Clone, Copy)]
pub(crate) enum Reader<'a> {
    /// Piece by piece, so that no file is ever in memory as a whole.
    Disk,
    /// All bytes of a path.
    Memory(&'a dyn Fn(&Path) -> io::Result<Vec<u8>>),
}

/// A file as it lies on disk, with the hash that its card states.
pub(crate) struct DataFile {
    pub(crate) path: PathBuf,
    pub(crate) len: u64,
    /// Its first bytes.
    start: Vec<u8>,
    content: Content,
}

enum Content {
    Disk { file: File, modified: Option<SystemTime> },
    Memory(Vec<u8>),
}

impl DataFile {
    /// The card's file `name`, which lies at `path`. Nothing is decoded unless the hash agrees.
    pub(crate) fn read(
        card: &DatasetCard,
        path: PathBuf,
        name: &str,
        reader: Reader<'_>,
    ) -> Result<Self, DataError> {
        let opened = match reader {
            Reader::Disk => Content::open(&path),
            Reader::Memory(read) => read(&path).map(Content::Memory),
        };
        let found = opened.and_then(|content| Self::hashed(path.clone(), content));
        let (file, found) = found.map_err(|source| DataError::Read { path, source })?;
        agree(file.path.clone(), expected(card, name), &found)?;
        Ok(file)
    }

    /// A file that has no card yet.
    pub(crate) fn of_bytes(path: PathBuf, bytes: Vec<u8>) -> Self {
        Self::hashed(path, Content::Memory(bytes)).expect("memory can be read").0
    }

    fn hashed(path: PathBuf, content: Content) -> io::Result<(Self, String)> {
        let mut file = Self { path, len: 0, start: Vec::new(), content };
        let (mut hasher, mut piece) = (Sha256::new(), Vec::with_capacity(PIECE_LEN));
        let mut reader = file.content.reader();
        let (mut len, mut start) = (0, Vec::new());
        while reader.by_ref().take(PIECE_LEN as u64).read_to_end(&mut piece)? > 0 {
            if len == 0 {
                start.extend(piece.iter().take(START_LEN));
            }
            len += piece.len() as u64;
            hasher.update(&piece);
            piece.clear();
        }
        (file.len, file.start) = (len, start);
        Ok((file, hex(&hasher.finalize())))
    }

    /// The first bytes tell what a file is, not its name.
    pub(crate) fn starts_with(&self, magic: &[u8]) -> bool {
        self.start.starts_with(magic)
    }

    /// All bytes as they lie on disk, for what is read from its end.
    pub(crate) fn whole(&self) -> Result<Vec<u8>, DataError> {
        let mut bytes = Vec::with_capacity(usize::try_from(self.len).unwrap_or(0));
        let read = self.reader().take(self.len).read_to_end(&mut bytes);
        read.map_err(|source| DataError::Read { path: self.path.clone(), source })?;
        self.finish()?;
        Ok(bytes)
    }

    /// The uncompressed bytes, to be read to their end: a gzip checksum is compared only there.
    pub(crate) fn payload(&self) -> Payload<'_> {
        let bytes = BufReader::with_capacity(PIECE_LEN, self.reader());
        let reader: Box<dyn Read> = if self.starts_with(&GZIP_MAGIC) {
            Box::new(MultiGzDecoder::new(bytes))
        } else {
            Box::new(bytes)
        };
        Payload { file: self, reader }
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

    /// The bytes as they lie on disk.
    pub(crate) fn reader(&self) -> RawReader<'_> {
        self.content.reader()
    }

    /// To be called after the last byte was used: the length on disk, or an error if the file was
    /// written to since it was hashed.
    pub(crate) fn finish(&self) -> Result<u64, DataError> {
        let Content::Disk { file, modified } = &self.content else { return Ok(self.len) };
        let now = file.metadata().map(|metadata| (metadata.len(), metadata.modified().ok()));
        let source = match now {
            Ok(now) if now == (self.len, *modified) => return Ok(self.len),
            Ok(_) => io::Error::other("it was written to while it was read"),
            Err(error) => error,
        };
        Err(DataError::Read { path: self.path.clone(), source })
    }
}

impl Content {
    fn open(path: &Path) -> io::Result<Self> {
        let file = File::open(path)?;
        let modified = file.metadata()?.modified().ok();
        Ok(Self::Disk { file, modified })
    }

    fn reader(&self) -> RawReader<'_> {
        RawReader { content: self, position: 0 }
    }
}

/// The bytes of a [`DataFile`] from any place on.
pub(crate) struct RawReader<'a> {
    content: &'a Content,
    position: u64,
}

impl Read for RawReader<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let n = match self.content {
            Content::Disk { file, .. } => {
                // The handle has one position, and readers may take turns.
                let mut file = file;
                file.seek(SeekFrom::Start(self.position))?;
                file.read(buffer)?
            }
            Content::Memory(bytes) => {
                let start = usize::try_from(self.position).unwrap_or(usize::MAX).min(bytes.len());
                (&bytes[start..]).read(buffer)?
            }
        };
        self.position += n as u64;
        Ok(n)
    }
}

impl Seek for RawReader<'_> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let position = match to {
            SeekFrom::Start(position) => Some(position),
            SeekFrom::Current(offset) => self.position.checked_add_signed(offset),
            SeekFrom::End(offset) => {
                let len = match self.content {
                    Content::Disk { file, .. } => file.metadata()?.len(),
                    Content::Memory(bytes) => bytes.len() as u64,
                };
                len.checked_add_signed(offset)
            }
        };
        self.position = position.ok_or(io::ErrorKind::InvalidInput)?;
        Ok(self.position)
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
    file: &'a DataFile,
    reader: Box<dyn Read + 'a>,
}

impl Payload<'_> {
    /// Appends at most `limit` bytes and says how many there were. The buffer grows with the
    /// bytes that are really there, so a `limit` far off costs nothing.
    pub(crate) fn append(&mut self, limit: u64, out: &mut Vec<u8>) -> Result<u64, DataError> {
        let read = self.reader.by_ref().take(limit).read_to_end(out);
        read.map(|n| n as u64).map_err(|source| self.damaged(source))
    }

    /// For what reads piece by piece; errors are for [`damaged`].
    pub(crate) fn reader(&mut self) -> &mut dyn Read {
        &mut self.reader
    }

    /// Whether no byte is left; a gzip file is complete and intact then, and what was read is what
    /// was hashed.
    pub(crate) fn at_end(&mut self) -> Result<bool, DataError> {
        let read = self.reader.read(&mut [0]);
        let is_at_end = read.map_err(|source| self.damaged(source))? == 0;
        self.file.finish()?;
        Ok(is_at_end)
    }

    fn damaged(&self, source: io::Error) -> DataError {
        damaged(&self.file.path, source)
    }
}

/// The error for a payload that could not be read: the disk's, or the gzip decoder's.
pub(crate) fn damaged(path: &Path, source: io::Error) -> DataError {
    let path = path.to_owned();
    if source.raw_os_error().is_some() {
        DataError::Read { path, source }
    } else {
        DataError::Gzip { path, source }
    }
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let digits = bytes.iter().flat_map(|byte| [byte >> 4, byte & 15]);
    digits.map(|digit| char::from(DIGITS[usize::from(digit)])).collect()
}
