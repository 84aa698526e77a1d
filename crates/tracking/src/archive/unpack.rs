//! Reading an archive that anybody may have made: bounded, checked, and into an empty folder only.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, BufRead, Read, Write};
use std::path::Path;

use flate2::bufread::GzDecoder;
use tar::{Archive, EntryType};

use super::manifest::is_plain;
use super::{ArchiveError, Entry, Manifest};

/// Of `manifest.json`; one line per file is far below.
const MOST_MANIFEST_BYTES: u64 = 64 << 20;
/// Of a name that does not fit into a header.
const MOST_NAME_BYTES: u64 = 4096;
/// What `tar` may write behind its last file.
const MOST_PADDING: u64 = 1 << 20;
/// Read and written at a time.
const BLOCK: usize = 1 << 16;

/// Unpacks into `folder`, which is empty, and returns what it holds then: all that the manifest
/// names and nothing else. `room` is what may be written; the manifest is held to it beforehand.
pub fn unpack(source: impl BufRead, folder: &Path, room: u64) -> Result<Manifest, ArchiveError> {
    let mut archive = Archive::new(GzDecoder::new(source));
    let manifest = unpack_entries(&mut archive, folder, room)?;
    let mut gzip = archive.into_inner();
    // To the end, where gzip has its checksum.
    let mut rest = Vec::new();
    (&mut gzip).take(MOST_PADDING).read_to_end(&mut rest).map_err(ArchiveError::Read)?;
    let more = gzip.read(&mut [0]).map_err(ArchiveError::Read)? > 0;
    let behind = gzip.into_inner().fill_buf().map_err(ArchiveError::Read)?.len();
    if more || behind > 0 || rest.iter().any(|&byte| byte != 0) {
        return Err(ArchiveError::Trailing);
    }
    Ok(manifest)
}

/// The manifest alone.
pub fn peek(source: impl BufRead) -> Result<Manifest, ArchiveError> {
    let mut archive = Archive::new(GzDecoder::new(source));
    let mut entries = archive.entries().map_err(ArchiveError::Read)?.raw(true);
    read_manifest(entries.next().ok_or(ArchiveError::NoManifest)?.map_err(ArchiveError::Read)?)
}

fn unpack_entries(
    archive: &mut Archive<impl Read>,
    folder: &Path,
    room: u64,
) -> Result<Manifest, ArchiveError> {
    // Raw: the library would read extensions of any size into memory.
    let mut entries = archive.entries().map_err(ArchiveError::Read)?.raw(true);
    let first = entries.next().ok_or(ArchiveError::NoManifest)?.map_err(ArchiveError::Read)?;
    let manifest = read_manifest(first)?;
    let asked = manifest.bytes();
    if asked > room {
        return Err(ArchiveError::TooLarge { asked, most: room });
    }
    let mut open: BTreeMap<&str, &Entry> =
        manifest.files.iter().map(|file| (file.path.as_str(), file)).collect();
    let mut long_name = None;
    for entry in entries {
        let mut entry = entry.map_err(ArchiveError::Read)?;
        let kind = entry.header().entry_type();
        if kind == EntryType::GNULongName && long_name.is_none() {
            long_name = Some(read_long_name(&mut entry)?);
            continue;
        }
        let name = match long_name.take() {
            Some(name) => name,
            None => lossless(&entry.path_bytes())?,
        };
        refuse_strange(&name, kind)?;
        let Some(expected) = open.remove(name.as_str()) else {
            let listed = manifest.files.iter().any(|file| file.path == name);
            return Err(if listed {
                ArchiveError::Twice(name)
            } else {
                ArchiveError::Unlisted(name)
            });
        };
        let found = entry.size();
        if found != expected.bytes {
            return Err(ArchiveError::Size { name, found, expected: expected.bytes });
        }
        write(&mut entry, expected, folder)?;
    }
    if long_name.is_some() {
        return Err(ArchiveError::Trailing);
    }
    if let Some(missing) = open.into_keys().next() {
        return Err(ArchiveError::Missing(missing.to_owned()));
    }
    Ok(manifest)
}

