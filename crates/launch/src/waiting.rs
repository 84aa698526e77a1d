//! `Waiting`: trials that are to be started, in order, and which of them can be.

use std::collections::{BTreeMap, VecDeque};
use std::path::Path;

use fireassay_tracking::{Outcome, RunDir, Status};

use crate::Pending;

/// Trials that are not started yet. One that starts from another's weights waits until that has a
/// result.
pub(crate) struct Waiting {
    /// Index into the pending trials and the attempt to come, counted from 1.
    queue: VecDeque<(usize, u32)>,
    /// Index of the source, where it is pending itself.
    source: Vec<Option<usize>>,
    /// Whether nothing more will happen to it.
    settled: Vec<bool>,
}

/// What to do with the next trial.
pub(crate) enum Next {
    /// Start it: index and attempt.
    Start(usize, u32),
    /// It cannot run, for this reason.
    Fail(usize, String),
}

impl Waiting {
    pub(crate) fn new(pending: &[Pending]) -> Self {
        let index: BTreeMap<&Path, usize> =
            pending.iter().enumerate().map(|(index, of)| (of.dir.path(), index)).collect();
        let source = |of: &Pending| index.get(of.source.as_ref()?.path()).copied();
        Self {
            queue: (0..pending.len()).map(|index| (index, 1)).collect(),
            source: pending.iter().map(source).collect(),
            settled: vec![false; pending.len()],
        }
    }

    /// Takes out the first trial that does not wait for another.
    pub(crate) fn next(&mut self, pending: &[Pending]) -> Option<Next> {
        let is_free = |&(index, _): &(usize, u32)| match self.source.get(index) {
            Some(&Some(source)) => self.settled.get(source) == Some(&true),
            Some(None) | None => true,
        };
        let at = self.queue.iter().position(is_free)?;
        let (index, attempt) = self.queue.remove(at)?;
        let lack = pending.get(index).and_then(|of| of.source.as_ref()).and_then(lack);
        Some(match lack {
            None => Next::Start(index, attempt),
            Some(reason) => Next::Fail(index, reason),
        })
    }

    /// Puts a trial back, before all others.
    pub(crate) fn again(&mut self, index: usize, attempt: u32) {
        self.queue.push_front((index, attempt));
    }

    /// Lets those go on that wait for this one.
    pub(crate) fn settle(&mut self, index: usize) {
        if let Some(settled) = self.settled.get_mut(index) {
            *settled = true;
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.queue.len()
    }

    pub(crate) fn indices(&self) -> impl Iterator<Item = usize> {
        self.queue.iter().map(|&(index, _)| index)
    }
}

/// Why a trial has no weights for others to start from; none if it has.
fn lack(source: &RunDir) -> Option<String> {
    let name = source.path().file_name().unwrap_or_default().to_string_lossy();
    let what = match (source.summary(), source.status()) {
        (Ok(Some(summary)), _) => match summary.outcome {
            Outcome::Done => return None,
            Outcome::Diverged { step, value } => format!("diverged: {value} at step {step}"),
        },
        (Ok(None), Ok(Some(Status { message: Some(message), .. }))) => format!("failed: {message}"),
        (Ok(None), Ok(_)) => "has no result".to_owned(),
        (Err(error), _) | (Ok(None), Err(error)) => {
            format!("cannot be read: {}", crate::error::with_causes(&error))
        }
    };
    Some(format!("its pretraining `{name}` {what}"))
}
