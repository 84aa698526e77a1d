//! `experiment.toml`: accepted means that there is a plan, and that it is the same every time.

use std::collections::BTreeSet;
use std::path::{Component, Path};

use fireassay_spec::{Experiment, Plan};

use crate::{dataset, places, trial};

/// A large plan tells no more than a small one, and takes seconds.
const MOST_PLANNED_TWICE: usize = 1000;

pub(crate) fn check(bytes: &[u8]) -> String {
    let Ok(text) = std::str::from_utf8(bytes) else { return "refused: not UTF-8".to_owned() };
    let cards = dataset::cards();
    let experiment = match Experiment::parse("experiment.toml", text, &cards) {
        Err(errors) => return places::told(text, &errors),
        Ok(experiment) => experiment,
    };
    let plan = experiment.plan(&cards);
    assert_eq!(plan.trials.len(), plan.conditions.len() * experiment.seeds.len());
    assert_names(&plan);
    // One per condition: the others differ by their seed.
    plan.trials.iter().step_by(experiment.seeds.len().max(1)).for_each(trial::assert_sound);
    if plan.trials.len() <= MOST_PLANNED_TWICE {
        let again = Experiment::parse("experiment.toml", text, &cards).expect("it was read before");
        assert_eq!(again.plan(&cards), plan);
    }
    format!("accepted, {} conditions, {} trials", plan.conditions.len(), plan.trials.len())
}

/// Every trial has a run directory of its own, which lies where it should.
fn assert_names(plan: &Plan) {
    let mut dirs = BTreeSet::new();
    for trial in &plan.trials {
        let name = trial.dir_name();
        let parts: Vec<Component<'_>> = Path::new(&name).components().collect();
        assert!(matches!(parts[..], [Component::Normal(part)] if part == name.as_str()), "{name}");
        assert!(!name.starts_with('.'), "{name}");
        assert!(dirs.insert(name), "two trials have one folder");
    }
}
