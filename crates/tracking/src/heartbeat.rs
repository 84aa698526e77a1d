//! `Heartbeat`: a file beside a lock that says who has it, and moves for as long as the holder lives.
//!
//! A lock of the system may not reach another machine; a file does. It is replaced by rename, after
//! its bytes are on disk: a power failure must not leave one that nobody can read, which would look
//! like somebody else's. It is no data, so a beat that cannot be written is no error: the work goes
//! on. A holder that finds another's name in it, or finds it gone, has lost the lock.

use std::fs::{self, File};
use std::io::{self, ErrorKind, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::thread::{Builder, JoinHandle};
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::holder::Holder;

/// Hidden, like the lock: no run, no result, not exported.
pub(crate) const NAME: &str = ".heartbeat";
/// Time between two beats.
pub(crate) const INTERVAL: Duration = Duration::from_secs(2);

/// How a file that is not yet renamed starts. Not `.tmp` at its end: that is removed by whoever
/// cleans a folder, and the holder itself may do so.
const DRAFT: &str = ".heartbeat-draft-";
/// More than any heartbeat has.
const MOST_BYTES: u64 = 16 * 1024;
/// A beat needs little.
const STACK_BYTES: usize = 256 * 1024;

/// Beats in the background until it is dropped.
#[derive(Debug)]
pub(crate) struct Heartbeat {
    lost: Arc<AtomicBool>,
    thread: Option<(Sender<()>, JoinHandle<Pulse>)>,
}

/// The file, written by one holder.
#[derive(Debug)]
pub(crate) struct Pulse {
    path: PathBuf,
    draft: PathBuf,
    beat: Beat,
    /// Whether the file was ever ours: only then can it be lost.
    is_ours: bool,
    lost: Arc<AtomicBool>,
}

/// What the file holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) struct Beat {
    pub holder: Holder,
    /// Grows, so that a file that does not change belongs to somebody who does not beat.
    pub count: u64,
}

/// What is in a folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Found {
    Nothing,
    Beat(Box<Beat>),
    /// Damaged, or just being written: its bytes.
    Unreadable(Vec<u8>),
}

impl Found {
    /// What `dir` holds.
    pub(crate) fn read(dir: &Path) -> io::Result<Self> {
        let mut bytes = Vec::new();
        match File::open(dir.join(NAME)) {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Self::Nothing),
            file => file?.take(MOST_BYTES).read_to_end(&mut bytes)?,
        };
        Ok(match serde_json::from_slice(&bytes) {
            Ok(beat) => Self::Beat(Box::new(beat)),
            Err(_) => Self::Unreadable(bytes),
        })
    }
}

impl Heartbeat {
    /// Goes on beating.
    pub(crate) fn start(mut pulse: Pulse, interval: Duration) -> io::Result<Self> {
        let lost = Arc::clone(&pulse.lost);
        let (stop, stopped) = mpsc::channel::<()>();
        let beat = move || {
            while stopped.recv_timeout(interval) == Err(RecvTimeoutError::Timeout) {
                pulse.beat();
            }
            pulse
        };
        let thread = Builder::new().name("heartbeat".into()).stack_size(STACK_BYTES);
        Ok(Self { lost, thread: Some((stop, thread.spawn(beat)?)) })
    }

    /// Whether another process has the lock by now. Noticed at the next beat.
    pub(crate) fn is_lost(&self) -> bool {
        self.lost.load(Ordering::Relaxed)
    }
}

impl Drop for Heartbeat {
    fn drop(&mut self) {
        let Some((stop, thread)) = self.thread.take() else { return };
        drop(stop);
        if let Ok(pulse) = thread.join() {
            pulse.remove();
        }
    }
}

impl Pulse {
    /// Takes the place of whatever is there. Where that cannot be written, the next beat tries
    /// again.
    pub(crate) fn replace(dir: &Path, holder: Holder) -> Self {
        let mut pulse = Self::new(dir, holder);
        pulse.is_ours = pulse.write().is_ok();
        pulse
    }

    /// Only if nothing is there: of two, one gets [`ErrorKind::AlreadyExists`].
    pub(crate) fn create(dir: &Path, holder: Holder) -> io::Result<Self> {
        let mut pulse = Self::new(dir, holder);
        let written = File::create_new(&pulse.path)?.write_all(&pulse.bytes()?);
        if written.is_err() {
            // The first error is the one to report.
            let _ = fs::remove_file(&pulse.path);
        }
        written?;
        pulse.is_ours = true;
        Ok(pulse)
    }

    fn new(dir: &Path, holder: Holder) -> Self {
        let draft = dir.join(format!("{DRAFT}{}-{}", holder.pid, holder.since_nanos));
        let beat = Beat { holder, count: 0 };
        let lost = Arc::new(AtomicBool::new(false));
        Self { path: dir.join(NAME), draft, beat, is_ours: false, lost }
    }

    /// Looks whether the lock is still ours, and says that we live.
    pub(crate) fn beat(&mut self) {
        if self.lost.load(Ordering::Relaxed) {
            return;
        }
        if self.is_ours && self.is_taken() {
            return self.lost.store(true, Ordering::Relaxed);
        }
        self.beat.count += 1;
        // A full disk must not stop anybody.
        self.is_ours |= self.write().is_ok();
    }

