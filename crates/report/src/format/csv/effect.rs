//! The columns of an effect, alike in every table that has them.

use serde_json::{Value, json};

use crate::effect::Effect;
use crate::format::json::maybe;
use crate::stats::paired_t::Interval;

/// Name and value; one line adds a column.
type Column = (&'static str, fn(&Effect) -> Value);

const COLUMNS: &[Column] = &[
    ("n", |e| json!(e.n())),
    ("mean", |e| maybe(e.mean)),
    ("sd", |e| maybe(e.sd)),
    ("interval-95-low", |e| low(e.interval)),
    ("interval-95-high", |e| high(e.interval)),
    ("t-interval-95-low", |e| low(e.t_interval)),
    ("t-interval-95-high", |e| high(e.t_interval)),
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

pub(super) fn names() -> impl Iterator<Item = &'static str> {
    COLUMNS.iter().map(|&(name, _)| name)
}

/// A value per name; none of an effect that does not exist.
pub(super) fn values(effect: Option<&Effect>) -> impl Iterator<Item = Value> {
    COLUMNS.iter().map(move |(_, value)| effect.map_or(Value::Null, value))
}

pub(super) fn low(interval: Option<Interval>) -> Value {
    maybe(interval.map(|interval| interval.low))
}

pub(super) fn high(interval: Option<Interval>) -> Value {
    maybe(interval.map(|interval| interval.high))
}
