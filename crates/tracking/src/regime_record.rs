//! `regime.json`: what was trained when, and what each part started from.

use serde::{Deserialize, Serialize};

/// A pure function of the trial; written before its first step, and only if it is fine-tuned.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct RegimeRecord {
    /// Version of this format.
    pub schema: u32,
    /// The resolved regime, as `fireassay-finetune` has it.
    pub regime: serde_json::Value,
    /// Every tensor of the model, by its path.
    pub tensors: Vec<TensorRecord>,
    /// The head that was solved for, once it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub solved: Option<SolvedHead>,
}

/// A head that was solved for at several strengths of decay.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct SolvedHead {
    /// The one that was chosen.
    pub strength: f64,
    /// All, from the strongest to the weakest.
    pub tried: Vec<f64>,
    /// Of each of them.
    pub val_accuracy: Vec<f64>,
    /// The end of the list that was chosen: a longer one might hold a better strength.
    pub edge: Option<String>,
    /// Of the search, if it was one.
    pub iterations: Option<u64>,
    /// Whether it came to an optimum.
    pub converged: bool,
}

/// A tensor of the model.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct TensorRecord {
    /// Dotted path.
    pub path: String,
    /// Its shape.
    pub shape: Vec<usize>,
    /// The part that it belongs to: a block or the head.
    pub part: String,
    /// Whether gradients move it, per phase. Running statistics are never moved by gradients.
    pub trained: Vec<bool>,
}
