//! What is shown without running anything.

use crate::golden::check_golden;
use crate::sandbox::Sandbox;

fn check(name: &str, args: &str) {
    check_golden(name, &Sandbox::new().xtask(args).text());
}

#[test]
fn help() {
    check("help", "--help");
    check("help-ablation", "ablation --help");
    check("help-data", "data --help");
    check("help-data-fetch", "data fetch --help");
    check("help-data-show", "data show --help");
    check("help-new-dataset", "new dataset --help");
}

#[test]
fn list() {
    let sandbox = Sandbox::new();
    sandbox.xtask("ablation small -j1 --only seed=0");
    check_golden("list", &sandbox.xtask("ablation").text());
}

#[test]
fn dry_run_before_anything_was_built() {
    let said = Sandbox::new().xtask_with("ablation demo -j2 --dry-run", None);
    check_golden("dry-run-unbuilt", &said.text());
}

#[test]
fn dry_run_with_a_built_program() {
    check("dry-run-built", "ablation demo -j1 --dry-run");
}

#[test]
fn dry_run_after_some_trials() {
    let sandbox = Sandbox::new();
    sandbox.xtask("ablation small -j1 --only seed=0");
    let said = sandbox.xtask("ablation small -j1 --dry-run");
    // The size of a run directory depends on the file formats, not on this program.
    let text: String = said
        .text()
        .lines()
        .filter(|line| !line.contains("disk:"))
        .fold(String::new(), |text, line| text + line + "\n");
    check_golden("dry-run-resumed", &text);
    assert!(said.stdout.contains("3 trials to run; time: about 6 s (from finished trials)"));
}

#[test]
fn dry_run_leaves_nothing_behind() {
    let sandbox = Sandbox::new();
    sandbox.xtask("ablation demo --dry-run");
    assert!(!sandbox.root().join("runs").exists());
}

#[test]
fn print_spec() {
    check("print-spec", "ablation demo --print-spec --only norm=layer");
}

#[test]
fn datasets() {
    check("data-list", "data list");
    check("data-verify", "data verify");
}

#[test]
fn doctor_answers_every_question() {
    let said = Sandbox::new().xtask("doctor");
    assert_eq!(said.code, 0);
    let questions: Vec<&str> =
        said.stdout.lines().filter_map(|line| line.split_whitespace().next()).collect();
    let expected = ["toolchain", "git", "backends", "cores", "memory", "disk", "tensorboard"];
    assert_eq!(questions, expected);
    assert!(said.stdout.contains("backends  flex (compiled)"));
}
