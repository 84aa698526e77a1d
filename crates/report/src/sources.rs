//! What conditions start from: pretraining, or weights of somebody else.

use std::collections::BTreeMap;

use fireassay_spec::{Cards, Experiment, MetricName, Plan, SourceRef, Trial, TrialId};
use fireassay_tracking::{RunRecord, Timing};

use crate::number::{duration, listed, plural};
use crate::scores::{Fate, fate_of};
use crate::stats::describe;

/// Weights that some conditions start from.
#[derive(Clone, Debug, PartialEq)]
pub struct SourceResult {
    /// Of the pretraining, as its run directories begin, or of the weights.
    pub name: String,
    /// On what it was trained, for people.
    pub trained_on: String,
    /// Conditions that start from it, in plan order.
    pub conditions: Vec<String>,
    /// How many seeds each of these has.
    pub seeds: usize,
    /// One per pretraining; empty for weights of somebody else.
    pub trials: Vec<SourceTrial>,
    /// Mean seconds of a finished pretraining.
    pub time_secs: Option<f64>,
    /// Mean seconds on the processor.
    pub cpu_secs: Option<f64>,
}

/// One pretraining.
#[derive(Clone, Debug, PartialEq)]
pub struct SourceTrial {
    /// Its seed.
    pub seed: u64,
    /// Identity.
    pub id: TrialId,
    /// What became of it.
    pub fate: Fate,
    /// Every finite metric, on its own dataset; empty unless finished.
    pub metrics: BTreeMap<MetricName, f64>,
    /// Updates made, and the step whose weights were taken; of a finished one.
    pub steps: Option<(u64, u64)>,
    /// Of the weights that were taken.
    pub state_digest: Option<String>,
}

impl SourceResult {
    /// Sources that the seeds of a condition are spread over.
    pub fn count(&self) -> usize {
        self.trials.len().max(1)
    }

    /// Whether each seed has a source of its own, so that effects hold for new sources, too.
    pub fn is_one_per_seed(&self) -> bool {
        self.count() >= self.seeds && self.seeds > 1
    }

    /// What effects of its conditions are conditional on (STATISTICS, shared stages).
    pub fn condition_on(&self) -> String {
        let (seeds, name) = (plural(self.seeds, "seed"), &self.name);
        match self.count() {
            _ if self.is_one_per_seed() => format!(
                "{name}: one source per seed, so that an effect speaks of new sources, not only of \
                 these"
            ),
            1 => format!(
                "{name}: {seeds} share one source, so that an effect is conditional on it and says \
                 nothing of another"
            ),
            n => format!(
                "{name}: {seeds} share {n} sources, so that an effect is conditional on these {n} \
                 and its seeds are not {} independent ones",
                self.seeds
            ),
        }
    }

    /// Smallest and largest number of updates of a finished pretraining.
    pub fn steps(&self) -> Option<(u64, u64)> {
        let steps = || self.trials.iter().filter_map(|trial| trial.steps).map(|(steps, _)| steps);
        steps().min().zip(steps().max())
    }
}

