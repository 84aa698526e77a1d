//! `Scores`: the matrix of conditions and seeds, with what became of each trial.

use std::collections::{BTreeMap, BTreeSet};

use fireassay_spec::{Cards, Condition, Experiment, MetricName, Plan, Trial, TrialId};
use fireassay_tracking::{FailureKind, Outcome, RunRecord, State, Summary};

use crate::ReportError;
use crate::key::key;
use crate::results::Problem;

/// Conditions × seeds. The reference is the first row.
pub(crate) struct Scores<'a> {
    /// One row per condition, in plan order.
    pub rows: Vec<Row<'a>>,
    /// Records that belong to no trial of the plan.
    pub foreign: usize,
    /// Records that cannot be used: their trials count as missing.
    pub problems: Vec<Problem>,
    /// Names the draws of sampled statistics.
    pub key: u64,
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
            Self::Failed(FailureKind::Pretraining) => "no source",
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
        let mut store = Store::new(plan, records);
        let mut rows = Vec::with_capacity(plan.conditions.len());
        for condition in &plan.conditions {
            let mut cells = Vec::new();
            for trial in store.planned(&condition.name) {
                let mut record = store.find(trial);
                let (fate, score) = fate_of(record, metric).unwrap_or_else(|| {
                    let lacking = record.take();
                    store.problems.extend(lacking.map(|record| without_metric(record, metric)));
                    (Fate::Missing, None)
                });
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
        let cells = rows.iter().flat_map(|row: &Row<'_>| &row.cells);
        let key = key(cells.filter_map(|cell| cell.record));
        Ok(Self { rows, foreign: store.foreign, problems: store.problems, key })
    }

    pub(crate) fn reference(&self) -> &Row<'a> {
        &self.rows[0]
    }

    pub(crate) fn cells(&self) -> impl Iterator<Item = &Cell<'a>> {
        self.rows.iter().flat_map(|row| &row.cells)
    }
}

impl<'a> Row<'a> {
    /// The trial of a seed.
    pub(crate) fn at(&self, seed: u64) -> Option<&Cell<'a>> {
        let at = self.cells.binary_search_by_key(&seed, |cell| cell.trial.seed).ok()?;
        self.cells.get(at)
    }

    pub(crate) fn failures(&self) -> usize {
        self.cells.iter().filter(|cell| cell.fate.is_failure()).count()
    }
}

/// Records by trial, and trials by condition.
struct Store<'a> {
    records: BTreeMap<&'a TrialId, Vec<&'a RunRecord>>,
    trials: BTreeMap<&'a str, Vec<&'a Trial>>,
    foreign: usize,
    problems: Vec<Problem>,
}

impl<'a> Store<'a> {
    fn new(plan: &'a Plan, records: &'a [RunRecord]) -> Self {
        let mut trials: BTreeMap<&str, Vec<&Trial>> = BTreeMap::new();
        let mut planned: BTreeMap<&TrialId, usize> = BTreeMap::new();
        for trial in &plan.trials {
            trials.entry(&trial.condition).or_default().push(trial);
            *planned.entry(&trial.id).or_default() += 1;
        }
        let mut by_id: BTreeMap<&TrialId, Vec<&RunRecord>> = BTreeMap::new();
        let stage: BTreeSet<&TrialId> = plan.pretraining.iter().map(|trial| &trial.id).collect();
        let mut foreign = 0;
        for record in records.iter().filter(|record| !stage.contains(&record.trial.id)) {
            if planned.contains_key(&record.trial.id) {
                by_id.entry(&record.trial.id).or_default().push(record);
            } else {
                foreign += 1;
            }
        }
        let mut problems = Vec::new();
        for (id, known) in &mut by_id {
            known.sort_by_key(|record| (&record.trial.condition, &record.path));
            // A deliberate duplicate is one trial in several conditions, each with a directory.
            let several = planned[id] > 1;
            let twice = |record: &&&RunRecord| {
                let same = |other: &&&RunRecord| {
                    !several || other.trial.condition == record.trial.condition
                };
                known.iter().filter(same).count() > 1
            };
            let doubled: Vec<&RunRecord> = known.iter().filter(twice).copied().collect();
            problems.extend(doubled.iter().map(|record| duplicate(record, &doubled)));
            known.retain(|record| !doubled.iter().any(|other| std::ptr::eq(*other, *record)));
        }
        Self { records: by_id, trials, foreign, problems }
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

/// Which of two directories counts is not ours to choose.
fn duplicate(record: &RunRecord, all: &[&RunRecord]) -> Problem {
    let others = all.iter().filter(|other| other.path != record.path);
    let others: Vec<String> = others.map(|other| format!("`{}`", dir_name(other))).collect();
    let detail = format!("the same trial as {}; move one of them away", others.join(", "));
    problem(record, "duplicate", detail)
}

fn without_metric(record: &RunRecord, metric: MetricName) -> Problem {
    problem(record, "no metric", format!("its summary reports no `{metric}`"))
}

fn problem(record: &RunRecord, kind: &str, detail: String) -> Problem {
    Problem {
        dir: dir_name(record),
        kind: kind.into(),
        detail,
        trial: Some((record.trial.condition.clone(), record.trial.seed)),
    }
}

/// The folder without the place where it happens to lie.
fn dir_name(record: &RunRecord) -> String {
    let name = record.path.file_name();
    name.map_or_else(|| record.trial.dir_name(), |name| name.to_string_lossy().into_owned())
}

/// None if the trial is finished and does not report the metric.
pub(crate) fn fate_of(
    record: Option<&RunRecord>,
    metric: MetricName,
) -> Option<(Fate, Option<f64>)> {
    let Some(record) = record else { return Some((Fate::Missing, None)) };
    let Some(summary) = &record.summary else {
        return Some((unfinished(record.status.as_ref().map(|status| status.state)), None));
    };
    if let Outcome::Diverged { step, value } = &summary.outcome {
        return Some((Fate::Diverged { step: *step, value: value.clone() }, None));
    }
    finished(summary, metric)
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
            let data = &condition.spec.data;
            metric.failure_value(data.class_names(cards.get(&data.dataset)?).len())
        }
        // Chance level says nothing about a difference, nor about another task.
        MetricName::Gap(_) | MetricName::Source(_) | MetricName::Forgotten(_) => None,
    }
}
