//! The images of a dataset as bytes, to be compared and drawn.

use std::borrow::Cow;

use super::Contents;
use crate::format::RawValues;

/// Images `[channels, height, width]`, one after the other.
#[derive(Debug)]
pub(super) struct Pictures<'a> {
    bytes: Cow<'a, [u8]>,
    pub(super) channels: usize,
    pub(super) height: usize,
    pub(super) width: usize,
}

impl<'a> Pictures<'a> {
    /// None for what are no images.
    pub(super) fn of(contents: &'a Contents) -> Option<Self> {
        let [channels, height, width] = contents.shape[..] else { return None };
        let bytes = match &contents.values {
            RawValues::Bytes(values) => Cow::Borrowed(values.as_slice()),
            RawValues::Floats(values) => Cow::Owned(to_bytes(values, contents.normalise.divisor)),
        };
        Some(Self { bytes, channels, height, width })
    }

    pub(super) fn get(&self, row: usize) -> &[u8] {
        let item = self.channels * self.height * self.width;
        &self.bytes[row * item..(row + 1) * item]
    }
}

/// From black, 0, to white, the divisor; where values lie outside of that, from the smallest to the
/// largest.
fn to_bytes(values: &[f32], divisor: f64) -> Vec<u8> {
    let mut range = (0.0, divisor);
    let min = values.iter().copied().fold(f32::INFINITY, f32::min);
    let max = values.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    if f64::from(min) < range.0 || f64::from(max) > range.1 {
        range = (f64::from(min), f64::from(max));
    }
    let scale = 255.0 / (range.1 - range.0);
    // Values of one size only are black.
    let scale = if scale.is_finite() { scale } else { 0.0 };
    values.iter().map(|&value| ((f64::from(value) - range.0) * scale).round() as u8).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn floats_go_from_black_to_white() {
        assert_eq!(to_bytes(&[0.0, 8.0, 16.0], 16.0), [0, 128, 255]);
        assert_eq!(to_bytes(&[0.0, 0.5], 1.0), [0, 128]);
        assert_eq!(to_bytes(&[-1.0, 0.0, 3.0], 1.0), [0, 64, 255]);
        assert_eq!(to_bytes(&[2.0, 2.0], 1.0), [0, 0]);
    }
}
