//! `SourceRef`: the weights that a trial starts from, as a part of its identity.

use serde::{Deserialize, Serialize};

use crate::TrialId;

/// Where first weights that are not drawn come from. Never a place on a disk: a run is found by its
/// id, weights by their name, and both are checked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum SourceRef {
    /// The selected weights of another trial of the experiment.
    Trial(TrialId),
    /// Weights of somebody else.
    #[serde(rename_all = "kebab-case")]
    Weights {
        /// Name of the folder in `datasets/`.
        name: String,
        /// What its card hashes to: the files, their names and their inputs.
        hash: String,
    },
}

impl SourceRef {
    /// The trial, if it is one.
    pub fn trial(&self) -> Option<&TrialId> {
        match self {
            Self::Trial(id) => Some(id),
            Self::Weights { .. } => None,
        }
    }
}
