//! The backward pass of a recurrent layer, as Burn's autodiff calls it.

use std::sync::{Arc, Mutex, PoisonError};

use burn::backend::Flex;
use burn::backend::autodiff::NodeId;
use burn::backend::autodiff::checkpoint::base::Checkpointer;
use burn::backend::autodiff::grads::Gradients;
use burn::backend::autodiff::ops::{Backward, Ops};
use burn::backend::flex::FlexTensor;
use fireassay_kernels::recurrent::{self as kernel, Grads, OutputGrads, Saved, Shape, WeightGrads};
use fireassay_kernels::{Buffer, Isa};

use super::weights_of;
use crate::primitive::{contiguous, tensor, values};

/// Gradients of what a layer gives out, from its outputs' nodes to its own.
#[derive(Clone, Debug, Default)]
pub(super) struct Given(Arc<Mutex<[Option<FlexTensor>; 3]>>);

impl Given {
    fn put(&self, output: Output, grad: FlexTensor) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)[output as usize] = Some(grad);
    }

    /// Contiguous ones, in the order of [`Output`].
    fn take(&self) -> [Option<FlexTensor>; 3] {
        let found = std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner));
        found.map(|grad| grad.map(|grad| contiguous(&grad)))
    }
}

/// What a layer gives out.
#[derive(Clone, Copy, Debug)]
pub(super) enum Output {
    All,
    Hidden,
    Cell,
}

/// Of an output: it leaves its gradient to the layer.
#[derive(Debug)]
pub(super) struct OutputBackward;

impl Backward<Flex, 1> for OutputBackward {
    type State = (Output, Given);

    fn backward(self, ops: Ops<Self::State, 1>, grads: &mut Gradients, _: &mut Checkpointer) {
        let (output, given) = ops.state;
        given.put(output, grads.consume::<Flex>(&ops.node));
    }
}

/// Of the layer.
#[derive(Debug)]
pub(super) struct RecurrentBackward;

#[derive(Clone, Debug)]
pub(super) struct State {
    pub(super) shape: Shape,
    /// Weights and biases, input before hidden.
    pub(super) weights: [FlexTensor; 4],
    pub(super) saved: Saved,
    pub(super) given: Given,
}

/// Its nodes are the input, weights and biases (input before hidden), and what initial states there
/// are.
impl<const N: usize> Backward<Flex, N> for RecurrentBackward {
    type State = State;

    fn backward(self, ops: Ops<State, N>, grads: &mut Gradients, _: &mut Checkpointer) {
        let mut nodes = [None; 7];
        for (to, node) in nodes.iter_mut().zip(ops.parents) {
            *to = node.map(|node| node.id);
        }
        ops.state.register(nodes, grads);
    }
}

impl State {
    /// Puts down the gradients that a node waits for.
    fn register(self, nodes: [Option<NodeId>; 7], grads: &mut Gradients) {
        let Self { shape, weights: by, saved, given } = self;
        let Shape { batch, steps, features, hidden } = shape;
        let rows = values(&by[2]).len(); // one bias for each
        let [x, w_ih, w_hh, b_ih, b_hh, h0, c0] = nodes;
        let has_weights = [w_ih, w_hh, b_ih, b_hh].iter().any(Option::is_some);
        let mut weights =
            has_weights.then(|| [rows * features, rows * hidden, rows, rows].map(Buffer::stale));
        let mut dx = x.map(|_| Buffer::stale(batch * steps * features));
        let [mut dh0, mut dc0] = [h0, c0].map(|node| node.map(|_| Buffer::stale(batch * hidden)));
        let wanted = Grads {
            input: dx.as_deref_mut(),
            h0: dh0.as_deref_mut(),
            c0: dc0.as_deref_mut(),
            weights: weights.as_mut().map(|[input, hidden, bias_ih, bias_hh]| WeightGrads {
                input,
                hidden,
                bias: Some([bias_ih, bias_hh]),
            }),
        };
        let given = given.take();
        let [all, h, c] = given.each_ref().map(|grad| grad.as_ref().map(values));
        kernel::backward(Isa::best(), saved, weights_of(&by), OutputGrads { all, h, c }, wanted);

        let mut put = |node: Option<NodeId>, found: Option<FlexTensor>| {
            if let Some((node, found)) = node.zip(found) {
                grads.register::<Flex>(node, found);
            }
        };
        put(x, dx.map(|dx| tensor(dx, [batch, steps, features])));
        put(h0, dh0.map(|dh0| tensor(dh0, [batch, hidden])));
        put(c0, dc0.map(|dc0| tensor(dc0, [batch, hidden])));
        if let Some([input, state, bias_ih, bias_hh]) = weights {
            put(w_ih, Some(tensor(input, [rows, features])));
            put(w_hh, Some(tensor(state, [rows, hidden])));
            put(b_ih, Some(tensor(bias_ih, [rows])));
            put(b_hh, Some(tensor(bias_hh, [rows])));
        }
    }
}
