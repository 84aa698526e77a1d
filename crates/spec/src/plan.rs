//! `Plan`: the trials that an experiment asks for.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{TrialId, TrialSpec};

/// The trials of an experiment, condition by condition, seeds inside.
#[derive(Clone, Debug, PartialEq)]
pub struct Plan {
    /// Name of the experiment.
    pub experiment: String,
    /// The reference first, then in file order.
    pub conditions: Vec<Condition>,
    /// Condition by condition, seeds ascending inside.
    pub trials: Vec<Trial>,
}

/// One assignment of levels.
#[derive(Clone, Debug, PartialEq)]
pub struct Condition {
    /// Unique, fit for a file name: `reference`, `norm=none`, `norm=none+lr=0.1`.
    pub name: String,
    /// Factor name to level label, every factor of the experiment.
    pub settings: BTreeMap<String, String>,
    /// What its trials run.
    pub spec: TrialSpec,
    /// Marked as a deliberate duplicate.
    pub duplicate: bool,
}

/// One condition at one seed. This is `trial.json`, the wire to the `trial` process.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Trial {
    /// Version of this format.
    pub schema: u32,
    /// Hash of `schema`, `spec`, `seed` and `dataset-hash`; of nothing else.
    pub id: TrialId,
    /// Name of the experiment; not part of the identity.
    pub experiment: String,
    /// Name of the condition; not part of the identity.
    pub condition: String,
    /// Factor name to level label; not part of the identity.
    pub settings: BTreeMap<String, String>,
    /// Replicate.
    pub seed: u64,
    /// What the dataset's card hashes to.
    pub dataset_hash: String,
    /// What is run.
    pub spec: TrialSpec,
}

impl Plan {
    /// Name of the reference condition in every plan.
    pub const REFERENCE: &'static str = "reference";
}

impl Trial {
    /// `<condition>.seed-<n>.<hash8>`: the name of its run directory.
    pub fn dir_name(&self) -> String {
        format!("{}.seed-{}.{}", self.condition, self.seed, self.id.short())
    }
}
