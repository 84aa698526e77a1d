//! Packed files: a header, labels, groups if there are any, values, and the hash of all that.
//!
//! All numbers are little-endian. Whatever else a file says, it must be as long as the card and the
//! header imply before anything is allocated for it, and hash to its last 32 bytes.

use std::fs::{self, File};
use std::io::{self, BufWriter, Read, Write};
use std::path::Path;

use blake3::Hasher;
use fireassay_spec::DatasetCard;

use super::DECODERS;
use crate::card::Sizes;
use crate::file::hex;
use crate::format::{Decoded, RawValues};

const MAGIC: [u8; 8] = *b"fireasy\n";
/// Of everything after the magic.
const LAYOUT: u32 = 1;
const FLOATS: u32 = 1;
const GROUPS: u32 = 2;
const HASH_LEN: usize = blake3::OUT_LEN;
const FLAGS_AT: usize = MAGIC.len() + 4;
const ON_DISK_AT: usize = FLAGS_AT + 4 + 2 * 8;
const HEADER_LEN: usize = ON_DISK_AT + 8 + HASH_LEN;
/// Read or written at once: enough for blake3's widest instructions, little beside a dataset.
const PIECE_LEN: usize = 1 << 17;

/// Names the decoded arrays of a card.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Key([u8; HASH_LEN]);

impl Key {
    pub(super) fn of(card: &DatasetCard) -> Self {
        let text = format!("fireassay packed dataset {LAYOUT}, {DECODERS}: {}", card.hash());
        Self(*blake3::hash(text.as_bytes()).as_bytes())
    }

    pub(super) fn hex(&self) -> String {
        hex(&self.0)
    }

    pub(super) fn is_hex(text: &str) -> bool {
        text.len() == 2 * HASH_LEN && text.bytes().all(|byte| byte.is_ascii_hexdigit())
    }
}

/// Why there is nothing to read.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Unusable {
    Absent,
    /// Or of another dataset, or unreadable.
    Damaged,
}

/// Reads a packed file, all of it.
pub(super) fn read(
    path: &Path,
    key: &Key,
    card: &DatasetCard,
    sizes: Sizes,
) -> Result<Decoded, Unusable> {
    let file = File::open(path).map_err(|error| match error.kind() {
        io::ErrorKind::NotFound => Unusable::Absent,
        _ => Unusable::Damaged,
    })?;
    let examples = card.examples.train + card.examples.test;
    let decoded = read_all(file, key, (examples, sizes.item)).map_err(|_| Unusable::Damaged)?;
    let num_classes = card.classes.len();
    let is_right = decoded.labels.iter().all(|&label| (label as usize) < num_classes);
    if is_right { Ok(decoded) } else { Err(Unusable::Damaged) }
}

fn read_all(mut file: File, key: &Key, (examples, item): (usize, usize)) -> io::Result<Decoded> {
    let len = file.metadata()?.len();
    let mut header = [0; HEADER_LEN];
    file.read_exact(&mut header)?;
    // The two fields that the card does not tell.
    let flags = header[FLAGS_AT..].first_chunk().map_or(0, |&bytes| u32::from_le_bytes(bytes));
    let on_disk = header[ON_DISK_AT..].first_chunk().map_or(0, |&bytes| u64::from_le_bytes(bytes));
    let expected = Header { flags, examples, item, bytes_on_disk: on_disk };
    if header != expected.bytes(key) || Some(len) != expected.file_len() {
        return Err(io::ErrorKind::InvalidData.into());
    }
    let mut source = Source { file, hasher: Hasher::new() };
    source.hasher.update(&header);
    let labels = source.numbers(examples, u32::from_le_bytes)?;
    let groups = if flags & GROUPS == 0 {
        None
    } else {
        Some(source.numbers(examples, u32::from_le_bytes)?)
    };
    let values = if flags & FLOATS == 0 {
        RawValues::Bytes(source.bytes(examples * item)?)
    } else {
        RawValues::Floats(source.numbers(examples * item, f32::from_le_bytes)?)
    };
    let mut hash = [0; HASH_LEN];
    source.file.read_exact(&mut hash)?;
    if source.hasher.finalize() != blake3::Hash::from_bytes(hash) {
        return Err(io::ErrorKind::InvalidData.into());
    }
    Ok(Decoded { values, labels, groups, bytes_on_disk: on_disk })
}

