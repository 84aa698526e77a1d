//! Events as TensorBoard shows them: which tags, and curves that never go back.

use std::collections::BTreeMap;

use fireassay_spec::Split;

use crate::tensorboard::step_of;
use crate::{Event, RunDir, TbWriter, TrackingError, hparams};

/// The open TensorBoard file of a run, with its row in the table of hyper-parameters.
#[derive(Debug)]
pub(crate) struct Curves {
    tb: TbWriter,
    last_steps: BTreeMap<String, u64>,
}

impl Curves {
    /// Starts a file that replaces what earlier ones have from `start_step` on. `kept` are the
    /// events that stay true, all of them: those that the new file makes void come again.
    pub(crate) fn open(
        run: &RunDir,
        start_step: u64,
        kept: &[Event],
    ) -> Result<Self, TrackingError> {
        let trial = run.trial()?;
        let mut tb = TbWriter::open(&run.tb(), start_step)?;
        tb.hparams(&hparams::of(run, &trial), &trial.condition)?;
        let mut curves = Self { tb, last_steps: BTreeMap::new() };
        for (tag, step, value) in kept.iter().flat_map(points) {
            if step < start_step {
                curves.last_steps.insert(tag, step);
            } else {
                curves.point(tag, step, value)?;
            }
        }
        curves.tb.flush()?;
        Ok(curves)
    }

    pub(crate) fn add(&mut self, event: &Event) -> Result<(), TrackingError> {
        for (tag, step, value) in points(event) {
            self.point(tag, step, value)?;
        }
        match event {
            Event::Train { .. } | Event::State { .. } => Ok(()),
            // Rare, and what a person watches.
            Event::Eval { .. } => self.tb.flush(),
        }
    }

    pub(crate) fn sync(&mut self) -> Result<(), TrackingError> {
        self.tb.sync()
    }

    pub(crate) fn end(mut self, ok: bool) -> Result<(), TrackingError> {
        self.tb.session_end(ok)?;
        self.tb.sync()
    }

    /// From here on, the disk is full.
    #[cfg(test)]
    pub(crate) fn break_disk(&mut self) {
        self.tb = TbWriter::full_disk();
    }

    fn point(&mut self, tag: String, step: u64, value: f64) -> Result<(), TrackingError> {
        if !is_new(&self.last_steps, &tag, step) {
            return Ok(());
        }
        self.tb.scalar(&tag, step, value)?;
        self.last_steps.insert(tag, step);
        Ok(())
    }
}

/// What TensorBoard shows of all events, were they written in one session.
pub(crate) fn shown(events: &[Event]) -> BTreeMap<(String, i64), f32> {
    let mut last_steps = BTreeMap::new();
    let mut shown = BTreeMap::new();
    for (tag, step, value) in events.iter().flat_map(points) {
        if is_new(&last_steps, &tag, step) {
            last_steps.insert(tag.clone(), step);
            shown.insert((tag, step_of(step)), value as f32);
        }
    }
    shown
}

/// Whether these are the same points; one NaN is as good as another.
pub(crate) fn equal(a: &BTreeMap<(String, i64), f32>, b: &BTreeMap<(String, i64), f32>) -> bool {
    let same = |a: f32, b: f32| a.to_bits() == b.to_bits() || a.is_nan() && b.is_nan();
    a.len() == b.len() && a.iter().zip(b).all(|((i, x), (j, y))| i == j && same(*x, *y))
}

/// TensorBoard would drop what lies between, so an earlier or repeated step is left out: the final
/// evaluation of selected weights is a point that is already there.
fn is_new(last_steps: &BTreeMap<String, u64>, tag: &str, step: u64) -> bool {
    last_steps.get(tag).is_none_or(|&last| step > last)
}

/// Tag, step and value of what an event shows.
fn points(event: &Event) -> Vec<(String, u64, f64)> {
    match event {
        Event::Train { step, loss, lr } => {
            vec![("train/loss".into(), *step, *loss), ("train/lr".into(), *step, *lr)]
        }
        Event::Eval { step, split, metrics } => {
            let tag = |metric: &str| format!("{}/{metric}", group(*split));
            metrics.iter().map(|(metric, value)| (tag(metric.name()), *step, *value)).collect()
        }
        Event::State { .. } => Vec::new(),
    }
}

/// The first part of a tag. The loss on train with dropout off is not the loss while training.
fn group(split: Split) -> &'static str {
    match split {
        Split::Train => "train-eval",
        Split::Val => "val",
        Split::Test => "test",
    }
}
