//! One hash for the weights of a model: equal bits, equal digest.

use std::collections::BTreeMap;

/// A tensor as it lies in memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TensorBytes<'a> {
    /// Of the tensor.
    pub shape: &'a [usize],
    /// Its values, little-endian f32.
    pub bytes: &'a [u8],
}

/// blake3 over names in order, shapes and bytes, 64 hex digits: [`crate::Summary::state_digest`]
/// of these tensors.
pub fn state_digest(tensors: &BTreeMap<&str, TensorBytes<'_>>) -> String {
    let mut hasher = blake3::Hasher::new_derive_key("fireassay.state.v1");
    for (name, tensor) in tensors {
        // Lengths go first: no two states may run together to the same bytes.
        hasher.update(&(name.len() as u64).to_le_bytes());
        hasher.update(name.as_bytes());
        hasher.update(&(tensor.shape.len() as u64).to_le_bytes());
        for dim in tensor.shape {
            hasher.update(&(*dim as u64).to_le_bytes());
        }
        hasher.update(tensor.bytes);
    }
    hasher.finalize().to_hex().to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Digest of tensors with these names, shapes and bytes.
    fn digest(tensors: &[(&str, &[usize], &[u8])]) -> String {
        let tensors =
            tensors.iter().map(|&(name, shape, bytes)| (name, TensorBytes { shape, bytes }));
        state_digest(&tensors.collect())
    }

    #[test]
    fn the_digest_is_the_one_that_summaries_hold() {
        let hash = |bytes: &[u8]| blake3::derive_key("fireassay.state.v1", bytes);
        let hex =
            |hash: [u8; 32]| hash.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
        let bytes = [1.0_f32, -0.5].map(f32::to_le_bytes).concat();
        let mut expected = Vec::new();
        expected.extend([6, 0, 0, 0, 0, 0, 0, 0]);
        expected.extend(b"head.b");
        expected.extend([2, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0]);
        expected.extend(&bytes);
        assert_eq!(digest(&[("head.b", &[1, 2], &bytes)]), hex(hash(&expected)));
        assert_eq!(digest(&[]), hex(hash(&[])));
    }

    #[test]
    fn names_shapes_and_bits_all_count_and_the_order_does_not() {
        let (a, b) = (("a", &[2][..], &b"12345678"[..]), ("b", &[1][..], &b"1234"[..]));
        let whole = digest(&[a, b]);
        assert_eq!(digest(&[b, a]), whole);
        let others = [
            digest(&[a]),
            digest(&[a, ("c", b.1, b.2)]),
            digest(&[("a", &[1, 2], a.2), b]),
            digest(&[("a", &[2], b"12345679"), b]),
            // The same bytes, cut elsewhere.
            digest(&[("a", &[1], b"1234"), ("b", &[2], b"56781234")]),
        ];
        for other in others {
            assert_ne!(other, whole);
        }
    }
}
