//! Recurrent layers: a whole batch of sequences is one operation, forward and backward.
//!
//! One layer in one direction. Layers on top of each other and both directions are calls of the
//! caller. A sequence is read once into rows `[h, 1, x]` (the state entering a step, a one for the
//! bias, the input of the step), packed so that only steps within a sequence's length take a row.
//! Then each step is one product of rows and weights and one pass over its sums; each step back is
//! one pass and one product, and after the last one all weight gradients are one product over the
//! rows of all steps.
//!
//! # Layouts
//!
//! Sequences are `[batch][steps][features]`: it is how datasets and Burn have them, and because the
//! input is copied into rows, another order of the input would be no faster. Weights are PyTorch's:
//! `input` (`weight_ih`) is `[gates * hidden][features]`, `hidden` (`weight_hh`) is
//! `[gates * hidden][hidden]`, and of the two biases each is `[gates * hidden]`. The gates are
//!
//! * [`Cell::Lstm`]: i, f, g, o (Hochreiter and Schmidhuber 1997, with the forget gate of Gers et
//!   al. 2000). In burn-nn's `Lstm` they are `input_gate`, `forget_gate`, `cell_gate`,
//!   `output_gate`.
//! * [`Cell::Gru`]: r, z, n (Cho et al. 2014, version 1 on arXiv), the reset gate applied after the
//!   product: `n = tanh(W_in x + b_in + r (W_hn h + b_hn))` and `h' = (1 - z) n + z h`. In burn-nn's
//!   `Gru` they are `reset_gate`, `update_gate`, `new_gate`, and `reset_after` is true, its default.
//! * [`Cell::Tanh`] and [`Cell::Relu`]: one (Elman 1990).
//!
//! burn-nn keeps a weight per gate and transposed, as `[features][hidden]`. What its layers can be
//! besides is not here: clipped states, other activations, coupled gates, a reset before the product.
//!
//! # Order of sums
//!
//! A gate's sum is one chain over the hidden units, the bias `b_ih + b_hh` and the features; the
//! gradient of a state is one chain over gates and hidden units, in that order. Gradients of weights
//! are sums over [`SUMMED`] rows at a time, added in order. Rows are ordered by groups of
//! [`GROUP`](crate::threads::GROUP) examples, then steps, then from the longest sequence of the
//! group to its shortest.

mod backward;
mod cell;
mod check;
mod forward;
mod pack;
mod schedule;
mod weights;

use crate::buffer::Buffer;
use crate::isa::Isa;
use crate::lanes::LANES;

/// How many rows (steps of examples) sum into one partial result of a weight gradient. A constant of
/// the results, like [`GROUP`](crate::threads::GROUP); the rows of one partial result stay in the
/// first cache.
pub const SUMMED: usize = 128;

/// The kind of layer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cell {
    /// Long short-term memory; gates i, f, g, o.
    Lstm,
    /// Gated recurrent unit, reset after the product; gates r, z, n.
    Gru,
    /// `h' = tanh(W_i x + b_i + W_h h + b_h)`.
    Tanh,
    /// `h' = max(0, W_i x + b_i + W_h h + b_h)`.
    Relu,
}

/// Sizes of a batch and of the layer that reads it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shape {
    /// Sequences.
    pub batch: usize,
    /// Steps of the longest sequence, or more.
    pub steps: usize,
    /// Values of an input step.
    pub features: usize,
    /// Hidden units, at least one.
    pub hidden: usize,
}

/// From which end a sequence is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// From the first step to the last.
    Forward,
    /// From the last step within the sequence's length to the first. Outputs lie at the steps that
    /// they belong to, and the final state is that after the first step.
    Reverse,
}

/// A batch of sequences and the states they start from.
#[derive(Clone, Copy, Debug)]
pub struct Sequences<'a> {
    /// Sizes.
    pub shape: Shape,
    /// `[batch][steps][features]`. Steps behind a sequence's length are not read.
    pub input: &'a [f32],
    /// `[batch][hidden]`; zeros if absent.
    pub h0: Option<&'a [f32]>,
    /// `[batch][hidden]`, of an LSTM only; zeros if absent.
    pub c0: Option<&'a [f32]>,
    /// `[batch]`, each from 0 to `steps`; all `steps` if absent.
    pub lengths: Option<&'a [usize]>,
    /// From which end they are read.
    pub direction: Direction,
}

/// The parameters of a layer. Layouts: see the module.
#[derive(Clone, Copy, Debug)]
pub struct Weights<'a> {
    /// `weight_ih`, `[gates * hidden][features]`.
    pub input: &'a [f32],
    /// `weight_hh`, `[gates * hidden][hidden]`.
    pub hidden: &'a [f32],
    /// `bias_ih` and `bias_hh`, each `[gates * hidden]`.
    pub bias: Option<[&'a [f32]; 2]>,
}

