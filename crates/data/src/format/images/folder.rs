//! Images of a folder: listed first, then read, hashed and decoded in one go, in several threads.

use std::fs;
use std::io;
use std::num::NonZero;
use std::path::Path;

use sha2::{Digest, Sha256};

use super::{Batch, Found, Source, Task, batch_files, pipeline};
use crate::DataError;
use crate::error::shorten;
use crate::file::{agree, expected, hex};

/// Deeper folders are a mistake, or a trap.
const MAX_DEPTH: usize = 32;

/// Adds the images of a folder. Its hash counts only when all of it was read, and comes before
/// whatever else is wrong.
pub(super) fn read(
    source: &Source<'_>,
    threads: NonZero<usize>,
    found: &mut Found,
) -> Result<(), DataError> {
    let mut paths = Vec::new();
    list(source, "", 0, &mut paths)?;
    paths.sort_unstable();
    let mut hasher = Sha256::new();
    let mut first_problem = Ok(());
    pipeline::in_order(
        threads,
        |hand_out| {
            let _ = paths.chunks(batch_files(source.card)).try_for_each(&mut *hand_out);
            Ok(())
        },
        |paths| read_some(source, paths),
        |read| {
            read.lines.iter().for_each(|line| hasher.update(line));
            found.bytes_on_disk += read.num_bytes;
            if first_problem.is_ok() {
                first_problem = read.batch.and_then(|batch| found.add(source, batch));
            }
            Ok(())
        },
    )?;
    let found = hex(&hasher.finalize());
    agree(source.path.clone(), expected(source.card, source.name), &found)?;
    first_problem
}

/// What reading some files gave.
struct Read {
    /// `<sha256>  <path>` of each.
    lines: Vec<String>,
    num_bytes: u64,
    batch: Result<Batch, DataError>,
}

fn read_some(source: &Source<'_>, paths: &[String]) -> Result<Read, DataError> {
    let mut read = Read { lines: Vec::new(), num_bytes: 0, batch: Ok(Batch::default()) };
    for path in paths {
        let full = source.path.join(path);
        let size = fs::metadata(&full).map_err(|error| unreadable(&full, error))?.len();
        source.check_len(path, size)?;
        let bytes = fs::read(&full).map_err(|error| unreadable(&full, error))?;
        read.lines.push(format!("{}  {path}\n", hex(&Sha256::digest(&bytes))));
        read.num_bytes += bytes.len() as u64;
        // After a problem only the hash is of interest.
        if let Ok(batch) = &mut read.batch {
            let decoded = source.place(path).and_then(|place| match place {
                Some((key, label)) => source.decode_into(batch, Task { key, label, bytes }),
                None => Ok(()),
            });
            if let Err(error) = decoded {
                read.batch = Err(error);
            }
        }
    }
    Ok(read)
}

/// Every file below, with `/` between folders, from the top on.
fn list(
    source: &Source<'_>,
    below: &str,
    depth: usize,
    paths: &mut Vec<String>,
) -> Result<(), DataError> {
    let folder = source.path.join(below);
    let entries = fs::read_dir(&folder).map_err(|error| unreadable(&folder, error))?;
    for entry in entries {
        let entry = entry.map_err(|error| unreadable(&folder, error))?;
        let kind = entry.file_type().map_err(|error| unreadable(&entry.path(), error))?;
        let name = entry.file_name();
        let problem = |problem: &str| {
            let name = shorten(name.as_encoded_bytes());
            Err(source.member(&format!("{below}{name}"), problem.to_owned()))
        };
        let Some(name) = name.to_str() else {
            return problem("its name is not UTF-8");
        };
        if kind.is_symlink() {
            return problem("a link; only files and folders are read");
        }
        if kind.is_file() {
            paths.push(format!("{below}{name}"));
        } else if kind.is_dir() && depth >= MAX_DEPTH {
            return problem(&format!("more than {MAX_DEPTH} folders deep"));
        } else if kind.is_dir() {
            list(source, &format!("{below}{name}/"), depth + 1, paths)?;
        } else {
            return problem("neither a file nor a folder");
        }
    }
    Ok(())
}

fn unreadable(path: &Path, source: io::Error) -> DataError {
    DataError::Read { path: path.to_owned(), source }
}
