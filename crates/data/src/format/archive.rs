//! Archives, read from front to back without unpacking them anywhere.
//!
//! A member is a regular file with a path that goes down only; links, devices, absolute paths and
//! `..` are errors. What an archive may inflate to is bounded before it is read.

use std::io::{self, BufReader, Read};
use std::ops::ControlFlow;
use std::path::Path;

use tar::{Archive, EntryType, PaxExtensions};
use zip::ZipArchive;

use crate::DataError;
use crate::error::shorten;
use crate::file::DataFile;

/// An archive of images inflates to less than this times its size: images are compressed already,
/// and what tar adds to the smallest is about 20 times theirs.
const MAX_RATIO: u64 = 100;
/// So that tiny archives are not refused for their padding.
const MIN_INFLATED: u64 = 1 << 20;
/// A longer path is an attack, not a name.
const MAX_PATH_LEN: u64 = 4096;

/// A file inside an archive.
pub(crate) struct Member<'a> {
    /// Its path in there, without a leading `./`.
    pub(crate) name: &'a str,
    /// As its header says.
    pub(crate) size: u64,
    pub(crate) reader: &'a mut dyn Read,
}

impl Member<'_> {
    /// All its bytes. The buffer grows with the bytes that are really there.
    pub(crate) fn read(&mut self, out: &mut Vec<u8>) -> io::Result<()> {
        let found = (&mut self.reader).take(self.size).read_to_end(out)?;
        if found as u64 == self.size { Ok(()) } else { Err(io::ErrorKind::UnexpectedEof.into()) }
    }
}

/// Whether to go on with the next member; an error ends it too.
pub(crate) type Visited = Result<ControlFlow<()>, DataError>;

