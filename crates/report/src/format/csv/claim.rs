//! The columns of a claim, alike for contrasts and interactions.

use serde_json::{Value, json};

use crate::judged::Judged;
use crate::standing::Standing;
use crate::verdict::Verdict;

pub(super) const SAID: &[&str] = &["verdict", "reason", "standing", "cause", "family", "planned"];

/// A value per name of [`SAID`].
pub(super) fn said(judged: Judged<'_>) -> [Value; 6] {
    let (standing, cause) = match judged.standing {
        Standing::Confirmatory => ("confirmatory", Value::Null),
        Standing::Exploratory(cause) => ("exploratory", json!(cause.key())),
    };
    [
        json!(judged.word()),
        reason(judged.verdict),
        json!(standing),
        cause,
        json!(judged.family),
        json!(judged.planned),
    ]
}

pub(super) const POLICIES: &[&str] = &["verdict-exclude-pair", "verdict-worst"];

/// A value per name of [`POLICIES`].
pub(super) fn policies(judged: Judged<'_>) -> [Value; 2] {
    let lines = judged.sensitivity;
    let word = |verdict: &Verdict| judged.kind.word(verdict);
    let worst = lines.and_then(|lines| lines.worst.as_ref());
    [json!(lines.map(|lines| word(&lines.exclude_pair))), json!(worst.map(word))]
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
