//! `analyse`: from an experiment, its plan and its run store to `Results`.

use std::collections::BTreeSet;

use fireassay_spec::{
    Cards, Direction, Experiment, FailedTrial, Metric, MetricName, ModelSpec, Plan, Purpose, Split,
    SplitRule, TrialId,
};
use fireassay_tracking::{Examples, Provenance};

use crate::ReportError;
use crate::claims::claims;
use crate::confusion::confusions;
use crate::cost::cost;
use crate::curve::curve;
use crate::design::design_analysis;
use crate::effect::score;
use crate::fairness::unfair;
use crate::feasibility::feasibility;
use crate::hypothesis::{hypotheses, shared};
use crate::observed::Observed;
use crate::registration::Registered;
use crate::results::{
    ConditionResult, DatasetFacts, Description, Problem, Resolution, Results, TrialResult,
};
use crate::scores::{Cell, Row, Scores};
use crate::sources::sources;
use crate::stats::describe;

/// Everything that a store says about the experiment's question. Pure; the order of the records
/// does not matter. `cards` are the datasets by name: they say what chance level is.
pub fn analyse(
    experiment: &Experiment,
    plan: &Plan,
    cards: &Cards,
    observed: &Observed,
) -> Result<Results, ReportError> {
    let scores = Scores::new(experiment, plan, cards, &observed.records)?;
    let policy = experiment.analysis.failed_trial;
    if policy == FailedTrial::Worst {
        every_failure_has_a_value(&scores, experiment)?;
    }
    let conditions: Vec<ConditionResult> =
        scores.rows.iter().map(|row| condition_result(row, experiment, observed)).collect();
    let registered = observed
        .registration
        .as_ref()
        .map(|registration| Registered::new(registration, &experiment.registered(plan)));
    let claims = claims(&scores, experiment, registered.as_ref());
    let (hypotheses, checks) =
        hypotheses(experiment, (plan, cards), observed, registered.as_ref())?;
    Ok(Results {
        experiment: experiment.name.clone(),
        question: experiment.question.clone(),
        statements: experiment.statements.clone(),
        claim: experiment.claim,
        design: experiment.design,
        analysis: experiment.analysis.clone(),
        feasibility: feasibility(experiment, plan),
        contrasts: claims.contrasts,
        interactions: claims.interactions,
        hypotheses,
        checks,
        shared: shared(experiment),
        design_analysis: design_analysis(&scores, experiment),
        varies: varies(plan),
        split_rules: split_rules(plan),
        resolution: resolution(experiment, &conditions, scores.reference()),
        provenance: provenance(&scores),
        foreign_runs: scores.foreign,
        problems: problems(&scores, observed),
        sources: sources(experiment, plan, cards, &observed.records),
        datasets: datasets(plan, cards),
        unfair: unfair(&scores, &conditions),
        confusions: confusions(&scores, &conditions, experiment, cards),
        registered,
        conditions,
    })
}

fn datasets(plan: &Plan, cards: &Cards) -> Vec<DatasetFacts> {
    let conditions = plan.conditions.iter().map(|condition| &condition.spec);
    let specs = conditions.chain(plan.pretraining.iter().map(|trial| &trial.spec));
    let used: BTreeSet<&str> = specs.map(|spec| spec.data.dataset.as_str()).collect();
    let facts = |name: &str| {
        let card = cards.get(name)?;
        Some(DatasetFacts {
            name: name.into(),
            title: card.title.clone(),
            licence: card.licence.clone(),
            source: card.source.clone(),
        })
    };
    used.into_iter().filter_map(facts).collect()
}

fn every_failure_has_a_value(
    scores: &Scores<'_>,
    experiment: &Experiment,
) -> Result<(), ReportError> {
    match scores.rows.iter().find(|row| row.failures() > 0 && row.failure_value.is_none()) {
        None => Ok(()),
        Some(row) => Err(ReportError::NoFailureValue {
            condition: row.condition.name.clone(),
            metric: experiment.analysis.primary_metric,
            dataset: row.condition.spec.data.dataset.clone(),
        }),
    }
}

/// What the scan could not read, and what it read twice, by directory.
fn problems(scores: &Scores<'_>, observed: &Observed) -> Vec<Problem> {
    let planned = |id: Option<&TrialId>| {
        let cell = scores.cells().find(|cell| Some(&cell.trial.id) == id)?;
        Some((cell.trial.condition.clone(), cell.trial.seed))
    };
    let unread = observed.problems.iter().map(|problem| Problem {
        dir: problem.dir.clone(),
        kind: problem.kind.word().into(),
        detail: problem.detail.clone(),
        trial: planned(problem.trial.as_ref()),
    });
    let mut all: Vec<Problem> = unread.chain(scores.problems.iter().cloned()).collect();
    all.sort_by(|a, b| (&a.dir, &a.kind).cmp(&(&b.dir, &b.kind)));
    all
}

fn condition_result(
    row: &Row<'_>,
    experiment: &Experiment,
    observed: &Observed,
) -> ConditionResult {
    let policy = experiment.analysis.failed_trial;
    let trials: Vec<TrialResult> =
        row.cells.iter().map(|cell| trial_result(cell, row, policy)).collect();
    let metrics = MetricName::all().into_iter().filter_map(|name| {
        let values = trials.iter().filter_map(|trial| trial.metrics.get(&name).copied());
        Some((name, describe_all(&values.collect::<Vec<f64>>())?))
    });
    ConditionResult {
        name: row.condition.name.clone(),
        settings: row.condition.settings.clone(),
        duplicate: row.condition.duplicate,
        score: describe_all(&trials.iter().filter_map(|trial| trial.score).collect::<Vec<f64>>()),
        metrics: metrics.collect(),
        examples: examples(row),
        cost: cost(row, experiment),
        curve: curve(row, &observed.curves),
        trials,
    }
}

