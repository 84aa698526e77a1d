//! `contrasts.csv`: every statistic of every contrast, also those that are too few to be shown.

use serde_json::{Value, json};

use super::Sheet;
use crate::effect::Effect;
use crate::format::json::maybe;
use crate::results::{Contrast, Results};
use crate::stats::paired_t::Interval;
use crate::verdict::Verdict;

const HEADER: &[&str] = &[
    "condition",
    "verdict",
    "reason",
    "planned",
    "condition-failures",
    "reference-failures",
    "verdict-exclude-pair",
    "verdict-worst",
];

/// Name and value of what an effect holds; one line adds a column.
type Column = (&'static str, fn(&Effect) -> Value);

const EFFECT: &[Column] = &[
    ("n", |e| json!(e.n())),
    ("mean", |e| maybe(e.mean)),
    ("sd", |e| maybe(e.sd)),
    ("interval-95-low", |e| low(e.interval)),
    ("interval-95-high", |e| high(e.interval)),
    ("t-test-p", |e| maybe(e.t_test_p)),
    ("sign-flip-p", |e| maybe(e.sign_flip_p)),
    ("adjusted-p", |e| maybe(e.adjusted_p)),
    ("tost-p", |e| maybe(e.tost_p)),
    ("adjusted-tost-p", |e| maybe(e.adjusted_tost_p)),
    ("d-z", |e| maybe(e.size.map(|size| size.d_z))),
    ("g-z", |e| maybe(e.size.map(|size| size.g_z))),
    ("prob-better", |e| maybe(e.prob_better.map(|(share, _)| share))),
    ("prob-better-95-low", |e| low(e.prob_better.map(|(_, wilson)| wilson))),
    ("prob-better-95-high", |e| high(e.prob_better.map(|(_, wilson)| wilson))),
    ("correlation", |e| maybe(e.correlation)),
    ("variance-ratio", |e| maybe(e.variance_ratio)),
    ("detectable", |e| maybe(e.detectable)),
    ("seeds-needed", |e| json!(e.seeds_needed)),
    ("skewed", |e| json!(e.skewed)),
];

pub(super) fn rows(results: &Results) -> Sheet {
    let names = HEADER.iter().chain(EFFECT.iter().map(|(name, _)| name));
    Sheet {
        header: names.map(|&name| name.into()).collect(),
        rows: results.contrasts.iter().map(row).collect(),
    }
}

fn row(contrast: &Contrast) -> Vec<Value> {
    let lines = contrast.sensitivity.as_ref();
    let mut row = vec![
        json!(contrast.condition),
        json!(contrast.verdict.word()),
        reason(&contrast.verdict),
        json!(contrast.planned),
        json!(contrast.failures.0),
        json!(contrast.failures.1),
        json!(lines.map(|lines| lines.exclude_pair.word())),
        json!(lines.and_then(|lines| lines.worst.as_ref()).map(Verdict::word)),
    ];
    let effect = contrast.effect.as_ref();
    row.extend(EFFECT.iter().map(|(_, value)| effect.map_or(Value::Null, value)));
    row
}

fn reason(verdict: &Verdict) -> Value {
    match verdict {
        Verdict::Inconclusive(reason) => json!(reason.key()),
        Verdict::Equivalent { nonzero: true } => json!("non-zero-inside-rope"),
        Verdict::Equivalent { nonzero: false }
        | Verdict::Better
        | Verdict::Worse
        | Verdict::Exploratory => Value::Null,
    }
}

fn low(interval: Option<Interval>) -> Value {
    maybe(interval.map(|interval| interval.low))
}

fn high(interval: Option<Interval>) -> Value {
    maybe(interval.map(|interval| interval.high))
}
