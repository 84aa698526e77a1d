//! `cargo xtask export`: the weights of a finished run, for others to use.

mod args;
mod texts;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use fireassay_spec::Trial;
use fireassay_tracking::{
    Outcome, RunDir, Summary, TensorBytes, open_weights, state_digest, write_atomic,
};
use fireassay_weights::{Layout, Number, Preset, Remap, Tensor, to_safetensors};
use safetensors::tensor::{Dtype, TensorView};

use crate::catalogue;
use crate::runs;
use crate::ui::{self, Answer, Exit, OrRefuse, Refusal, bytes, plural};
use crate::workspace::Workspace;

pub(crate) use args::{EXPORT_EXAMPLES, ExportArgs, ExportFormat};

/// The weights, in every folder.
const FILE: &str = "model.safetensors";

/// A finished run that is exported.
struct Exported<'a> {
    /// Name of the folder, and of the weights.
    name: String,
    /// Name of the run directory.
    run_name: String,
    trial: &'a Trial,
    summary: &'a Summary,
    /// The program that made it, if the run says so.
    binary_hash: Option<String>,
    /// Whose names the tensors have; none for those that they have here.
    preset: Option<&'static Preset>,
    tensors: BTreeMap<String, Tensor>,
}

/// Runs the command.
pub(crate) fn run(args: &ExportArgs, workspace: &Workspace) -> Answer {
    let path = runs::locate(&args.run, workspace)?;
    let refuse = |error| Refusal::from_diagnostic(Exit::Usage, error);
    let run = RunDir::open(&path).map_err(refuse)?;
    let (trial, summary) = (run.trial().map_err(refuse)?, run.summary().map_err(refuse)?);
    let run_name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let summary = finished(&run_name, &trial, summary)?;
    let own = tensors(&run, &run_name, &summary)?;
    let preset = Preset::find(trial.spec.model.family());
    let back = preset.map(|preset| preset.remap().inverse()).unwrap_or_default();
    let out = match &args.out {
        Some(out) => out.clone(),
        // As a folder in `datasets/` may be called.
        None => workspace.root.join("exports").join(run_name.replace(['=', '+'], "-")),
    };
    let name = out.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let provenance = run.provenance().map_err(refuse)?;
    let exported = Exported {
        name,
        run_name,
        trial: &trial,
        summary: &summary,
        binary_hash: provenance.map(|provenance| provenance.binary_hash),
        preset,
        tensors: renamed(own, &back)?,
    };
    let ExportFormat::Safetensors = args.to;
    let size = write(&exported, workspace, &out)?;
    let (folder, count) = (workspace.short(&out), plural(exported.tensors.len(), "tensor"));
    ui::answer(&format!("{count} in {} ({})\n", folder.display(), bytes(size)))?;
    Ok(Exit::Ok)
}

/// The summary, if there are weights that it speaks of.
fn finished(name: &str, trial: &Trial, summary: Option<Summary>) -> Answer<Summary> {
    let experiment = &trial.experiment;
    match summary {
        None => {
            let message = format!("`{name}` is not finished: it has no weights to export yet");
            Err(Refusal::new(Exit::Usage, message, &format!("cargo xtask ablation {experiment}")))
        }
        Some(Summary { outcome: Outcome::Diverged { step, value }, .. }) => {
            let message = format!("`{name}` diverged ({value} at step {step}): nobody wants these");
            Err(Refusal::new(Exit::Usage, message, &format!("cargo xtask runs list {experiment}")))
        }
        Some(summary) => Ok(summary),
    }
}

/// The selected weights, if they are those of the summary.
fn tensors(run: &RunDir, name: &str, summary: &Summary) -> Answer<BTreeMap<String, Tensor>> {
    let path = run.selected_weights();
    let bytes = fs::read(&path).map_err(|error| {
        let message = format!("cannot read the weights of `{name}`: {error}");
        Refusal::new(Exit::Usage, message, "import the runs with their weights, or run it again")
    })?;
    let file = open_weights(&path, &bytes)
        .map_err(|error| Refusal::from_diagnostic(Exit::CheckFailed, error))?;
    let views: BTreeMap<String, TensorView<'_>> = file.tensors().into_iter().collect();
    let digest = state_digest(
        &views
            .iter()
            .map(|(name, view)| {
                (name.as_str(), TensorBytes { shape: view.shape(), bytes: view.data() })
            })
            .collect(),
    );
    let are_floats = views.values().all(|view| view.dtype() == Dtype::F32);
    if digest != summary.state_digest || !are_floats {
        let message = format!("the weights of `{name}` are not those that its summary speaks of");
        return Err(Refusal::new(Exit::CheckFailed, message, "cargo xtask runs verify says more"));
    }
    let value = |bytes: &[u8; 4]| f32::from_le_bytes(*bytes);
    let tensor = |(name, view): (String, TensorView<'_>)| {
        let (values, _) = view.data().as_chunks();
        let (shape, values) = (view.shape().to_vec(), values.iter().map(value).collect());
        (name, Tensor { shape, values, stored: Number::F32 })
    };
    Ok(views.into_iter().map(tensor).collect())
}

/// By the names of the other side. A linear layer is stored the other way round there.
fn renamed(own: BTreeMap<String, Tensor>, back: &Remap) -> Answer<BTreeMap<String, Tensor>> {
    let mut renamed = BTreeMap::new();
    for (name, tensor) in own {
        let (new, layout) = back.apply(&name).unwrap_or((name, Layout::Same));
        let tensor = layout.of(tensor);
        if renamed.insert(new.clone(), tensor).is_some() {
            let message = format!("two tensors would be called `{new}`");
            return Err(Refusal::new(Exit::Bug, message, ""));
        }
    }
    Ok(renamed)
}

/// The size of the weights in bytes.
fn write(exported: &Exported<'_>, workspace: &Workspace, out: &Path) -> Answer<u64> {
    let cards = catalogue::cards(workspace)?;
    let dataset = &exported.trial.spec.data.dataset;
    let Some(card) = cards.get(dataset) else {
        let message = format!("dataset `{dataset}`, on which it was trained, is not known here");
        return Err(Refusal::new(Exit::Usage, message, "its inputs and classes stand in its card"));
    };
    let metadata = BTreeMap::from([("format".to_owned(), "pt".to_owned())]);
    let weights = to_safetensors(&exported.tensors, &metadata);
    let texts = texts::of(exported, card, &weights)?;
    let cannot = |path: &Path, error: &std::io::Error| {
        Refusal::new(Exit::Usage, format!("cannot write `{}`: {error}", path.display()), "")
    };
    fs::create_dir_all(out).map_err(|error| cannot(out, &error))?;
    let files: [(PathBuf, &[u8]); 3] = [
        (out.join(FILE), &weights),
        (out.join("README.md"), texts.readme.as_bytes()),
        (out.join("weights.toml"), texts.card.as_bytes()),
    ];
    for (path, content) in files {
        write_atomic(&path, content).map_err(|error| cannot(&path, &error))?;
    }
    u64::try_from(weights.len()).or_refuse(Exit::Bug)
}
