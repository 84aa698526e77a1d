//! One line of `events.jsonl`. A value that is not finite is written as `"NaN"`, `"inf"` or
//! `"-inf"`, since JSON has no such numbers.

use std::collections::BTreeMap;

use fireassay_spec::{Metric, Split};
use serde::{Deserialize, Serialize};

use crate::number;

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
        #[serde(with = "number")]
        loss: f64,
        /// Of this step.
        #[serde(with = "number")]
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
        #[serde(with = "number::map")]
        metrics: BTreeMap<Metric, f64>,
    },
}
