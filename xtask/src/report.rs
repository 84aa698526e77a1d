//! `cargo xtask report`: the answer from what has been run so far.

use std::fs;
use std::path::PathBuf;

use fireassay_report::{Results, files};
use fireassay_tracking::Store;

use crate::ablation::{is_complete, publish, render, results_of, strays};
use crate::catalogue::{self, Loaded};
use crate::cli::{Format, ReportArgs};
use crate::ui::{self, Answer, Exit, OrRefuse, Refusal};
use crate::workspace::Workspace;

/// Runs the command.
pub(crate) fn run(args: &ReportArgs, workspace: &Workspace) -> Answer {
    let loaded = catalogue::load_continued(workspace, &args.name)?;
    refuse_empty(workspace, &args.name)?;
    if args.check {
        return check(workspace, &loaded);
    }
    let results = publish(workspace, &loaded)?;
    ui::answer(&render(workspace, &results, args.format)?)?;
    Ok(Exit::Ok)
}

fn refuse_empty(workspace: &Workspace, name: &str) -> Answer<()> {
    let survey = Store::survey(&workspace.runs_of(name))
        .map_err(|error| Refusal::from_diagnostic(Exit::Usage, error))?;
    if survey.records.is_empty() && survey.problems.is_empty() {
        let message = format!("nothing of `{name}` has been run");
        let help = format!("cargo xtask ablation {name}");
        return Err(Refusal::new(Exit::NothingSelected, message, &help));
    }
    Ok(())
}

/// A written report is stale when the runs say something else by now.
fn check(workspace: &Workspace, loaded: &Loaded) -> Answer {
    let results = results_of(workspace, loaded)?;
    let stale = stale(workspace, loaded, &results)?;
    let Some((path, refresh)) = stale else {
        ui::answer(&format!("the reports of {} are up to date\n", loaded.experiment.name))?;
        return Ok(Exit::Ok);
    };
    let message = format!("`{}` is not what the runs say", workspace.short(&path).display());
    Err(Refusal::new(Exit::CheckFailed, message, &refresh))
}

/// The first stale file, and the command that refreshes it.
fn stale(
    workspace: &Workspace,
    loaded: &Loaded,
    results: &Results,
) -> Answer<Option<(PathBuf, String)>> {
    let name = &loaded.experiment.name;
    let dir = workspace.runs_of(name);
    let files = files(results).or_refuse(Exit::Bug)?;
    let is = |path: &PathBuf, text: &str| fs::read_to_string(path).is_ok_and(|old| old == text);
    let differs = files.iter().map(|(path, text)| (dir.join(path), text));
    let differs = differs.filter(|(path, text)| !is(path, text)).map(|(path, _)| path).next();
    if let Some(path) = differs.or_else(|| strays(&dir, &files).into_iter().next()) {
        return Ok(Some((path, format!("cargo xtask report {name}"))));
    }
    // The committed report was made elsewhere, with other times; only its numbers can be stale.
    let committed = workspace.experiments.join(name).join("results.json");
    let json = render(workspace, results, Format::Json)?;
    if is_complete(results) && committed.exists() && !is(&committed, &json) {
        return Ok(Some((committed, "cargo xtask bless".to_owned())));
    }
    Ok(None)
}
