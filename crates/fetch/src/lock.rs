//! `Lock`: one fetch at a time into one folder.

use std::fs::{File, TryLockError};
use std::path::Path;
use std::time::Duration;

use crate::error::FetchError;
use crate::fetch::{Event, How, Tell, io_error};

/// A lock on a file that is never removed: who waits for it must not hold a removed one.
const FILE_NAME: &str = ".fetch.lock";
/// How often a lock that another process holds is tried.
const POLL: Duration = Duration::from_millis(100);

/// Held until it is dropped, or the process ends.
pub(crate) struct Lock {
    _file: File,
}

impl Lock {
    /// Waits for its turn.
    pub(crate) fn acquire(
        folder: &Path,
        how: &How<'_>,
        tell: &mut Tell<'_>,
    ) -> Result<Self, FetchError> {
        let path = folder.join(FILE_NAME);
        let fail = |source| io_error("lock", &path, source);
        let file = File::options().create(true).truncate(false).write(true).open(&path);
        let file = file.map_err(fail)?;
        let mut is_told = false;
        loop {
            match file.try_lock() {
                Ok(()) => return Ok(Self { _file: file }),
                Err(TryLockError::Error(error)) => return Err(fail(error)),
                Err(TryLockError::WouldBlock) => {}
            }
            if (how.stop)() {
                return Err(FetchError::Stopped);
            }
            if !is_told {
                tell(&Event::Busy);
                is_told = true;
            }
            (how.wait)(POLL);
        }
    }
}
