//! `AnchorPull`: L2-SP at work (Li et al. 2018, equation 3): the penalty alpha/2 |w - source|^2 on
//! every weight that comes from the source. Its other half, beta/2 |w|^2 on what does not, is ordinary
//! weight decay. What is exempt from decay is exempt from both.

use std::collections::BTreeMap;

use burn::module::{Module, ModuleMapper, ModuleVisitor, Param};
use burn::optim::GradientsParams;
use burn::tensor::{DType, Device, Tensor, TensorData};
use fireassay_models::Classifier;

use crate::state::Tensors;

/// The penalty, for the parameters that it is on.
pub(crate) struct AnchorPull {
    alpha: f64,
    /// Parameter id to the source's values, flat.
    source: BTreeMap<u64, Tensor<1>>,
}

impl AnchorPull {
    /// `anchored` are ids and paths; `start` holds the source's values.
    pub(crate) fn new<'a>(
        alpha: f64,
        anchored: impl Iterator<Item = (u64, &'a str)>,
        start: &Tensors,
        device: &Device,
    ) -> Self {
        let device = device.clone().inner();
        let value = |(id, path): (u64, &str)| {
            let blob = start.get(path)?;
            let values = blob.shape.iter().product::<usize>();
            let data = TensorData::from_bytes_vec(blob.bytes.clone(), [values], DType::F32);
            Some((id, Tensor::from_data(data, &device)))
        };
        Self { alpha, source: anchored.filter_map(value).collect() }
    }

    /// Its gradient alpha (w - source), added to that of the loss.
    pub(crate) fn add_to(&self, model: &Classifier, grads: GradientsParams) -> GradientsParams {
        let mut adding = Adding { pull: self, grads };
        model.visit(&mut adding);
        adding.grads
    }

    /// w moves towards the source by lr alpha (w - source); `lr` is that of a parameter.
    pub(crate) fn shrink(&self, model: Classifier, lr: &dyn Fn(u64) -> f64) -> Classifier {
        model.map(&mut Shrinking { pull: self, lr })
    }

    /// alpha (w - source).
    fn of<const D: usize>(&self, id: u64, value: Tensor<D>) -> Option<Tensor<D>> {
        let source = self.source.get(&id)?.clone().reshape(value.dims());
        Some((value - source).mul_scalar(self.alpha))
    }
}

struct Adding<'a> {
    pull: &'a AnchorPull,
    grads: GradientsParams,
}

impl ModuleVisitor for Adding<'_> {
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        let Some(grad) = self.grads.remove::<D>(param.id) else { return };
        let pull = self.pull.of(param.id.val(), param.val().inner());
        let grad = pull.map_or_else(|| grad.clone(), |pull| grad.clone() + pull);
        self.grads.register(param.id, grad);
    }
}

struct Shrinking<'a> {
    pull: &'a AnchorPull,
    lr: &'a dyn Fn(u64) -> f64,
}

impl ModuleMapper for Shrinking<'_> {
    fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        let (id, tensor, mapper) = param.consume();
        if !tensor.is_require_grad() {
            return Param::from_mapped_value(id, tensor, mapper);
        }
        // On the inner device: the difference must not become part of a graph.
        let value = tensor.clone().inner();
        let moved = match self.pull.of(id.val(), value.clone()) {
            Some(pull) => {
                let lr = (self.lr)(id.val());
                Tensor::from_inner(value - pull.mul_scalar(lr)).require_grad()
            }
            None => tensor,
        };
        Param::from_mapped_value(id, moved, mapper)
    }
}
