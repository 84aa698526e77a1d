//! Norms with the activation behind them: of vectors `[batch, channels]` and of maps
//! `[batch, channels, height, width]`.

use burn::backend::autodiff::checkpoint::base::Checkpointer;
use burn::backend::autodiff::checkpoint::strategy::CheckpointStrategy;
use burn::backend::autodiff::grads::Gradients;
use burn::backend::autodiff::ops::{Backward, Ops, OpsKind};
use burn::backend::flex::FlexTensor;
use burn::backend::tensor::FloatTensor;
use burn::backend::{Autodiff, Backend, Dispatch, Flex, TensorMetadata, backend_extension};
use burn::nn::{BatchNorm, GroupNorm, LayerNorm};
use burn::tensor::{Shape, Tensor};
use fireassay_kernels::activation::Activation;
use fireassay_kernels::norm::{self as kernel, Affine, AffineGradient};
use fireassay_kernels::norm::{BatchStats, GroupSizes, GroupStats};
use fireassay_kernels::{Buffer, Isa};
use fireassay_spec::Kernels;

use crate::activation::activate;
use crate::kernels::fuse;
use crate::primitive::{contiguous, of_rows, rows, tensor, values};
use crate::running::{Slot, Statistics, move_running, running};

/// Over the batch, per channel (Ioffe & Szegedy 2015): `[batch, channels]` in and out. In training
/// the running statistics move. Of maps it is a part of [`crate::conv_block`].
pub fn batch_norm(
    kernels: Kernels,
    x: Tensor<2>,
    norm: &BatchNorm,
    activation: Activation,
) -> Tensor<2> {
    let device = x.device();
    let is_training = device.is_autodiff();
    // A norm that is frozen among layers in training needs a gradient through fixed statistics.
    if !fuse(kernels, &device) || (is_training && !norm.training.is_enabled()) {
        return activate(kernels, activation, norm.forward(x));
    }
    let slot = Slot::default();
    let over = if is_training { Over::Batch(slot.clone()) } else { Over::Running(running(norm)) };
    let by = By { over, epsilon: norm.epsilon, activation };
    let y = fused(x, (norm.gamma.val(), norm.beta.val()), by);
    if is_training {
        move_running(norm, slot.take());
    }
    y
}

/// Over all positions of a group of channels, per example (Wu & He 2018): the same shape in and out.
pub fn group_norm<const D: usize>(
    kernels: Kernels,
    x: Tensor<D>,
    norm: &GroupNorm,
    activation: Activation,
) -> Tensor<D> {
    match (&norm.gamma, &norm.beta) {
        (Some(gamma), Some(beta)) if fuse(kernels, &x.device()) => {
            let over = Over::Group(norm.num_groups);
            let by = By { over, epsilon: norm.epsilon, activation };
            fused(x, (gamma.val(), beta.val()), by)
        }
        _ => activate(kernels, activation, norm.forward(x)),
    }
}

/// Over all channels of a vector, per example (Ba et al. 2016): `[batch, channels]` in and out.
/// `epsilon` is the norm's own, which it keeps to itself.
pub fn layer_norm(
    kernels: Kernels,
    x: Tensor<2>,
    (norm, epsilon): (&LayerNorm, f64),
    activation: Activation,
) -> Tensor<2> {
    match &norm.beta {
        Some(beta) if fuse(kernels, &x.device()) => {
            let by = By { over: Over::Group(1), epsilon, activation };
            fused(x, (norm.gamma.val(), beta.val()), by)
        }
        _ => activate(kernels, activation, norm.forward(x)),
    }
}

/// What a norm does.
#[derive(Clone, Debug)]
pub(crate) struct By {
    over: Over,
    epsilon: f64,
    activation: Activation,
}

/// What it normalises by.
#[derive(Clone, Debug)]
enum Over {
    /// The statistics of the batch, which are put there.
    Batch(Slot),
    /// Those of this many groups of channels, for each example.
    Group(usize),
    /// Given ones.
    Running(Statistics),
}

fn fused<const D: usize>(x: Tensor<D>, affine: (Tensor<1>, Tensor<1>), by: By) -> Tensor<D> {
    let (gamma, beta) = (affine.0.into_dispatch(), affine.1.into_dispatch());
    Tensor::from_dispatch(Dispatch::norm(x.into_dispatch(), gamma, beta, by))
}

#[backend_extension(Flex, Autodiff)]
pub(crate) trait NormOp: Backend {
    fn norm(
        x: FloatTensor<Self>,
        gamma: FloatTensor<Self>,
        beta: FloatTensor<Self>,
        by: By,
    ) -> FloatTensor<Self>;
}

