//! A recurrent layer over whole sequences: LSTM, GRU or a plain cell, in one direction.

mod backward;
mod composed;

use std::sync::Arc;

use burn::backend::autodiff::checkpoint::strategy::CheckpointStrategy;
use burn::backend::autodiff::ops::{Backward, NodeGuard, OpsKind};
use burn::backend::flex::FlexTensor;
use burn::backend::tensor::FloatTensor;
use burn::backend::{
    Autodiff, Backend, Dispatch, ExtensionType, Flex, TensorMetadata, backend_extension,
};
use burn::tensor::Tensor;
use fireassay_kernels::recurrent::{self as kernel, Cell, Direction, Saved, Sequences, Shape};
use fireassay_kernels::{Buffer, Isa};
use fireassay_spec::Kernels;

use self::backward::{Given, Output, OutputBackward, RecurrentBackward, State};
use crate::kernels::fuse;
use crate::primitive::{contiguous, tensor, values};

/// What a layer does.
#[derive(Clone, Debug)]
pub struct Recurrence {
    /// Its kind. Gates lie in PyTorch's order: i, f, g, o of an LSTM, r, z, n of a GRU.
    pub cell: Cell,
    /// From which end sequences are read.
    pub direction: Direction,
    /// Steps of each sequence, from 0 to those of the batch; all of them if absent. What lies behind
    /// is not read.
    pub lengths: Option<Arc<[usize]>>,
}

/// Parameters, laid out as PyTorch's.
#[derive(Clone, Debug)]
pub struct RecurrentWeights {
    /// `weight_ih`, `[gates * hidden, features]`.
    pub input: Tensor<2>,
    /// `weight_hh`, `[gates * hidden, hidden]`.
    pub hidden: Tensor<2>,
    /// `bias_ih` and `bias_hh`, each `[gates * hidden]`.
    pub bias: [Tensor<1>; 2],
}

/// A state of each sequence, each `[batch, hidden]`.
#[derive(Clone, Debug)]
pub struct RecurrentState {
    /// What a layer shows.
    pub h: Tensor<2>,
    /// What an LSTM keeps besides. As an initial state: zeros if absent.
    pub c: Option<Tensor<2>>,
}

/// `x [batch, steps, features]` to the hidden state after each step, `[batch, steps, hidden]`, 0
/// behind a sequence's length, and the state after the last step read. A sequence without steps ends
/// as it started. Without `initial` they start from zeros.
///
/// # Panics
///
/// If shapes or lengths disagree, or if there is a cell state of a layer without.
pub fn recurrent(
    kernels: Kernels,
    x: Tensor<3>,
    initial: Option<RecurrentState>,
    weights: RecurrentWeights,
    layer: &Recurrence,
) -> (Tensor<3>, RecurrentState) {
    check(layer, initial.as_ref());
    if !fuse(kernels, &x.device()) {
        return composed::composed(x, initial, weights, layer);
    }
    let (all, last) = fused(x, initial, weights, (layer, Wanted::All));
    (all.expect("invariant: all states were wanted"), last)
}

/// The state after the last step read: what [`recurrent`] gives, to the bit, without the rest.
///
/// # Panics
///
/// As [`recurrent`].
pub fn recurrent_last(
    kernels: Kernels,
    x: Tensor<3>,
    initial: Option<RecurrentState>,
    weights: RecurrentWeights,
    layer: &Recurrence,
) -> RecurrentState {
    check(layer, initial.as_ref());
    if !fuse(kernels, &x.device()) {
        return composed::composed(x, initial, weights, layer).1;
    }
    fused(x, initial, weights, (layer, Wanted::Last)).1
}

fn check(layer: &Recurrence, initial: Option<&RecurrentState>) {
    let has_cell_state = initial.is_some_and(|initial| initial.c.is_some());
    let cell = layer.cell;
    assert!(!has_cell_state || cell == Cell::Lstm, "a layer of {cell:?} has no cell state");
}

fn fused(
    x: Tensor<3>,
    initial: Option<RecurrentState>,
    weights: RecurrentWeights,
    (layer, wanted): (&Recurrence, Wanted),
) -> (Option<Tensor<3>>, RecurrentState) {
    let [bias_ih, bias_hh] = weights.bias.map(Tensor::into_dispatch);
    let inputs = Inputs {
        x: x.into_dispatch(),
        weight_ih: weights.input.into_dispatch(),
        weight_hh: weights.hidden.into_dispatch(),
        bias_ih,
        bias_hh,
        initial: match initial {
            None => Initial::Zeros,
            Some(RecurrentState { h, c: None }) => Initial::Hidden(h.into_dispatch()),
            Some(RecurrentState { h, c: Some(c) }) => {
                Initial::Both(h.into_dispatch(), c.into_dispatch())
            }
        },
    };
    let (all, h, c) = Dispatch::recurrent(inputs, (layer.clone(), wanted));
    let last = RecurrentState { h: Tensor::from_dispatch(h), c: c.map(Tensor::from_dispatch) };
    (all.map(Tensor::from_dispatch), last)
}

