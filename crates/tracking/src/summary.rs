//! `summary.json`: what a finished trial says. Its presence is what "finished" means.

use std::collections::BTreeMap;

use fireassay_spec::MetricName;
use serde::{Deserialize, Serialize};

use crate::EventMark;

/// The result of a trial; a pure function of its spec, seed, data and code.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Summary {
    /// Version of this format.
    pub schema: u32,
    /// How it ended.
    pub outcome: Outcome,
    /// Every [`MetricName`], with the selected weights. Empty for a diverged trial.
    pub metrics: BTreeMap<MetricName, f64>,
    /// Test examples by true class (rows) and predicted class (columns), with the selected weights;
    /// of equal logits the first counts, as for accuracy. None above [`Summary::MAX_CONFUSED`]
    /// classes and for a diverged trial.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub confusion: Option<Vec<Vec<u64>>>,
    /// Updates made.
    pub steps: u64,
    /// Updates that the budget allowed.
    pub budget_steps: u64,
    /// The step whose weights were tested.
    pub selected_step: u64,
    /// All parameters, and those that training may move.
    pub params: u64,
    /// Those that training may move.
    pub trainable_params: u64,
    /// Multiply-accumulates of one example's forward pass.
    pub macs: u64,
    /// Sizes of the splits.
    pub examples: Examples,
    /// blake3 over the selected weights and buffers, sorted by path.
    pub state_digest: String,
    /// What `events.jsonl` holds.
    pub events: EventMark,
}

impl Summary {
    /// With more classes, nobody reads the table, and every file would carry it.
    pub const MAX_CONFUSED: usize = 100;
}

/// How a trial ended.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Outcome {
    /// All metrics are finite.
    Done,
    /// A loss or metric was not finite.
    #[serde(rename_all = "kebab-case")]
    Diverged {
        /// The step whose loss it was.
        step: u64,
        /// `NaN`, `inf` or `-inf`.
        value: String,
    },
}

/// Sizes of the splits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Examples {
    /// Learned from.
    pub train: u64,
    /// Selected on.
    pub val: u64,
    /// Tested on.
    pub test: u64,
}
