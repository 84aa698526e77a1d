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
    /// How the earlier ones ended, oldest first; at most [`Status::MAX_ATTEMPTS`].
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub attempts: Vec<Attempt>,
    /// Summed over sessions.
    pub timing: Timing,
    /// Largest resident memory of any session.
    pub peak_rss_bytes: u64,
}

impl Status {
    /// The oldest attempts beyond these are forgotten.
    pub const MAX_ATTEMPTS: usize = 50;

    /// The attempts that the status of the next session begins with: this one is the last of them.
    pub fn history(&self) -> Vec<Attempt> {
        let mut attempts = self.attempts.clone();
        let (session, state, step) = (self.sessions, self.state, self.step);
        attempts.push(Attempt { session, state, step, message: self.message.clone() });
        attempts.drain(..attempts.len().saturating_sub(Self::MAX_ATTEMPTS));
        attempts
    }
}

/// One session that did not bring the trial to its end.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Attempt {
    /// Counted from 1.
    pub session: u64,
    /// How it left the trial. `Running`: it was killed and could not say.
    pub state: State,
    /// Updates made, as far as it could say.
    pub step: u64,
    /// What went wrong, for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
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
    /// Never ran: the trial whose weights it starts from has none.
    Pretraining,
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample;

    #[test]
    fn a_history_grows_by_the_last_session_and_forgets_the_oldest() {
        let mut status = sample::status(State::Failed(FailureKind::Oom));
        status.message = Some("killed".into());
        for session in 1..=Status::MAX_ATTEMPTS as u64 + 3 {
            status.sessions = session;
            status.attempts = status.history();
        }
        let sessions: Vec<u64> = status.attempts.iter().map(|attempt| attempt.session).collect();
        assert_eq!(sessions, (4..=Status::MAX_ATTEMPTS as u64 + 3).collect::<Vec<_>>());
        let last = status.attempts.last().unwrap();
        assert_eq!((last.state, last.step), (State::Failed(FailureKind::Oom), 5));
        assert_eq!(last.message.as_deref(), Some("killed"));
    }
}
