//! Originals of which a `results.json` is all that was kept.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use fireassay_report::Registered;
use fireassay_report::reproduce::Committed;
use fireassay_spec::{Trial, TrialId};
use fireassay_tracking::Registration;

use super::{Kept, Original, Originals};
use crate::catalogue::{self, Loaded};
use crate::ui::{Answer, Exit, Refusal, plural, with_causes};
use crate::workspace::Workspace;

/// Its finished trials, as far as the experiment's plan still has them: a `results.json` knows
/// which trials they were, and only the plan knows what these are.
pub(super) fn read(file: &Path, workspace: &Workspace) -> Answer<Originals> {
    let label = workspace.short(file).display().to_string();
    let refuse = |said: String| Refusal::new(Exit::Usage, format!("`{label}`: {said}"), "");
    let text = fs::read_to_string(file).map_err(|error| refuse(error.to_string()))?;
    let committed = Committed::parse(&text).map_err(|error| refuse(with_causes(&error)))?;
    let experiment = committed.experiment.clone();
    let loaded = catalogue::load_continued(workspace, &experiment)?;
    let mut planned: BTreeMap<&TrialId, Vec<&Trial>> = BTreeMap::new();
    for trial in &loaded.plan.trials {
        planned.entry(&trial.id).or_default().push(trial);
    }
    let total = committed.trials.len();
    let mut gone: BTreeMap<String, usize> = BTreeMap::new();
    let mut trials = Vec::new();
    for trial in committed.trials {
        let found = planned.get(&trial.id).map(Vec::as_slice).unwrap_or_default();
        // A deliberate duplicate is one trial in several conditions.
        let found = found.iter().find(|t| t.condition == trial.condition).or(found.first());
        match found {
            Some(known) => {
                trials.push(Original { trial: (*known).clone(), kept: Kept::Result(trial.ending) });
            }
            None => *gone.entry(trial.condition).or_default() += 1,
        }
    }
    let mut notes = Vec::new();
    if !gone.is_empty() {
        let registration = committed.registration.as_deref();
        let keys = changes(registration, file, &loaded, workspace).unwrap_or_default();
        notes.push(changed(&gone, total, &keys));
    }
    let (loaded, others) = (Some(loaded), Vec::new());
    Originals { label, experiment, loaded, trials, others, notes }.refuse_empty()
}

/// `the experiment has changed: 7 of 21 trials have left its plan, of norm=none; ...`.
fn changed(gone: &BTreeMap<String, usize>, total: usize, keys: &[String]) -> String {
    let lost: usize = gone.values().sum();
    let conditions: Vec<String> = gone.keys().cloned().collect();
    let (of, conditions) = (plural(total, "trial"), first(&conditions));
    let keys = match keys {
        [] => String::new(),
        keys => format!("; changed since its registration: {}", first(keys)),
    };
    format!("the experiment has changed: {lost} of {of} have left its plan, of {conditions}{keys}")
}

/// The first few, and how many more.
fn first(names: &[String]) -> String {
    const SHOWN: usize = 6;
    let shown = names.iter().take(SHOWN).cloned().collect::<Vec<_>>().join(", ");
    match names.len().saturating_sub(SHOWN) {
        0 => shown,
        more => format!("{shown} and {more} more"),
    }
}

/// Keys that differ from what was registered for these results, if that is kept anywhere: beside
/// them, or beside the runs.
fn changes(
    hash: Option<&str>,
    file: &Path,
    loaded: &Loaded,
    workspace: &Workspace,
) -> Option<Vec<String>> {
    let runs = workspace.runs_of(&loaded.experiment.name);
    let places = [file.parent().unwrap_or(Path::new("")), &runs];
    let registrations = places.into_iter().filter_map(|dir| Registration::read(dir).ok().flatten());
    let registration = registrations.into_iter().find(|known| Some(known.hash.as_str()) == hash)?;
    let registered = Registered::new(&registration, &loaded.experiment.registered(&loaded.plan));
    Some(registered.changes.into_iter().map(|change| change.key).collect())
}
