//! `copy_from`: one file out of a folder on this machine, under its own name or another.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use crate::checker::CHUNK;
use crate::error::{Attempt, FetchError, Trouble};
use crate::fetch::{Event, How, Order, Tell, io_error, is_right};
use crate::part::{Part, Refused};

/// Copies the file to its place, wherever it lies in `dir` or one level down.
pub(crate) fn copy_from(
    order: &Order<'_>,
    dir: &Path,
    how: &How<'_>,
    tell: &mut Tell<'_>,
) -> Result<(), FetchError> {
    let folders = folders(dir, order.card)?;
    let named: Vec<PathBuf> = folders
        .iter()
        .map(|folder| folder.join(&order.file.path))
        .filter(|p| p.is_file())
        .collect();
    let mut wrong = Vec::new();
    for source in &named {
        match copy(order, source, how, tell)? {
            None => return Ok(()),
            Some(trouble) => {
                wrong.push(Attempt { place: source.display().to_string(), trouble });
            }
        }
    }
    for source in of_that_length(order, &folders) {
        if (how.stop)() {
            return Err(FetchError::Stopped);
        }
        if !named.contains(&source)
            && is_right(order.file, &source)?
            && copy(order, &source, how, tell)?.is_none()
        {
            return Ok(());
        }
    }
    let (card, file) = (order.card.to_owned(), order.file.path.clone());
    Err(FetchError::NotInFolder { card, file, dir: dir.to_owned(), wrong })
}

/// The folder, the one in it that is named like the card, and all others in it.
fn folders(dir: &Path, card: &str) -> Result<Vec<PathBuf>, FetchError> {
    let below: BTreeSet<PathBuf> = list(dir)?.into_iter().filter(|path| path.is_dir()).collect();
    let own = dir.join(card);
    let first = [dir.to_owned()].into_iter().chain(below.get(&own).cloned());
    Ok(first.chain(below.iter().filter(|path| **path != own).cloned()).collect())
}

/// Files that may be the one that is looked for, by their length; without one in the card, only
/// its name tells.
fn of_that_length(order: &Order<'_>, folders: &[PathBuf]) -> Vec<PathBuf> {
    let Some(length) = order.file.bytes else { return Vec::new() };
    let mut files = Vec::new();
    for folder in folders {
        let fits = |path: &PathBuf| {
            fs::metadata(path).is_ok_and(|meta| meta.is_file() && meta.len() == length)
        };
        // A folder that may not be read is not the one that was meant.
        files.extend(list(folder).unwrap_or_default().into_iter().filter(fits));
    }
    files
}

/// What lies in a folder, sorted.
fn list(dir: &Path) -> Result<Vec<PathBuf>, FetchError> {
    let entries = fs::read_dir(dir).and_then(|entries| {
        entries.map(|entry| entry.map(|entry| entry.path())).collect::<io::Result<Vec<_>>>()
    });
    let mut paths = entries.map_err(|source| io_error("read", dir, source))?;
    paths.sort();
    Ok(paths)
}

/// Copies, checking on the way; says what is wrong with the source, if it is not the file.
fn copy(
    order: &Order<'_>,
    source: &Path,
    how: &How<'_>,
    tell: &mut Tell<'_>,
) -> Result<Option<Trouble>, FetchError> {
    let fail = |error| io_error("read", source, error);
    let mut reader = File::open(source).map_err(fail)?;
    let found = reader.metadata().map_err(fail)?.len();
    let length = order.file.bytes.unwrap_or(found);
    let mut part = Part::open(&order.target, order.file, length)?;
    part.clear()?;
    let place = source.display().to_string();
    tell(&Event::Started { file: &order.file.path, place: &place, resumed: 0, total: length });
    let mut chunk = vec![0; CHUNK];
    let refused = loop {
        if (how.stop)() {
            part.clear()?;
            part.leave()?;
            return Err(FetchError::Stopped);
        }
        let n = reader.read(&mut chunk).map_err(fail)?;
        if n == 0 {
            break part.check().err();
        }
        if let Err(refused) = part.append(&chunk[..n]) {
            break Some(refused);
        }
        tell(&Event::Arrived { bytes: part.len() });
    };
    match refused {
        None => part.place(&order.target).map(|()| None),
        Some(Refused::Failed(error)) => Err(error),
        Some(Refused::Wrong(mismatch)) => {
            part.clear()?;
            part.leave()?;
            Ok(Some(Trouble::Content(mismatch)))
        }
    }
}