/// Everything that some condition starts from: the pretraining in plan order, then weights by name.
pub(crate) fn sources(
    experiment: &Experiment,
    plan: &Plan,
    cards: &Cards,
    records: &[RunRecord],
) -> Vec<SourceResult> {
    let metric = experiment.analysis.primary_metric;
    let records: BTreeMap<&TrialId, &RunRecord> =
        records.iter().map(|record| (&record.trial.id, record)).collect();
    let by_id: BTreeMap<&TrialId, &Trial> =
        plan.all_trials().map(|trial| (&trial.id, trial)).collect();
    let source = |trial: &Trial| {
        let id = trial.source.as_ref().and_then(SourceRef::trial)?;
        by_id.get(id).map(|source| source.condition.clone())
    };
    let mut groups: Vec<Vec<&Trial>> = Vec::new();
    for trial in plan.all_trials() {
        match groups.last_mut() {
            Some(group) if group[0].condition == trial.condition => group.push(trial),
            Some(_) | None => groups.push(vec![trial]),
        }
    }
    let mut starting = starting(plan, &source);
    let mut found = Vec::new();
    for group in groups {
        let Some(conditions) = starting.remove(&group[0].condition) else { continue };
        let finished = || {
            let records = group.iter().filter_map(|trial| records.get(&trial.id));
            records.filter(|record| record.summary.is_some())
        };
        let seconds = |of: fn(&Timing) -> f64| {
            let statuses = finished().filter_map(|record| record.status.as_ref());
            describe::mean(&statuses.map(|status| of(&status.timing)).collect::<Vec<f64>>())
        };
        let trial = |trial: &&Trial| result(trial, records.get(&trial.id).copied(), metric);
        found.push(SourceResult {
            name: group[0].condition.clone(),
            trained_on: group[0].spec.data.dataset.clone(),
            conditions,
            seeds: experiment.seeds.len(),
            trials: group.iter().map(trial).collect(),
            time_secs: seconds(|timing| timing.wall_secs),
            cpu_secs: seconds(|timing| timing.cpu_secs),
        });
    }
    found.extend(weights(experiment, plan, cards));
    found
}

fn weights(experiment: &Experiment, plan: &Plan, cards: &Cards) -> Vec<SourceResult> {
    let name_of = |trial: &Trial| match &trial.source {
        Some(SourceRef::Weights { name, .. }) => Some(name.clone()),
        Some(SourceRef::Trial(_)) | None => None,
    };
    let result = |(name, conditions): (String, Vec<String>)| SourceResult {
        trained_on: cards.weights.get(&name).map_or_else(String::new, |c| c.trained_on.clone()),
        conditions,
        seeds: experiment.seeds.len(),
        trials: Vec::new(),
        time_secs: None,
        cpu_secs: None,
        name,
    };
    starting(plan, &name_of).into_iter().map(result).collect()
}

/// Conditions in plan order, by what they start from.
fn starting(
    plan: &Plan,
    source: &dyn Fn(&Trial) -> Option<String>,
) -> BTreeMap<String, Vec<String>> {
    let mut starting: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for trial in &plan.trials {
        let Some(source) = source(trial) else { continue };
        let conditions = starting.entry(source).or_default();
        if conditions.last() != Some(&trial.condition) {
            conditions.push(trial.condition.clone());
        }
    }
    starting
}

fn result(trial: &Trial, record: Option<&RunRecord>, metric: MetricName) -> SourceTrial {
    let (fate, _) = fate_of(record, metric).unwrap_or((Fate::Missing, None));
    let summary = record.and_then(|record| record.summary.as_ref());
    let done = summary.filter(|_| fate == Fate::Done);
    let finite = |metrics: &BTreeMap<MetricName, f64>| {
        let finite = metrics.iter().filter(|(_, value)| value.is_finite());
        finite.map(|(name, value)| (*name, *value)).collect()
    };
    SourceTrial {
        seed: trial.seed,
        id: trial.id.clone(),
        fate,
        metrics: done.map(|summary| finite(&summary.metrics)).unwrap_or_default(),
        steps: done.map(|summary| (summary.steps, summary.selected_step)),
        state_digest: done.map(|summary| summary.state_digest.clone()),
    }
}

/// `pretrain on mnist: 2000 updates and 12.0 s for each of 5 sources, before full and linear-probe`.
pub(crate) fn one_time_cost(source: &SourceResult) -> String {
    let updates = match source.steps() {
        None => "no finished source".to_owned(),
        Some((least, most)) if least == most => format!("{least} updates"),
        Some((least, most)) => format!("{least} to {most} updates"),
    };
    let time = source.time_secs.map_or_else(String::new, |secs| format!(" and {}", duration(secs)));
    format!(
        "{} on {}: {updates}{time} for each of {}, before {}",
        source.name,
        source.trained_on,
        plural(source.count(), "source"),
        listed(&source.conditions),
    )
}
