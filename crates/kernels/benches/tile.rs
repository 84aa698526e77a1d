//! How near the innermost loop comes to the processor's peak: multiply-adds of one thread.

use divan::Bencher;
use divan::counter::ItemsCount;
use fireassay_kernels::tile::{Panels, Tiles, Walk, cover, multiply};
use fireassay_kernels::{Isa, Kernel, LANES, Lanes, Vector};

fn main() {
    divan::main();
}

/// Positions, terms and blocks of sixteen columns.
const SHAPES: [[usize; 3]; 4] = [[576, 25, 1], [64, 400, 2], [64, 512, 8], [512, 512, 32]];

struct Product<'a> {
    x: &'a [f32],
    terms: usize,
    w: &'a [[f32; LANES]],
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
        let blocks = &job.w[block * job.terms..];
        let panels = Panels { blocks, step: 1, panel: job.terms };
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

fn product(bencher: Bencher<'_, '_>, isa: &str, [positions, terms, blocks]: [usize; 3]) {
    let Some(isa) = Isa::named(isa) else { return };
    let x = vec![0.5; positions * terms];
    let w = vec![[0.25; LANES]; terms * blocks];
    let mut out = vec![[0.0; LANES]; positions * blocks];
    bencher.counter(ItemsCount::new(positions * terms * blocks * LANES)).bench_local(|| {
        isa.run(Product { x: &x, terms, w: &w, out: &mut out, blocks });
    });
}

#[divan::bench(args = SHAPES.map(Shape))]
fn avx512(bencher: Bencher<'_, '_>, shape: Shape) {
    product(bencher, "avx512", shape.0);
}

#[divan::bench(args = SHAPES.map(Shape))]
fn avx2(bencher: Bencher<'_, '_>, shape: Shape) {
    product(bencher, "avx2", shape.0);
}

#[divan::bench(args = SHAPES.map(Shape))]
fn neon(bencher: Bencher<'_, '_>, shape: Shape) {
    product(bencher, "neon", shape.0);
}

#[derive(Clone, Copy)]
struct Shape([usize; 3]);

impl std::fmt::Display for Shape {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let [positions, terms, blocks] = self.0;
        write!(f, "{positions}x{terms}x{}", blocks * LANES)
    }
}
