//! The command line of the workspace: `cargo xtask <command>`.

mod ablation;
mod bench;
mod bless;
mod catalogue;
mod ci;
mod cli;
mod code_facts;
mod compare;
mod data;
mod doctor;
mod export;
mod memory_size;
mod new;
mod report;
mod reproduce;
mod runs;
mod steps;
mod test;
mod tidy;
mod trial_program;
mod ui;
mod verify;
mod workspace;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::ExitCode;

use clap::Parser;

use crate::cli::{Cli, Command};
use crate::ui::{Answer, Exit};
use crate::workspace::Workspace;

fn main() -> ExitCode {
    let cli = Cli::parse();
    // A panic has already printed itself; here it only gets its documented exit code.
    let exit = match catch_unwind(AssertUnwindSafe(|| dispatch(&cli))) {
        Ok(Ok(exit)) => exit,
        Ok(Err(refusal)) => {
            ui::print_refusal(&refusal);
            refusal.exit
        }
        Err(_) => Exit::Bug,
    };
    ExitCode::from(exit.code())
}

fn dispatch(cli: &Cli) -> Answer {
    let workspace = Workspace::find(&cli.places);
    match &cli.command {
        Command::Ablation(args) => ablation::run(args, &workspace),
        Command::Report(args) => report::run(args, &workspace),
        Command::Export(args) => export::run(args, &workspace),
        Command::Compare(args) => compare::run(args, &workspace),
        Command::Runs(args) => runs::run(args, &workspace),
        Command::Reproduce(args) => reproduce::run(args, &workspace),
        Command::VerifyResume(args) => verify::run(args, &workspace),
        Command::Data(args) => data::run(args, &workspace),
        Command::New(args) => new::run(args, &workspace),
        Command::Doctor => doctor::run(&workspace),
        Command::Test => test::run(&workspace),
        Command::Ci(args) => ci::run(args, &workspace),
        Command::Bless => bless::run(&workspace),
        Command::Tidy => tidy::run(&workspace),
        Command::Bench(args) => bench::run(args, &workspace),
    }
}
