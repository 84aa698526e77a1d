//! `trial`: one trial, one process. Started by xtask; by hand it does the same.
#![recursion_limit = "256"] // Burn's types nest deeply
#![expect(clippy::print_stdout, reason = "a binary talks to its caller")]

mod args;
mod bench;
mod code_identity;
mod conditions;
mod facts;
mod foreign;
mod last_words;
mod run;
mod source;
mod stop;

use std::io::Write;
use std::process::ExitCode;
use std::time::Instant;

use clap::Parser;

use crate::args::{Args, Command};

/// Exit codes; the same as xtask's where both have one.
pub(crate) mod exit {
    /// `summary.json` is written: done or diverged.
    pub(crate) const FINISHED: u8 = 0;
    /// No result; `status.json` says why.
    pub(crate) const FAILED: u8 = 1;
    /// Bad arguments or input; nothing was run.
    pub(crate) const USAGE: u8 = 2;
    /// Stopped at a checkpoint; the same command goes on.
    pub(crate) const INTERRUPTED: u8 = 75;
}

fn main() -> ExitCode {
    let started = Instant::now();
    let args = Args::parse();
    let code = match args.command {
        Some(Command::Run(run)) => run::run(&run, started),
        Some(Command::Fingerprint(machine)) => conditions::fingerprint_all(&machine),
        Some(Command::Bench(bench)) => bench::bench(&bench),
        Some(Command::Steps(steps)) => bench::steps(&steps),
        None => {
            // clap has made sure that `--list-backends` is given.
            let names: Vec<_> = fireassay_backend::compiled().iter().map(|b| b.name()).collect();
            println!("{}", serde_json::json!(names));
            Ok(exit::FINISHED)
        }
    };
    match code {
        Ok(code) => ExitCode::from(code),
        Err((code, report)) => {
            // Not `eprintln!`: a stderr that is full or closed must not change the exit code.
            let _ = writeln!(std::io::stderr(), "{report:?}");
            ExitCode::from(code)
        }
    }
}