/// Shows every member of a tar archive, plain or gzip.
pub(crate) fn each_in_tar(
    file: &DataFile,
    visit: &mut dyn FnMut(&mut Member<'_>) -> Visited,
) -> Result<(), DataError> {
    let limit = inflated_limit(file.len);
    let mut payload = file.payload();
    let mut bounded = Bounded { reader: payload.reader(), left: limit };
    walk_tar(&file.path, &mut bounded, visit)?;
    // The checksum of gzip is compared at the very end.
    io::copy(&mut bounded, &mut io::sink())
        .map(drop)
        .map_err(|source| unreadable(&file.path, "tar", source))
}

fn walk_tar(
    path: &Path,
    reader: impl Read,
    visit: &mut dyn FnMut(&mut Member<'_>) -> Visited,
) -> Result<(), DataError> {
    let damaged = |source| DataError::Archive { path: path.to_owned(), kind: "tar", source };
    let mut archive = Archive::new(reader);
    // Raw: else the long names are read without a limit before we see them.
    let entries = archive.entries().map_err(damaged)?.raw(true);
    let mut long_name: Option<Vec<u8>> = None;
    for entry in entries {
        let mut entry = entry.map_err(damaged)?;
        let size = entry.size();
        match entry.header().entry_type() {
            EntryType::GNULongName => {
                let mut name = extension(&mut entry, size).map_err(damaged)?;
                name.truncate(name.iter().position(|&byte| byte == 0).unwrap_or(name.len()));
                long_name = Some(name);
                continue;
            }
            EntryType::XHeader => {
                let records = extension(&mut entry, size).map_err(damaged)?;
                long_name = pax_path(&records).map_err(damaged)?.or(long_name);
                continue;
            }
            EntryType::XGlobalHeader | EntryType::GNULongLink => continue,
            kind => {
                let header_name = entry.path_bytes();
                let name = long_name.take().unwrap_or_else(|| header_name.into_owned());
                let problem = match kind {
                    EntryType::Regular | EntryType::Continuous | EntryType::Directory => None,
                    EntryType::Link | EntryType::Symlink => Some("a link"),
                    EntryType::GNUSparse => Some("a sparse file"),
                    _ => Some("neither a file nor a folder"),
                };
                let name = inner_path(&name, problem).map_err(|problem| DataError::Member {
                    path: path.to_owned(),
                    member: shorten(&name),
                    problem,
                })?;
                // Old archives mark folders by their name only.
                if kind == EntryType::Directory || name.is_empty() || name.ends_with('/') {
                    continue;
                }
                let mut member = Member { name: &name, size, reader: &mut entry };
                if visit(&mut member)?.is_break() {
                    return Ok(());
                }
            }
        }
    }
    Ok(())
}

/// Shows every member of a zip archive, in the order of its directory.
pub(crate) fn each_in_zip(
    file: &DataFile,
    visit: &mut dyn FnMut(&mut Member<'_>) -> Visited,
) -> Result<(), DataError> {
    let path = &file.path;
    let damaged = |error: zip::result::ZipError| DataError::Archive {
        path: path.clone(),
        kind: "zip",
        source: error.into(),
    };
    let mut archive = ZipArchive::new(BufReader::new(file.reader())).map_err(damaged)?;
    let mut left = inflated_limit(file.len);
    for index in 0..archive.len() {
        let mut entry = archive.by_index(index).map_err(damaged)?;
        let problem = entry.is_symlink().then_some("a link");
        let name = entry.name_raw().to_vec();
        let name = inner_path(&name, problem).map_err(|problem| DataError::Member {
            path: path.clone(),
            member: shorten(&name),
            problem,
        })?;
        if entry.is_dir() || name.is_empty() {
            continue;
        }
        let size = entry.size();
        let mut bounded = Bounded { reader: &mut entry, left };
        if visit(&mut Member { name: &name, size, reader: &mut bounded })?.is_break() {
            break;
        }
        left = bounded.left;
    }
    Ok(())
}

/// The error for a member that could not be read.
pub(crate) fn unreadable(path: &Path, kind: &'static str, source: io::Error) -> DataError {
    DataError::Archive { path: path.to_owned(), kind, source }
}

fn inflated_limit(size: u64) -> u64 {
    size.saturating_mul(MAX_RATIO).max(MIN_INFLATED)
}

/// A path that goes down only, without `./` in front; a folder's ends in `/`, and the top is empty.
fn inner_path(name: &[u8], problem: Option<&str>) -> Result<String, String> {
    if let Some(problem) = problem {
        return Err(format!("{problem}; only files and folders are read"));
    }
    let Ok(name) = str::from_utf8(name) else {
        return Err("its name is not UTF-8".to_owned());
    };
    let mut inner = name;
    while let Some(rest) = inner.strip_prefix("./") {
        inner = rest;
    }
    if inner.is_empty() || inner == "." {
        return Ok(String::new());
    }
    let mut parts = inner.strip_suffix('/').unwrap_or(inner).split('/');
    let is_down = parts.all(|part| !matches!(part, "" | "." | ".."));
    if !is_down || inner.contains(['\\', '\0']) || inner.len() as u64 > MAX_PATH_LEN {
        return Err("its path leads out of the archive".to_owned());
    }
    Ok(inner.to_owned())
}

/// The body of an entry that only describes the next one.
fn extension(entry: &mut dyn Read, size: u64) -> io::Result<Vec<u8>> {
    // A path, and for each other record of that kind a little.
    if size > 2 * MAX_PATH_LEN {
        return Err(io::Error::other(format!("a name of {size} bytes")));
    }
    let mut bytes = Vec::new();
    entry.read_to_end(&mut bytes)?;
    Ok(bytes)
}

fn pax_path(records: &[u8]) -> io::Result<Option<Vec<u8>>> {
    let mut path = None;
    for record in PaxExtensions::new(records) {
        let record = record?;
        match record.key_bytes() {
            b"path" => path = Some(record.value_bytes().to_vec()),
            // Readers differ in which size they believe.
            b"size" => return Err(io::Error::other("a size outside the header")),
            _ => {}
        }
    }
    Ok(path)
}

/// Stops a small archive that inflates without end.
struct Bounded<R> {
    reader: R,
    left: u64,
}

impl<R: Read> Read for Bounded<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let n = self.reader.read(buffer)?;
        let Some(left) = self.left.checked_sub(n as u64) else {
            let problem = format!("it inflates to more than {MAX_RATIO} times its size");
            return Err(io::Error::other(problem));
        };
        self.left = left;
        Ok(n)
    }
}
