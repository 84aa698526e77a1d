//! `trends.csv`: Page's test of each ordered factor.

use serde_json::{Value, json};

use super::Sheet;
use crate::design::Trend;
use crate::format::json::{derived, maybe};
use crate::results::Results;
use crate::stats::page_trend::Page;

const HEADER: &[&str] = &[
    "factor",
    "levels",
    "withheld",
    "slope",
    "n",
    "l",
    "expected",
    "p-increasing",
    "p-decreasing",
    "p-two-sided",
    "adjusted-p",
];

pub(super) fn rows(results: &Results) -> Sheet {
    Sheet {
        header: HEADER.iter().map(|&name| name.into()).collect(),
        rows: results.design_analysis.trends.iter().map(row).collect(),
    }
}

fn row(trend: &Trend) -> Vec<Value> {
    let test = trend.test.as_ref().ok();
    let page = |value: fn(&Page) -> f64| {
        test.and_then(|test| test.page.as_ref()).map_or(Value::Null, |page| derived(value(page)))
    };
    vec![
        json!(trend.response.factor),
        json!(trend.response.doses.len()),
        json!(trend.test.as_ref().err().map(|why| why.key())),
        json!(test.map(|test| test.slope.word())),
        json!(test.map(|test| test.change.n())),
        page(|page| page.l),
        page(|page| page.expected),
        page(|page| page.p_increasing),
        page(|page| page.p_decreasing),
        page(|page| page.p_two_sided),
        maybe(test.and_then(|test| test.adjusted_p)),
    ]
}
