//! What an argument of `reproduce` names: a run, a folder of runs, or results without runs.

use std::fs;
use std::path::{Path, PathBuf};

use crate::catalogue;
use crate::runs;
use crate::ui::{Answer, Exit, Refusal, nearest};
use crate::workspace::Workspace;

const RESULTS: &str = "results.json";

/// Where the originals lie.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// A run directory.
    Run(PathBuf),
    /// A folder of run directories.
    Store(PathBuf),
    /// A `results.json`.
    Results(PathBuf),
}

/// An experiment's name means its runs. Anything else is a path, as typed, from the workspace's
/// root or among its runs; or else a run as `runs show` knows it.
pub(super) fn find(text: &str, workspace: &Workspace) -> Answer<Place> {
    let experiments = catalogue::names(workspace)?;
    if experiments.iter().any(|name| name == text) {
        let dir = workspace.runs_of(text);
        return if holds_runs(&dir) { Ok(Place::Store(dir)) } else { Err(unrun(text, workspace)) };
    }
    let typed = [PathBuf::from(text), workspace.root.join(text), workspace.runs.join(text)];
    // Without a slash at the end, which would be part of every name that is shown.
    let typed = typed.map(|path| path.components().collect::<PathBuf>());
    if !text.is_empty()
        && let Some(path) = typed.iter().find(|path| path.exists())
    {
        return kind(path).ok_or_else(|| {
            let message = format!("`{text}` holds neither runs nor a {RESULTS}");
            Refusal::new(
                Exit::Usage,
                message,
                "cargo xtask reproduce --help says what can be named",
            )
        });
    }
    match runs::locate(text, workspace) {
        // One word is more likely an experiment than a run.
        Err(refusal) if refusal.exit == Exit::Usage && !text.contains('/') => {
            match nearest(text, experiments.iter().map(String::as_str)) {
                Some(name) => {
                    let message = format!("there is no `{text}` to run again");
                    Err(Refusal::new(Exit::Usage, message, &format!("did you mean `{name}`?")))
                }
                None => Err(refusal),
            }
        }
        found => found.map(Place::Run),
    }
}

fn kind(path: &Path) -> Option<Place> {
    let results = path.join(RESULTS);
    if path.is_file() {
        let is_json = path.extension().is_some_and(|extension| extension == "json");
        return is_json.then(|| Place::Results(path.into()));
    }
    if is_run(path) {
        return Some(Place::Run(path.into()));
    }
    if holds_runs(path) {
        return Some(Place::Store(path.into()));
    }
    results.is_file().then_some(Place::Results(results))
}

fn is_run(dir: &Path) -> bool {
    dir.join("trial.json").is_file()
}

fn holds_runs(dir: &Path) -> bool {
    let entries = fs::read_dir(dir).into_iter().flatten().flatten();
    let mut visible =
        entries.filter(|entry| !entry.file_name().as_encoded_bytes().starts_with(b"."));
    visible.any(|entry| is_run(&entry.path()))
}

fn unrun(name: &str, workspace: &Workspace) -> Refusal {
    let message = format!("nothing of `{name}` has been run here");
    let committed = workspace.experiments.join(name);
    let help = if committed.join(RESULTS).is_file() {
        let committed = workspace.short(&committed).display();
        format!("cargo xtask reproduce {committed} runs again what is committed")
    } else {
        format!("cargo xtask ablation {name}")
    };
    Refusal::new(Exit::NothingSelected, message, &help)
}
