//! One hash for a state: equal bits, equal digest.

use fireassay_tracking::{TensorBytes, state_digest};

use crate::state::Tensors;

/// [`state_digest`] of a state, 64 hex digits.
pub fn digest(tensors: &Tensors) -> String {
    let tensors = tensors.iter().map(|(name, blob)| {
        (name.as_str(), TensorBytes { shape: &blob.shape, bytes: &blob.bytes })
    });
    state_digest(&tensors.collect())
}
