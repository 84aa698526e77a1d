//! `confusions.csv`: which class was taken for which, summed over finished trials.

use serde_json::json;

use super::Sheet;
use crate::results::Results;

pub(super) fn rows(results: &Results) -> Sheet {
    let header = ["condition", "trials", "class", "predicted", "examples"];
    let mut sheet = Sheet { header: header.map(Into::into).to_vec(), rows: Vec::new() };
    for confusion in &results.confusions {
        for (class, counts) in confusion.classes.iter().zip(&confusion.counts) {
            for (predicted, examples) in confusion.classes.iter().zip(counts) {
                sheet.rows.push(vec![
                    json!(confusion.condition),
                    json!(confusion.n),
                    json!(class),
                    json!(predicted),
                    json!(examples),
                ]);
            }
        }
    }
    sheet
}
