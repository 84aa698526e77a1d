//! Weights `[out][in][row][column]` as panels of sixteen lanes, and back.

use super::shape::Conv;
use crate::buffer::Buffer;
use crate::lanes::{LANES, Lanes, Vector};
use crate::{Isa, Kernel};

/// `[block of out][row][column][in][16 of out]`, or `[row][in][column][block of out][16 of out]`
/// where the convolution slides, each weight times its output's `scale` if there is
/// one. Lanes behind the last output are 0.
pub(super) fn by_out(conv: &Conv, weight: &[f32], scale: Option<&[f32]>) -> Buffer {
    let terms = conv.terms();
    let blocks = conv.out_blocks();
    let [by_block, by_place] = if conv.slides() { [1, blocks] } else { [terms, 1] };
    let mut panels = Buffer::stale(blocks * terms * LANES);
    for block in 0..blocks {
        let panel = &mut panels.blocks_mut()[block * by_block..];
        let first = block * LANES;
        let outs = LANES.min(conv.filters - first);
        let weight = &weight[first * terms..][..outs * terms];
        for (from, to) in places(conv, conv.slides()).enumerate() {
            let mut lanes = [0.0; LANES];
            for (lane, value) in lanes[..outs].iter_mut().enumerate() {
                *value = weight[lane * terms + from];
            }
            if let Some(scale) = scale {
                for (lane, value) in lanes[..outs].iter_mut().enumerate() {
                    *value *= scale[first + lane];
                }
            }
            panel[to * by_place] = lanes;
        }
    }
    panels
}

/// `[block of in][row][column][out][16 of in]`, or `[row][out][column][block of in][16 of in]` where
/// the gradient of the input slides. Rows and columns are from the last to the first where it does,
/// and where the kernel is turned around. Lanes behind the last input are 0.
pub(super) fn by_in(conv: &Conv, weight: &[f32]) -> Buffer {
    let taps = conv.kernel[0] * conv.kernel[1];
    let panel_len = taps * conv.filters;
    let turns = conv.turned().is_some();
    let (blocks, slides) = (conv.in_blocks(), conv.slides_back());
    let [by_block, by_place] = if slides { [1, blocks] } else { [panel_len, 1] };
    let mut panels = Buffer::stale(blocks * panel_len * LANES);
    for block in 0..blocks {
        let panel = &mut panels.blocks_mut()[block * by_block..];
        let first = block * LANES;
        let ins = LANES.min(conv.channels - first);
        for out in 0..conv.filters {
            let weight = &weight[(out * conv.channels + first) * taps..][..ins * taps];
            for tap in 0..taps {
                let mut lanes = [0.0; LANES];
                for (lane, value) in lanes[..ins].iter_mut().enumerate() {
                    *value = weight[lane * taps + tap];
                }
                let place = if slides {
                    let tap = taps - 1 - tap;
                    let (row, column) = (tap / conv.kernel[1], tap % conv.kernel[1]);
                    (row * conv.filters + out) * conv.kernel[1] + column
                } else if turns {
                    (taps - 1 - tap) * conv.filters + out
                } else {
                    tap * conv.filters + out
                };
                panel[place * by_place] = lanes;
            }
        }
    }
    panels
}

/// Adds up panels as [`by_out`] makes them, one after the other, and writes them back as weights.
/// `parts` are as many as there are, and the first one is what they are added to.
pub(super) fn sum_back(isa: Isa, conv: &Conv, parts: &mut Buffer, weight: &mut [f32]) {
    let terms = conv.terms();
    let len = conv.out_blocks() * terms;
    let (sum, rest) = parts.blocks_mut().split_at_mut(len);
    isa.run(Total { sum, parts: rest });
    for (out, weight) in weight.chunks_exact_mut(terms).enumerate() {
        let panel = &sum[out / LANES * terms..][..terms];
        for (value, place) in weight.iter_mut().zip(places(conv, false)) {
            *value = panel[place][out % LANES];
        }
    }
}

/// The place `[row][column][in]` of each term `[in][row][column]`, or `[row][in][column]` to slide.
fn places(conv: &Conv, slides: bool) -> impl Iterator<Item = usize> {
    let ([rows, columns], channels) = (conv.kernel, conv.depth());
    let place = move |channel: usize, tap: usize| {
        if slides {
            (tap / columns * channels + channel) * columns + tap % columns
        } else {
            tap * channels + channel
        }
    };
    (0..channels).flat_map(move |channel| (0..rows * columns).map(move |tap| place(channel, tap)))
}

struct Total<'a> {
    sum: &'a mut [[f32; LANES]],
    parts: &'a [[f32; LANES]],
}

impl Kernel for Total<'_> {
    type Output = ();

    #[inline(always)]
    fn run<L: Lanes>(self, lanes: L) {
        for part in self.parts.chunks_exact(self.sum.len()) {
            for (sum, value) in self.sum.iter_mut().zip(part) {
                (lanes.load(sum) + lanes.load(value)).store(sum);
            }
        }
    }
}
