//! `analyse`: from an experiment, its plan and its run records to `Results`.

use fireassay_spec::{
    Cards, Direction, Experiment, FailedTrial, Metric, MetricName, ModelSpec, Plan, Split,
};
use fireassay_tracking::{Examples, Provenance, RunRecord};

use crate::ReportError;
use crate::design::design_analysis;
use crate::effect::score;
use crate::feasibility::feasibility;
use crate::judge::contrasts;
use crate::results::{ConditionResult, Cost, Description, Resolution, Results, TrialResult};
use crate::scores::{Cell, Row, Scores};
use crate::stats::describe;

/// Everything that the records say about the experiment's question. Pure; the order of the
/// records does not matter. `cards` are the datasets by name: they say what chance level is.
pub fn analyse(
    experiment: &Experiment,
    plan: &Plan,
    cards: &Cards,
    records: &[RunRecord],
) -> Result<Results, ReportError> {
    let scores = Scores::new(experiment, plan, cards, records)?;
    let policy = experiment.analysis.failed_trial;
    if policy == FailedTrial::Worst {
        every_failure_has_a_value(&scores, experiment)?;
    }
    let conditions: Vec<ConditionResult> =
        scores.rows.iter().map(|row| condition_result(row, policy)).collect();
    let resolution = resolution(experiment, &conditions, scores.reference());
    Ok(Results {
        experiment: experiment.name.clone(),
        question: experiment.question.clone(),
        statements: experiment.statements.clone(),
        claim: experiment.claim,
        design: experiment.design,
        analysis: experiment.analysis.clone(),
        feasibility: feasibility(experiment, plan),
        contrasts: contrasts(&scores, experiment),
        design_analysis: design_analysis(&scores, experiment),
        varies: varies(plan),
        resolution,
        provenance: provenance(&scores),
        foreign_runs: scores.foreign,
        conditions,
    })
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

fn condition_result(row: &Row<'_>, policy: FailedTrial) -> ConditionResult {
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
        cost: cost(row),
        trials,
    }
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
    }
}

pub(crate) fn describe_all(values: &[f64]) -> Option<Description> {
    let mean = describe::mean(values)?;
    let (min, max) = describe::range(values);
    Some(Description { n: values.len(), mean, sd: describe::sd(values), min, max })
}

fn cost(row: &Row<'_>) -> Cost {
    let records = row.cells.iter().filter_map(|cell| cell.record);
    let summary = records.clone().find_map(|record| record.summary.as_ref());
    let done = row.cells.iter().filter(|cell| cell.score.is_some());
    let done: Vec<&RunRecord> = done.filter_map(|cell| cell.record).collect();
    let steps = done.iter().filter_map(|record| record.summary.as_ref()).map(|s| s.steps);
    let statuses = done.iter().filter_map(|record| record.status.as_ref());
    let times: Vec<f64> = statuses.clone().map(|status| status.timing.wall_secs).collect();
    Cost {
        params: summary.map(|summary| summary.params),
        trainable_params: summary.map(|summary| summary.trainable_params),
        macs: summary.map(|summary| summary.macs),
        steps: steps.clone().min().zip(steps.max()),
        budget_steps: summary.map(|summary| summary.budget_steps),
        time_secs: describe::mean(&times),
        peak_rss_bytes: statuses.map(|status| status.peak_rss_bytes).max(),
    }
}

/// What a seed decides. Dropout and a test split are named only where they exist.
fn varies(plan: &Plan) -> Vec<String> {
    let specs = || plan.conditions.iter().map(|condition| &condition.spec);
    let mut varies = vec!["initial weights", "batch order"];
    if specs().any(|spec| dropout(&spec.model) > 0.0) {
        varies.push("dropout masks");
    }
    if specs().any(|spec| spec.data.test_fraction.is_some()) {
        varies.push("the split into train, val and test");
    } else {
        varies.push("the split into train and val (the test examples stay)");
    }
    varies.into_iter().map(ToOwned::to_owned).collect()
}

fn dropout(model: &ModelSpec) -> f64 {
    match model {
        ModelSpec::Cnn(spec) => spec.dropout,
        ModelSpec::Mlp(spec) => spec.dropout,
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
        match groups.iter_mut().find(|(known, _)| *known == record.provenance) {
            Some((_, trials)) => *trials += 1,
            None => groups.push((record.provenance.clone(), 1)),
        }
    }
    groups
}
