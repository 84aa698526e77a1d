//! Packed files: a header, values, labels, groups if there are any, and the hash of all that.
//!
//! All numbers are little-endian, and values start at a multiple of 64 bytes, so that they are used
//! where they lie. Whatever else a file says, it must be as long as the card and the header imply,
//! and hash to its last 32 bytes. It is read-only, and replaced by renaming.

use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::Path;

use blake3::Hasher;
use bytes::Bytes;
use fireassay_mapped::Mapped;
use fireassay_spec::DatasetCard;

use super::DECODERS;
use crate::card::Sizes;
use crate::file::hex;
use crate::floats::Floats;
use crate::prepared::{Kept, Prepared};

const MAGIC: [u8; 8] = *b"fireasy\n";
/// Of everything after the magic.
const LAYOUT: u32 = 2;
const FLOATS: u32 = 1;
const GROUPS: u32 = 2;
const HASH_LEN: usize = blake3::OUT_LEN;
const FLAGS_AT: usize = MAGIC.len() + 4;
const HEADER_LEN: usize = FLAGS_AT + 4 + 2 * 8 + HASH_LEN;
/// As wide as the widest vector of any processor.
const ALIGNMENT: usize = 64;
const _: () = assert!(HEADER_LEN.is_multiple_of(ALIGNMENT));
/// Written at once: enough for blake3's widest instructions, little beside a dataset.
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

/// Maps a packed file, and hashes all of it before anything in it counts.
pub(super) fn read(
    path: &Path,
    key: &Key,
    card: &DatasetCard,
    sizes: Sizes,
) -> Result<Prepared, Unusable> {
    let (bytes, mapped) = open(path).map_err(|error| match error.kind() {
        io::ErrorKind::NotFound => Unusable::Absent,
        _ => Unusable::Damaged,
    })?;
    let examples = card.examples.train + card.examples.test;
    let prepared = parse(&bytes, key, (examples, sizes.item)).ok_or(Unusable::Damaged)?;
    let num_classes = card.classes.len();
    let is_right = prepared.labels.iter().all(|&label| (label as usize) < num_classes);
    let is_as_hashed = mapped.as_ref().is_none_or(|file| file.unchanged().unwrap_or(false));
    if is_right && is_as_hashed {
        Ok(Prepared { mapped, ..prepared })
    } else {
        Err(Unusable::Damaged)
    }
}

/// All bytes of a file: mapped, or read where nothing can be mapped.
fn open(path: &Path) -> io::Result<(Bytes, Option<Mapped>)> {
    match Mapped::open(path) {
        Ok(mapped) => Ok((Bytes::from_owner(mapped.clone()), Some(mapped))),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Err(error),
        Err(_) => Ok((fs::read(path)?.into(), None)),
    }
}

/// What is in a file; none unless it is one that `write` wrote for this key.
pub(super) fn parse(
    bytes: &Bytes,
    key: &Key,
    (examples, item): (usize, usize),
) -> Option<Prepared> {
    let found = bytes.first_chunk::<HEADER_LEN>()?;
    // The one field that the card does not tell.
    let flags = u32::from_le_bytes(*found[FLAGS_AT..].first_chunk()?);
    let header = Header { flags, examples, item };
    if *found != header.bytes(key) || header.file_len() != Some(bytes.len() as u64) {
        return None;
    }
    let (hashed, hash) = bytes.split_last_chunk::<HASH_LEN>()?;
    if blake3::hash(hashed) != blake3::Hash::from_bytes(*hash) {
        return None;
    }
    let is_bytes = flags & FLOATS == 0;
    let values_end = HEADER_LEN + examples * item * if is_bytes { 1 } else { 4 };
    let values = bytes.slice(HEADER_LEN..values_end);
    let (labels, groups) = hashed[values_end..].split_at(4 * examples);
    Some(Prepared {
        values: if is_bytes { Kept::Bytes(values) } else { Kept::Floats(Floats::packed(values)) },
        labels: numbers(labels),
        groups: (flags & GROUPS != 0).then(|| numbers(groups)),
        mapped: None,
    })
}

fn numbers(bytes: &[u8]) -> Vec<u32> {
    bytes.as_chunks().0.iter().map(|&bytes| u32::from_le_bytes(bytes)).collect()
}

/// Writes a packed file at `path` by way of `part`: it is whole, or not there.
pub(super) fn write(path: &Path, part: &Path, key: &Key, prepared: &Prepared) -> io::Result<()> {
    let written = write_all(part, key, prepared).and_then(|()| fs::rename(part, path));
    if written.is_err() {
        // What is left would only take place. There may be nothing to remove.
        let _ = fs::remove_file(part);
    }
    written
}

fn write_all(part: &Path, key: &Key, prepared: &Prepared) -> io::Result<()> {
    let Prepared { values, labels, groups, .. } = prepared;
    let (len, kind) = match values {
        Kept::Bytes(values) => (values.len(), 0),
        Kept::Floats(values) => (values.len(), FLOATS),
    };
    let flags = kind | if groups.is_some() { GROUPS } else { 0 };
    let (examples, item) = (labels.len(), len / labels.len().max(1));
    let header = Header { flags, examples, item };
    let file = BufWriter::with_capacity(PIECE_LEN, create(part)?);
    let mut sink = Sink { file, hasher: Hasher::new() };
    sink.bytes(&header.bytes(key))?;
    match values {
        Kept::Bytes(values) => sink.bytes(values)?,
        Kept::Floats(values) => sink.numbers(values, f32::to_le_bytes)?,
    }
    sink.numbers(labels, u32::to_le_bytes)?;
    if let Some(groups) = groups {
        sink.numbers(groups, u32::to_le_bytes)?;
    }
    let hash = sink.hasher.finalize();
    sink.file.write_all(hash.as_bytes())?;
    let file = sink.file.into_inner()?;
    let mut permissions = file.metadata()?.permissions();
    permissions.set_readonly(true);
    // Some file systems know no permissions; whoever uses the file asks whether it was written to.
    let _ = file.set_permissions(permissions);
    file.sync_all()
}

/// A new file: one that an earlier process left may be read-only.
fn create(part: &Path) -> io::Result<File> {
    match fs::remove_file(part) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        Ok(()) | Err(_) => File::create_new(part),
    }
}

struct Header {
    flags: u32,
    examples: usize,
    item: usize,
}

impl Header {
    fn bytes(&self, key: &Key) -> [u8; HEADER_LEN] {
        let words = [self.examples as u64, self.item as u64];
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
