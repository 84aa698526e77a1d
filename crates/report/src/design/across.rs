//! Many datasets: what a combination of levels does on each, and on all of them.
//!
//! Scores are pooled where they share a scale by a rule that is declared here: an accuracy is a
//! share of examples, in [0, 1] on every dataset, and is taken as it is. A loss depends on the
//! number of classes and a gap has no fixed ends, so those are compared dataset by dataset only.

use std::collections::{BTreeMap, BTreeSet};

use fireassay_spec::{Direction, Experiment, Metric, MetricName, Plan, path_key};

use crate::design::blocks::{Measure, Withheld};
use crate::effect::{Effect, LEVEL};
use crate::stats::improvement;
use crate::stats::iqm::{self, FEWEST_DATASETS};
use crate::stats::paired_t::Interval;
use crate::stats::performance_profile::performance_profile;

/// Steps of the grid over [0, 1] on which performance profiles are told: half a point each.
const STEPS: u32 = 200;

/// The other factors' combinations of levels, each on several datasets.
#[derive(Clone, Debug, PartialEq)]
pub struct AcrossDatasets {
    /// The factor whose levels are datasets.
    pub factor: String,
    /// Its levels that have the reference combination, in alphabetical order; at least two.
    pub datasets: Vec<String>,
    /// What the shares of a profile are above, ascending.
    pub thresholds: Vec<f64>,
    /// Of the other factors' reference levels.
    pub reference: Result<Pooled, Withheld>,
    /// Every other combination that is with the reference on two datasets or more, in plan order.
    pub methods: Vec<Method>,
    /// Names of those that are not.
    pub left_out: Vec<String>,
}

/// One combination of levels of the factors that are not the dataset.
#[derive(Clone, Debug, PartialEq)]
pub struct Method {
    /// `norm=none+lr=0.01`: what differs from the reference levels.
    pub name: String,
    /// Its scores on all datasets together.
    pub pooled: Result<Pooled, Withheld>,
    /// Paired probability that it is better than the reference on the same dataset at the same
    /// seed, averaged over datasets, with its interval by resampling seeds within datasets.
    pub improvement: Result<(f64, Interval), Withheld>,
    /// Where both are in the plan, in the order of the datasets.
    pub on: Vec<OnDataset>,
}

/// A combination of levels against the reference levels on one dataset.
#[derive(Clone, Debug, PartialEq)]
pub struct OnDataset {
    /// Level of the factor.
    pub dataset: String,
    /// Name of the condition.
    pub condition: String,
    /// Name of the condition with the reference levels there.
    pub reference: String,
    /// Paired by seed.
    pub effect: Result<Effect, Withheld>,
}

/// All scores of a combination of levels.
#[derive(Clone, Debug, PartialEq)]
pub struct Pooled {
    /// Scores, over all datasets.
    pub n: usize,
    /// Trials that the plan has for them.
    pub planned: usize,
    /// Scores on the dataset that has the fewest.
    pub fewest: usize,
    /// Interquartile mean.
    pub iqm: f64,
    /// Its percentile bootstrap, resampling seeds within datasets.
    pub interval: Interval,
    /// Share of the scores above each threshold.
    pub profile: Vec<f64>,
}

/// None with one dataset, or where no other combination is on two of them.
pub(crate) fn across(measure: &Measure<'_>, experiment: &Experiment) -> Option<AcrossDatasets> {
    let table = Crossing::new(measure, experiment)?;
    let (reference, others) = table.methods.split_first()?;
    let datasets: Vec<String> = reference.rows.keys().cloned().collect();
    let thresholds = thresholds();
    let whole = |method: &Rows| match datasets.iter().all(|name| method.rows.contains_key(name)) {
        // Fewer datasets have another interquartile mean, whoever is better.
        true => pooled(measure, experiment, &method.rows, &thresholds),
        false => Err(Withheld::NotPlanned),
    };
    let reference_scores = whole(reference);
    let mut methods = Vec::new();
    let mut left_out = Vec::new();
    for of in others {
        let on = on_datasets(measure, of, reference);
        if on.len() < FEWEST_DATASETS {
            left_out.push(of.name.clone());
            continue;
        }
        let key = key(measure, of.rows.values().chain(reference.rows.values()));
        methods.push(Method {
            name: of.name.clone(),
            pooled: whole(of),
            improvement: improved(measure, &on, key),
            on,
        });
    }
    // Every method that is left is on two datasets with the reference.
    if methods.is_empty() {
        return None;
    }
    Some(AcrossDatasets {
        factor: table.factor,
        reference: reference_scores,
        datasets,
        thresholds,
        methods,
        left_out,
    })
}

/// 0, 0.005, ..., 1.
fn thresholds() -> Vec<f64> {
    (0..=STEPS).map(|step| f64::from(step) / f64::from(STEPS)).collect()
}

/// Conditions by what they are apart from their dataset.
struct Crossing {
    factor: String,
    /// The reference levels first.
    methods: Vec<Rows>,
}

struct Rows {
    name: String,
    /// From a dataset's level to the condition.
    rows: BTreeMap<String, usize>,
}

