//! A model's tensors by path, in both directions.
//!
//! Burn's own records carry ids instead of paths, miss batch norm's last pending update and are
//! not canonical; a sorted view by path has none of these traps.

use std::collections::BTreeMap;

use burn::module::{Module, ModuleMapper, ModuleVisitor, Param};
use burn::tensor::{DType, Tensor, TensorData};

use crate::TrainError;

/// One f32 tensor.
#[derive(Clone, Debug, PartialEq)]
pub struct Blob {
    /// Of the tensor.
    pub shape: Vec<usize>,
    /// Little-endian f32.
    pub bytes: Vec<u8>,
}

/// Tensors by name.
pub type Tensors = BTreeMap<String, Blob>;

/// What is known of one parameter.
#[derive(Clone, Debug, PartialEq)]
pub struct ParamFact {
    /// Dotted path in the module.
    pub path: String,
    /// Burn's id, a hash of the path after `bind`.
    pub id: u64,
    /// Of the tensor.
    pub shape: Vec<usize>,
    /// Whether training may move it.
    pub trainable: bool,
}

/// Weights and running statistics.
pub fn model_state<M: Module>(model: &M) -> Result<Tensors, TrainError> {
    // Folds the pending batch-norm update into the value that a visitor sees.
    let _ = model.valid();
    let mut reader = Reader::default();
    model.visit(&mut reader);
    match reader.problem {
        Some(problem) => Err(TrainError::State(problem)),
        None => Ok(reader.tensors),
    }
}

/// The parameters of a model that lives on an autodiff device, in Burn's order.
pub fn param_facts<M: Module>(model: &M) -> Vec<ParamFact> {
    let mut facts = Facts::default();
    model.visit(&mut facts);
    facts.facts
}

/// A freshly built model with these tensors. Every tensor must fit and every one must be used.
///
/// Never call it on a model that has trained: a pending batch-norm update would undo it.
pub fn restore_model<M: Module>(fresh: M, from: &Tensors) -> Result<M, TrainError> {
    let mut writer = Writer { path: Vec::new(), from, used: 0, problems: Vec::new() };
    let model = fresh.map(&mut writer);
    if writer.used != from.len() {
        writer.problems.push(format!(
            "{} of {} tensors have no place",
            from.len() - writer.used,
            from.len()
        ));
    }
    if writer.problems.is_empty() {
        return Ok(model);
    }
    Err(TrainError::State(format!("weights do not fit the model: {}", writer.problems.join("; "))))
}

#[derive(Default)]
struct Reader {
    path: Vec<String>,
    tensors: Tensors,
    problem: Option<String>,
}

impl ModuleVisitor for Reader {
    fn enter_module(&mut self, name: &str, _container_type: &str) {
        self.path.push(name.to_owned());
    }

    fn exit_module(&mut self, _name: &str, _container_type: &str) {
        self.path.pop();
    }

    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        let path = self.path.join(".");
        let shape = param.val().dims().to_vec();
        let data = param.val().into_data();
        if data.dtype() != DType::F32 {
            self.problem = Some(format!("`{path}` is {:?}, expected f32", data.dtype()));
        }
        self.tensors.insert(path, Blob { shape, bytes: data.as_bytes().to_vec() });
    }
}

#[derive(Default)]
struct Facts {
    path: Vec<String>,
    facts: Vec<ParamFact>,
}

impl ModuleVisitor for Facts {
    fn enter_module(&mut self, name: &str, _container_type: &str) {
        self.path.push(name.to_owned());
    }

    fn exit_module(&mut self, _name: &str, _container_type: &str) {
        self.path.pop();
    }

    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        let value = param.val();
        self.facts.push(ParamFact {
            path: self.path.join("."),
            id: param.id.val(),
            shape: value.dims().to_vec(),
            trainable: value.is_require_grad(),
        });
    }
}

struct Writer<'a> {
    path: Vec<String>,
    from: &'a Tensors,
    used: usize,
    problems: Vec<String>,
}

impl ModuleMapper for Writer<'_> {
    fn enter_module(&mut self, name: &str, _container_type: &str) {
        self.path.push(name.to_owned());
    }

    fn exit_module(&mut self, _name: &str, _container_type: &str) {
        self.path.pop();
    }

    fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        let path = self.path.join(".");
        let (id, old, mapper) = param.consume();
        let shape = old.dims().to_vec();
        let new = match self.from.get(&path) {
            Some(blob) if blob.shape == shape => {
                self.used += 1;
                let data = TensorData::from_bytes_vec(blob.bytes.clone(), shape, DType::F32);
                Tensor::from_data(data, &old.device()).set_require_grad(old.is_require_grad())
            }
            Some(blob) => {
                self.used += 1;
                self.problems.push(format!("`{path}` is {:?}, expected {shape:?}", blob.shape));
                old
            }
            None => {
                self.problems.push(format!("`{path}` is missing"));
                old
            }
        };
        Param::from_mapped_value(id, new, mapper)
    }
}
