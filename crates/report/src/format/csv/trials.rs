//! `trials.csv`: what became of each trial, with its factors and everything it measured.

use std::collections::BTreeSet;

use fireassay_spec::MetricName;
use serde_json::{Value, json};

use super::Sheet;
use crate::results::{ConditionResult, Results, TrialResult};
use crate::text::clean;

const FIXED: &[&str] = &["seed", "id", "outcome", "score", "steps", "selected-step"];

pub(super) fn rows(results: &Results) -> Sheet {
    let factors: BTreeSet<&String> =
        results.conditions.iter().flat_map(|condition| condition.settings.keys()).collect();
    let reported = |name: &MetricName| {
        results.conditions.iter().any(|condition| condition.metrics.contains_key(name))
    };
    let metrics: Vec<MetricName> = MetricName::all().into_iter().filter(reported).collect();
    let mut header = vec!["condition".into()];
    // A factor may be called `seed`.
    header.extend(factors.iter().map(|factor| format!("factor.{factor}").into()));
    header.extend(FIXED.iter().map(|&name| name.into()));
    header.extend(metrics.iter().map(|name| name.to_string().into()));
    header.push("message".into());
    let mut rows = Vec::new();
    for condition in &results.conditions {
        for trial in &condition.trials {
            rows.push(row(condition, trial, &factors, &metrics));
        }
    }
    Sheet { header, rows }
}

fn row(
    condition: &ConditionResult,
    trial: &TrialResult,
    factors: &BTreeSet<&String>,
    metrics: &[MetricName],
) -> Vec<Value> {
    let mut row = vec![json!(condition.name)];
    row.extend(factors.iter().map(|&factor| json!(condition.settings.get(factor))));
    row.extend([
        json!(trial.seed),
        json!(trial.id),
        json!(trial.fate.word()),
        json!(trial.score),
        json!(trial.steps.map(|(steps, _)| steps)),
        json!(trial.steps.map(|(_, selected)| selected)),
    ]);
    row.extend(metrics.iter().map(|name| json!(trial.metrics.get(name))));
    row.push(json!(trial.message.as_deref().map(clean)));
    row
}
