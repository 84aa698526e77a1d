//! `resealed`: the JSON in some bytes, with the seal that belongs to it.

use std::path::Path;

use fireassay_tracking::sealed;
use serde_json::{Map, Value};

/// The object in these bytes, without its seal; none if it is something else.
pub(crate) fn object(bytes: &[u8]) -> Option<Map<String, Value>> {
    let mut object: Map<String, Value> = serde_json::from_slice(bytes).ok()?;
    object.remove("seal");
    Some(object)
}

/// Such an object as the bytes of a sealed file.
pub(crate) fn resealed(name: &Path, object: &Map<String, Value>) -> Vec<u8> {
    sealed(name, object).expect("a JSON value can be written")
}
