//! Real processes: what they are given, how they end, and that none is left behind.

use std::path::Path;
use std::time::{Duration, Instant};

use crate::support::{Bench, command, pending, record};
use fireassay_launch::{Local, Options, Stop};
use fireassay_tracking::{FailureKind, RunDir, State};
use serde_json::json;

fn is_running(dir: &RunDir) -> bool {
    dir.status().unwrap().is_some_and(|status| status.state == State::Running)
}

fn check(deed: &str, expected: &str) {
    let bench = Bench::new(&json!({ "*": deed }));
    let lines = bench.run(&[("a", 0)], &Options::default());
    assert_eq!(lines, ["started a.seed-0 1", expected]);
}

#[test]
fn results_are_read_from_the_run_directory() {
    check("done", "finished a.seed-0 Done 2");
    check("diverge", r#"finished a.seed-0 Diverged { step: 41, value: "NaN" } 2"#);
}

#[test]
fn failures_carry_their_reason() {
    check("fail", "failed a.seed-0 Crashed: the data ran dry");
    check("usage", "failed a.seed-0 Crashed: ended with exit code 2: error: no backend `abacus`");
    check(
        "panic",
        "failed a.seed-0 Crashed: ended with exit code 101: thread 'main' panicked at \
         somewhere.rs:1:1:\nindex out of bounds",
    );
    check("silent", "failed a.seed-0 Crashed: ended with exit code 0 but without a summary.json");
}

#[test]
fn death_by_signal_is_named() {
    check("abort", "failed a.seed-0 Crashed: killed by SIGABRT");
    check(
        "out-of-memory",
        "failed a.seed-0 Oom: killed by SIGABRT: memory allocation of 9 bytes failed",
    );
}

#[test]
fn a_sigkill_from_outside_is_a_crash_or_the_kernels_doing() {
    let bench = Bench::new(&json!({ "*": "killed" }));
    let lines = bench.run(&[("a", 0)], &Options::default());
    // Which of the two depends on whether the kernel was out of memory meanwhile.
    let text = &lines[1];
    assert!(text.starts_with("failed a.seed-0 ") && text.contains("killed by SIGKILL"), "{text}");
}

#[test]
fn a_process_gets_its_threads_and_keeps_its_memory() {
    check(
        "environment",
        "failed a.seed-0 Crashed: RAYON_NUM_THREADS=3 MALLOC_MMAP_THRESHOLD_=1073741824 \
         MALLOC_TRIM_THRESHOLD_=4294967296",
    );
}

#[test]
fn a_retry_goes_on_in_the_same_directory() {
    let bench = Bench::new(&json!({ "*": "fail-once" }));
    let options = Options { max_retries: 1, ..Options::default() };
    let lines = bench.run(&[("a", 0)], &options);
    let expected = [
        "started a.seed-0 1",
        "retried a.seed-0 1: a passing cloud",
        "started a.seed-0 2",
        "finished a.seed-0 Done 2",
    ];
    assert_eq!(lines, expected);
}

#[test]
fn an_old_failure_is_not_taken_for_a_new_one() {
    let bench = Bench::new(&json!({ "*": "fail" }));
    bench.run(&[("a", 0)], &Options::default());
    let trials = pending(&bench.runs(), &[("a", 0)]);
    let command = command("/bin/false", bench.folder.path());
    let mut local = Local::new(command, 1).unwrap();
    let (lines, _) = record(&trials, &mut local, &Options::default(), |_| Stop::No);
    assert_eq!(lines[1], "failed a.seed-0 Crashed: ended with exit code 1");
}

#[test]
fn a_timeout_stops_the_process_and_is_recorded() {
    let bench = Bench::new(&json!({ "*": "hang" }));
    let options = Options { timeout: Some(Duration::from_millis(1)), ..Options::default() };
    let lines = bench.run(&[("a", 0)], &options);
    assert_eq!(lines[1], "failed a.seed-0 Timeout: ran longer than the time limit of 0.001 s");
    let status = pending(&bench.runs(), &[("a", 0)])[0].dir.status().unwrap().unwrap();
    assert_eq!(status.state, State::Failed(FailureKind::Timeout));
}

#[test]
fn a_process_that_does_not_listen_is_killed() {
    let bench = Bench::new(&json!({ "a": "deaf", "b": "hang" }));
    let trials = pending(&bench.runs(), &[("a", 0), ("b", 0)]);
    let (lines, outcome) = record(&trials, &mut bench.local(2), &Options::default(), |lines| {
        let both_run = trials.iter().all(|trial| is_running(&trial.dir));
        match lines.last().map(String::as_str) {
            Some("started b.seed-0 1") if both_run => Stop::Checkpoint,
            Some("interrupted b.seed-0") => Stop::Kill,
            _ => Stop::No,
        }
    });
    let expected = [
        "started a.seed-0 1",
        "started b.seed-0 1",
        "stopping 2 kill=false",
        "interrupted b.seed-0",
        "stopping 1 kill=true",
        "interrupted a.seed-0",
    ];
    assert_eq!(lines, expected);
    assert_eq!(outcome.unwrap().interrupted, 2);
}

#[test]
fn children_stop_when_their_parent_is_gone() {
    let bench = Bench::new(&json!({ "*": "hang" }));
    let trials = pending(&bench.runs(), &[("a", 0)]);
    let mut local = bench.local(1);
    fireassay_launch::Launcher::start(&mut local, &trials[0].dir).unwrap();
    wait_for(|| is_running(&trials[0].dir));
    // What the kernel does for a dead parent, too: its ends of the pipes are closed.
    drop(local);
    wait_for(|| !is_running(&trials[0].dir));
    assert_eq!(trials[0].dir.status().unwrap().unwrap().state, State::Interrupted);
}

#[test]
fn a_program_that_is_not_there_is_an_error_with_its_name() {
    let bench = Bench::new(&json!({}));
    let trials = pending(&bench.runs(), &[("a", 0)]);
    let command = command("/nowhere/trial", bench.folder.path());
    let mut local = Local::new(command, 1).unwrap();
    let (_, outcome) = record(&trials, &mut local, &Options::default(), |_| Stop::No);
    let text = outcome.unwrap_err().to_string();
    assert!(text.starts_with("cannot start `/nowhere/trial` for "), "{text}");
}

#[test]
fn nothing_but_known_files_stays_in_the_run_directory() {
    let bench = Bench::new(&json!({}));
    bench.run(&[("a", 0)], &Options::default());
    let dir = &pending(&bench.runs(), &[("a", 0)])[0].dir;
    assert!(!dir.path().join("stderr.txt").exists());
    assert!(Path::new(dir.path()).join("summary.json").exists());
}

fn wait_for(condition: impl Fn() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(20);
    while !condition() {
        assert!(Instant::now() < deadline, "waited for 20 s");
        std::thread::yield_now();
    }
}
