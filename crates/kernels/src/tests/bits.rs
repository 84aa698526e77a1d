//! The same bits on every instruction set, processor and number of threads, whatever is in memory.

use super::operations::OPERATIONS;
use crate::Isa;
use crate::testing::{assert_same_bits, numbers, on_every_machine};

#[test]
fn bits_depend_neither_on_instructions_nor_on_threads_nor_on_repetition() {
    for (_, operation) in OPERATIONS {
        assert_same_bits(&on_every_machine(|isa| operation(isa, numbers)));
    }
}

/// Buffers are used again without being cleared. After a run on NaN they are full of it.
#[test]
fn what_is_left_in_memory_has_no_influence() {
    let isa = Isa::best();
    for (name, operation) in OPERATIONS {
        let before = operation(isa, numbers);
        assert!(before.iter().all(|value| value.is_finite()), "{name}");
        for _ in 0..2 {
            let spoiled = operation(isa, |len, _| vec![f32::NAN; len]);
            assert!(spoiled.iter().any(|value| value.is_nan()), "{name}");
            let after = operation(isa, numbers);
            let same = before.iter().zip(&after).all(|(a, b)| a.to_bits() == b.to_bits());
            assert!(same, "{name}");
        }
    }
}

/// The bits of all results, as one number per operation: the same on x86-64 and on ARM. Whoever
/// changes one of these changes results.
const DIGESTS: [(&str, u64); OPERATIONS.len()] = [
    ("activations", 0x9B9E_E67C_4849_47FE),
    ("relu6", 0x65AE_8864_99F6_CF13),
    ("block that slides", 0x4213_FC08_D640_4AF4),
    ("block with a residual", 0x94B3_EE78_140D_EB5B),
    ("block with means", 0x1BB2_A3A1_C11C_64AE),
    ("depthwise block", 0x3802_C266_7534_786B),
    ("global average", 0x1E2C_B324_8DB4_E3AB),
    ("dense", 0x3AB8_BA06_C7E9_441A),
    ("losses", 0x4613_8CC5_332D_12C2),
    ("batch norm", 0x6B92_3017_FBC2_C61A),
    ("group norm", 0x8343_C474_4188_E5AD),
    ("lstm", 0xE305_B23A_9D6A_91FB),
    ("gru", 0x8009_C7B2_4E6E_BD44),
    ("updates", 0x3BAB_D31E_1D08_AB9F),
];

#[test]
fn results_have_the_bits_that_they_had_on_other_processors() {
    let found =
        OPERATIONS.map(|(name, operation)| (name, digest(&operation(Isa::best(), numbers))));
    assert_eq!(found, DIGESTS);
}

/// FNV-1a of the bits, a word at a time.
fn digest(values: &[f32]) -> u64 {
    values.iter().fold(0xCBF2_9CE4_8422_2325, |hash, value| {
        (hash ^ u64::from(value.to_bits())).wrapping_mul(0x0100_0000_01B3)
    })
}
