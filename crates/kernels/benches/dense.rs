//! Dense layers on one thread, in multiply-adds: how near the innermost loop, with its packing,
//! comes to the processor's peak.

use std::fmt;

use divan::Bencher;
use divan::counter::ItemsCount;
use fireassay_kernels::Isa;
use fireassay_kernels::dense::{self, Dense};

fn main() {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(1).build();
    pool.expect("a pool of one thread").install(divan::main);
}

/// The layers of the MLP that `cargo xtask bench` trains, and a square one.
const SHAPES: [Shape; 4] =
    [Shape([64, 784, 256]), Shape([64, 256, 128]), Shape([64, 128, 10]), Shape([512, 512, 512])];

#[divan::bench(args = SHAPES, consts = [0, 1])]
fn forward<const SET: usize>(bencher: Bencher<'_, '_>, shape: Shape) {
    let Some((isa, sizes, [x, w, mut z])) = setup(SET, shape) else { return };
    bencher
        .counter(shape.products())
        .bench_local(|| dense::forward(isa, sizes, &x, (&w, None), &mut z));
}

#[divan::bench(args = SHAPES, consts = [0, 1])]
fn input_gradient<const SET: usize>(bencher: Bencher<'_, '_>, shape: Shape) {
    let Some((isa, sizes, [mut x, w, z])) = setup(SET, shape) else { return };
    bencher
        .counter(shape.products())
        .bench_local(|| dense::input_gradient(isa, sizes, &z, &w, &mut x));
}

#[divan::bench(args = SHAPES, consts = [0, 1])]
fn weight_gradient<const SET: usize>(bencher: Bencher<'_, '_>, shape: Shape) {
    let Some((isa, sizes, [x, mut w, z])) = setup(SET, shape) else { return };
    bencher
        .counter(shape.products())
        .bench_local(|| dense::weight_gradient(isa, sizes, (&x, &z), &mut w, None));
}

/// The instruction set of that number, the fastest first, if there is one; plain Rust is left out.
fn setup(
    set: usize,
    Shape([examples, inputs, outputs]): Shape,
) -> Option<(Isa, Dense, [Vec<f32>; 3])> {
    let isa = Isa::all().into_iter().filter(|isa| isa.name() != "portable").nth(set)?;
    let lens = [examples * inputs, inputs * outputs, examples * outputs];
    Some((isa, Dense { examples, inputs, outputs }, lens.map(|len| vec![0.5; len])))
}

/// Examples, inputs and outputs.
#[derive(Clone, Copy)]
struct Shape([usize; 3]);

impl Shape {
    fn products(self) -> ItemsCount {
        ItemsCount::new(self.0.iter().product::<usize>())
    }
}

impl fmt::Display for Shape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [examples, inputs, outputs] = self.0;
        write!(f, "{examples}x{inputs}x{outputs}")
    }
}
