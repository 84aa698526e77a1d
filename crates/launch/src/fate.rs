//! `Fate`: what became of a trial whose process ended, decided by its run directory.

use std::time::Duration;

use fireassay_tracking::{
    FailureKind, RunDir, SCHEMA, State, Status, Summary, Timing, TrackingError,
};

use signal_hook::consts::{SIGABRT, SIGINT, SIGKILL, SIGTERM};

use crate::last_words::{self, signal_name};
use crate::launcher::{EXIT_RESUMABLE, EXIT_USAGE, Ended, Exit};
use crate::size::size;

/// What became of a trial.
#[derive(Debug)]
pub(crate) enum Fate {
    /// `summary.json` is there.
    Finished(Box<Summary>),
    /// Stopped, and can go on.
    Interrupted,
    /// No result.
    Failed {
        /// Roughly why.
        kind: FailureKind,
        /// Why.
        message: String,
        /// Whether another attempt could end otherwise.
        worth_a_retry: bool,
    },
}

/// What the process was asked to do before it ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Asked {
    /// Nothing: it ended of its own accord.
    Nothing,
    /// To stop, because the whole run stops.
    Stop,
    /// To stop, because it ran this long.
    Timeout(Duration),
}

/// Reads the run directory. `before` is the status that it had when the process was started, so
/// that an old failure is not taken for a new one.
pub(crate) fn decide(dir: &RunDir, before: Option<&Status>, ended: &Ended, asked: Asked) -> Fate {
    match read(dir) {
        Ok((Some(summary), _)) => Fate::Finished(Box::new(summary)),
        Ok((None, status)) => {
            let fresh = status.as_ref().filter(|status| Some(*status) != before);
            let fate = without_summary(fresh, ended, asked);
            let Fate::Failed { kind, ref message, .. } = fate else { return fate };
            let has_given_reason =
                fresh.is_some_and(|status| matches!(status.state, State::Failed(_)));
            if !last_words::are_the_trials_own(dir, has_given_reason, asked) {
                last_words::write(dir, kind, message, ended);
            }
            let session = match (fresh, &status) {
                (Some(fresh), _) => fresh.clone(),
                // It ended before it could take note of itself.
                (None, before) => next_session(before.as_ref()),
            };
            match record(dir, &session, kind, message) {
                Ok(()) => fate,
                Err(error) => with_tracking_trouble(fate, &error),
            }
        }
        Err(error) => {
            let message = crate::error::with_causes(&error);
            Fate::Failed { kind: FailureKind::Crashed, message, worth_a_retry: false }
        }
    }
}

/// Leaves in `status.json` that no process could be started.
pub(crate) fn record_no_start(dir: &RunDir, before: Option<&Status>, message: &str) {
    // The caller has the reason; it is not lost with this.
    drop(record(dir, &next_session(before), FailureKind::Crashed, message));
}

/// Leaves in `status.json` that there is nothing to start from. Told again, it is the same failure.
pub(crate) fn record_no_source(dir: &RunDir, before: Option<&Status>, message: &str) {
    const KIND: FailureKind = FailureKind::Pretraining;
    let session = match before {
        Some(before) if before.state == State::Failed(KIND) => before.clone(),
        before => next_session(before),
    };
    // As above: the caller tells it.
    drop(record(dir, &session, KIND, message));
}

/// Seconds that the trial took over all its sessions, if it says so.
pub(crate) fn wall_secs(dir: &RunDir) -> Option<f64> {
    dir.status().ok().flatten().map(|status| status.timing.wall_secs)
}

fn read(dir: &RunDir) -> Result<(Option<Summary>, Option<Status>), TrackingError> {
    Ok((dir.summary()?, dir.status()?))
}

fn without_summary(fresh: Option<&Status>, ended: &Ended, asked: Asked) -> Fate {
    if let Asked::Timeout(limit) = asked {
        let message = format!("ran longer than the time limit of {} s", limit.as_secs_f64());
        return Fate::Failed { kind: FailureKind::Timeout, message, worth_a_retry: true };
    }
    match ended.exit {
        Exit::Code(EXIT_RESUMABLE) => Fate::Interrupted,
        // A signal that we, or the user, may have sent. Any other is the trial's own crash.
        Exit::Signal(SIGINT | SIGKILL | SIGTERM) if asked == Asked::Stop => Fate::Interrupted,
        Exit::Code(code) => by_code(code, fresh, ended),
        Exit::Signal(signal) => by_signal(signal, ended),
    }
}

