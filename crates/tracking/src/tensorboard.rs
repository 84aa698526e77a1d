//! `tb/`: event files that TensorBoard reads.
//!
//! The messages are those of `tensorboard-proto`; the file is ours, because it has to survive a
//! resume, a full disk and a crash. What TensorBoard 2.21 asks of a writer:
//!
//! * A run is the files of one folder, in the order of their names. The name counts up, and an
//!   existing file is never touched.
//! * Each file starts with `brain.Event:2` and a session start at a step: points of earlier files
//!   from that step on are void.
//! * Scalars are `f32`, and a tag's steps only rise.

mod message;
mod record;
mod scalars;

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use protobuf::Message;
use tensorboard_proto::event::Event;

use crate::TrackingError;
use crate::append_file::AppendFile;

pub(crate) use message::step_of;
pub(crate) use scalars::read;
pub use scalars::read_scalars;

/// What TensorBoard looks for in a name.
const PREFIX: &str = "events.out.tfevents.";
/// In the place of a host name. Marks the files as ours.
const SUFFIX: &str = ".fireassay";
/// Bytes that wait for the next flush at most: about a thousand scalars.
const BUFFER_BYTES: usize = 64 * 1024;

/// One value of a hyper-parameter table. A column has to have one kind in all runs.
#[derive(Clone, Debug, PartialEq)]
pub enum HParam {
    /// Sorted by size.
    Number(f64),
    /// Sorted by letter.
    Text(String),
}

/// An event file that is being written. Dropping it flushes; only [`TbWriter::sync`] says whether
/// everything is there.
#[derive(Debug)]
pub struct TbWriter {
    path: PathBuf,
    file: AppendFile,
    buffer: Vec<u8>,
    now: fn() -> f64,
}

impl TbWriter {
    /// Starts a new file in `dir`, made if missing. It replaces the points that earlier files of
    /// the folder have from `start_step` on.
    pub fn open(dir: &Path, start_step: u64) -> Result<Self, TrackingError> {
        Self::open_at(dir, start_step, unix_secs)
    }

    fn open_at(dir: &Path, start_step: u64, now: fn() -> f64) -> Result<Self, TrackingError> {
        fs::create_dir_all(dir).map_err(TrackingError::io("make", dir))?;
        let (path, file) = create_next(dir).map_err(TrackingError::io("write to", dir))?;
        let file = AppendFile::new(file, 0);
        let mut writer = Self { path, file, buffer: Vec::new(), now };
        writer.write(message::file_version)?;
        writer.write(|| message::session_log_start(start_step))?;
        writer.flush()?;
        Ok(writer)
    }

    /// A point of a curve; TensorBoard keeps 32 bits of the value.
    pub fn scalar(&mut self, tag: &str, step: u64, value: f64) -> Result<(), TrackingError> {
        self.write(|| message::scalar(tag, step, value as f32))
    }

    /// The run's row in the table of hyper-parameters. Runs with equal `group_name` share a row.
    /// TensorBoard believes the first one of a run: a resumed run cannot change it.
    pub fn hparams(
        &mut self,
        hparams: &BTreeMap<String, HParam>,
        group_name: &str,
    ) -> Result<(), TrackingError> {
        let now = (self.now)();
        self.write(|| message::session_start(hparams, group_name, now))
    }

    /// The run has ended, and whether well. TensorBoard believes the first end of a run: a run
    /// that may be resumed has none yet.
    pub fn session_end(&mut self, ok: bool) -> Result<(), TrackingError> {
        let now = (self.now)();
        self.write(|| message::session_end(ok, now))
    }

    /// Hands everything to the system: readers see it, and a kill does not lose it.
    pub fn flush(&mut self) -> Result<(), TrackingError> {
        self.file.append(&self.buffer).map_err(TrackingError::io("write", &self.path))?;
        self.buffer.clear();
        Ok(())
    }

    /// Everything survives a power failure.
    pub fn sync(&mut self) -> Result<(), TrackingError> {
        self.flush()?;
        self.file.sync().map_err(TrackingError::io("write", &self.path))?;
        Ok(())
    }

    fn write(&mut self, message: impl FnOnce() -> Event) -> Result<(), TrackingError> {
        let mut message = message();
        message.set_wall_time((self.now)());
        let bytes = message.write_to_bytes().map_err(io::Error::other);
        let bytes = bytes.map_err(TrackingError::io("write", &self.path))?;
        record::push(&mut self.buffer, &bytes);
        if self.buffer.len() >= BUFFER_BYTES {
            self.flush()?;
        }
        Ok(())
    }
}

impl Drop for TbWriter {
    fn drop(&mut self) {
        // Nobody is left to tell; events.jsonl has all of it.
        let _ = self.flush();
    }
}

/// Our event files in `dir`, oldest first; none where there is no folder.
pub(crate) fn event_files(dir: &Path) -> io::Result<Vec<PathBuf>> {
    let entries = match fs::read_dir(dir) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries?,
    };
    let mut files = Vec::new();
    for entry in entries {
        let path = entry?.path();
        if number_of(&path).is_some() {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

/// Ten digits, as many as the seconds that other writers put there: names sort as numbers do.
fn file_name(number: u64) -> String {
    format!("{PREFIX}{number:010}{SUFFIX}")
}

fn number_of(path: &Path) -> Option<u64> {
    let name = path.file_name()?.to_str()?;
    name.strip_prefix(PREFIX)?.strip_suffix(SUFFIX)?.parse().ok()
}

fn create_next(dir: &Path) -> io::Result<(PathBuf, File)> {
    let newest = event_files(dir)?.last().and_then(|path| number_of(path));
    let mut number = newest.map_or(0, |number| number.saturating_add(1));
    loop {
        let path = dir.join(file_name(number));
        match File::options().append(true).create_new(true).open(&path) {
            // Another process was quicker; each gets its own file.
            Err(error) if error.kind() == ErrorKind::AlreadyExists && number < u64::MAX => {
                number += 1;
            }
            Err(error) => return Err(error),
            Ok(file) => return Ok((path, file)),
        }
    }
}

fn unix_secs() -> f64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0.0, |since| since.as_secs_f64())
}

#[cfg(test)]
pub(crate) mod reading;
#[cfg(test)]
mod tests;
