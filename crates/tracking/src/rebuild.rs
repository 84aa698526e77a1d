//! `tb/` again, from the events.

use std::fs;

use crate::curves::Curves;
use crate::{Outcome, RunDir, RunLock, TrackingError, tensorboard};

/// Replaces the run's TensorBoard files by one that holds what `events.jsonl` says; all its wall
/// times are now. For a run that lost them, or whose experiment has got another condition since.
/// An error if a process works on the run.
pub fn rebuild_tensorboard(run: &RunDir) -> Result<(), TrackingError> {
    let _lock = RunLock::acquire(run.path())?;
    let events = run.events()?;
    let summary = run.summary()?;
    let old = tensorboard::event_files(&run.tb()).map_err(TrackingError::io("read", &run.tb()))?;
    let mut curves = Curves::open(run, 0, &events)?;
    match summary.map(|summary| summary.outcome) {
        Some(outcome) => curves.end(outcome == Outcome::Done)?,
        None => curves.sync()?,
    }
    // Only now: a kill before leaves the old files, which the new one makes void.
    for file in old {
        fs::remove_file(&file).map_err(TrackingError::io("remove", &file))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use fireassay_spec::{Metric, Split};

    use super::*;
    use crate::tensorboard::{event_files, reading};
    use crate::{Event, RunLog, sample};

    #[test]
    fn a_rebuilt_run_shows_what_its_sessions_showed() {
        let dir = tempfile::tempdir().unwrap();
        let run = RunDir::create(dir.path(), &sample::trial("0.5", 1)).unwrap();
        let mut log = RunLog::open(&run, 0, 0).unwrap();
        log.log(&Event::Train { step: 1, loss: 2.0, lr: 0.1 }).unwrap();
        let keep = log.sync().unwrap();
        drop(log);
        let mut log = RunLog::open(&run, keep, 1).unwrap();
        let metrics = BTreeMap::from([(Metric::Accuracy, 0.75)]);
        log.log(&Event::Eval { step: 2, split: Split::Val, metrics }).unwrap();
        log.sync().unwrap();

        rebuild_tensorboard(&run).unwrap();
        let files = event_files(&run.tb()).unwrap();
        assert_eq!(files.len(), 1);
        let expected = [
            ("train/loss".to_owned(), 1, 2.0),
            ("train/lr".to_owned(), 1, 0.1),
            ("val/accuracy".to_owned(), 2, 0.75),
        ];
        assert_eq!(reading::scalars(&files[0]), expected);
        assert_eq!(reading::kinds(&files[0]).last().unwrap(), "val/accuracy");

        run.finish(&sample::summary(Outcome::Done)).unwrap();
        rebuild_tensorboard(&run).unwrap();
        let files = event_files(&run.tb()).unwrap();
        assert_eq!(files.len(), 1);
        assert_eq!(reading::scalars(&files[0]), expected);
        assert_eq!(reading::kinds(&files[0]).last().unwrap(), "_hparams_/session_end_info");
    }

    #[test]
    fn a_run_that_is_worked_on_is_left_alone() {
        let dir = tempfile::tempdir().unwrap();
        let run = RunDir::create(dir.path(), &sample::trial("0.5", 1)).unwrap();
        let _lock = run.lock().unwrap();
        assert!(matches!(rebuild_tensorboard(&run), Err(TrackingError::Busy { .. })));
        assert!(!run.tb().exists());
    }
}
