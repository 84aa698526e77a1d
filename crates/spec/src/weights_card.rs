//! `WeightsCard`: a `datasets/<name>/weights.toml`, weights that somebody else has trained.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use serde_json::json;

use crate::id::canonical;
use crate::{FileCard, ModelSpec, Normalise};

/// All weights, by name.
pub type WeightsCards = BTreeMap<String, WeightsCard>;

/// What was trained on what, where the files came from, and what they must hash to.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct WeightsCard {
    /// Version of this format.
    pub schema: u32,
    /// Name of the folder.
    pub name: String,
    /// One line for people.
    pub title: String,
    /// SPDX name or short words.
    pub licence: String,
    /// Where the weights came from.
    pub source: String,
    /// What to cite, as text or BibTeX; empty when nothing is asked for.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub citation: String,
    /// Which network it is, in the words of its paper.
    pub architecture: String,
    /// The data that it has learnt from.
    pub trained_on: String,
    /// Shape of one input, `[channels, height, width]`.
    pub shape: Vec<usize>,
    /// How many classes it tells apart.
    pub num_classes: usize,
    /// What it was trained to be given: (raw / divisor - mean) / std, per channel.
    pub normalise: Normalise,
    /// What the tensors are called here; without it, as in the files.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub names: Option<TensorNames>,
    /// Every file, with what it must hash to.
    pub files: Vec<FileCard>,
}

/// How tensors of other programs get the names that they have here.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum TensorNames {
    /// Rules that stand in the program: `names = { preset = "resnet" }`.
    Preset(String),
    /// Pairs of patterns, there and here, and `"transposed"` where rows become columns:
    /// `[["fc.weight", "head.weight", "transposed"], ["layer{s+1}.*", "backbone.stages.{s}.*"]]`. The
    /// first that fits decides.
    Rules(Vec<Vec<String>>),
}

impl WeightsCard {
    /// Of which family the network is, by the name in `[base.model]`, where the names of its tensors say
    /// so.
    pub fn family(&self) -> Option<&str> {
        match &self.names {
            Some(TensorNames::Preset(name)) => {
                ModelSpec::FAMILIES.contains(&name.as_str()).then_some(name)
            }
            Some(TensorNames::Rules(_)) | None => None,
        }
    }

    /// blake3 of all in the card that can influence a result: inputs, classes, names, and what the
    /// files hash to. 64 hex digits.
    pub fn hash(&self) -> String {
        let mut files: Vec<&FileCard> = self.files.iter().collect();
        files.sort_by(|a, b| a.path.cmp(&b.path));
        let hashed = |file: &&FileCard| json!({ "path": file.path, "sha256": file.sha256 });
        let facts = json!({
            "schema": self.schema,
            "shape": self.shape,
            "num-classes": self.num_classes,
            "normalise": self.normalise,
            "names": self.names,
            "files": files.iter().map(hashed).collect::<Vec<_>>(),
        });
        blake3::hash(canonical(&facts).as_bytes()).to_hex().to_string()
    }
}
