//! One process per run.

use std::fs::{File, TryLockError};
use std::path::Path;

use crate::clear::remove_remains;
use crate::{TrackingError, atomic};

/// Never removed: a lock on a removed file keeps nobody out.
const NAME: &str = ".lock";

/// Keeps other processes out of a run directory until it is dropped, or the process ends.
#[derive(Debug)]
#[must_use]
pub struct RunLock {
    _file: File,
}

impl RunLock {
    /// Waits for the lock, then tidies up after killed processes.
    pub(crate) fn wait(run: &Path) -> Result<Self, TrackingError> {
        let file = open(run)?;
        file.lock().map_err(TrackingError::io("lock", &run.join(NAME)))?;
        Self::tidied(file, run)
    }

    /// The same, but an error instead of waiting.
    pub(crate) fn acquire(run: &Path) -> Result<Self, TrackingError> {
        let file = open(run)?;
        match file.try_lock() {
            Ok(()) => Self::tidied(file, run),
            Err(TryLockError::WouldBlock) => Err(TrackingError::Busy { path: run.into() }),
            Err(TryLockError::Error(error)) => {
                Err(TrackingError::io("lock", &run.join(NAME))(error))
            }
        }
    }

    fn tidied(file: File, run: &Path) -> Result<Self, TrackingError> {
        atomic::remove_leftovers(run).map_err(TrackingError::io("tidy", run))?;
        remove_remains(run)?;
        Ok(Self { _file: file })
    }
}

fn open(run: &Path) -> Result<File, TrackingError> {
    let path = run.join(NAME);
    let file = File::options().write(true).create(true).truncate(false).open(&path);
    file.map_err(TrackingError::io("open", &path))
}
