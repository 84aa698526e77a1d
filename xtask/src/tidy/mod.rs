//! `cargo xtask tidy`: the house rules that no compiler knows.

mod dependencies;
mod registries;
mod sources;

use crate::ui::{self, Answer, Exit, Refusal, plural};
use crate::workspace::Workspace;

/// Looks at the workspace, names what breaks the rule.
type Rule = fn(&Workspace) -> Answer<Vec<String>>;

const RULES: &[Rule] = &[dependencies::problems, registries::problems, sources::problems];

/// Runs the command.
pub(crate) fn run(workspace: &Workspace) -> Answer {
    let problems = problems(workspace)?;
    if problems.is_empty() {
        ui::answer("tidy\n")?;
        return Ok(Exit::Ok);
    }
    let message = format!("{}:\n{}", plural(problems.len(), "problem"), problems.join("\n"));
    Err(Refusal::new(Exit::CheckFailed, message, "STYLE.md has the rules and their reasons"))
}

fn problems(workspace: &Workspace) -> Answer<Vec<String>> {
    let mut all = Vec::new();
    for rule in RULES {
        all.extend(rule(workspace)?);
    }
    Ok(all)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::Places;

    #[test]
    fn this_workspace_is_tidy() {
        let root = std::path::PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("..");
        let places = Places { root: Some(root), runs: None, data_dir: None, trial_binary: None };
        let problems = problems(&Workspace::find(&places)).unwrap();
        assert!(problems.is_empty(), "\n{}", problems.join("\n"));
    }
}
