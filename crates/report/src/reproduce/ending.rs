//! `Ending`: what one run of a trial came to, as far as it was kept.

use std::collections::BTreeMap;

use fireassay_spec::{MetricName, Trial};
use fireassay_tracking::{Event, Outcome, RunRecord, Summary};

/// A trial, its original and its rerun.
#[derive(Clone, Debug)]
pub struct Twice<'a> {
    /// Which trial.
    pub trial: &'a Trial,
    /// What it came to before.
    pub original: Ending<'a>,
    /// What it came to now, or why it has no result.
    pub rerun: Result<Ending<'a>, String>,
}

/// One run of a trial that has a result.
#[derive(Clone, Debug)]
pub struct Ending<'a> {
    /// Done or diverged.
    pub outcome: Outcome,
    /// Those that are known.
    pub metrics: BTreeMap<MetricName, f64>,
    /// Updates made.
    pub steps: u64,
    /// The step whose weights were tested.
    pub selected_step: u64,
    /// Of the selected weights.
    pub state_digest: String,
    /// None where only the result was kept.
    pub events: Option<Vec<Event>>,
    /// The run, where it was kept: it knows code and machine.
    pub record: Option<&'a RunRecord>,
}

impl<'a> Ending<'a> {
    /// Of a run that was kept; none if it is not finished.
    pub fn of_record(record: &'a RunRecord, events: Vec<Event>) -> Option<Self> {
        let summary = record.summary.as_ref()?;
        let ending = Self::of_summary(summary);
        Some(Self { events: Some(events), record: Some(record), ..ending })
    }

    pub(super) fn is_done(&self) -> bool {
        match self.outcome {
            Outcome::Done => true,
            Outcome::Diverged { .. } => false,
        }
    }

    /// The score of a trial that is done; finite.
    pub fn score(&self, metric: MetricName) -> Option<f64> {
        match self.outcome {
            Outcome::Done => self.metrics.get(&metric).copied().filter(|value| value.is_finite()),
            Outcome::Diverged { .. } => None,
        }
    }

    fn of_summary(summary: &Summary) -> Self {
        Self {
            outcome: summary.outcome.clone(),
            metrics: summary.metrics.clone(),
            steps: summary.steps,
            selected_step: summary.selected_step,
            state_digest: summary.state_digest.clone(),
            events: None,
            record: None,
        }
    }
}
