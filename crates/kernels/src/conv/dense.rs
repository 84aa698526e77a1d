//! Sixteen channels of one pixel, where the last block of channels may be a part only.

use super::shape::Conv;
use crate::lanes::{LANES, Lanes, Vector};

/// Block `block` of the channels of `pixel`, with zeros behind the last channel.
#[inline(always)]
pub(super) fn load<L: Lanes>(lanes: L, pixel: &[f32], block: usize) -> L::V {
    let channels = &pixel[block * LANES..];
    match channels.first_chunk() {
        Some(full) => lanes.load(full),
        None => lanes.load_part(channels, 0.0),
    }
}

/// To block `block` of the channels of `pixel`, without what is behind the last channel.
#[inline(always)]
pub(super) fn store<V: Vector>(vector: V, pixel: &mut [f32], block: usize) {
    let channels = &mut pixel[block * LANES..];
    match channels.first_chunk_mut() {
        Some(full) => vector.store(full),
        None => vector.store_part(channels),
    }
}

/// `values` as blocks of sixteen, with `rest` behind the last.
pub(super) fn blocks(values: &[f32], rest: f32) -> Vec<[f32; LANES]> {
    let block = |part: &[f32]| {
        let mut block = [rest; LANES];
        block[..part.len()].copy_from_slice(part);
        block
    };
    values.chunks(LANES).map(block).collect()
}

/// One image with its zeros around it, all of `padded` written.
pub(super) fn pad(conv: &Conv, image: &[f32], padded: &mut [f32]) {
    let row = conv.size[1] * conv.channels;
    let [[above, _], [left, _]] = conv.padding;
    let left = left * conv.channels;
    let padded_row = conv.padded()[1] * conv.channels;
    let (top, rest) = padded.split_at_mut(above * padded_row);
    let (middle, bottom) = rest.split_at_mut(conv.size[0] * padded_row);
    top.fill(0.0);
    bottom.fill(0.0);
    for (from, to) in image.chunks_exact(row).zip(middle.chunks_exact_mut(padded_row)) {
        to[..left].fill(0.0);
        to[left..left + row].copy_from_slice(from);
        to[left + row..].fill(0.0);
    }
}
