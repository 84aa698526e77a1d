//! The weights that a trial starts from: drawn, those of a source, or 0, as its regime says.

use burn::tensor::Device;
use fireassay_data::Dataset;
use fireassay_finetune::{Origin, Regime, leaves};
use fireassay_models::Classifier;
use fireassay_spec::{Trial, path_key};

use crate::TrainError;
use crate::forgetting::SourceTask;
use crate::setup::fresh_model;
use crate::state::{Blob, Tensors, model_state, restore_model};

/// Weights of somebody else, or of the trial that trained them.
#[derive(Clone, Debug)]
pub struct Source {
    /// By the names that the tensors of the trial's own model have.
    pub tensors: Tensors,
    /// What trained them, where that is a trial and it is asked what fine-tuning forgets.
    pub task: Option<SourceTask>,
}

/// A freshly built model with its first weights.
///
/// # Errors
///
/// If the regime has a source and there is none; or if the source lacks a tensor, has one in another
/// shape or one that the model has no use for. All of them are told at once.
pub fn start_from(
    fresh: Classifier,
    regime: &Regime,
    source: Option<&Source>,
) -> Result<Classifier, TrainError> {
    if !regime.has_source() {
        return Ok(fresh);
    }
    let Some(Source { tensors: theirs, .. }) = source else {
        return Err(TrainError::Source(
            "the trial starts from a source, and none was given".into(),
        ));
    };
    let mut tensors = model_state(&fresh)?;
    let mut problems = Vec::new();
    for (path, own) in &mut tensors {
        match (regime.origin(path), theirs.get(path)) {
            (Origin::Drawn, _) => {}
            (Origin::Zero, _) => own.bytes.fill(0),
            (Origin::Source, Some(blob)) if blob.shape == own.shape => *own = blob.clone(),
            (Origin::Source, Some(Blob { shape, .. })) => {
                problems.push(format!("`{path}` is {shape:?}, the model's is {:?}", own.shape));
            }
            (Origin::Source, None) => problems.push(format!("`{path}` is missing")),
        }
    }
    let is_unknown = |path: &&String| !tensors.contains_key(*path) && !regime.leaves_out(path);
    problems.extend(theirs.keys().filter(is_unknown).map(|path| format!("`{path}` is not known")));
    if problems.is_empty() {
        return restore_model(fresh, &tensors);
    }
    Err(TrainError::Source(problems.join("; ")))
}

/// What stands for the source of a trial where only its making matters and there may be no source yet:
/// drawn weights that no trial starts from. None where the trial needs none.
pub fn stand_in(
    trial: &Trial,
    dataset: &Dataset,
    device: &Device,
) -> Result<Option<Source>, TrainError> {
    let is_needed = trial.spec.finetune.as_ref().is_some_and(|spec| spec.regime.has_source());
    if !is_needed {
        return Ok(None);
    }
    let mut source = trial.clone();
    source.spec.finetune = None;
    source.spec.streams.init = Some(path_key(&format!("stand-in of {:?}", trial.spec.init)));
    let dataset = dataset.of_classes(&trial.spec.data)?;
    let tensors = model_state(&fresh_model(&source, &dataset, device).0)?;
    Ok(Some(Source { tensors, task: None }))
}

/// The error if a tensor that no phase moves is not as it was at the start, to the bit.
pub fn check_frozen(
    model: &Classifier,
    regime: &Regime,
    start: &Tensors,
    ends: &[&Tensors],
) -> Result<(), TrainError> {
    let has_moved = |path: &String| ends.iter().any(|end| start.get(path) != end.get(path));
    let frozen = leaves(model).into_iter().filter(|leaf| !regime.moves(leaf));
    match frozen.map(|leaf| leaf.path).find(has_moved) {
        None => Ok(()),
        Some(path) => Err(TrainError::State(format!("`{path}` is frozen and has changed (a bug)"))),
    }
}
