//! Every file below a path, and which of them may be data.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use fireassay_spec::FileCard;

use super::sniff::{Kind, sniff};
use super::{DraftError, sha256};

/// Deeper folders are a mistake, or a trap.
const MAX_DEPTH: usize = 32;

/// What lies at a path.
#[derive(Debug)]
pub(super) struct Listing {
    /// What was named.
    pub(super) from: PathBuf,
    /// Where the files are: the folder that was named, or that of the file.
    pub(super) folder: PathBuf,
    /// Files that may be data, by their path in the folder, with `/` between folders.
    pub(super) files: BTreeMap<String, Kind>,
    /// How many files are something else.
    others: usize,
}

impl Listing {
    pub(super) fn of(from: &Path) -> Result<Self, DraftError> {
        let is_folder = from.is_dir();
        let folder = if is_folder { Some(from) } else { from.parent() };
        let folder = folder.unwrap_or(from).to_owned();
        let from = from.to_owned();
        let mut listing = Self { from, folder, files: BTreeMap::new(), others: 0 };
        if is_folder {
            listing.walk("", 0)?;
            listing.weed();
        } else {
            let name = listing.from.file_name().unwrap_or_default().to_owned();
            listing.add(&name, "")?;
        }
        Ok(listing)
    }

    /// The kinds of its files, each once.
    pub(super) fn kinds(&self) -> Vec<Kind> {
        let mut kinds: Vec<Kind> = self.files.values().copied().collect();
        kinds.sort_unstable();
        kinds.dedup();
        kinds
    }

    /// Paths in the folder, in the order of their bytes.
    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.files.keys().map(String::as_str)
    }

    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    pub(super) fn read(&self, name: &str) -> Result<Vec<u8>, DraftError> {
        let path = self.path(name);
        fs::read(&path).map_err(|source| DraftError::Read { path, source })
    }

    /// With what was seen, and what can be read.
    pub(super) fn unrecognised(&self, problem: &str) -> DraftError {
        const SHOWN: usize = 6;
        let mut seen: Vec<String> = Vec::new();
        for kind in self.kinds() {
            let names: Vec<&str> = self.of_kind(kind).collect();
            let shown: Vec<String> = names.iter().take(SHOWN).map(|n| format!("`{n}`")).collect();
            let more = match names.len().saturating_sub(SHOWN) {
                0 => String::new(),
                n => format!(" and {n} more"),
            };
            seen.push(format!("{}: {}{more}", kind.words(), shown.join(", ")));
        }
        match self.others {
            0 if seen.is_empty() => seen.push("no file".to_owned()),
            0 => {}
            1 => seen.push("1 file of no kind that is read".to_owned()),
            n => seen.push(format!("{n} files of no kind that is read")),
        }
        let (path, problem) = (self.from.clone(), problem.to_owned());
        DraftError::Unrecognised { path, problem, seen: seen.join("; ") }
    }

    fn of_kind(&self, wanted: Kind) -> impl Iterator<Item = &str> {
        let files = self.files.iter().filter(move |(_, kind)| **kind == wanted);
        files.map(|(name, _)| name.as_str())
    }

    fn walk(&mut self, below: &str, depth: usize) -> Result<(), DraftError> {
        let folder = self.folder.join(below);
        let fail = |path: &Path| {
            let path = path.to_owned();
            move |source| DraftError::Read { path, source }
        };
        for entry in fs::read_dir(&folder).map_err(fail(&folder))? {
            let entry = entry.map_err(fail(&folder))?;
            let kind = entry.file_type().map_err(fail(&entry.path()))?;
            let name = entry.file_name();
            if name.as_encoded_bytes().starts_with(b".") {
                continue; // left behind by file managers and version control
            }
            if kind.is_dir() && depth < MAX_DEPTH {
                let Some(name) = name.to_str() else { return Err(not_utf8(entry.path())) };
                self.walk(&format!("{below}{name}/"), depth + 1)?;
            } else if kind.is_file() {
                self.add(&name, below)?;
            } else {
                let problem = "only files and folders are read, and no folder deeper than 32";
                return Err(DraftError::Unusable { path: entry.path(), problem: problem.into() });
            }
        }
        Ok(())
    }

    /// Leaves out texts that are there to explain the data.
    fn weed(&mut self) {
        let before = self.files.len();
        self.files.retain(|name, kind| *kind != Kind::Prose || !explains(name));
        let kinds = self.kinds();
        self.files.retain(|_, kind| !kind.yields_to(&kinds));
        self.others += before - self.files.len();
    }

    fn add(&mut self, name: &std::ffi::OsStr, below: &str) -> Result<(), DraftError> {
        let path = self.folder.join(below).join(name);
        let kind =
            sniff(&path).map_err(|source| DraftError::Read { path: path.clone(), source })?;
        match (kind, name.to_str()) {
            (None, _) => self.others += 1,
            (Some(_), None) => return Err(not_utf8(path)),
            (Some(kind), Some(name)) => drop(self.files.insert(format!("{below}{name}"), kind)),
        }
        Ok(())
    }
}

