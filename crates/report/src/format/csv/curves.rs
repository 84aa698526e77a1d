//! `curves.csv`: the learning curve of each condition.

use serde_json::json;

use super::Sheet;
use crate::format::json::derived;
use crate::results::Results;

pub(super) fn rows(results: &Results) -> Sheet {
    let header = ["condition", "step", "n", "mean", "low", "high"];
    let mut sheet = Sheet { header: header.map(Into::into).to_vec(), rows: Vec::new() };
    for condition in &results.conditions {
        for point in &condition.curve {
            sheet.rows.push(vec![
                json!(condition.name),
                json!(point.step),
                json!(point.n),
                derived(point.mean),
                json!(point.low),
                json!(point.high),
            ]);
        }
    }
    sheet
}
