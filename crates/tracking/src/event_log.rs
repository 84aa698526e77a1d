//! `events.jsonl`: one event per line, append-only, the source of all curves.

use std::fs::{self, File};
use std::io::{self, ErrorKind, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use fireassay_spec::{Metric, Split};

use crate::append_file::AppendFile;
use crate::{Event, TrackingError};

/// The open log of the one process that works on a run.
#[derive(Debug)]
pub struct EventLog {
    path: PathBuf,
    file: AppendFile,
}

impl EventLog {
    /// Opens the log, made if missing, and forgets what comes after its first `keep_bytes`: the
    /// events after the checkpoint that the trial goes on from. 0 starts anew.
    pub fn open(path: &Path, keep_bytes: u64) -> Result<Self, TrackingError> {
        let open = File::options().read(true).append(true).create(true).open(path);
        let mut file = open.map_err(TrackingError::io("open", path))?;
        let found = file.metadata().map_err(TrackingError::io("read", path))?.len();
        if found < keep_bytes {
            return Err(TrackingError::ShortLog { path: path.into(), found, keep: keep_bytes });
        }
        if !ends_line(&mut file, keep_bytes).map_err(TrackingError::io("read", path))? {
            return Err(TrackingError::MidLine { path: path.into(), keep: keep_bytes });
        }
        file.set_len(keep_bytes).map_err(TrackingError::io("cut", path))?;
        Ok(Self { path: path.into(), file: AppendFile::new(file, keep_bytes) })
    }

    /// Appends one line; a process that is killed afterwards does not lose it. After an error the
    /// log is as it was before.
    pub fn append(&mut self, event: &Event) -> Result<(), TrackingError> {
        let path = &self.path;
        let mut line = serde_json::to_vec(event)
            .map_err(|source| TrackingError::Corrupt { path: path.clone(), source })?;
        line.push(b'\n');
        self.file.append(&line).map_err(TrackingError::io("write", path))
    }

    /// What was appended survives a power failure. Returns the length in bytes: what a checkpoint
    /// stores, and [`EventLog::open`] keeps.
    pub fn sync(&mut self) -> Result<u64, TrackingError> {
        self.file.sync().map_err(TrackingError::io("write", &self.path))
    }
}

/// All events of a log; none where there is no log. A last line without its end was being written
/// when the process was killed, and is left out.
pub fn read_events(path: &Path) -> Result<Vec<Event>, TrackingError> {
    let mut events = Vec::new();
    each_event(path, |event| events.push(event))?;
    Ok(events)
}

/// One metric of one split, at the steps where it was measured, in the order of the log.
pub(crate) fn read_curve(
    path: &Path,
    split: Split,
    metric: Metric,
) -> Result<Vec<(u64, f64)>, TrackingError> {
    let mut points = Vec::new();
    each_event(path, |event| match event {
        Event::Eval { step, split: of, metrics } if of == split => {
            points.extend(metrics.get(&metric).map(|value| (step, *value)));
        }
        Event::Eval { .. } | Event::Train { .. } => {}
    })?;
    Ok(points)
}

fn each_event(path: &Path, mut see: impl FnMut(Event)) -> Result<(), TrackingError> {
    let bytes = match fs::read(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(TrackingError::io("read", path)(error)),
        Ok(bytes) => bytes,
    };
    let whole = bytes.iter().rposition(|&byte| byte == b'\n').unwrap_or(0);
    let Some(lines) = bytes.get(..whole).filter(|lines| !lines.is_empty()) else {
        return Ok(());
    };
    for (index, line) in lines.split(|&byte| byte == b'\n').enumerate() {
        see(serde_json::from_slice(line).map_err(|source| TrackingError::CorruptLine {
            path: path.into(),
            line: index + 1,
            source,
        })?);
    }
    Ok(())
}

fn ends_line(file: &mut File, position: u64) -> io::Result<bool> {
    if position == 0 {
        return Ok(true);
    }
    let mut last = [0];
    file.seek(SeekFrom::Start(position - 1))?;
    file.read_exact(&mut last)?;
    Ok(last == *b"\n")
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    fn train(step: u64, loss: f64) -> Event {
        Event::Train { step, loss, lr: 0.1 }
    }

    fn eval(step: u64, loss: f64) -> Event {
        Event::Eval { step, split: Split::Val, metrics: BTreeMap::from([(Metric::Loss, loss)]) }
    }

    fn log_of(path: &Path, events: &[Event]) -> EventLog {
        let mut log = EventLog::open(path, 0).unwrap();
        events.iter().for_each(|event| log.append(event).unwrap());
        log
    }

    #[test]
    fn lines_are_stable() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("events.jsonl");
        let mut log = log_of(&path, &[train(1, 0.1 + 0.2), eval(1, f64::NEG_INFINITY)]);
        let text = concat!(
            "{\"train\":{\"step\":1,\"loss\":0.30000000000000004,\"lr\":0.1}}\n",
            "{\"eval\":{\"step\":1,\"split\":\"val\",\"metrics\":{\"loss\":\"-inf\"}}}\n",
        );
        assert_eq!(fs::read_to_string(&path).unwrap(), text);
        assert_eq!(log.sync().unwrap(), text.len() as u64);
    }

    #[test]
    fn every_number_comes_back_bit_for_bit() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("events.jsonl");
        let values =
            [0.0, -0.0, 3.0, 1e300, 5e-324, -1.5e-9, f64::NAN, f64::INFINITY, f64::NEG_INFINITY];
        let events: Vec<Event> =
            values.iter().flat_map(|&value| [train(1, value), eval(1, value)]).collect();
        log_of(&path, &events);
        let bits = |event: &Event| match event {
            Event::Train { loss, .. } => loss.to_bits(),
            Event::Eval { metrics, .. } => metrics[&Metric::Loss].to_bits(),
        };
        let read = read_events(&path).unwrap();
        assert_eq!(
            read.iter().map(bits).collect::<Vec<_>>(),
            events.iter().map(bits).collect::<Vec<_>>()
        );
    }

    #[test]
    fn any_torn_last_line_is_left_out() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("events.jsonl");
        log_of(&path, &[train(1, 0.5), train(2, 0.25)]);
        let bytes = fs::read(&path).unwrap();
        let first = bytes.iter().position(|&byte| byte == b'\n').unwrap() + 1;
        for len in 0..bytes.len() {
            fs::write(&path, &bytes[..len]).unwrap();
            assert_eq!(read_events(&path).unwrap().len(), usize::from(len >= first), "{len}");
        }
        // What some file systems leave after a power failure.
        fs::write(&path, [&bytes[..first], &[0; 32]].concat()).unwrap();
        assert_eq!(read_events(&path).unwrap(), [train(1, 0.5)]);
    }

    #[test]
    fn a_curve_is_one_metric_of_one_split() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("events.jsonl");
        let on_test = BTreeMap::from([(Metric::Accuracy, 0.5), (Metric::Loss, 9.0)]);
        let on_test = Event::Eval { step: 5, split: Split::Test, metrics: on_test };
        log_of(&path, &[train(5, 0.5), eval(5, 2.0), train(10, 0.25), eval(10, f64::NAN), on_test]);
        let curve = |split, metric| read_curve(&path, split, metric).unwrap();
        let val = curve(Split::Val, Metric::Loss);
        assert_eq!((val.len(), val[0], val[1].0), (2, (5, 2.0), 10));
        assert!(val[1].1.is_nan());
        assert_eq!(curve(Split::Test, Metric::Accuracy), [(5, 0.5)]);
        assert_eq!(curve(Split::Val, Metric::Accuracy), []);
        assert_eq!(curve(Split::Train, Metric::Loss), []);
        // A torn last line is not there yet; a damaged one is not passed over.
        let text = fs::read_to_string(&path).unwrap();
        fs::write(&path, &text[..text.len() - 1]).unwrap();
        assert_eq!(curve(Split::Test, Metric::Accuracy), []);
        fs::write(&path, text.replacen("0.5", "0,5", 1)).unwrap();
        let error = read_curve(&path, Split::Val, Metric::Loss).unwrap_err();
        assert!(matches!(error, TrackingError::CorruptLine { line: 1, .. }), "{error}");
        assert_eq!(
            read_curve(dir.path().join("none").as_path(), Split::Val, Metric::Loss).unwrap(),
            []
        );
    }

    #[test]
    fn a_damaged_line_inside_is_an_error_with_its_number() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("events.jsonl");
        let good = r#"{"train":{"step":1,"loss":1,"lr":1}}"#;
        for bad in ["", "{", "{\"train\":{\"step\":1,\"loss\":null,\"lr\":1}}", "{\"stage\":{}}"] {
            fs::write(&path, format!("{good}\n{bad}\n{good}\n")).unwrap();
            let error = read_events(&path).unwrap_err();
            assert!(matches!(error, TrackingError::CorruptLine { line: 2, .. }), "{bad}: {error}");
        }
        assert!(read_events(&dir.path().join("none.jsonl")).unwrap().is_empty());
        assert!(matches!(read_events(dir.path()), Err(TrackingError::Io { .. })));
    }

    #[test]
    fn a_resumed_log_equals_an_uninterrupted_one() {
        let dir = tempfile::tempdir().unwrap();
        let (whole, resumed) = (dir.path().join("whole"), dir.path().join("resumed"));
        log_of(&whole, &[train(1, 1.0), train(2, 2.0), train(3, 3.0)]);
        let mut log = log_of(&resumed, &[train(1, 1.0)]);
        let keep = log.sync().unwrap();
        log.append(&train(2, 2.0)).unwrap();
        fs::OpenOptions::new().append(true).open(&resumed).unwrap().set_len(keep + 9).unwrap();
        let mut log = EventLog::open(&resumed, keep).unwrap();
        log.append(&train(2, 2.0)).unwrap();
        log.append(&train(3, 3.0)).unwrap();
        assert_eq!(fs::read(&resumed).unwrap(), fs::read(&whole).unwrap());
    }

    #[test]
    fn a_position_that_does_not_fit_the_file_loses_nothing() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("events.jsonl");
        let len = log_of(&path, &[train(1, 1.0)]).sync().unwrap();
        let before = fs::read(&path).unwrap();
        let beyond = EventLog::open(&path, len + 1).unwrap_err();
        assert!(matches!(beyond, TrackingError::ShortLog { found, keep, .. } if found + 1 == keep));
        assert!(matches!(EventLog::open(&path, len - 1), Err(TrackingError::MidLine { .. })));
        assert_eq!(fs::read(&path).unwrap(), before);
        assert!(matches!(EventLog::open(dir.path(), 0), Err(TrackingError::Io { .. })));
    }
}