/// Which states are given out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wanted {
    All,
    Last,
}

/// What a layer reads.
#[derive(Clone, Debug, ExtensionType)]
pub(crate) struct Inputs<B: Backend> {
    x: FloatTensor<B>,
    weight_ih: FloatTensor<B>,
    weight_hh: FloatTensor<B>,
    bias_ih: FloatTensor<B>,
    bias_hh: FloatTensor<B>,
    #[extension_type]
    initial: Initial<B>,
}

/// What it starts from.
#[derive(Clone, Debug, ExtensionType)]
pub(crate) enum Initial<B: Backend> {
    Zeros,
    Hidden(FloatTensor<B>),
    Both(FloatTensor<B>, FloatTensor<B>),
}

#[backend_extension(Flex, Autodiff)]
pub(crate) trait RecurrentOp: Backend {
    /// All hidden states, the last one, and the last cell state.
    fn recurrent(
        #[extension_type] inputs: Inputs<Self>,
        layer: (Recurrence, Wanted),
    ) -> (Option<FloatTensor<Self>>, FloatTensor<Self>, Option<FloatTensor<Self>>);
}

impl RecurrentOp for Flex {
    fn recurrent(
        inputs: Inputs<Self>,
        (layer, wanted): (Recurrence, Wanted),
    ) -> (Option<FlexTensor>, FlexTensor, Option<FlexTensor>) {
        Read::new(&inputs).infer(&layer, wanted)
    }
}

/// Autodiff gives a node one output, and a layer has three. Packed into one tensor and sliced, each
/// slice would get a gradient as large as all of them, zeros but for its part. So the layer's own
/// output is one value that nobody sees, and each tensor given out is a node behind it that hands its
/// gradient over in [`Given`]. Nodes are visited from the loss back, so the layer comes last and finds
/// there what it was given; what no loss depends on is absent.
impl<C: CheckpointStrategy> RecurrentOp for Autodiff<Flex, C> {
    fn recurrent(
        inputs: Inputs<Self>,
        layer: (Recurrence, Wanted),
    ) -> (Option<FloatTensor<Self>>, FloatTensor<Self>, Option<FloatTensor<Self>>) {
        let (x, of_x) = inputs.x.into_parts();
        let (weight_ih, of_weight_ih) = inputs.weight_ih.into_parts();
        let (weight_hh, of_weight_hh) = inputs.weight_hh.into_parts();
        let (bias_ih, of_bias_ih) = inputs.bias_ih.into_parts();
        let (bias_hh, of_bias_hh) = inputs.bias_hh.into_parts();
        let read = |initial| {
            Read::new(&Inputs::<Flex> { x, weight_ih, weight_hh, bias_ih, bias_hh, initial })
        };
        match inputs.initial {
            Initial::Zeros => {
                let of = [of_x, of_weight_ih, of_weight_hh, of_bias_ih, of_bias_hh];
                track::<C, 5>(of, read(Initial::Zeros), layer)
            }
            Initial::Hidden(h0) => {
                let (h0, of_h0) = h0.into_parts();
                let of = [of_x, of_weight_ih, of_weight_hh, of_bias_ih, of_bias_hh, of_h0];
                track::<C, 6>(of, read(Initial::Hidden(h0)), layer)
            }
            Initial::Both(h0, c0) => {
                let ((h0, of_h0), (c0, of_c0)) = (h0.into_parts(), c0.into_parts());
                let of = [of_x, of_weight_ih, of_weight_hh, of_bias_ih, of_bias_hh, of_h0, of_c0];
                track::<C, 7>(of, read(Initial::Both(h0, c0)), layer)
            }
        }
    }
}

