//! `--print-spec`: each condition's resolved trial, as it would stand in `[base]`.

use fireassay_spec::{Plan, Trial};

use super::select::Selection;
use crate::ui::{Answer, Exit, OrRefuse};

/// One TOML document per pretraining and condition, each under a comment with its name.
pub(crate) fn text(selection: &Selection, plan: &Plan) -> Answer<String> {
    let pretraining = plan.pretraining_of(&selection.scope_in_plan_order);
    let stage = pretraining.iter().map(|trial| ("pretraining", trial));
    let conditions = selection.scope_in_plan_order.iter().map(|trial| ("condition", trial));
    let mut text = String::new();
    let mut last: Option<&Trial> = None;
    for (kind, trial) in stage.chain(conditions) {
        // Another seed of the same.
        if last.is_some_and(|last| last.spec == trial.spec && last.condition == trial.condition) {
            continue;
        }
        let body = toml::to_string(&trial.spec).or_refuse(Exit::Bug)?;
        let separator = if last.is_some() { "\n" } else { "" };
        text.extend([separator, "# ", kind, " ", &trial.condition, "\n", &body]);
        last = Some(trial);
    }
    Ok(text)
}
