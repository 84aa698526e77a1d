//! Who gets a folder: the rules for the locks of experiments and of runs.
//!
//! A lock is an advisory lock of the system and a [`Heartbeat`] beside it.
//!
//! 1. Somebody has the system's lock: it is theirs.
//! 2. Nobody has, and there is no heartbeat: it is ours.
//! 3. A heartbeat of this machine: the kernel frees the locks of the dead, so its process is dead,
//!    and the lock is ours. If it lives, the file system does not keep locks, and it is theirs.
//! 4. A heartbeat of another machine, which the lock may not reach: refused. To take over has to be
//!    asked for, and only a heartbeat that does not move while we watch it is replaced.
//! 5. The file system has no locks: the heartbeat alone decides, by the same rules. Of two that
//!    find nothing, one creates it. Of two that replace the same dead one, the last to write has
//!    it, and both look again one interval later.
//!
//! No clocks are compared. What remains possible: a holder that sleeps (a suspended machine, a
//! server out of reach) for the whole time that it is watched, wakes, and works on until its next
//! beat, two seconds at most, beside the one who took over; and, without locks, one that stalls
//! for an interval between finding a dead heartbeat and replacing it.

use std::fs::{self, File, TryLockError};
use std::io::{self, ErrorKind};
use std::path::Path;
use std::time::Duration;

use rustix::io::Errno;

use crate::TrackingError;
use crate::heartbeat::{Found, Heartbeat, INTERVAL, NAME, Pulse, remove_drafts};
use crate::holder::Holder;

/// Never removed: a lock on a removed file keeps nobody out.
pub(crate) const LOCK: &str = ".lock";
/// How often a heartbeat is looked at while it is watched.
const LOOKS: u32 = 20;
/// A killed process loses its locks a moment before it is gone. Looks, and the time between two.
const LAST_BREATHS: u32 = 50;
const LAST_BREATH: Duration = Duration::from_millis(20);

/// Whether the file system has locks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reach {
    Kept,
    Unsupported,
}

/// What becomes of a heartbeat of another machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Strangers {
    Refuse,
    /// It was watched and did not move.
    Replace,
}

/// Why a folder is not ours.
#[derive(Debug)]
pub(crate) enum Denied {
    /// A process of this machine has it.
    Here(Box<Holder>),
    /// One of another machine has or had it. No holder: the heartbeat cannot be read.
    Elsewhere(Option<Box<Holder>>),
    /// It cannot even be tried.
    Failed(TrackingError),
}

/// The file that is locked.
pub(crate) fn open(dir: &Path) -> Result<File, TrackingError> {
    let path = dir.join(LOCK);
    let file = File::options().read(true).write(true).create(true).truncate(false).open(&path);
    file.map_err(TrackingError::io("open", &path))
}

/// Takes the system's lock; none if somebody has it.
pub(crate) fn try_lock(file: &File, dir: &Path) -> Result<Option<Reach>, TrackingError> {
    match file.try_lock() {
        Err(TryLockError::WouldBlock) => Ok(None),
        Err(TryLockError::Error(error)) => reach(Err(error), dir).map(Some),
        Ok(()) => Ok(Some(Reach::Kept)),
    }
}

/// As [`try_lock`], but waits for it.
pub(crate) fn wait(file: &File, dir: &Path) -> Result<Reach, TrackingError> {
    reach(file.lock(), dir)
}

fn reach(locked: io::Result<()>, dir: &Path) -> Result<Reach, TrackingError> {
    match locked {
        Ok(()) => Ok(Reach::Kept),
        Err(error) if is_unsupported(&error) => Ok(Reach::Unsupported),
        Err(error) => Err(TrackingError::io("lock", &dir.join(LOCK))(error)),
    }
}

fn is_unsupported(error: &io::Error) -> bool {
    let errno = Errno::from_io_error(error);
    let without_locks = [Errno::NOLCK, Errno::OPNOTSUPP, Errno::NOSYS];
    error.kind() == ErrorKind::Unsupported || errno.is_some_and(|e| without_locks.contains(&e))
}

/// Decides by the heartbeat of `dir`, once the system's lock is ours or there is none. `pause`
/// lets time go by.
pub(crate) fn claim(
    dir: &Path,
    command: &str,
    reach: Reach,
    strangers: Strangers,
    pause: &mut dyn FnMut(Duration),
) -> Result<Heartbeat, Denied> {
    let found = look(dir)?;
    match stranger(&found, pause)? {
        Some(stranger) if strangers == Strangers::Refuse => {
            return Err(Denied::Elsewhere(stranger));
        }
        Some(_) | None => {}
    }
    remove_drafts(dir).map_err(TrackingError::io("tidy", dir))?;
    let holder = Holder::this_process(command);
    let pulse = match reach {
        Reach::Kept => Pulse::replace(dir, holder),
        Reach::Unsupported => settle(dir, holder, &found, pause)?,
    };
    let started = Heartbeat::start(pulse, INTERVAL);
    Ok(started.map_err(TrackingError::io("start the heartbeat of", dir))?)
}

