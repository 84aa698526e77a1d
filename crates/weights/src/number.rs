//! `Number`: how a number is stored, and what it is as a 32-bit float.

use half::{bf16, f16};

/// A type of numbers in a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Number {
    /// Truth values, one byte each.
    Bool,
    /// Unsigned, 8 bits.
    U8,
    /// Unsigned, 16 bits.
    U16,
    /// Unsigned, 32 bits.
    U32,
    /// Unsigned, 64 bits.
    U64,
    /// Signed, 8 bits.
    I8,
    /// Signed, 16 bits.
    I16,
    /// Signed, 32 bits.
    I32,
    /// Signed, 64 bits.
    I64,
    /// IEEE 754, 16 bits.
    F16,
    /// The upper half of 32 bits.
    Bf16,
    /// IEEE 754, 32 bits.
    F32,
    /// IEEE 754, 64 bits.
    F64,
}

/// Which byte of a number comes first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ByteOrder {
    Little,
    Big,
}

impl Number {
    /// In bytes.
    pub fn size(self) -> usize {
        match self {
            Self::Bool | Self::U8 | Self::I8 => 1,
            Self::U16 | Self::I16 | Self::F16 | Self::Bf16 => 2,
            Self::U32 | Self::I32 | Self::F32 => 4,
            Self::U64 | Self::I64 | Self::F64 => 8,
        }
    }

    /// Whether it can be a weight. Integers count something, for example batches.
    pub fn is_float(self) -> bool {
        matches!(self, Self::F16 | Self::Bf16 | Self::F32 | Self::F64)
    }

    /// For messages: `bf16`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Bool => "bool",
            Self::U8 => "u8",
            Self::U16 => "u16",
            Self::U32 => "u32",
            Self::U64 => "u64",
            Self::I8 => "i8",
            Self::I16 => "i16",
            Self::I32 => "i32",
            Self::I64 => "i64",
            Self::F16 => "f16",
            Self::Bf16 => "bf16",
            Self::F32 => "f32",
            Self::F64 => "f64",
        }
    }

    /// A float, from its bytes. `None` if this is an integer or `bytes` has another length;
    /// infinite for a finite number that 32 bits cannot hold, of which [`Number::loses`] tells.
    pub(crate) fn float(self, bytes: &[u8], order: ByteOrder) -> Option<f32> {
        Some(match self {
            Self::F16 => f16::from_bits(u16::from_le_bytes(ordered(bytes, order)?)).to_f32(),
            Self::Bf16 => bf16::from_bits(u16::from_le_bytes(ordered(bytes, order)?)).to_f32(),
            Self::F32 => f32::from_le_bytes(ordered(bytes, order)?),
            Self::F64 => f64::from_le_bytes(ordered(bytes, order)?) as f32,
            Self::Bool | Self::U8 | Self::U16 | Self::U32 | Self::U64 => return None,
            Self::I8 | Self::I16 | Self::I32 | Self::I64 => return None,
        })
    }

    /// Whether `float` made an infinity of a finite number.
    pub(crate) fn loses(self, bytes: &[u8], order: ByteOrder) -> bool {
        let finite = |bytes| f64::from_le_bytes(bytes).is_finite();
        self == Self::F64 && ordered(bytes, order).is_some_and(finite)
    }
}

/// Least significant byte first.
fn ordered<const N: usize>(bytes: &[u8], order: ByteOrder) -> Option<[u8; N]> {
    let mut bytes: [u8; N] = bytes.try_into().ok()?;
    if order == ByteOrder::Big {
        bytes.reverse();
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn floats_of_every_size_and_order_are_read() {
        let float = |number: Number, bytes: &[u8]| {
            let mut reversed = bytes.to_vec();
            reversed.reverse();
            let little = number.float(bytes, ByteOrder::Little);
            assert_eq!(number.float(&reversed, ByteOrder::Big), little, "{}", number.name());
            little
        };
        assert_eq!(float(Number::F32, &1.5f32.to_le_bytes()), Some(1.5));
        assert_eq!(float(Number::F64, &(-0.1f64).to_le_bytes()), Some(-0.1));
        // 1 + 2^-10, the largest and the smallest of IEEE 754's half.
        assert_eq!(float(Number::F16, &[0x01, 0x3c]), Some(1.000_976_6));
        assert_eq!(float(Number::F16, &[0xff, 0x7b]), Some(65504.0));
        assert_eq!(float(Number::F16, &[0x01, 0x00]), Some(2f32.powi(-24)));
        assert_eq!(float(Number::Bf16, &[0x80, 0xbf]), Some(-1.0));
        assert_eq!(float(Number::I64, &[0; 8]), None);
        assert_eq!(float(Number::F32, &[0; 3]), None);
    }

    #[test]
    fn a_number_that_is_too_large_is_noticed() {
        let large = 1e300f64.to_le_bytes();
        assert_eq!(Number::F64.float(&large, ByteOrder::Little), Some(f32::INFINITY));
        assert!(Number::F64.loses(&large, ByteOrder::Little));
        assert!(!Number::F64.loses(&f64::INFINITY.to_le_bytes(), ByteOrder::Little));
        assert!(!Number::F32.loses(&f32::INFINITY.to_le_bytes(), ByteOrder::Little));
    }
}
