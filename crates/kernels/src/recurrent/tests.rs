//! Layers of any size against references, and the same bits everywhere.

mod bits;
mod edges;
mod reference;
mod torch;

use super::*;

/// A layer, what it reads, and gradients of what it gives.
#[derive(Clone, Debug)]
struct Case {
    cell: Cell,
    shape: Shape,
    direction: Direction,
    lengths: Option<Vec<usize>>,
    input: Vec<f32>,
    initial: Option<[Vec<f32>; 2]>,
    w_ih: Vec<f32>,
    w_hh: Vec<f32>,
    bias: Option<[Vec<f32>; 2]>,
    given: [Vec<f32>; 3],
}

/// All that comes out of a case: `all`, `h`, `c`, then the gradients of the input, of `h0`, `c0` and
/// of the weights and biases.
#[derive(Clone, Debug)]
struct Results(Vec<(&'static str, Vec<f32>)>);

impl Case {
    /// Of numbers without structure. The sizes are those of [`Shape`].
    fn new(cell: Cell, sizes: [usize; 4], direction: Direction) -> Self {
        let [batch, steps, features, hidden] = sizes;
        let shape = Shape { batch, steps, features, hidden };
        let (rows, state) = (cell.gates() * hidden, batch * hidden);
        Self {
            cell,
            shape,
            direction,
            lengths: None,
            input: numbers(batch * steps * features, 1),
            initial: Some([numbers(state, 2), numbers(state, 3)]),
            w_ih: numbers(rows * features, 4),
            // Smaller ones, so that no state grows from step to step and rounding with it.
            w_hh: numbers(rows * hidden, 5).iter().map(|weight| weight * 0.25).collect(),
            bias: Some([numbers(rows, 6), numbers(rows, 7)]),
            given: [numbers(state * steps, 8), numbers(state, 9), numbers(state, 10)],
        }
    }

    /// With lengths; what lies behind them is NaN.
    fn with_lengths(mut self, lengths: &[usize]) -> Self {
        let Shape { steps, features, hidden, .. } = self.shape;
        for (i, &length) in lengths.iter().enumerate() {
            self.input[(i * steps + length) * features..(i + 1) * steps * features].fill(f32::NAN);
            self.given[0][(i * steps + length) * hidden..(i + 1) * steps * hidden].fill(f32::NAN);
        }
        self.lengths = Some(lengths.to_vec());
        self
    }

    fn plain(mut self) -> Self {
        (self.initial, self.bias) = (None, None);
        self
    }

    fn sequences(&self) -> Sequences<'_> {
        let c0 = self.initial.as_ref().map(|initial| &initial[1][..]);
        Sequences {
            shape: self.shape,
            input: &self.input,
            h0: self.initial.as_ref().map(|initial| &initial[0][..]),
            c0: if self.cell == Cell::Lstm { c0 } else { None },
            lengths: self.lengths.as_deref(),
            direction: self.direction,
        }
    }

    fn weights(&self) -> Weights<'_> {
        let bias = self.bias.as_ref().map(|[input, hidden]| [&input[..], &hidden[..]]);
        Weights { input: &self.w_ih, hidden: &self.w_hh, bias }
    }

    fn state(&self) -> usize {
        self.shape.batch * self.shape.hidden
    }

    /// The outputs, without what the way back needs.
    fn infer(&self, isa: Isa) -> Results {
        let [mut all, mut h, mut c] = self.outputs();
        let lstm = self.cell == Cell::Lstm;
        let outputs =
            Outputs { all: Some(&mut all), h: Some(&mut h), c: lstm.then_some(&mut c[..]) };
        infer(isa, self.cell, self.sequences(), self.weights(), outputs);
        Results(vec![("all", all), ("h", h), ("c", c)])
    }

    fn run(&self, isa: Isa) -> Results {
        let [mut all, mut h, mut c] = self.outputs();
        let lstm = self.cell == Cell::Lstm;
        let outputs =
            Outputs { all: Some(&mut all), h: Some(&mut h), c: lstm.then_some(&mut c[..]) };
        let saved = forward(isa, self.cell, self.sequences(), self.weights(), outputs);
        let of = |like: &[f32]| vec![f32::NAN; like.len()];
        let (mut input, mut w_ih, mut w_hh) = (of(&self.input), of(&self.w_ih), of(&self.w_hh));
        let rows = self.cell.gates() * self.shape.hidden;
        let (mut h0, mut c0) = (vec![f32::NAN; h.len()], c.clone());
        let (mut b_ih, mut b_hh) = (vec![f32::NAN; rows], vec![f32::NAN; rows]);
        let [d_all, d_h, d_c] = &self.given;
        let given = OutputGrads { all: Some(d_all), h: Some(d_h), c: lstm.then_some(&d_c[..]) };
        let weights =
            WeightGrads { input: &mut w_ih, hidden: &mut w_hh, bias: Some([&mut b_ih, &mut b_hh]) };
        let wanted = Grads {
            input: Some(&mut input),
            h0: Some(&mut h0),
            c0: lstm.then_some(&mut c0[..]),
            weights: Some(weights),
        };
        backward(isa, saved, self.weights(), given, wanted);
        Results(vec![
            ("all", all),
            ("h", h),
            ("c", c),
            ("input", input),
            ("h0", h0),
            ("c0", c0),
            ("w_ih", w_ih),
            ("w_hh", w_hh),
            ("b_ih", b_ih),
            ("b_hh", b_hh),
        ])
    }

    /// Nothing written yet; no cell state where there is none.
    fn outputs(&self) -> [Vec<f32>; 3] {
        let state = self.state();
        let cell = if self.cell == Cell::Lstm { state } else { 0 };
        [state * self.shape.steps, state, cell].map(|len| vec![f32::NAN; len])
    }
}

impl Results {
    fn get(&self, name: &str) -> &[f32] {
        let found = self.0.iter().find(|(this, _)| *this == name);
        found.map_or(&[], |(_, values)| values)
    }

    fn bits(&self) -> Vec<u32> {
        self.0.iter().flat_map(|(_, values)| values.iter().map(|value| value.to_bits())).collect()
    }
}

/// Numbers without structure, from -1 to 1. The script beside `torch.txt` makes the same ones.
fn numbers(len: usize, seed: u32) -> Vec<f32> {
    let mix = |i: u32| {
        let x = i.wrapping_mul(0x9E37_79B9).wrapping_add(seed.wrapping_mul(0x85EB_CA6B));
        let x = (x ^ x >> 16).wrapping_mul(0x7FEB_352D);
        let x = (x ^ x >> 15).wrapping_mul(0x846C_A68B);
        (x ^ x >> 16) >> 8
    };
    (0..len as u32).map(|i| mix(i) as f32 / 8_388_608.0 - 1.0).collect()
}

/// How far `values` are from `exact`, relative to the largest of the latter. Both NaN, or equal, is
/// no error.
fn error(values: &[f32], exact: &[f64]) -> f64 {
    assert_eq!(values.len(), exact.len());
    let finite = exact.iter().filter(|value| value.is_finite());
    let largest = finite.fold(0.0f64, |largest, value| largest.max(value.abs()));
    let mut worst = 0.0f64;
    for (&value, &exact) in values.iter().zip(exact) {
        let value = f64::from(value);
        if value == exact || (value.is_nan() && exact.is_nan()) {
            continue;
        }
        let error = (value - exact).abs() / largest;
        worst = if error.is_nan() { f64::INFINITY } else { worst.max(error) };
    }
    worst
}

const CELLS: [Cell; 4] = [Cell::Lstm, Cell::Gru, Cell::Tanh, Cell::Relu];
