//! `cargo xtask test`: all tests, in the profile that trains.

use crate::steps::Step;
use crate::ui::{Answer, Exit, Ui};
use crate::workspace::Workspace;

/// What the README calls.
pub(crate) const ALL_TESTS: Step =
    Step { name: "test", args: &["test", "--workspace", "--release"], env: &[] };

/// Runs the command.
pub(crate) fn run(workspace: &Workspace) -> Answer {
    let passed = ALL_TESTS.run(workspace, &Ui::new(false, false))?;
    Ok(if passed { Exit::Ok } else { Exit::CheckFailed })
}
