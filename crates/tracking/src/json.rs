//! Small JSON files with a `schema` and a `seal`: both are checked when a file is read, and before
//! it is written.

use std::fs;
use std::io::ErrorKind;
use std::path::Path;

use fireassay_spec::TrialId;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::TrackingError;
use crate::atomic::write_atomic;
use crate::seal::{self, Seal};

/// The content of a file of this schema, or `None` where there is no such file.
pub(crate) fn read<T: DeserializeOwned>(
    path: &Path,
    schema: u32,
) -> Result<Option<T>, TrackingError> {
    bytes(path)?.map(|bytes| typed(path, opened(path, &bytes, schema)?)).transpose()
}

/// As [`read`], if the file was written for this trial. A copy from another run is not.
pub(crate) fn read_of<T: DeserializeOwned>(
    path: &Path,
    schema: u32,
    trial: &TrialId,
) -> Result<Option<T>, TrackingError> {
    let Some(bytes) = bytes(path)? else { return Ok(None) };
    let mut document = opened(path, &bytes, schema)?;
    let owner = document.as_object_mut().and_then(|map| map.remove(OWNER));
    let owner: TrialId = typed(path, owner.unwrap_or_default())?;
    if owner != *trial {
        let (found, expected) = (owner, trial.clone());
        return Err(TrackingError::OtherTrial { path: path.into(), found, expected });
    }
    typed(path, document).map(Some)
}

/// Replaces the file, unless the bytes would not read back as this very value.
pub(crate) fn write<T>(path: &Path, value: &T, schema: u32) -> Result<(), TrackingError>
where
    T: Serialize + DeserializeOwned + PartialEq,
{
    put(path, value, schema, None)
}

/// As [`write`], for [`read_of`].
pub(crate) fn write_of<T>(
    path: &Path,
    value: &T,
    schema: u32,
    trial: &TrialId,
) -> Result<(), TrackingError>
where
    T: Serialize + DeserializeOwned + PartialEq,
{
    put(path, value, schema, Some(trial))
}

/// Key of the trial that a file belongs to.
const OWNER: &str = "trial";

fn put<T>(path: &Path, value: &T, schema: u32, owner: Option<&TrialId>) -> Result<(), TrackingError>
where
    T: Serialize + DeserializeOwned + PartialEq,
{
    let corrupt = |source| TrackingError::Corrupt { path: path.into(), source };
    let mut document = serde_json::to_value(value).map_err(corrupt)?;
    let text = document.to_string();
    match opened_unsealed(path, text.as_bytes(), schema).and_then(|same| typed::<T>(path, same)) {
        Ok(same) if same == *value => {}
        Err(error @ TrackingError::Schema { .. }) => return Err(error),
        // NaN and infinity become `null`: the only values of our types that JSON cannot hold.
        Ok(_) | Err(_) => return Err(TrackingError::NotFinite { path: path.into() }),
    }
    if let Some(owner) = owner {
        document[OWNER] = serde_json::to_value(owner).map_err(corrupt)?;
    }
    let bytes = closed(path, document)?;
    write_atomic(path, &bytes).map_err(TrackingError::io("write", path))
}

/// The bytes of a file that is not written here.
pub(crate) fn sealed<T: Serialize>(path: &Path, value: &T) -> Result<Vec<u8>, TrackingError> {
    let corrupt = |source| TrackingError::Corrupt { path: path.into(), source };
    closed(path, serde_json::to_value(value).map_err(corrupt)?)
}

/// The content of such bytes.
pub(crate) fn of_bytes<T: DeserializeOwned>(
    path: &Path,
    bytes: &[u8],
    schema: u32,
) -> Result<T, TrackingError> {
    typed(path, opened(path, bytes, schema)?)
}

fn closed(path: &Path, mut document: Value) -> Result<Vec<u8>, TrackingError> {
    seal::close(&mut document);
    let mut bytes = serde_json::to_vec_pretty(&document)
        .map_err(|source| TrackingError::Corrupt { path: path.into(), source })?;
    bytes.push(b'\n');
    Ok(bytes)
}

/// The bytes of a file, or `None` where there is no such file.
pub(crate) fn bytes(path: &Path) -> Result<Option<Vec<u8>>, TrackingError> {
    match fs::read(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(TrackingError::io("read", path)(error)),
        Ok(bytes) => Ok(Some(bytes)),
    }
}

fn typed<T: DeserializeOwned>(path: &Path, document: Value) -> Result<T, TrackingError> {
    T::deserialize(document).map_err(|source| TrackingError::Corrupt { path: path.into(), source })
}

#[derive(Deserialize)]
struct Head {
    schema: u64,
}

/// The document of a file whose schema is this one and whose seal is intact.
fn opened(path: &Path, bytes: &[u8], schema: u32) -> Result<Value, TrackingError> {
    let mut document = opened_unsealed(path, bytes, schema)?;
    match seal::open(&mut document) {
        Seal::Intact => Ok(document),
        Seal::Broken => Err(TrackingError::Edited { path: path.into() }),
        Seal::Missing => Err(TrackingError::Unsealed { path: path.into() }),
    }
}

