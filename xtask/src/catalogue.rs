//! `catalogue`: the experiments and datasets of the workspace, by name.

use std::fs;
use std::path::Path;

use fireassay_spec::{Cards, Experiment, Plan, load_cards};

use crate::ui::{Answer, Exit, Refusal, nearest};
use crate::workspace::Workspace;

/// An experiment, read and planned.
#[derive(Debug)]
pub(crate) struct Loaded {
    pub(crate) experiment: Experiment,
    pub(crate) plan: Plan,
    pub(crate) cards: Cards,
}

/// Names of all experiments, sorted.
pub(crate) fn names(workspace: &Workspace) -> Answer<Vec<String>> {
    folders_with(&workspace.experiments, "experiment.toml")
}

/// The datasets.
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
    let plan = experiment.plan(&cards);
    Ok(Loaded { experiment, plan, cards })
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
