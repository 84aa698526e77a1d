//! Whether a trial can start from its source: the trial that trains it, or weights of somebody else.

use super::{Problem, Problems};
use crate::{Cards, DatasetCard, TrialSpec, WeightsCard, suggest};

/// Where the spec of a pretraining stands in that of its target.
const PRETRAIN: &str = "init.pretrain";

impl TrialSpec {
    /// All that is wrong with what this spec starts from; empty if it draws its weights. What is wrong
    /// with the spec itself is told by [`TrialSpec::problems`].
    pub fn source_problems(&self, cards: &Cards) -> Vec<Problem> {
        let mut found = Problems::default();
        if !self.init.is_random() && self.finetune.is_none() {
            found.add_with_help(
                "init",
                "the file says what a trial starts from, not what becomes of it".to_owned(),
                "[base.finetune] with regime = \"full\" trains all of it behind a new head; the \
                 other regimes stand in README.md",
            );
        }
        // Whatever is wrong with the target's own dataset is told elsewhere.
        if let Some(target) = cards.get(&self.data.dataset) {
            self.check_pretraining(target, cards, &mut found);
            self.check_weights(target, cards, &mut found);
        }
        found.0
    }

    fn check_pretraining(&self, target: &DatasetCard, cards: &Cards, found: &mut Problems) {
        let Some(source) = self.pretraining() else { return };
        let name = &source.data.dataset;
        let key = format!("{PRETRAIN}.data.dataset");
        let Some(card) = cards.get(name) else {
            let names: Vec<&String> = cards.datasets.keys().collect();
            let help = suggest::help(name, "datasets", &names);
            return found.add_with_help(&key, format!("unknown dataset `{name}`"), help);
        };
        if card.modality() != target.modality() || card.shape != target.shape {
            let message = format!(
                "the source cannot be trained on `{name}`: its inputs are {}, those of `{}` {}",
                inputs(card),
                target.name,
                inputs(target),
            );
            let help = "a network is carried over only to inputs of the same kind and shape";
            return found.add_with_help(&key, message, help);
        }
        let is_on_its_own = source.data == self.data;
        for problem in source.problems(card) {
            let Problem { key, message, help } = problem;
            let (section, _) = key.split_once('.').unwrap_or((&key, ""));
            let (key, message) = match section {
                // The network is the target's: its own problems are told there.
                "model" if self.model_has(&message, target) => continue,
                "model" => (key, format!("as the source on `{name}`: {message}")),
                "data" if is_on_its_own => continue,
                _ => {
                    let own = format!("{PRETRAIN}.{key}");
                    (own.clone(), message.replace(&format!("`{key}`"), &format!("`{own}`")))
                }
            };
            found.0.push(Problem { key, message, help });
        }
    }

    fn model_has(&self, message: &str, card: &DatasetCard) -> bool {
        self.problems(card).iter().any(|own| own.message == message)
    }

    fn check_weights(&self, target: &DatasetCard, cards: &Cards, found: &mut Problems) {
        const KEY: &str = "init.weights";
        let Some(name) = self.weights() else { return };
        let Some(card) = cards.weights.get(name) else {
            let names: Vec<&String> = cards.weights.keys().collect();
            let message = format!("unknown weights `{name}`");
            let help = match cards.datasets.contains_key(name) {
                true => format!(
                    "`{name}` is a dataset: init = {{ pretrain = {{ .. }} }} trains a source on it"
                ),
                false => format!(
                    "no folder in datasets/ has this name and a weights.toml; {}",
                    suggest::help(name, "weights", &names)
                ),
            };
            return found.add_with_help(KEY, message, help);
        };
        if card.shape != target.shape {
            let message = format!(
                "weights `{name}` take inputs of shape {:?}, dataset `{}` has {}",
                card.shape,
                target.name,
                inputs(target),
            );
            let help = "a network is carried over only to inputs of the same shape";
            found.add_with_help(KEY, message, help);
        }
        self.check_family(card, found);
    }

    /// Names say of which family a network is, where they are those of a preset.
    fn check_family(&self, card: &WeightsCard, found: &mut Problems) {
        let Some(family) = card.family() else { return };
        let own = self.model.family();
        if family != own {
            let message =
                format!("weights `{}` are of a {family}, the model is a {own}", card.name);
            let help = format!("take a {family} for `model`, or other weights");
            found.add_with_help("init.weights", message, help);
        }
    }
}

/// `images of shape [3, 32, 32]`.
fn inputs(card: &DatasetCard) -> String {
    let kind = match card.modality() {
        crate::Modality::Image => "images",
        crate::Modality::Table => "rows of a table",
        crate::Modality::Sequence => "sequences",
        crate::Modality::TextPair => "text pairs",
    };
    format!("{kind} of shape {:?}", card.shape)
}
