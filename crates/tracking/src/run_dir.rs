//! `RunDir`: the folder of one trial, and the names of what is in it.

use std::path::{Component, Path, PathBuf};

use fireassay_spec::{Metric, Split, Trial, TrialId};

use crate::event_log::{read_curve, read_mark};
use crate::{
    Event, EventMark, Provenance, RegimeRecord, RunLock, SCHEMA, Spoiled, Status, Summary,
    TrackingError, atomic, json, read_events,
};

const TRIAL: &str = "trial.json";
const PROVENANCE: &str = "provenance.json";
const EVENTS: &str = "events.jsonl";
const STATUS: &str = "status.json";
const SUMMARY: &str = "summary.json";
const LOG: &str = "log.txt";
const ERROR: &str = "error.txt";
const SPOILED: &str = "corrupted.json";
const REGIME: &str = "regime.json";
const CHECKPOINTS: &str = "checkpoints";
const SELECTED: &str = "selected.safetensors";
const TB: &str = "tb";

/// A folder with a `trial.json`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunDir {
    path: PathBuf,
}

impl RunDir {
    /// The run directory of `trial`, made if missing. One that is there keeps all that it has:
    /// only the names in its `trial.json` that are not part of the identity are brought up to
    /// date.
    pub fn create(experiment_dir: &Path, trial: &Trial) -> Result<Self, TrackingError> {
        let name = trial.dir_name();
        if !is_plain(&name) {
            return Err(TrackingError::Name { name });
        }
        let run = Self { path: experiment_dir.join(name) };
        check_identity(&run.path, trial)?;
        // Its name has to survive before anything in it can.
        atomic::create_dir(&run.path).map_err(TrackingError::io("make", &run.path))?;
        match run.read_trial()? {
            Some(found) if found == *trial => {}
            Some(found) if found.id != trial.id => {
                let (found, expected) = (found.id, trial.id.clone());
                return Err(TrackingError::OtherTrial { path: run.path, found, expected });
            }
            Some(_) | None => json::write(&run.path.join(TRIAL), trial, fireassay_spec::SCHEMA)?,
        }
        Ok(run)
    }

    /// A run directory that is there.
    pub fn open(path: &Path) -> Result<Self, TrackingError> {
        if path.join(TRIAL).is_file() {
            Ok(Self { path: path.into() })
        } else {
            Err(TrackingError::NotARun { path: path.into() })
        }
    }

    /// The folder.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// What is run.
    pub fn trial(&self) -> Result<Trial, TrackingError> {
        self.read_trial()?.ok_or_else(|| TrackingError::NotARun { path: self.path.clone() })
    }

    /// Where it stands; none before its first session.
    pub fn status(&self) -> Result<Option<Status>, TrackingError> {
        json::read(&self.path.join(STATUS), SCHEMA)
    }

    /// Its result; none while it is unfinished.
    pub fn summary(&self) -> Result<Option<Summary>, TrackingError> {
        match self.read_trial()? {
            None => Ok(None),
            Some(trial) => self.summary_of(&trial.id),
        }
    }

    /// Whether the summary of some trial is what was sealed, for a run whose own is not known.
    pub(crate) fn sound_summary(&self) -> Result<(), TrackingError> {
        json::read::<serde_json::Value>(&self.path.join(SUMMARY), SCHEMA).map(|_| ())
    }

    pub(crate) fn summary_of(&self, trial: &TrialId) -> Result<Option<Summary>, TrackingError> {
        json::read_of(&self.path.join(SUMMARY), SCHEMA, trial)
    }

    /// Code, data and machine of its last session; none before the first.
    pub fn provenance(&self) -> Result<Option<Provenance>, TrackingError> {
        json::read(&self.path.join(PROVENANCE), SCHEMA)
    }

    /// All events so far.
    pub fn events(&self) -> Result<Vec<Event>, TrackingError> {
        read_events(&self.events_path())
    }

    /// One metric of one split, at the steps where it was measured. A value may be NaN or infinite.
    /// Whether the log is the one of a finished trial is for [`crate::RunRecord::curve`] to say.
    pub fn curve(&self, split: Split, metric: Metric) -> Result<Vec<(u64, f64)>, TrackingError> {
        Ok(read_curve(&self.events_path(), split, metric)?.0)
    }

    /// What stands for all events so far.
    pub fn event_mark(&self) -> Result<EventMark, TrackingError> {
        read_mark(&self.events_path())
    }

    /// What was spoiled in its data, example by example; none where nothing was.
    pub fn spoiled(&self) -> Result<Option<Spoiled>, TrackingError> {
        json::read(&self.path.join(SPOILED), SCHEMA)
    }

