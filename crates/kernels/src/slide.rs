//! The innermost loops of a convolution with sixteen filters or fewer, at a stride of 1.
//!
//! With one block of columns a [`tile`](crate::tile) loads a scalar factor for every multiply-add,
//! and loads take longer. But neighbours in a row share their factors: the one of pixel `q` is in
//! the sums of outputs `q`, `q - 1`, ... `q - K + 1`, each with another column of the kernel.

#![expect(unsafe_code, reason = "no bounds checks between multiply-adds")]

use crate::lanes::{LANES, Lanes, Vector};

/// Where factors lie: `rows` times `terms` of them, for each pixel of a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Slide {
    /// How many rows.
    pub rows: usize,
    /// From a row to the next, in values.
    pub row: usize,
    /// What lies at one pixel: channels of [`outputs`], pixels of [`weights`].
    pub terms: usize,
    /// From a pixel to the next, in values.
    pub pixel: usize,
}

/// Adds to `sums[p]` the products of `x[at + r * row + t + (p + k) * pixel]` and
/// `columns[(r * terms + t) * K + k]`, over row `r`, term `t` and column `k` in this order.
///
/// # Panics
///
/// If a factor lies outside of `x` or of `columns`.
#[inline(always)]
pub fn outputs<L: Lanes, const P: usize, const K: usize>(
    lanes: L,
    sums: &mut [L::V; P],
    (x, at): (&[f32], usize),
    slide: Slide,
    columns: &[[f32; LANES]],
) {
    let terms = slide.rows.saturating_mul(slide.terms);
    if terms == 0 {
        return;
    }
    let farthest = slide.reach(slide.terms - 1, P + K - 2).saturating_add(at);
    assert!(farthest < x.len(), "a factor is outside of its array");
    assert!(terms.saturating_mul(K) <= columns.len(), "a column is outside of its kernel");
    let mut column = 0;
    for row in 0..slide.rows {
        let first = at + row * slide.row;
        for term in 0..slide.terms {
            let mut factors = [lanes.splat(0.0); K];
            for k in 0..K {
                // SAFETY: there are `terms * K` columns, as compared above.
                factors[k] = lanes.load(unsafe { columns.get_unchecked(column + k) });
            }
            for q in 0..P + K - 1 {
                // SAFETY: at most `farthest`, which was compared above.
                let x = unsafe { *x.get_unchecked(first + term + q * slide.pixel) };
                let x = lanes.splat(x);
                for k in 0..K {
                    if k <= q && q - k < P {
                        sums[q - k] = x.mul_add(factors[k], sums[q - k]);
                    }
                }
            }
            column += K;
        }
    }
}

/// Adds to `sums[s][k]` the products of `x[at[s] + r * row + (p + k) * pixel]` and
/// `grads[r * terms + p]`, over row `r` and pixel `p` in this order.
///
/// # Panics
///
/// If a factor lies outside of `x` or of `grads`.
#[inline(always)]
pub fn weights<L: Lanes, const S: usize, const K: usize>(
    lanes: L,
    sums: &mut [[L::V; K]; S],
    (x, at): (&[f32], [usize; S]),
    slide: Slide,
    grads: &[[f32; LANES]],
) {
    let pixels = slide.rows.saturating_mul(slide.terms);
    if pixels == 0 {
        return;
    }
    let mut farthest = 0;
    for offset in at {
        farthest = farthest.max(offset);
    }
    let last = slide.terms + K - 2;
    assert!(slide.reach(0, last).saturating_add(farthest) < x.len(), "a factor is outside");
    assert!(pixels <= grads.len(), "a pixel is outside of the gradients");
    for row in 0..slide.rows {
        let grads = &grads[row * slide.terms..][..slide.terms];
        let mut offset = row * slide.row;
        for q in 0..=last {
            let mut factors = [lanes.splat(0.0); S];
            for s in 0..S {
                // SAFETY: at most the reach and the farthest beginning, which were compared above.
                factors[s] = lanes.splat(unsafe { *x.get_unchecked(at[s] + offset) });
            }
            let is_inside = q + 1 >= K && q < slide.terms;
            for k in 0..K {
                if is_inside || (k <= q && q - k < slide.terms) {
                    // SAFETY: the condition says `k <= q` and `q - k < terms`, the slice's length.
                    let grad = lanes.load(unsafe { grads.get_unchecked(q - k) });
                    for s in 0..S {
                        sums[s][k] = factors[s].mul_add(grad, sums[s][k]);
                    }
                }
            }
            offset += slide.pixel;
        }
    }
}

impl Slide {
    /// How far behind its beginning the factor `term` of pixel `pixel` of the last row lies.
    fn reach(self, term: usize, pixel: usize) -> usize {
        let rows = (self.rows - 1).saturating_mul(self.row);
        rows.saturating_add(term).saturating_add(pixel.saturating_mul(self.pixel))
    }
}
