//! `contrasts.csv`: every statistic of every contrast, also those that are too few to be shown.

use serde_json::{Value, json};

use super::{Sheet, claim, effect};
use crate::judged::Judged;
use crate::results::{Contrast, Results};

const FAILURES: &[&str] = &["condition-failures", "reference-failures"];

pub(super) fn rows(results: &Results) -> Sheet {
    let own = [&["condition"], claim::SAID, FAILURES, claim::POLICIES].concat();
    Sheet {
        header: own.into_iter().chain(effect::names()).map(Into::into).collect(),
        rows: results.contrasts.iter().map(row).collect(),
    }
}

fn row(contrast: &Contrast) -> Vec<Value> {
    let judged = Judged::contrast(contrast);
    let mut row = vec![json!(contrast.condition)];
    row.extend(claim::said(judged));
    row.extend([json!(contrast.failures.0), json!(contrast.failures.1)]);
    row.extend(claim::policies(judged));
    row.extend(effect::values(contrast.effect.as_ref()));
    row
}
