//! `Optimizer`: an `OptimSpec` at work on a model.
//!
//! Where operations are fused the update rules are those of `fireassay-ops`, which clip and decay on
//! the way; elsewhere they are Burn's, with dampening 0 and the spec's own epsilon (Burn's defaults
//! are 0.1 and 1e-5), and around them stands what Burn lacks: clipping by the global norm (Burn clips
//! each tensor by itself) and decoupled decay for SGD. Rank-1 parameters can be exempt from decay.

use std::collections::{BTreeMap, BTreeSet};

use burn::lr_scheduler::constant::ConstantLr;
use burn::lr_scheduler::module_lr_scheduler::{ModuleLearningRate, ModuleLrScheduler};
use burn::module::{Module, ModuleMapper, ModuleVisitor, Param, ParamGroup, ParamId};
use burn::optim::decay::WeightDecayConfig;
use burn::optim::momentum::MomentumConfig;
use burn::optim::{AdamConfig, GradientsParams, ModuleOptimizer, SgdConfig};
use burn::tensor::Tensor;
use fireassay_finetune::{Origin, Regime};
use fireassay_kernels::update;
use fireassay_models::Classifier;
use fireassay_ops::{Adam, Scale, Sgd, fuse, squared_norm};
use fireassay_spec::{Algorithm, Anchor, ClipNorm, Decay, DecayExempt, OptimSpec};

use crate::anchor::AnchorPull;
use crate::state::{ParamFact, Tensors, param_facts};

/// An `OptimSpec` at work on a model.
pub struct Optimizer {
    pub(crate) rule: ModuleOptimizer,
    /// With the strength of the decay that what is decayed has.
    spec: OptimSpec,
    form: Form,
    /// Parameter id to what its learning rate is multiplied with, where that is not 1.
    rates: BTreeMap<u64, f64>,
    anchor: Option<AnchorPull>,
}

/// A phase of a regime, and the weights that the trial started from.
#[derive(Clone, Copy)]
pub struct Stage<'a> {
    /// What is trained when.
    pub regime: &'a Regime,
    /// Index of the phase.
    pub phase: usize,
    /// As at step 0.
    pub start: &'a Tensors,
}

/// Who clips and decays.
enum Form {
    /// Passes over gradients and parameters before the rule. The ids are those of the parameters
    /// that are decayed.
    Composed { decayed: BTreeSet<u64> },
    /// The rule itself, on the way: decay is a part of it, and this is what it scales gradients by.
    Fused(Scale),
}

impl Optimizer {
    /// Without state, as before the first update. All parameters alike.
    pub fn new(spec: &OptimSpec, model: &Classifier) -> Self {
        Self::of(spec, model, None)
    }

    /// Without state, as before the first update of a phase.
    pub fn of_phase(spec: &OptimSpec, model: &Classifier, stage: Stage<'_>) -> Self {
        Self::of(spec, model, Some(stage))
    }

    fn of(spec: &OptimSpec, model: &Classifier, stage: Option<Stage<'_>>) -> Self {
        let anchor = stage.map_or(Anchor::None, |stage| stage.regime.anchor);
        let is_anchored = |fact: &ParamFact| {
            let comes_from = stage.map(|stage| stage.regime.origin(&fact.path));
            anchor != Anchor::None && comes_from == Some(Origin::Source)
        };
        let facts = param_facts(model);
        let (decayed, exempt): (Vec<_>, Vec<_>) =
            facts.iter().cloned().partition(|fact| match spec.decay_exempt {
                DecayExempt::BiasAndNorm => fact.shape.len() > 1,
                DecayExempt::Nothing => true,
            });
        let (anchored, decayed): (Vec<_>, Vec<_>) = decayed.into_iter().partition(is_anchored);
        let exempt: Vec<_> = exempt.into_iter().chain(anchored.iter().cloned()).collect();
        let (spec, anchor) = match (anchor, stage) {
            (Anchor::L2Sp { alpha, beta }, Some(stage)) => {
                let anchored = anchored.iter().map(|fact| (fact.id, fact.path.as_str()));
                let device = model.devices().remove(0);
                let pull = AnchorPull::new(alpha, anchored, stage.start, &device);
                (OptimSpec { weight_decay: beta, ..spec.clone() }, Some(pull))
            }
            (Anchor::L2Sp { .. } | Anchor::None, _) => (spec.clone(), None),
        };
        let exempt =
            ParamGroup::from_ids(exempt.iter().map(|fact| ParamId::from(fact.id)).collect());
        let (rule, form) = if model.devices().iter().all(|device| fuse(model.kernels, device)) {
            let scale = Scale::default();
            (fused_rule(&spec, exempt, &scale), Form::Fused(scale))
        } else {
            let decayed = decayed.iter().map(|fact| fact.id).collect();
            (composed_rule(&spec, exempt), Form::Composed { decayed })
        };
        let rates = stage.map_or_else(BTreeMap::new, |stage| rates(stage, &facts));
        Self { rule, spec, form, rates, anchor }
    }

