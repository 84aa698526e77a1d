//! `catalogue`: the experiments and datasets of the workspace, by name.

use std::fs;
use std::path::Path;

use fireassay_spec::{Cards, Experiment, Kernels, Plan, load_cards};
use fireassay_tracking::{Registration, Store};

use crate::ui::{Answer, Exit, Refusal, nearest};
use crate::workspace::Workspace;

/// An experiment, read and planned.
#[derive(Debug)]
pub(crate) struct Loaded {
    pub(crate) experiment: Experiment,
    pub(crate) plan: Plan,
    pub(crate) cards: Cards,
    pub(crate) kernels: Kernels,
}

/// Names of all experiments, sorted.
pub(crate) fn names(workspace: &Workspace) -> Answer<Vec<String>> {
    folders_with(&workspace.experiments, "experiment.toml")
}

/// The datasets, and the weights that somebody else has trained.
pub(crate) fn cards(workspace: &Workspace) -> Answer<Cards> {
    load_cards(&workspace.datasets).map_err(|error| Refusal::from_diagnostic(Exit::Usage, error))
}

/// Reads an experiment and makes its plan.
pub(crate) fn load(workspace: &Workspace, name: &str) -> Answer<Loaded> {
    let known = names(workspace)?;
    if !known.iter().any(|known| known == name) {
        return Err(unknown("experiment", name, &known, "cargo xtask ablation"));
    }
    let cards = cards(workspace)?;
    let path = workspace.experiments.join(name).join("experiment.toml");
    let experiment = Experiment::load(&path, &cards)
        .map_err(|errors| Refusal::from_diagnostic(Exit::Usage, errors))?;
    let kernels = asked()?.unwrap_or(Kernels::USUAL);
    let plan = experiment.plan(&cards).with_kernels(kernels);
    Ok(Loaded { experiment, plan, cards, kernels })
}

/// In which form operations are to be computed, if the environment says so.
fn asked() -> Answer<Option<Kernels>> {
    Kernels::asked().map_err(|error| {
        let help = "`on` trains with fused operations, `off` with Burn's own";
        Refusal::new(Exit::Usage, error.to_string(), help)
    })
}

/// As [`load`], to go on with what lies in the run folder: in the form in which its runs are
/// computed, and with the seeds that a stopping rule has added so far.
pub(crate) fn load_continued(workspace: &Workspace, name: &str) -> Answer<Loaded> {
    let mut loaded = load(workspace, name)?;
    let form = Store::form(&workspace.runs_of(name), Kernels::USUAL);
    if asked()?.is_none()
        && let Some(kernels) = form
    {
        let plan = loaded.plan.with_kernels(kernels);
        loaded = Loaded { plan, kernels, ..loaded };
    }
    // A registration that cannot be read adds nothing; who depends on it says so.
    let registration = Registration::read(&workspace.runs_of(name)).ok().flatten();
    let added = registration.map(|registration| registration.added_seeds).unwrap_or_default();
    Ok(if added.is_empty() { loaded } else { loaded.with_added_seeds(&added) })
}

impl Loaded {
    /// The same experiment with more replicates.
    pub(crate) fn with_added_seeds(&self, added: &[u64]) -> Self {
        let mut seeds = self.experiment.seeds.clone();
        seeds.extend(added);
        let experiment = self.experiment.with_seeds(&seeds);
        let plan = experiment.plan(&self.cards).with_kernels(self.kernels);
        Self { experiment, plan, cards: self.cards.clone(), kernels: self.kernels }
    }
}

/// A name that is none, with the nearest one that is.
pub(crate) fn unknown(noun: &str, name: &str, known: &[String], list: &str) -> Refusal {
    let help = match nearest(name, known.iter().map(String::as_str)) {
        Some(nearest) => format!("did you mean `{nearest}`? `{list}` lists them all"),
        None => format!("`{list}` lists them all"),
    };
    Refusal::new(Exit::Usage, format!("no {noun} `{name}`"), &help)
}

/// Names of the folders of `dir` that hold `file`, sorted.
fn folders_with(dir: &Path, file: &str) -> Answer<Vec<String>> {
    let refuse = |error: std::io::Error| {
        Refusal::new(Exit::Usage, format!("cannot read `{}`: {error}", dir.display()), "")
    };
    let mut names = Vec::new();
    for entry in fs::read_dir(dir).map_err(refuse)? {
        let entry = entry.map_err(refuse)?;
        if entry.path().join(file).is_file() {
            names.extend(entry.file_name().into_string().ok());
        }
    }
    names.sort();
    Ok(names)
}
