//! The innermost loops of a convolution with few filters, at a stride of 1.
//!
//! With one block of columns a [`tile`](crate::tile) loads a scalar factor for every multiply-add,
//! with two for every other one, and loads take longer. But neighbours in a row share their factors:
//! the one of pixel `q` is in the sums of outputs `q`, `q - 1`, ... `q - K + 1`, each with another
//! column of the kernel.

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
    /// Blocks of columns there are, of which [`outputs`] takes some. One for [`weights`].
    pub blocks: usize,
}

/// Adds to `sums[p][c]` the products of `x[at + r * row + t + (p + k) * pixel]` and
/// `columns[((r * terms + t) * K + k) * blocks + c]`, over row `r`, term `t` and column `k` in this
/// order.
///
/// # Panics
///
/// If a factor lies outside of `x` or of `columns`.
#[inline(always)]
pub fn outputs<L: Lanes, const P: usize, const C: usize, const K: usize>(
    lanes: L,
    sums: &mut [[L::V; C]; P],
    (x, at): (&[f32], usize),
    slide: Slide,
    columns: &[[f32; LANES]],
) {
    const { assert!(P + K <= 17, "a row of sixteen pixels at most") };
    const { assert!(P > 0 && C > 0 && K > 0, "a tile of nothing") };
    let terms = slide.rows.saturating_mul(slide.terms);
    if terms == 0 {
        return;
    }
    let farthest = slide.reach(slide.terms - 1, P + K - 2).saturating_add(at);
    assert!(farthest < x.len(), "a factor is outside of its array");
    let last = terms.saturating_mul(K).saturating_sub(1).saturating_mul(slide.blocks);
    assert!(last.saturating_add(C) <= columns.len(), "a column is outside of its kernel");
    let mut column = 0;
    for row in 0..slide.rows {
        let first = at + row * slide.row;
        for term in 0..slide.terms {
            let mut factors = [[lanes.splat(0.0); C]; K];
            for k in 0..K {
                for c in 0..C {
                    // SAFETY: at most `last + C - 1`, which was compared above.
                    let column = unsafe { columns.get_unchecked(column + k * slide.blocks + c) };
                    factors[k][c] = lanes.load(column);
                }
            }
            let at = first + term;
            // Written out: the compiler leaves a loop of this length as it is, with the sums in
            // memory. What is behind the last pixel is nothing.
            // SAFETY: at most `farthest`, which was compared above.
            unsafe {
                pixel::<L, P, C, K, 0>(lanes, sums, (x, at, slide.pixel), factors);
                pixel::<L, P, C, K, 1>(lanes, sums, (x, at, slide.pixel), factors);
                pixel::<L, P, C, K, 2>(lanes, sums, (x, at, slide.pixel), factors);
                pixel::<L, P, C, K, 3>(lanes, sums, (x, at, slide.pixel), factors);
                pixel::<L, P, C, K, 4>(lanes, sums, (x, at, slide.pixel), factors);
                pixel::<L, P, C, K, 5>(lanes, sums, (x, at, slide.pixel), factors);
                pixel::<L, P, C, K, 6>(lanes, sums, (x, at, slide.pixel), factors);
                pixel::<L, P, C, K, 7>(lanes, sums, (x, at, slide.pixel), factors);
                pixel::<L, P, C, K, 8>(lanes, sums, (x, at, slide.pixel), factors);
                pixel::<L, P, C, K, 9>(lanes, sums, (x, at, slide.pixel), factors);
                pixel::<L, P, C, K, 10>(lanes, sums, (x, at, slide.pixel), factors);
                pixel::<L, P, C, K, 11>(lanes, sums, (x, at, slide.pixel), factors);
                pixel::<L, P, C, K, 12>(lanes, sums, (x, at, slide.pixel), factors);
                pixel::<L, P, C, K, 13>(lanes, sums, (x, at, slide.pixel), factors);
                pixel::<L, P, C, K, 14>(lanes, sums, (x, at, slide.pixel), factors);
                pixel::<L, P, C, K, 15>(lanes, sums, (x, at, slide.pixel), factors);
            }
            column += K * slide.blocks;
        }
    }
}