impl NormOp for Flex {
    fn norm(x: FlexTensor, gamma: FlexTensor, beta: FlexTensor, by: By) -> FlexTensor {
        Read::new(&x, &gamma, &beta).forward(&by).1
    }
}

impl<C: CheckpointStrategy> NormOp for Autodiff<Flex, C> {
    fn norm(
        x: FloatTensor<Self>,
        gamma: FloatTensor<Self>,
        beta: FloatTensor<Self>,
        by: By,
    ) -> FloatTensor<Self> {
        let (x, of_x) = x.into_parts();
        let (gamma, of_gamma) = gamma.into_parts();
        let (beta, of_beta) = beta.into_parts();
        let read = Read::new(&x, &gamma, &beta);
        let (saved, y) = read.forward(&by);
        let nodes = [of_x, of_gamma, of_beta];
        match NormBackward.prepare::<C>(nodes).compute_bound().stateful() {
            OpsKind::Tracked(prep) => prep.finish(State { read, by, saved }, y),
            OpsKind::UnTracked(prep) => prep.finish(y),
        }
    }
}

#[derive(Debug)]
struct NormBackward;

#[derive(Clone, Debug)]
struct State {
    read: Read,
    by: By,
    saved: Saved,
}

/// What the values were normalised with.
#[derive(Clone, Debug)]
enum Saved {
    Batch(BatchStats),
    Group(GroupSizes, GroupStats),
    /// An evaluation has no backward pass.
    Nothing,
}

impl Backward<Flex, 3> for NormBackward {
    type State = State;

    fn backward(self, ops: Ops<State, 3>, grads: &mut Gradients, _: &mut Checkpointer) {
        let State { read, by, saved } = ops.state;
        let grad = rows(&grads.consume::<Flex>(&ops.node));
        let affine = read.affine(&by);
        let (isa, channels) = (Isa::best(), affine.gamma.len());
        let mut dx = Buffer::stale(read.shape.num_elements());
        let (mut gamma, mut beta) = (Buffer::stale(channels), Buffer::stale(channels));
        let gradient = AffineGradient { gamma: &mut gamma, beta: &mut beta };
        let seen = (values(&read.x), values(&grad));
        match &saved {
            Saved::Batch(stats) => {
                kernel::batch_backward(isa, seen, (affine, stats), (&mut dx, gradient));
            }
            Saved::Group(sizes, stats) => {
                kernel::group_backward(isa, *sizes, seen, (affine, stats), (&mut dx, gradient));
            }
            Saved::Nothing => unreachable!("invariant: what evaluates tracks no gradient"),
        }
        let found = [of_rows(dx, &read.shape), tensor(gamma, [channels]), tensor(beta, [channels])];
        for (node, found) in ops.parents.into_iter().zip(found) {
            if let Some(node) = node {
                grads.register::<Flex>(node.id, found);
            }
        }
    }
}

/// What a norm reads.
#[derive(Clone, Debug)]
struct Read {
    /// In the order of [`rows`].
    x: FlexTensor,
    shape: Shape,
    gamma: FlexTensor,
    beta: FlexTensor,
}

impl Read {
    fn new(x: &FlexTensor, gamma: &FlexTensor, beta: &FlexTensor) -> Self {
        let (gamma, beta) = (contiguous(gamma), contiguous(beta));
        Self { x: rows(x), shape: x.shape(), gamma, beta }
    }

    fn affine(&self, by: &By) -> Affine<'_> {
        let (gamma, beta) = (values(&self.gamma), values(&self.beta));
        Affine { gamma, beta, epsilon: by.epsilon, activation: by.activation }
    }

    fn forward(&self, by: &By) -> (Saved, FlexTensor) {
        let (isa, x, affine) = (Isa::best(), values(&self.x), self.affine(by));
        let mut y = Buffer::stale(x.len());
        let saved = match &by.over {
            Over::Batch(slot) => {
                let stats = kernel::batch_forward(isa, x, affine, &mut y);
                slot.put([stats.mean.clone(), stats.variance.clone()]);
                Saved::Batch(stats)
            }
            Over::Group(groups) => {
                let sizes = self.sizes(*groups);
                Saved::Group(sizes, kernel::group_forward(isa, sizes, x, affine, &mut y))
            }
            Over::Running([mean, variance]) => {
                kernel::batch_inference(isa, x, affine, (mean, variance), &mut y);
                Saved::Nothing
            }
        };
        (saved, of_rows(y, &self.shape))
    }

    fn sizes(&self, groups: usize) -> GroupSizes {
        let (examples, channels) = (self.shape[0], self.shape[1]);
        let positions = self.shape.iter().skip(2).product();
        GroupSizes { examples, positions, channels, groups }
    }
}

#[cfg(test)]
mod tests;
