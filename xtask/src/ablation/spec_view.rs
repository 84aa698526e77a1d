//! `--print-spec`: each condition's resolved trial, as it would stand in `[base]`.

use fireassay_spec::TrialSpec;

use super::select::Selection;
use crate::ui::{Answer, Exit, OrRefuse};

/// One TOML document per condition, each under a comment with its name.
pub(crate) fn text(selection: &Selection) -> Answer<String> {
    let mut text = String::new();
    let mut last: Option<&TrialSpec> = None;
    for trial in &selection.scope_in_plan_order {
        if last == Some(&trial.spec) {
            continue; // another seed of the same condition
        }
        let body = toml::to_string(&trial.spec).or_refuse(Exit::Bug)?;
        let separator = if last.is_some() { "\n" } else { "" };
        text.extend([separator, "# condition ", &trial.condition, "\n", &body]);
        last = Some(&trial.spec);
    }
    Ok(text)
}
