//! `cargo xtask bless`: accepts what golden tests and experiments say now.

use std::fs;
use std::path::Path;

use fireassay_report::files;
use fireassay_tracking::write_atomic;

use crate::ablation::{is_complete, results_of};
use crate::catalogue;
use crate::steps::Step;
use crate::ui::{Answer, Exit, OrRefuse, Refusal, Ui};
use crate::workspace::Workspace;

/// The tests write their golden files instead of comparing with them.
const GOLDENS: Step = Step {
    name: "goldens",
    args: &["test", "--workspace", "--release"],
    env: &[("INSTA_UPDATE", "always")],
};

/// Runs the command.
pub(crate) fn run(workspace: &Workspace) -> Answer {
    let ui = Ui::new(false, false);
    // Before the tests: one of them compares a store with what an experiment says.
    for name in catalogue::names(workspace)? {
        bless_results(workspace, &name, &ui)?;
    }
    let passed = GOLDENS.run(workspace, &ui)?;
    ui.verb("Summary", "read the diff as a reviewer: `git diff`");
    Ok(if passed { Exit::Ok } else { Exit::CheckFailed })
}

/// Copies a complete experiment's report into its folder, and the machine-free results that
/// tell later whether the report is stale.
fn bless_results(workspace: &Workspace, name: &str, ui: &Ui) -> Answer<()> {
    let loaded = catalogue::load_continued(workspace, name)?;
    let results = results_of(workspace, &loaded)?;
    if !is_complete(&results) {
        ui.verb("Skipped", format!("{name}: not all of its trials are finished"));
        return Ok(());
    }
    let folder = workspace.experiments.join(name);
    let files = files(&results).or_refuse(Exit::Bug)?;
    for (file, text) in files {
        // Of all formats, those that a repository shows: words, figures, and numbers to check.
        let file = match file.as_str() {
            "report.md" => "results.md",
            "results.json" => "results.json",
            figure if figure.starts_with("figures/") => figure,
            _ => continue,
        };
        let path = folder.join(file);
        if fs::read_to_string(&path).is_ok_and(|old| old == text) {
            continue;
        }
        if let Some(parent) = path.parent() {
            fs::create_dir_all(parent).or_refuse(Exit::Usage)?;
        }
        write(&path, &text)?;
        ui.verb("Wrote", workspace.short(&path).display());
    }
    Ok(())
}

fn write(path: &Path, text: &str) -> Answer<()> {
    write_atomic(path, text.as_bytes()).map_err(|error| {
        Refusal::new(Exit::Usage, format!("cannot write `{}`: {error}", path.display()), "")
    })
}
