//! Operations of one tensor: their place in Burn's autodiff, once for all of them.

use burn::backend::autodiff::checkpoint::base::Checkpointer;
use burn::backend::autodiff::checkpoint::strategy::CheckpointStrategy;
use burn::backend::autodiff::grads::Gradients;
use burn::backend::autodiff::ops::{Backward, Ops, OpsKind};
use burn::backend::flex::FlexTensor;
use burn::backend::tensor::FloatTensor;
use burn::backend::{Autodiff, Backend, Dispatch, Flex, TensorMetadata, backend_extension};
use burn::tensor::{Shape, Tensor};
use fireassay_kernels::activation::Activation;
use fireassay_kernels::conv::Pool;
use fireassay_kernels::{Buffer, Isa, activation};

use crate::pool;
use crate::primitive::{of_rows, rows, values};
use crate::shortcut::{self, Shortcut};

/// One of them.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Single {
    /// Any shape.
    Activate(Activation),
    /// `[batch, channels, height, width]` to `[batch, channels]`.
    GlobalAverage,
    /// `[batch, channels, height, width]` to `[batch, channels, height', width']`.
    Pool(Pool),
    /// As a pool.
    Shortcut(Shortcut),
}

/// Fused; for flex only.
pub(crate) fn single<const D: usize, const E: usize>(op: Single, x: Tensor<D>) -> Tensor<E> {
    Tensor::from_dispatch(Dispatch::single(x.into_dispatch(), op))
}

impl Single {
    /// Of `x` in the order of [`rows`].
    fn forward(self, x: &[f32], shape: &Shape) -> (Buffer, Shape) {
        match self {
            Self::Activate(kind) => {
                let mut y = Buffer::stale(x.len());
                y.copy_from_slice(x);
                activation::activate(Isa::best(), kind, &mut y, None, None);
                (y, shape.clone())
            }
            Self::GlobalAverage => pool::global(x, shape.dims()),
            Self::Pool(kind) => pool::forward(kind, x, shape.dims()),
            Self::Shortcut(kind) => shortcut::forward(kind, x, shape.dims()),
        }
    }

    /// The gradient of `x`.
    fn backward(self, State { x, shape, y, .. }: &State, grad: &[f32]) -> Buffer {
        let mut to = Buffer::stale(shape.num_elements());
        match self {
            Self::Activate(kind) => {
                activation::gradient(Isa::best(), kind, (values(x), grad), &mut to);
            }
            Self::GlobalAverage => pool::global_backward(grad, shape.dims(), &mut to),
            Self::Pool(kind) => {
                pool::backward((kind, shape.dims()), [values(x), values(y), grad], &mut to);
            }
            Self::Shortcut(kind) => shortcut::backward(kind, grad, shape.dims(), &mut to),
        }
        to
    }
}

#[backend_extension(Flex, Autodiff)]
pub(crate) trait SingleOp: Backend {
    fn single(x: FloatTensor<Self>, op: Single) -> FloatTensor<Self>;
}

impl SingleOp for Flex {
    fn single(x: FlexTensor, op: Single) -> FlexTensor {
        let (y, shape) = op.forward(values(&rows(&x)), &x.shape());
        of_rows(y, &shape)
    }
}

impl<C: CheckpointStrategy> SingleOp for Autodiff<Flex, C> {
    fn single(x: FloatTensor<Self>, op: Single) -> FloatTensor<Self> {
        let (x, of_x) = x.into_parts();
        let (x, shape) = (rows(&x), x.shape());
        let (y, to_shape) = op.forward(values(&x), &shape);
        let y = of_rows(y, &to_shape);
        match SingleBackward.prepare::<C>([of_x]).compute_bound().stateful() {
            OpsKind::Tracked(prep) => {
                let state = State { op, x, shape, y: rows(&y) };
                prep.finish(state, y)
            }
            OpsKind::UnTracked(prep) => prep.finish(y),
        }
    }
}

#[derive(Debug)]
struct SingleBackward;

#[derive(Clone, Debug)]
struct State {
    op: Single,
    /// In the order of [`rows`].
    x: FlexTensor,
    shape: Shape,
    y: FlexTensor,
}

impl Backward<Flex, 1> for SingleBackward {
    type State = State;

    fn backward(self, ops: Ops<State, 1>, grads: &mut Gradients, _: &mut Checkpointer) {
        let [of_x] = ops.parents;
        let state = ops.state;
        let grad = rows(&grads.consume::<Flex>(&ops.node));
        if let Some(node) = of_x {
            let found = state.op.backward(&state, values(&grad));
            grads.register::<Flex>(node.id, of_rows(found, &state.shape));
        }
    }
}
