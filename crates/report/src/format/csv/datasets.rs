//! `datasets.csv`: combinations of levels against the reference levels on each dataset.

use serde_json::{Value, json};

use super::{Sheet, effect};
use crate::design::OnDataset;
use crate::results::Results;

const BEFORE: &[&str] = &["name", "dataset", "condition", "reference", "withheld"];

pub(super) fn rows(results: &Results) -> Sheet {
    let names = BEFORE.iter().copied().chain(effect::names());
    let methods = results.design_analysis.across.iter().flat_map(|across| &across.methods);
    let rows = methods.flat_map(|method| method.on.iter().map(|on| row(&method.name, on)));
    Sheet { header: names.map(Into::into).collect(), rows: rows.collect() }
}

fn row(name: &str, on: &OnDataset) -> Vec<Value> {
    let withheld = on.effect.as_ref().err().map(|why| why.key());
    let mut row = vec![json!(name), json!(on.dataset), json!(on.condition), json!(on.reference)];
    row.push(json!(withheld));
    row.extend(effect::values(on.effect.as_ref().ok()));
    row
}
