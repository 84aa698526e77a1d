//! `Shelf`: the runs of one folder in `runs/`, and how they stand to the present plan.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use fireassay_spec::TrialId;
use fireassay_tracking::{FailureKind, RunProblem, RunRecord, RunState, Store};

use crate::catalogue;
use crate::ui::{Answer, Exit, Refusal};
use crate::workspace::Workspace;

/// One folder of runs.
pub(super) struct Shelf {
    /// Its name; that of the experiment, unless it is gone.
    pub name: String,
    pub dir: PathBuf,
    /// None where the experiment cannot be read, so that nobody knows.
    pub plan: Option<BTreeSet<TrialId>>,
    pub records: Vec<RunRecord>,
    pub problems: Vec<RunProblem>,
}

impl Shelf {
    /// Reads the runs of a folder; a damaged one hides no other.
    pub(super) fn read(workspace: &Workspace, name: &str) -> Answer<Self> {
        let dir = workspace.runs_of(name);
        let survey =
            Store::survey(&dir).map_err(|error| Refusal::from_diagnostic(Exit::Usage, error))?;
        let plan = if catalogue::names(workspace)?.iter().any(|known| known == name) {
            let loaded = catalogue::load_continued(workspace, name).ok();
            loaded.map(|loaded| loaded.plan.all_trials().map(|trial| trial.id.clone()).collect())
        } else {
            Some(BTreeSet::new())
        };
        let (records, problems) = (survey.records, survey.problems);
        Ok(Self { name: name.to_owned(), dir, plan, records, problems })
    }

    /// The one that is named, or all of them.
    pub(super) fn all(workspace: &Workspace, only: Option<&str>) -> Answer<Vec<Self>> {
        let names = match only {
            Some(name) => vec![known(workspace, name)?],
            None => names(workspace)?,
        };
        names.iter().map(|name| Self::read(workspace, name)).collect()
    }

    /// Whether the present plan has no such trial.
    pub(super) fn is_foreign(&self, id: &TrialId) -> bool {
        self.plan.as_ref().is_some_and(|plan| !plan.contains(id))
    }
}

/// Names of the folders in `runs/`, sorted; none where nothing was run.
pub(super) fn names(workspace: &Workspace) -> Answer<Vec<String>> {
    let entries = match fs::read_dir(&workspace.runs) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries.map_err(|error| cannot_read(&workspace.runs, &error))?,
    };
    let mut names = Vec::new();
    for entry in entries {
        let entry = entry.map_err(|error| cannot_read(&workspace.runs, &error))?;
        let name = entry.file_name().into_string().ok().filter(|name| !name.starts_with('.'));
        names.extend(name.filter(|_| entry.path().is_dir()));
    }
    names.sort();
    Ok(names)
}

/// The name of a folder in `runs/` as typed: a mistake in it is told.
pub(super) fn known(workspace: &Workspace, name: &str) -> Answer<String> {
    let names = names(workspace)?;
    if names.iter().any(|known| known == name) {
        return Ok(name.to_owned());
    }
    if catalogue::names(workspace)?.iter().any(|known| known == name) {
        let message = format!("nothing of `{name}` has been run");
        let help = format!("cargo xtask ablation {name}");
        return Err(Refusal::new(Exit::NothingSelected, message, &help));
    }
    Err(catalogue::unknown("runs of", name, &names, "cargo xtask runs list"))
}

/// The words for a state, the one that is shown first.
pub(super) fn words(state: RunState) -> &'static [&'static str] {
    match state {
        RunState::Pending => &["pending"],
        RunState::Running => &["running"],
        RunState::Interrupted => &["interrupted"],
        RunState::Failed(FailureKind::Crashed) => &["crashed", "failed"],
        RunState::Failed(FailureKind::Oom) => &["oom", "failed"],
        RunState::Failed(FailureKind::Pretraining) => &["no-source", "failed"],
        RunState::Failed(FailureKind::Timeout) => &["timeout", "failed"],
        RunState::Done => &["done"],
        RunState::Diverged => &["diverged"],
    }
}

/// Condition, seed and start of the id, as far as the name of a run's folder says them.
pub(super) fn parts(dir: &str) -> Option<(&str, &str, &str)> {
    let (rest, hash) = dir.rsplit_once('.')?;
    let (condition, seed) = rest.rsplit_once(".seed-")?;
    Some((condition, seed, hash))
}

/// Name of a run's folder.
pub(super) fn folder_name(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

/// What came from elsewhere must not steer the terminal.
pub(super) fn printable(text: &str) -> String {
    text.replace(|c: char| c.is_control() && c != '\t', " ")
}

pub(super) fn cannot_read(path: &Path, error: &std::io::Error) -> Refusal {
    Refusal::new(Exit::Usage, format!("cannot read `{}`: {error}", path.display()), "")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_says_what_it_holds() {
        let check = |dir: &str, expected| assert_eq!(parts(dir), expected, "{dir}");
        check("norm=none.seed-12.b2870235", Some(("norm=none", "12", "b2870235")));
        check("lr=0.1.seed-0.00000000", Some(("lr=0.1", "0", "00000000")));
        check("a.seed-1.seed-2.ffffffff", Some(("a.seed-1", "2", "ffffffff")));
        check("notes", None);
        check("", None);
    }
}
