//! `hypotheses.csv` and `checks.csv`: every declared hypothesis and check.

use serde_json::{Value, json};

use super::Sheet;
use crate::format::json::{derived, maybe};
use crate::hypothesis::json::{end, key, scale};
use crate::hypothesis::{Answered, Checked};
use crate::results::Results;

const HYPOTHESES: &[&str] = &[
    "name",
    "kind",
    "metric",
    "answer",
    "reason",
    "standing",
    "family",
    "n",
    "scale",
    "estimate",
    "low",
    "high",
    "null",
    "p",
    "adjusted-p",
    "units-needed",
];

const CHECKS: &[&str] =
    &["name", "metric", "outcome", "n", "estimate", "low", "high", "above", "below"];

pub(super) fn rows(results: &Results) -> Sheet {
    Sheet {
        header: HYPOTHESES.iter().map(|&name| name.into()).collect(),
        rows: results.hypotheses.iter().map(row).collect(),
    }
}

pub(super) fn checks(results: &Results) -> Sheet {
    Sheet {
        header: CHECKS.iter().map(|&name| name.into()).collect(),
        rows: results.checks.iter().map(check).collect(),
    }
}

fn row(of: &Answered) -> Vec<Value> {
    let finding = of.finding.as_ref();
    let interval = finding.and_then(|finding| finding.interval);
    let family = if of.standing.is_confirmatory() { "confirmatory" } else { "exploratory" };
    vec![
        json!(of.hypothesis.name),
        json!(of.hypothesis.kind()),
        json!(of.hypothesis.metric),
        json!(of.answer.word()),
        json!(key(&of.answer)),
        json!(family),
        json!(of.family),
        json!(finding.map(|finding| finding.n)),
        json!(finding.map(|finding| scale(finding.scale))),
        finding.map_or(Value::Null, |finding| end(finding.estimate)),
        interval.map_or(Value::Null, |interval| end(interval.low)),
        interval.map_or(Value::Null, |interval| end(interval.high)),
        finding.map_or(Value::Null, |finding| derived(finding.null)),
        maybe(finding.and_then(|finding| finding.p)),
        maybe(finding.and_then(|finding| finding.adjusted_p)),
        json!(finding.and_then(|finding| finding.needed)),
    ]
}

fn check(of: &Checked) -> Vec<Value> {
    vec![
        json!(of.check.name),
        json!(of.check.metric),
        json!(of.outcome.word()),
        json!(of.n),
        maybe(of.estimate),
        maybe(of.interval.map(|interval| interval.low)),
        maybe(of.interval.map(|interval| interval.high)),
        maybe(of.check.above),
        maybe(of.check.below),
    ]
}
