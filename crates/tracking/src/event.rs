//! One line of `events.jsonl`. A value that is not finite is written as `"NaN"`, `"inf"` or
//! `"-inf"`, since JSON has no such numbers.

use std::collections::BTreeMap;

use fireassay_spec::{Metric, Split};
use serde::{Deserialize, Serialize};

use crate::number;

/// Something measured at a step. Step n is what n updates led to.
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
    /// Digests of everything that the next step depends on: where two runs of one trial part, the
    /// first of these that differs says when, and in which tensors.
    #[serde(rename_all = "kebab-case")]
    State {
        /// Updates made; 0 is the state before the first.
        step: u64,
        /// `<parameter>` is its value or running statistic, `<parameter>/optim` what the optimizer
        /// holds for it: the first 16 hex digits of a blake3.
        tensors: BTreeMap<String, String>,
    },
}

impl Event {
    /// Updates made.
    pub fn step(&self) -> u64 {
        match self {
            Self::Train { step, .. } | Self::Eval { step, .. } | Self::State { step, .. } => *step,
        }
    }
}
