//! Whole runs with a stand-in for `trial`: done, failed, diverged, run again.

use std::fs;
use std::process::Stdio;

use serde_json::{Value, json};

use crate::golden::check_golden;
use crate::sandbox::Sandbox;

#[test]
fn a_run_answers_the_question_and_a_second_one_reuses_it() {
    let sandbox = Sandbox::new();
    check_golden("run", &sandbox.xtask("ablation demo -j1").text());
    check_golden("run-again", &sandbox.xtask("ablation demo -j1").journey());
    let json = sandbox.xtask("ablation demo -j1 -q --format json");
    assert_eq!(json.stderr, "");
    assert_eq!(json.stdout, sandbox.read("runs/demo/results.json"));
    let value: Value = serde_json::from_str(&json.stdout).unwrap();
    assert_eq!(value["experiment"], "demo");
    let markdown = sandbox.xtask("ablation demo -j1 -q --format markdown");
    assert_eq!(markdown.stdout, sandbox.read("runs/demo/report.md"));
}

#[test]
fn failed_and_diverged_trials_are_told_and_the_rest_is_finished() {
    let sandbox = Sandbox::new();
    sandbox.script(&json!({ "norm=layer.seed-0": "fail", "norm=batch.seed-1": "diverge" }));
    check_golden("run-with-failures", &sandbox.xtask("ablation small -j1").journey());
    // Only what failed is tried again; what diverged is a result.
    sandbox.script(&json!({}));
    check_golden("run-after-failures", &sandbox.xtask("ablation small -j1").journey());
    check_golden("only-diverged", &sandbox.xtask("ablation small -j1 --only diverged").journey());
    check_golden("fresh", &sandbox.xtask("ablation small -j1 --only diverged --fresh").journey());
}

#[test]
fn fail_fast_starts_nothing_more() {
    let sandbox = Sandbox::new();
    sandbox.script(&json!({ "reference.seed-0": "fail" }));
    let said = sandbox.xtask("ablation small -j1 --fail-fast");
    assert_eq!(said.code, 3);
    assert!(said.stderr.contains("6 trials: 0 done, 1 failed, 5 not started"), "{}", said.stderr);
}

#[test]
fn retries_are_told() {
    let sandbox = Sandbox::new();
    sandbox.script(&json!({ "reference.seed-0": "fail-once" }));
    let said = sandbox.xtask("ablation small -j1 --only seed=0 --max-retries 1");
    assert_eq!(said.code, 0);
    let line = "       Retry  reference   seed 0  attempt 1: a passing cloud";
    assert!(said.stderr.lines().any(|found| found == line), "{}", said.stderr);
}

#[test]
fn a_time_limit_is_kept() {
    let sandbox = Sandbox::new();
    sandbox.script(&json!({ "reference.seed-0": "hang" }));
    let args = "ablation small -j1 --only seed=0 condition=reference --timeout 0.05s";
    let said = sandbox.xtask(args);
    assert_eq!(said.code, 3);
    let end = "(1/1) reference  seed 0  ran longer than the time limit of 0.05 s\n";
    assert!(said.stderr.contains(end), "{}", said.stderr);
    sandbox.script(&json!({}));
    assert_eq!(sandbox.xtask("ablation small -j1 --only timeout").code, 0);
}

#[test]
fn the_order_of_jobs_does_not_matter() {
    let one = Sandbox::new();
    one.xtask("ablation small -j1");
    let four = Sandbox::new();
    four.xtask("ablation small -j4");
    let file = "runs/small/results.json";
    assert_eq!(one.read(file), four.read(file));
}

#[test]
fn verbose_shows_what_each_condition_changes() {
    let said = Sandbox::new().xtask("ablation small -j1 --only seed=0 -v");
    let line = "     Changes  norm=layer: same parameters";
    assert!(said.stderr.lines().any(|found| found == line), "{}", said.stderr);
}

#[test]
fn a_renamed_condition_keeps_its_runs() {
    let sandbox = Sandbox::new();
    sandbox.script(&json!({ "norm=layer.seed-0": "fail" }));
    sandbox.xtask("ablation small -j1");
    sandbox.script(&json!({}));
    let levels = "levels = [\"none\", \"layer\", \"batch\"]";
    let labelled = format!("{levels}\nlabels = [\"none\", \"ln\", \"batch\"]");
    sandbox.edit("experiments/small/experiment.toml", levels, &labelled);
    let said = sandbox.xtask("ablation small -j1");
    assert_eq!(said.code, 0, "{}", said.stderr);
    assert!(said.stderr.contains("5 of 6 finished"), "{}", said.stderr);
    assert!(sandbox.run_dir("small", "norm=ln").is_none());
}

