//! `manifest.json` of an archive: what is in it, and the bounds of what may be.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::ArchiveError;
use crate::{Registration, open_sealed};

/// Version of the format of archives.
pub const SCHEMA: u32 = 1;
/// More than any experiment has.
const MOST_FILES: usize = 200_000;
/// Of all files together: 1 TiB.
const MOST_BYTES: u64 = 1 << 40;
/// Of one path.
const LONGEST_PATH: usize = 512;

/// The first entry of an archive.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Manifest {
    /// Version of this format.
    pub schema: u32,
    /// Whose runs these are.
    pub experiment: String,
    /// Dataset name to the hash of its card, as the trials name it.
    pub datasets: BTreeMap<String, String>,
    /// Sorted by path.
    pub files: Vec<Entry>,
}

/// One file of an archive.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Entry {
    /// With `/`, below the experiment's folder.
    pub path: String,
    /// Of the content.
    pub bytes: u64,
    /// Of the content, 64 hex digits.
    pub blake3: String,
}

impl Manifest {
    /// Its name in an archive.
    pub const FILE: &str = "manifest.json";
    /// The experiment as it was asked, for machines that do not have it.
    pub const EXPERIMENT: &str = "experiment.toml";

    /// Reads the first entry, and refuses names and sizes that no export writes.
    pub(super) fn read(bytes: &[u8]) -> Result<Self, ArchiveError> {
        let manifest: Self =
            open_sealed(Path::new(Self::FILE), bytes, SCHEMA).map_err(ArchiveError::Manifest)?;
        manifest.check()?;
        Ok(manifest)
    }

    /// Whether every path is a file of a run, or one of those beside them, and all fits the bounds.
    pub fn check(&self) -> Result<(), ArchiveError> {
        if !is_plain(&self.experiment) {
            return Err(ArchiveError::Name(self.experiment.clone()));
        }
        let count = self.files.len();
        if count > MOST_FILES {
            return Err(ArchiveError::TooLarge { asked: count as u64, most: MOST_FILES as u64 });
        }
        let mut seen = BTreeSet::new();
        for file in &self.files {
            if !is_expected(&file.path) {
                return Err(ArchiveError::Name(file.path.clone()));
            }
            if !seen.insert(&file.path) {
                return Err(ArchiveError::TwiceInManifest(file.path.clone()));
            }
        }
        let asked = self.bytes();
        if asked > MOST_BYTES {
            return Err(ArchiveError::TooLarge { asked, most: MOST_BYTES });
        }
        Ok(())
    }

    /// Of all files together.
    pub(super) fn bytes(&self) -> u64 {
        self.files.iter().fold(0, |sum, file| sum.saturating_add(file.bytes))
    }

    /// Names of the folders of the runs, sorted.
    pub fn runs(&self) -> BTreeSet<&str> {
        self.files.iter().filter_map(|file| run_of(&file.path)).collect()
    }
}

/// The run that a file belongs to, if it belongs to one.
pub fn run_of(path: &str) -> Option<&str> {
    path.split_once('/').map(|(run, _)| run)
}

/// What lies beside the runs, or in one.
fn is_expected(path: &str) -> bool {
    let is_short = path.len() <= LONGEST_PATH;
    let beside = [Manifest::EXPERIMENT, Registration::FILE].contains(&path);
    is_short && path.split('/').all(is_plain) && (beside || path.contains('/'))
}

/// One part of a path on every system, and not a hidden one: so neither `.` nor `..`.
pub fn is_plain(part: &str) -> bool {
    let strange = |c: char| c.is_control() || c == '/' || c == '\\' || c == ':';
    !part.is_empty() && !part.starts_with('.') && !part.contains(strange)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_files_of_runs_have_a_place() {
        for good in ["experiment.toml", "experiment.lock.json", "a.seed-1.00/trial.json", "a/b/c"] {
            assert!(is_expected(good), "{good}");
        }
        let long = format!("a/{}", "b".repeat(LONGEST_PATH));
        for bad in [
            "",
            "/etc/passwd",
            "../x",
            "a/../b",
            "a//b",
            "a/",
            "./a",
            "a/.lock",
            "a\\b/c",
            "c:/x",
            "a/\n",
            "report.md",
            "summary.json",
            long.as_str(),
        ] {
            assert!(!is_expected(bad), "{bad}");
        }
    }
}
