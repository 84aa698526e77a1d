//! Comparisons for machines.

use serde_json::{Map, Value, json as value};

use crate::ReportError;
use crate::compare::warnings::{notes, warnings};
use crate::compare::{
    Bits, Change, Compared, Comparison, Criteria, Differences, Ending, Finding, Group, Pair, Scope,
    SideFacts,
};
use crate::format::json::{effect, reason, sorted};
use crate::format::json_context::standing;

/// Version of the format of `cargo xtask compare --format json`.
pub const COMPARISON_SCHEMA: u32 = 1;

/// Every number at full precision, sorted keys. The same runs give the same bytes.
pub fn json(comparisons: &[Comparison]) -> Result<String, ReportError> {
    let document = value!({
        "schema": COMPARISON_SCHEMA,
        "comparisons": comparisons.iter().map(comparison).collect::<Vec<_>>(),
    });
    let failed = |source| ReportError::Json { experiment: "the comparison".into(), source };
    let mut text = serde_json::to_string_pretty(&sorted(document)).map_err(failed)?;
    text.push('\n');
    Ok(text)
}

fn comparison(comparison: &Comparison) -> Value {
    let warnings = warnings(comparison);
    value!({
        "scope": match comparison.scope {
            Scope::Run => "run",
            Scope::Condition => "condition",
            Scope::Store => "store",
        },
        "a": side(&comparison.a),
        "b": side(&comparison.b),
        "criteria": criteria(&comparison.criteria),
        "family": comparison.family,
        "seeds-needed": comparison.n_min,
        "conditions": comparison.conditions.iter().map(compared).collect::<Vec<_>>(),
        "only-in-a": comparison.only_a,
        "only-in-b": comparison.only_b,
        "differences": differences(&comparison.differences),
        "warnings": warnings.iter().map(|warning| &warning.what).collect::<Vec<_>>(),
        "notes": notes(comparison),
    })
}

fn side(side: &SideFacts) -> Value {
    value!({ "label": side.label, "runs": side.runs, "condition": side.condition })
}

fn criteria(criteria: &Criteria) -> Value {
    value!({
        "metric": criteria.metric,
        "direction": criteria.direction,
        "rope": criteria.rope,
        "alpha": criteria.alpha,
        "failed-trial": criteria.failed_trial,
        "interval": criteria.interval,
        "standing": standing(&criteria.standing),
        "picked-from": criteria.picked_from,
        "origin": criteria.origin,
    })
}

fn compared(compared: &Compared) -> Value {
    let sensitivity = compared.sensitivity.as_ref().map(|lines| {
        value!({
            "exclude-pair": lines.exclude_pair.to_string(),
            "worst": lines.worst.as_ref().map(ToString::to_string),
        })
    });
    let (a, b) = compared.failures();
    value!({
        "name": compared.name,
        "verdict": compared.finding.word(),
        "reason": match &compared.finding {
            Finding::Identical { .. } => Value::Null,
            Finding::Judged(verdict) => reason(verdict),
        },
        "failures": { "a": a, "b": b },
        "sensitivity": sensitivity,
        "effect": compared.effect.as_ref().map(effect),
        "pairs": compared.pairs.iter().map(pair).collect::<Vec<_>>(),
        "seeds-only-in-a": compared.only_a,
        "seeds-only-in-b": compared.only_b,
        "may-have-moved-it": compared.differs.iter().map(|group| group.word()).collect::<Vec<_>>(),
    })
}

fn pair(pair: &Pair) -> Value {
    value!({
        "a": ending(&pair.a),
        "b": ending(&pair.b),
        "bits": match pair.bits {
            Bits::Identical => "identical",
            Bits::Different => "different",
            Bits::Unknown => "unknown",
        },
    })
}

fn ending(ending: &Ending) -> Value {
    let metrics: Map<String, Value> =
        ending.metrics.iter().map(|(name, x)| (name.to_string(), value!(x))).collect();
    value!({
        "condition": ending.condition,
        "seed": ending.seed,
        "id": ending.id,
        "outcome": ending.fate.word(),
        "score": ending.score,
        "metrics": metrics,
        "steps": ending.steps.map(|(steps, _)| steps),
        "selected-step": ending.steps.map(|(_, selected)| selected),
    })
}

pub(crate) fn differences(differences: &Differences) -> Value {
    let change = |change: &Change| {
        value!({
            "key": change.key,
            "a": change.a,
            "b": change.b,
            "conditions": change.conditions,
        })
    };
    let group = |group: Group| {
        let changes = differences.group(group).map(change);
        (group.word().to_owned(), Value::Array(changes.collect()))
    };
    let mut all: Map<String, Value> = Group::ALL.into_iter().map(group).collect();
    all.insert("pairs".into(), value!(differences.pairs));
    all.insert("unrecorded-pairs".into(), value!(differences.unrecorded));
    Value::Object(all)
}
