//! A trial that another program brought half-way is refused, or marked.

use fireassay_tracking::{Build, CodeFacts, HalfDone, RunDir};
use miette::{IntoDiagnostic, Report, miette};

/// The programs that `run` was worked on with before this one. Refused if this one would go on from
/// the work of another, unless `allowed`.
pub(crate) fn earlier_builds(
    run: &RunDir,
    code: &CodeFacts,
    program: &str,
    allowed: bool,
) -> Result<Vec<Build>, Report> {
    let Some(half) = HalfDone::of(run).into_diagnostic()? else { return Ok(Vec::new()) };
    if allowed || half.belongs_to(program) {
        return Ok(half.earlier_builds(program));
    }
    Err(miette!(
        help = "start it anew with `--fresh`, or go on with `--allow-binary-change`, which marks \
                the run",
        "this trial was brought to step {} by another program: {}",
        half.step,
        half.changes(code, program).join(", ")
    ))
}
