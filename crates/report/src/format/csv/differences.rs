//! `differences.csv`: every paired difference to the reference, condition minus reference.

use serde_json::json;

use super::Sheet;
use crate::format::json::derived;
use crate::results::Results;

pub(super) fn rows(results: &Results) -> Sheet {
    let mut sheet = Sheet {
        header: ["condition", "seed", "difference"].map(Into::into).to_vec(),
        rows: Vec::new(),
    };
    for contrast in &results.contrasts {
        let Some(effect) = &contrast.effect else { continue };
        for (seed, difference) in effect.seeds.iter().zip(&effect.differences) {
            sheet.rows.push(vec![json!(contrast.condition), json!(seed), derived(*difference)]);
        }
    }
    sheet
}
