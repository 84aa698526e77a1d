//! A dense layer: product, bias, activation and dropout.

use std::sync::Arc;

use burn::backend::autodiff::checkpoint::base::Checkpointer;
use burn::backend::autodiff::checkpoint::strategy::CheckpointStrategy;
use burn::backend::autodiff::grads::Gradients;
use burn::backend::autodiff::ops::{Backward, Ops, OpsKind};
use burn::backend::flex::FlexTensor;
use burn::backend::tensor::FloatTensor;
use burn::backend::{Autodiff, Backend, Dispatch, Flex, TensorMetadata, backend_extension};
use burn::tensor::{Tensor, TensorData, module};
use fireassay_kernels::activation::{self, Activation};
use fireassay_kernels::{Buffer, Isa, dense as kernel};
use fireassay_spec::Kernels;

use crate::activation::activate;
use crate::kernels::fuse;
use crate::primitive::{contiguous, tensor, values};

/// What comes behind the product.
#[derive(Clone, Debug)]
pub struct Dense {
    /// Of each output.
    pub activation: Activation,
    /// Multiplies each activated output: `[batch * outputs]` factors, as dropout draws them.
    pub mask: Option<Arc<Vec<f32>>>,
}

/// `mask * activation(x w + bias)`: `x [batch, inputs]`, `w [inputs, outputs]`, `bias [outputs]` to
/// `[batch, outputs]`.
pub fn dense(
    kernels: Kernels,
    x: Tensor<2>,
    (w, bias): (Tensor<2>, Tensor<1>),
    layer: Dense,
) -> Tensor<2> {
    if fuse(kernels, &x.device()) {
        let [x, w, bias] = [x.into_dispatch(), w.into_dispatch(), bias.into_dispatch()];
        return Tensor::from_dispatch(Dispatch::dense(x, w, bias, layer));
    }
    let device = x.device();
    let y = activate(kernels, layer.activation, module::linear(x, w, Some(bias))); // [batch, outputs]
    match layer.mask {
        None => y,
        Some(mask) => {
            let mask = TensorData::new(mask.to_vec(), y.shape());
            y * Tensor::from_data(mask, &device)
        }
    }
}

#[backend_extension(Flex, Autodiff)]
pub(crate) trait DenseOp: Backend {
    fn dense(
        x: FloatTensor<Self>,
        w: FloatTensor<Self>,
        bias: FloatTensor<Self>,
        layer: Dense,
    ) -> FloatTensor<Self>;
}

impl DenseOp for Flex {
    fn dense(x: FlexTensor, w: FlexTensor, bias: FlexTensor, layer: Dense) -> FlexTensor {
        forward(&contiguous(&x), &contiguous(&w), &contiguous(&bias), &layer, None)
    }
}

impl<C: CheckpointStrategy> DenseOp for Autodiff<Flex, C> {
    fn dense(
        x: FloatTensor<Self>,
        w: FloatTensor<Self>,
        bias: FloatTensor<Self>,
        layer: Dense,
    ) -> FloatTensor<Self> {
        let (x, of_x) = x.into_parts();
        let (w, of_w) = w.into_parts();
        let (bias, of_bias) = bias.into_parts();
        let (x, w, bias) = (contiguous(&x), contiguous(&w), contiguous(&bias));
        match DenseBackward.prepare::<C>([of_x, of_w, of_bias]).compute_bound().stateful() {
            OpsKind::Tracked(prep) => {
                let sizes = sizes(&x, &w);
                let trivial = layer.mask.is_none() && layer.activation == Activation::Identity;
                let mut slopes = (!trivial).then(|| Buffer::stale(sizes.examples * sizes.outputs));
                let out = forward(&x, &w, &bias, &layer, slopes.as_deref_mut());
                prep.finish(State { x, w, slopes, sizes }, out)
            }
            OpsKind::UnTracked(prep) => prep.finish(forward(&x, &w, &bias, &layer, None)),
        }
    }
}

#[derive(Debug)]
struct DenseBackward;

#[derive(Clone, Debug)]
struct State {
    x: FlexTensor,
    w: FlexTensor,
    /// What the gradient of the output is multiplied with; none where that is 1.
    slopes: Option<Buffer>,
    sizes: kernel::Dense,
}

impl Backward<Flex, 3> for DenseBackward {
    type State = State;

    fn backward(self, ops: Ops<State, 3>, grads: &mut Gradients, _: &mut Checkpointer) {
        let [of_x, of_w, of_bias] = ops.parents;
        let State { x, w, slopes, sizes } = ops.state;
        let gradient = contiguous(&grads.consume::<Flex>(&ops.node));
        let isa = Isa::best();
        let dz = slopes.map(|slopes| {
            let mut dz = Buffer::stale(slopes.len());
            activation::multiply(isa, values(&gradient), &slopes, &mut dz);
            dz
        });
        let dz = dz.as_deref().unwrap_or_else(|| values(&gradient));
        let kernel::Dense { examples, inputs, outputs } = sizes;
        if let Some(node) = of_x {
            let mut dx = Buffer::stale(examples * inputs);
            kernel::input_gradient(isa, sizes, dz, values(&w), &mut dx);
            grads.register::<Flex>(node.id, tensor(dx, [examples, inputs]));
        }
        if of_w.is_none() && of_bias.is_none() {
            return;
        }
        let (mut dw, mut db) = (Buffer::stale(inputs * outputs), Buffer::stale(outputs));
        kernel::weight_gradient(isa, sizes, (values(&x), dz), &mut dw, Some(&mut db));
        if let Some(node) = of_w {
            grads.register::<Flex>(node.id, tensor(dw, [inputs, outputs]));
        }
        if let Some(node) = of_bias {
            grads.register::<Flex>(node.id, tensor(db, [outputs]));
        }
    }
}

fn sizes(x: &FlexTensor, w: &FlexTensor) -> kernel::Dense {
    let [examples, inputs] = x.shape().dims();
    let [rows, outputs] = w.shape().dims();
    assert_eq!(rows, inputs, "weights for another number of inputs");
    kernel::Dense { examples, inputs, outputs }
}

fn forward(
    x: &FlexTensor,
    w: &FlexTensor,
    bias: &FlexTensor,
    layer: &Dense,
    slopes: Option<&mut [f32]>,
) -> FlexTensor {
    let (isa, sizes) = (Isa::best(), sizes(x, w));
    let mut out = Buffer::stale(sizes.examples * sizes.outputs);
    kernel::forward(isa, sizes, values(x), (values(w), Some(values(bias))), &mut out);
    let mask = layer.mask.as_ref().map(|mask| mask.as_slice());
    activation::activate(isa, layer.activation, &mut out, mask, slopes);
    tensor(out, [sizes.examples, sizes.outputs])
}

#[cfg(test)]
mod tests;
