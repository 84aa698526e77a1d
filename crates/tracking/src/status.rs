//! `status.json`: where a trial stands, and what it cost so far.

use serde::{Deserialize, Serialize};

/// Replaced by rename, at checkpoints and at the end. Never part of a result.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Status {
    /// Version of this format.
    pub schema: u32,
    /// Where it stands.
    pub state: State,
    /// Updates made.
    pub step: u64,
    /// Updates that the budget allows.
    pub budget_steps: u64,
    /// What went wrong, for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// Processes that worked on it, this one included.
    pub sessions: u64,
    /// Summed over sessions.
    pub timing: Timing,
    /// Largest resident memory of any session.
    pub peak_rss_bytes: u64,
}

/// Where a trial stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum State {
    /// A process works on it, or was killed.
    Running,
    /// Stopped at a checkpoint; can be resumed.
    Interrupted,
    /// Finished.
    Done,
    /// Finished with a non-finite value.
    Diverged,
    /// Ended without a result.
    #[serde(rename_all = "kebab-case")]
    Failed(FailureKind),
}

/// Why a trial ended without a result.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FailureKind {
    /// Any other end.
    Crashed,
    /// Out of memory.
    Oom,
    /// Ran past `--timeout`.
    Timeout,
}

/// Seconds, summed over the sessions of a trial.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Timing {
    /// Process start to end.
    pub wall_secs: f64,
    /// On the processor: user and system time of all threads.
    pub cpu_secs: f64,
    /// Process start to first step.
    pub startup_secs: f64,
    /// In training steps.
    pub train_secs: f64,
    /// In evaluations.
    pub eval_secs: f64,
    /// In checkpoints.
    pub checkpoint_secs: f64,
}
