//! `metrics.csv`: every metric of every condition over its finished trials.

use serde_json::json;

use super::Sheet;
use crate::format::json::{derived, maybe};
use crate::results::Results;

pub(super) fn rows(results: &Results) -> Sheet {
    let header = ["condition", "metric", "n", "mean", "sd", "min", "max"];
    let mut sheet = Sheet { header: header.map(Into::into).to_vec(), rows: Vec::new() };
    for condition in &results.conditions {
        for (name, of) in &condition.metrics {
            sheet.rows.push(vec![
                json!(condition.name),
                json!(name.to_string()),
                json!(of.n),
                derived(of.mean),
                maybe(of.sd),
                json!(of.min),
                json!(of.max),
            ]);
        }
    }
    sheet
}
