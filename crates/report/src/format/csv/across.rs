//! `across.csv`: combinations of levels over all their datasets.

use fireassay_spec::Plan;
use serde_json::{Value, json};

use super::{Sheet, effect};
use crate::design::{Method, Pooled, Withheld};
use crate::format::json::derived;
use crate::results::Results;

const HEADER: &[&str] = &[
    "name",
    "datasets",
    "n",
    "planned",
    "interquartile-mean",
    "interquartile-mean-95-low",
    "interquartile-mean-95-high",
    "withheld",
    "improvement",
    "improvement-95-low",
    "improvement-95-high",
    "improvement-withheld",
];

pub(super) fn rows(results: &Results) -> Sheet {
    let header = HEADER.iter().map(|&name| name.into()).collect();
    let Some(across) = &results.design_analysis.across else {
        return Sheet { header, rows: Vec::new() };
    };
    let mut first = pooled(Plan::REFERENCE, across.datasets.len(), &across.reference);
    first.resize(HEADER.len(), Value::Null);
    let rows = std::iter::once(first).chain(across.methods.iter().map(method)).collect();
    Sheet { header, rows }
}

fn method(method: &Method) -> Vec<Value> {
    let mut row = pooled(&method.name, method.on.len(), &method.pooled);
    let known = method.improvement.as_ref().ok();
    let interval = known.map(|(_, interval)| *interval);
    row.push(known.map_or(Value::Null, |(share, _)| derived(*share)));
    row.extend([effect::low(interval), effect::high(interval)]);
    row.push(json!(method.improvement.as_ref().err().map(|why| why.key())));
    row
}

fn pooled(name: &str, datasets: usize, of: &Result<Pooled, Withheld>) -> Vec<Value> {
    let known = of.as_ref().ok();
    let interval = known.map(|pooled| pooled.interval);
    vec![
        json!(name),
        json!(datasets),
        json!(known.map(|pooled| pooled.n)),
        json!(known.map(|pooled| pooled.planned)),
        known.map_or(Value::Null, |pooled| derived(pooled.iqm)),
        effect::low(interval),
        effect::high(interval),
        json!(of.as_ref().err().map(|why| why.key())),
    ]
}
