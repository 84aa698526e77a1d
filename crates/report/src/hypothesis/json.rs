//! What `results.json` says about hypotheses and checks.

use serde_json::{Value, json};

use crate::format::json::{derived, interval, maybe};
use crate::format::json_context;
use crate::hypothesis::result::{
    Answer, Answered, Arm, Checked, Detail, Finding, Open, Scale, Series, Shared,
};
use crate::stats::kaplan_meier::Survival;

pub(crate) fn answered(of: &Answered) -> Value {
    json!({
        "name": of.hypothesis.name,
        "says": of.hypothesis.says,
        "kind": of.hypothesis.kind(),
        "metric": of.hypothesis.metric,
        "test": of.hypothesis.test,
        "answer": of.answer.word(),
        "reason": reason(&of.answer),
        "standing": json_context::standing(&of.standing),
        "family": of.family,
        "finding": of.finding.as_ref().map(finding),
    })
}

pub(crate) fn shared(of: Shared) -> Value {
    json!({
        "stream": of.stream,
        "checkpoints": of.checkpoints,
        "generalises": of.generalises,
    })
}

pub(crate) fn checked(of: &Checked) -> Value {
    json!({
        "name": of.check.name,
        "says": of.check.says,
        "metric": of.check.metric,
        "voids": of.check.voids,
        "quantity": of.check.quantity,
        "above": maybe(of.check.above),
        "below": maybe(of.check.below),
        "n": of.n,
        "estimate": maybe(of.estimate),
        "interval-95": of.interval.map(interval),
        "outcome": of.outcome.word(),
    })
}

fn reason(answer: &Answer) -> Value {
    match answer {
        Answer::Undecided(open) => json!({ "key": open.key(), "text": open.to_string() }),
        Answer::Void(checks) => json!({ "key": "failed-check", "checks": checks }),
        Answer::Supported | Answer::Refuted | Answer::Exploratory => Value::Null,
    }
}

fn finding(of: &Finding) -> Value {
    json!({
        "scale": scale(of.scale),
        "n": of.n,
        "seeds": of.seeds,
        "values": of.values.iter().map(|value| derived(*value)).collect::<Vec<_>>(),
        "estimate": end(of.estimate),
        "interval-95": of.interval.map(|i| json!([end(i.low), end(i.high)])),
        "interval-method": of.method.words(),
        "null": derived(of.null),
        "p": maybe(of.p),
        "adjusted-p": maybe(of.adjusted_p),
        "detectable": maybe(of.detectable),
        "units-needed": of.needed,
        "over-checkpoints": of.over_checkpoints.map(|(mean, bounds)| json!({
            "mean": derived(mean),
            "t-interval-95": bounds.map(interval),
        })),
        "detail": detail(&of.detail),
    })
}

pub(crate) fn scale(scale: Scale) -> &'static str {
    match scale {
        Scale::Level => "level",
        Scale::Metric(_) => "metric",
        Scale::PerStep(_) => "metric-per-unit",
        Scale::PerTenfold(_) => "metric-per-tenfold",
        Scale::Ranks => "ranks",
        Scale::Ratio => "ratio",
        Scale::Share => "share",
    }
}

/// A place that may lie outside: JSON has no infinity.
pub(crate) fn end(value: f64) -> Value {
    match value {
        f64::INFINITY => json!("inf"),
        f64::NEG_INFINITY => json!("-inf"),
        value => derived(value),
    }
}

fn detail(detail: &Detail) -> Value {
    match detail {
        Detail::None => Value::Null,
        Detail::Chosen(pairs) => json!({ "chosen": pairs.iter().map(|[best, prescribed]| json!({
            "best": best, "prescribed": prescribed,
        })).collect::<Vec<_>>() }),
        Detail::Along { series, page_p } => json!({
            "series": series.iter().map(line).collect::<Vec<_>>(),
            "page-p": maybe(*page_p),
        }),
        Detail::Depths(ranks) => json!({ "ranks": ranks }),
        Detail::Times(times) => json!({
            "threshold": derived(times.threshold),
            "chi-squared": derived(times.chi_squared),
            "log-rank-p": derived(times.log_rank_p),
            "arms": times.arms.iter().map(arm).collect::<Vec<_>>(),
        }),
    }
}

fn line(series: &Series) -> Value {
    json!({
        "name": series.name,
        "crossing": series.crossing.map(|(at, _)| end(at)),
        "crossing-95": series.crossing.and_then(|(_, bounds)| bounds)
            .map(|i| json!([end(i.low), end(i.high)])),
        "points": series.points.iter().map(|point| json!({
            "label": point.label,
            "value": point.value,
            "of": derived(point.sides.0),
            "minus": maybe(point.sides.1),
            "mean": derived(point.mean),
            "interval-95": point.interval.map(interval),
        })).collect::<Vec<_>>(),
    })
}

fn arm(arm: &Arm) -> Value {
    json!({
        "condition": arm.condition,
        "n": arm.n,
        "reached": arm.reached,
        "last-step": arm.last_step,
        "median": arm.median.at,
        "median-95": [arm.median.low, arm.median.high],
        "not-yet": arm.curve.iter().map(step).collect::<Vec<_>>(),
    })
}

fn step(of: &Survival) -> Value {
    json!({
        "step": of.at,
        "share": derived(of.share),
        "low": derived(of.low),
        "high": derived(of.high),
    })
}

/// For tables: why a hypothesis is undecided or void.
pub(crate) fn key(answer: &Answer) -> Option<&'static str> {
    match answer {
        Answer::Undecided(open) => Some(Open::key(open)),
        Answer::Void(_) => Some("failed-check"),
        Answer::Supported | Answer::Refuted | Answer::Exploratory => None,
    }
}