impl Crossing {
    /// None without a factor of datasets, or if its levels and the datasets are not one to one:
    /// then a dataset would count twice. Deliberate duplicates are left out.
    fn new(measure: &Measure<'_>, experiment: &Experiment) -> Option<Self> {
        let is_dataset = |key: &String| key == "data.dataset";
        let factor = experiment.factors.iter().find(|f| f.keys.iter().any(is_dataset))?;
        let others: Vec<&String> = experiment
            .factors
            .iter()
            .map(|f| &f.name)
            .filter(|name| **name != factor.name)
            .collect();
        let reference = &measure.scores.reference().condition.settings;
        let mut methods: Vec<Rows> = Vec::new();
        let mut places: BTreeMap<Vec<&String>, usize> = BTreeMap::new();
        let mut pairs = BTreeSet::new();
        for (row, of) in measure.scores.rows.iter().enumerate() {
            let condition = of.condition;
            if condition.duplicate {
                continue;
            }
            let dataset = condition.settings.get(&factor.name)?;
            pairs.insert((dataset, condition.spec.data.dataset.as_str()));
            let levels: Vec<&String> =
                others.iter().map(|name| condition.settings.get(*name)).collect::<Option<_>>()?;
            let moved = others.iter().zip(&levels).filter(|(f, l)| reference.get(**f) != Some(l));
            let place = *places.entry(levels.clone()).or_insert_with(|| {
                let parts: Vec<String> = moved.map(|(f, l)| format!("{f}={l}")).collect();
                methods.push(Rows { name: name(&parts), rows: BTreeMap::new() });
                methods.len() - 1
            });
            methods.get_mut(place)?.rows.entry(dataset.clone()).or_insert(row);
        }
        let levels: BTreeSet<_> = pairs.iter().map(|(level, _)| level).collect();
        let datasets: BTreeSet<_> = pairs.iter().map(|(_, dataset)| dataset).collect();
        let one_to_one = pairs.len() == levels.len() && pairs.len() == datasets.len();
        one_to_one.then(|| Self { factor: factor.name.clone(), methods })
    }
}

fn name(moved: &[String]) -> String {
    if moved.is_empty() { Plan::REFERENCE.into() } else { moved.join("+") }
}

/// Where both are in the plan.
fn on_datasets(measure: &Measure<'_>, of: &Rows, reference: &Rows) -> Vec<OnDataset> {
    let named = |row: usize| measure.scores.rows[row].condition.name.clone();
    let on = |(dataset, &row): (&String, &usize)| {
        let theirs = *reference.rows.get(dataset)?;
        Some(OnDataset {
            dataset: dataset.clone(),
            condition: named(row),
            reference: named(theirs),
            effect: measure.effect(&[(row, 1.0), (theirs, -1.0)]),
        })
    };
    of.rows.iter().filter_map(on).collect()
}

/// Names the draws: from the ids of all trials behind a number.
fn key<'r>(measure: &Measure<'_>, rows: impl Iterator<Item = &'r usize>) -> u64 {
    let cells = rows.flat_map(|row| &measure.scores.rows[*row].cells);
    path_key(&cells.map(|cell| cell.trial.id.to_string()).collect::<String>())
}

fn improved(
    measure: &Measure<'_>,
    on: &[OnDataset],
    key: u64,
) -> Result<(f64, Interval), Withheld> {
    let sign = match measure.rules.direction {
        Direction::Higher => 1.0,
        Direction::Lower => -1.0,
    };
    let favour = |of: &OnDataset| {
        let effect = of.effect.as_ref().map_err(|why| *why)?;
        Ok(effect.differences.iter().map(|difference| sign * difference).collect())
    };
    let differences: Vec<Vec<f64>> = on.iter().map(favour).collect::<Result<_, Withheld>>()?;
    improvement::improvement(&differences, LEVEL, key).ok_or(Withheld::TooFewSeeds)
}

fn pooled(
    measure: &Measure<'_>,
    experiment: &Experiment,
    rows: &BTreeMap<String, usize>,
    thresholds: &[f64],
) -> Result<Pooled, Withheld> {
    match experiment.analysis.primary_metric {
        MetricName::Of(_, Metric::Accuracy) => {}
        MetricName::Of(_, Metric::Loss)
        | MetricName::Gap(_)
        | MetricName::Source(_)
        | MetricName::Forgotten(_) => {
            return Err(Withheld::NoCommonScale);
        }
    }
    let rows: Vec<usize> = rows.values().copied().collect();
    // Different code is no more one method on two datasets than it is on one.
    measure.blocks(&rows)?;
    let scores = |row: &usize| Ok(measure.blocks(&[*row])?.scores.concat());
    let groups: Vec<Vec<f64>> = rows.iter().map(scores).collect::<Result<_, Withheld>>()?;
    let all = groups.concat();
    let found = iqm::interval(&groups, LEVEL, key(measure, rows.iter()));
    let (interval, iqm) = found.zip(iqm::iqm(&all)).ok_or(Withheld::TooFewSeeds)?;
    Ok(Pooled {
        n: all.len(),
        fewest: groups.iter().map(Vec::len).min().unwrap_or(0),
        planned: rows.iter().map(|row| measure.scores.rows[*row].cells.len()).sum(),
        iqm,
        interval,
        profile: performance_profile(&all, thresholds).unwrap_or_default(),
    })
}
