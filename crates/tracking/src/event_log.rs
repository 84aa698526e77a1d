//! `events.jsonl`: one event per line, append-only, the source of all curves.
//!
//! Each line ends with a seal: a hash of its event and of the seal before it. So a line that was
//! edited, removed, repeated or moved is found out, and [`EventMark`] stands for all of a log.

use std::fs::{self, File};
use std::io::{BufRead, ErrorKind};
use std::path::{Path, PathBuf};

use fireassay_spec::{Metric, Split};
use serde::{Deserialize, Serialize};

use crate::append_file::AppendFile;
use crate::{Event, TrackingError};

/// Between an event and its seal.
const SEAL_KEY: &[u8] = b",\"seal\":\"";
/// Behind a seal.
const END: &[u8] = b"\"}";
/// Hex digits of a seal.
const DIGITS: usize = 16;

/// Stands for all events of a log up to a line: the same mark, the same events.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct EventMark {
    /// How many.
    pub lines: u64,
    /// Of the last line; empty where there is none.
    pub seal: String,
}

/// The open log of the one process that works on a run.
#[derive(Debug)]
pub struct EventLog {
    path: PathBuf,
    file: AppendFile,
    mark: EventMark,
}

impl EventLog {
    /// Opens the log, made if missing, and forgets what comes after its first `keep_bytes`: the
    /// events after the checkpoint that the trial goes on from. 0 starts anew.
    pub fn open(path: &Path, keep_bytes: u64) -> Result<Self, TrackingError> {
        let open = File::options().read(true).append(true).create(true).open(path);
        let file = open.map_err(TrackingError::io("open", path))?;
        let mark = match keep_bytes {
            0 => EventMark::default(),
            keep => mark_of_first(path, keep)?,
        };
        file.set_len(keep_bytes).map_err(TrackingError::io("cut", path))?;
        Ok(Self { path: path.into(), file: AppendFile::new(file, keep_bytes), mark })
    }

    /// Whether a log has these first bytes, whole and as they were written.
    pub fn holds(path: &Path, bytes: u64) -> bool {
        bytes == 0 || mark_of_first(path, bytes).is_ok()
    }

    /// Appends one line; a process that is killed afterwards does not lose it. After an error the
    /// log is as it was before.
    pub fn append(&mut self, event: &Event) -> Result<(), TrackingError> {
        let path = &self.path;
        let json = serde_json::to_vec(event)
            .map_err(|source| TrackingError::Corrupt { path: path.clone(), source })?;
        let body = json.strip_suffix(b"}").unwrap_or(&json);
        let mark = self.mark.after(body, &mut Vec::new());
        let line = [body, SEAL_KEY, mark.seal.as_bytes(), END, b"\n"].concat();
        self.file.append(&line).map_err(TrackingError::io("write", path))?;
        self.mark = mark;
        Ok(())
    }

    /// What was appended survives a power failure. Returns the length in bytes: what a checkpoint
    /// stores, and [`EventLog::open`] keeps.
    pub fn sync(&mut self) -> Result<u64, TrackingError> {
        self.file.sync().map_err(TrackingError::io("write", &self.path))
    }

    /// All events so far.
    pub fn mark(&self) -> &EventMark {
        &self.mark
    }
}

/// All events of a log; none where there is no log. A last line without its end was being written
/// when the process was killed, and is left out.
pub fn read_events(path: &Path) -> Result<Vec<Event>, TrackingError> {
    parse_events(path, &bytes_of(path)?)
}

/// The events in the bytes of a log. `path` is what an error calls them.
pub fn parse_events(path: &Path, bytes: &[u8]) -> Result<Vec<Event>, TrackingError> {
    let mut events = Vec::new();
    each_line(path, bytes, |json| {
        events.push(event(json)?);
        Ok(())
    })?;
    Ok(events)
}

/// One metric of one split, at the steps where it was measured, in the order of the log; and the
/// mark of the whole log.
pub(crate) fn read_curve(
    path: &Path,
    split: Split,
    metric: Metric,
) -> Result<(Vec<(u64, f64)>, EventMark), TrackingError> {
    let mut points = Vec::new();
    let mark = each_line(path, &bytes_of(path)?, |json| {
        // The others are intact, as their seals say, and many.
        if !json.starts_with(b"{\"eval\"") {
            return Ok(());
        }
        match event(json)? {
            Event::Eval { step, split: of, metrics } if of == split => {
                points.extend(metrics.get(&metric).map(|value| (step, *value)));
            }
            Event::Eval { .. } | Event::Train { .. } | Event::State { .. } => {}
        }
        Ok(())
    })?;
    Ok((points, mark))
}

