//! How a run came to where it is: attempts, programs, and the last words of the last failure.

use std::fs;

use fireassay_tracking::{FailureKind, Provenance, RunDir, RunRecord, State, Status};

use super::shelf::printable;
use crate::workspace::Workspace;

/// Enough of a failure's account to see what it was.
const LAST_WORDS: usize = 15;

/// One line for each session so far, if there was more than one; the last one is the run's state.
pub(super) fn attempts(record: &RunRecord) -> Vec<String> {
    let Some(status) = &record.status else { return Vec::new() };
    if status.attempts.is_empty() {
        return Vec::new();
    }
    let all = status.history();
    let forgotten = all.first().is_some_and(|first| first.session > 1);
    let mut lines = Vec::new();
    if forgotten {
        lines.push(format!("(only the last {} are kept)", Status::MAX_ATTEMPTS));
    }
    for attempt in &all {
        let (session, step) = (attempt.session, attempt.step);
        let mut line = format!("{session:>3}  {}, step {step}", word(attempt.state));
        // The rest is in the log, and of the last one in error.txt.
        if let Some(said) = attempt.message.as_deref().and_then(|message| message.lines().next()) {
            line = format!("{line}: {}", printable(said));
        }
        lines.push(line);
    }
    lines
}

/// Programs that the run was begun with, oldest first.
pub(super) fn earlier_programs(provenance: &Provenance) -> Vec<String> {
    let line = |build: &fireassay_tracking::Build| {
        let revision = build.code.git_revision.as_deref().unwrap_or("no revision");
        let dirty = if build.code.git_dirty { ", with changes" } else { "" };
        let (step, hash) = (build.until_step, &build.binary_hash);
        format!("steps up to {step} by {hash} ({revision}{dirty})")
    };
    provenance.earlier.iter().map(line).collect()
}

/// Where `error.txt` is, and how it begins; none where there is none.
pub(super) fn last_words(run: &RunDir, workspace: &Workspace) -> Option<(String, Vec<String>)> {
    let path = run.error_path();
    let bytes = fs::read(&path).ok()?;
    let text = String::from_utf8_lossy(&bytes);
    let lines: Vec<&str> = text.trim_end().lines().collect();
    let mut shown: Vec<String> =
        lines.iter().take(LAST_WORDS).map(|line| printable(line)).collect();
    if lines.len() > LAST_WORDS {
        shown.push(format!("... ({} more lines)", lines.len() - LAST_WORDS));
    }
    Some((workspace.short(&path).display().to_string(), shown))
}

fn word(state: State) -> &'static str {
    match state {
        State::Running => "killed",
        State::Interrupted => "interrupted",
        State::Done => "done",
        State::Diverged => "diverged",
        State::Failed(FailureKind::Crashed) => "crashed",
        State::Failed(FailureKind::Oom) => "out of memory",
        State::Failed(FailureKind::Pretraining) => "no source",
        State::Failed(FailureKind::Timeout) => "timeout",
    }
}
