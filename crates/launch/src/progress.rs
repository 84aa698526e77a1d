//! `Progress`: what happens while a plan runs, and `Outcome`: what came of it.

use std::time::Duration;

use fireassay_spec::Trial;
use fireassay_tracking::{FailureKind, Summary};

/// Something that a user may want to see.
#[derive(Debug)]
pub enum Progress<'a> {
    /// A process works on it.
    Started {
        /// Which trial.
        trial: &'a Trial,
        /// Counted from 1.
        attempt: u32,
    },
    /// It has a result: done or diverged.
    Finished {
        /// Which trial.
        trial: &'a Trial,
        /// The result.
        summary: &'a Summary,
        /// Of all its sessions.
        secs: f64,
    },
    /// It has no result, and is tried again.
    Retried {
        /// Which trial.
        trial: &'a Trial,
        /// Why it failed.
        message: &'a str,
        /// The attempt that failed, counted from 1.
        attempt: u32,
    },
    /// It has no result.
    Failed {
        /// Which trial.
        trial: &'a Trial,
        /// Roughly why.
        kind: FailureKind,
        /// Why.
        message: &'a str,
        /// Of this session.
        secs: f64,
    },
    /// It stopped at a checkpoint, or was killed on request, and can go on.
    Interrupted {
        /// Which trial.
        trial: &'a Trial,
    },
    /// What runs was asked to end.
    Stopping {
        /// How many processes.
        running: usize,
        /// Without a checkpoint.
        kill: bool,
    },
    /// Some time has passed.
    Tick {
        /// Since the start.
        elapsed: Duration,
        /// Trials that a process works on.
        running: usize,
        /// Until all are finished, as far as can be told.
        left: Option<Duration>,
    },
}

/// What came of a plan.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Outcome {
    /// Trials that ended with metrics.
    pub done: usize,
    /// Trials that ended with a non-finite value.
    pub diverged: usize,
    /// Trials that ended without a result.
    pub failed: usize,
    /// Trials that stopped on request and can go on.
    pub interrupted: usize,
    /// Trials that were never started.
    pub not_started: usize,
    /// From first to last.
    pub elapsed: Duration,
}