/// Watches the heartbeats of folders. The first that moves is an error; one that goes is none.
pub(crate) fn watch(
    dirs: &[&Path],
    time: Duration,
    pause: &mut dyn FnMut(Duration),
) -> Result<(), TrackingError> {
    let before = dirs.iter().map(|dir| look(dir)).collect::<Result<Vec<_>, _>>()?;
    // None to watch, no time to spend.
    let looks = if dirs.is_empty() { 0 } else { LOOKS };
    for _ in 0..looks {
        pause(time / LOOKS);
        for (dir, before) in dirs.iter().zip(&before) {
            let now = look(dir)?;
            if now != *before && now != Found::Nothing {
                return Err(TrackingError::Alive { dir: dir.into(), holder: name_of(&now) });
            }
        }
    }
    Ok(())
}

/// Whether `dir` has a heartbeat of another machine.
pub(crate) fn is_elsewhere(dir: &Path) -> Result<bool, TrackingError> {
    Ok(match look(dir)? {
        Found::Nothing => false,
        Found::Beat(beat) => !beat.holder.is_here(),
        Found::Unreadable(_) => true,
    })
}

/// Removes a heartbeat that was watched and did not move.
pub(crate) fn forget(dir: &Path) -> Result<(), TrackingError> {
    let path = dir.join(NAME);
    match fs::remove_file(&path) {
        Err(error) if error.kind() != ErrorKind::NotFound => {
            Err(TrackingError::io("remove", &path)(error))
        }
        Err(_) | Ok(()) => Ok(()),
    }
}

/// The error for a folder that another machine has.
pub(crate) fn foreign(dir: &Path, holder: Option<&Holder>) -> TrackingError {
    let holder = holder.map_or_else(|| "another process".into(), Holder::to_string);
    TrackingError::Foreign { dir: dir.into(), holder, heartbeat: dir.join(NAME) }
}

fn look(dir: &Path) -> Result<Found, TrackingError> {
    Found::read(dir).map_err(TrackingError::io("read", &dir.join(NAME)))
}

fn name_of(found: &Found) -> String {
    match found {
        Found::Beat(beat) => beat.holder.to_string(),
        Found::Nothing | Found::Unreadable(_) => "another process".into(),
    }
}

/// Whose heartbeat it is, if it is of another machine. An error if it is of a living process here.
fn stranger(
    found: &Found,
    pause: &mut dyn FnMut(Duration),
) -> Result<Option<Option<Box<Holder>>>, Denied> {
    let holder = match found {
        Found::Nothing => return Ok(None),
        Found::Unreadable(_) => return Ok(Some(None)),
        Found::Beat(beat) => &beat.holder,
    };
    if !holder.is_here() {
        return Ok(Some(Some(Box::new(holder.clone()))));
    }
    for _ in 0..LAST_BREATHS {
        if !holder.is_alive() {
            return Ok(None);
        }
        pause(LAST_BREATH);
    }
    Err(Denied::Here(Box::new(holder.clone())))
}

/// The heartbeat alone decides.
fn settle(
    dir: &Path,
    holder: Holder,
    found: &Found,
    pause: &mut dyn FnMut(Duration),
) -> Result<Pulse, Denied> {
    if *found == Found::Nothing {
        return match Pulse::create(dir, holder) {
            Ok(pulse) => Ok(pulse),
            Err(error) if error.kind() == ErrorKind::AlreadyExists => Err(beaten(dir)?),
            Err(error) => Err(TrackingError::io("write", &dir.join(NAME))(error).into()),
        };
    }
    let pulse = Pulse::replace(dir, holder);
    pause(INTERVAL);
    if pulse.is_confirmed() { Ok(pulse) } else { Err(beaten(dir)?) }
}

/// Somebody was faster.
fn beaten(dir: &Path) -> Result<Denied, TrackingError> {
    Ok(match look(dir)? {
        Found::Beat(beat) if beat.holder.is_here() => Denied::Here(Box::new(beat.holder)),
        Found::Beat(beat) => Denied::Elsewhere(Some(Box::new(beat.holder))),
        Found::Nothing | Found::Unreadable(_) => Denied::Elsewhere(None),
    })
}

impl From<TrackingError> for Denied {
    fn from(error: TrackingError) -> Self {
        Self::Failed(error)
    }
}

#[cfg(test)]
mod tests;
