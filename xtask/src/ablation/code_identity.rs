//! Half-done trials of another program: refused all at once, before anything runs.

use std::collections::BTreeMap;

use fireassay_tracking::{CheckpointManifest, CodeFacts, Provenance, RunDir, RunRecord, RunState};

use super::Session;
use super::select::Selection;
use crate::trial_program::FrozenProgram;
use crate::ui::{Answer, Exit, Refusal, plural};

/// Half of a trial by one program and half by another is a result of neither. A finished trial
/// keeps the program that made it, and the report says so.
pub(crate) fn check(
    session: &Session<'_>,
    selection: &Selection,
    program: &FrozenProgram,
) -> Answer<()> {
    if session.args.fresh || session.args.allow_binary_change {
        return Ok(());
    }
    let records = selection.to_run.iter().filter_map(|trial| selection.record_of(trial));
    let halves: Vec<Half<'_>> =
        records.filter_map(|record| Half::of_another(record, &program.hash)).collect();
    if halves.is_empty() {
        return Ok(());
    }
    Err(refusal(session, &halves, program))
}

/// A trial that is half-way, by another program.
struct Half<'r> {
    record: &'r RunRecord,
    /// blake3 of that program.
    program: String,
    /// Of its last checkpoint.
    step: u64,
}

impl<'r> Half<'r> {
    /// None if the trial would start anew, or go on with its own program. The trial asks the same
    /// again when it starts.
    fn of_another(record: &'r RunRecord, hash: &str) -> Option<Self> {
        let run = RunDir::open(&record.path).ok()?;
        // A damaged manifest is one that nobody goes on from.
        let manifest = CheckpointManifest::read(&run.checkpoints()).ok()??;
        let step = manifest.sets.first()?.step;
        let was_allowed = record.provenance.as_ref().is_some_and(|provenance| {
            let last = provenance.earlier.last();
            // Killed after that was allowed, and before its first own checkpoint.
            provenance.binary_hash == hash
                && last.is_some_and(|last| last.binary_hash == manifest.binary_hash)
        });
        let is_own = manifest.binary_hash == hash || was_allowed;
        (!is_own).then_some(Self { record, program: manifest.binary_hash, step })
    }
}

fn refusal(session: &Session<'_>, halves: &[Half<'_>], program: &FrozenProgram) -> Refusal {
    let mut by_program: BTreeMap<&str, Vec<&Half<'_>>> = BTreeMap::new();
    for half in halves {
        by_program.entry(&half.program).or_default().push(half);
    }
    let were = if halves.len() == 1 { "was" } else { "were" };
    let mut message = format!(
        "{} {were} brought half-way by another program, so nothing was run",
        plural(halves.len(), "trial")
    );
    let several = by_program.len() > 1;
    for (hash, halves) in by_program {
        let last = halves.iter().map(|half| half.step).max().unwrap_or_default();
        let changes = changes(halves[0].record.provenance.as_ref(), hash, program).join(", ");
        let what =
            if several { format!("{}, ", plural(halves.len(), "trial")) } else { String::new() };
        let line = format!("\n{what}as far as step {last}: {changes}");
        message.push_str(&line);
    }
    let anew = command(session, &words(halves), "--fresh");
    let only: Vec<String> = session.args.only.clone();
    let on = command(session, &only, "--allow-binary-change");
    let help = format!("start them anew: {anew}\nor go on, which marks the runs: {on}");
    Refusal::new(Exit::CheckFailed, message, &help)
}

/// What is another than before, as far as it was recorded.
fn changes(before: Option<&Provenance>, hash: &str, program: &FrozenProgram) -> Vec<String> {
    let mut changes = Vec::new();
    let mut note = |what: &str, old: &str, new: &str| {
        if old != new {
            changes.push(format!("{what} was {old} and is {new}"));
        }
    };
    if let Some(Provenance { code: old, binary_hash, .. }) = before {
        // Provenance is that of the last session, which may be later than the checkpoint.
        if binary_hash == hash {
            note("the source", &revision(old), &revision(&program.code));
            note("Cargo.lock", short(&old.lockfile_hash), short(&program.code.lockfile_hash));
            note("the toolchain", &old.toolchain, &program.code.toolchain);
        }
    }
    note("the program", short(hash), short(&program.hash));
    changes
}

fn revision(code: &CodeFacts) -> String {
    let revision = code.git_revision.as_deref().map_or("unknown", short);
    let changed = if code.git_dirty { " with changes" } else { "" };
    format!("{revision}{changed}")
}

/// Digits that tell two hashes apart.
fn short(hash: &str) -> &str {
    hash.get(..8).unwrap_or(hash)
}

/// Filters that select these trials, and of what was asked for nothing else that is half-done.
fn words(halves: &[Half<'_>]) -> Vec<String> {
    let is_failed = |half: &Half<'_>| matches!(half.record.state(), RunState::Failed(_));
    let mut words = Vec::new();
    words.extend(halves.iter().any(is_failed).then(|| "failed".to_owned()));
    words.extend((!halves.iter().all(is_failed)).then(|| "interrupted".to_owned()));
    words
}

fn command(session: &Session<'_>, words: &[String], flag: &str) -> String {
    let by_value = session.args.only.iter().filter(|filter| filter.contains('='));
    let mut filters: Vec<&String> = words.iter().collect();
    filters.extend(by_value.filter(|filter| !words.contains(filter)));
    let only: String = match filters.as_slice() {
        [] => String::new(),
        filters => filters.iter().fold(" --only".to_owned(), |line, word| format!("{line} {word}")),
    };
    format!("cargo xtask ablation {}{only} {flag}", session.loaded.experiment.name)
}
