//! `WeightsCard`: a `datasets/<name>/weights.toml`, weights that somebody else has trained.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{FileCard, Normalise};

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
    /// Every file, with what it must hash to.
    pub files: Vec<FileCard>,
}
