//! `Floats`: values that are our own, or lie in a packed file.

use std::ops::Deref;

use bytes::Bytes;
use zerocopy::FromBytes;

/// To be read only.
#[derive(Clone, Debug)]
pub enum Floats {
    /// In memory of our own.
    Own(Vec<f32>),
    /// Little-endian and aligned, as this machine would write them.
    Packed(Bytes),
}

impl Floats {
    /// Little-endian values, as they are if this machine can read them there, else copied.
    pub fn packed(bytes: Bytes) -> Self {
        if cfg!(target_endian = "little") && <[f32]>::ref_from_bytes(&bytes).is_ok() {
            return Self::Packed(bytes);
        }
        Self::Own(bytes.as_chunks().0.iter().map(|&bytes| f32::from_le_bytes(bytes)).collect())
    }
}

impl Deref for Floats {
    type Target = [f32];

    fn deref(&self) -> &[f32] {
        match self {
            Self::Own(values) => values,
            Self::Packed(bytes) => {
                <[f32]>::ref_from_bytes(bytes).expect("invariant: tried when it was made")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn aligned_values_stay_where_they_are_and_others_are_copied() {
        let values = [0.5_f32, -0.0, f32::MAX, 1e-40];
        let bytes: Vec<u8> = values.iter().flat_map(|value| value.to_le_bytes()).collect();
        let padded: Bytes = [&[0; 4][..], &bytes, &[0; 4]].concat().into();
        // Wherever the allocation is, one of four places in a row is aligned.
        let mut copies = 0;
        for shift in 0..4 {
            let mut moved = vec![0; shift];
            moved.extend(&bytes);
            let moved = Bytes::from(moved).slice(shift..);
            let floats = Floats::packed(moved.clone());
            match &floats {
                Floats::Own(_) => copies += 1,
                Floats::Packed(_) => assert_eq!(floats.as_ptr().addr(), moved.as_ptr().addr()),
            }
            let bits = |values: &[f32]| values.iter().map(|v| v.to_bits()).collect::<Vec<_>>();
            assert_eq!(bits(&floats), bits(&values));
        }
        assert!(copies >= 3 || cfg!(target_endian = "big"));
        assert!(Floats::packed(padded.slice(..0)).is_empty());
    }
}
