//! One process per run.

use std::fs::File;
use std::path::Path;
use std::thread;
use std::time::Duration;

use crate::claim::{self, Denied, Reach, Strangers};
use crate::clear::remove_remains;
use crate::heartbeat::Heartbeat;
use crate::{TrackingError, atomic};

/// What a heartbeat says. Not the command line, which may hold secrets.
const COMMAND: &str = "a trial";
/// How often a run is looked at where the file system has no locks to wait for.
const POLL: Duration = Duration::from_millis(200);

/// Keeps other processes out of a run directory until it is dropped, or the process ends; also
/// those of other machines that share the folder.
#[derive(Debug)]
#[must_use]
pub struct RunLock {
    // Ends before the lock is free.
    heartbeat: Heartbeat,
    _file: File,
}

impl RunLock {
    /// Waits for the lock, then tidies up after killed processes. A run that another machine has
    /// is not waited for: nobody would know when it dies.
    pub(crate) fn wait(run: &Path) -> Result<Self, TrackingError> {
        let file = claim::open(run)?;
        let reach = claim::wait(&file, run)?;
        let heartbeat = loop {
            match beat(run, reach) {
                Err(Denied::Here(_)) => thread::sleep(POLL),
                ended => break ended,
            }
        };
        Self::tidied(file, run, heartbeat)
    }

    /// The same, but an error instead of waiting.
    pub(crate) fn acquire(run: &Path) -> Result<Self, TrackingError> {
        let file = claim::open(run)?;
        match claim::try_lock(&file, run)? {
            Some(reach) => Self::tidied(file, run, beat(run, reach)),
            None => Err(TrackingError::Busy { path: run.into() }),
        }
    }

    /// Whether another process has taken the run over: this one must stop, and write nothing more.
    /// It takes up to two seconds to notice.
    pub fn is_lost(&self) -> bool {
        self.heartbeat.is_lost()
    }

    fn tidied(
        file: File,
        run: &Path,
        heartbeat: Result<Heartbeat, Denied>,
    ) -> Result<Self, TrackingError> {
        let heartbeat = heartbeat.map_err(|denied| match denied {
            Denied::Here(_) => TrackingError::Busy { path: run.into() },
            Denied::Elsewhere(holder) => claim::foreign(run, holder.as_deref()),
            Denied::Failed(error) => error,
        })?;
        atomic::remove_leftovers(run).map_err(TrackingError::io("tidy", run))?;
        remove_remains(run)?;
        Ok(Self { heartbeat, _file: file })
    }
}

/// Only the command that takes an experiment over takes over its runs.
fn beat(run: &Path, reach: Reach) -> Result<Heartbeat, Denied> {
    claim::claim(run, COMMAND, reach, Strangers::Refuse, &mut thread::sleep)
}
