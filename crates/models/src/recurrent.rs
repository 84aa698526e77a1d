//! Recurrent layers on top of each other, read in one direction or in both.
//!
//! Parameters are PyTorch's, by name and layout: `layers.1.forward.weight_ih` is `weight_ih_l1` of
//! `nn.LSTM`, `nn.GRU` or `nn.RNN`, and `layers.1.reverse.weight_ih` is `weight_ih_l1_reverse`.

use std::sync::Arc;

use burn::module::{Module, Param};
use burn::nn::Initializer;
use burn::tensor::{Device, Tensor};
use fireassay_kernels::recurrent::{Cell, Direction};
use fireassay_ops::{Recurrence, RecurrentState, RecurrentWeights, recurrent, recurrent_last};
use fireassay_spec::Kernels;

/// What a stack of recurrent layers is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RecurrentSpec {
    /// Of all layers.
    pub cell: Cell,
    /// Units of each layer and direction, at least one.
    pub hidden: usize,
    /// How many layers, at least one. Each reads what the one below gives out.
    pub layers: usize,
    /// In which each layer reads.
    pub directions: Directions,
}

/// From which ends sequences are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Directions {
    /// From the first step to the last.
    Forward,
    /// In both directions, by weights of their own; outputs lie side by side, forward first.
    Both,
}

/// A stack of recurrent layers.
#[derive(Module, Debug)]
pub struct Recurrent {
    /// From the input up.
    pub layers: Vec<RecurrentLayer>,
    #[module(skip)]
    cell: Cell,
    #[module(skip)]
    kernels: Kernels,
}

/// One layer.
#[derive(Module, Debug)]
pub struct RecurrentLayer {
    /// Reads from the first step to the last.
    pub forward: RecurrentCell,
    /// Reads from the last step of each sequence to its first; none in a stack of one direction.
    pub reverse: Option<RecurrentCell>,
}

/// The parameters of a layer in one direction. The gates are, in this order, i, f, g, o of an LSTM
/// and r, z, n of a GRU.
#[derive(Module, Debug)]
pub struct RecurrentCell {
    /// `[gates * hidden, hidden]`. It comes first because its width decides the range of all four.
    pub weight_hh: Param<Tensor<2>>,
    /// `[gates * hidden, features]`.
    pub weight_ih: Param<Tensor<2>>,
    /// `[gates * hidden]`, beside the product of the state.
    pub bias_hh: Param<Tensor<1>>,
    /// `[gates * hidden]`, beside that of the input.
    pub bias_ih: Param<Tensor<1>>,
}

impl Directions {
    /// One or two.
    pub fn count(self) -> usize {
        match self {
            Self::Forward => 1,
            Self::Both => 2,
        }
    }
}

impl RecurrentSpec {
    /// Values of an output step.
    pub fn outputs(&self) -> usize {
        self.directions.count() * self.hidden
    }
}

impl Recurrent {
    /// For steps of `features` values. [`crate::bind()`] draws the initial values: all of them
    /// uniform in +-1/sqrt(hidden), as PyTorch's.
    pub fn new(spec: &RecurrentSpec, features: usize, kernels: Kernels, device: &Device) -> Self {
        let layer = |index: usize| {
            let features = if index == 0 { features } else { spec.outputs() };
            let cell = || RecurrentCell::new(spec, features, device);
            let reverse = match spec.directions {
                Directions::Forward => None,
                Directions::Both => Some(cell()),
            };
            RecurrentLayer { forward: cell(), reverse }
        };
        Self { layers: (0..spec.layers).map(layer).collect(), cell: spec.cell, kernels }
    }

    /// `x [batch, steps, features]` to the outputs of the last layer, `[batch, steps, directions *
    /// hidden]`, 0 behind a sequence's length, and the last states of all layers: layer by layer,
    /// forward before reverse. `initial` states are in that order too; without, all are zeros.
    ///
    /// `lengths` are the steps of each sequence, all of them if absent; what lies behind is not read.
    ///
    /// # Panics
    ///
    /// If a shape, a length or the number of states is another.
    pub fn forward(
        &self,
        x: Tensor<3>,
        lengths: Option<&[usize]>,
        initial: Option<&[RecurrentState]>,
    ) -> (Tensor<3>, Vec<RecurrentState>) {
        let (top, below) = self.split();
        let (lengths, initial) = (lengths.map(Arc::from), self.initial(initial));
        let (x, mut states) = self.read(below, x, lengths.as_ref(), &initial);
        let of_top = &initial[states.len()..];
        let (outputs, last) = self.read(std::slice::from_ref(top), x, lengths.as_ref(), of_top);
        states.extend(last);
        (outputs, states)
    }

