//! Sealed files: a header of 64 bytes, the payload, and the hash of both.
//!
//! Numbers are little-endian, and the payload starts at a multiple of 64 bytes, so that values are
//! used where they lie.

use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use blake3::Hasher;
use bytes::Bytes;
use fireassay_mapped::Mapped;

use crate::Key;

const MAGIC_LEN: usize = 8;
const HASH_LEN: usize = blake3::OUT_LEN;
const HEADER_LEN: usize = MAGIC_LEN + 2 * 4 + 2 * 8 + HASH_LEN;
/// As wide as the widest vector of any processor.
const ALIGNMENT: usize = 64;
const _: () = assert!(HEADER_LEN.is_multiple_of(ALIGNMENT));
/// Written at once: enough for blake3's widest instructions, little beside what is kept.
const PIECE_LEN: usize = 1 << 17;

/// What files of one kind start with, whatever they hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Form {
    /// The first bytes.
    pub magic: [u8; MAGIC_LEN],
    /// The version of everything after them.
    pub layout: u32,
}

/// What is in a sealed file, all of which was hashed.
#[derive(Clone, Debug)]
pub struct Contents {
    /// As the writer was given them.
    pub flags: u32,
    /// As the writer was given them; whether they agree with the payload is for the reader to check.
    pub counts: [u64; 2],
    /// What was written.
    pub payload: Bytes,
    /// The file that the payload lies in, unless it had to be read.
    pub mapped: Option<Mapped>,
}

/// Why there is nothing to read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unusable {
    /// There is no file.
    Absent,
    /// It is torn or changed, of another key, or unreadable.
    Damaged,
}

/// Opens the file and hashes all of it.
pub(crate) fn open(path: &Path, form: Form, key: &Key) -> Result<Contents, Unusable> {
    let (bytes, mapped) = match Mapped::open(path) {
        Ok(mapped) => (Bytes::from_owner(mapped.clone()), Some(mapped)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Err(Unusable::Absent),
        // Not every file system can map.
        Err(_) => (fs::read(path).map_err(|_| Unusable::Damaged)?.into(), None),
    };
    let contents = check(&bytes, form, key).ok_or(Unusable::Damaged)?;
    // What was hashed is what is used only if nobody wrote meanwhile.
    if mapped.as_ref().is_none_or(|file| file.unchanged().unwrap_or(false)) {
        Ok(Contents { mapped, ..contents })
    } else {
        Err(Unusable::Damaged)
    }
}

/// The contents of these bytes; none unless a [`Writer`] wrote them for this form and key.
pub fn check(bytes: &Bytes, form: Form, key: &Key) -> Option<Contents> {
    let (hashed, hash) = bytes.split_last_chunk::<HASH_LEN>()?;
    let header = hashed.first_chunk::<HEADER_LEN>()?;
    let at = |from: usize| header[from..].first_chunk().copied();
    let flags = u32::from_le_bytes(at(MAGIC_LEN + 4)?);
    let count = |index: usize| {
        header[MAGIC_LEN + 8 + 8 * index..].first_chunk().map(|bytes| u64::from_le_bytes(*bytes))
    };
    let counts = [count(0)?, count(1)?];
    let is_ours = *header == self::header(form, key, flags, counts);
    if !is_ours || blake3::hash(hashed) != blake3::Hash::from_bytes(*hash) {
        return None;
    }
    Some(Contents { flags, counts, payload: bytes.slice(HEADER_LEN..hashed.len()), mapped: None })
}

fn header(form: Form, key: &Key, flags: u32, counts: [u64; 2]) -> [u8; HEADER_LEN] {
    let mut bytes = [0; HEADER_LEN];
    let fields = form
        .magic
        .into_iter()
        .chain(form.layout.to_le_bytes())
        .chain(flags.to_le_bytes())
        .chain(counts.into_iter().flat_map(u64::to_le_bytes))
        .chain(key.bytes());
    bytes.iter_mut().zip(fields).for_each(|(byte, field)| *byte = field);
    bytes
}

/// Writes a sealed file. It is at its place once [`Writer::finish`] was called, and not before.
#[derive(Debug)]
pub struct Writer {
    path: PathBuf,
    part: Part,
    file: BufWriter<File>,
    hasher: Hasher,
}

/// An unfinished file, removed unless it was renamed: it would only take place.
#[derive(Debug)]
struct Part(Option<PathBuf>);

impl Writer {
    pub(crate) fn new(path: PathBuf, part: PathBuf) -> io::Result<Self> {
        // One that an earlier process left may be read-only.
        match fs::remove_file(&part) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            Ok(()) | Err(_) => {}
        }
        let file = BufWriter::with_capacity(PIECE_LEN, File::create_new(&part)?);
        Ok(Self { path, part: Part(Some(part)), file, hasher: Hasher::new() })
    }

    pub(crate) fn start(
        &mut self,
        form: Form,
        key: &Key,
        flags: u32,
        counts: [u64; 2],
    ) -> io::Result<()> {
        self.bytes(&header(form, key, flags, counts))
    }

    /// Appends bytes to the payload.
    pub fn bytes(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.hasher.update(bytes);
        self.file.write_all(bytes)
    }

    /// Appends numbers to the payload.
    pub fn numbers<T: Copy, const N: usize>(
        &mut self,
        numbers: &[T],
        to: fn(T) -> [u8; N],
    ) -> io::Result<()> {
        for piece in numbers.chunks(PIECE_LEN / N) {
            let bytes: Vec<u8> = piece.iter().flat_map(|&number| to(number)).collect();
            self.bytes(&bytes)?;
        }
        Ok(())
    }

    /// Seals the file and puts it at its place.
    pub fn finish(mut self) -> io::Result<()> {
        let hash = self.hasher.finalize();
        self.file.write_all(hash.as_bytes())?;
        self.file.flush()?;
        let file = self.file.get_ref();
        let mut permissions = file.metadata()?.permissions();
        permissions.set_readonly(true);
        // Some file systems know no permissions; whoever uses the file asks whether it was written to.
        let _ = file.set_permissions(permissions);
        file.sync_all()?;
        if let Some(part) = &self.part.0 {
            fs::rename(part, &self.path)?;
        }
        self.part.0 = None;
        Ok(())
    }
}

impl Drop for Part {
    fn drop(&mut self) {
        if let Some(part) = &self.0 {
            let _ = fs::remove_file(part);
        }
    }
}
