//! What concerns the sources of all conditions together.

use super::Source;
use super::conditions::Case;
use crate::error::Flaw;
use crate::{Experiment, Plan, TrialSpec};

/// No condition is called as a pretraining is: their run directories would be.
pub(super) fn check_names(cases: &[Case<'_>], experiment: &Experiment, flaws: &mut Vec<Flaw>) {
    if experiment.base.init.is_random() {
        return;
    }
    for case in cases.iter().filter(|case| Plan::is_pretraining_name(case.name())) {
        let message = format!("a condition is called `{}`, as a pretraining is", case.name());
        flaws.push(Flaw::new(case.span(), message, "here").help("give it another name"));
    }
}

/// Some condition starts from what `[base.init]` says.
pub(super) fn check_use(
    experiment: &Experiment,
    specs: &[TrialSpec],
    source: &Source<'_>,
    flaws: &mut Vec<Flaw>,
) {
    let starts = |spec: &TrialSpec| spec.pretraining().is_some() || spec.weights().is_some();
    if experiment.base.init.is_random() || specs.iter().any(starts) {
        return;
    }
    let message = "no condition starts from this source: their regimes draw all weights";
    let flaw = Flaw::new(source.key("base", "init"), message, "used by nothing");
    flaws.push(
        flaw.help("delete it, or add a regime that has a source: \"linear-probe\", \"full\""),
    );
}
