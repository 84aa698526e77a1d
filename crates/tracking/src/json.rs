//! Small JSON files with a `schema` field: checked when they are read, and before they are written.

use std::fs;
use std::io::ErrorKind;
use std::path::Path;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::atomic::write_atomic;
use crate::{SCHEMA, TrackingError};

/// The file's content, or `None` where there is no such file.
pub(crate) fn read<T: DeserializeOwned>(path: &Path) -> Result<Option<T>, TrackingError> {
    match fs::read(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(TrackingError::io("read", path)(error)),
        Ok(bytes) => decode(path, &bytes).map(Some),
    }
}

/// Replaces the file, unless the bytes would not read back as this very value.
pub(crate) fn write<T>(path: &Path, value: &T) -> Result<(), TrackingError>
where
    T: Serialize + DeserializeOwned + PartialEq,
{
    let corrupt = |source| TrackingError::Corrupt { path: path.into(), source };
    let mut bytes = serde_json::to_vec_pretty(value).map_err(corrupt)?;
    bytes.push(b'\n');
    match decode::<T>(path, &bytes) {
        Ok(same) if same == *value => {}
        Err(error @ TrackingError::Schema { .. }) => return Err(error),
        // NaN and infinity become `null`: the only values of our types that JSON cannot hold.
        Ok(_) | Err(_) => return Err(TrackingError::NotFinite { path: path.into() }),
    }
    write_atomic(path, &bytes).map_err(TrackingError::io("write", path))
}

#[derive(Deserialize)]
struct Head {
    schema: u64,
}

fn decode<T: DeserializeOwned>(path: &Path, bytes: &[u8]) -> Result<T, TrackingError> {
    let corrupt = |source| TrackingError::Corrupt { path: path.into(), source };
    // First the schema alone: the rest of another version's file would only look like damage.
    let head: Head = serde_json::from_slice(bytes).map_err(corrupt)?;
    if head.schema != u64::from(SCHEMA) {
        let (found, expected) = (head.schema, SCHEMA);
        return Err(TrackingError::Schema { path: path.into(), found, expected });
    }
    serde_json::from_slice(bytes).map_err(corrupt)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{State, Status, Timing};

    fn status() -> Status {
        let timing = Timing { wall_secs: 0.1 + 0.2, ..Timing::default() };
        Status {
            schema: SCHEMA,
            state: State::Running,
            step: 3,
            budget_steps: 10,
            message: None,
            sessions: 1,
            timing,
            peak_rss_bytes: u64::MAX,
        }
    }

    #[test]
    fn what_is_written_reads_back_bit_for_bit() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("status.json");
        write(&path, &status()).unwrap();
        assert_eq!(read::<Status>(&path).unwrap(), Some(status()));
    }

    #[test]
    fn a_value_that_json_cannot_hold_leaves_the_old_file() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("status.json");
        write(&path, &status()).unwrap();
        for bad in [f64::NAN, f64::INFINITY] {
            let mut status = status();
            status.timing.train_secs = bad;
            assert!(matches!(write(&path, &status), Err(TrackingError::NotFinite { .. })));
        }
        assert_eq!(read::<Status>(&path).unwrap(), Some(status()));
        let foreign = Status { schema: 7, ..status() };
        assert!(matches!(write(&path, &foreign), Err(TrackingError::Schema { found: 7, .. })));
    }

    #[test]
    fn the_schema_is_checked_before_the_rest() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("status.json");
        let check = |text: &str| {
            fs::write(&path, text).unwrap();
            read::<Status>(&path).unwrap_err()
        };
        let other = check(r#"{"schema": 2, "stage": "of another world"}"#);
        assert!(matches!(other, TrackingError::Schema { found: 2, expected: 1, .. }));
        for text in ["", "{", "null", r#"{"schema": 1}"#, r#"{"schema": "1"}"#, "{\"schema\": 1"] {
            let error = check(text);
            assert!(matches!(error, TrackingError::Corrupt { .. }), "{text}: {error}");
            assert!(error.to_string().contains("status.json"), "{error}");
        }
    }

    #[test]
    fn every_cut_of_a_file_is_an_error() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("status.json");
        write(&path, &status()).unwrap();
        let bytes = fs::read(&path).unwrap();
        // The last two bytes are the closing brace and a line end.
        for len in 0..bytes.len() - 1 {
            let error = decode::<Status>(&path, &bytes[..len]).unwrap_err();
            assert!(matches!(error, TrackingError::Corrupt { .. }), "{len}: {error}");
        }
    }
}
