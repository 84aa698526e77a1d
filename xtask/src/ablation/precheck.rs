//! What has to be right before the first trial: data, disk, run directories.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io;
use std::path::Path;

use fireassay_launch::Pending;
use fireassay_spec::{SourceRef, TrialId};
use fireassay_tracking::RunDir;

use super::Session;
use super::select::Selection;
use crate::data;
use crate::ui::{Answer, Exit, Refusal, bytes, with_causes};

/// With less than this, checkpoints may fail half-way through an experiment.
const LEAST_FREE_BYTES: u64 = 256 << 20;

/// The datasets in use are here, and every file of them hashes to what its card says.
pub(crate) fn verify_datasets(session: &Session<'_>, selection: &Selection) -> Answer<()> {
    let names: BTreeSet<&str> =
        selection.to_run.iter().map(|trial| trial.spec.data.dataset.as_str()).collect();
    for name in names {
        let Some(card) = session.loaded.cards.get(name) else { continue };
        let folder = session.workspace.roots().folder_of(card).map_err(|error| {
            let help = format!("nothing was trained; {}", data::fetch_help(card));
            Refusal::new(Exit::Usage, with_causes(&error), &help)
        })?;
        fireassay_data::verify(card, &folder).map_err(|error| {
            let message =
                format!("dataset `{name}` is not as its card says\n{}", with_causes(&error));
            let help =
                format!("nothing was trained; `cargo xtask data verify {name}` checks again");
            Refusal::new(Exit::CheckFailed, message, &help)
        })?;
    }
    Ok(())
}

/// The weights of somebody else that trials start from are here, are those of their cards, and hold
/// tensors. Whether these fit the network is for the trial to say, which builds it.
pub(crate) fn verify_weights(session: &Session<'_>, selection: &Selection) -> Answer<()> {
    let names = selection.to_run.iter().filter_map(|trial| match &trial.source {
        Some(SourceRef::Weights { name, .. }) => Some(name.as_str()),
        Some(SourceRef::Trial(_)) | None => None,
    });
    for name in names.collect::<BTreeSet<&str>>() {
        let Some(card) = session.loaded.cards.weights.get(name) else { continue };
        let refuse = |message: String, help: &str| {
            Refusal::new(Exit::CheckFailed, message, &format!("nothing was trained; {help}"))
        };
        let folder = session.workspace.roots().folder_of(card).map_err(|error| {
            let help = format!("nothing was trained; {}", data::fetch_help(card));
            Refusal::new(Exit::Usage, with_causes(&error), &help)
        })?;
        for file in &card.files {
            let path = folder.join(&file.path);
            let fetch = format!("`cargo xtask data fetch {name}` gets it again");
            match fireassay_fetch::is_right(file, &path) {
                Ok(true) => {}
                Ok(false) => {
                    let message = format!("`{}` is not the file of its card", path.display());
                    return Err(refuse(message, &fetch));
                }
                Err(error) => return Err(refuse(with_causes(&error), &fetch)),
            }
            fireassay_weights::read(&path, None).map_err(|error| {
                refuse(with_causes(&error), &format!("correct datasets/{name}/weights.toml"))
            })?;
        }
    }
    Ok(())
}

/// There is room for what will be written.
pub(crate) fn check_disk(session: &Session<'_>) -> Answer<()> {
    let runs = &session.workspace.runs;
    match free_bytes(runs) {
        Some(free) if free < LEAST_FREE_BYTES => {
            let message = format!("only {} are free for `{}`", bytes(free), runs.display());
            let help = "make room, or name another place with --runs <dir>";
            Err(Refusal::new(Exit::Usage, message, help))
        }
        _ => Ok(()),
    }
}

/// Makes the run directories, emptied if that was asked for.
pub(crate) fn make_run_dirs(session: &Session<'_>, selection: &Selection) -> Answer<Vec<Pending>> {
    let experiment_dir = session.workspace.runs_of(&session.loaded.experiment.name);
    let refuse = |error| Refusal::from_diagnostic(Exit::Usage, error);
    let mut pending = Vec::new();
    let mut dirs: BTreeMap<&TrialId, RunDir> = BTreeMap::new();
    for trial in &selection.to_run {
        // A trial keeps its directory when its condition gets another name.
        let dir = match selection.record_of(trial) {
            Some(record) => RunDir::open(&record.path),
            None => RunDir::create(&experiment_dir, trial),
        };
        let dir = dir.map_err(refuse)?;
        if session.args.fresh {
            dir.clear().map_err(refuse)?;
        }
        // Listed before it, or finished.
        let source = match trial.source.as_ref().and_then(SourceRef::trial) {
            None => None,
            Some(id) => match (dirs.get(id), selection.record_of_id(id)) {
                (Some(dir), _) => Some(dir.clone()),
                (None, Some(record)) => Some(RunDir::open(&record.path).map_err(refuse)?),
                (None, None) => None,
            },
        };
        dirs.entry(&trial.id).or_insert_with(|| dir.clone());
        pending.push(Pending { trial: trial.clone(), dir, source });
    }
    Ok(pending)
}

/// Free space of the file system that holds `path`, or will.
pub(crate) fn free_bytes(path: &Path) -> Option<u64> {
    let existing = path.ancestors().find(|path| path.exists())?;
    let stat = rustix::fs::statvfs(existing).ok()?;
    Some(stat.f_bavail.saturating_mul(stat.f_frsize))
}

/// Bytes of all files below `path`; links are not followed.
pub(crate) fn size_of(path: &Path) -> io::Result<u64> {
    let mut total = 0;
    for entry in fs::read_dir(path)? {
        let entry = entry?;
        let metadata = entry.metadata()?;
        total += if metadata.is_dir() { size_of(&entry.path())? } else { metadata.len() };
    }
    Ok(total)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_size_of_a_folder_counts_what_is_below() {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("tb")).unwrap();
        fs::write(folder.path().join("a"), [0; 10]).unwrap();
        fs::write(folder.path().join("tb/b"), [0; 5]).unwrap();
        assert_eq!(size_of(folder.path()).unwrap(), 15);
    }

    #[test]
    fn free_space_is_known_for_a_place_that_is_not_there_yet() {
        let folder = tempfile::tempdir().unwrap();
        assert!(free_bytes(&folder.path().join("a/b/c")).is_some());
    }
}
