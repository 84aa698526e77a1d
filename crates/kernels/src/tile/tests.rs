//! Tiles against scalar chains, and what they refuse.

use super::*;
use crate::{Isa, Kernel};

/// `out = x w` for `x [n, k]` and panels of `w`.
struct Product<'a> {
    x: &'a [f32],
    terms: usize,
    panels: Panels<'a>,
    out: &'a mut [[f32; LANES]],
    blocks: usize,
}

struct Run<'a, L>(L, Product<'a>);

impl<L: Lanes> Tiles<L> for Run<'_, L> {
    #[inline(always)]
    fn tile<const P: usize, const C: usize>(&mut self, position: usize, block: usize) {
        let Self(lanes, job) = self;
        let mut sums = [[lanes.splat(0.0); C]; P];
        let mut at = [0; P];
        for p in 0..P {
            at[p] = (position + p) * job.terms;
        }
        let blocks = &job.panels.blocks[block * job.panels.panel..];
        let panels = Panels { blocks, ..job.panels };
        multiply(*lanes, &mut sums, (job.x, at), Walk::line(job.terms), panels);
        for p in 0..P {
            for c in 0..C {
                sums[p][c].store(&mut job.out[(position + p) * job.blocks + block + c]);
            }
        }
    }
}

impl Kernel for Product<'_> {
    type Output = ();
    #[inline(always)]
    fn run<L: Lanes>(self, lanes: L) {
        let (positions, blocks) = (self.x.len() / self.terms, self.blocks);
        cover::<L>(positions, blocks, &mut Run(lanes, self));
    }
}

/// Numbers without structure, from -1 to 1.
fn numbers(len: usize, seed: u32) -> Vec<f32> {
    let mix = |i: u32| (i.wrapping_mul(2_654_435_761) ^ seed).wrapping_mul(0x9E37_79B1) >> 8;
    (0..len as u32).map(|i| mix(i) as f32 / 8_388_608.0 - 1.0).collect()
}

#[test]
fn a_product_is_one_chain_of_multiply_adds_on_every_instruction_set() {
    for (positions, terms, blocks) in [(1, 1, 1), (7, 5, 3), (23, 9, 2), (64, 33, 4), (13, 1, 5)] {
        let x = numbers(positions * terms, 1);
        let w = numbers(terms * blocks * LANES, 2); // [block][term][16]
        let (w_blocks, _) = w.as_chunks::<LANES>();
        let mut expected = vec![[0.0f32; LANES]; positions * blocks];
        for (i, out) in expected.iter_mut().enumerate() {
            let (position, block) = (i / blocks, i % blocks);
            for (lane, out) in out.iter_mut().enumerate() {
                for term in 0..terms {
                    let weight = w_blocks[block * terms + term][lane];
                    *out = x[position * terms + term].mul_add(weight, *out);
                }
            }
        }
        for isa in Isa::all() {
            let mut out = vec![[f32::NAN; LANES]; positions * blocks];
            let panels = Panels { blocks: w_blocks, step: 1, panel: terms };
            isa.run(Product { x: &x, terms, panels, out: &mut out, blocks });
            assert_eq!(out, expected, "{} {positions}x{terms}x{blocks}", isa.name());
        }
    }
}

struct Outside<'a>(&'a [f32], &'a [[f32; LANES]], Walk);

impl Kernel for Outside<'_> {
    type Output = ();
    #[inline(always)]
    fn run<L: Lanes>(self, lanes: L) {
        let mut sums = [[lanes.splat(0.0); 1]; 2];
        let panels = Panels { blocks: self.1, step: 1, panel: 0 };
        multiply(lanes, &mut sums, (self.0, [0, 1]), self.2, panels);
    }
}

#[test]
fn a_factor_outside_of_its_array_is_refused() {
    let (x, w) = ([0.0; 10], [[0.0; LANES]; 9]);
    let run = |walk: Walk, x: &[f32], w: &[[f32; LANES]]| {
        let outcome = std::panic::catch_unwind(|| Isa::best().run(Outside(x, w, walk)));
        outcome.is_ok()
    };
    assert!(run(Walk::line(9), &x, &w));
    assert!(!run(Walk::line(9), &x[..9], &w));
    assert!(!run(Walk::line(9), &x, &w[..8]));
    assert!(run(Walk { rows: 3, run: 3, row: 3, step: 1 }, &x, &w));
    assert!(!run(Walk { rows: 3, run: 3, row: 4, step: 1 }, &x, &w));
    assert!(!run(Walk { rows: 2, run: 2, row: usize::MAX, step: 2 }, &x, &w));
    assert!(run(Walk { rows: 0, run: 3, row: 9, step: 9 }, &[], &[]));
}

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
