//! `Store`: all runs of an experiment, as they lie on disk.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use fireassay_spec::{Kernels, Metric, Split, Trial};

use crate::event_log::read_curve;
use crate::{FailureKind, Outcome, Provenance, RunDir, State, Status, Summary, TrackingError};

/// The folder `runs/<experiment>`. There is no index: the run directories are the store.
pub struct Store;

/// Everything that is small in a run directory.
#[derive(Clone, Debug, PartialEq)]
pub struct RunRecord {
    /// The run directory.
    pub path: PathBuf,
    /// What is run.
    pub trial: Trial,
    /// None before the first session.
    pub status: Option<Status>,
    /// None while it is unfinished.
    pub summary: Option<Summary>,
    /// None before the first session.
    pub provenance: Option<Provenance>,
}

/// Where a run stands, the summary having the last word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RunState {
    /// Never started.
    Pending,
    /// Started and not finished: a process works on it, or was killed.
    Running,
    /// Stopped at a checkpoint.
    Interrupted,
    /// Ended without a result.
    Failed(FailureKind),
    /// Finished.
    Done,
    /// Finished with a non-finite value.
    Diverged,
}

impl Store {
    /// The runs in `experiment_dir`, by condition, seed and id; none where there is no folder.
    /// Folders without a `trial.json` and names that start with a dot are somebody else's.
    pub fn scan(experiment_dir: &Path) -> Result<Vec<RunRecord>, TrackingError> {
        let mut records = Vec::new();
        for (_, path) in Self::folders(experiment_dir)? {
            if let Ok(run) = RunDir::open(&path) {
                records.push(RunRecord::read(&run)?);
            }
        }
        records.sort_by(|a, b| a.sort_key().cmp(&b.sort_key()));
        Ok(records)
    }

    /// In which form the runs of `experiment_dir` are computed: as `usual` if one of them is, else
    /// as another one is. None without runs; what cannot be read is none.
    pub fn form(experiment_dir: &Path, usual: Kernels) -> Option<Kernels> {
        let folders = Self::folders(experiment_dir).unwrap_or_default();
        let trial = |(_, path): (String, PathBuf)| RunDir::open(&path).ok()?.trial().ok();
        let mut forms = folders.into_iter().filter_map(trial).map(|trial| trial.kernels);
        let first = forms.next()?;
        Some(if first == usual || forms.any(|form| form == usual) { usual } else { first })
    }

    /// Name and path of all that lies in `experiment_dir` and is not hidden, by name.
    pub(crate) fn folders(experiment_dir: &Path) -> Result<Vec<(String, PathBuf)>, TrackingError> {
        let entries = match fs::read_dir(experiment_dir) {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
            entries => entries.map_err(TrackingError::io("read", experiment_dir))?,
        };
        let mut folders = Vec::new();
        for entry in entries {
            let entry = entry.map_err(TrackingError::io("read", experiment_dir))?;
            let name = entry.file_name().to_string_lossy().into_owned();
            if !name.starts_with('.') {
                folders.push((name, entry.path()));
            }
        }
        folders.sort();
        Ok(folders)
    }
}

impl RunRecord {
    /// Reads one run.
    pub fn read(run: &RunDir) -> Result<Self, TrackingError> {
        Self::of(run, run.trial()?)
    }

    /// Reads the rest of a run.
    pub(crate) fn of(run: &RunDir, trial: Trial) -> Result<Self, TrackingError> {
        // The summary is written last: beside it, the status is the final one.
        let summary = run.summary_of(&trial.id)?;
        let status = run.status()?;
        let provenance = run.provenance()?;
        Ok(Self { path: run.path().into(), trial, status, summary, provenance })
    }

    /// Where it stands.
    pub fn state(&self) -> RunState {
        if let Some(summary) = &self.summary {
            return match summary.outcome {
                Outcome::Done => RunState::Done,
                Outcome::Diverged { .. } => RunState::Diverged,
            };
        }
        match self.status.as_ref().map(|status| status.state) {
            None => RunState::Pending,
            // Killed between its last status and its summary: not finished.
            Some(State::Running | State::Done | State::Diverged) => RunState::Running,
            Some(State::Interrupted) => RunState::Interrupted,
            Some(State::Failed(kind)) => RunState::Failed(kind),
        }
    }

