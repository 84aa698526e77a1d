//! `conditions.csv`: the primary metric and the cost of each condition.

use serde_json::{Value, json};

use super::Sheet;
use crate::format::json::{derived, maybe};
use crate::results::{ConditionResult, Results};

const HEADER: &[&str] = &[
    "condition",
    "reference",
    "duplicate",
    "planned",
    "n",
    "mean",
    "sd",
    "min",
    "max",
    "params",
    "trainable-params",
    "macs",
    "fewest-steps",
    "most-steps",
    "mean-steps",
    "budget-steps",
    "fewest-epochs",
    "most-epochs",
    "early-stops",
    "selection",
    "tuning-trials",
    "wall-secs",
    "cpu-secs",
    "peak-rss-bytes",
];

pub(super) fn rows(results: &Results) -> Sheet {
    Sheet {
        header: HEADER.iter().map(|&name| name.into()).collect(),
        rows: results.conditions.iter().map(row).collect(),
    }
}

fn row(condition: &ConditionResult) -> Vec<Value> {
    let (score, cost) = (condition.score.as_ref(), &condition.cost);
    vec![
        json!(condition.name),
        json!(condition.is_reference()),
        json!(condition.duplicate),
        json!(condition.trials.len()),
        json!(score.map_or(0, |score| score.n)),
        score.map_or(Value::Null, |score| derived(score.mean)),
        maybe(score.and_then(|score| score.sd)),
        json!(score.map(|score| score.min)),
        json!(score.map(|score| score.max)),
        json!(cost.params),
        json!(cost.trainable_params),
        json!(cost.macs),
        json!(cost.steps.map(|(fewest, _)| fewest)),
        json!(cost.steps.map(|(_, most)| most)),
        maybe(cost.mean_steps),
        json!(cost.budget_steps),
        maybe(cost.epochs.map(|(fewest, _)| fewest)),
        maybe(cost.epochs.map(|(_, most)| most)),
        json!(cost.early_stops.map_or(0, |stops| stops.trials)),
        json!(cost.select),
        json!(cost.tuning_trials),
        maybe(cost.time_secs),
        maybe(cost.cpu_secs),
        json!(cost.peak_rss_bytes),
    ]
}
