//! A recurrent layer step by step, of Burn's own operations.

use burn::tensor::activation::{relu, sigmoid, tanh};
use burn::tensor::{Bool, Device, Tensor, TensorData};
use fireassay_kernels::recurrent::{Cell, Direction};

use super::{Recurrence, RecurrentState, RecurrentWeights};

/// As `super::recurrent`.
pub(super) fn composed(
    x: Tensor<3>,
    initial: Option<RecurrentState>,
    weights: RecurrentWeights,
    layer: &Recurrence,
) -> (Tensor<3>, RecurrentState) {
    let device = x.device();
    let ([batch, steps, features], [_, hidden]) = (x.dims(), weights.hidden.dims());
    let zeros = || Tensor::<2>::zeros([batch, hidden], &device);
    let (mut h, c) = match initial {
        Some(RecurrentState { h, c }) => (h, c),
        None => (zeros(), None),
    };
    let mut c = (layer.cell == Cell::Lstm).then(|| c.unwrap_or_else(zeros));
    let lengths = layer.lengths.as_deref();
    let padding = Padding::new(lengths, [batch, steps], &device);
    // What is not read may be NaN, which times a gradient of 0 would still be NaN.
    let x = match &padding {
        Some(padding) => x.mask_fill(padding.of_steps(features), 0.0),
        None => x,
    };
    let step = Step { cell: layer.cell, weights };
    let mut all: Vec<Tensor<2>> = Vec::with_capacity(steps);
    for index in 0..steps {
        let time = match layer.direction {
            Direction::Forward => index,
            Direction::Reverse => steps - 1 - index,
        };
        let seen = x.clone().slice([0..batch, time..time + 1]).reshape([batch, features]);
        let (next_h, next_c) = step.run(seen, h.clone(), c.clone());
        let Some(padding) = &padding else {
            all.push(next_h.clone());
            (h, c) = (next_h, next_c);
            continue;
        };
        // A sequence that is not here yet, or no more, keeps its state.
        let outside = padding.at(time, hidden);
        all.push(next_h.clone().mask_fill(outside.clone(), 0.0));
        c = next_c.zip(c).map(|(next, c)| next.mask_where(outside.clone(), c));
        h = next_h.mask_where(outside, h);
    }
    if layer.direction == Direction::Reverse {
        all.reverse();
    }
    let all = match all.is_empty() {
        true => Tensor::zeros([batch, 0, hidden], &device),
        false => Tensor::stack(all, 1), // [batch, steps, hidden]
    };
    (all, RecurrentState { h, c })
}

/// One step of all sequences.
struct Step {
    cell: Cell,
    weights: RecurrentWeights,
}

impl Step {
    /// The state after `x [batch, features]`, from `h` and `c`, both `[batch, hidden]`.
    fn run(
        &self,
        x: Tensor<2>,
        h: Tensor<2>,
        c: Option<Tensor<2>>,
    ) -> (Tensor<2>, Option<Tensor<2>>) {
        let RecurrentWeights { input, hidden, bias: [bias_ih, bias_hh] } = &self.weights;
        let of_x = x.matmul(input.clone().transpose()) + bias_ih.clone().unsqueeze();
        let of_h = h.clone().matmul(hidden.clone().transpose()) + bias_hh.clone().unsqueeze();
        match self.cell {
            Cell::Lstm => {
                let c = c.expect("invariant: an LSTM has a cell state");
                let [i, f, g, o] = gates(of_x + of_h);
                let c = sigmoid(f) * c + sigmoid(i) * tanh(g);
                (sigmoid(o) * tanh(c.clone()), Some(c))
            }
            Cell::Gru => {
                let ([r_x, z_x, n_x], [r_h, z_h, n_h]) = (gates(of_x), gates(of_h));
                let (r, z) = (sigmoid(r_x + r_h), sigmoid(z_x + z_h));
                let n = tanh(n_x + r * n_h);
                (n.clone() + z * (h - n), None)
            }
            Cell::Tanh => (tanh(of_x + of_h), None),
            Cell::Relu => (relu(of_x + of_h), None),
        }
    }
}

/// Cuts `[batch, N * hidden]` into gates.
fn gates<const N: usize>(sums: Tensor<2>) -> [Tensor<2>; N] {
    sums.chunk(N, 1).try_into().expect("invariant: a multiple of N columns is cut into N")
}

/// Where a batch holds nothing: true behind a sequence's length.
struct Padding(Tensor<2, Bool>);

impl Padding {
    /// None if every sequence has all steps.
    fn new(lengths: Option<&[usize]>, [batch, steps]: [usize; 2], device: &Device) -> Option<Self> {
        let lengths = lengths?;
        assert_eq!(lengths.len(), batch, "a length for each sequence");
        let longest = lengths.iter().max().copied().unwrap_or(0);
        assert!(longest <= steps, "a length is {longest}, more than {steps} steps");
        let outside: Vec<bool> =
            lengths.iter().flat_map(|&len| (0..steps).map(move |step| step >= len)).collect();
        let is_needed = outside.contains(&true);
        let outside = TensorData::new(outside, [batch, steps]);
        is_needed.then(|| Self(Tensor::from_data(outside, device)))
    }

    /// `[batch, steps, features]`.
    fn of_steps(&self, features: usize) -> Tensor<3, Bool> {
        let [batch, steps] = self.0.dims();
        self.0.clone().unsqueeze_dim::<3>(2).expand([batch, steps, features])
    }

    /// `[batch, hidden]`, of one step.
    fn at(&self, step: usize, hidden: usize) -> Tensor<2, Bool> {
        let [batch, _] = self.0.dims();
        self.0.clone().slice([0..batch, step..step + 1]).expand([batch, hidden])
    }
}
