//! One line of `events.jsonl`.

use std::collections::BTreeMap;

use fireassay_spec::{Metric, Split};
use serde::{Deserialize, Serialize};

/// Something measured at a step. Steps are counted from 1: step n is what n updates led to.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Event {
    /// The mean training loss since the last such event, and the learning rate of this step.
    #[serde(rename_all = "kebab-case")]
    Train {
        /// Updates made.
        step: u64,
        /// Mean over the steps since the last event, dropout on.
        loss: f64,
        /// Of this step.
        lr: f64,
    },
    /// Metrics of a split, dropout off.
    #[serde(rename_all = "kebab-case")]
    Eval {
        /// Updates made.
        step: u64,
        /// Of the data.
        split: Split,
        /// Metric to value.
        metrics: BTreeMap<Metric, f64>,
    },
}
