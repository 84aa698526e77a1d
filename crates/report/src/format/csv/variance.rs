//! `variance.csv`: how much each stream of random numbers contributes to the spread.

use serde_json::{Value, json};

use super::Sheet;
use crate::design::VarianceSplit;
use crate::format::json::maybe;
use crate::results::Results;

pub(super) fn rows(results: &Results) -> Sheet {
    let header =
        ["condition", "n", "source", "levels", "variance", "share", "negative", "withheld"];
    Sheet {
        header: header.map(Into::into).to_vec(),
        rows: results.design_analysis.variance.iter().flat_map(split).collect(),
    }
}

fn split(split: &VarianceSplit) -> Vec<Vec<Value>> {
    let before = [json!(split.condition), json!(split.n)];
    match &split.shares {
        Err(why) => {
            let mut row = before.to_vec();
            row.extend(std::iter::repeat_n(Value::Null, 5));
            row.push(json!(why.key()));
            vec![row]
        }
        Ok(shares) => {
            let row = |share: &crate::design::VarianceShare| {
                let mut row = before.to_vec();
                row.extend([
                    json!(share.name()),
                    json!(share.levels),
                    maybe(share.variance),
                    maybe(share.share),
                    json!(share.negative),
                    Value::Null,
                ]);
                row
            };
            shares.iter().map(row).collect()
        }
    }
}
