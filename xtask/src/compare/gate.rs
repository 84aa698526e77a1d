//! `--fail-on`: what a comparison must not say.

use fireassay_report::compare::{self, Comparison, Criteria};
use fireassay_report::{Cause, Standing};

use crate::compare::args::FailOn;
use crate::ui::{Answer, Exit, Refusal};

/// Exit 4 if any comparison says what it must not; every gate that is shut is told.
pub(super) fn judge(fail_on: &[FailOn], comparisons: &[Comparison]) -> Answer {
    const SHOWN: usize = 5; // the answer has them all
    let mut shut = Vec::new();
    for gate in fail_on {
        let gate = compare::FailOn::from(*gate);
        let mut objections: Vec<String> = comparisons
            .iter()
            .flat_map(|comparison| of(comparison, gate, comparisons.len()))
            .collect();
        let more = objections.len().saturating_sub(SHOWN);
        objections.truncate(SHOWN);
        if more > 0 {
            objections.push(format!("{more} more"));
        }
        if !objections.is_empty() {
            shut.push(format!("--fail-on {}: {}", gate.word(), objections.join("; ")));
        }
    }
    if shut.is_empty() {
        return Ok(Exit::Ok);
    }
    Err(Refusal::new(Exit::CheckFailed, shut.join("\n"), ""))
}

/// With the name of the store, where there are several.
fn of(comparison: &Comparison, gate: compare::FailOn, comparisons: usize) -> Vec<String> {
    let objections = comparison.objections(gate).into_iter();
    let place = &comparison.b.label;
    let named = |text| if comparisons > 1 { format!("{place}: {text}") } else { text };
    objections.map(named).collect()
}

/// A gate that nothing could ever shut is a mistake.
pub(super) fn refuse_useless(fail_on: &[FailOn], criteria: &Criteria) -> Answer<()> {
    let Standing::Exploratory(cause) = &criteria.standing else { return Ok(()) };
    if !fail_on.contains(&FailOn::Worse) {
        return Ok(());
    }
    let (why, help) = match cause {
        Cause::Claimed => (
            "an exploratory experiment gives none to two of its conditions".to_owned(),
            "--fail-on different, or claim = \"confirmatory\" in the experiment.toml",
        ),
        Cause::Edited(_) | Cause::Shared | Cause::Undeclared | Cause::Unregistered => {
            (format!("these two conditions get none ({})", cause.words()), "--fail-on different")
        }
    };
    let message = format!("--fail-on worse needs verdicts, and {why}");
    Err(Refusal::new(Exit::Usage, message, help))
}