    /// Whether the file names us, as far as can be told.
    pub(crate) fn is_confirmed(&self) -> bool {
        self.is_ours && !self.is_taken()
    }

    /// A file that cannot be read says nothing: a server may be away for a while.
    fn is_taken(&self) -> bool {
        match Found::read(self.folder()) {
            Ok(Found::Beat(beat)) => beat.holder != self.beat.holder,
            Ok(Found::Nothing | Found::Unreadable(_)) => true,
            Err(_) => false,
        }
    }

    fn folder(&self) -> &Path {
        self.path.parent().unwrap_or(Path::new("."))
    }

    fn bytes(&self) -> io::Result<Vec<u8>> {
        let mut bytes = serde_json::to_vec_pretty(&self.beat)?;
        bytes.push(b'\n');
        Ok(bytes)
    }

    fn write(&self) -> io::Result<()> {
        let bytes = self.bytes()?;
        let written = File::create(&self.draft)
            .and_then(|mut draft| draft.write_all(&bytes).and_then(|()| draft.sync_data()))
            .and_then(|()| fs::rename(&self.draft, &self.path));
        if written.is_err() {
            // What fits no more is of no use.
            let _ = fs::remove_file(&self.draft);
        }
        written
    }

    /// Leaves nothing behind, but for what another holder wrote.
    fn remove(self) {
        if self.is_confirmed() {
            // One that stays is found dead by the next.
            let _ = fs::remove_file(&self.path);
        }
    }
}

/// Removes what killed holders left beside their file. Only for the one who has the lock.
pub(crate) fn remove_drafts(dir: &Path) -> io::Result<()> {
    for entry in fs::read_dir(dir)? {
        let entry = entry?;
        if entry.file_name().to_string_lossy().starts_with(DRAFT) && entry.file_type()?.is_file() {
            fs::remove_file(entry.path())?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn holder(host: &str) -> Holder {
        Holder { host: host.into(), ..Holder::this_process("x") }
    }

    fn found(dir: &Path) -> Beat {
        let Found::Beat(beat) = Found::read(dir).unwrap() else { panic!("no beat") };
        *beat
    }

    fn names(dir: &Path) -> Vec<String> {
        let entries = fs::read_dir(dir).unwrap();
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
    }

    #[test]
    fn it_moves_and_leaves_nothing() {
        let dir = tempfile::tempdir().unwrap();
        let me = holder("a");
        let heartbeat =
            Heartbeat::start(Pulse::replace(dir.path(), me.clone()), Duration::from_millis(1));
        while found(dir.path()).count < 3 {
            std::thread::yield_now();
        }
        let heartbeat = heartbeat.unwrap();
        assert!(found(dir.path()).holder == me && !heartbeat.is_lost());
        drop(heartbeat);
        assert_eq!(names(dir.path()), [""; 0]);
    }

    #[test]
    fn a_holder_that_finds_another_stops_and_touches_nothing() {
        let dir = tempfile::tempdir().unwrap();
        let mut first = Pulse::replace(dir.path(), holder("a"));
        first.beat();
        let second = Pulse::replace(dir.path(), holder("b"));
        first.beat();
        first.beat();
        assert!(first.lost.load(Ordering::Relaxed) && !second.lost.load(Ordering::Relaxed));
        assert_eq!(found(dir.path()), Beat { holder: second.beat.holder.clone(), count: 0 });
        first.remove();
        assert_eq!(names(dir.path()), [NAME]);
        second.remove();
        assert_eq!(names(dir.path()), [""; 0]);
    }

    #[test]
    fn a_heartbeat_that_is_gone_was_taken_and_given_back_by_another() {
        let dir = tempfile::tempdir().unwrap();
        let mut pulse = Pulse::replace(dir.path(), holder("a"));
        fs::remove_file(dir.path().join(NAME)).unwrap();
        pulse.beat();
        assert!(pulse.lost.load(Ordering::Relaxed));
        assert_eq!(names(dir.path()), [""; 0], "nor does it come back");
    }

    #[test]
    fn a_beat_that_cannot_be_written_is_no_error() {
        let dir = tempfile::tempdir().unwrap();
        let folder = dir.path().join("run");
        let mut pulse = Pulse::replace(&folder, holder("a"));
        pulse.beat();
        assert!(!pulse.is_ours && !pulse.lost.load(Ordering::Relaxed));
        fs::create_dir(&folder).unwrap();
        pulse.beat();
        assert_eq!(found(&folder).count, 2);
        // What takes the draft's place makes every later write fail.
        fs::create_dir(&pulse.draft).unwrap();
        pulse.beat();
        assert!(!pulse.lost.load(Ordering::Relaxed) && found(&folder).count == 2);
    }

    #[test]
    fn of_two_that_create_it_one_wins() {
        let dir = tempfile::tempdir().unwrap();
        let first = Pulse::create(dir.path(), holder("a")).unwrap();
        let error = Pulse::create(dir.path(), holder("b")).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::AlreadyExists);
        assert!(first.is_confirmed());
    }

    #[test]
    fn drafts_of_killed_holders_go() {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join(".heartbeat-draft-1-2"), "{").unwrap();
        fs::write(dir.path().join(NAME), "{").unwrap();
        remove_drafts(dir.path()).unwrap();
        assert_eq!(names(dir.path()), [NAME]);
        assert_eq!(Found::read(dir.path()).unwrap(), Found::Unreadable(b"{".to_vec()));
    }
}
