//! The passes through a residual block.

use burn::backend::Flex;
use burn::backend::autodiff::checkpoint::base::Checkpointer;
use burn::backend::autodiff::grads::Gradients;
use burn::backend::autodiff::ops::{Backward, Ops};
use burn::backend::flex::FlexTensor;
use burn::tensor::Shape;
use fireassay_kernels::activation::add;
use fireassay_kernels::conv::Block;
use fireassay_kernels::{Buffer, Isa};

use super::{AroundShape, Plan};
use crate::conv::{NormBy, Params, Read, State as ConvState, shape_of};
use crate::primitive::{channels_first, of_rows, rows, values};
use crate::shortcut;

/// With running statistics.
pub(super) fn evaluate(x: &FlexTensor, params: &[Params<Flex>; 3], plan: &Plan) -> FlexTensor {
    let pass = |x: &FlexTensor,
                which: usize,
                residual: Option<&FlexTensor>,
                block: Block,
                by: Option<&NormBy>| {
        Read::new(x, &params[which], residual).evaluate(&block, by)
    };
    let around = match plan.around.0 {
        AroundShape::Identity => x.clone(),
        AroundShape::Padded(kind) => padded(kind, x),
        AroundShape::Projected(block) => pass(x, 2, None, block, plan.around.1.as_ref()),
    };
    let y = pass(x, 0, None, plan.first.0, plan.first.1.as_ref());
    pass(&y, 1, Some(&around), plan.second.0, plan.second.1.as_ref())
}

/// With the statistics of the batch, and what a backward pass needs.
pub(super) fn train(x: &FlexTensor, params: &[Params<Flex>; 3], plan: Plan) -> (FlexTensor, State) {
    let pass = |x: &FlexTensor, which: usize, residual: Option<&FlexTensor>, part: (Block, _)| {
        let (block, by): (Block, Option<NormBy>) = part;
        let read = Read::new(x, &params[which], residual);
        let (saved, y) = read.train(&block, by.as_ref());
        let state = ConvState::new(read, (block, saved), &y);
        (y, state)
    };
    let (y, first) = pass(x, 0, None, plan.first);
    let (around, way) = match plan.around.0 {
        AroundShape::Identity => (x.clone(), Way::Identity),
        AroundShape::Padded(kind) => (padded(kind, x), Way::Padded(kind)),
        AroundShape::Projected(block) => {
            let (around, state) = pass(x, 2, None, (block, plan.around.1));
            (around, Way::Projected(Box::new(state)))
        }
    };
    let (y, second) = pass(&y, 1, Some(&around), plan.second);
    let shape = x.layout().shape().clone();
    (y, State { first: Box::new(first), second: Box::new(second), way, shape })
}

fn padded(kind: shortcut::Shortcut, x: &FlexTensor) -> FlexTensor {
    let shape = x.layout().shape().dims();
    let (y, shape) = shortcut::forward(kind, values(&rows(x)), shape);
    of_rows(y, &shape)
}

#[derive(Debug)]
pub(super) struct ResidualBackward;

#[derive(Clone, Debug)]
pub(super) struct State {
    first: Box<ConvState>,
    second: Box<ConvState>,
    way: Way,
    /// Of the input.
    shape: Shape,
}

#[derive(Clone, Debug)]
enum Way {
    Identity,
    Padded(shortcut::Shortcut),
    Projected(Box<ConvState>),
}

impl Backward<Flex, 13> for ResidualBackward {
    type State = State;

    fn backward(self, ops: Ops<State, 13>, grads: &mut Gradients, _: &mut Checkpointer) {
        let grad = grads.consume::<Flex>(&ops.node);
        let State { first, second, way, shape } = ops.state;
        let wanted = ops.parents.each_ref().map(Option::is_some);
        let mut put = |first: usize, found: [Option<FlexTensor>; 4]| {
            for (node, found) in ops.parents[first..].iter().zip(found) {
                if let Some((node, found)) = node.as_ref().zip(found) {
                    grads.register::<Flex>(node.id, found);
                }
            }
        };
        let of = |from: usize| [0, 1, 2, 3].map(|i| wanted[from + i]);
        let passes = wanted[0] || of(9).contains(&true);
        let (back, found, by_second) = second.parts(&grad, [true, passes], of(5));
        put(5, found);
        let back = back.expect("invariant: asked for");
        let back = channels_first(back, shape_of(second.block()));
        let (to_x, found, _) = first.parts(&back, [wanted[0], false], of(1));
        put(1, found);
        let mut to_x = to_x;
        match (way, by_second) {
            (Way::Identity, Some(around)) => add_to(to_x.as_mut(), &around),
            (Way::Padded(kind), Some(around)) => {
                if let Some(to_x) = &mut to_x {
                    shortcut::add_backward(kind, &around, shape.dims(), to_x);
                }
            }
            (Way::Projected(state), Some(around)) => {
                let around = channels_first(around, shape_of(state.block()));
                let (found_x, found, _) = state.parts(&around, [wanted[0], false], of(9));
                put(9, found);
                if let Some(found_x) = found_x {
                    add_to(to_x.as_mut(), &found_x);
                }
            }
            (_, None) => {}
        }
        if let Some((node, to_x)) = ops.parents[0].as_ref().zip(to_x) {
            grads.register::<Flex>(node.id, of_rows(to_x, &shape));
        }
    }
}

fn add_to(to: Option<&mut Buffer>, from: &[f32]) {
    if let Some(to) = to {
        add(Isa::best(), to, from);
    }
}
