//! Optimizer state by parameter path, in both directions.
//!
//! Burn keys it by parameter id and drops silently what it cannot rebuild; here a name is
//! `path/field`, and what was loaded is read back and compared.

use std::collections::BTreeMap;

use burn::optim::{ModuleOptimizer, OptimizerRecord};
use burn::tensor::{Bytes, DType};
use burn_pack::{Scalar, Tensor, Writer};
use fireassay_models::Classifier;

use crate::TrainError;
use crate::optim::Optimizer;
use crate::state::{Blob, ParamFact, Tensors, param_facts};

/// Scalars by name.
pub type Scalars = BTreeMap<String, Scalar>;

/// Moments and counters of every parameter that has been updated.
pub fn optim_state(
    optim: &Optimizer,
    model: &Classifier,
) -> Result<(Tensors, Scalars), TrainError> {
    read(&optim.rule, &param_facts(model))
}

/// A new optimizer with this state. Every entry must belong to a parameter, and every trainable
/// parameter must have state, unless there is none at all.
pub fn restore_optim(
    mut optim: Optimizer,
    model: &Classifier,
    tensors: &Tensors,
    scalars: &Scalars,
) -> Result<Optimizer, TrainError> {
    let facts = param_facts(model);
    let record = record(&facts, tensors, scalars)?;
    optim.rule = optim.rule.load_record(record);
    if read(&optim.rule, &facts)? != (tensors.clone(), scalars.clone()) {
        return Err(TrainError::State("optimizer state was not restored in full".into()));
    }
    let without = |fact: &&ParamFact| {
        fact.trainable && !scalars.contains_key(&format!("{}/__rank", fact.path))
    };
    match facts.iter().find(without) {
        Some(fact) if !scalars.is_empty() => {
            Err(TrainError::State(format!("`{}` has no optimizer state", fact.path)))
        }
        _ => Ok(optim),
    }
}

fn read(rule: &ModuleOptimizer, facts: &[ParamFact]) -> Result<(Tensors, Scalars), TrainError> {
    let bytes = rule.to_record().into_bytes().map_err(state_error)?;
    let reader = burn_pack::Reader::from_bytes(bytes).map_err(state_error)?;
    let mut scalars = Scalars::new();
    for (name, value) in reader.scalars() {
        scalars.insert(to_path(name, facts)?, *value);
    }
    let mut tensors = Tensors::new();
    for tensor in reader.into_tensors().map_err(state_error)? {
        let (name, dtype, shape, _, bytes) = tensor.into_parts().map_err(state_error)?;
        if dtype != DType::F32 {
            return Err(TrainError::State(format!("optimizer state `{name}` is not f32")));
        }
        let blob = Blob { shape: shape.to_vec(), bytes: bytes.to_vec() };
        tensors.insert(to_path(&name, facts)?, blob);
    }
    Ok((tensors, scalars))
}

/// `id.field` to `path/field`.
fn to_path(name: &str, facts: &[ParamFact]) -> Result<String, TrainError> {
    let found = name.split_once('.').and_then(|(id, field)| {
        let id: u64 = id.parse().ok()?;
        let fact = facts.iter().find(|fact| fact.id == id)?;
        Some(format!("{}/{field}", fact.path))
    });
    found.ok_or_else(|| TrainError::State(format!("optimizer state `{name}` has no parameter")))
}

fn record(
    facts: &[ParamFact],
    tensors: &Tensors,
    scalars: &Scalars,
) -> Result<OptimizerRecord, TrainError> {
    let to_id = |name: &str| {
        let found = name.split_once('/').and_then(|(path, field)| {
            let fact = facts.iter().find(|fact| fact.path == path)?;
            Some((fact, format!("{}.{field}", fact.id)))
        });
        found.ok_or_else(|| TrainError::State(format!("optimizer state `{name}` has no parameter")))
    };
    let mut packed = Vec::new();
    for (name, blob) in tensors {
        let (fact, name) = to_id(name)?;
        let bytes = Bytes::from_bytes_vec(blob.bytes.clone());
        packed.push(Tensor::new(name, DType::F32, blob.shape.clone(), Some(fact.id), bytes));
    }
    let mut writer = Writer::new(packed);
    for (name, value) in scalars {
        let (fact, name) = to_id(name)?;
        writer = writer.with_scalar(&name, *value).with_metadata(&fact.id.to_string(), &fact.path);
    }
    let bytes = writer.into_bytes().map_err(state_error)?;
    OptimizerRecord::from_bytes(bytes).map_err(state_error)
}

fn state_error(error: impl std::fmt::Display) -> TrainError {
    TrainError::State(format!("optimizer state: {error}"))
}
