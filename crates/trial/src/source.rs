//! What a trial starts from: the selected weights of another run, or weights of somebody else.

use std::fs;
use std::path::Path;

use burn::tensor::Device;
use fireassay_data::Dataset;
use fireassay_spec::{SourceRef, Trial, TrialId};
use fireassay_tracking::{Outcome, RunDir, SourceFacts, open_weights};
use fireassay_trainer::digest::digest;
use fireassay_trainer::state::{Blob, Tensors};
use fireassay_trainer::{Source, SourceTask};
use miette::{IntoDiagnostic, miette};
use safetensors::Dtype;

use crate::args::{Machine, Run};
use crate::foreign;
use crate::run::open_dataset;

/// The weights, and what provenance says of them. None for a trial that draws its own.
pub(crate) fn read(
    args: &Run,
    run: &RunDir,
    trial: &Trial,
    (dataset, device): (&Dataset, &Device),
) -> miette::Result<Option<(Source, SourceFacts)>> {
    match &trial.source {
        None => Ok(None),
        Some(SourceRef::Trial(id)) => {
            let beside = run.path().parent().unwrap_or_else(|| Path::new("."));
            let folder = args.sources.as_deref().unwrap_or(beside);
            let source = find(folder, id, trial)?;
            let (found, facts) = of_run(&source, id, trial)?;
            let is_asked = trial.spec.finetune.as_ref().is_some_and(|spec| spec.forgetting);
            let task = is_asked.then(|| task(&args.machine, &source)).transpose()?;
            Ok(Some((Source { task, ..found }, facts)))
        }
        Some(SourceRef::Weights { name, hash }) => {
            let tensors = foreign::read(&args.machine, (name, hash), trial, (dataset, device))?;
            let facts = SourceFacts {
                of: SourceRef::Weights { name: name.clone(), hash: hash.clone() },
                state_digest: digest(&tensors),
                binary_hash: None,
            };
            Ok(Some((Source { tensors, task: None }, facts)))
        }
    }
}

/// The run of a trial among those of a folder: its name ends with the start of its id.
fn find(folder: &Path, id: &TrialId, target: &Trial) -> miette::Result<RunDir> {
    let end = format!(".{}", id.short());
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).into_diagnostic()?.flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        if name.ends_with(&end) && !name.starts_with('.') {
            found.push(entry.path());
        }
    }
    found.sort();
    let mut problem = None;
    for path in found {
        match RunDir::open(&path).and_then(|run| Ok((run.trial()?, run))) {
            Ok((trial, run)) if trial.id == *id => return Ok(run),
            Ok(_) => {}
            Err(error) => problem = Some(error),
        }
    }
    match problem {
        Some(error) => {
            Err(miette::Report::from_err(error).wrap_err("its pretraining cannot be read"))
        }
        None => Err(miette!(
            help = again(target),
            "its pretraining, trial {}, has no run in `{}`",
            id.short(),
            folder.display()
        )),
    }
}

/// The selected weights of a finished run, if they are those that its summary speaks of.
fn of_run(run: &RunDir, id: &TrialId, target: &Trial) -> miette::Result<(Source, SourceFacts)> {
    let name = run.path().file_name().unwrap_or_default().to_string_lossy().into_owned();
    let Some(summary) = run.summary().into_diagnostic()? else {
        return Err(miette!(help = again(target), "its pretraining `{name}` has no result yet"));
    };
    if let Outcome::Diverged { step, value } = &summary.outcome {
        return Err(miette!(
            help = "change `[base.init.pretrain]`: the same seed would diverge again",
            "its pretraining `{name}` diverged: {value} at step {step}"
        ));
    }
    let path = run.selected_weights();
    if !path.exists() {
        // Imported without weights, for example. It counts as finished, so nothing else makes them.
        return Err(miette!(
            help = set_aside(&name, target),
            "its pretraining `{name}` has a result, but its weights are not here"
        ));
    }
    let tensors = tensors(&path).map_err(|problem| {
        let what = format!("the weights of its pretraining `{name}` cannot be used");
        problem.wrap_err(format!("{what}: {}", set_aside(&name, target)))
    })?;
    let state_digest = digest(&tensors);
    if state_digest != summary.state_digest {
        return Err(miette!(
            help = set_aside(&name, target),
            "the weights of its pretraining `{name}` are not those that its summary speaks of"
        ));
    }
    let provenance = run.provenance().into_diagnostic()?;
    let facts = SourceFacts {
        of: SourceRef::Trial(id.clone()),
        state_digest,
        binary_hash: provenance.map(|provenance| provenance.binary_hash),
    };
    tracing::info!("starts from the selected weights of `{name}`, step {}", summary.selected_step);
    Ok((Source { tensors, task: None }, facts))
}

/// What the source was trained for, to see how much of it is forgotten.
fn task(machine: &Machine, run: &RunDir) -> miette::Result<SourceTask> {
    let trial = run.trial().into_diagnostic()?;
    let dataset = open_dataset(machine, &trial)?;
    let summary = run.summary().into_diagnostic()?;
    let metrics = summary.map(|summary| summary.metrics).unwrap_or_default();
    Ok(SourceTask { trial, dataset, metrics })
}

fn tensors(path: &Path) -> miette::Result<Tensors> {
    let bytes = fs::read(path)
        .map_err(|error| miette!("cannot read the weights `{}`: {error}", path.display()))?;
    let file = open_weights(path, &bytes).into_diagnostic()?;
    let blob = |(name, view): (String, safetensors::tensor::TensorView<'_>)| match view.dtype() {
        Dtype::F32 => {
            Ok((name, Blob { shape: view.shape().to_vec(), bytes: view.data().to_vec() }))
        }
        other => Err(miette!("`{}`: `{name}` is of {other:?}, not of F32", path.display())),
    };
    file.tensors().into_iter().map(blob).collect()
}

fn set_aside(name: &str, target: &Trial) -> String {
    format!("set `{name}` aside (a name that starts with a dot is), then {}", again(target))
}

fn again(target: &Trial) -> String {
    format!("cargo xtask ablation {} trains what is missing", target.experiment)
}
