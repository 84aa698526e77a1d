//! What stands beside exported weights: a text for people, and a card for trials.

use fireassay_spec::{
    DatasetCard, FileCard, MetricName, NOT_STATED, Normalise, SCHEMA, TensorNames, WeightsCard,
};
use fireassay_weights::ModelCard;

use super::{Exported, FILE};
use crate::ui::{Answer, Exit, OrRefuse, Refusal};

/// Both texts.
pub(super) struct Texts {
    pub(super) readme: String,
    pub(super) card: String,
}

/// For the bytes of the weights.
pub(super) fn of(exported: &Exported<'_>, card: &DatasetCard, weights: &[u8]) -> Answer<Texts> {
    let classes = exported.trial.spec.data.class_names(card);
    Ok(Texts {
        readme: readme(exported, card, &classes),
        card: weights_card(exported, card, classes.len(), weights)?,
    })
}

fn readme(exported: &Exported<'_>, card: &DatasetCard, classes: &[String]) -> String {
    let (trial, summary) = (exported.trial, exported.summary);
    let model = toml::to_string(&trial.spec.model).unwrap_or_default();
    let names = match exported.preset {
        Some(preset) => format!("Names are those of {}.", preset.about),
        None => "Names are those of Fireassay's modules.".to_owned(),
    };
    let Normalise { divisor, mean, std } = &card.normalise;
    let value = |name: &MetricName, value: &f64| {
        [name.to_string(), value.to_string(), format!("{}, one run", card.title)]
    };
    let pair = |name: &str, value: String| (name.to_owned(), value);
    ModelCard {
        title: format!("{} on {}", trial.spec.model.family(), card.title),
        licence: String::new(),
        file: FILE.to_owned(),
        summary: format!(
            "A network that was trained in the experiment `{}`, condition `{}`, seed {}. {names}\n\n\
             ```toml\n{model}```",
            trial.experiment, trial.condition, trial.seed
        ),
        inputs: format!(
            "Shape {:?}. Each raw value is divided by {divisor}; then, per channel, the mean \
             {mean:?} is subtracted and the result divided by {std:?}.",
            card.shape
        ),
        classes: classes.to_vec(),
        datasets: vec![trial.spec.data.dataset.clone()],
        training: vec![
            pair("seed", trial.seed.to_string()),
            pair("updates", summary.steps.to_string()),
            pair("weights of update", summary.selected_step.to_string()),
            pair("parameters", summary.params.to_string()),
        ],
        results: summary.metrics.iter().map(|(name, number)| value(name, number)).collect(),
        provenance: vec![
            pair("run", exported.run_name.clone()),
            pair("trial", trial.id.to_string()),
            pair("dataset card", trial.dataset_hash.clone()),
            pair("weights", summary.state_digest.clone()),
            pair("program", exported.binary_hash.clone().unwrap_or_else(|| NOT_STATED.to_owned())),
        ],
        limits: String::new(),
        citation: String::new(),
    }
    .markdown(&exported.tensors)
}

/// A `weights.toml`, so that the folder can be put among the datasets.
fn weights_card(
    exported: &Exported<'_>,
    card: &DatasetCard,
    num_classes: usize,
    weights: &[u8],
) -> Answer<String> {
    let trial = exported.trial;
    let hash = sha256(weights);
    let file = FileCard {
        path: FILE.to_owned(),
        sha256: hash,
        bytes: Some(u64::try_from(weights.len()).or_refuse(Exit::Bug)?),
        ..FileCard::default()
    };
    let names = exported.preset.map(|preset| TensorNames::Preset(preset.name.to_owned()));
    let text = toml::to_string(&WeightsCard {
        schema: SCHEMA,
        name: exported.name.clone(),
        title: format!("{} on {}", trial.spec.model.family(), card.title),
        licence: NOT_STATED.to_owned(),
        source: format!("trial {} of the experiment {}", trial.id, trial.experiment),
        citation: String::new(),
        architecture: format!("{}, as in README.md", trial.spec.model.family()),
        trained_on: card.title.clone(),
        shape: card.shape.clone(),
        num_classes,
        normalise: card.normalise.clone(),
        names,
        files: vec![file],
    })
    .or_refuse(Exit::Bug)?;
    // Whoever puts the folder among the datasets should not find out then.
    WeightsCard::parse("weights.toml", &text)
        .map_err(|errors| Refusal::from_diagnostic(Exit::Usage, errors))?;
    Ok(text)
}

fn sha256(bytes: &[u8]) -> String {
    use sha2::{Digest, Sha256};
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}
