//! What must not be removed: runs that a plan, a registration or a result refers to.

use std::collections::BTreeSet;
use std::fs;
use std::io::ErrorKind;

use fireassay_spec::{Trial, TrialId};
use fireassay_tracking::Registration;
use serde::de::IgnoredAny;
use serde_json::{Value, json};

use super::shelf::{self, Shelf};
use crate::catalogue;
use crate::ui::{Answer, Exit, Refusal};
use crate::workspace::Workspace;

/// Everything that refers to runs.
pub(super) struct Keep {
    /// Of all present plans, with the seeds that registrations add.
    planned: BTreeSet<TrialId>,
    /// The text of every `results.json`: an id in it is a reference, whatever else it says.
    results: Vec<String>,
    /// Why there may be references that nobody can see now; as long as there is one, every run
    /// stays.
    pub unsure: Vec<String>,
}

impl Keep {
    /// Reads all of the workspace, whatever part of it is cleaned.
    pub(super) fn read(workspace: &Workspace) -> Answer<Self> {
        let mut keep = Self { planned: BTreeSet::new(), results: Vec::new(), unsure: Vec::new() };
        let experiments = catalogue::names(workspace)?;
        for name in &experiments {
            match catalogue::load_continued(workspace, name) {
                Ok(loaded) => keep.planned.extend(loaded.plan.all_trials().map(|t| t.id.clone())),
                Err(_) => {
                    keep.unsure.push(format!("experiments/{name}/experiment.toml has no plan"));
                }
            }
        }
        let shelves = shelf::names(workspace)?;
        for name in &shelves {
            if Registration::read(&workspace.runs_of(name)).is_err() {
                keep.unsure.push(format!("{name}/{} cannot be read", Registration::FILE));
            }
        }
        let committed = experiments.iter().map(|name| workspace.experiments.join(name));
        let beside = shelves.iter().map(|name| workspace.runs_of(name));
        for path in committed.chain(beside).map(|dir| dir.join("results.json")) {
            match fs::read(&path) {
                // Half of it, or a damaged one, may have lost the name of a run.
                Ok(bytes) if serde_json::from_slice::<IgnoredAny>(&bytes).is_err() => {
                    keep.unsure.push(format!("{} is damaged", workspace.short(&path).display()));
                }
                Ok(bytes) => keep.results.push(String::from_utf8_lossy(&bytes).into_owned()),
                Err(error) if error.kind() == ErrorKind::NotFound => {}
                Err(error) => {
                    let path = workspace.short(&path).display();
                    keep.unsure.push(format!("{path} cannot be read: {error}"));
                }
            }
        }
        Ok(keep)
    }

    /// Whether a present plan has it.
    pub(super) fn is_planned(&self, id: &TrialId) -> bool {
        self.planned.contains(id)
    }

    /// Whether a result names it.
    pub(super) fn is_result(&self, id: &TrialId) -> bool {
        let id = id.to_string();
        self.results.iter().any(|text| text.contains(&id))
    }
}

/// Whether the registration beside a run registers it: its condition as it was declared, at a seed
/// that was declared or added.
pub(super) fn is_registered(registration: &Registration, trial: &Trial) -> bool {
    let design = &registration.design;
    let Some(declared) = design["conditions"].get(&trial.condition) else { return false };
    if design.get("crossed").is_some() {
        // Each seed has a spec of its own there, and only the condition's was hashed.
        return true;
    }
    let is_seed = |seed: &Value| seed.as_u64() == Some(trial.seed);
    let seeds = design["seeds"].as_array();
    let has_seed = seeds.is_some_and(|seeds| seeds.iter().any(is_seed))
        || registration.added_seeds.contains(&trial.seed);
    let is_declared = |duplicate: bool| {
        let facts = json!({
            "dataset-hash": trial.dataset_hash,
            "duplicate": duplicate,
            "spec": trial.spec,
        });
        declared.as_str() == Some(Registration::hash_of(&facts).as_str())
    };
    has_seed && (is_declared(false) || is_declared(true))
}

/// The registration of a shelf, if it can be read.
pub(super) fn registration(shelf: &Shelf) -> Answer<Option<Registration>> {
    Registration::read(&shelf.dir).map_err(|error| Refusal::from_diagnostic(Exit::Usage, error))
}
