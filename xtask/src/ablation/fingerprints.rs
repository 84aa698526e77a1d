//! Arms that changed nothing: two conditions that would train alike stop the run.

use std::collections::BTreeMap;

use fireassay_spec::{Plan, Trial};

use super::Session;
use crate::trial_program::{Fingerprint, TrialProgram};
use crate::ui::{Answer, Exit, Refusal};

/// Builds every condition of the plan once, also those that are finished: a new one may equal an
/// old one.
pub(crate) fn check(session: &Session<'_>, program: &TrialProgram) -> Answer<()> {
    let plan = &session.loaded.plan;
    let first_seed = plan.trials.iter().map(|trial| trial.seed).min();
    let trials: Vec<&Trial> =
        plan.trials.iter().filter(|trial| Some(trial.seed) == first_seed).collect();
    let found = program.fingerprint(session.workspace, &trials)?;
    if session.ui.verbose {
        print_changes(session, &found);
    }
    match twins(plan, &found) {
        None => Ok(()),
        Some((one, other)) => {
            let message = format!(
                "conditions `{one}` and `{other}` train exactly alike: what is varied changes nothing"
            );
            let help = format!(
                "correct experiments/{}/experiment.toml, or mark the level or condition as a \
                 deliberate duplicate there; nothing was trained",
                plan.experiment,
            );
            Err(Refusal::new(Exit::CheckFailed, message, &help))
        }
    }
}

/// The first two conditions with one fingerprint, in the order of the plan.
fn twins<'a>(plan: &'a Plan, found: &[Fingerprint]) -> Option<(&'a str, &'a str)> {
    let of: BTreeMap<&str, &str> =
        found.iter().map(|f| (f.condition.as_str(), f.fingerprint.as_str())).collect();
    let mut seen: BTreeMap<&str, &str> = BTreeMap::new();
    for condition in plan.conditions.iter().filter(|condition| !condition.duplicate) {
        let Some(fingerprint) = of.get(condition.name.as_str()) else { continue };
        if let Some(first) = seen.insert(fingerprint, &condition.name) {
            return Some((first, &condition.name));
        }
    }
    None
}

fn print_changes(session: &Session<'_>, found: &[Fingerprint]) {
    let Some(reference) = found.iter().find(|f| f.condition == Plan::REFERENCE) else { return };
    for other in found.iter().filter(|f| f.condition != Plan::REFERENCE) {
        let changes = changes(reference, other);
        let text =
            if changes.is_empty() { "same parameters".to_owned() } else { changes.join(", ") };
        session.ui.verb("Changes", format!("{}: {text}", other.condition));
    }
}

/// Parameters that a condition lacks, adds or shapes differently.
fn changes(reference: &Fingerprint, other: &Fingerprint) -> Vec<String> {
    let before: BTreeMap<&str, &Vec<usize>> =
        reference.shapes.iter().map(|(path, shape)| (path.as_str(), shape)).collect();
    let after: BTreeMap<&str, &Vec<usize>> =
        other.shapes.iter().map(|(path, shape)| (path.as_str(), shape)).collect();
    let mut lines = Vec::new();
    for (path, old) in &before {
        match after.get(path) {
            None => lines.push(format!("-{path} {old:?}")),
            Some(new) if new != old => lines.push(format!("{path} {old:?} -> {new:?}")),
            Some(_) => {}
        }
    }
    let added = after.iter().filter(|(path, _)| !before.contains_key(*path));
    lines.extend(added.map(|(path, shape)| format!("+{path} {shape:?}")));
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fingerprint(condition: &str, shapes: &[(&str, &[usize])]) -> Fingerprint {
        Fingerprint {
            condition: condition.into(),
            fingerprint: String::new(),
            secs_per_step: 0.0,
            budget_steps: 0,
            shapes: shapes
                .iter()
                .map(|(path, shape)| ((*path).to_owned(), shape.to_vec()))
                .collect(),
        }
    }

    #[test]
    fn collateral_changes_are_named() {
        let reference = fingerprint("reference", &[("a", &[2]), ("b", &[2, 3]), ("c", &[1])]);
        let other = fingerprint("other", &[("b", &[2, 4]), ("c", &[1]), ("d", &[5])]);
        assert_eq!(changes(&reference, &other), ["-a [2]", "b [2, 3] -> [2, 4]", "+d [5]"]);
        assert_eq!(changes(&reference, &reference), Vec::<String>::new());
    }
}
