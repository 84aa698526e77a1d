//! The backward pass of a block, as Burn's autodiff calls it.

use burn::backend::Flex;
use burn::backend::autodiff::NodeId;
use burn::backend::autodiff::checkpoint::base::Checkpointer;
use burn::backend::autodiff::grads::Gradients;
use burn::backend::autodiff::ops::{Backward, Ops};
use burn::backend::flex::FlexTensor;
use fireassay_kernels::conv::{self as kernel, Block, Saved, Seen};
use fireassay_kernels::{Buffer, Isa};

use super::Read;
use crate::primitive::{channels_first, channels_last, tensor, values};

#[derive(Debug)]
pub(super) struct ConvBackward;

#[derive(Debug)]
pub(super) struct ConvNormBackward;

#[derive(Clone, Debug)]
pub(super) struct State {
    x: FlexTensor,
    w: FlexTensor,
    gamma: Option<FlexTensor>,
    y: FlexTensor,
    saved: Saved,
    block: Block,
}

impl State {
    pub(super) fn new(read: Read, (block, saved): (Block, Saved), y: &FlexTensor) -> Self {
        let gamma = read.affine.map(|[gamma, _]| gamma);
        Self { x: read.x, w: read.w, gamma, y: y.clone(), saved, block }
    }

    /// Puts down the gradients of `x`, weights, bias, scale and shift that a node waits for.
    fn register(&self, nodes: [Option<NodeId>; 5], grad: &FlexTensor, grads: &mut Gradients) {
        let found = self.backward(grad, nodes.map(|node| node.is_some()));
        for (node, found) in nodes.into_iter().zip(self.shaped(found)) {
            if let Some((node, found)) = node.zip(found) {
                grads.register::<Flex>(node, found);
            }
        }
    }

    /// Gradients of `x`, weights, bias, scale and shift, where they are wanted.
    fn backward(&self, grad: &FlexTensor, wanted: [bool; 5]) -> [Option<Buffer>; 5] {
        let conv = &self.block.conv;
        let filters = conv.filters;
        let lens = [conv.input_len(), conv.weight_len(), filters, filters, filters];
        let mut gradients: [Option<Buffer>; 5] =
            std::array::from_fn(|i| wanted[i].then(|| Buffer::stale(lens[i])));
        let (grad, y) = (channels_last(grad), channels_last(&self.y));
        let seen = Seen {
            x: values(&self.x),
            weight: values(&self.w),
            gamma: self.gamma.as_ref().map(values),
            y: values(&y),
            grad: values(&grad),
        };
        let [x, weight, bias, gamma, beta] = gradients.each_mut().map(Option::as_deref_mut);
        let to = kernel::Gradients { x, weight, bias, gamma, beta, residual: None };
        kernel::backward(Isa::best(), &self.saved, &seen, to);
        gradients
    }

    /// Their tensors, for Burn.
    fn shaped(
        &self,
        [x, weight, bias, gamma, beta]: [Option<Buffer>; 5],
    ) -> [Option<FlexTensor>; 5] {
        let conv = &self.block.conv;
        let [height, width] = conv.size;
        let images = [conv.images, height, width, conv.channels];
        let weights = [conv.filters, conv.channels, conv.kernel[0], conv.kernel[1]];
        let per_channel =
            |values: Option<Buffer>| values.map(|values| tensor(values, [conv.filters]));
        [
            x.map(|x| channels_first(x, images)),
            weight.map(|weight| tensor(weight, weights)),
            per_channel(bias),
            per_channel(gamma),
            per_channel(beta),
        ]
    }
}

impl Backward<Flex, 3> for ConvBackward {
    type State = State;

    fn backward(self, ops: Ops<State, 3>, grads: &mut Gradients, _: &mut Checkpointer) {
        let grad = grads.consume::<Flex>(&ops.node);
        let [x, w, bias] = ops.parents.map(|node| node.map(|node| node.id));
        ops.state.register([x, w, bias, None, None], &grad, grads);
    }
}

impl Backward<Flex, 5> for ConvNormBackward {
    type State = State;

    fn backward(self, ops: Ops<State, 5>, grads: &mut Gradients, _: &mut Checkpointer) {
        let grad = grads.consume::<Flex>(&ops.node);
        let nodes = ops.parents.map(|node| node.map(|node| node.id));
        ops.state.register(nodes, &grad, grads);
    }
}