/// Writes a packed file at `path` by way of `part`: it is whole, or not there.
pub(super) fn write(path: &Path, part: &Path, key: &Key, decoded: &Decoded) -> io::Result<()> {
    let written = write_all(part, key, decoded).and_then(|()| fs::rename(part, path));
    if written.is_err() {
        // What is left would only take place. There may be nothing to remove.
        let _ = fs::remove_file(part);
    }
    written
}

fn write_all(part: &Path, key: &Key, decoded: &Decoded) -> io::Result<()> {
    let Decoded { values, labels, groups, bytes_on_disk } = decoded;
    let (len, kind) = match values {
        RawValues::Bytes(values) => (values.len(), 0),
        RawValues::Floats(values) => (values.len(), FLOATS),
    };
    let flags = kind | if groups.is_some() { GROUPS } else { 0 };
    let (examples, item) = (labels.len(), len / labels.len().max(1));
    let header = Header { flags, examples, item, bytes_on_disk: *bytes_on_disk };
    let file = BufWriter::with_capacity(PIECE_LEN, File::create(part)?);
    let mut sink = Sink { file, hasher: Hasher::new() };
    sink.bytes(&header.bytes(key))?;
    sink.numbers(labels, u32::to_le_bytes)?;
    if let Some(groups) = groups {
        sink.numbers(groups, u32::to_le_bytes)?;
    }
    match values {
        RawValues::Bytes(values) => sink.bytes(values)?,
        RawValues::Floats(values) => sink.numbers(values, f32::to_le_bytes)?,
    }
    let hash = sink.hasher.finalize();
    sink.file.write_all(hash.as_bytes())?;
    sink.file.into_inner()?.sync_all()
}

struct Header {
    flags: u32,
    examples: usize,
    item: usize,
    bytes_on_disk: u64,
}

impl Header {
    fn bytes(&self, key: &Key) -> [u8; HEADER_LEN] {
        let words = [self.examples as u64, self.item as u64, self.bytes_on_disk];
        let mut bytes = [0; HEADER_LEN];
        let fields = MAGIC
            .into_iter()
            .chain(LAYOUT.to_le_bytes())
            .chain(self.flags.to_le_bytes())
            .chain(words.into_iter().flat_map(u64::to_le_bytes))
            .chain(key.0);
        bytes.iter_mut().zip(fields).for_each(|(byte, field)| *byte = field);
        bytes
    }

    /// Of a file with this header; none if it has a flag that we do not know.
    fn file_len(&self) -> Option<u64> {
        if self.flags & !(FLOATS | GROUPS) != 0 {
            return None;
        }
        let size = if self.flags & FLOATS == 0 { 1 } else { 4 };
        let values = (self.examples as u64).checked_mul(self.item as u64)?.checked_mul(size)?;
        let lists = if self.flags & GROUPS == 0 { 1 } else { 2 };
        let lists = (self.examples as u64).checked_mul(4 * lists)?;
        values.checked_add(lists)?.checked_add((HEADER_LEN + HASH_LEN) as u64)
    }
}

/// Hashes what it reads.
struct Source {
    file: File,
    hasher: Hasher,
}

impl Source {
    fn bytes(&mut self, len: usize) -> io::Result<Vec<u8>> {
        let mut bytes = vec![0; len];
        for piece in bytes.chunks_mut(PIECE_LEN) {
            self.file.read_exact(piece)?;
            self.hasher.update(piece);
        }
        Ok(bytes)
    }

    fn numbers<T>(&mut self, count: usize, of: fn([u8; 4]) -> T) -> io::Result<Vec<T>> {
        let mut numbers = Vec::with_capacity(count);
        while numbers.len() < count {
            let piece = self.bytes(PIECE_LEN.min(4 * (count - numbers.len())))?;
            numbers.extend(piece.as_chunks().0.iter().map(|&bytes| of(bytes)));
        }
        Ok(numbers)
    }
}

/// Hashes what it writes.
struct Sink {
    file: BufWriter<File>,
    hasher: Hasher,
}

impl Sink {
    fn bytes(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.hasher.update(bytes);
        self.file.write_all(bytes)
    }

    fn numbers<T: Copy>(&mut self, numbers: &[T], to: fn(T) -> [u8; 4]) -> io::Result<()> {
        for piece in numbers.chunks(PIECE_LEN / 4) {
            let bytes: Vec<u8> = piece.iter().flat_map(|&number| to(number)).collect();
            self.bytes(&bytes)?;
        }
        Ok(())
    }
}
