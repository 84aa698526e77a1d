//! Recurrent layers: a training step and inference.

use divan::Bencher;
use divan::counter::ItemsCount;
use fireassay_kernels::Isa;
use fireassay_kernels::recurrent::{
    Cell, Direction, Grads, OutputGrads, Outputs, Sequences, Shape, WeightGrads, Weights, backward,
    forward, infer,
};

fn main() {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(1).build().expect("a pool of threads");
    pool.install(divan::main);
}

/// Batch, steps, features, hidden units.
const SHAPES: [(Cell, [usize; 4]); 7] = [
    (Cell::Lstm, [32, 28, 12, 64]),
    (Cell::Lstm, [32, 28, 12, 128]),
    (Cell::Lstm, [32, 100, 12, 128]),
    (Cell::Lstm, [32, 28, 12, 256]),
    (Cell::Gru, [32, 28, 12, 64]),
    (Cell::Tanh, [32, 28, 12, 64]),
    (Cell::Relu, [32, 28, 12, 64]),
];

#[derive(Clone, Copy, Debug)]
struct Layer(Cell, [usize; 4]);

impl std::fmt::Display for Layer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let [batch, steps, features, hidden] = self.1;
        write!(f, "{:?} {batch}x{steps}x{features} to {hidden}", self.0)
    }
}

/// Which part of a step.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Part {
    Forward,
    Both,
    Infer,
}

/// The output of the last step is what a loss reads, as it is for a classifier.
fn step(bencher: Bencher<'_, '_>, isa: &str, layer: Layer, part: Part) {
    let Some(isa) = Isa::named(isa) else { return };
    let Layer(cell, [batch, steps, features, hidden]) = layer;
    let rows = cell.gates() * hidden;
    let wave = |len: usize| (0..len).map(|i| (i as f32 * 0.7).sin() * 0.2).collect::<Vec<_>>();
    let (input, w_ih, w_hh) =
        (wave(batch * steps * features), wave(rows * features), wave(rows * hidden));
    let bias = wave(rows);
    let sequences = Sequences {
        shape: Shape { batch, steps, features, hidden },
        input: &input,
        h0: None,
        c0: None,
        lengths: None,
        direction: Direction::Forward,
    };
    let weights = Weights { input: &w_ih, hidden: &w_hh, bias: Some([&bias, &bias]) };
    let (mut h, dh) = (vec![0.0; batch * hidden], wave(batch * hidden));
    let (mut d_ih, mut d_hh) = (w_ih.clone(), w_hh.clone());
    let (mut d_input, mut d_hidden) = (bias.clone(), bias.clone());
    let count = ItemsCount::new(batch * steps * rows * (hidden + features + 1));
    bencher.counter(count).bench_local(|| {
        let outputs = Outputs { h: Some(&mut h), ..Outputs::default() };
        if part == Part::Infer {
            infer(isa, cell, sequences, weights, outputs);
            return;
        }
        let saved = forward(isa, cell, sequences, weights, outputs);
        if part == Part::Both {
            let given = OutputGrads { h: Some(&dh), ..OutputGrads::default() };
            let grads = WeightGrads {
                input: &mut d_ih,
                hidden: &mut d_hh,
                bias: Some([&mut d_input, &mut d_hidden]),
            };
            let wanted = Grads { weights: Some(grads), ..Grads::default() };
            backward(isa, saved, weights, given, wanted);
        }
    });
}

#[divan::bench(args = SHAPES.map(|(cell, sizes)| Layer(cell, sizes)))]
fn avx512_forward(bencher: Bencher<'_, '_>, layer: Layer) {
    step(bencher, "avx512", layer, Part::Forward);
}

#[divan::bench(args = SHAPES.map(|(cell, sizes)| Layer(cell, sizes)))]
fn avx512_infer(bencher: Bencher<'_, '_>, layer: Layer) {
    step(bencher, "avx512", layer, Part::Infer);
}

#[divan::bench(args = SHAPES.map(|(cell, sizes)| Layer(cell, sizes)))]
fn avx512_training(bencher: Bencher<'_, '_>, layer: Layer) {
    step(bencher, "avx512", layer, Part::Both);
}

#[divan::bench(args = SHAPES.map(|(cell, sizes)| Layer(cell, sizes)))]
fn avx2_training(bencher: Bencher<'_, '_>, layer: Layer) {
    step(bencher, "avx2", layer, Part::Both);
}

#[divan::bench(args = SHAPES.map(|(cell, sizes)| Layer(cell, sizes)))]
fn neon_training(bencher: Bencher<'_, '_>, layer: Layer) {
    step(bencher, "neon", layer, Part::Both);
}
