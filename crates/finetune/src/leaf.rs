//! `Leaf`: a tensor of a model, and what it is for.

use burn::module::{Module, ModuleVisitor, Param};
use burn::tensor::Tensor;

/// A tensor of a model.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Leaf {
    /// Dotted path in the module.
    pub path: String,
    /// What it is for.
    pub kind: Kind,
    /// Its shape.
    pub shape: Vec<usize>,
}

/// What a tensor is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Of a linear, convolution or recurrent layer.
    Weight,
    /// Of such a layer.
    Bias,
    /// Scale or shift of a batch norm.
    BatchAffine,
    /// Scale or shift of another norm.
    Affine,
    /// Running mean or variance of a batch norm.
    Statistics,
}

/// Every tensor, in Burn's order.
pub fn leaves<M: Module>(model: &M) -> Vec<Leaf> {
    let mut walk = Walk::default();
    model.visit(&mut walk);
    walk.leaves
}

impl Leaf {
    /// Numbers that it holds.
    pub fn values(&self) -> usize {
        self.shape.iter().product()
    }
}

impl Kind {
    /// `layer` is the type of the module that holds the tensor, `name` the tensor's field.
    pub(crate) fn of(layer: &str, name: &str) -> Self {
        let layer = layer.strip_prefix("Struct:").unwrap_or(layer);
        match (layer, name) {
            ("BatchNorm", "gamma" | "beta") => Self::BatchAffine,
            ("BatchNorm", _) => Self::Statistics,
            ("GroupNorm" | "LayerNorm", _) => Self::Affine,
            (_, name) if name.starts_with("bias") => Self::Bias,
            (_, _) => Self::Weight,
        }
    }
}

#[derive(Default)]
struct Walk {
    path: Vec<String>,
    layers: Vec<String>,
    leaves: Vec<Leaf>,
}

impl ModuleVisitor for Walk {
    fn enter_module(&mut self, name: &str, container_type: &str) {
        self.path.push(name.to_owned());
        self.layers.push(container_type.to_owned());
    }

    fn exit_module(&mut self, _name: &str, _container_type: &str) {
        self.path.pop();
        self.layers.pop();
    }

    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        let layer = self.layers.last().map_or("", String::as_str);
        let name = self.path.last().map_or("", String::as_str);
        self.leaves.push(Leaf {
            path: self.path.join("."),
            kind: Kind::of(layer, name),
            shape: param.val().dims().to_vec(),
        });
    }
}
