//! `cargo xtask runs`: what lies in `runs/`, and moving it to another machine.

mod args;
mod export;
mod gc;
mod history;
mod import;
mod keep;
mod list;
mod remove;
mod shelf;
mod show;
mod verify;

use std::path::PathBuf;

use crate::ui::Answer;
use crate::workspace::Workspace;

use args::RunsCommand;
pub(crate) use args::{RUNS_EXAMPLES, RunsArgs};

/// Runs the command.
pub(crate) fn run(args: &RunsArgs, workspace: &Workspace) -> Answer {
    match &args.command {
        RunsCommand::List(args) => list::run(args, workspace),
        RunsCommand::Show { run } => show::run(run, workspace),
        RunsCommand::Gc(args) => gc::run(args, workspace),
        RunsCommand::Export(args) => export::run(args, workspace),
        RunsCommand::Import(args) => import::run(args, workspace),
        RunsCommand::Verify { experiment } => verify::run(experiment.as_deref(), workspace),
    }
}

/// The directory of a run, named in any way that `runs show` takes.
pub(crate) fn locate(text: &str, workspace: &Workspace) -> Answer<PathBuf> {
    show::locate(text, workspace)
}