/// Where results go. Every value is written; what is absent is not computed.
#[derive(Debug, Default)]
pub struct Outputs<'a> {
    /// The hidden state after each step, `[batch][steps][hidden]`; 0 behind a sequence's length.
    pub all: Option<&'a mut [f32]>,
    /// The hidden state after the last step read, `[batch][hidden]`; `h0` if the length is 0.
    pub h: Option<&'a mut [f32]>,
    /// The cell state after the last step read, of an LSTM only, `[batch][hidden]`.
    pub c: Option<&'a mut [f32]>,
}

/// Gradients of [`Outputs`]; zeros where absent.
#[derive(Clone, Copy, Debug, Default)]
pub struct OutputGrads<'a> {
    /// `[batch][steps][hidden]`. Steps behind a sequence's length are not read.
    pub all: Option<&'a [f32]>,
    /// `[batch][hidden]`.
    pub h: Option<&'a [f32]>,
    /// `[batch][hidden]`, of an LSTM only.
    pub c: Option<&'a [f32]>,
}

/// Where gradients go. Every value is written; what is absent is not computed.
#[derive(Debug, Default)]
pub struct Grads<'a> {
    /// `[batch][steps][features]`; 0 behind a sequence's length.
    pub input: Option<&'a mut [f32]>,
    /// `[batch][hidden]`.
    pub h0: Option<&'a mut [f32]>,
    /// `[batch][hidden]`, of an LSTM only.
    pub c0: Option<&'a mut [f32]>,
    /// Of the parameters.
    pub weights: Option<WeightGrads<'a>>,
}

/// Where gradients of parameters go, laid out as [`Weights`].
#[derive(Debug)]
pub struct WeightGrads<'a> {
    /// Of `weight_ih`.
    pub input: &'a mut [f32],
    /// Of `weight_hh`.
    pub hidden: &'a mut [f32],
    /// Of `bias_ih` and `bias_hh`. They may be asked for of a layer without.
    pub bias: Option<[&'a mut [f32]; 2]>,
}

/// What [`forward`] keeps for [`backward`].
#[derive(Clone, Debug)]
pub struct Saved {
    layer: Layer,
    lengths: Option<Vec<usize>>,
    direction: Direction,
    /// `[row][Layer::width]`: `[h, 1, x]` of each step that was read.
    rows: Buffer,
    /// `[row][Layer::gates_width]`: the gates, then their gradients.
    gates: Buffer,
    /// `[row][block][Cell::kept]` blocks of sixteen.
    kept: Buffer,
}

/// Reads the sequences and keeps what the way back needs.
///
/// # Panics
///
/// If a slice has another length than its documentation says, if a sequence is longer than `steps`,
/// or if there is a cell state of a layer without.
pub fn forward(
    isa: Isa,
    cell: Cell,
    sequences: Sequences<'_>,
    weights: Weights<'_>,
    outputs: Outputs<'_>,
) -> Saved {
    let layer = Layer { cell, shape: sequences.shape };
    check::forward(layer, &sequences, &weights, &outputs);
    forward::training(isa, layer, sequences, weights, outputs)
}

/// Reads the sequences and keeps nothing. The results have the bits of [`forward`].
///
/// # Panics
///
/// As [`forward`].
pub fn infer(
    isa: Isa,
    cell: Cell,
    sequences: Sequences<'_>,
    weights: Weights<'_>,
    outputs: Outputs<'_>,
) {
    let layer = Layer { cell, shape: sequences.shape };
    check::forward(layer, &sequences, &weights, &outputs);
    forward::inference(isa, layer, sequences, weights, outputs);
}

/// Gradients of a pass that was saved, given those of its outputs. `weights` are those of the pass.
///
/// # Panics
///
/// As [`forward`].
pub fn backward(
    isa: Isa,
    saved: Saved,
    weights: Weights<'_>,
    given: OutputGrads<'_>,
    wanted: Grads<'_>,
) {
    check::backward(saved.layer, &weights, &given, &wanted);
    backward::run(isa, saved, weights, given, wanted);
}

/// A kind and its sizes, and the widths that follow from them.
#[derive(Clone, Copy, Debug)]
struct Layer {
    cell: Cell,
    shape: Shape,
}

impl Layer {
    /// Blocks of sixteen hidden units.
    fn blocks(self) -> usize {
        self.shape.hidden.div_ceil(LANES)
    }

    /// Values of a row `[h, 1, x]`.
    fn terms(self) -> usize {
        self.shape.hidden + 1 + self.shape.features
    }

    /// Blocks from a row to the next. An odd number: what lies in one column of many rows is then
    /// spread over all sets of the cache.
    fn width(self) -> usize {
        self.terms().div_ceil(LANES) | 1
    }

    /// Blocks from a row's gates to the next row's. Odd as well.
    fn gates_width(self) -> usize {
        (self.cell.sections().len() * self.blocks()) | 1
    }

    /// Blocks from a row's kept values to the next row's.
    fn kept_width(self) -> usize {
        self.cell.kept() * self.blocks()
    }
}

#[cfg(test)]
mod tests;
