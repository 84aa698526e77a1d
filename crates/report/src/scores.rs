//! `Scores`: the matrix of conditions and seeds, with what became of each trial.

use std::collections::BTreeMap;

use fireassay_spec::{Cards, Condition, Experiment, MetricName, Plan, Trial, TrialId};
use fireassay_tracking::{FailureKind, Outcome, RunRecord, State, Summary};

use crate::ReportError;

/// Conditions × seeds. The reference is the first row.
pub(crate) struct Scores<'a> {
    /// One row per condition, in plan order.
    pub rows: Vec<Row<'a>>,
    /// Records that belong to no trial of the plan.
    pub foreign: usize,
}

/// One condition.
pub(crate) struct Row<'a> {
    pub condition: &'a Condition,
    /// One cell per planned seed, ascending.
    pub cells: Vec<Cell<'a>>,
    /// What stands for a failed trial under `failed-trial = "worst"`, if anything does.
    pub failure_value: Option<f64>,
}

/// One trial.
pub(crate) struct Cell<'a> {
    pub trial: &'a Trial,
    pub record: Option<&'a RunRecord>,
    pub fate: Fate,
    /// The primary metric of a finished trial; finite.
    pub score: Option<f64>,
}

/// What became of a trial.
#[derive(Clone, Debug, PartialEq)]
pub enum Fate {
    /// Finished, and the primary metric is finite.
    Done,
    /// Finished with a non-finite value.
    Diverged {
        /// At this step.
        step: u64,
        /// `NaN`, `inf` or `-inf`.
        value: String,
    },
    /// Ended without a result.
    Failed(FailureKind),
    /// Not run, or not finished.
    Missing,
}

impl Fate {
    /// Whether the failure policy decides what the trial counts for.
    pub fn is_failure(&self) -> bool {
        match self {
            Self::Diverged { .. } | Self::Failed(_) => true,
            Self::Done | Self::Missing => false,
        }
    }

    /// One word.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Diverged { .. } => "diverged",
            Self::Failed(FailureKind::Crashed) => "crashed",
            Self::Failed(FailureKind::Oom) => "oom",
            Self::Failed(FailureKind::Timeout) => "timeout",
            Self::Missing => "missing",
        }
    }
}

impl<'a> Scores<'a> {
    /// Puts each record at its place in the plan.
    pub(crate) fn new(
        experiment: &Experiment,
        plan: &'a Plan,
        cards: &Cards,
        records: &'a [RunRecord],
    ) -> Result<Self, ReportError> {
        let metric = experiment.analysis.primary_metric;
        let mut store = Store::new(plan, records)?;
        let mut rows = Vec::with_capacity(plan.conditions.len());
        for condition in &plan.conditions {
            let mut cells = Vec::new();
            for trial in store.planned(&condition.name) {
                let record = store.find(trial);
                let (fate, score) = fate_of(record, metric)?;
                cells.push(Cell { trial, record, fate, score });
            }
            cells.sort_by_key(|cell| cell.trial.seed);
            let failure_value = failure_value(condition, metric, cards);
            rows.push(Row { condition, cells, failure_value });
        }
        match rows.iter().position(|row| row.condition.name == Plan::REFERENCE) {
            Some(at) => rows[..=at].rotate_right(1),
            None => return Err(ReportError::NoReference { experiment: plan.experiment.clone() }),
        }
        Ok(Self { rows, foreign: store.foreign })
    }

    pub(crate) fn reference(&self) -> &Row<'a> {
        &self.rows[0]
    }

    pub(crate) fn cells(&self) -> impl Iterator<Item = &Cell<'a>> {
        self.rows.iter().flat_map(|row| &row.cells)
    }
}

impl Row<'_> {
    pub(crate) fn failures(&self) -> usize {
        self.cells.iter().filter(|cell| cell.fate.is_failure()).count()
    }
}

