//! `results.json`: every number, at full precision, and nothing of the machine.

use fireassay_spec::{Design, MetricName};
use serde_json::{Map, Value, json};

use crate::ReportError;
use crate::design::json::design_analysis;
use crate::effect::Effect;
use crate::format::json_context;
use crate::hypothesis::json as hypotheses;
use crate::judged::Judged;
use crate::results::{
    ConditionResult, Contrast, Cost, Description, Interaction, Results, Term, TrialResult,
};
use crate::scores::Fate;
use crate::stats::paired_t::Interval;
use crate::verdict::Verdict;

/// Version of the format of `results.json`.
pub const RESULTS_SCHEMA: u32 = 2;

/// Results for machines: sorted keys, one value per line. The same trials give the same bytes,
/// wherever, whenever and however often they were stopped.
pub fn json(results: &Results) -> Result<String, ReportError> {
    let failed = |source| ReportError::Json { experiment: results.experiment.clone(), source };
    let mut text = serde_json::to_string_pretty(&sorted(document(results))).map_err(failed)?;
    text.push('\n');
    Ok(text)
}

fn document(results: &Results) -> Value {
    let mut document = without_hypotheses(results);
    // Only where some are declared, so that the results of all others stay what they were.
    if !results.hypotheses.is_empty() {
        let answered = results.hypotheses.iter().map(hypotheses::answered);
        document["hypotheses"] = answered.collect();
        document["checks"] = results.checks.iter().map(hypotheses::checked).collect();
    }
    if let Some(shared) = results.shared {
        document["shared-stage"] = hypotheses::shared(shared);
    }
    document
}

fn without_hypotheses(results: &Results) -> Value {
    let feasibility = &results.feasibility;
    let mut document = json!({
        "schema": RESULTS_SCHEMA,
        "experiment": results.experiment,
        "question": results.question,
        "statements": results.statements,
        "claim": results.claim,
        "design": design(results.design),
        "design-analysis": design_analysis(&results.design_analysis),
        "analysis": results.analysis,
        "family": {
            "claims": feasibility.claims,
            "contrasts": feasibility.claims - feasibility.interactions,
            "interactions": feasibility.interactions,
            "seeds": feasibility.n,
            "seeds-needed": feasibility.n_min,
            "smallest-p": derived(feasibility.smallest_p),
            "first-threshold": derived(feasibility.first_threshold),
            "detectable-d": maybe(feasibility.detectable_d),
        },
        "trials": {
            "planned": results.planned(),
            "failed": results.failed(),
            "missing": results.missing(),
        },
        "resolution": results.resolution.map(|resolution| json!({
            "examples": resolution.examples,
            "standard-error": derived(resolution.standard_error),
            "ceiling": resolution.ceiling,
        })),
        "registration": results.registered.as_ref().map(json_context::registration),
        "problems": results.problems.iter().map(json_context::problem).collect::<Vec<_>>(),
        "unfair": results.unfair.iter().map(json_context::unfair).collect::<Vec<_>>(),
        "confusions": results.confusions.iter().map(json_context::confusion).collect::<Vec<_>>(),
        "varies": results.varies,
        "conditions": results.conditions.iter().map(condition).collect::<Vec<_>>(),
        "contrasts": results.contrasts.iter().map(contrast).collect::<Vec<_>>(),
        "interactions": results.interactions.iter().map(|of| interaction(results, of)).collect::<Vec<_>>(),
    });
    if !results.sources.is_empty() {
        document["sources"] = results.sources.iter().map(json_context::source).collect();
    }
    document
}

fn condition(condition: &ConditionResult) -> Value {
    let Cost { params, trainable_params, macs, steps, budget_steps, .. } = condition.cost;
    let Cost { epochs, early_stops, select, tuning_trials, .. } = condition.cost;
    json!({
        "name": condition.name,
        "settings": condition.settings,
        "duplicate": condition.duplicate,
        "score": condition.score.as_ref().map(description),
        "metrics": by_name(condition.metrics.iter().map(|(k, v)| (k, description(v)))),
        "params": params,
        "trainable-params": trainable_params,
        "macs": macs,
        "steps": steps.map(|(fewest, most)| json!({ "fewest": fewest, "most": most })),
        "budget-steps": budget_steps,
        "epochs": epochs.map(|(fewest, most)| json!({
            "fewest": derived(fewest), "most": derived(most),
        })),
        "early-stops": early_stops.map_or(0, |stops| stops.trials),
        "early-stop-epochs": early_stops.map(|stops| json!({
            "first": derived(stops.epochs.0), "last": derived(stops.epochs.1),
        })),
        "selection": select,
        "tuning-trials": tuning_trials,
        "curve": condition.curve.iter().map(json_context::point).collect::<Vec<_>>(),
        "trials": condition.trials.iter().map(trial).collect::<Vec<_>>(),
    })
}

fn trial(trial: &TrialResult) -> Value {
    let detail = match &trial.fate {
        Fate::Diverged { step, value } => json!({ "step": step, "value": value }),
        Fate::Done | Fate::Failed(_) | Fate::Missing => Value::Null,
    };
    json!({
        "seed": trial.seed,
        "id": trial.id,
        "outcome": trial.fate.word(),
        "diverged-at": detail,
        "score": trial.score,
        "metrics": by_name(trial.metrics.iter().map(|(k, v)| (k, json!(v)))),
        "steps": trial.steps.map(|(steps, _)| steps),
        "selected-step": trial.steps.map(|(_, selected)| selected),
        "state-digest": trial.state_digest,
    })
}

