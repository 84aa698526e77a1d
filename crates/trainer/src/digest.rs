//! One hash for a state: equal bits, equal digest.

use crate::state::Tensors;

/// blake3 over sorted names, shapes and raw bytes, 64 hex digits.
pub fn digest(tensors: &Tensors) -> String {
    let mut hasher = blake3::Hasher::new_derive_key("fireassay.state.v1");
    for (name, blob) in tensors {
        hasher.update(&(name.len() as u64).to_le_bytes());
        hasher.update(name.as_bytes());
        hasher.update(&(blob.shape.len() as u64).to_le_bytes());
        for dim in &blob.shape {
            hasher.update(&(*dim as u64).to_le_bytes());
        }
        hasher.update(&blob.bytes);
    }
    hasher.finalize().to_hex().to_string()
}
