//! What an argument of `compare` names: a run, a condition, a store, or a folder of stores.

use std::fs;
use std::path::{Path, PathBuf};

use crate::catalogue;
use crate::compare::store::Store;
use crate::ui::{Answer, Exit, Refusal, nearest};
use crate::workspace::Workspace;

/// What there is under a name.
pub(super) enum Found {
    /// A run directory.
    Run(Store),
    /// A condition of a store.
    Condition(Store, String),
    /// A folder of run directories.
    Store(Store),
    /// A folder of such folders, by name.
    Stores(Vec<Store>),
}

/// What a folder is.
enum Kind {
    Run,
    Store,
    /// These folders inside are stores.
    Stores(Vec<PathBuf>),
}

impl Found {
    /// With its article.
    pub(super) fn noun(&self) -> &'static str {
        match self {
            Self::Run(_) => "a run",
            Self::Condition(..) => "a condition",
            Self::Store(_) => "the runs of an experiment",
            Self::Stores(_) => "a folder of experiments",
        }
    }
}

/// Looks for folders as typed, from the workspace's root, and among its runs, in that order; then
/// for a condition of such a folder.
pub(super) fn find(text: &str, workspace: &Workspace) -> Answer<Found> {
    if let Some((dir, kind)) = folder(text, workspace) {
        return match kind {
            Kind::Run => Store::read_run(&dir, workspace).map(Found::Run),
            Kind::Store => Store::read(&dir, workspace).map(Found::Store),
            Kind::Stores(dirs) => {
                let stores: Answer<Vec<Store>> =
                    dirs.iter().map(|dir| Store::read(dir, workspace)).collect();
                stores.map(Found::Stores)
            }
        };
    }
    if let Some((parent, name)) = text.rsplit_once('/')
        && let Some((dir, Kind::Store)) = folder(parent, workspace)
    {
        return condition(&dir, name, workspace);
    }
    Err(unknown(text, workspace)?)
}

fn condition(dir: &Path, name: &str, workspace: &Workspace) -> Answer<Found> {
    let store = Store::read(dir, workspace)?;
    if store.side().names().any(|known| known == name) {
        return Ok(Found::Condition(store, name.to_owned()));
    }
    let plan = store.experiment.as_ref().map(|loaded| &loaded.plan);
    let planned = plan.is_some_and(|plan| plan.conditions.iter().any(|c| c.name == name));
    if planned {
        let message = format!("nothing of `{}/{name}` has been run", store.label);
        return Err(Refusal::new(Exit::NothingSelected, message, &store.command));
    }
    let message = format!("`{}` has no condition or run `{name}`", store.label);
    let mut known: Vec<String> = store.side().names().map(ToOwned::to_owned).collect();
    let all = known.join(", ");
    known.extend(store.records.iter().map(|record| record.trial.dir_name()));
    let longer = known.iter().find(|known| !name.is_empty() && known.starts_with(name));
    let longer = longer.map(String::as_str);
    let help = match longer.or_else(|| nearest(name, known.iter().map(String::as_str))) {
        Some(nearest) => {
            format!("did you mean `{}/{nearest}`? its conditions are {all}", store.label)
        }
        None => format!("its conditions are {all}"),
    };
    Err(Refusal::new(Exit::Usage, message, &help))
}

/// The first folder of that name that holds runs.
fn folder(text: &str, workspace: &Workspace) -> Option<(PathBuf, Kind)> {
    if text.is_empty() {
        return None;
    }
    places(text, workspace).into_iter().find_map(|dir| {
        let kind = kind(&dir)?;
        Some((dir, kind))
    })
}

fn places(text: &str, workspace: &Workspace) -> [PathBuf; 3] {
    [PathBuf::from(text), workspace.root.join(text), workspace.runs.join(text)]
        // Without a slash at the end, which would be part of every name that is shown.
        .map(|path| path.components().collect())
}

fn kind(dir: &Path) -> Option<Kind> {
    if is_run(dir) {
        return Some(Kind::Run);
    }
    let inside = folders(dir);
    if inside.iter().any(|dir| is_run(dir)) {
        return Some(Kind::Store);
    }
    let holds_runs = |dir: &PathBuf| folders(dir).iter().any(|run| is_run(run));
    let stores: Vec<PathBuf> = inside.into_iter().filter(holds_runs).collect();
    (!stores.is_empty()).then_some(Kind::Stores(stores))
}

fn is_run(dir: &Path) -> bool {
    dir.join("trial.json").is_file()
}

/// Folders that are not hidden, by name; none where nothing can be read.
fn folders(dir: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(dir).into_iter().flatten().flatten();
    let hidden = |entry: &fs::DirEntry| entry.file_name().as_encoded_bytes().starts_with(b".");
    let mut folders: Vec<PathBuf> =
        entries.filter(|entry| !hidden(entry)).map(|entry| entry.path()).collect();
    folders.retain(|path| path.is_dir());
    folders.sort();
    folders
}

/// Why there is nothing of that name. An experiment may just not have been run yet.
fn unknown(text: &str, workspace: &Workspace) -> Answer<Refusal> {
    const KINDS: &str = "a run directory, a folder of runs, or <experiment>/<condition>";
    let experiments = catalogue::names(workspace)?;
    let (store, condition) = match text.rsplit_once('/') {
        Some((store, condition)) if !store.is_empty() => (store, Some(condition)),
        Some(_) | None => (text, None),
    };
    let last = store.rsplit('/').next().unwrap_or(store);
    if let Some(name) = experiments.iter().find(|name| *name == text || *name == last) {
        let message = format!("nothing of `{name}` has been run");
        let help = format!("cargo xtask ablation {name}");
        return Ok(Refusal::new(Exit::NothingSelected, message, &help));
    }
    if places(text, workspace).iter().any(|dir| dir.is_dir()) {
        let message = format!("`{text}` holds no runs");
        return Ok(Refusal::new(Exit::NothingSelected, message, &format!("name {KINDS}")));
    }
    let runs = folders(&workspace.runs);
    let names = runs.iter().filter_map(|path| path.file_name()?.to_str());
    let names = names.chain(experiments.iter().map(String::as_str));
    let help = match (nearest(last, names), condition) {
        (Some(store), Some(condition)) => format!("did you mean `{store}/{condition}`? "),
        (Some(store), None) => format!("did you mean `{store}`? "),
        (None, _) => String::new(),
    };
    let message = format!("there is no `{text}` to compare");
    Ok(Refusal::new(Exit::Usage, message, &format!("{help}name {KINDS}")))
}