    /// One update: clip, decay, rule. `lr` is that of the head.
    pub fn step(&mut self, lr: f64, model: Classifier, grads: GradientsParams) -> Classifier {
        let (model, grads) = match &self.form {
            Form::Composed { decayed } => {
                let grads = self.clipped(&model, grads);
                let (model, grads) = self.pulled(lr, model, grads);
                (decay(&self.spec, decayed, &|id| lr * self.rate(id), model), grads)
            }
            // The rule would scale the pull of an anchor too.
            Form::Fused(_) if self.anchor.is_some() => {
                let grads = self.clipped(&model, grads);
                self.pulled(lr, model, grads)
            }
            Form::Fused(scale) => {
                if let ClipNorm::Max(max) = self.spec.clip_norm {
                    let mut norm = FusedNorm { grads: &grads, sum: 0.0 };
                    model.visit(&mut norm);
                    scale.set(clip_factor(norm.sum, max));
                }
                (model, grads)
            }
        };
        let lr = self.learning_rates(lr);
        self.rule.step(lr, model, grads)
    }

    fn clipped(&self, model: &Classifier, grads: GradientsParams) -> GradientsParams {
        match self.spec.clip_norm {
            ClipNorm::Off => grads,
            ClipNorm::Max(max) => clip_global_norm(model, grads, max),
        }
    }

    /// Drawn towards the source, as weight decay draws towards 0.
    fn pulled(
        &self,
        lr: f64,
        model: Classifier,
        grads: GradientsParams,
    ) -> (Classifier, GradientsParams) {
        match (&self.anchor, self.spec.decay) {
            (None, _) => (model, grads),
            (Some(anchor), Decay::Coupled) => {
                let grads = anchor.add_to(&model, grads);
                (model, grads)
            }
            (Some(anchor), Decay::Decoupled) => {
                (anchor.shrink(model, &|id| lr * self.rate(id)), grads)
            }
        }
    }

    /// What a parameter's learning rate is multiplied with.
    fn rate(&self, id: u64) -> f64 {
        self.rates.get(&id).copied().unwrap_or(1.0)
    }

    /// Burn takes several rates from a scheduler only.
    fn learning_rates(&self, lr: f64) -> ModuleLearningRate {
        if self.rates.is_empty() {
            return lr.into();
        }
        let mut groups: BTreeMap<u64, Vec<ParamId>> = BTreeMap::new();
        for (id, rate) in &self.rates {
            groups.entry(rate.to_bits()).or_default().push(ParamId::from(*id));
        }
        let constant = ConstantLr::from;
        let all = ModuleLrScheduler::new(constant(lr));
        let add = |all: ModuleLrScheduler, (rate, ids): (u64, Vec<ParamId>)| {
            all.with_group(ParamGroup::from_ids(ids), constant(lr * f64::from_bits(rate)))
        };
        groups.into_iter().fold(all, add).step()
    }
}

/// Of what is trained with another learning rate than the head's.
fn rates(Stage { regime, phase, .. }: Stage<'_>, facts: &[ParamFact]) -> BTreeMap<u64, f64> {
    let parts = &regime.phases[phase].parts;
    let rate = |fact: &ParamFact| (fact.id, parts[regime.part_of(&fact.path)].lr);
    let trained = facts.iter().filter(|fact| fact.trainable);
    trained.map(rate).filter(|(_, rate)| *rate != 1.0).collect()
}

