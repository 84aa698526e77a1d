//! `contrasts.csv`: every statistic of every contrast, also those that are too few to be shown.

use serde_json::{Value, json};

use super::{Sheet, effect};
use crate::results::{Contrast, Results};
use crate::standing::Standing;
use crate::verdict::Verdict;

const BEFORE: &[&str] = &[
    "condition",
    "verdict",
    "reason",
    "standing",
    "cause",
    "family",
    "planned",
    "condition-failures",
    "reference-failures",
    "verdict-exclude-pair",
    "verdict-worst",
];

pub(super) fn rows(results: &Results) -> Sheet {
    let names = BEFORE.iter().copied().chain(effect::names());
    Sheet {
        header: names.map(Into::into).collect(),
        rows: results.contrasts.iter().map(row).collect(),
    }
}

fn row(contrast: &Contrast) -> Vec<Value> {
    let lines = contrast.sensitivity.as_ref();
    let (standing, cause) = match &contrast.standing {
        Standing::Confirmatory => ("confirmatory", Value::Null),
        Standing::Exploratory(cause) => ("exploratory", json!(cause.key())),
    };
    let mut row = vec![
        json!(contrast.condition),
        json!(contrast.verdict.word()),
        reason(&contrast.verdict),
        json!(standing),
        cause,
        json!(contrast.family),
        json!(contrast.planned),
        json!(contrast.failures.0),
        json!(contrast.failures.1),
        json!(lines.map(|lines| lines.exclude_pair.word())),
        json!(lines.and_then(|lines| lines.worst.as_ref()).map(Verdict::word)),
    ];
    row.extend(effect::values(contrast.effect.as_ref()));
    row
}

fn reason(verdict: &Verdict) -> Value {
    match verdict {
        Verdict::Inconclusive(reason) => json!(reason.key()),
        Verdict::Equivalent { nonzero: true } => json!("non-zero-inside-rope"),
        Verdict::Equivalent { nonzero: false }
        | Verdict::Better
        | Verdict::Worse
        | Verdict::Exploratory => Value::Null,
    }
}
