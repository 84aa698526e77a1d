//! Two commands never work on one experiment at the same time.

use std::fs::File;
use std::io::{self, Read, Seek, Write};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

use crate::claim::{self, Denied, Reach, Strangers};
use crate::heartbeat::Heartbeat;
use crate::holder::Holder;
use crate::{Store, TrackingError, atomic};

/// More of a holder's text than anybody needs.
const HOLDER_BYTES: u64 = 1024;

/// Keeps other commands out of an experiment's folder until it is dropped, or the process ends;
/// also those of other machines that share the folder.
#[derive(Debug)]
#[must_use]
pub struct ExperimentLock {
    // Ends before the lock is free.
    heartbeat: Heartbeat,
    _file: File,
}

impl ExperimentLock {
    /// Takes the lock of `experiment_dir`, made if missing, or says who has it. `note` is the
    /// command, for those who find it taken.
    pub fn acquire(experiment_dir: &Path, note: &str) -> Result<Self, TrackingError> {
        let (file, reach) = lock(experiment_dir)?;
        Self::settled(file, experiment_dir, note, (reach, Strangers::Refuse))
    }

    /// As [`ExperimentLock::acquire`], but what dead processes of other machines left is no
    /// obstacle, here and in the run directories. `watch` is how long their heartbeats have to
    /// rest; one that moves is an error, and nothing is taken over. The living beat every two
    /// seconds, and a shared folder may show it late.
    pub fn take_over(
        experiment_dir: &Path,
        note: &str,
        watch: Duration,
    ) -> Result<Self, TrackingError> {
        let (file, reach) = lock(experiment_dir)?;
        let mut runs = Vec::new();
        for (_, path) in Store::folders(experiment_dir)? {
            // Behind a link are somebody else's runs.
            if path.is_dir() && !path.is_symlink() && claim::is_elsewhere(&path)? {
                runs.push(path);
            }
        }
        let mut watched: Vec<&Path> = runs.iter().map(PathBuf::as_path).collect();
        if claim::is_elsewhere(experiment_dir)? {
            watched.push(experiment_dir);
        }
        claim::watch(&watched, watch, &mut thread::sleep)?;
        let strangers = (reach, Strangers::Replace);
        let lock = Self::settled(file, experiment_dir, note, strangers)?;
        // Only now: until here it could still be refused.
        runs.iter().try_for_each(|run| claim::forget(run))?;
        Ok(lock)
    }

    /// Whether another command has taken the experiment over: this one must stop. It takes up to
    /// two seconds to notice.
    pub fn is_lost(&self) -> bool {
        self.heartbeat.is_lost()
    }

    fn settled(
        mut file: File,
        dir: &Path,
        note: &str,
        (reach, strangers): (Reach, Strangers),
    ) -> Result<Self, TrackingError> {
        let heartbeat =
            claim::claim(dir, note, reach, strangers, &mut thread::sleep).map_err(|denied| {
                match denied {
                    Denied::Here(holder) => locked(dir, holder.to_string()),
                    Denied::Elsewhere(holder) => claim::foreign(dir, holder.as_deref()),
                    Denied::Failed(error) => error,
                }
            })?;
        let introduced = introduce(&mut file, note);
        introduced.map_err(TrackingError::io("write", &dir.join(claim::LOCK)))?;
        Ok(Self { heartbeat, _file: file })
    }
}

fn lock(dir: &Path) -> Result<(File, Reach), TrackingError> {
    atomic::create_dir(dir).map_err(TrackingError::io("make", dir))?;
    let file = claim::open(dir)?;
    match claim::try_lock(&file, dir)? {
        Some(reach) => Ok((file, reach)),
        None => {
            let path = dir.join(claim::LOCK);
            let holder = holder(&file).map_err(TrackingError::io("read", &path))?;
            Err(locked(dir, holder))
        }
    }
}

fn locked(dir: &Path, holder: String) -> TrackingError {
    TrackingError::Locked { dir: dir.into(), holder }
}

/// The holder's line; it may just be writing it.
fn holder(file: &File) -> io::Result<String> {
    let mut bytes = Vec::new();
    file.take(HOLDER_BYTES).read_to_end(&mut bytes)?;
    let text = String::from_utf8_lossy(&bytes);
    let line = text.lines().next().unwrap_or_default().replace(char::is_control, " ");
    Ok(if line.is_empty() { "another process".into() } else { line })
}