/// The products of pixel `Q`, if it is one of the `P + K - 1`.
///
/// # Safety
///
/// `at + q * step` is in `x` for all of them.
#[inline(always)]
unsafe fn pixel<L: Lanes, const P: usize, const C: usize, const K: usize, const Q: usize>(
    lanes: L,
    sums: &mut [[L::V; C]; P],
    (x, at, step): (&[f32], usize, usize),
    factors: [[L::V; C]; K],
) {
    if Q >= P + K - 1 {
        return;
    }
    // SAFETY: the caller's.
    let x = lanes.splat(unsafe { *x.get_unchecked(at + Q * step) });
    for k in 0..K {
        if k <= Q && Q - k < P {
            for c in 0..C {
                sums[Q - k][c] = x.mul_add(factors[k][c], sums[Q - k][c]);
            }
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
    const { assert!(S > 0 && K > 0, "a tile of nothing") };
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
        let at = at.map(|at| at + row * slide.row);
        let inner = (K - 1).max(slide.terms);
        for q in 0..K - 1 {
            // SAFETY: the farthest factor is that of pixel `last`, which was compared above.
            unsafe { edge(lanes, sums, (x, at, q * slide.pixel), (grads, q)) }
        }
        for q in K - 1..inner {
            // SAFETY: as above.
            let factors = unsafe { factors(lanes, (x, at, q * slide.pixel)) };
            for k in 0..K {
                // SAFETY: `k < K <= q + 1` and `q < inner`, which is the slice's length here.
                let grad = lanes.load(unsafe { grads.get_unchecked(q + 1 - K + (K - 1 - k)) });
                for s in 0..S {
                    sums[s][k] = factors[s].mul_add(grad, sums[s][k]);
                }
            }
        }
        for q in inner..=last {
            // SAFETY: the farthest factor is that of pixel `last`, which was compared above.
            unsafe { edge(lanes, sums, (x, at, q * slide.pixel), (grads, q)) }
        }
    }
}

/// Pixel `q`, which some columns of the kernel never meet.
///
/// # Safety
///
/// `at[s] + offset` is in `x` for all `s`.
#[inline(always)]
unsafe fn edge<L: Lanes, const S: usize, const K: usize>(
    lanes: L,
    sums: &mut [[L::V; K]; S],
    place: (&[f32], [usize; S], usize),
    (grads, q): (&[[f32; LANES]], usize),
) {
    // SAFETY: the caller's.
    let factors = unsafe { factors(lanes, place) };
    for k in 0..K {
        if k <= q && q - k < grads.len() {
            let grad = lanes.load(&grads[q - k]);
            for s in 0..S {
                sums[s][k] = factors[s].mul_add(grad, sums[s][k]);
            }
        }
    }
}

/// # Safety
///
/// `at[s] + offset` is in `x` for all `s`.
#[inline(always)]
unsafe fn factors<L: Lanes, const S: usize>(
    lanes: L,
    (x, at, offset): (&[f32], [usize; S], usize),
) -> [L::V; S] {
    let mut factors = [lanes.splat(0.0); S];
    for s in 0..S {
        // SAFETY: the caller's.
        factors[s] = lanes.splat(unsafe { *x.get_unchecked(at[s] + offset) });
    }
    factors
}

impl Slide {
    /// How far behind its beginning the factor `term` of pixel `pixel` of the last row lies.
    fn reach(self, term: usize, pixel: usize) -> usize {
        let rows = (self.rows - 1).saturating_mul(self.row);
        rows.saturating_add(term).saturating_add(pixel.saturating_mul(self.pixel))
    }
}

#[cfg(test)]
mod tests;