/// Whether a text says what data is, by its name.
fn explains(name: &str) -> bool {
    const NAMES: [&str; 9] = [
        "authors",
        "changelog",
        "citation",
        "copying",
        "licence",
        "license",
        "notice",
        "provenance",
        "readme",
    ];
    let name = name.rsplit('/').next().unwrap_or(name).to_lowercase();
    NAMES.iter().any(|start| name.starts_with(start))
}

fn not_utf8(path: PathBuf) -> DraftError {
    DraftError::Unusable { path, problem: "its name is not UTF-8".to_owned() }
}

/// Two names, the first for train, told apart by what they say; one name is that of train.
pub(super) fn train_and_test<'a>(names: &[&'a str]) -> Option<(&'a str, Option<&'a str>)> {
    match names {
        [only] => Some((only, None)),
        [a, b] => match (is_test(a), is_test(b)) {
            (false, true) => Some((a, Some(b))),
            (true, false) => Some((b, Some(a))),
            _ => None,
        },
        _ => None,
    }
}

/// Whether a name is one of test data.
pub(super) fn is_test(name: &str) -> bool {
    let name = name.to_lowercase();
    name.contains("test") || name.contains("t10k")
}

/// A file or folder with its hash, and its length if it has one.
pub(super) fn file_card(folder: &Path, name: &str) -> Result<FileCard, DraftError> {
    let path = folder.join(name);
    let card =
        |sha256, bytes| FileCard { path: name.to_owned(), sha256, bytes, ..FileCard::default() };
    if path.is_dir() {
        let mut lines = Vec::new();
        hash_below(&path, "", &mut lines)?;
        lines.sort_unstable();
        let text: String =
            lines.into_iter().map(|(name, hash)| format!("{hash}  {name}\n")).collect();
        return Ok(card(sha256(text.as_bytes()), None));
    }
    let bytes = fs::read(&path).map_err(|source| DraftError::Read { path, source })?;
    Ok(card(sha256(&bytes), Some(bytes.len() as u64)))
}

/// Every file, hidden ones too: the reader counts them in.
fn hash_below(
    folder: &Path,
    below: &str,
    lines: &mut Vec<(String, String)>,
) -> Result<(), DraftError> {
    let fail = |path: &Path| {
        let path = path.to_owned();
        move |source| DraftError::Read { path, source }
    };
    let place = folder.join(below);
    for entry in fs::read_dir(&place).map_err(fail(&place))? {
        let entry = entry.map_err(fail(&place))?;
        let path = entry.path();
        let is_folder = entry.file_type().map_err(fail(&path))?.is_dir();
        let Some(name) = path.file_name().and_then(|name| name.to_str()) else {
            return Err(not_utf8(path));
        };
        if is_folder {
            hash_below(folder, &format!("{below}{name}/"), lines)?;
        } else {
            let bytes = fs::read(&path).map_err(fail(&path))?;
            lines.push((format!("{below}{name}"), sha256(&bytes)));
        }
    }
    Ok(())
}
