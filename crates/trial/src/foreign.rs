//! Weights of somebody else: found as datasets are, checked against their card, named as here.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use burn::tensor::Device;
use fireassay_data::{Dataset, Roots};
use fireassay_spec::{FileCard, ModelSpec, Normalise, SourceRef, TensorNames, Trial, WeightsCard};
use fireassay_trainer::start::stand_in;
use fireassay_trainer::state::{Blob, Tensors};
use fireassay_weights::{Layout, Preset, Remap, Rule, WeightsFile, fit, parse};
use miette::{IntoDiagnostic, Report, miette};
use sha2::{Digest, Sha256};

use crate::args::Machine;

/// The head: it is made anew where the classes are others, and what a file has for it is not used.
const HEAD: &str = "head.*";

/// The inputs of a trial that starts from weights of somebody else are those that these were trained
/// to be given: their mean and standard deviation, on the scale that the dataset's divisor gives.
pub(crate) fn inputs(
    machine: &Machine,
    trial: &Trial,
    dataset: &Normalise,
) -> miette::Result<Option<Normalise>> {
    let Some(SourceRef::Weights { name, hash }) = &trial.source else { return Ok(None) };
    let Normalise { mean, std, .. } = card(machine, (name, hash), trial)?.normalise;
    Ok(Some(Normalise { divisor: dataset.divisor, mean, std }))
}

/// The tensors, by the names that they have in the trial's own model.
pub(crate) fn read(
    machine: &Machine,
    (name, hash): (&str, &str),
    trial: &Trial,
    (dataset, device): (&Dataset, &Device),
) -> miette::Result<Tensors> {
    let card = card(machine, (name, hash), trial)?;
    let file = file(machine, &card)?;
    let model = stand_in(trial, dataset, device).into_diagnostic()?;
    let model = model.map(|model| model.tensors).unwrap_or_default();
    let shapes: BTreeMap<String, Vec<usize>> =
        model.iter().map(|(name, blob)| (name.clone(), blob.shape.clone())).collect();
    let classes = shapes.get("head.bias").and_then(|shape| shape.first());
    let fresh: &[&str] = if classes == Some(&card.num_classes) { &[] } else { &[HEAD] };
    let fitted =
        fit(file.tensors, &remap(&card, &trial.spec.model)?, &shapes, fresh).into_diagnostic()?;
    let fitted = fitted.strict().map_err(|unfit| {
        Report::from_err(unfit).wrap_err(format!(
            "weights `{name}`: `names` in datasets/{name}/weights.toml says what their tensors are \
             called here"
        ))
    })?;
    tracing::info!("starts from weights `{name}`: {}, trained on {}", card.title, card.trained_on);
    let bytes = |values: &[f32]| values.iter().flat_map(|value| value.to_le_bytes()).collect();
    // Without the head of another number of classes: it is drawn or 0, as `finetune.head` says.
    let tensors = fitted.into_iter().map(|(name, loaded)| {
        let (shape, bytes) = (loaded.tensor.shape, bytes(&loaded.tensor.values));
        (name, Blob { shape, bytes })
    });
    Ok(tensors.collect())
}

fn card(
    machine: &Machine,
    (name, hash): (&str, &str),
    trial: &Trial,
) -> miette::Result<WeightsCard> {
    let card = WeightsCard::load(&machine.datasets.join(name).join("weights.toml"))?;
    if card.hash() == hash {
        return Ok(card);
    }
    Err(miette!(
        help = format!("plan again: cargo xtask ablation {}", trial.experiment),
        "weights `{name}` are not those this trial was planned for (their card has changed)"
    ))
}

/// The one file that holds the tensors, if all files are those of the card.
fn file(machine: &Machine, card: &WeightsCard) -> miette::Result<WeightsFile> {
    let Machine { datasets, data_dir, .. } = machine;
    let roots = Roots { datasets: datasets.clone(), fetched: data_dir.clone() };
    let folder = roots.folder_of(card).map_err(|error| {
        let help = format!("cargo xtask data fetch {}", card.name);
        miette!(help = help, "the weights are not here: {error}")
    })?;
    let [file] = card.files.as_slice() else {
        return Err(miette!("weights `{}` have more than one file; one can be read", card.name));
    };
    let path = folder.join(&file.path);
    let bytes = checked(&path, file)?;
    parse(&path, &bytes, None).into_diagnostic()
}

fn checked(path: &Path, file: &FileCard) -> miette::Result<Vec<u8>> {
    let bytes =
        fs::read(path).map_err(|error| miette!("cannot read `{}`: {error}", path.display()))?;
    let found: String = Sha256::digest(&bytes).iter().map(|byte| format!("{byte:02x}")).collect();
    if found == file.sha256 {
        return Ok(bytes);
    }
    Err(miette!(
        "`{}` has sha256 {found}, its card says {}; fetch it again",
        path.display(),
        file.sha256
    ))
}

/// The rules of the card. Names do not tell which kind a norm is; the model does.
fn remap(card: &WeightsCard, model: &ModelSpec) -> miette::Result<Remap> {
    match &card.names {
        None => Ok(Remap::default()),
        Some(TensorNames::Preset(name)) => match Preset::find(name) {
            Some(preset) if preset.name == model.family() => Ok(Preset::of_model(model)),
            Some(preset) => Ok(preset.remap()),
            None => {
                let known: Vec<&str> = fireassay_weights::PRESETS.iter().map(|p| p.name).collect();
                Err(miette!(
                    "weights `{}`: there is no preset `{name}` of names; presets are {}",
                    card.name,
                    known.join(", ")
                ))
            }
        },
        Some(TensorNames::Rules(rules)) => {
            let rule = |rule: &Vec<String>| match rule.as_slice() {
                [from, to, rest @ ..] => {
                    let layout = if rest.is_empty() { Layout::Same } else { Layout::Transposed };
                    Rule::parse(from, to, layout).into_diagnostic()
                }
                _ => Err(miette!("weights `{}`: a rule has two patterns", card.name)),
            };
            Ok(Remap { rules: rules.iter().map(rule).collect::<miette::Result<_>>()? })
        }
    }
}
