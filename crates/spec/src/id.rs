//! `TrialId`: what makes two trials the same.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::{SCHEMA, TrialSpec};

/// blake3 of the canonical spec, seed, dataset hash and schema version; 64 hex digits.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct TrialId(String);

impl TrialId {
    /// The identity of a trial. Two trials with equal ids train to the same bits with the same
    /// code.
    pub fn new(spec: &TrialSpec, seed: u64, dataset_hash: &str) -> Self {
        // `Value` keeps its keys sorted, so the text is canonical.
        let value = serde_json::json!({
            "schema": SCHEMA, "spec": spec, "seed": seed, "dataset-hash": dataset_hash,
        });
        Self(blake3::hash(value.to_string().as_bytes()).to_hex().to_string())
    }

    /// The first eight digits, for names.
    pub fn short(&self) -> &str {
        self.0.get(..8).unwrap_or(&self.0)
    }
}

impl fmt::Display for TrialId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