fn read_manifest(mut entry: tar::Entry<'_, impl Read>) -> Result<Manifest, ArchiveError> {
    let is_manifest = *entry.path_bytes() == *Manifest::FILE.as_bytes()
        && entry.header().entry_type() == EntryType::Regular;
    if !is_manifest {
        return Err(ArchiveError::NoManifest);
    }
    let asked = entry.size();
    if asked > MOST_MANIFEST_BYTES {
        return Err(ArchiveError::TooLarge { asked, most: MOST_MANIFEST_BYTES });
    }
    let mut bytes = Vec::new();
    entry.read_to_end(&mut bytes).map_err(ArchiveError::Read)?;
    Manifest::read(&bytes)
}

/// The name of the next entry; `tar` ends it with a zero.
fn read_long_name(entry: &mut tar::Entry<'_, impl Read>) -> Result<String, ArchiveError> {
    let asked = entry.size();
    if asked > MOST_NAME_BYTES {
        return Err(ArchiveError::TooLarge { asked, most: MOST_NAME_BYTES });
    }
    let mut bytes = Vec::new();
    entry.read_to_end(&mut bytes).map_err(ArchiveError::Read)?;
    lossless(bytes.strip_suffix(b"\0").unwrap_or(&bytes))
}

fn lossless(name: &[u8]) -> Result<String, ArchiveError> {
    let name = std::str::from_utf8(name).map(ToOwned::to_owned);
    name.map_err(|error| ArchiveError::Read(io::Error::new(io::ErrorKind::InvalidData, error)))
}

/// The manifest alone would keep such entries out; saying what they are helps.
fn refuse_strange(name: &str, kind: EntryType) -> Result<(), ArchiveError> {
    let not_a_file = |kind| Err(ArchiveError::NotAFile { name: name.to_owned(), kind });
    if name.starts_with('/') || name.split('/').any(|part| part == "..") {
        return Err(ArchiveError::Escapes(name.to_owned()));
    }
    match kind {
        EntryType::Regular => {}
        EntryType::Link | EntryType::Symlink => return not_a_file("a link"),
        EntryType::Char | EntryType::Block => return not_a_file("a device"),
        EntryType::Fifo => return not_a_file("a pipe"),
        EntryType::Directory => return not_a_file("a folder"),
        _ => return not_a_file("an extension of tar"),
    }
    match name.split('/').all(is_plain) {
        true => Ok(()),
        false => Err(ArchiveError::Unlisted(name.to_owned())),
    }
}

fn write(source: &mut impl Read, expected: &Entry, folder: &Path) -> Result<(), ArchiveError> {
    let path = folder.join(&expected.path);
    let fail = |source| ArchiveError::Io { action: "write", path: path.clone(), source };
    if let Some(parent) = path.parent() {
        fs::create_dir_all(parent).map_err(fail)?;
    }
    // New, so that two names that a file system takes for one are an error.
    let mut file = File::create_new(&path).map_err(fail)?;
    let mut hasher = blake3::Hasher::new();
    let mut left = expected.bytes;
    let mut buffer = vec![0; BLOCK];
    while left > 0 {
        let n = source.read(&mut buffer).map_err(ArchiveError::Read)?;
        let block = buffer.get(..n).unwrap_or_default();
        if n == 0 || n as u64 > left {
            let found = expected.bytes - left + n as u64;
            let (name, expected) = (expected.path.clone(), expected.bytes);
            return Err(ArchiveError::Size { name, found, expected });
        }
        hasher.update(block);
        file.write_all(block).map_err(fail)?;
        left -= n as u64;
    }
    if hasher.finalize().to_hex().as_str() != expected.blake3 {
        return Err(ArchiveError::Hash(expected.path.clone()));
    }
    file.sync_all().map_err(fail)
}