    /// Replaces the list of what was spoiled.
    pub fn write_spoiled(&self, spoiled: &Spoiled) -> Result<(), TrackingError> {
        json::write(&self.path.join(SPOILED), spoiled, SCHEMA)
    }

    /// What is trained when; none where nothing is fine-tuned.
    pub fn regime(&self) -> Result<Option<RegimeRecord>, TrackingError> {
        json::read(&self.path.join(REGIME), SCHEMA)
    }

    /// Replaces what is trained when.
    pub fn write_regime(&self, regime: &RegimeRecord) -> Result<(), TrackingError> {
        json::write(&self.path.join(REGIME), regime, SCHEMA)
    }

    /// Replaces the status.
    pub fn write_status(&self, status: &Status) -> Result<(), TrackingError> {
        json::write(&self.path.join(STATUS), status, SCHEMA)
    }

    /// Replaces the provenance.
    pub fn write_provenance(&self, provenance: &Provenance) -> Result<(), TrackingError> {
        json::write(&self.path.join(PROVENANCE), provenance, SCHEMA)
    }

    /// Makes the trial finished. Everything else has to be written before.
    pub fn finish(&self, summary: &Summary) -> Result<(), TrackingError> {
        json::write_of(&self.path.join(SUMMARY), summary, SCHEMA, &self.trial()?.id)
    }

    /// Waits until no other process works on the run, and keeps others out until it is dropped.
    pub fn lock(&self) -> Result<RunLock, TrackingError> {
        RunLock::wait(&self.path)
    }

    /// As [`RunDir::lock`], but an error instead of waiting.
    pub fn try_lock(&self) -> Result<RunLock, TrackingError> {
        RunLock::acquire(&self.path)
    }

    /// `events.jsonl`, made by [`crate::RunLog`].
    pub fn events_path(&self) -> PathBuf {
        self.path.join(EVENTS)
    }

    /// `log.txt`, made by whoever logs.
    pub fn log_path(&self) -> PathBuf {
        self.path.join(LOG)
    }

    /// `error.txt`: the last failure at length, with a backtrace where there is one.
    pub fn error_path(&self) -> PathBuf {
        self.path.join(ERROR)
    }

    /// `checkpoints/`, made by the trainer.
    pub fn checkpoints(&self) -> PathBuf {
        self.path.join(CHECKPOINTS)
    }

    /// The weights of a finished run, which its summary speaks of.
    pub fn selected_weights(&self) -> PathBuf {
        self.checkpoints().join(SELECTED)
    }

    /// `tb/`, made by [`crate::TbWriter`].
    pub fn tb(&self) -> PathBuf {
        self.path.join(TB)
    }

    /// Files that [`RunDir::clear`] removes, the mark of a finished run first.
    pub(crate) fn own_files(&self) -> [PathBuf; 8] {
        [SUMMARY, STATUS, PROVENANCE, EVENTS, SPOILED, REGIME, LOG, ERROR]
            .map(|name| self.path.join(name))
    }

    /// Files that carry a seal.
    pub(crate) fn sealed_files(&self) -> [PathBuf; 4] {
        [TRIAL, STATUS, PROVENANCE, SUMMARY].map(|name| self.path.join(name))
    }

    /// Which files of a run lie in a folder that need not be one.
    pub(crate) fn remains(path: &Path) -> Vec<&'static str> {
        let files = [SUMMARY, STATUS, PROVENANCE, EVENTS];
        files.into_iter().filter(|name| path.join(name).exists()).collect()
    }

    fn read_trial(&self) -> Result<Option<Trial>, TrackingError> {
        let bytes = json::bytes(&self.path.join(TRIAL))?;
        bytes.map(|bytes| parse_trial(&self.path, &bytes)).transpose()
    }
}

/// The trial in the bytes of a `trial.json`, if it is the one that its id says. `run` is the folder
/// that an error names.
pub fn parse_trial(run: &Path, bytes: &[u8]) -> Result<Trial, TrackingError> {
    let trial = json::of_bytes(&run.join(TRIAL), bytes, fireassay_spec::SCHEMA)?;
    check_identity(run, &trial)?;
    Ok(trial)
}

fn check_identity(path: &Path, trial: &Trial) -> Result<(), TrackingError> {
    let expected = trial.content_id();
    if trial.id == expected {
        Ok(())
    } else {
        Err(TrackingError::Identity { path: path.into(), found: trial.id.clone(), expected })
    }
}

/// One part of a path, and not a hidden one.
fn is_plain(name: &str) -> bool {
    let mut parts = Path::new(name).components();
    let first = parts.next();
    let single = matches!(first, Some(Component::Normal(part)) if part == name);
    single && parts.next().is_none() && !name.starts_with('.')
}

#[cfg(test)]
mod tests;
