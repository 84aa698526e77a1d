//! Parts of `results.json` beside scores and contrasts: registration, problems, fairness, curves.

use serde_json::{Value, json};

use crate::fairness::Unfair;
use crate::format::json::derived;
use crate::registration::{Change, Registered, Scope};
use crate::results::{Confusion, CurvePoint, Problem};
use crate::sources::{SourceResult, SourceTrial};
use crate::standing::{Cause, Standing};

pub(crate) fn standing(standing: &Standing) -> Value {
    match standing {
        Standing::Confirmatory => json!({ "family": "confirmatory" }),
        Standing::Exploratory(cause) => {
            let keys = match cause {
                Cause::Edited(keys) => json!(keys),
                Cause::Claimed | Cause::Shared | Cause::Undeclared | Cause::Unregistered => {
                    Value::Null
                }
            };
            json!({ "family": "exploratory", "cause": cause.key(), "keys": keys })
        }
    }
}

/// Times are not in it: they are the machine's.
pub(crate) fn source(source: &SourceResult) -> Value {
    let trial = |trial: &SourceTrial| {
        let metrics = trial.metrics.iter().map(|(name, value)| (name.to_string(), json!(value)));
        json!({
            "seed": trial.seed,
            "id": trial.id,
            "outcome": trial.fate.word(),
            "metrics": Value::Object(metrics.collect()),
            "steps": trial.steps.map(|(steps, _)| steps),
            "selected-step": trial.steps.map(|(_, selected)| selected),
            "state-digest": trial.state_digest,
        })
    };
    json!({
        "name": source.name,
        "trained-on": source.trained_on,
        "conditions": source.conditions,
        "seeds": source.seeds,
        "one-per-seed": source.is_one_per_seed(),
        "trials": source.trials.iter().map(trial).collect::<Vec<_>>(),
    })
}

pub(crate) fn registration(registered: &Registered) -> Value {
    json!({
        "hash": registered.hash,
        "finished-before": registered.finished_before,
        "changes": registered.changes.iter().map(change).collect::<Vec<_>>(),
        "until": registered.until,
        "added-seeds": registered.added_seeds,
        "earlier": registered.earlier,
    })
}

fn change(change: &Change) -> Value {
    let scope = match &change.scope {
        Scope::All => json!("all"),
        Scope::Condition(name) => json!({ "condition": name }),
        Scope::Hypothesis(None) => json!("hypotheses"),
        Scope::Hypothesis(Some(name)) => json!({ "hypothesis": name }),
        Scope::Nothing => json!("nothing"),
    };
    json!({ "key": change.key, "was": change.was, "is": change.is, "makes-exploratory": scope })
}

pub(crate) fn problem(problem: &Problem) -> Value {
    let trial = problem.trial.as_ref();
    json!({
        "run": problem.dir,
        "problem": problem.kind,
        "detail": problem.detail,
        "condition": trial.map(|(condition, _)| condition),
        "seed": trial.map(|(_, seed)| seed),
    })
}

pub(crate) fn unfair(unfair: &Unfair) -> Value {
    json!({
        "condition": unfair.condition,
        "what": unfair.what.words(),
        "condition-has": unfair.ours,
        "reference-has": unfair.theirs,
    })
}

pub(crate) fn confusion(confusion: &Confusion) -> Value {
    json!({
        "condition": confusion.condition,
        "trials": confusion.n,
        "classes": confusion.classes,
        "counts": confusion.counts,
    })
}

pub(crate) fn point(point: &CurvePoint) -> Value {
    json!({
        "step": point.step,
        "n": point.n,
        "mean": derived(point.mean),
        "low": point.low,
        "high": point.high,
    })
}
