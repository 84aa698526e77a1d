//! Another program, a panic, too little memory: what a trial refuses, and what it leaves behind.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use fireassay_spec::Kernels;
use fireassay_tracking::{Attempt, FailureKind, State};
use rustix::process::Signal;
use serde_json::json;

use crate::support::{Ended, Run, assert_same, cnn_trial, mlp_trial, reference};

/// Stops a trial half-way, at a checkpoint of some step.
fn half_done() -> (Run, u64) {
    let run = Run::new(&cnn_trial(&[]));
    let mut process = run.start(&["--checkpoint-steps", "7"]);
    assert!(process.wait_until(&mut || run.step() >= 20));
    process.signal(Signal::TERM);
    assert_eq!(process.wait(), Some(75));
    let step = run.step();
    (run, step)
}

/// The same program with another hash.
fn another_program(run: &Run) -> PathBuf {
    let path = run.root().join("trial");
    // Written by another process: one that a test beside this one starts meanwhile would inherit
    // the open file, and a program that is open for writing cannot be run.
    let copy = "cp \"$1\" \"$2\" && echo >> \"$2\"";
    let mut shell = Command::new("sh");
    shell.args(["-c", copy, "sh", env!("CARGO_BIN_EXE_trial")]).arg(&path);
    assert!(shell.status().unwrap().success());
    path
}

fn end_with(program: &PathBuf, run: &Run, flags: &[&str]) -> Ended {
    let mut command = Command::new(program);
    command.args(run.command(flags).get_args());
    Ended::new(command.output().unwrap())
}

#[test]
fn another_program_goes_on_only_when_told_and_marks_the_run() {
    let (run, step) = half_done();
    let before = run.dir.provenance().unwrap().unwrap();
    assert_eq!(before.earlier, []);
    let other = another_program(&run);
    let refused = end_with(
        &other,
        &run,
        &[
            "--code",
            r#"{"git-revision":"0123456789abcdef",
        "git-dirty":true,"lockfile-hash":"","toolchain":"rustc 9"}"#,
        ],
    );
    assert_eq!(refused.code, Some(2));
    let words = refused.words();
    for part in [
        &format!("this trial was brought to step {step} by another program"),
        "the source was unknown and is 01234567 with changes",
        "the toolchain was unknown and is rustc 9",
        &format!("the program was {} and is ", &before.binary_hash[..8]),
        "--allow-binary-change",
    ] {
        assert!(words.contains(part), "no `{part}` in: {words}");
    }
    assert!(!words.contains("Cargo.lock"), "{words}");
    assert_eq!(run.dir.provenance().unwrap().unwrap(), before, "nothing was touched");
    assert_eq!((run.state(), run.step()), (Some(State::Interrupted), step));

    let ended = end_with(&other, &run, &["--allow-binary-change"]);
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    assert_same(&run.results(), reference());
    let after = run.dir.provenance().unwrap().unwrap();
    assert_ne!(after.binary_hash, before.binary_hash);
    let [earlier] = after.earlier.as_slice() else { panic!("{:?}", after.earlier) };
    assert_eq!((&earlier.binary_hash, earlier.until_step), (&before.binary_hash, step));
}

#[test]
fn a_change_that_was_allowed_is_allowed_once_for_each_program() {
    let (run, step) = half_done();
    let other = another_program(&run);
    let mut command = Command::new(&other);
    // The session that was allowed is killed before its first checkpoint.
    command.args(run.command(&["--allow-binary-change", "--checkpoint-secs", "1000"]).get_args());
    let mut process = crate::support::Process::start(&mut command);
    assert!(process.wait_until(&mut || run.state() == Some(State::Running)));
    process.signal(Signal::KILL);
    assert_eq!(process.wait(), None);
    assert_eq!(run.dir.provenance().unwrap().unwrap().earlier.len(), 1);
    let back = run.end(&[]);
    assert_eq!(back.code, Some(0), "the program that it was begun with: {}", back.stderr);
    assert_same(&run.results(), reference());
    let status = run.dir.status().unwrap().unwrap();
    let ends: Vec<(u64, State)> = status.attempts.iter().map(|a| (a.session, a.state)).collect();
    assert_eq!(ends, [(1, State::Interrupted), (2, State::Running)]);
    assert!(status.attempts.iter().all(|attempt| attempt.step == step));
}

#[test]
fn a_trial_without_a_checkpoint_belongs_to_no_program() {
    let (run, _) = half_done();
    fs::remove_dir_all(run.dir.checkpoints()).unwrap();
    let ended = end_with(&another_program(&run), &run, &[]);
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    assert_same(&run.results(), reference());
    assert_eq!(run.dir.provenance().unwrap().unwrap().earlier, []);
}

/// Group norm over a single value, which Burn refuses in its own way.
#[test]
fn a_panic_leaves_its_place_and_how_it_came_there() {
    let mut trial = mlp_trial(&[
        ("/model/mlp/widths", json!([1])),
        ("/model/mlp/norm", json!({ "group": 1 })),
        ("/train/batch-size", json!(1)),
    ]);
    trial.kernels = Kernels::Off; // Burn's own norm panics here
    trial.id = trial.content_id();
    let run = Run::new(&trial);
    let ended = run.end(&[]);
    assert_eq!(ended.code, Some(1));
    let status = run.dir.status().unwrap().unwrap();
    assert_eq!(status.state, State::Failed(FailureKind::Crashed));
    let message = status.message.unwrap();
    assert!(message.starts_with("panic: "), "{message}");
    let text = fs::read_to_string(run.dir.error_path()).unwrap();
    let mut lines = text.lines();
    assert_eq!(lines.next().unwrap(), message.lines().next().unwrap());
    assert!(text.contains("\npanicked at ") && text.contains(", thread main\n"), "{text}");
    // The functions that led there, from the innermost to the outermost.
    let at = |name: &str| text.find(name).unwrap_or_else(|| panic!("no {name} in: {text}"));
    assert!(at("train_step") < at("trial::main"), "{text}");
}

#[test]
#[cfg(target_os = "linux")]
fn too_little_memory_ends_a_trial_that_can_go_on_with_more() {
    let run = Run::new(&cnn_trial(&[]));
    let ended = run.end(&["--memory-limit", "1000000"]);
    let is_refused = ended.code == Some(1) && ended.stderr.contains("out of memory");
    let is_ended = ended.code.is_none() && ended.stderr.contains("memory allocation of");
    assert!(is_refused || is_ended, "{ended:?}");
    assert!(!run.file("summary.json").exists());
    run.to_end(&["--memory-limit", "1000000000"]);
    assert_same(&run.results(), reference());
}

#[test]
fn attempts_are_kept_with_their_reasons() {
    let run = Run::new(&cnn_trial(&[]));
    let ended = run.end(&["--datasets", "/nowhere"]);
    assert_eq!(ended.code, Some(1));
    let failed = run.dir.status().unwrap().unwrap();
    assert_eq!((failed.sessions, failed.attempts.len()), (1, 0));
    assert!(fs::read_to_string(run.dir.error_path()).unwrap().contains("/nowhere"));
    run.to_end(&[]);
    let status = run.dir.status().unwrap().unwrap();
    let attempt = Attempt { session: 1, state: failed.state, step: 0, message: failed.message };
    assert_eq!((status.sessions, status.attempts), (2, vec![attempt]));
    assert!(!run.dir.error_path().exists(), "what was wrong is wrong no more");
}
