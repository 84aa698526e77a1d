//! `Phase`: a stretch of training in which the same things are trained.

use std::ops::Range;

use serde::{Deserialize, Serialize};

use crate::PartPlan;

/// A stretch of training. The optimizer starts it without state, and the schedule of learning rates
/// runs once through it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Phase {
    /// Its steps, counted from 0.
    pub steps: Range<u64>,
    /// The blocks from the input on, then the head.
    pub parts: Vec<PartPlan>,
    /// Whether its one step solves for the head, instead of following a gradient.
    pub is_solved: bool,
}

impl Phase {
    /// Steps that it has.
    pub fn len(&self) -> u64 {
        self.steps.end.saturating_sub(self.steps.start)
    }

    /// Whether it has none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Blocks at the input that are fixed, so that what they make of an example is always the same.
    pub fn fixed_prefix(&self) -> usize {
        let blocks = self.parts.len().saturating_sub(1);
        self.parts.iter().take(blocks).take_while(|part| part.is_fixed()).count()
    }
}