/// Records by trial, and trials by condition.
struct Store<'a> {
    records: BTreeMap<&'a TrialId, Vec<&'a RunRecord>>,
    trials: BTreeMap<&'a str, Vec<&'a Trial>>,
    foreign: usize,
}

impl<'a> Store<'a> {
    fn new(plan: &'a Plan, records: &'a [RunRecord]) -> Result<Self, ReportError> {
        let mut trials: BTreeMap<&str, Vec<&Trial>> = BTreeMap::new();
        let mut planned: BTreeMap<&TrialId, usize> = BTreeMap::new();
        for trial in &plan.trials {
            trials.entry(&trial.condition).or_default().push(trial);
            *planned.entry(&trial.id).or_default() += 1;
        }
        let mut by_id: BTreeMap<&TrialId, Vec<&RunRecord>> = BTreeMap::new();
        let mut foreign = 0;
        for record in records {
            let Some(&times) = planned.get(&record.trial.id) else {
                foreign += 1;
                continue;
            };
            let known = by_id.entry(&record.trial.id).or_default();
            // A deliberate duplicate is one trial in several conditions, each with a directory.
            let same =
                |other: &&&RunRecord| times == 1 || other.trial.condition == record.trial.condition;
            if let Some(first) = known.iter().find(same) {
                let (first, second) = (first.path.clone(), record.path.clone());
                let (first, second) =
                    if first < second { (first, second) } else { (second, first) };
                return Err(ReportError::DuplicateTrial {
                    id: record.trial.id.clone(),
                    first,
                    second,
                });
            }
            known.push(record);
        }
        for known in by_id.values_mut() {
            known.sort_by(|a, b| a.trial.condition.cmp(&b.trial.condition));
        }
        Ok(Self { records: by_id, trials, foreign })
    }

    fn planned(&mut self, condition: &str) -> Vec<&'a Trial> {
        self.trials.remove(condition).unwrap_or_default()
    }

    /// The trial's own directory; else one of an equal trial, for equal ids mean equal results.
    fn find(&self, trial: &Trial) -> Option<&'a RunRecord> {
        let known = self.records.get(&trial.id)?;
        let own = known.iter().find(|record| record.trial.condition == trial.condition);
        own.or_else(|| known.first()).copied()
    }
}

fn fate_of(
    record: Option<&RunRecord>,
    metric: MetricName,
) -> Result<(Fate, Option<f64>), ReportError> {
    let Some(record) = record else { return Ok((Fate::Missing, None)) };
    let Some(summary) = &record.summary else {
        return Ok((unfinished(record.status.as_ref().map(|status| status.state)), None));
    };
    if let Outcome::Diverged { step, value } = &summary.outcome {
        return Ok((Fate::Diverged { step: *step, value: value.clone() }, None));
    }
    finished(summary, metric)
        .ok_or_else(|| ReportError::MissingMetric { path: record.path.clone(), metric })
}

/// Only a summary finishes a trial, whatever the status says.
pub(crate) fn unfinished(state: Option<State>) -> Fate {
    match state {
        Some(State::Failed(kind)) => Fate::Failed(kind),
        Some(State::Running | State::Interrupted | State::Done | State::Diverged) | None => {
            Fate::Missing
        }
    }
}

fn finished(summary: &Summary, metric: MetricName) -> Option<(Fate, Option<f64>)> {
    let value = *summary.metrics.get(&metric)?;
    if value.is_finite() {
        return Some((Fate::Done, Some(value)));
    }
    let step = summary.selected_step;
    Some((Fate::Diverged { step, value: value.to_string() }, None))
}

fn failure_value(condition: &Condition, metric: MetricName, cards: &Cards) -> Option<f64> {
    match metric {
        MetricName::Of(_, metric) => {
            let card = cards.get(&condition.spec.data.dataset)?;
            metric.failure_value(card.classes.len())
        }
        // Chance level says nothing about a difference of two splits.
        MetricName::Gap(_) => None,
    }
}
