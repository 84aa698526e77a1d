//! Tiles leave nothing out and do nothing twice.

use super::super::tiles::cover;
use crate::lanes::Lanes;
use crate::tile::Tiles;
use crate::{Isa, Kernel};

/// How often each position of each block was in a tile.
struct Hits {
    positions: usize,
    blocks: usize,
    hits: Vec<u8>,
}

impl<L: Lanes> Tiles<L> for Hits {
    #[inline(always)]
    fn tile<const P: usize, const C: usize>(&mut self, position: usize, block: usize) {
        for p in 0..P {
            for c in 0..C {
                self.hits[(position + p) * self.blocks + block + c] += 1;
            }
        }
    }
}

impl Kernel for Hits {
    type Output = Vec<u8>;
    #[inline(always)]
    fn run<L: Lanes>(mut self, _: L) -> Vec<u8> {
        cover::<L>(self.positions, self.blocks, &mut self);
        self.hits
    }
}

#[test]
fn every_position_of_every_block_is_in_one_tile() {
    for isa in Isa::all() {
        for positions in 0..30 {
            for blocks in 0..12 {
                let hits = vec![0; positions * blocks];
                let hits = isa.run(Hits { positions, blocks, hits });
                let name = isa.name();
                assert!(hits.iter().all(|&hits| hits == 1), "{name} {positions} by {blocks}");
            }
        }
    }
}
