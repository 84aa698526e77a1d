//! `Launcher`: somewhere that processes can be started. `Local` and `Mock` are the two.

use std::time::Duration;

use fireassay_tracking::RunDir;

use crate::LaunchError;

/// Somewhere that processes can be started.
///
/// A launcher knows processes, not outcomes: what became of a trial is read from its run
/// directory, never from the launcher alone.
pub trait Launcher {
    /// How many processes may run at a time, at least 1.
    fn slots(&self) -> usize;

    /// Starts the process of the trial that lies in `dir`.
    fn start(&mut self, dir: &RunDir) -> Result<ProcessId, LaunchError>;

    /// Waits for processes to end, `at_most` this long; returns those that did, oldest first.
    fn wait(&mut self, at_most: Duration) -> Result<Vec<Ended>, LaunchError>;

    /// Asks a process to end. One that has ended already is no error.
    fn nudge(&mut self, id: ProcessId, nudge: Nudge) -> Result<(), LaunchError>;

    /// Time since this launcher was made.
    fn elapsed(&self) -> Duration;
}

/// Names a process of one launcher; counted from 0, never reused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ProcessId(pub u64);

/// How firmly a process is asked to end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Nudge {
    /// Write a checkpoint and end (SIGTERM).
    Checkpoint,
    /// End now (SIGKILL).
    Kill,
}

/// A process that ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ended {
    /// Which one.
    pub id: ProcessId,
    /// How.
    pub exit: Exit,
    /// The end of what it wrote to stderr.
    pub stderr_tail: String,
    /// The bytes of memory that it was allowed, if that was limited.
    pub memory_limit: Option<u64>,
    /// The kernel killed some process for want of memory while this one ran.
    pub memory_ran_out: bool,
}

/// How a process ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// By itself, with this code.
    Code(i32),
    /// By this signal.
    Signal(i32),
}

/// Exit code of a trial that stopped at a checkpoint and can be resumed.
pub const EXIT_RESUMABLE: i32 = 75;

/// Exit code of a trial that was called wrongly; trying again cannot help.
pub const EXIT_USAGE: i32 = 2;
