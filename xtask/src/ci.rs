//! `cargo xtask ci`: every check, the cheap ones first.

use crate::cli::CiArgs;
use crate::steps::Step;
use crate::test::ALL_TESTS;
use crate::ui::{Answer, Exit, Ui};
use crate::workspace::Workspace;

/// Everything in release: one build of Burn serves them all.
const STEPS: &[Step] = &[
    Step { name: "fmt", args: &["fmt", "--all", "--check"], env: &[] },
    Step { name: "tidy", args: &["xtask", "tidy"], env: &[] },
    Step {
        name: "clippy",
        args: &["clippy", "--workspace", "--all-targets", "--release", "--", "-D", "warnings"],
        env: &[],
    },
    ALL_TESTS,
    Step {
        name: "doc",
        args: &["doc", "--workspace", "--no-deps", "--release"],
        env: &[("RUSTDOCFLAGS", "-D warnings")],
    },
    Step {
        name: "smoke",
        args: &[
            "xtask",
            "ablation",
            "batch-norm",
            "--only",
            "seed=0",
            "--fresh",
            "--runs",
            "target/smoke",
        ],
        env: &[],
    },
];

/// What `--only` takes.
pub(crate) fn step_names() -> Vec<&'static str> {
    STEPS.iter().map(|step| step.name).collect()
}

/// Runs the command.
pub(crate) fn run(args: &CiArgs, workspace: &Workspace) -> Answer {
    let ui = Ui::new(false, false);
    let only = args.only.as_deref();
    let mut failed = Vec::new();
    for step in STEPS.iter().filter(|step| only.is_none_or(|name| name == step.name)) {
        if !step.run(workspace, &ui)? {
            failed.push(step);
            if !args.keep_going {
                break;
            }
        }
    }
    for step in &failed {
        ui.warning(&format!("step `{}` failed", step.name), &step.line());
    }
    Ok(if failed.is_empty() { Exit::Ok } else { Exit::CheckFailed })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cheap_steps_come_first_and_have_distinct_names() {
        assert_eq!(step_names(), ["fmt", "tidy", "clippy", "test", "doc", "smoke"]);
    }
}