fn by_code(code: i32, fresh: Option<&Status>, ended: &Ended) -> Fate {
    let worth_a_retry = code != EXIT_USAGE;
    if let Some(Status { state: State::Failed(kind), message, .. }) = fresh {
        let message = message.clone().unwrap_or_else(|| with_tail("no reason given", ended));
        return match ended.memory_limit.filter(|_| *kind == FailureKind::Oom) {
            Some(limit) => {
                let message = format!("{message} (the memory limit is {})", size(limit));
                Fate::Failed { kind: *kind, message, worth_a_retry: false }
            }
            None => Fate::Failed { kind: *kind, message, worth_a_retry },
        };
    }
    let what = match code {
        0 => "ended with exit code 0 but without a summary.json".to_owned(),
        code => format!("ended with exit code {code}"),
    };
    Fate::Failed { kind: FailureKind::Crashed, message: with_tail(&what, ended), worth_a_retry }
}

fn by_signal(signal: i32, ended: &Ended) -> Fate {
    // What Rust's runtime prints before it aborts.
    let allocation_failed = ended.stderr_tail.contains("memory allocation of");
    let name = signal_name(signal);
    let (kind, what) = match signal {
        SIGKILL if ended.memory_ran_out => {
            (FailureKind::Oom, format!("killed by {name} while the kernel was out of memory"))
        }
        SIGKILL => (
            FailureKind::Crashed,
            format!("killed by {name}: by somebody, or by the kernel because memory ran out"),
        ),
        SIGABRT if allocation_failed => match ended.memory_limit {
            Some(limit) => {
                (FailureKind::Oom, format!("over the memory limit of {} ({name})", size(limit)))
            }
            None => (FailureKind::Oom, format!("killed by {name}")),
        },
        _ => (FailureKind::Crashed, format!("killed by {name}")),
    };
    // A trial asks for the same memory each time. What the whole machine had too little of may be
    // there at another time.
    let would_fail_again = signal == SIGABRT && allocation_failed && ended.memory_limit.is_some();
    Fate::Failed { kind, message: with_tail(&what, ended), worth_a_retry: !would_fail_again }
}

fn with_tail(what: &str, ended: &Ended) -> String {
    const LINES: usize = 5;
    let lines: Vec<&str> =
        ended.stderr_tail.lines().filter(|line| !line.trim().is_empty()).collect();
    let tail = lines.get(lines.len().saturating_sub(LINES)..).unwrap_or_default();
    let tail = tail.iter().map(|line| shortened(line)).collect::<Vec<_>>().join("\n");
    if tail.is_empty() { what.to_owned() } else { format!("{what}: {tail}") }
}

/// The whole line is in `error.txt`.
fn shortened(line: &str) -> String {
    const CHARS: usize = 400;
    match line.char_indices().nth(CHARS) {
        Some((end, _)) => format!("{}...", line.get(..end).unwrap_or(line)),
        None => line.to_owned(),
    }
}

/// Leaves a failure in `status.json`, so that the run directory alone tells it.
fn record(
    dir: &RunDir,
    session: &Status,
    kind: FailureKind,
    message: &str,
) -> Result<(), TrackingError> {
    let state = State::Failed(kind);
    let new = Status { state, message: Some(message.to_owned()), ..session.clone() };
    if new == *session { Ok(()) } else { dir.write_status(&new) }
}

/// The status of a session that ended before it wrote one: how the one before ended is history.
fn next_session(before: Option<&Status>) -> Status {
    match before {
        Some(before) => Status {
            sessions: before.sessions + 1,
            attempts: before.history(),
            message: None,
            ..before.clone()
        },
        None => Status {
            schema: SCHEMA,
            state: State::Running,
            step: 0,
            budget_steps: 0,
            message: None,
            sessions: 1,
            attempts: Vec::new(),
            timing: Timing::default(),
            peak_rss_bytes: 0,
        },
    }
}

