//! Reproductions for machines.

use serde_json::{Map, Value, json as value};

use super::divergence::{Parting, Trail};
use super::judge::{Basis, Ground};
use super::sentence::{outcome, sentence};
use super::{About, Again, Gap, Likeness, Reproduced, Reproduction};
use crate::ReportError;
use crate::compare::differences_json;
use crate::format::json::{derived, effect, sorted};

/// Version of the format of `cargo xtask reproduce --format json`.
pub const REPRODUCTION_SCHEMA: u32 = 1;

/// Every number at full precision, sorted keys. The same runs give the same bytes.
pub fn json(reproduction: &Reproduction, about: &About) -> Result<String, ReportError> {
    let basis = &reproduction.basis;
    let document = value!({
        "schema": REPRODUCTION_SCHEMA,
        "label": about.label,
        "run-again": about.again,
        "finished": about.of,
        "drawn-with-seed": about.drawn_with,
        "notes": about.notes,
        "basis": of_basis(basis),
        "trials": reproduction.trials.iter().map(|of| trial(of, basis)).collect::<Vec<_>>(),
        "differences": differences_json(&reproduction.differences),
        "verdict": reproduction.rung.map(|rung| rung.word()),
        "reproduced": reproduction.is_reproduced(),
    });
    let failed = |source| ReportError::Json { experiment: about.label.clone(), source };
    let mut text = serde_json::to_string_pretty(&sorted(document)).map_err(failed)?;
    text.push('\n');
    Ok(text)
}

fn of_basis(basis: &Basis) -> Value {
    value!({
        "metric": basis.metric,
        "rope": basis.rope,
        "alpha": basis.alpha,
        "tolerance": basis.tolerance,
        "origin": basis.origin,
    })
}

fn trial(trial: &Reproduced, basis: &Basis) -> Value {
    let mut entries = Map::new();
    let mut add = |key: &str, value: Value| drop(entries.insert(key.into(), value));
    add("condition", value!(trial.condition));
    add("seed", value!(trial.seed));
    add("id", value!(trial.id));
    add("original", value!({ "outcome": outcome(&trial.outcome), "score": trial.original }));
    add("sentence", value!(sentence(trial, basis)));
    match &trial.rerun {
        Err(message) => add("failure", value!(message)),
        Ok(again) => {
            add("rerun", value!({ "outcome": outcome(&again.outcome), "score": again.score }));
            add("verdict", value!(again.rung().word()));
            add("likeness", value!(likeness(again.likeness)));
            add("largest-gap", again.gap.as_ref().map_or(Value::Null, gap));
            add("ground", ground(again));
            add("events", again.trail.as_ref().map_or(Value::Null, trail));
        }
    }
    Value::Object(entries)
}

fn likeness(likeness: Likeness) -> &'static str {
    match likeness {
        Likeness::Identical => "identical",
        Likeness::Near => "near",
        Likeness::Apart => "apart",
        Likeness::OtherOutcome => "other-outcome",
    }
}

fn gap(gap: &Gap) -> Value {
    // A size that is not finite has no JSON number, and stands as null.
    value!({
        "metric": gap.metric,
        "original": gap.original,
        "rerun": gap.rerun,
        "size": gap.size,
    })
}

fn ground(again: &Again) -> Value {
    match &again.ground {
        Ground::Bits => value!({ "key": "bits" }),
        Ground::Tolerance => value!({ "key": "tolerance" }),
        Ground::Outcome => value!({ "key": "outcome" }),
        Ground::Equivalent(of) => value!({ "key": "equivalent", "effect": effect(of) }),
        Ground::Shift(of) => value!({ "key": "shift", "effect": effect(of) }),
        Ground::Spread { difference, limit, n } => value!({
            "key": "spread",
            "difference": derived(*difference),
            "limit": derived(*limit),
            "seeds": n,
        }),
        Ground::FewSeeds(n) => value!({ "key": "few-seeds", "seeds": n }),
        Ground::NoSpread => value!({ "key": "no-spread" }),
        Ground::NoScore => value!({ "key": "no-score" }),
    }
}

fn trail(trail: &Trail) -> Value {
    value!({
        "shared": trail.shared,
        "states": trail.states,
        "only-original": trail.only_original,
        "only-rerun": trail.only_rerun,
        "parting": trail.parting.as_ref().map(parting),
    })
}

fn parting(parting: &Parting) -> Value {
    value!({
        "step": parting.step,
        "same-until": parting.same_until,
        "value": parting.value.as_ref().map(|value| value!({
            "step": value.step,
            "name": value.name,
            "original": value.original,
            "rerun": value.rerun,
        })),
        "state": parting.state.as_ref().map(|state| value!({
            "step": state.step,
            "same-at": state.same_at,
            "first": state.first,
            "differing": state.differing,
            "tensors": state.tensors,
        })),
    })
}
