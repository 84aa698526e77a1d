//! Sealed JSON as bytes, for files that live inside of something else, such as an archive.

use std::path::Path;

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::{TrackingError, json};

/// The bytes of a sealed file. The value's `schema` field is what [`open_sealed`] asks for.
pub fn sealed<T: Serialize>(name: &Path, value: &T) -> Result<Vec<u8>, TrackingError> {
    json::sealed(name, value)
}

/// The value in such bytes, if they have this schema and nobody changed them. `name` is what an
/// error calls them.
pub fn open_sealed<T: DeserializeOwned>(
    name: &Path,
    bytes: &[u8],
    schema: u32,
) -> Result<T, TrackingError> {
    json::of_bytes(name, bytes, schema)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    #[test]
    fn what_is_sealed_opens_and_an_edit_does_not() {
        let name = Path::new("manifest.json");
        let value = BTreeMap::from([("schema".to_owned(), 7), ("files".to_owned(), 3)]);
        let bytes = sealed(name, &value).unwrap();
        assert_eq!(open_sealed::<BTreeMap<String, u32>>(name, &bytes, 7).unwrap(), value);
        let error = open_sealed::<BTreeMap<String, u32>>(name, &bytes, 8).unwrap_err();
        assert!(matches!(error, TrackingError::Schema { found: 7, expected: 8, .. }));
        let text = String::from_utf8(bytes).unwrap().replace(": 3", ": 4");
        let error = open_sealed::<BTreeMap<String, u32>>(name, text.as_bytes(), 7).unwrap_err();
        assert!(matches!(error, TrackingError::Edited { .. }), "{error}");
    }
}
