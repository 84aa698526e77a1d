//! The mean squared error.

use burn::backend::autodiff::checkpoint::base::Checkpointer;
use burn::backend::autodiff::checkpoint::strategy::CheckpointStrategy;
use burn::backend::autodiff::grads::Gradients;
use burn::backend::autodiff::ops::{Backward, Ops, OpsKind};
use burn::backend::flex::FlexTensor;
use burn::backend::tensor::FloatTensor;
use burn::backend::{Autodiff, Backend, Dispatch, Flex, TensorMetadata, backend_extension};
use burn::tensor::{Shape, Tensor};
use fireassay_kernels::{Buffer, Isa, loss};
use fireassay_spec::Kernels;

use crate::kernels::fuse;
use crate::primitive::{contiguous, owned_tensor, tensor, values};

/// The mean over all values of `(found - target)^2`, as a tensor of one value. The shapes are equal.
/// The target gets no gradient.
pub fn squared_error<const D: usize>(
    kernels: Kernels,
    found: Tensor<D>,
    target: Tensor<D>,
) -> Tensor<1> {
    assert_eq!(found.dims(), target.dims(), "targets of another shape");
    let target = target.detach();
    if fuse(kernels, &found.device()) {
        let (found, target) = (found.into_dispatch(), target.into_dispatch());
        return Tensor::from_dispatch(Dispatch::squared_error(found, target));
    }
    let error = found - target;
    (error.clone() * error).mean()
}

#[backend_extension(Flex, Autodiff)]
pub(crate) trait SquaredErrorOp: Backend {
    fn squared_error(found: FloatTensor<Self>, target: FloatTensor<Self>) -> FloatTensor<Self>;
}

impl SquaredErrorOp for Flex {
    fn squared_error(found: FlexTensor, target: FlexTensor) -> FlexTensor {
        forward(&found, &target).0
    }
}

impl<C: CheckpointStrategy> SquaredErrorOp for Autodiff<Flex, C> {
    fn squared_error(found: FloatTensor<Self>, target: FloatTensor<Self>) -> FloatTensor<Self> {
        let (found, of_found) = found.into_parts();
        let (target, _) = target.into_parts();
        let (loss, gradient) = forward(&found, &target);
        match SquaredErrorBackward.prepare::<C>([of_found]).compute_bound().stateful() {
            OpsKind::Tracked(prep) => prep.finish(State { gradient, shape: found.shape() }, loss),
            OpsKind::UnTracked(prep) => prep.finish(loss),
        }
    }
}

#[derive(Debug)]
struct SquaredErrorBackward;

#[derive(Clone, Debug)]
struct State {
    gradient: Buffer,
    shape: Shape,
}

impl Backward<Flex, 1> for SquaredErrorBackward {
    type State = State;

    fn backward(self, ops: Ops<State, 1>, grads: &mut Gradients, _: &mut Checkpointer) {
        let [of_found] = ops.parents;
        let State { mut gradient, shape } = ops.state;
        let of_loss = values(&contiguous(&grads.consume::<Flex>(&ops.node)))[0];
        if let Some(node) = of_found {
            gradient.iter_mut().for_each(|slope| *slope *= of_loss);
            let count = gradient.len();
            grads.register::<Flex>(node.id, tensor(gradient, [count]).reshape(shape));
        }
    }
}

/// The loss, and its gradient with respect to what was found.
fn forward(found: &FlexTensor, target: &FlexTensor) -> (FlexTensor, Buffer) {
    let (found, target) = (contiguous(found), contiguous(target));
    let found = values(&found);
    let mut gradient = Buffer::stale(found.len());
    let loss = loss::squared_error(Isa::best(), found, values(&target), &mut gradient);
    (owned_tensor(vec![loss], [1]), gradient)
}

#[cfg(test)]
mod tests;