fn opened_unsealed(path: &Path, bytes: &[u8], schema: u32) -> Result<Value, TrackingError> {
    let corrupt = |source| TrackingError::Corrupt { path: path.into(), source };
    let document: Value = serde_json::from_slice(bytes).map_err(corrupt)?;
    // First the schema alone: the rest of another version's file would only look like damage.
    let head = Head::deserialize(&document).map_err(corrupt)?;
    if head.schema != u64::from(schema) {
        let (found, expected) = (head.schema, schema);
        return Err(TrackingError::Schema { path: path.into(), found, expected });
    }
    Ok(document)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{SCHEMA, State, Status, Timing};

    /// A folder, a file with this status in it, and its text.
    fn written() -> (tempfile::TempDir, std::path::PathBuf, String) {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("status.json");
        write(&path, &status(), SCHEMA).unwrap();
        let text = fs::read_to_string(&path).unwrap();
        (dir, path, text)
    }

    fn reread(path: &Path) -> Result<Option<Status>, TrackingError> {
        read(path, SCHEMA)
    }

    fn status() -> Status {
        let timing = Timing { wall_secs: 0.1 + 0.2, ..Timing::default() };
        Status {
            schema: SCHEMA,
            state: State::Running,
            step: 3,
            budget_steps: 10,
            message: None,
            sessions: 1,
            attempts: Vec::new(),
            timing,
            peak_rss_bytes: u64::MAX,
        }
    }

    #[test]
    fn what_is_written_reads_back_bit_for_bit() {
        let (_dir, path, text) = written();
        assert_eq!(reread(&path).unwrap(), Some(status()));
        assert!(text.contains("\"wall-secs\": 0.30000000000000004"), "{text}");
        assert!(text.ends_with("}\n"), "{text}");
    }

    #[test]
    fn a_value_that_json_cannot_hold_leaves_the_old_file() {
        let (_dir, path, _) = written();
        for bad in [f64::NAN, f64::INFINITY] {
            let mut status = status();
            status.timing.train_secs = bad;
            let refused = write(&path, &status, SCHEMA);
            assert!(matches!(refused, Err(TrackingError::NotFinite { .. })));
        }
        assert_eq!(reread(&path).unwrap(), Some(status()));
        let foreign = Status { schema: 7, ..status() };
        let refused = write(&path, &foreign, SCHEMA);
        assert!(matches!(refused, Err(TrackingError::Schema { found: 7, .. })));
    }

    #[test]
    fn the_schema_is_checked_before_the_rest() {
        let (_dir, path, text) = written();
        let check = |text: &str| {
            fs::write(&path, text).unwrap();
            reread(&path).unwrap_err()
        };
        // A file of the version before, which had no seals.
        let other = check(r#"{"schema": 1, "stage": "of another world"}"#);
        assert!(matches!(other, TrackingError::Schema { found: 1, expected: 3, .. }));
        let other = check(&text.replace("\"schema\": 3", "\"schema\": 4"));
        assert!(matches!(other, TrackingError::Schema { found: 4, expected: 3, .. }));
        for text in ["", "{", "null", "[]", r#"{"schema": "3"}"#, "{\"schema\": 3"] {
            let error = check(text);
            assert!(matches!(error, TrackingError::Corrupt { .. }), "{text}: {error}");
            assert!(error.to_string().contains("status.json"), "{error}");
        }
    }

    #[test]
    fn an_edit_is_found_out_and_a_new_layout_is_none() {
        let (_dir, path, text) = written();
        let check = |from: &str, to: &str| {
            assert!(text.contains(from), "{text}");
            fs::write(&path, text.replace(from, to)).unwrap();
            reread(&path)
        };
        for (from, to) in [
            ("\"step\": 3", "\"step\": 4"),
            ("\"step\": 3,", "\"step\": 3, \"stop\": 4,"),
            ("\"running\"", "\"done\""),
            ("\"seal\": \"", "\"seal\": \"0"),
        ] {
            let error = check(from, to).unwrap_err();
            assert!(matches!(error, TrackingError::Edited { .. }), "{to}: {error}");
            assert!(error.to_string().ends_with("status.json` was changed after it was written"));
        }
        let error = check("\"seal\"", "\"seat\"").unwrap_err();
        assert!(matches!(error, TrackingError::Unsealed { .. }), "{error}");
        assert_eq!(check("\n", "\r\n\t").unwrap(), Some(status()));
    }

    #[test]
    fn every_cut_of_a_file_is_an_error() {
        let (_dir, path, text) = written();
        // The last two bytes are the closing brace and a line end.
        for len in 0..text.len() - 1 {
            let error = opened(&path, &text.as_bytes()[..len], SCHEMA).unwrap_err();
            assert!(matches!(error, TrackingError::Corrupt { .. }), "{len}: {error}");
        }
    }
}