fn introduce(file: &mut File, note: &str) -> io::Result<()> {
    file.set_len(0)?;
    file.rewind()?;
    file.write_all(format!("{}\n", Holder::this_process(note)).as_bytes())
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn the_second_is_told_who_has_it() {
        let dir = tempfile::tempdir().unwrap();
        let experiment = dir.path().join("runs/batch-norm");
        // A longer text of an earlier holder must not shine through.
        drop(ExperimentLock::acquire(&experiment, &"long ".repeat(40)).unwrap());
        let lock = ExperimentLock::acquire(&experiment, "cargo xtask\nablation").unwrap();
        let error = ExperimentLock::acquire(&experiment, "second").unwrap_err();
        let TrackingError::Locked { dir, holder } = &error else { panic!("{error}") };
        assert_eq!(dir, &experiment);
        let pid = std::process::id();
        let start = format!("`cargo xtask ablation` (process {pid} on ");
        assert!(holder.starts_with(&start) && holder.ends_with(" UTC)"), "{holder}");
        drop(lock);
        drop(ExperimentLock::acquire(&experiment, "third").unwrap());
    }

    #[test]
    fn a_holder_that_has_not_written_yet_is_another_process() {
        let dir = tempfile::tempdir().unwrap();
        let file = File::create(dir.path().join(claim::LOCK)).unwrap();
        file.lock().unwrap();
        let error = ExperimentLock::acquire(dir.path(), "x").unwrap_err();
        assert!(error.to_string().ends_with("is in use by another process"), "{error}");
    }

    #[test]
    fn a_place_that_cannot_be_made_is_named() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("file");
        fs::write(&file, "").unwrap();
        for place in [file.clone(), file.join("batch-norm")] {
            let error = ExperimentLock::acquire(&place, "x").unwrap_err();
            assert!(matches!(error, TrackingError::Io { path, .. } if path == place));
        }
    }

    /// As another machine left it.
    fn beat(dir: &Path, count: u64) {
        let holder = Holder { host: "node7".into(), since_nanos: 1, ..Holder::this_process("x") };
        let beat = crate::heartbeat::Beat { holder, count };
        fs::write(dir.join(".heartbeat"), serde_json::to_vec(&beat).unwrap()).unwrap();
    }

    #[test]
    fn another_machine_is_named_with_what_to_do_and_taken_over_only_when_asked() {
        let dir = tempfile::tempdir().unwrap();
        beat(dir.path(), 1);
        let error = ExperimentLock::acquire(dir.path(), "second").unwrap_err();
        assert!(error.to_string().contains("on node7, since 1970"), "{error}");
        let help = miette::Diagnostic::help(&error).unwrap().to_string();
        assert!(help.contains("--take-over") && help.contains("/.heartbeat"), "{help}");
        let lock = ExperimentLock::take_over(dir.path(), "second", Duration::ZERO).unwrap();
        assert!(!lock.is_lost());
        drop(lock);
        drop(ExperimentLock::acquire(dir.path(), "third").unwrap());
    }

    #[test]
    fn runs_of_the_dead_machine_are_taken_over_with_the_experiment() {
        let dir = tempfile::tempdir().unwrap();
        let run = crate::RunDir::create(dir.path(), &crate::sample::trial("a", 1)).unwrap();
        beat(run.path(), 1);
        // The launcher may have ended well, and only its trial died.
        drop(ExperimentLock::acquire(dir.path(), "first").unwrap());
        assert!(matches!(run.lock(), Err(TrackingError::Foreign { .. })));
        let _lock = ExperimentLock::take_over(dir.path(), "second", Duration::ZERO).unwrap();
        drop(run.try_lock().unwrap());
    }

    #[test]
    fn a_living_run_of_another_machine_keeps_the_whole_experiment() {
        let dir = tempfile::tempdir().unwrap();
        let run = crate::RunDir::create(dir.path(), &crate::sample::trial("a", 1)).unwrap();
        beat(dir.path(), 1);
        beat(run.path(), 1);
        let error = std::thread::scope(|scope| {
            let (stop, stopped) = std::sync::mpsc::channel::<()>();
            let run = run.path();
            scope.spawn(move || {
                let empty = Err(std::sync::mpsc::TryRecvError::Empty);
                for count in (2..).take_while(|_| stopped.try_recv() == empty) {
                    beat(run, count);
                }
            });
            let watch = Duration::from_secs(1);
            let taken = ExperimentLock::take_over(dir.path(), "second", watch);
            drop(stop);
            taken.unwrap_err()
        });
        assert!(matches!(&error, TrackingError::Alive { dir, .. } if dir == run.path()), "{error}");
        assert!(
            claim::is_elsewhere(dir.path()).unwrap() && claim::is_elsewhere(run.path()).unwrap()
        );
    }
}
