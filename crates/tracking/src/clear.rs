//! `--fresh`: a run directory as it was before its first session.

use std::fs;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use crate::{RunDir, RunLock, TrackingError, atomic, tensorboard};

/// What `checkpoints/` is called while it is being removed: a kill never leaves half of them.
const DOOMED: &str = ".checkpoints.tmp";

impl RunDir {
    /// Removes all that sessions of the trial have written; `trial.json` and files of other
    /// origin stay. Links are removed, not followed. An error if a process works on the run.
    pub fn clear(&self) -> Result<(), TrackingError> {
        if self.path().is_symlink() {
            return Err(TrackingError::Link { path: self.path().into() });
        }
        let _lock = RunLock::acquire(self.path())?;
        let [summary, others @ ..] = self.own_files();
        remove_file(&summary)?;
        // Until this is on disk, a power failure can bring the summary back, and it must not come
        // back without what it stands for.
        atomic::sync_dir(self.path()).map_err(TrackingError::io("clear", self.path()))?;
        // Before the events: checkpoints count on them.
        remove_checkpoints(&self.checkpoints(), self.path())?;
        for file in others {
            remove_file(&file)?;
        }
        remove_event_files(&self.tb())
    }
}

/// Finishes the removal that a kill cut short.
pub(crate) fn remove_remains(run: &Path) -> Result<(), TrackingError> {
    remove_tree(&run.join(DOOMED))
}

fn remove_checkpoints(checkpoints: &Path, run: &Path) -> Result<(), TrackingError> {
    remove_remains(run)?;
    let renamed = ignore_missing(fs::rename(checkpoints, run.join(DOOMED)));
    renamed.map_err(TrackingError::io("remove", checkpoints))?;
    remove_remains(run)
}

/// The folder goes too, unless something else lives there.
fn remove_event_files(tb: &Path) -> Result<(), TrackingError> {
    if tb.is_symlink() {
        return remove_file(tb);
    }
    let files: Vec<PathBuf> =
        tensorboard::event_files(tb).map_err(TrackingError::io("read", tb))?;
    for file in files {
        remove_file(&file)?;
    }
    match fs::remove_dir(tb) {
        Err(error) if error.kind() == ErrorKind::DirectoryNotEmpty => Ok(()),
        removed => ignore_missing(removed).map_err(TrackingError::io("remove", tb)),
    }
}

fn remove_file(path: &Path) -> Result<(), TrackingError> {
    ignore_missing(fs::remove_file(path)).map_err(TrackingError::io("remove", path))
}

fn remove_tree(path: &Path) -> Result<(), TrackingError> {
    // Neither branch follows links.
    let removed = if path.is_symlink() { fs::remove_file(path) } else { fs::remove_dir_all(path) };
    ignore_missing(removed).map_err(TrackingError::io("remove", path))
}

fn ignore_missing(result: io::Result<()>) -> io::Result<()> {
    match result {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample;

    /// A run with everything that sessions write.
    fn full_run(experiment: &Path) -> RunDir {
        let run = RunDir::create(experiment, &sample::trial("reference", 1)).unwrap();
        for file in run.own_files() {
            fs::write(file, "x").unwrap();
        }
        fs::create_dir_all(run.checkpoints().join("step-10")).unwrap();
        fs::write(run.checkpoints().join("step-10/model"), "x").unwrap();
        drop(crate::TbWriter::open(&run.tb(), 0).unwrap());
        run
    }

    fn names(dir: &Path) -> Vec<String> {
        let entries = fs::read_dir(dir).unwrap();
        let mut names: Vec<String> =
            entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    #[test]
    fn what_sessions_wrote_goes_and_the_rest_stays() {
        let dir = tempfile::tempdir().unwrap();
        let run = full_run(dir.path());
        fs::write(run.path().join(".status.json.1-0.tmp"), "half").unwrap();
        run.clear().unwrap();
        assert_eq!(names(run.path()), [".lock", "trial.json"]);
        run.clear().unwrap();

        let run = full_run(dir.path());
        fs::write(run.path().join("notes.txt"), "mine").unwrap();
        fs::write(run.tb().join("events.out.tfevents.1.elsewhere"), "mine").unwrap();
        run.clear().unwrap();
        assert_eq!(names(run.path()), [".lock", "notes.txt", "tb", "trial.json"]);
        assert_eq!(names(&run.tb()), ["events.out.tfevents.1.elsewhere"]);
        assert_eq!(run.trial().unwrap(), sample::trial("reference", 1));
    }

    #[test]
    #[cfg(unix)]
    fn links_are_removed_and_not_followed() {
        use std::os::unix::fs::symlink;
        let dir = tempfile::tempdir().unwrap();
        let outside = dir.path().join("outside");
        fs::create_dir(&outside).unwrap();
        fs::write(outside.join("events.out.tfevents.0000000000.fireassay"), "precious").unwrap();
        let run = RunDir::create(dir.path(), &sample::trial("reference", 1)).unwrap();
        for place in [run.checkpoints(), run.tb(), run.log_path()] {
            symlink(&outside, place).unwrap();
        }
        run.clear().unwrap();
        assert_eq!(names(run.path()), [".lock", "trial.json"]);
        assert_eq!(names(&outside), ["events.out.tfevents.0000000000.fireassay"]);

        let link = dir.path().join("link");
        symlink(run.path(), &link).unwrap();
        let linked = RunDir::open(&link).unwrap();
        assert!(matches!(linked.clear(), Err(TrackingError::Link { .. })));
    }

    #[test]
    fn a_run_that_is_worked_on_is_left_alone() {
        let dir = tempfile::tempdir().unwrap();
        let run = full_run(dir.path());
        let before = names(run.path());
        let lock = run.lock().unwrap();
        assert!(matches!(run.clear(), Err(TrackingError::Busy { .. })));
        drop(lock);
        assert_eq!(names(run.path()), [&[".lock".to_owned()], &before[..]].concat());
    }

    #[test]
    fn a_removal_that_was_cut_short_is_finished_by_the_next_session() {
        let dir = tempfile::tempdir().unwrap();
        let run = full_run(dir.path());
        fs::rename(run.checkpoints(), run.path().join(DOOMED)).unwrap();
        let _lock = run.lock().unwrap();
        assert!(!run.path().join(DOOMED).exists());
    }
}
