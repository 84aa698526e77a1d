//! What the tests of all operations share.

use burn::tensor::{Device, Tensor, TensorData};
use fireassay_kernels::Buffer;
use fireassay_spec::Kernels;

/// Both forms.
pub(crate) const BOTH: [Kernels; 2] = [Kernels::Off, Kernels::On];

/// `len` numbers without structure, from -1 to 1.
pub(crate) fn numbers(len: usize, seed: u32) -> Vec<f32> {
    let mix = |i: u32| {
        let word = (i ^ seed.wrapping_mul(0x9E37_79B9)).wrapping_mul(0x85EB_CA6B);
        (word ^ (word >> 13)).wrapping_mul(0xC2B2_AE35) >> 8
    };
    (1..=len as u32).map(|i| mix(i) as f32 / 8_388_608.0 - 1.0).collect()
}

/// A tensor of [`numbers`] whose gradient is wanted.
pub(crate) fn leaf<const D: usize>(shape: [usize; D], seed: u32) -> Tensor<D> {
    constant(shape, seed).require_grad()
}

/// A tensor of [`numbers`]. What waits in memory for its next use is spoiled, so that an operation
/// that reads what it did not write is found out.
pub(crate) fn constant<const D: usize>(shape: [usize; D], seed: u32) -> Tensor<D> {
    let waiting: Vec<Buffer> = (0..40).map(|i| Buffer::stale(1 << (i % 14))).collect();
    waiting.into_iter().for_each(|mut buffer| buffer.fill(f32::NAN));
    let values = numbers(shape.iter().product(), seed);
    Tensor::from_data(TensorData::new(values, shape), &Device::flex().autodiff())
}

pub(crate) fn values<const D: usize>(tensor: Tensor<D>) -> Vec<f32> {
    tensor.into_data().try_to_vec().expect("f32 values")
}

/// Fails where two lists are further apart than `bound` of the largest value in either.
pub(crate) fn assert_near(found: &[f32], expected: &[f32], bound: f32, what: &str) {
    assert_eq!(found.len(), expected.len(), "{what}");
    let size = expected.iter().chain(found).fold(1.0f32, |size, x| size.max(x.abs()));
    for (i, (found, expected)) in found.iter().zip(expected).enumerate() {
        let same = found.is_nan() && expected.is_nan();
        let near = (found - expected).abs() <= bound * size || found == expected;
        assert!(same || near, "{what} [{i}]: {found} not {expected}");
    }
}
