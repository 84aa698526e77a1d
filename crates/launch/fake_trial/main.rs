//! A stand-in for `trial`, without Burn: same command line, scripted ends.
//!
//! `fake.json` in the datasets folder maps `<condition>.seed-<n>`, `<condition>` or `*` to what
//! the trial does, under `trials`; to fingerprints, under `fingerprints`; and to accuracies,
//! under `accuracy`. What it does not mention is done at once.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a program, not a library")]

mod ends;
mod facts;
mod identity;
mod steps;

use std::path::PathBuf;
use std::process::ExitCode;

use serde_json::Value;

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    match args.first().map(String::as_str) {
        Some("run") => ends::run(&args, &script(&args)),
        Some("fingerprint") => {
            println!("{}", facts::fingerprints(&script(&args)));
            ExitCode::SUCCESS
        }
        Some("--list-backends") => {
            println!("[\"flex\"]");
            ExitCode::SUCCESS
        }
        Some("bench") => {
            println!("mlp 1.0 ms/step\ncnn 20.0 ms/step\noverhead 5.0 %");
            ExitCode::SUCCESS
        }
        other => {
            eprintln!("fake trial: unknown command {other:?}");
            ExitCode::from(2)
        }
    }
}

/// The value that follows a flag.
fn flag<'a>(args: &'a [String], name: &str) -> Option<&'a str> {
    let at = args.iter().position(|arg| arg == name)?;
    args.get(at + 1).map(String::as_str)
}

fn script(args: &[String]) -> Value {
    let path = PathBuf::from(flag(args, "--datasets").expect("--datasets")).join("fake.json");
    match std::fs::read_to_string(path) {
        Ok(text) => serde_json::from_str(&text).expect("fake.json is JSON"),
        Err(_) => Value::Null,
    }
}