fn with_tracking_trouble(fate: Fate, error: &TrackingError) -> Fate {
    match fate {
        Fate::Failed { kind, message, .. } => {
            let message = format!("{message}; also: {}", crate::error::with_causes(error));
            Fate::Failed { kind, message, worth_a_retry: false }
        }
        fate @ (Fate::Finished(_) | Fate::Interrupted) => fate,
    }
}

#[cfg(test)]
mod tests {
    use signal_hook::consts::SIGBUS;

    use super::*;
    use crate::ProcessId;

    fn check(exit: Exit, stderr: &str, asked: Asked, expected: &str) {
        let ended = Ended {
            id: ProcessId(0),
            exit,
            stderr_tail: stderr.into(),
            memory_limit: stderr.contains("limited").then_some(512 << 20),
            memory_ran_out: stderr == "oom",
        };
        let text = match without_summary(None, &ended, asked) {
            Fate::Finished(_) => "finished".to_owned(),
            Fate::Interrupted => "interrupted".to_owned(),
            Fate::Failed { kind, message, worth_a_retry } => {
                format!("{kind:?} {worth_a_retry} {message}")
            }
        };
        assert_eq!(text, expected);
    }

    #[test]
    fn every_end_without_a_summary_has_a_word() {
        let limit = Asked::Timeout(Duration::from_millis(1500));
        check(Exit::Code(75), "", Asked::Nothing, "interrupted");
        check(Exit::Code(75), "", Asked::Stop, "interrupted");
        check(Exit::Signal(9), "", Asked::Stop, "interrupted");
        check(Exit::Code(75), "", limit, "Timeout true ran longer than the time limit of 1.5 s");
        check(Exit::Signal(9), "", limit, "Timeout true ran longer than the time limit of 1.5 s");
        check(
            Exit::Code(0),
            "",
            Asked::Nothing,
            "Crashed true ended with exit code 0 but without a summary.json",
        );
        check(Exit::Code(2), "bad\n", Asked::Nothing, "Crashed false ended with exit code 2: bad");
        check(Exit::Signal(11), "", Asked::Nothing, "Crashed true killed by SIGSEGV");
        check(Exit::Signal(11), "", Asked::Stop, "Crashed true killed by SIGSEGV");
        // A dataset that is mapped and was cut short.
        check(Exit::Signal(SIGBUS), "", Asked::Nothing, "Crashed true killed by SIGBUS");
        check(Exit::Signal(64), "", Asked::Nothing, "Crashed true killed by signal 64");
    }

    #[test]
    fn out_of_memory_is_claimed_only_on_evidence() {
        check(
            Exit::Signal(9),
            "oom",
            Asked::Nothing,
            "Oom true killed by SIGKILL while the kernel was out of memory: oom",
        );
        check(
            Exit::Signal(9),
            "",
            Asked::Nothing,
            "Crashed true killed by SIGKILL: by somebody, or by the kernel because memory ran out",
        );
        check(
            Exit::Signal(6),
            "memory allocation of 9 bytes failed",
            Asked::Nothing,
            "Oom true killed by SIGABRT: memory allocation of 9 bytes failed",
        );
        check(
            Exit::Signal(6),
            "limited\nmemory allocation of 9 bytes failed",
            Asked::Nothing,
            "Oom false over the memory limit of 512 MiB (SIGABRT): limited\nmemory allocation of 9 \
             bytes failed",
        );
        check(Exit::Signal(6), "assert", Asked::Nothing, "Crashed true killed by SIGABRT: assert");
    }

    #[test]
    fn only_the_last_lines_of_stderr_are_quoted() {
        check(
            Exit::Code(101),
            "1\n2\n\n3\n4\n5\n6",
            Asked::Nothing,
            "Crashed true ended with exit code 101: 2\n3\n4\n5\n6",
        );
    }

    #[test]
    fn an_endless_line_is_cut() {
        let line = "é".repeat(10_000);
        let cut = format!("Crashed true killed by SIGSEGV: {}...", "é".repeat(400));
        check(Exit::Signal(11), &line, Asked::Nothing, &cut);
    }
}