/// Decoupled decay by itself.
fn decay(
    spec: &OptimSpec,
    only: &BTreeSet<u64>,
    lr: &dyn Fn(u64) -> f64,
    model: Classifier,
) -> Classifier {
    match spec.decay {
        Decay::Decoupled if spec.weight_decay > 0.0 => {
            model.map(&mut Shrink { decay: spec.weight_decay, lr, only })
        }
        Decay::Coupled | Decay::Decoupled => model,
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

/// The same rules, clipping and decay in one pass over each parameter.
fn fused_rule(spec: &OptimSpec, exempt: ParamGroup, scale: &Scale) -> ModuleOptimizer {
    let lr = 0.0; // it comes with each step
    let [of_weights, of_exempt] = match spec.decay {
        Decay::Coupled => [(spec.weight_decay, 0.0), (0.0, 0.0)],
        Decay::Decoupled => [(0.0, spec.weight_decay), (0.0, 0.0)],
    };
    match spec.algorithm {
        Algorithm::Sgd { momentum, nesterov } => {
            let rule = |(penalty, decay)| {
                let rule = update::Sgd { lr, momentum, nesterov, penalty, decay };
                Sgd { rule, scale: scale.clone() }
            };
            ModuleOptimizer::from(rule(of_weights)).with_group(exempt, rule(of_exempt), None)
        }
        Algorithm::Adam { beta1, beta2, epsilon } => {
            let rule = |(penalty, decay)| {
                let rule = update::Adam { lr, beta1, beta2, epsilon, penalty, decay };
                Adam { rule, scale: scale.clone() }
            };
            ModuleOptimizer::from(rule(of_weights)).with_group(exempt, rule(of_exempt), None)
        }
    }
}

/// The L2 penalty that is added to gradients, if any.
fn penalty(spec: &OptimSpec) -> Option<f64> {
    (spec.decay == Decay::Coupled && spec.weight_decay > 0.0).then_some(spec.weight_decay)
}

/// Multiplies parameters by a factor (Loshchilov & Hutter 2019, algorithm 1 and 2, line 9).
struct Shrink<'a> {
    decay: f64,
    lr: &'a dyn Fn(u64) -> f64,
    only: &'a BTreeSet<u64>,
}

impl ModuleMapper for Shrink<'_> {
    fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        let (id, tensor, mapper) = param.consume();
        if !self.only.contains(&id.val()) || !tensor.is_require_grad() {
            return Param::from_mapped_value(id, tensor, mapper);
        }
        // On the inner device: the product must not become part of a graph.
        let factor = 1.0 - (self.lr)(id.val()) * self.decay;
        let shrunk = Tensor::from_inner(tensor.inner().mul_scalar(factor)).require_grad();
        Param::from_mapped_value(id, shrunk, mapper)
    }
}

/// Scales all gradients by max / norm if their common L2 norm is above max (Pascanu et al. 2013).
fn clip_global_norm(model: &Classifier, grads: GradientsParams, max: f64) -> GradientsParams {
    let mut norm = ComposedNorm { grads: &grads, sum: 0.0 };
    model.visit(&mut norm);
    let factor = clip_factor(norm.sum, max);
    if factor == 1.0 {
        return grads;
    }
    let mut scale = ScaleGrads { grads, factor };
    model.visit(&mut scale);
    scale.grads
}

/// What gradients are multiplied with, of the sum of their squares. One that is not finite ends the
/// trial through its loss.
fn clip_factor(squares: f64, max: f64) -> f64 {
    let norm = squares.sqrt();
    if norm <= max || !norm.is_finite() { 1.0 } else { max / norm }
}

struct ComposedNorm<'a> {
    grads: &'a GradientsParams,
    sum: f64,
}

impl ModuleVisitor for ComposedNorm<'_> {
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        if let Some(grad) = self.grads.get::<D>(param.id) {
            let squares: f32 = (grad.clone() * grad).sum().into_scalar();
            self.sum += f64::from(squares);
        }
    }
}

struct FusedNorm<'a> {
    grads: &'a GradientsParams,
    sum: f64,
}

impl ModuleVisitor for FusedNorm<'_> {
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        if let Some(grad) = self.grads.get::<D>(param.id) {
            self.sum += squared_norm(grad);
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gradients_are_clipped_to_the_largest_norm_and_left_alone_below_it() {
        for (squares, factor) in
            [(0.0, 1.0), (0.25, 1.0), (1.0, 0.5), (16.0, 0.125), (f64::INFINITY, 1.0)]
        {
            assert_eq!(clip_factor(squares, 0.5), factor, "{squares}");
        }
        assert_eq!(clip_factor(f64::NAN, 0.5), 1.0);
    }
}
