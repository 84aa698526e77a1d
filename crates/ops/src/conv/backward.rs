//! The backward pass of a block, as Burn's autodiff calls it.

use burn::backend::Flex;
use burn::backend::autodiff::checkpoint::base::Checkpointer;
use burn::backend::autodiff::grads::Gradients;
use burn::backend::autodiff::ops::{Backward, Ops};
use burn::backend::flex::FlexTensor;
use fireassay_kernels::conv::{self as kernel, Block, Saved, Seen};
use fireassay_kernels::{Buffer, Isa};

use super::{Read, shape_of};
use crate::primitive::{channels_first, channels_last, tensor, values};

#[derive(Debug)]
pub(super) struct ConvBackward;

#[derive(Clone, Debug)]
pub(crate) struct State {
    x: FlexTensor,
    w: FlexTensor,
    gamma: Option<FlexTensor>,
    y: FlexTensor,
    saved: Saved,
    block: Block,
}

impl State {
    pub(crate) fn new(read: Read, (block, saved): (Block, Saved), y: &FlexTensor) -> Self {
        let gamma = read.affine.map(|[gamma, _]| gamma);
        Self { x: read.x, w: read.w, gamma, y: y.clone(), saved, block }
    }

    pub(crate) fn block(&self) -> &Block {
        &self.block
    }

    /// Gradients of `x` and residual, as they lie in memory, and of weights, bias, scale and shift, where they are wanted.
    pub(crate) fn parts(
        &self,
        grad: &FlexTensor,
        [x, residual]: [bool; 2],
        [w, b, g, s]: [bool; 4],
    ) -> (Option<Buffer>, [Option<FlexTensor>; 4], Option<Buffer>) {
        let [x, w, b, g, s, residual] = self.backward(grad, [x, w, b, g, s, residual]);
        let [_, w, b, g, s, _] = self.shaped([None, w, b, g, s, None]);
        (x, [w, b, g, s], residual)
    }

    /// Gradients of `x`, weights, bias, scale, shift and residual, where they are wanted.
    fn backward(&self, grad: &FlexTensor, wanted: [bool; 6]) -> [Option<Buffer>; 6] {
        let conv = &self.block.conv;
        let (filters, out) = (conv.filters, self.block.output_len());
        let lens = [conv.input_len(), conv.weight_len(), filters, filters, filters, out];
        let mut gradients: [Option<Buffer>; 6] =
            std::array::from_fn(|i| wanted[i].then(|| Buffer::stale(lens[i])));
        let (grad, y) = (channels_last(grad), channels_last(&self.y));
        let seen = Seen {
            x: values(&self.x),
            weight: values(&self.w),
            gamma: self.gamma.as_ref().map(values),
            y: values(&y),
            grad: values(&grad),
        };
        let [x, weight, bias, gamma, beta, residual] =
            gradients.each_mut().map(Option::as_deref_mut);
        let to = kernel::Gradients { x, weight, bias, gamma, beta, residual };
        kernel::backward(Isa::best(), &self.saved, &seen, to);
        gradients
    }

    /// Their tensors, for Burn.
    fn shaped(
        &self,
        [x, weight, bias, gamma, beta, residual]: [Option<Buffer>; 6],
    ) -> [Option<FlexTensor>; 6] {
        let conv = &self.block.conv;
        let [height, width] = conv.size;
        let images = [conv.images, height, width, conv.channels];
        let weights = [conv.filters, conv.depth(), conv.kernel[0], conv.kernel[1]];
        let per_channel =
            |values: Option<Buffer>| values.map(|values| tensor(values, [conv.filters]));
        [
            x.map(|x| channels_first(x, images)),
            weight.map(|weight| tensor(weight, weights)),
            per_channel(bias),
            per_channel(gamma),
            per_channel(beta),
            residual.map(|residual| channels_first(residual, shape_of(&self.block))),
        ]
    }
}

impl Backward<Flex, 6> for ConvBackward {
    type State = State;

    fn backward(self, ops: Ops<State, 6>, grads: &mut Gradients, _: &mut Checkpointer) {
        let grad = grads.consume::<Flex>(&ops.node);
        let nodes = ops.parents.map(|node| node.map(|node| node.id));
        let state = ops.state;
        let found = state.backward(&grad, nodes.map(|node| node.is_some()));
        for (node, found) in nodes.into_iter().zip(state.shaped(found)) {
            if let Some((node, found)) = node.zip(found) {
                grads.register::<Flex>(node, found);
            }
        }
    }
}
