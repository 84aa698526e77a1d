//! `TrialId`: what makes two trials the same.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::{Kernels, SCHEMA, SourceRef, TrialSpec};

/// blake3 of the canonical spec, seed, dataset hash, form of the kernels, source and schema version;
/// 64 hex digits.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct TrialId(String);

impl TrialId {
    /// The identity of a trial whose first weights are drawn; [`crate::Trial::content_id`] is that of
    /// any. Two trials with equal ids train to the same bits with the same code.
    pub fn new(spec: &TrialSpec, seed: u64, dataset_hash: &str, kernels: Kernels) -> Self {
        Identity::new(spec, dataset_hash, kernels).at(seed, None)
    }

    /// The first eight digits, for names.
    pub fn short(&self) -> &str {
        self.0.get(..8).unwrap_or(&self.0)
    }
}

/// All of a trial's identity but its seed and its source, so that many seeds cost one serialisation.
pub(crate) struct Identity {
    before_seed: String,
    spec: String,
}

impl Identity {
    pub(crate) fn new(spec: &TrialSpec, dataset_hash: &str, kernels: Kernels) -> Self {
        // Keys in sorted order, as `canonical` would write the whole. Nothing is said of kernels that
        // are off: trials from before there were any keep their ids.
        let kernels = match kernels {
            Kernels::Off => "",
            Kernels::On => "\"kernels\":\"on\",",
        };
        Self {
            before_seed: format!(
                "{{\"dataset-hash\":{},{kernels}\"schema\":{SCHEMA},\"seed\":",
                canonical(&dataset_hash)
            ),
            spec: canonical(spec),
        }
    }

    pub(crate) fn at(&self, seed: u64, source: Option<&SourceRef>) -> TrialId {
        // As with kernels: drawn weights are not named.
        let source =
            source.map_or_else(String::new, |source| format!("\"source\":{},", canonical(source)));
        let text = format!("{}{seed},{source}\"spec\":{}}}", self.before_seed, self.spec);
        TrialId(blake3::hash(text.as_bytes()).to_hex().to_string())
    }
}

/// The one text that stands for a value: JSON without spaces, keys sorted.
pub(crate) fn canonical<T: Serialize>(value: &T) -> String {
    let mut value = serde_json::to_value(value)
        .expect("invariant: the types of this crate have text keys and finite numbers");
    // A dependency elsewhere may have switched on insertion order for the whole build.
    value.sort_all_objects();
    value.to_string()
}

impl fmt::Display for TrialId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
