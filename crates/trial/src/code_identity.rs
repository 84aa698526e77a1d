//! Half of a trial by one program and half by another is a result of neither: such a trial is
//! refused, or marked.

use fireassay_tracking::{Build, CheckpointManifest, CodeFacts, Provenance, RunDir};
use miette::{IntoDiagnostic, Report, miette};

/// The programs that `run` was worked on with before this one. Refused if there are any whose work
/// this one would go on from, unless `allowed`. A trial that has no checkpoint starts anew.
pub(crate) fn earlier_builds(
    run: &RunDir,
    code: &CodeFacts,
    binary_hash: &str,
    allowed: bool,
) -> Result<Vec<Build>, Report> {
    // A damaged manifest is one that nobody goes on from.
    let manifest = CheckpointManifest::read(&run.checkpoints()).ok().flatten();
    let Some((manifest, last)) = manifest.and_then(|manifest| {
        let last = manifest.sets.first()?.step;
        Some((manifest, last))
    }) else {
        return Ok(Vec::new());
    };
    let before = run.provenance().into_diagnostic()?;
    let marked = before.as_ref().map_or_else(Vec::new, |before| before.earlier.clone());
    if manifest.binary_hash == binary_hash {
        return Ok(marked);
    }
    // The session of ours that was allowed may have ended before its first checkpoint.
    let is_known = marked.last().is_some_and(|last| last.binary_hash == manifest.binary_hash);
    if is_known && before.as_ref().is_some_and(|before| before.binary_hash == binary_hash) {
        return Ok(marked);
    }
    if !allowed {
        let changes = changes(before.as_ref(), code, &manifest.binary_hash, binary_hash);
        return Err(miette!(
            help = "start it anew with `--fresh`, or go on with `--allow-binary-change`, which \
                    marks the run",
            "this trial was brought to step {last} by another program: {}",
            changes.join(", ")
        ));
    }
    let code = before.map_or_else(CodeFacts::default, |before| before.code);
    let build = Build { binary_hash: manifest.binary_hash, code, until_step: last };
    Ok(marked.into_iter().chain([build]).collect())
}

/// What is another than before, as far as it was recorded.
fn changes(before: Option<&Provenance>, code: &CodeFacts, old: &str, new: &str) -> Vec<String> {
    let mut changes = Vec::new();
    let mut note = |what: &str, old: &str, new: &str| {
        if old != new {
            changes.push(format!("{what} was {old} and is {new}"));
        }
    };
    let short = |hash: &str| hash.get(..8).unwrap_or(hash).to_owned();
    if let Some(Provenance { code: old, .. }) = before {
        let revision = |code: &CodeFacts| {
            let revision = code.git_revision.as_deref().map_or_else(|| "unknown".into(), short);
            let changed = if code.git_dirty { " with changes" } else { "" };
            format!("{revision}{changed}")
        };
        note("the source", &revision(old), &revision(code));
        note("Cargo.lock", &short(&old.lockfile_hash), &short(&code.lockfile_hash));
        note("the toolchain", &old.toolchain, &code.toolchain);
    }
    note("the program", &short(old), &short(new));
    changes
}