fn contrast(contrast: &Contrast) -> Value {
    let mut value = judged(Judged::contrast(contrast));
    value["condition"] = json!(contrast.condition);
    value["reference-levels"] = json!(contrast.reference_levels);
    value["failures"] =
        json!({ "condition": contrast.failures.0, "reference": contrast.failures.1 });
    value
}

fn interaction(results: &Results, of: &Interaction) -> Value {
    let mut value = judged(Judged::interaction(of, results.analysis.direction));
    value["name"] = json!(of.name);
    value["factors"] = json!(of.factors);
    value["levels"] = json!(of.levels);
    value["aliased-with"] = of.alias.iter().map(|other| other.join("*")).collect();
    let term = |term: &Term| {
        json!({
            "condition": term.condition,
            "weight": derived(term.weight),
            "failures": term.failures,
        })
    };
    value["terms"] = of.terms.iter().map(term).collect();
    value
}

/// What every claim has.
fn judged(judged: Judged<'_>) -> Value {
    let sensitivity = judged.sensitivity.map(|lines| {
        json!({
            "exclude-pair": judged.kind.words(&lines.exclude_pair),
            "worst": lines.worst.as_ref().map(|worst| judged.kind.words(worst)),
        })
    });
    json!({
        "planned": judged.planned,
        "standing": json_context::standing(judged.standing),
        "family": judged.family,
        "verdict": judged.word(),
        "reason": reason(judged.verdict),
        "sensitivity": sensitivity,
        "effect": judged.effect.map(effect),
    })
}

pub(crate) fn reason(verdict: &Verdict) -> Value {
    match verdict {
        Verdict::Inconclusive(reason) => json!({ "key": reason.key(), "text": reason.to_string() }),
        Verdict::Equivalent { nonzero: true } => {
            json!({ "key": "non-zero-inside-rope", "text": "non-zero but inside the rope" })
        }
        Verdict::Equivalent { nonzero: false }
        | Verdict::Better
        | Verdict::Worse
        | Verdict::Exploratory => Value::Null,
    }
}

pub(crate) fn effect(effect: &Effect) -> Value {
    json!({
        "n": effect.n(),
        "seeds": effect.seeds,
        "differences": effect.differences.iter().map(|d| derived(*d)).collect::<Vec<_>>(),
        "mean": maybe(effect.mean),
        "sd": maybe(effect.sd),
        "interval-95": effect.interval.map(interval),
        "t-interval-95": effect.t_interval.map(interval),
        "t-test-p": maybe(effect.t_test_p),
        "sign-flip-p": maybe(effect.sign_flip_p),
        "adjusted-p": maybe(effect.adjusted_p),
        "tost-p": maybe(effect.tost_p),
        "adjusted-tost-p": maybe(effect.adjusted_tost_p),
        "d-z": maybe(effect.size.map(|size| size.d_z)),
        "g-z": maybe(effect.size.map(|size| size.g_z)),
        "prob-better": maybe(effect.prob_better.map(|(share, _)| share)),
        "prob-better-95": effect.prob_better.map(|(_, wilson)| interval(wilson)),
        "correlation": maybe(effect.correlation),
        "variance-ratio": maybe(effect.variance_ratio),
        "detectable": maybe(effect.detectable),
        "seeds-needed": effect.seeds_needed,
        "skewed": effect.skewed,
    })
}

fn description(of: &Description) -> Value {
    json!({
        "n": of.n, "mean": derived(of.mean), "sd": maybe(of.sd), "min": of.min, "max": of.max,
    })
}

pub(crate) fn interval(interval: Interval) -> Value {
    json!([derived(interval.low), derived(interval.high)])
}

fn design(design: Design) -> Value {
    json!(design)
}

fn by_name<'a>(entries: impl Iterator<Item = (&'a MetricName, Value)>) -> Value {
    Value::Object(entries.map(|(name, value)| (name.to_string(), value)).collect())
}

pub(crate) fn maybe(value: Option<f64>) -> Value {
    value.map_or(Value::Null, derived)
}

/// Twelve significant digits: what is computed through logarithms and exponentials differs in
/// its last bits between machines, and nobody reads those. Measured values stay whole.
pub(crate) fn derived(value: f64) -> Value {
    let rounded = format!("{value:.11e}").parse().unwrap_or(value);
    // A negative zero is a zero.
    json!(rounded + 0.0)
}

/// Keys in order, whatever map the JSON library was built with.
pub(crate) fn sorted(value: Value) -> Value {
    match value {
        Value::Object(map) => {
            let mut entries: Vec<(String, Value)> = map.into_iter().collect();
            entries.sort_by(|a, b| a.0.cmp(&b.0));
            let entries = entries.into_iter().map(|(key, value)| (key, sorted(value)));
            Value::Object(entries.collect::<Map<_, _>>())
        }
        Value::Array(items) => Value::Array(items.into_iter().map(sorted).collect()),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => value,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn derived_numbers_have_no_noise_no_sign_of_zero_and_no_nan() {
        assert_eq!(derived(0.92 - 0.91).to_string(), "0.01");
        assert_eq!(derived(-0.0).to_string(), "0.0");
        assert_eq!(derived(f64::NAN), Value::Null);
        assert_eq!(derived(1.0 / 3.0).to_string(), "0.333333333333");
    }

    #[test]
    fn keys_are_sorted_at_every_depth() {
        let text = sorted(json!({ "b": [{ "d": 1, "c": 2 }], "a": 0 })).to_string();
        assert_eq!(text, r#"{"a":0,"b":[{"c":2,"d":1}]}"#);
    }
}