/// All of a log.
pub(crate) struct Log {
    pub events: Vec<Event>,
    pub mark: EventMark,
    /// What follows the last event.
    pub torn_bytes: usize,
}

/// Reads a log; an empty one where there is none.
pub(crate) fn read_log(path: &Path) -> Result<Log, TrackingError> {
    let bytes = bytes_of(path)?;
    let mut events = Vec::new();
    let mark = each_line(path, &bytes, |json| {
        events.push(event(json)?);
        Ok(())
    })?;
    let torn_bytes = bytes.len() - whole(&bytes).len();
    Ok(Log { events, mark, torn_bytes })
}

/// The mark of a whole log.
pub(crate) fn read_mark(path: &Path) -> Result<EventMark, TrackingError> {
    each_line(path, &bytes_of(path)?, |_| Ok(()))
}

/// The mark of the first `keep` bytes, which have to be whole lines.
fn mark_of_first(path: &Path, keep: u64) -> Result<EventMark, TrackingError> {
    let bytes = bytes_of(path)?;
    let kept = usize::try_from(keep).ok().and_then(|keep| bytes.get(..keep));
    let Some(kept) = kept else {
        let found = bytes.len() as u64;
        return Err(TrackingError::ShortLog { path: path.into(), found, keep });
    };
    if !kept.ends_with(b"\n") {
        return Err(TrackingError::MidLine { path: path.into(), keep });
    }
    each_line(path, kept, |_| Ok(()))
}

fn bytes_of(path: &Path) -> Result<Vec<u8>, TrackingError> {
    match fs::read(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(Vec::new()),
        bytes => bytes.map_err(TrackingError::io("read", path)),
    }
}

fn event(json: &[u8]) -> serde_json::Result<Event> {
    serde_json::from_slice(json)
}

/// Checks the seal of every whole line and shows the event's JSON.
fn each_line(
    path: &Path,
    bytes: &[u8],
    mut see: impl FnMut(&[u8]) -> serde_json::Result<()>,
) -> Result<EventMark, TrackingError> {
    let mut mark = EventMark::default();
    let mut sealed = Vec::new();
    let mut rest = whole(bytes);
    while !rest.is_empty() {
        let edited = || TrackingError::EditedLine { path: path.into(), line: mark.number() };
        // Looks for the end of a line many bytes at a time, as an iterator over them cannot.
        let len = (&mut &*rest).skip_until(b'\n').map_err(TrackingError::io("read", path))?;
        let (line, after) = rest.split_at(len);
        let (body, seal) = unsealed(line).ok_or_else(edited)?;
        let next = mark.after(body, &mut sealed);
        if next.seal.as_bytes() != seal {
            return Err(edited());
        }
        let json = sealed.get(mark.seal.len()..).unwrap_or_default();
        let line = mark.number();
        see(json).map_err(|source| TrackingError::CorruptLine {
            path: path.into(),
            line,
            source,
        })?;
        (mark, rest) = (next, after);
    }
    Ok(mark)
}

/// The lines that have their end.
fn whole(bytes: &[u8]) -> &[u8] {
    let len = bytes.iter().rposition(|&byte| byte == b'\n').map_or(0, |at| at + 1);
    bytes.get(..len).unwrap_or_default()
}

/// Of a line: its event's JSON without the last brace, and its seal.
fn unsealed(line: &[u8]) -> Option<(&[u8], &[u8])> {
    let line = line.strip_suffix(b"\n")?;
    let (rest, seal) = line.strip_suffix(END)?.split_last_chunk::<DIGITS>()?;
    Some((rest.strip_suffix(SEAL_KEY)?, seal))
}

impl EventMark {
    /// With one more event, whose JSON is `body` and a brace. `sealed` gets what is hashed, this
    /// seal and that JSON: a buffer, because there are many lines.
    fn after(&self, body: &[u8], sealed: &mut Vec<u8>) -> Self {
        sealed.clear();
        for part in [self.seal.as_bytes(), body, b"}"] {
            sealed.extend_from_slice(part);
        }
        let seal = blake3::hash(sealed).to_hex()[..DIGITS].to_owned();
        Self { lines: self.lines + 1, seal }
    }

    /// Of the line after it, from 1.
    fn number(&self) -> usize {
        self.lines as usize + 1
    }
}

#[cfg(test)]
mod tests;