    /// The last states of [`Recurrent::forward`], to the bit, without its outputs.
    ///
    /// # Panics
    ///
    /// As [`Recurrent::forward`].
    pub fn last(
        &self,
        x: Tensor<3>,
        lengths: Option<&[usize]>,
        initial: Option<&[RecurrentState]>,
    ) -> Vec<RecurrentState> {
        let (top, below) = self.split();
        let (lengths, initial) = (lengths.map(Arc::from), self.initial(initial));
        let (x, mut states) = self.read(below, x, lengths.as_ref(), &initial);
        for (cell, direction) in top.cells() {
            let recurrence = self.recurrence(direction, lengths.as_ref());
            let (initial, weights) = (initial[states.len()].clone(), cell.weights());
            states.push(recurrent_last(self.kernels, x.clone(), initial, weights, &recurrence));
        }
        states
    }

    fn split(&self) -> (&RecurrentLayer, &[RecurrentLayer]) {
        self.layers.split_last().expect("invariant: a stack has at least one layer")
    }

    /// One state, or none, for each layer and direction.
    fn initial(&self, states: Option<&[RecurrentState]>) -> Vec<Option<RecurrentState>> {
        let count = self.layers.iter().map(|layer| layer.cells().count()).sum();
        let Some(states) = states else { return vec![None; count] };
        assert_eq!(states.len(), count, "a state for each layer and direction");
        states.iter().cloned().map(Some).collect()
    }

    /// Some layers, from the input up.
    fn read(
        &self,
        layers: &[RecurrentLayer],
        mut x: Tensor<3>,
        lengths: Option<&Arc<[usize]>>,
        initial: &[Option<RecurrentState>],
    ) -> (Tensor<3>, Vec<RecurrentState>) {
        let mut states = Vec::with_capacity(initial.len());
        for layer in layers {
            let mut outputs = Vec::with_capacity(2);
            for (cell, direction) in layer.cells() {
                let recurrence = self.recurrence(direction, lengths);
                let (initial, weights) = (initial[states.len()].clone(), cell.weights());
                let (all, last) = recurrent(self.kernels, x.clone(), initial, weights, &recurrence);
                outputs.push(all);
                states.push(last);
            }
            x = side_by_side(outputs, 2);
        }
        (x, states)
    }

    fn recurrence(&self, direction: Direction, lengths: Option<&Arc<[usize]>>) -> Recurrence {
        Recurrence { cell: self.cell, direction, lengths: lengths.cloned() }
    }
}

impl RecurrentLayer {
    /// Forward before reverse.
    fn cells(&self) -> impl Iterator<Item = (&RecurrentCell, Direction)> {
        let reverse = self.reverse.iter().map(|cell| (cell, Direction::Reverse));
        std::iter::once((&self.forward, Direction::Forward)).chain(reverse)
    }
}

impl RecurrentCell {
    fn new(spec: &RecurrentSpec, features: usize, device: &Device) -> Self {
        let rows = spec.cell.gates() * spec.hidden;
        let bound = 1.0 / (spec.hidden as f64).sqrt();
        let range = Initializer::Uniform { min: -bound, max: bound };
        Self {
            weight_hh: range.init([rows, spec.hidden], device),
            weight_ih: range.init([rows, features], device),
            bias_hh: range.init([rows], device),
            bias_ih: range.init([rows], device),
        }
    }

    fn weights(&self) -> RecurrentWeights {
        RecurrentWeights {
            input: self.weight_ih.val(),
            hidden: self.weight_hh.val(),
            bias: [self.bias_ih.val(), self.bias_hh.val()],
        }
    }
}

/// One tensor is passed on as it is.
pub(crate) fn side_by_side<const D: usize>(mut tensors: Vec<Tensor<D>>, dim: usize) -> Tensor<D> {
    match tensors.len() {
        1 => tensors.remove(0),
        _ => Tensor::cat(tensors, dim),
    }
}

#[cfg(test)]
mod tests;
