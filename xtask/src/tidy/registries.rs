//! Experiments, datasets and weights are folders: each of them has to be readable and complete.

use std::path::Path;

use fireassay_spec::{Experiment, SpecErrors, load_cards};

use crate::catalogue;
use crate::ui::Answer;
use crate::workspace::Workspace;

/// Experiments, datasets and weights that do not load, and files that are missing beside them.
pub(crate) fn problems(workspace: &Workspace) -> Answer<Vec<String>> {
    let cards = match load_cards(&workspace.datasets) {
        Ok(cards) => cards,
        Err(errors) => return Ok(lines(&errors)),
    };
    let mut problems = Vec::new();
    for name in catalogue::names(workspace)? {
        let folder = workspace.experiments.join(&name);
        match Experiment::load(&folder.join("experiment.toml"), &cards) {
            Ok(_) => problems.extend(missing_files(workspace, &folder)),
            Err(errors) => problems.extend(lines(&errors)),
        }
    }
    Ok(problems)
}

fn lines(errors: &SpecErrors) -> Vec<String> {
    let line = |error: &fireassay_spec::SpecError| match error.position() {
        Some((line, column)) => format!("{}:{line}:{column}: {}", error.file, error.message),
        None => error.message.clone(),
    };
    errors.errors.iter().map(line).collect()
}

/// A question without a README, or committed results that cannot be told stale from fresh.
fn missing_files(workspace: &Workspace, folder: &Path) -> Vec<String> {
    let short = workspace.short(folder).display();
    let has = |file: &str| folder.join(file).is_file();
    let mut problems = Vec::new();
    if !has("README.md") {
        problems.push(format!("{short}: README.md is missing: question, prediction, verdict"));
    }
    if has("results.md") != has("results.json") {
        problems.push(format!("{short}: results.md and results.json go together: xtask bless"));
    }
    problems
}
