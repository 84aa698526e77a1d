//! Writing an archive: the same files give the same bytes, and a kill leaves no half of one.

use std::fs::{self, File};
use std::io::{self, BufWriter, Read, Write};
use std::path::{Path, PathBuf};

use flate2::{Compression, GzBuilder};
use tar::{Builder, EntryType, Header};

use super::{ArchiveError, Entry, Manifest};
use crate::sealed;

/// "Unknown", so that no system shows in the bytes.
const NO_SYSTEM: u8 = 255;
/// Read and written by the owner, read by everybody.
const MODE: u32 = 0o644;

/// What a manifest says of a file.
pub fn entry(path: String, file: &Path) -> Result<Entry, ArchiveError> {
    let fail = |source| ArchiveError::Io { action: "read", path: file.into(), source };
    let mut hasher = blake3::Hasher::new();
    let bytes = io::copy(&mut File::open(file).map_err(fail)?, &mut hasher).map_err(fail)?;
    Ok(Entry { path, bytes, blake3: hasher.finalize().to_hex().to_string() })
}

/// Writes the archive beside its place and renames it. `place_of` says where a file of the
/// manifest lies.
pub fn pack(
    target: &Path,
    manifest: &Manifest,
    place_of: &dyn Fn(&str) -> PathBuf,
) -> Result<(), ArchiveError> {
    let name = target.file_name().unwrap_or_default().to_string_lossy();
    let temp = target.with_file_name(format!(".{name}.{}.tmp", std::process::id()));
    // A killed process with the same id may have left one.
    let _ = fs::remove_file(&temp);
    let file = File::create_new(&temp).map_err(ArchiveError::io("write", &temp))?;
    let done = fill(file, manifest, place_of, &temp)
        .and_then(|()| fs::rename(&temp, target).map_err(ArchiveError::io("write", target)));
    if done.is_err() {
        // The first error is the one to report.
        let _ = fs::remove_file(&temp);
    }
    done?;
    let folder = target.parent().filter(|dir| !dir.as_os_str().is_empty());
    let folder = folder.unwrap_or(Path::new("."));
    let synced = File::open(folder).and_then(|folder| folder.sync_all());
    synced.map_err(ArchiveError::io("write", folder))
}

fn fill(
    file: File,
    manifest: &Manifest,
    place_of: &dyn Fn(&str) -> PathBuf,
    temp: &Path,
) -> Result<(), ArchiveError> {
    let fail = |source| ArchiveError::Io { action: "write", path: temp.into(), source };
    let gzip = GzBuilder::new().mtime(0).operating_system(NO_SYSTEM);
    let mut tar = Builder::new(gzip.write(BufWriter::new(file), Compression::default()));
    let head = sealed(Path::new(Manifest::FILE), manifest).map_err(ArchiveError::Manifest)?;
    append(&mut tar, Manifest::FILE, head.len() as u64, head.as_slice()).map_err(fail)?;
    for entry in &manifest.files {
        let place = place_of(&entry.path);
        let file = File::open(&place).map_err(ArchiveError::io("read", &place))?;
        let mut source = Hashing { inner: file.take(entry.bytes), hasher: blake3::Hasher::new() };
        append(&mut tar, &entry.path, entry.bytes, &mut source).map_err(fail)?;
        let same = source.hasher.finalize().to_hex().as_str() == entry.blake3;
        let longer = source.inner.into_inner().read(&mut [0]).map_err(fail)? > 0;
        if !same || longer {
            return Err(ArchiveError::Changed(entry.path.clone()));
        }
    }
    let gzip = tar.into_inner().map_err(fail)?;
    let file =
        gzip.finish().map_err(fail)?.into_inner().map_err(|error| fail(error.into_error()))?;
    file.sync_all().map_err(fail)
}

fn append<W: Write>(
    tar: &mut Builder<W>,
    path: &str,
    bytes: u64,
    source: impl Read,
) -> io::Result<()> {
    let mut header = Header::new_gnu();
    header.set_entry_type(EntryType::Regular);
    header.set_mode(MODE);
    header.set_uid(0);
    header.set_gid(0);
    header.set_mtime(0);
    header.set_size(bytes);
    tar.append_data(&mut header, path, source)
}

/// Hashes what is read.
struct Hashing<R> {
    inner: R,
    hasher: blake3::Hasher,
}

impl<R: Read> Read for Hashing<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let n = self.inner.read(buffer)?;
        self.hasher.update(buffer.get(..n).unwrap_or_default());
        Ok(n)
    }
}
