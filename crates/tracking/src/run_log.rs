//! `RunLog`: events of a running trial, to `events.jsonl` and to TensorBoard.

use crate::curves::Curves;
use crate::{Event, EventLog, EventMark, RunDir, TrackingError};

/// The open logs of the one process that works on a run.
///
/// An event is in `events.jsonl` before TensorBoard's file is touched, so trouble there loses
/// nothing: [`crate::rebuild_tensorboard`] makes `tb/` again.
#[derive(Debug)]
pub struct RunLog {
    events: EventLog,
    curves: Curves,
}

impl RunLog {
    /// Opens the logs for the updates after `step`. `keep_bytes` is what [`RunLog::sync`] returned
    /// when the checkpoint of that step was written; 0 and 0 start anew. TensorBoard forgets what
    /// it saw after the checkpoint, and the run gets its row in the table of hyper-parameters,
    /// grouped by condition.
    pub fn open(run: &RunDir, keep_bytes: u64, step: u64) -> Result<Self, TrackingError> {
        let events = EventLog::open(&run.events_path(), keep_bytes)?;
        let curves = Curves::open(run, step, &run.events()?)?;
        Ok(Self { events, curves })
    }

    /// Records an event. After an error, [`RunDir::events`] says whether it is there; only its
    /// points in TensorBoard may be missing then.
    pub fn log(&mut self, event: &Event) -> Result<(), TrackingError> {
        self.events.append(event)?;
        self.curves.add(event)
    }

    /// All events survive a power failure. Returns the bytes that a checkpoint has to keep.
    pub fn sync(&mut self) -> Result<u64, TrackingError> {
        let keep_bytes = self.events.sync()?;
        self.curves.sync()?;
        Ok(keep_bytes)
    }

    /// Closes the log of a finished trial: `ok` if it is done, not if it diverged. A trial that
    /// stops to be resumed just drops its log. Returns what stands for all its events.
    pub fn end(mut self, ok: bool) -> Result<EventMark, TrackingError> {
        self.events.sync()?;
        self.curves.end(ok)?;
        Ok(self.events.mark().clone())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::fs;
    use std::path::Path;

    use fireassay_spec::{Metric, Split};

    use super::*;
    use crate::sample;
    use crate::tensorboard::{event_files, reading};

    fn train(step: u64) -> Event {
        Event::Train { step, loss: 1.0 / step as f64, lr: 0.5 }
    }

    fn eval(step: u64, split: Split) -> Event {
        Event::Eval { step, split, metrics: BTreeMap::from([(Metric::Loss, step as f64)]) }
    }

    fn run_in(dir: &Path) -> RunDir {
        RunDir::create(dir, &sample::trial("0.5", 1)).unwrap()
    }

    /// `tag@step` of every point in a file, in order.
    fn points_of(file: &Path) -> Vec<String> {
        let points = reading::scalars(file).into_iter();
        points.map(|(tag, step, _)| format!("{tag}@{step}")).collect()
    }

    #[test]
    fn an_event_is_a_line_and_its_points() {
        let dir = tempfile::tempdir().unwrap();
        let run = run_in(dir.path());
        let events = [train(1), eval(1, Split::Val), eval(1, Split::Train), eval(1, Split::Test)];
        let mut log = RunLog::open(&run, 0, 0).unwrap();
        events.iter().for_each(|event| log.log(event).unwrap());
        log.end(true).unwrap();
        assert_eq!(run.events().unwrap(), events);
        let files = event_files(&run.tb()).unwrap();
        let expected =
            ["train/loss@1", "train/lr@1", "val/loss@1", "train-eval/loss@1", "test/loss@1"];
        assert_eq!(points_of(&files[0]), expected);
        let kinds = reading::kinds(&files[0]);
        assert_eq!(kinds[..3], ["brain.Event:2", "start 0", "_hparams_/session_start_info"]);
        assert_eq!(kinds.last().unwrap(), "_hparams_/session_end_info");
    }

    #[test]
    fn a_curve_never_goes_back() {
        let dir = tempfile::tempdir().unwrap();
        let run = run_in(dir.path());
        let mut log = RunLog::open(&run, 0, 0).unwrap();
        for event in [eval(5, Split::Val), eval(10, Split::Val), eval(5, Split::Val)] {
            log.log(&event).unwrap();
        }
        log.sync().unwrap();
        let files = event_files(&run.tb()).unwrap();
        assert_eq!(points_of(&files[0]), ["val/loss@5", "val/loss@10"]);
        assert_eq!(run.events().unwrap().len(), 3);
    }

    #[test]
    fn a_resumed_run_repeats_what_the_new_file_voids() {
        let dir = tempfile::tempdir().unwrap();
        let run = run_in(dir.path());
        let mut log = RunLog::open(&run, 0, 0).unwrap();
        for event in [train(1), eval(1, Split::Val), train(2)] {
            log.log(&event).unwrap();
        }
        // The checkpoint of step 2 comes before the evaluation of step 2.
        let keep = log.sync().unwrap();
        for event in [eval(2, Split::Val), train(3)] {
            log.log(&event).unwrap();
        }
        drop(log);
        let mut log = RunLog::open(&run, keep, 2).unwrap();
        let late = [eval(2, Split::Val), train(3), eval(1, Split::Val)];
        late.iter().for_each(|event| log.log(event).unwrap());
        log.end(true).unwrap();
        let files = event_files(&run.tb()).unwrap();
        assert_eq!(files.len(), 2);
        assert_eq!(reading::kinds(&files[1])[1], "start 2");
        let expected = ["train/loss@2", "train/lr@2", "val/loss@2", "train/loss@3", "train/lr@3"];
        assert_eq!(points_of(&files[1]), expected);
        assert_eq!(run.events().unwrap()[..3], [train(1), eval(1, Split::Val), train(2)]);
        assert_eq!(run.events().unwrap()[3..], late);
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn trouble_with_tensorboard_loses_no_event() {
        let dir = tempfile::tempdir().unwrap();
        let run = run_in(dir.path());
        let mut log = RunLog::open(&run, 0, 0).unwrap();
        log.curves.break_disk();
        for step in 1..=3 {
            let error = log.log(&eval(step, Split::Val)).unwrap_err();
            assert!(error.to_string().contains("/dev/full"), "{error}");
        }
        assert_eq!(run.events().unwrap().len(), 3);
    }

    #[test]
    fn a_missing_place_for_tensorboard_is_an_error_that_keeps_the_events() {
        let dir = tempfile::tempdir().unwrap();
        let run = run_in(dir.path());
        let mut log = RunLog::open(&run, 0, 0).unwrap();
        log.log(&train(1)).unwrap();
        let keep = log.sync().unwrap();
        drop(log);
        fs::remove_dir_all(run.tb()).unwrap();
        fs::write(run.tb(), "in the way").unwrap();
        assert!(matches!(RunLog::open(&run, keep, 1), Err(TrackingError::Io { .. })));
        assert_eq!(run.events().unwrap(), [train(1)]);
    }
}