/// Runs the layer as an operation on these nodes.
fn track<C: CheckpointStrategy, const N: usize>(
    of: [NodeGuard; N],
    read: Read,
    (layer, wanted): (Recurrence, Wanted),
) -> Outputs<Autodiff<Flex, C>> {
    let given = Given::default();
    let node = || tensor(Buffer::zeroed(1), [1]);
    let (node, (all, h, c)) = match RecurrentBackward.prepare::<C>(of).compute_bound().stateful() {
        OpsKind::Tracked(prep) => {
            let (saved, outputs) = read.train(&layer, wanted);
            let (shape, weights) = (read.shape(), read.weights);
            let state = State { shape, weights, saved, given: given.clone() };
            (prep.finish(state, node()), outputs)
        }
        OpsKind::UnTracked(prep) => (prep.finish(node()), read.infer(&layer, wanted)),
    };
    let give_out = |output: Output, values: FlexTensor| match OutputBackward
        .prepare::<C>([node.node()])
        .compute_bound()
        .stateful()
    {
        OpsKind::Tracked(prep) => prep.finish((output, given.clone()), values),
        OpsKind::UnTracked(prep) => prep.finish(values),
    };
    (
        all.map(|all| give_out(Output::All, all)),
        give_out(Output::Hidden, h),
        c.map(|c| give_out(Output::Cell, c)),
    )
}

/// All hidden states, the last one, and the last cell state.
type Outputs<B> = (Option<FloatTensor<B>>, FloatTensor<B>, Option<FloatTensor<B>>);

/// What a layer reads, in the order that the kernel wants.
#[derive(Clone, Debug)]
struct Read {
    x: FlexTensor,
    /// Weights and biases, input before hidden.
    weights: [FlexTensor; 4],
    h0: Option<FlexTensor>,
    c0: Option<FlexTensor>,
}

impl Read {
    fn new(inputs: &Inputs<Flex>) -> Self {
        let Inputs { x, weight_ih, weight_hh, bias_ih, bias_hh, initial } = inputs;
        let (h0, c0) = match initial {
            Initial::Zeros => (None, None),
            Initial::Hidden(h0) => (Some(h0), None),
            Initial::Both(h0, c0) => (Some(h0), Some(c0)),
        };
        Self {
            x: contiguous(x),
            weights: [weight_ih, weight_hh, bias_ih, bias_hh].map(contiguous),
            h0: h0.map(contiguous),
            c0: c0.map(contiguous),
        }
    }

    fn shape(&self) -> Shape {
        let [batch, steps, features] = self.x.shape().dims();
        let [_, hidden] = self.weights[1].shape().dims();
        Shape { batch, steps, features, hidden }
    }

    fn sequences<'a>(&'a self, layer: &'a Recurrence) -> Sequences<'a> {
        Sequences {
            shape: self.shape(),
            input: values(&self.x),
            h0: self.h0.as_ref().map(values),
            c0: self.c0.as_ref().map(values),
            lengths: layer.lengths.as_deref(),
            direction: layer.direction,
        }
    }

    /// With what a backward pass needs.
    fn train(&self, layer: &Recurrence, wanted: Wanted) -> (Saved, Outputs<Flex>) {
        self.run(layer, wanted, |outputs| {
            let (sequences, weights) = (self.sequences(layer), weights_of(&self.weights));
            kernel::forward(Isa::best(), layer.cell, sequences, weights, outputs)
        })
    }

    /// Without.
    fn infer(&self, layer: &Recurrence, wanted: Wanted) -> Outputs<Flex> {
        let run = |outputs: kernel::Outputs<'_>| {
            let (sequences, weights) = (self.sequences(layer), weights_of(&self.weights));
            kernel::infer(Isa::best(), layer.cell, sequences, weights, outputs);
        };
        self.run(layer, wanted, run).1
    }

    /// Memory for what is wanted, filled by `run`.
    fn run<T>(
        &self,
        layer: &Recurrence,
        wanted: Wanted,
        run: impl FnOnce(kernel::Outputs<'_>) -> T,
    ) -> (T, Outputs<Flex>) {
        let Shape { batch, steps, hidden, .. } = self.shape();
        let state = || Buffer::stale(batch * hidden);
        let mut all = (wanted == Wanted::All).then(|| Buffer::stale(batch * steps * hidden));
        let (mut h, mut c) = (state(), (layer.cell == Cell::Lstm).then(state));
        let found =
            run(kernel::Outputs { all: all.as_deref_mut(), h: Some(&mut h), c: c.as_deref_mut() });
        let outputs = (
            all.map(|all| tensor(all, [batch, steps, hidden])),
            tensor(h, [batch, hidden]),
            c.map(|c| tensor(c, [batch, hidden])),
        );
        (found, outputs)
    }
}

/// Weights and biases, input before hidden.
fn weights_of(weights: &[FlexTensor; 4]) -> kernel::Weights<'_> {
    let [input, hidden, bias_ih, bias_hh] = weights.each_ref().map(values);
    kernel::Weights { input, hidden, bias: Some([bias_ih, bias_hh]) }
}

#[cfg(test)]
mod tests;