/// The smallest and the largest splits.
fn examples(row: &Row<'_>) -> Option<[Examples; 2]> {
    let records = row.cells.iter().filter_map(|cell| cell.record);
    let sizes = records.filter_map(|record| Some(record.summary.as_ref()?.examples));
    sizes.map(|size| [size; 2]).reduce(|[least, most], [size, _]| {
        let each = |of: fn(u64, u64) -> u64, one: Examples| Examples {
            train: of(one.train, size.train),
            val: of(one.val, size.val),
            test: of(one.test, size.test),
        };
        [each(u64::min, least), each(u64::max, most)]
    })
}

fn trial_result(cell: &Cell<'_>, row: &Row<'_>, policy: FailedTrial) -> TrialResult {
    let summary = cell.record.and_then(|record| record.summary.as_ref());
    let finished = summary.filter(|_| cell.score.is_some());
    let metrics = finished.map(|summary| {
        let finite = summary.metrics.iter().filter(|(_, value)| value.is_finite());
        finite.map(|(name, value)| (*name, *value)).collect()
    });
    TrialResult {
        seed: cell.trial.seed,
        id: cell.trial.id.clone(),
        dir: cell.trial.dir_name(),
        fate: cell.fate.clone(),
        score: score(cell, row, policy),
        metrics: metrics.unwrap_or_default(),
        steps: finished.map(|summary| (summary.steps, summary.selected_step)),
        state_digest: finished.map(|summary| summary.state_digest.clone()),
        message: cell
            .record
            .and_then(|record| record.status.as_ref())
            .and_then(|status| status.message.clone())
            .filter(|_| cell.fate.is_failure()),
        is_mixed: summary.is_some() && was_begun_by_another(cell),
    }
}

fn was_begun_by_another(cell: &Cell<'_>) -> bool {
    let provenance = cell.record.and_then(|record| record.provenance.as_ref());
    provenance.is_some_and(|provenance| !provenance.earlier.is_empty())
}

pub(crate) fn describe_all(values: &[f64]) -> Option<Description> {
    let mean = describe::mean(values)?;
    let (min, max) = describe::range(values);
    Some(Description { n: values.len(), mean, sd: describe::sd(values), min, max })
}

/// What a seed decides: streams that exist and have no seed of their own. Dropout and a test split
/// are named only where they exist.
fn varies(plan: &Plan) -> Vec<String> {
    let specs = || plan.conditions.iter().map(|condition| &condition.spec);
    let follows = |purpose| specs().any(|spec| spec.streams.named(purpose).is_none());
    let mut varies = Vec::new();
    if follows(Purpose::Init) {
        varies.push("initial weights");
    }
    if follows(Purpose::Order) {
        varies.push("batch order");
    }
    if follows(Purpose::Dropout) && specs().any(|spec| dropout(&spec.model) > 0.0) {
        varies.push("dropout masks");
    }
    if follows(Purpose::Split) && specs().any(|spec| spec.data.test_fraction.is_some()) {
        varies.push("the split into train, val and test");
    } else if follows(Purpose::Split) {
        varies.push("the split into train and val (the test examples stay)");
    }
    varies.into_iter().map(ToOwned::to_owned).collect()
}

fn split_rules(plan: &Plan) -> Vec<SplitRule> {
    let mut rules = Vec::new();
    for rule in plan.conditions.iter().map(|condition| condition.spec.data.split) {
        if !rules.contains(&rule) {
            rules.push(rule);
        }
    }
    rules
}

fn dropout(model: &ModelSpec) -> f64 {
    match model {
        ModelSpec::Cnn(spec) => spec.dropout,
        ModelSpec::EfficientnetLite(spec) => spec.dropout,
        ModelSpec::Mlp(spec) => spec.dropout,
        ModelSpec::Resnet(spec) => spec.dropout,
    }
}

/// How exactly the examples of the primary metric's split measure an accuracy.
fn resolution(
    experiment: &Experiment,
    conditions: &[ConditionResult],
    reference: &Row<'_>,
) -> Option<Resolution> {
    let MetricName::Of(split, Metric::Accuracy) = experiment.analysis.primary_metric else {
        return None;
    };
    let mean = conditions.first()?.score?.mean;
    let records = reference.cells.iter().filter_map(|cell| cell.record);
    let Examples { train, val, test } =
        records.filter_map(|record| record.summary.as_ref()).next()?.examples;
    let examples = match split {
        Split::Train => train,
        Split::Val => val,
        Split::Test => test,
    };
    if examples == 0 {
        return None;
    }
    let standard_error = (mean * (1.0 - mean) / examples as f64).max(0.0).sqrt();
    let ceiling =
        experiment.analysis.direction == Direction::Higher && 1.0 - mean <= standard_error;
    Some(Resolution { split, examples, standard_error, ceiling })
}

/// Distinct provenance of the finished trials, in plan order.
fn provenance(scores: &Scores<'_>) -> Vec<(Option<Provenance>, usize)> {
    let mut groups: Vec<(Option<Provenance>, usize)> = Vec::new();
    for record in scores.cells().filter_map(|cell| cell.record.filter(|r| r.summary.is_some())) {
        // Each seed may have a source of its own; that is told with the sources.
        let provenance =
            record.provenance.clone().map(|provenance| Provenance { source: None, ..provenance });
        match groups.iter_mut().find(|(known, _)| *known == provenance) {
            Some((_, trials)) => *trials += 1,
            None => groups.push((provenance, 1)),
        }
    }
    groups
}