    /// One metric of one split, at the steps where it was measured. A value may be NaN or infinite.
    /// An error if a finished trial wrote other events than are there now.
    pub fn curve(&self, split: Split, metric: Metric) -> Result<Vec<(u64, f64)>, TrackingError> {
        let path = RunDir::open(&self.path)?.events_path();
        let (points, mark) = read_curve(&path, split, metric)?;
        match &self.summary {
            Some(summary) if summary.events != mark => Err(TrackingError::OtherEvents { path }),
            Some(_) | None => Ok(points),
        }
    }

    pub(crate) fn sort_key(&self) -> (&str, u64, &fireassay_spec::TrialId, &Path) {
        (&self.trial.condition, self.trial.seed, &self.trial.id, &self.path)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample;

    #[test]
    fn runs_are_sorted_and_other_things_ignored() {
        let dir = tempfile::tempdir().unwrap();
        for (condition, seed) in [("b", 2), ("b", 10), ("a", 3), ("b", 1)] {
            RunDir::create(dir.path(), &sample::trial(condition, seed)).unwrap();
        }
        fs::write(dir.path().join("report.md"), "").unwrap();
        fs::write(dir.path().join(".lock"), "").unwrap();
        fs::create_dir(dir.path().join("empty")).unwrap();
        let hidden = dir.path().join(".trash");
        fs::create_dir(&hidden).unwrap();
        fs::write(hidden.join("trial.json"), "not even JSON").unwrap();

        let records = Store::scan(dir.path()).unwrap();
        let keys: Vec<_> =
            records.iter().map(|run| (run.trial.condition.as_str(), run.trial.seed)).collect();
        assert_eq!(keys, [("a", 3), ("b", 1), ("b", 2), ("b", 10)]);
        assert_eq!(records[0].path, dir.path().join(records[0].trial.dir_name()));
        assert_eq!(records[0].state(), RunState::Pending);
    }

    #[test]
    fn no_folder_is_no_runs_and_a_file_is_an_error() {
        let dir = tempfile::tempdir().unwrap();
        assert_eq!(Store::scan(&dir.path().join("never-run")).unwrap(), []);
        let file = dir.path().join("file");
        fs::write(&file, "").unwrap();
        assert!(matches!(Store::scan(&file), Err(TrackingError::Io { path, .. }) if path == file));
    }

    #[test]
    fn a_damaged_run_is_named() {
        let dir = tempfile::tempdir().unwrap();
        let run = RunDir::create(dir.path(), &sample::trial("a", 1)).unwrap();
        let file = run.path().join("summary.json");
        fs::write(&file, "{\"schema\": 1,").unwrap();
        let error = Store::scan(dir.path()).unwrap_err();
        assert!(matches!(error, TrackingError::Corrupt { path, .. } if path == file));
    }

    #[test]
    fn the_summary_has_the_last_word() {
        let dir = tempfile::tempdir().unwrap();
        let run = RunDir::create(dir.path(), &sample::trial("a", 1)).unwrap();
        let check = |state, expected| {
            run.write_status(&sample::status(state)).unwrap();
            assert_eq!(RunRecord::read(&run).unwrap().state(), expected);
        };
        check(State::Running, RunState::Running);
        check(State::Interrupted, RunState::Interrupted);
        check(State::Done, RunState::Running);
        check(State::Diverged, RunState::Running);
        let timeout = State::Failed(FailureKind::Timeout);
        check(timeout, RunState::Failed(FailureKind::Timeout));
        run.finish(&sample::summary(Outcome::Done)).unwrap();
        check(timeout, RunState::Done);
        let diverged = Outcome::Diverged { step: 3, value: "NaN".into() };
        run.finish(&sample::summary(diverged)).unwrap();
        check(State::Running, RunState::Diverged);
    }
}
