//! `Phase::apply`: gradients and flags of a model switched as a phase wants them.

use burn::module::{Flag, Module, ModuleMapper, Param};
use burn::tensor::Tensor;

use crate::leaf::Kind;
use crate::{Phase, Regime, Statistics};

impl Regime {
    /// The model with gradients, batch norms and dropout switched as a phase says. What an earlier
    /// phase switched is switched anew; the values stay. On the device with autodiff.
    ///
    /// Every switch is set, none is left as it was: Burn's records hold none of them, and its
    /// `unfreeze` would set more than one wants.
    pub fn apply<M: Module>(&self, phase: &Phase, model: M) -> M {
        model.map(&mut Switch { regime: self, phase, path: Vec::new(), layers: Vec::new() })
    }
}

struct Switch<'a> {
    regime: &'a Regime,
    phase: &'a Phase,
    path: Vec<String>,
    layers: Vec<String>,
}

impl ModuleMapper for Switch<'_> {
    fn enter_module(&mut self, name: &str, container_type: &str) {
        self.path.push(name.to_owned());
        self.layers.push(container_type.to_owned());
    }

    fn exit_module(&mut self, _name: &str, _container_type: &str) {
        self.path.pop();
        self.layers.pop();
    }

    fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        let layer = self.layers.last().map_or("", String::as_str);
        let kind = Kind::of(layer, self.path.last().map_or("", String::as_str));
        if kind == Kind::Statistics {
            return param; // their layer moves them, and no gradient
        }
        let part = self.phase.parts[self.regime.part_of(&self.path.join("."))];
        param.set_require_grad(part.trains(kind))
    }

    fn map_flag(&mut self, flag: Param<Flag>) -> Param<Flag> {
        let part = self.phase.parts[self.regime.part_of(&self.path.join("."))];
        let layer = self.layers.last().map_or("", String::as_str);
        let is_on = match layer.strip_prefix("Struct:").unwrap_or(layer) {
            "BatchNorm" => part.batch_norm.statistics == Statistics::Batch,
            _ => part.dropout,
        };
        flag.with_value(is_on)
    }
}
