//! Writes the report in every format, and renders the answer.

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use fireassay_report::{
    FOLDERS, Fate, Results, analyse, files, html, json, latex, markdown, terminal,
};
use fireassay_tracking::write_atomic;

use super::observe::observe;
use crate::catalogue::Loaded;
use crate::cli::Format;
use crate::ui::{self, Answer, Exit, OrRefuse, Refusal};
use crate::workspace::Workspace;

/// Reads the runs, judges them, and writes the report beside them.
pub(crate) fn publish(workspace: &Workspace, loaded: &Loaded) -> Answer<Results> {
    let results = results_of(workspace, loaded)?;
    let name = &loaded.experiment.name;
    let dir = workspace.runs_of(name);
    let files = files(&results).or_refuse(Exit::Bug)?;
    for folder in FOLDERS {
        let folder = dir.join(folder);
        fs::create_dir_all(&folder).map_err(|error| cannot_write(&folder, &error, name))?;
    }
    for (path, text) in &files {
        let path = dir.join(path);
        // Most of a report stays the same from time to time, and a write is slow to be safe.
        if fs::read_to_string(&path).is_ok_and(|old| old == *text) {
            continue;
        }
        write_atomic(&path, text.as_bytes()).map_err(|error| cannot_write(&path, &error, name))?;
    }
    for path in strays(&dir, &files) {
        fs::remove_file(&path).map_err(|error| cannot_write(&path, &error, name))?;
    }
    Ok(results)
}

/// Files of an earlier report in folders that are the report's own.
pub(crate) fn strays(dir: &Path, files: &[(String, String)]) -> Vec<PathBuf> {
    let known: BTreeSet<PathBuf> = files.iter().map(|(path, _)| dir.join(path)).collect();
    let entries = FOLDERS.iter().filter_map(|folder| fs::read_dir(dir.join(folder)).ok());
    let paths = entries.flatten().filter_map(|entry| Some(entry.ok()?.path()));
    // A folder of that name is somebody else's.
    let is_ours = |path: &PathBuf| {
        path.extension().is_some_and(|end| end == "svg" || end == "csv") && !path.is_dir()
    };
    let mut found: Vec<PathBuf> =
        paths.filter(|path| is_ours(path) && !known.contains(path)).collect();
    found.sort();
    found
}

/// Reads the runs and judges them.
pub(crate) fn results_of(workspace: &Workspace, loaded: &Loaded) -> Answer<Results> {
    let observed = observe(workspace, loaded)?;
    analyse(&loaded.experiment, &loaded.plan, &loaded.cards, &observed).or_refuse(Exit::Usage)
}

/// Whether every trial of the plan has a result.
pub(crate) fn is_complete(results: &Results) -> bool {
    let has_result = |fate: &Fate| matches!(fate, Fate::Done | Fate::Diverged { .. });
    results.trials().all(|(_, trial)| has_result(&trial.fate))
}

/// The results as text.
pub(crate) fn render(workspace: &Workspace, results: &Results, format: Format) -> Answer<String> {
    match format {
        Format::Terminal => {
            let dir = workspace.runs_of(&results.experiment);
            let dir = workspace.short(&dir).display().to_string();
            Ok(terminal(results, ui::answer_width(), &dir))
        }
        Format::Markdown => Ok(markdown(results)),
        Format::Html => Ok(html(results)),
        Format::Latex => Ok(latex(results)),
        Format::Json => json(results).or_refuse(Exit::Bug),
    }
}

fn cannot_write(path: &Path, error: &io::Error, experiment: &str) -> Refusal {
    let message = format!("cannot write `{}`: {error}", path.display());
    let help = format!("nothing is lost: `cargo xtask report {experiment}` writes it later");
    Refusal::new(Exit::Usage, message, &help)
}
