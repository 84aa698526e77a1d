//! The innermost loop of every matrix product and convolution.
//!
//! A tile is a few outputs whose sums are kept in registers: `P` positions (rows of a matrix, pixels
//! of an image) times `C` blocks of sixteen columns (output channels). Each of its sums is one chain
//! of fused multiply-adds over the terms in their order, so its size has no influence on bits.

#![expect(unsafe_code, reason = "no bounds checks between multiply-adds")]

use crate::lanes::{LANES, Lanes, Vector};

/// The order of terms: `rows` times `run` of them. The scalar factor of term `k` of row `r` lies
/// `r * row + k * step` values behind the position's own offset.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Walk {
    /// How many runs.
    pub rows: usize,
    /// Terms of a run.
    pub run: usize,
    /// From a run to the next, in values.
    pub row: usize,
    /// From a term to the next, in values.
    pub step: usize,
}

impl Walk {
    /// `run` terms, one behind the other.
    pub fn line(run: usize) -> Self {
        Self { rows: 1, run, row: 0, step: 1 }
    }

    /// All terms.
    pub fn terms(self) -> usize {
        self.rows.saturating_mul(self.run)
    }

    /// How far behind a position its farthest factor lies.
    fn reach(self) -> usize {
        let rows = self.rows.saturating_sub(1).saturating_mul(self.row);
        rows.saturating_add(self.run.saturating_sub(1).saturating_mul(self.step))
    }
}

/// Factors in lanes: block `c` of term `k` is `blocks[k * step + c * panel]`.
#[derive(Clone, Copy, Debug)]
pub struct Panels<'a> {
    /// Sixteen values each.
    pub blocks: &'a [[f32; LANES]],
    /// From a term to the next, in blocks.
    pub step: usize,
    /// From a block of columns to the next, in blocks.
    pub panel: usize,
}

/// Adds to `sums[p][c]` the products of `x[at[p] + ..]` and block `c` of `panels`, over all terms.
///
/// # Panics
///
/// If a factor lies outside of `x` or of `panels`.
#[inline(always)]
pub fn multiply<L: Lanes, const P: usize, const C: usize>(
    lanes: L,
    sums: &mut [[L::V; C]; P],
    (x, at): (&[f32], [usize; P]),
    walk: Walk,
    panels: Panels<'_>,
) {
    const { assert!(P > 0 && C > 0, "a tile of nothing") };
    let terms = walk.terms();
    if terms == 0 {
        return;
    }
    let mut farthest = 0;
    for offset in at {
        farthest = farthest.max(offset);
    }
    assert!(farthest.saturating_add(walk.reach()) < x.len(), "a factor is outside of its array");
    let last_block = (terms - 1).saturating_mul(panels.step);
    let last_block = last_block.saturating_add((C - 1).saturating_mul(panels.panel));
    assert!(last_block < panels.blocks.len(), "a block is outside of its panels");
    if walk.step == 1 && panels.step == 1 {
        neighbours(lanes, sums, (x, at), walk, panels);
        return;
    }
    let mut block = 0;
    for row in 0..walk.rows {
        let mut offset = row * walk.row;
        for _ in 0..walk.run {
            // SAFETY: `block + c * panel` is at most `last_block` and `offset` at most the walk's
            // reach, which were compared above.
            unsafe { term(lanes, sums, (x, at, offset), (panels, block)) }
            block += panels.step;
            offset += walk.step;
        }
    }
}

/// Terms that lie side by side, four in one turn: their addresses differ by constants.
#[inline(always)]
fn neighbours<L: Lanes, const P: usize, const C: usize>(
    lanes: L,
    sums: &mut [[L::V; C]; P],
    (x, at): (&[f32], [usize; P]),
    walk: Walk,
    panels: Panels<'_>,
) {
    let mut block = 0;
    for row in 0..walk.rows {
        let mut offset = row * walk.row;
        for _ in 0..walk.run / 4 {
            for k in 0..4 {
                // SAFETY: as in `multiply`.
                unsafe { term(lanes, sums, (x, at, offset + k), (panels, block + k)) }
            }
            block += 4;
            offset += 4;
        }
        for k in 0..walk.run % 4 {
            // SAFETY: as in `multiply`.
            unsafe { term(lanes, sums, (x, at, offset + k), (panels, block + k)) }
        }
        block += walk.run % 4;
    }
}

/// One term of every sum.
///
/// # Safety
///
/// `at[p] + offset` is in `x` and `block + c * panel` in the panels, for all `p` and `c`.
#[inline(always)]
unsafe fn term<L: Lanes, const P: usize, const C: usize>(
    lanes: L,
    sums: &mut [[L::V; C]; P],
    (x, at, offset): (&[f32], [usize; P], usize),
    (panels, block): (Panels<'_>, usize),
) {
    let mut factors = [lanes.splat(0.0); C];
    for c in 0..C {
        // SAFETY: the caller's.
        factors[c] = lanes.load(unsafe { panels.blocks.get_unchecked(block + c * panels.panel) });
    }
    for p in 0..P {
        // SAFETY: the caller's.
        let factor = lanes.splat(unsafe { *x.get_unchecked(at[p] + offset) });
        for c in 0..C {
            sums[p][c] = factor.mul_add(factors[c], sums[p][c]);
        }
    }
}

/// Something computed tile by tile.
pub trait Tiles<L: Lanes> {
    /// Positions from `position` on and blocks from `block` on. Marked `#[inline(always)]`.
    fn tile<const P: usize, const C: usize>(&mut self, position: usize, block: usize);
}

/// Covers `positions` times `blocks` with tiles that the registers can hold, blocks outermost, so
/// that a panel of weights stays in the cache.
///
/// A term of a tile is `P + C` loads for `P * C` multiply-adds. With AVX-512 the loads of one block
/// of columns take longer than its multiply-adds, so tiles are as wide as there are blocks.
#[inline(always)]
pub fn cover<L: Lanes>(positions: usize, blocks: usize, tiles: &mut impl Tiles<L>) {
    let mut block = 0;
    while block < blocks {
        block += match (L::REGISTERS, blocks - block) {
            (..32, _) => strip::<L, 6, 1>(positions, block, tiles),
            (_, 1) => strip::<L, 12, 1>(positions, block, tiles),
            (_, 2) => strip::<L, 8, 2>(positions, block, tiles),
            (_, 3 | 5) => strip::<L, 8, 3>(positions, block, tiles),
            _ => strip::<L, 6, 4>(positions, block, tiles),
        };
    }
}

/// Covers `C` blocks, which it returns.
#[inline(always)]
fn strip<L: Lanes, const P: usize, const C: usize>(
    positions: usize,
    block: usize,
    tiles: &mut impl Tiles<L>,
) -> usize {
    let mut position = 0;
    // Twelve of sixteen would leave four, and four chains wait for each other.
    while position + P <= positions && (P < 12 || positions - position != 16) {
        tiles.tile::<P, C>(position, block);
        position += P;
    }
    while P > 8 && position + 8 <= positions {
        tiles.tile::<8, C>(position, block);
        position += 8;
    }
    if position + 4 <= positions {
        tiles.tile::<4, C>(position, block);
        position += 4;
    }
    if position + 2 <= positions {
        tiles.tile::<2, C>(position, block);
        position += 2;
    }
    if position < positions {
        tiles.tile::<1, C>(position, block);
    }
    C
}

#[cfg(test)]
mod tests;
