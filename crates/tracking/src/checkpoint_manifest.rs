//! `checkpoints/manifest.json`: which sets of weights and counters are whole.

use std::fs;
use std::io::ErrorKind;
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::{TrackingError, json, write_atomic};

/// Replaced by rename, after the set that it names first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct CheckpointManifest {
    /// Version of the sets.
    pub schema: u32,
    /// blake3 of the executable that wrote them.
    pub binary_hash: String,
    /// Newest first.
    pub sets: Vec<CheckpointSet>,
}

/// A file that a trial can go on from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct CheckpointSet {
    /// Updates made.
    pub step: u64,
    /// Its name, beside the manifest.
    pub file: String,
    /// Of the file.
    pub blake3: String,
}

impl CheckpointManifest {
    /// Its name in `checkpoints/`.
    pub const FILE: &str = "manifest.json";
    /// Version of manifest and sets.
    pub const SCHEMA: u32 = 2;

    /// The manifest of `checkpoints`; none where there is none.
    pub fn read(checkpoints: &Path) -> Result<Option<Self>, TrackingError> {
        let path = checkpoints.join(Self::FILE);
        match fs::read(&path) {
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(TrackingError::io("read", &path)(error)),
            Ok(bytes) => Self::parse(&path, &bytes).map(Some),
        }
    }

    /// The manifest in such bytes, if nobody changed them. `path` is what an error calls them.
    pub fn parse(path: &Path, bytes: &[u8]) -> Result<Self, TrackingError> {
        let manifest: Self = json::of_bytes(path, bytes, Self::SCHEMA)?;
        match manifest.sets.iter().find(|set| !is_plain(&set.file)) {
            None => Ok(manifest),
            Some(set) => Err(TrackingError::Name { name: set.file.clone() }),
        }
    }

    /// Replaces the manifest of `checkpoints`.
    pub fn write(&self, checkpoints: &Path) -> Result<(), TrackingError> {
        let path = checkpoints.join(Self::FILE);
        let bytes = json::sealed(&path, self)?;
        write_atomic(&path, &bytes).map_err(TrackingError::io("write", &path))
    }
}

/// A file beside the manifest, not one elsewhere.
fn is_plain(name: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
    !name.is_empty() && !name.starts_with('.') && name.bytes().all(allowed)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn manifest(file: &str) -> CheckpointManifest {
        let set = CheckpointSet { step: 7, file: file.into(), blake3: "00".into() };
        let schema = CheckpointManifest::SCHEMA;
        CheckpointManifest { schema, binary_hash: "code".into(), sets: vec![set] }
    }

    #[test]
    fn what_is_written_reads_back_and_an_edit_is_found_out() {
        let dir = tempfile::tempdir().unwrap();
        assert_eq!(CheckpointManifest::read(dir.path()).unwrap(), None);
        let written = manifest("step-00000007.safetensors");
        written.write(dir.path()).unwrap();
        assert_eq!(CheckpointManifest::read(dir.path()).unwrap(), Some(written));
        let path = dir.path().join(CheckpointManifest::FILE);
        let text = fs::read_to_string(&path).unwrap();
        fs::write(&path, text.replace("\"step\": 7", "\"step\": 8")).unwrap();
        let error = CheckpointManifest::read(dir.path()).unwrap_err();
        assert!(matches!(error, TrackingError::Edited { .. }), "{error}");
        fs::remove_file(&path).unwrap();
        fs::create_dir(&path).unwrap();
        let error = CheckpointManifest::read(dir.path()).unwrap_err();
        assert!(matches!(error, TrackingError::Io { .. }), "{error}");
    }

    #[test]
    fn a_set_lies_beside_its_manifest() {
        let path = Path::new("manifest.json");
        for name in ["", "../step", "/step", "a/b", ".hidden", "..", "a\0b"] {
            let bytes = json::sealed(path, &manifest(name)).unwrap();
            let error = CheckpointManifest::parse(path, &bytes).unwrap_err();
            assert!(matches!(error, TrackingError::Name { .. }), "{name}: {error}");
        }
    }
}
