//! Update rules as Burn's optimizers: one pass over each parameter, in place. For flex only.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use burn::backend::Flex;
use burn::backend::flex::FlexTensor;
use burn::optim::{
    AdamState, AdaptiveMomentumState, LearningRate, Optimizer, RecordState, StateSink, StateSource,
};
use burn::tensor::{Device, Tensor};
use fireassay_kernels::{Isa, update};

use crate::primitive::{contiguous, owned_tensor, values};

/// What all gradients of one step are multiplied with: 1, or what clipping by the global norm asks
/// for. Clones share it, so that whoever clips sets it for all rules at once.
#[derive(Clone, Debug)]
pub struct Scale(Arc<AtomicU64>);

impl Default for Scale {
    fn default() -> Self {
        Self(Arc::new(AtomicU64::new(1f64.to_bits())))
    }
}

impl Scale {
    /// For the steps that follow.
    pub fn set(&self, factor: f64) {
        self.0.store(factor.to_bits(), Ordering::Relaxed);
    }

    fn now(&self) -> f64 {
        f64::from_bits(self.0.load(Ordering::Relaxed))
    }
}

/// The sum of the squares of a gradient, in an order that its shape fixes. For flex only.
pub fn squared_norm<const D: usize>(grad: Tensor<D>) -> f64 {
    update::squared_norm(Isa::best(), values(&contiguous(&primitive(grad))))
}

/// Adam, with either form of weight decay. Its state is that of Burn's own.
#[derive(Clone, Debug)]
pub struct Adam {
    /// Everything but the learning rate, which comes with each step.
    pub rule: update::Adam,
    /// Of the gradients.
    pub scale: Scale,
}

/// Gradient descent, with momentum and either form of weight decay.
#[derive(Clone, Debug)]
pub struct Sgd {
    /// Everything but the learning rate, which comes with each step.
    pub rule: update::Sgd,
    /// Of the gradients.
    pub scale: Scale,
}

/// What gradient descent keeps of one parameter.
#[derive(Clone, Debug)]
pub struct SgdState<const D: usize> {
    /// None without momentum.
    pub velocity: Option<Tensor<D>>,
}

/// By hand, because Burn's derive works in its own crate only.
impl<const D: usize> RecordState for SgdState<D> {
    fn state_flatten(&self, prefix: &str, out: &mut StateSink) {
        if let Some(velocity) = &self.velocity {
            out.push_tensor(prefix, "velocity", velocity.to_data());
        }
    }

    fn state_unflatten(prefix: &str, src: &mut StateSource, device: &Device) -> Option<Self> {
        let velocity = src.take_tensor(prefix, "velocity");
        Some(Self { velocity: velocity.map(|velocity| Tensor::from_data(velocity, device)) })
    }
}

impl Optimizer for Adam {
    type State<const D: usize> = AdamState<D>;

    fn step<const D: usize>(
        &self,
        lr: LearningRate,
        param: Tensor<D>,
        grad: Tensor<D>,
        state: Option<AdamState<D>>,
    ) -> (Tensor<D>, Option<AdamState<D>>) {
        let grad = contiguous(&primitive(grad));
        let moments = match state {
            Some(AdamState { momentum }) => momentum,
            None => AdaptiveMomentumState::new(0, zeros(&grad), zeros(&grad)),
        };
        let AdaptiveMomentumState { time, moment_1, moment_2, max_moment_2 } = moments;
        let mut param = owned(param);
        let (mut first, mut second) = (owned(moment_1), owned(moment_2));
        let rule = update::Adam { lr, ..self.rule };
        let step = time as u64 + 1;
        update::adam(
            Isa::best(),
            rule,
            (step, self.scale.now()),
            (param.storage_mut(), values(&grad)),
            [first.storage_mut(), second.storage_mut()],
        );
        let moments = AdaptiveMomentumState {
            time: time + 1,
            moment_1: Tensor::from_primitive::<Flex>(first),
            moment_2: Tensor::from_primitive::<Flex>(second),
            max_moment_2,
        };
        (Tensor::from_primitive::<Flex>(param), Some(AdamState::new(moments)))
    }

    fn to_device<const D: usize>(mut state: AdamState<D>, device: &Device) -> AdamState<D> {
        state.momentum = state.momentum.to_device(device);
        state
    }
}

impl Optimizer for Sgd {
    type State<const D: usize> = SgdState<D>;

    fn step<const D: usize>(
        &self,
        lr: LearningRate,
        param: Tensor<D>,
        grad: Tensor<D>,
        state: Option<SgdState<D>>,
    ) -> (Tensor<D>, Option<SgdState<D>>) {
        let grad = contiguous(&primitive(grad));
        let rule = update::Sgd { lr, ..self.rule };
        let kept = state.and_then(|state| state.velocity);
        let mut velocity =
            (rule.momentum > 0.0).then(|| owned(kept.unwrap_or_else(|| zeros(&grad))));
        let mut param = owned(param);
        update::sgd(
            Isa::best(),
            rule,
            self.scale.now(),
            (param.storage_mut(), values(&grad)),
            velocity.as_mut().map(FlexTensor::storage_mut),
        );
        let velocity = velocity.map(Tensor::from_primitive::<Flex>);
        (Tensor::from_primitive::<Flex>(param), Some(SgdState { velocity }))
    }

    fn to_device<const D: usize>(mut state: SgdState<D>, device: &Device) -> SgdState<D> {
        state.velocity = state.velocity.map(|velocity| velocity.to_device(device));
        state
    }
}

fn primitive<const D: usize>(tensor: Tensor<D>) -> FlexTensor {
    tensor.try_into_primitive::<Flex>().expect("invariant: fused updates are chosen on flex only")
}

/// A tensor whose storage holds its values and no others, to be written to: without a copy where
/// nobody else holds it.
fn owned<const D: usize>(from: Tensor<D>) -> FlexTensor {
    let from = contiguous(&primitive(from));
    if from.bytes().len() == size_of_val(values(&from)) {
        return from;
    }
    let shape: [usize; D] = from.layout().shape().dims();
    owned_tensor(values(&from).to_vec(), shape)
}

fn zeros<const D: usize>(like: &FlexTensor) -> Tensor<D> {
    let shape: [usize; D] = like.layout().shape().dims();
    let len = shape.iter().product();
    Tensor::from_primitive::<Flex>(owned_tensor(vec![0.0; len], shape))
}
