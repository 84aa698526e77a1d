//! Tiles of up to three blocks of columns.
//!
//! With 32 registers, eight positions by three blocks come nearer to the peak of the multiply-adds
//! than eight by two do: a value that is loaded takes part in more of them. A layer's products are
//! many blocks wide, so that they can have them.

use crate::lanes::Lanes;
use crate::tile::{Tiles, cover as narrow};

/// Like [`crate::tile::cover`]: `positions` times `blocks`, blocks outermost. Bits do not depend on
/// it.
#[inline(always)]
pub(super) fn cover<L: Lanes>(positions: usize, blocks: usize, tiles: &mut impl Tiles<L>) {
    if L::REGISTERS < 32 || blocks == 1 {
        narrow(positions, blocks, tiles);
        return;
    }
    let mut block = 0;
    while blocks - block >= 5 || blocks - block == 3 {
        strip::<L, 3>(positions, block, tiles); // two or four are left in the end, or none
        block += 3;
    }
    while block < blocks {
        strip::<L, 2>(positions, block, tiles);
        block += 2;
    }
}

#[inline(always)]
fn strip<L: Lanes, const C: usize>(positions: usize, block: usize, tiles: &mut impl Tiles<L>) {
    let mut position = 0;
    while C == 2 && position + 12 <= positions {
        tiles.tile::<12, C>(position, block);
        position += 12;
    }
    while position + 8 <= positions {
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
}
