//! Two commands never work on one experiment at the same time.

use std::fs::{self, File, TryLockError};
use std::io::{self, Read, Write};
use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

use crate::TrackingError;

/// Never removed: a lock on a removed file keeps nobody out.
const NAME: &str = ".lock";
/// More of a holder's text than anybody needs.
const HOLDER_BYTES: u64 = 1024;

/// Keeps other commands out of an experiment's folder until it is dropped, or the process ends.
#[derive(Debug)]
#[must_use]
pub struct ExperimentLock {
    _file: File,
}

impl ExperimentLock {
    /// Takes the lock of `experiment_dir`, made if missing, or says who has it. `note` is the
    /// command, for those who find it taken.
    pub fn acquire(experiment_dir: &Path, note: &str) -> Result<Self, TrackingError> {
        fs::create_dir_all(experiment_dir).map_err(TrackingError::io("make", experiment_dir))?;
        let path = experiment_dir.join(NAME);
        let mut options = File::options();
        let open = options.read(true).write(true).create(true).truncate(false).open(&path);
        let mut file = open.map_err(TrackingError::io("open", &path))?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let holder = holder(&file).map_err(TrackingError::io("read", &path))?;
                return Err(TrackingError::Locked { dir: experiment_dir.into(), holder });
            }
            Err(TryLockError::Error(error)) => return Err(TrackingError::io("lock", &path)(error)),
        }
        introduce(&mut file, note).map_err(TrackingError::io("write", &path))?;
        Ok(Self { _file: file })
    }
}

/// The holder's line; it may just be writing it.
fn holder(file: &File) -> io::Result<String> {
    let mut bytes = Vec::new();
    file.take(HOLDER_BYTES).read_to_end(&mut bytes)?;
    let text = String::from_utf8_lossy(&bytes);
    let line = text.lines().next().unwrap_or_default();
    Ok(if line.is_empty() { "another process".into() } else { line.into() })
}

fn introduce(file: &mut File, note: &str) -> io::Result<()> {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
    let (note, pid) = (note.replace(char::is_control, " "), std::process::id());
    file.set_len(0)?;
    file.write_all(format!("`{note}` (process {pid}, since {})\n", utc(since)).as_bytes())
}

/// `2026-01-31 12:34:56 UTC`, for seconds since 1970.
fn utc(secs: u64) -> String {
    let (days, secs_of_day) = (secs / 86_400, secs % 86_400);
    let (hour, minute, second) = (secs_of_day / 3600, secs_of_day / 60 % 60, secs_of_day % 60);
    let (year, month, day) = date(days);
    format!("{year}-{month:02}-{day:02} {hour:02}:{minute:02}:{second:02} UTC")
}

/// Year, month and day of a number of days since 1970, in the Gregorian calendar.
fn date(mut days: u64) -> (u64, u64, u64) {
    let is_leap =
        |year: u64| year.is_multiple_of(4) && !year.is_multiple_of(100) || year.is_multiple_of(400);
    let mut year = 1970;
    loop {
        let days_of_year = if is_leap(year) { 366 } else { 365 };
        if days < days_of_year {
            break;
        }
        days -= days_of_year;
        year += 1;
    }
    let february = if is_leap(year) { 29 } else { 28 };
    let mut month = 1;
    for days_of_month in [31, february, 31, 30, 31, 30, 31, 31, 30, 31, 30] {
        if days < days_of_month {
            break;
        }
        days -= days_of_month;
        month += 1;
    }
    (year, month, days + 1)
}

#[cfg(test)]
mod tests {
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
        let start = format!("`cargo xtask ablation` (process {pid}, since 20");
        assert!(holder.starts_with(&start) && holder.ends_with(" UTC)"), "{holder}");
        drop(lock);
        drop(ExperimentLock::acquire(&experiment, "third").unwrap());
    }

    #[test]
    fn a_holder_that_has_not_written_yet_is_another_process() {
        let dir = tempfile::tempdir().unwrap();
        let file = File::create(dir.path().join(NAME)).unwrap();
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

    #[test]
    fn times_are_those_of_the_calendar() {
        assert_eq!(utc(0), "1970-01-01 00:00:00 UTC");
        assert_eq!(utc(951_782_399), "2000-02-28 23:59:59 UTC");
        assert_eq!(utc(951_782_400), "2000-02-29 00:00:00 UTC");
        assert_eq!(utc(1_709_251_200), "2024-03-01 00:00:00 UTC");
        assert_eq!(utc(1_798_761_599), "2026-12-31 23:59:59 UTC");
        assert_eq!(utc(4_107_542_400), "2100-03-01 00:00:00 UTC");
    }
}