#[test]
fn a_stale_report_is_found_and_refreshed() {
    let sandbox = Sandbox::new();
    sandbox.xtask("ablation small -j1");
    assert_eq!(sandbox.xtask("report small --check").code, 0);
    sandbox.write("runs/small/report.md", "old");
    check_golden("stale-report", &sandbox.xtask("report small --check").text());
    assert_eq!(sandbox.read("runs/small/report.md"), "old");
    assert_eq!(sandbox.xtask("report small").code, 0);
    assert_eq!(sandbox.xtask("report small --check").code, 0);
    sandbox.write("experiments/small/results.json", "{}");
    let said = sandbox.xtask("report small --check");
    assert_eq!(said.code, 4);
    assert!(said.stderr.contains("cargo xtask bless"), "{}", said.stderr);
}

#[test]
fn a_reader_that_has_seen_enough_is_no_error() {
    let sandbox = Sandbox::new();
    let mut command = sandbox.command("ablation", None);
    let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
    drop(child.stdout.take());
    assert_eq!(child.wait().unwrap().code(), Some(0));
}

#[test]
fn a_run_goes_on_when_nobody_reads_its_journey() {
    let sandbox = Sandbox::new();
    let trial = env!("CARGO_BIN_EXE_xtask-fake-trial");
    let mut child = sandbox.command("ablation small -j1", Some(trial)).spawn().unwrap();
    drop(child.stderr.take());
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(0));
    let answer = String::from_utf8(output.stdout).unwrap();
    assert!(answer.ends_with(" curves: tensorboard --logdir runs/small\n"), "{answer}");
}

#[test]
fn too_many_threads_are_told_with_the_remedy() {
    let said = Sandbox::new().xtask("ablation small --only seed=0 --threads 9999");
    assert_eq!(said.code, 0, "{}", said.stderr);
    assert!(said.stderr.contains("warning: 1 process x 9999 threads on "), "{}", said.stderr);
    assert!(said.stderr.contains("\n   help: --threads "), "{}", said.stderr);
}

#[test]
fn a_damaged_lock_or_foreign_folder_is_left_alone() {
    let sandbox = Sandbox::new();
    fs::create_dir_all(sandbox.root().join("runs/small/notes")).unwrap();
    sandbox.write("runs/small/notes/idea.txt", "mine");
    assert_eq!(sandbox.xtask("ablation small -j1 --fresh").code, 0);
    assert_eq!(sandbox.read("runs/small/notes/idea.txt"), "mine");
}

#[test]
fn what_was_begun_without_kernels_goes_on_and_is_reported_without_them() {
    let sandbox = Sandbox::new();
    let off = |args: &str| {
        let mut command = sandbox.command(args, Some(env!("CARGO_BIN_EXE_xtask-fake-trial")));
        sandbox.said(args, &command.env("FIREASSAY_KERNELS", "off").output().unwrap())
    };
    let begun = off("ablation small -j1 --only seed=0");
    assert!(begun.stderr.contains("kernels off"), "{}", begun.stderr);
    let went_on = sandbox.xtask("ablation small -j1");
    assert_eq!(went_on.code, 0);
    assert!(went_on.stderr.contains("kernels off"), "{}", went_on.stderr);
    let report = sandbox.xtask("report small");
    assert!(!report.stdout.contains("belong to no trial"), "{}", report.stdout);
    assert_eq!(off("ablation small -j1 --dry-run").code, 0);
    // Nothing is mixed: afresh, and for those who ask, all of them are others.
    let afresh = sandbox.xtask("ablation small -j1 --fresh");
    assert!(!afresh.stderr.contains("kernels"), "{}", afresh.stderr);
    let unknown = sandbox.command("report small", None).env("FIREASSAY_KERNELS", "of").output();
    let unknown = sandbox.said("report small", &unknown.unwrap());
    assert_eq!(unknown.code, 2);
    assert!(unknown.stderr.contains("`on` or `off`, not `of`"), "{}", unknown.stderr);
}
