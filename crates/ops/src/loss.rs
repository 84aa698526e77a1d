//! Cross-entropy of logits.

use burn::backend::autodiff::checkpoint::base::Checkpointer;
use burn::backend::autodiff::checkpoint::strategy::CheckpointStrategy;
use burn::backend::autodiff::grads::Gradients;
use burn::backend::autodiff::ops::{Backward, Ops, OpsKind};
use burn::backend::flex::FlexTensor;
use burn::backend::tensor::{FloatTensor, IntTensor};
use burn::backend::{Autodiff, Backend, Dispatch, Flex, TensorMetadata, backend_extension};
use burn::nn::loss::CrossEntropyLossConfig;
use burn::tensor::{DType, Int, Tensor};
use fireassay_kernels::{Buffer, Isa, loss};
use fireassay_spec::Kernels;

use crate::kernels::fuse;
use crate::primitive::{contiguous, owned_tensor, tensor, values};

/// The mean over the batch of `-ln softmax(logits)[label]`, as a tensor of one value:
/// `logits [batch, classes]`, `labels [batch]`.
pub fn cross_entropy(kernels: Kernels, logits: Tensor<2>, labels: Tensor<1, Int>) -> Tensor<1> {
    if fuse(kernels, &logits.device()) {
        let (logits, labels) = (logits.into_dispatch(), labels.into_dispatch());
        return Tensor::from_dispatch(Dispatch::cross_entropy(logits, labels));
    }
    CrossEntropyLossConfig::new().init(&logits.device()).forward(logits, labels)
}

#[backend_extension(Flex, Autodiff)]
pub(crate) trait CrossEntropyOp: Backend {
    fn cross_entropy(logits: FloatTensor<Self>, labels: IntTensor<Self>) -> FloatTensor<Self>;
}

impl CrossEntropyOp for Flex {
    fn cross_entropy(logits: FlexTensor, labels: FlexTensor) -> FlexTensor {
        forward(&logits, &labels).0
    }
}

impl<C: CheckpointStrategy> CrossEntropyOp for Autodiff<Flex, C> {
    fn cross_entropy(logits: FloatTensor<Self>, labels: IntTensor<Self>) -> FloatTensor<Self> {
        let (logits, of_logits) = logits.into_parts();
        let (loss, gradient) = forward(&logits, &labels);
        match CrossEntropyBackward.prepare::<C>([of_logits]).compute_bound().stateful() {
            OpsKind::Tracked(prep) => {
                let shape = logits.shape().dims();
                prep.finish(State { gradient, shape }, loss)
            }
            OpsKind::UnTracked(prep) => prep.finish(loss),
        }
    }
}

#[derive(Debug)]
struct CrossEntropyBackward;

#[derive(Clone, Debug)]
struct State {
    gradient: Buffer,
    shape: [usize; 2],
}

impl Backward<Flex, 1> for CrossEntropyBackward {
    type State = State;

    fn backward(self, ops: Ops<State, 1>, grads: &mut Gradients, _: &mut Checkpointer) {
        let [of_logits] = ops.parents;
        let State { gradient, shape } = ops.state;
        let of_loss = values(&contiguous(&grads.consume::<Flex>(&ops.node)))[0];
        if let Some(node) = of_logits {
            let mut gradient = gradient;
            gradient.iter_mut().for_each(|slope| *slope *= of_loss);
            grads.register::<Flex>(node.id, tensor(gradient, shape));
        }
    }
}

/// The loss, and its gradient with respect to the logits.
fn forward(logits: &FlexTensor, labels: &FlexTensor) -> (FlexTensor, Buffer) {
    let (logits, labels) = (contiguous(logits), classes(&contiguous(labels)));
    let logits = values(&logits);
    let mut gradient = Buffer::stale(logits.len());
    let loss = loss::cross_entropy(Isa::best(), logits, &labels, &mut gradient);
    (owned_tensor(vec![loss], [1]), gradient)
}

fn classes(labels: &FlexTensor) -> Vec<usize> {
    let class = |label: i64| usize::try_from(label).expect("invariant: labels are classes");
    match labels.dtype() {
        DType::I32 => {
            let labels = labels.as_slice::<i32>().expect("invariant: made contiguous");
            labels.iter().map(|&label| class(i64::from(label))).collect()
        }
        _ => {
            let labels =
                labels.as_slice::<i64>().expect("invariant: integers of flex are 64 or 32 bits");
            labels.iter().map(|&label| class(label)).collect()
        }
    }
}

#[cfg(test)]
mod tests;
