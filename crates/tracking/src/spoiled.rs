//! `corrupted.json`: which examples of a trial are not as they are in the dataset.

use serde::{Deserialize, Serialize};

/// A pure function of the trial; written before its first step, and only if something was spoiled
/// example by example.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Spoiled {
    /// Version of this format.
    pub schema: u32,
    /// Row of the dataset, label of its class (as the trial numbers them), label in this trial; by row.
    pub labels: Vec<[u32; 3]>,
    /// Rows whose values were replaced.
    pub outliers: Vec<u32>,
}
