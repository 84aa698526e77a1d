//! `cargo xtask runs verify`: whether the files of runs still are what was written.
//!
//! Named after `data verify`, which does the same for datasets: `--check` asks elsewhere whether
//! something is up to date.

use std::collections::BTreeSet;

use fireassay_tracking::{RunProblem, Store, Verification};

use super::shelf::{self, printable};
use crate::ui::{self, Answer, Exit, Refusal, Ui, plural};
use crate::workspace::Workspace;

/// Runs the command.
pub(super) fn run(experiment: Option<&str>, workspace: &Workspace) -> Answer {
    let names = match experiment {
        Some(name) => vec![shelf::known(workspace, name)?],
        None => shelf::names(workspace)?,
    };
    let mut found = Vec::new();
    for name in names {
        let verified = Store::verify(&workspace.runs_of(&name))
            .map_err(|error| Refusal::from_diagnostic(Exit::Usage, error))?;
        found.push((name, verified));
    }
    if found.iter().all(|(_, verified)| verified.runs == 0 && verified.problems.is_empty()) {
        let help = "`cargo xtask ablation` lists the experiments";
        return Err(Refusal::new(Exit::NothingSelected, "nothing has been run", help));
    }
    ui::answer(&text(&found))?;
    let mut exit = Exit::Ok;
    for (name, verified) in found.iter().filter(|(_, verified)| !verified.problems.is_empty()) {
        exit = Exit::CheckFailed;
        let things = plural(folders(&verified.problems).len(), "damaged item");
        let help = format!(
            "copy what is damaged again; or cargo xtask runs gc {name} --damaged, then cargo xtask \
             ablation {name}"
        );
        Ui::new(false, false).warning(&format!("`{name}` has {things}"), &help);
    }
    Ok(exit)
}

fn text(found: &[(String, Verification)]) -> String {
    const HEADER: [&str; 5] = ["experiment", "runs", "files", "size", "damaged"];
    const NUMBERS: [usize; 4] = [1, 2, 3, 4];
    let row = |(name, verified): &(String, Verification)| {
        vec![
            name.clone(),
            verified.runs.to_string(),
            verified.files.to_string(),
            ui::bytes(verified.bytes),
            folders(&verified.problems).len().to_string(),
        ]
    };
    let mut text = ui::table(&HEADER, &NUMBERS, found.iter().map(row).collect());
    for (name, verified) in found {
        if !verified.problems.is_empty() {
            text.push('\n');
        }
        for RunProblem { dir, detail, .. } in &verified.problems {
            text.push_str(&printable(&format!("  {name}/{dir}: {detail}")));
            text.push('\n');
        }
    }
    text
}

/// Folders with problems, and the registration if it has one.
fn folders(problems: &[RunProblem]) -> BTreeSet<&str> {
    problems.iter().map(|problem| problem.dir.as_str()).collect()
}
