//! The program that runs: kept from being replaced, and asked for when a half-done trial goes on.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use fireassay_launch::program_hash;
use fireassay_tracking::RunDir;
use serde_json::json;

use crate::golden::check_golden;
use crate::interruption::{state_is, wait_for};
use crate::sandbox::{Said, Sandbox};

/// A program of its own for the sandbox.
fn program(sandbox: &Sandbox) -> PathBuf {
    let path = sandbox.root().join("trial");
    fs::copy(env!("CARGO_BIN_EXE_xtask-fake-trial"), &path).unwrap();
    path
}

/// The same program with another hash.
fn rebuild(program: &Path) {
    // In place, which is the worst that a linker can do.
    let mut file = fs::File::options().append(true).open(program).unwrap();
    file.write_all(b"\n").unwrap();
}

fn binary_of(sandbox: &Sandbox, run: &str) -> String {
    let dir = sandbox.run_dir("small", run).unwrap();
    RunDir::open(&dir).unwrap().provenance().unwrap().unwrap().binary_hash
}

#[test]
fn a_build_in_the_middle_of_a_run_does_not_reach_it() {
    let sandbox = Sandbox::new();
    let program = program(&sandbox);
    let before = program_hash(&program).unwrap();
    sandbox.script(&json!({ "*": "wait-for-go" }));
    let args = "ablation small -j1 --only condition=reference";
    let child = sandbox.command(args, program.to_str()).spawn().unwrap();
    wait_for(|| {
        let dir = sandbox.run_dir("small", "reference.seed-0");
        dir.is_some_and(|dir| state_is(&dir, "running"))
    });
    rebuild(&program);
    // Nor do edits of the experiment and of the dataset's title.
    sandbox.edit("experiments/small/experiment.toml", "lr = 0.1", "lr = 0.2");
    sandbox.write("datasets/go", "");
    let said = sandbox.said(args, &child.wait_with_output().unwrap());
    assert_eq!(said.code, 0, "{}", said.stderr);
    for run in ["reference.seed-0", "reference.seed-1"] {
        assert_eq!(binary_of(&sandbox, run), before, "{run}");
        let dir = sandbox.run_dir("small", run).unwrap();
        assert_eq!(RunDir::open(&dir).unwrap().trial().unwrap().spec.optim.lr, 0.1);
    }
    sandbox.edit("experiments/small/experiment.toml", "lr = 0.2", "lr = 0.1");
    let said = sandbox.xtask_with("ablation small -j1", program.to_str());
    assert_eq!(said.code, 0, "{}", said.stderr);
    assert_eq!(binary_of(&sandbox, "reference.seed-1"), before, "a finished trial is kept");
    assert_eq!(binary_of(&sandbox, "norm=layer.seed-0"), program_hash(&program).unwrap());
    // Of the two copies only that in use is kept.
    let copies = fs::read_dir(sandbox.root().join("target/frozen")).unwrap();
    assert_eq!(copies.filter(|entry| entry.as_ref().unwrap().path().is_dir()).count(), 1);
}

/// Two trials half-done and one finished by a program that is gone.
fn half_done() -> (Sandbox, PathBuf) {
    let sandbox = Sandbox::new();
    let program = program(&sandbox);
    sandbox.script(&json!({ "norm=layer": "half-once" }));
    let args = "ablation small -j1 -q --only norm=none norm=layer";
    assert_eq!(sandbox.xtask_with(args, program.to_str()).code, 75);
    rebuild(&program);
    (sandbox, program)
}

/// Without the hashes, which are those of a test's build.
fn masked(said: &Said, old: &str, program: &Path) -> String {
    let new = program_hash(program).unwrap();
    said.journey().replace(&old[..8], "<before>").replace(&new[..8], "<now>")
}

#[test]
fn half_done_trials_of_another_program_are_refused_before_anything_runs() {
    let (sandbox, program) = half_done();
    let old = binary_of(&sandbox, "norm=layer.seed-0");
    let said = sandbox.xtask_with("ablation small -j1", program.to_str());
    assert_eq!(said.code, 4);
    check_golden("another-program", &masked(&said, &old, &program));
    let status =
        fs::read(sandbox.run_dir("small", "norm=layer.seed-0").unwrap().join("status.json"));
    assert!(sandbox.run_dir("small", "norm=batch").is_none(), "nothing was made");
    // A selection without them is not concerned.
    let said = sandbox.xtask_with("ablation small -j1 --only norm=batch", program.to_str());
    assert_eq!(said.code, 0, "{}", said.stderr);
    let now = fs::read(sandbox.run_dir("small", "norm=layer.seed-0").unwrap().join("status.json"));
    assert_eq!(status.unwrap(), now.unwrap());
    // Both ways out work as they are told.
    let anew = "ablation small -j1 --only interrupted --fresh";
    assert_eq!(sandbox.xtask_with(anew, program.to_str()).code, 75);
    let said = sandbox.xtask_with("ablation small -j1", program.to_str());
    assert_eq!(said.code, 0, "{}", said.stderr);
    assert_ne!(binary_of(&sandbox, "norm=layer.seed-0"), old);
}

#[test]
fn a_change_that_is_allowed_marks_the_runs_and_the_report_says_so() {
    let (sandbox, program) = half_done();
    let old = binary_of(&sandbox, "norm=layer.seed-0");
    let args = "ablation small -j1 --allow-binary-change";
    let said = sandbox.xtask_with(args, program.to_str());
    assert_eq!(said.code, 0, "{}", said.stderr);
    let warning = "2 trials were begun by one program and finished by another: norm=layer seed 0 \
                   and norm=layer seed 1";
    let flowed = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(flowed(&said.stdout).contains(warning), "{}", said.stdout);
    let shown = sandbox.xtask("runs show small/norm=layer/0").stdout;
    assert!(shown.contains(&format!("  begun with  steps up to 10 by {old} (")), "{shown}");
    let json = sandbox.xtask("report small --format json").stdout;
    assert!(json.contains("\"norm=layer\""), "its results are used");
    let other = sandbox.run_dir("small", "norm=layer.seed-1").unwrap();
    let marks = RunDir::open(&other).unwrap().provenance().unwrap().unwrap().earlier;
    assert_eq!((marks.len(), marks[0].until_step), (1, 10));
    // What was allowed once is not asked again.
    assert_eq!(sandbox.xtask_with("ablation small -j1", program.to_str()).code, 0);
}
