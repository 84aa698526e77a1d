//! `Optimizer`: an `OptimSpec` at work on a model.
//!
//! Where operations are fused the update rules are those of `fireassay-ops`; elsewhere they are
//! Burn's, with dampening 0 and the spec's own epsilon (Burn's defaults are 0.1 and 1e-5). Around
//! them stands what Burn lacks: clipping by the global norm (Burn clips each
//! tensor by itself), exemption of rank-1 parameters from decay, and decoupled decay for SGD.

use std::collections::BTreeSet;

use burn::module::{Module, ModuleMapper, ModuleVisitor, Param, ParamGroup, ParamId};
use burn::optim::decay::WeightDecayConfig;
use burn::optim::momentum::MomentumConfig;
use burn::optim::{AdamConfig, GradientsParams, ModuleOptimizer, SgdConfig};
use burn::tensor::Tensor;
use fireassay_kernels::update;
use fireassay_models::Classifier;
use fireassay_ops::{Adam, Sgd, fuse};
use fireassay_spec::{Algorithm, ClipNorm, Decay, DecayExempt, OptimSpec};

use crate::state::param_facts;

/// An `OptimSpec` at work on a model.
pub struct Optimizer {
    pub(crate) rule: ModuleOptimizer,
    spec: OptimSpec,
    /// Ids of the parameters that are decayed.
    decayed: BTreeSet<u64>,
}

impl Optimizer {
    /// Without state, as before the first update.
    pub fn new(spec: &OptimSpec, model: &Classifier) -> Self {
        let (decayed, exempt): (Vec<_>, Vec<_>) =
            param_facts(model).into_iter().partition(|fact| match spec.decay_exempt {
                DecayExempt::BiasAndNorm => fact.shape.len() > 1,
                DecayExempt::Nothing => true,
            });
        let exempt =
            ParamGroup::from_ids(exempt.iter().map(|fact| ParamId::from(fact.id)).collect());
        let fused = model.devices().iter().all(|device| fuse(model.kernels, device));
        let rule = if fused { fused_rule(spec, exempt) } else { composed_rule(spec, exempt) };
        let decayed = decayed.iter().map(|fact| fact.id).collect();
        Self { rule, spec: spec.clone(), decayed }
    }

    /// One update: clip, decay, rule.
    pub fn step(&mut self, lr: f64, model: Classifier, grads: GradientsParams) -> Classifier {
        let grads = match self.spec.clip_norm {
            ClipNorm::Off => grads,
            ClipNorm::Max(max) => clip_global_norm(&model, grads, max),
        };
        let decoupled = self.spec.decay == Decay::Decoupled && self.spec.weight_decay > 0.0;
        let model = if decoupled {
            let factor = 1.0 - lr * self.spec.weight_decay;
            model.map(&mut Shrink { factor, only: &self.decayed })
        } else {
            model
        };
        self.rule.step(lr, model, grads)
    }
}

/// Burn's rules. What is exempt from weight decay forms a group of its own.
fn composed_rule(spec: &OptimSpec, exempt: ParamGroup) -> ModuleOptimizer {
    let penalty = penalty(spec).map(|penalty| WeightDecayConfig::new(penalty as f32));
    match spec.algorithm {
        Algorithm::Sgd { momentum, nesterov } => {
            let velocity = MomentumConfig { momentum, dampening: 0.0, nesterov };
            let config = SgdConfig::new().with_momentum((momentum > 0.0).then_some(velocity));
            let plain = config.build();
            ModuleOptimizer::from(config.with_weight_decay(penalty).build())
                .with_group(exempt, plain, None)
        }
        Algorithm::Adam { beta1, beta2, epsilon } => {
            let config = AdamConfig::new()
                .with_beta_1(beta1 as f32)
                .with_beta_2(beta2 as f32)
                .with_epsilon(epsilon as f32);
            let plain = config.build();
            ModuleOptimizer::from(config.with_weight_decay(penalty).build())
                .with_group(exempt, plain, None)
        }
    }
}

/// The same rules in one pass over each parameter.
fn fused_rule(spec: &OptimSpec, exempt: ParamGroup) -> ModuleOptimizer {
    let (lr, decay) = (0.0, 0.0); // lr comes with each step; decoupled decay is `Shrink`
    let of_weights = penalty(spec).unwrap_or(0.0);
    match spec.algorithm {
        Algorithm::Sgd { momentum, nesterov } => {
            let rule =
                |penalty| Sgd { rule: update::Sgd { lr, momentum, nesterov, penalty, decay } };
            ModuleOptimizer::from(rule(of_weights)).with_group(exempt, rule(0.0), None)
        }
        Algorithm::Adam { beta1, beta2, epsilon } => {
            let rule = |penalty| {
                let rule = update::Adam { lr, beta1, beta2, epsilon, penalty, decay };
                Adam { rule }
            };
            ModuleOptimizer::from(rule(of_weights)).with_group(exempt, rule(0.0), None)
        }
    }
}

/// The L2 penalty that is added to gradients, if any.
fn penalty(spec: &OptimSpec) -> Option<f64> {
    (spec.decay == Decay::Coupled && spec.weight_decay > 0.0).then_some(spec.weight_decay)
}

/// Multiplies parameters by a factor (Loshchilov & Hutter 2019, algorithm 1 and 2, line 9).
struct Shrink<'a> {
    factor: f64,
    only: &'a BTreeSet<u64>,
}

impl ModuleMapper for Shrink<'_> {
    fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        let (id, tensor, mapper) = param.consume();
        if !self.only.contains(&id.val()) || !tensor.is_require_grad() {
            return Param::from_mapped_value(id, tensor, mapper);
        }
        // On the inner device: the product must not become part of a graph.
        let shrunk = Tensor::from_inner(tensor.inner().mul_scalar(self.factor)).require_grad();
        Param::from_mapped_value(id, shrunk, mapper)
    }
}

/// Scales all gradients by max / norm if their common L2 norm is above max (Pascanu et al. 2013).
fn clip_global_norm(model: &Classifier, grads: GradientsParams, max: f64) -> GradientsParams {
    let mut norm = SquaredNorm { grads: &grads, sum: 0.0 };
    model.visit(&mut norm);
    let norm = norm.sum.sqrt();
    if norm <= max || !norm.is_finite() {
        return grads; // a non-finite gradient ends the trial through its loss
    }
    let mut scale = ScaleGrads { grads, factor: max / norm };
    model.visit(&mut scale);
    scale.grads
}

struct SquaredNorm<'a> {
    grads: &'a GradientsParams,
    sum: f64,
}

impl ModuleVisitor for SquaredNorm<'_> {
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        if let Some(grad) = self.grads.get::<D>(param.id) {
            let squares: f32 = (grad.clone() * grad).sum().into_scalar();
            self.sum += f64::from(squares);
        }
    }
}

struct ScaleGrads {
    grads: GradientsParams,
    factor: f64,
}

impl ModuleVisitor for ScaleGrads {
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        if let Some(grad) = self.grads.remove::<D>(param.id) {
            self.grads.register(param.id, grad.mul_scalar(self.factor));
        }
    }
}
