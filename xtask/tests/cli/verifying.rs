//! `cargo xtask verify-resume` with a stand-in for `trial`.

use serde_json::json;

use crate::golden::check_golden;
use crate::sandbox::{Said, Sandbox};

/// Without what the moments of the kills and the clock decide: digits of these lines.
fn text(said: &Said) -> String {
    let decided = |line: &str| {
        let line = line.trim_start();
        ["Killed", "DONE", "kills", "done again"].iter().any(|start| line.starts_with(start))
    };
    let mask = |line: &str| -> String {
        let line = line.replace(", within a checkpoint", "");
        let mut masked = String::new();
        for c in line.chars() {
            // One mark for a number of any length.
            match c.is_ascii_digit() {
                true if masked.ends_with('#') => {}
                true => masked.push('#'),
                false => masked.push(c),
            }
        }
        masked
    };
    let lines = said.text();
    let lines = lines.lines().map(|line| if decided(line) { mask(line) } else { line.to_owned() });
    lines.map(|line| format!("{line}\n")).collect()
}

#[test]
fn help() {
    check_golden("help-verify-resume", &Sandbox::new().xtask("verify-resume --help").text());
}

#[test]
fn a_trial_that_survives_kills_passes() {
    let sandbox = Sandbox::new();
    sandbox.script(&json!({ "reference": "steps" }));
    let said = sandbox.xtask("verify-resume demo --kills 3");
    assert_eq!(said.code, 0, "{}", said.stderr);
    assert!(said.stdout.contains("  4 sessions\n") || said.stdout.contains("; 4 sessions\n"));
    check_golden("verify-resume", &text(&said));
    // Nothing of it is among the experiment's own runs.
    assert!(!sandbox.root().join("runs").exists());
    assert_eq!(sandbox.xtask("verify-resume demo --kills 1").code, 0, "a second time");
}

#[test]
fn a_trial_that_does_not_survive_kills_is_found_out() {
    let sandbox = Sandbox::new();
    sandbox.script(&json!({ "norm=layer": "steps-drift" }));
    let said = sandbox.xtask("verify-resume demo --condition norm=layer --seed 2 --kills 2");
    assert_eq!(said.code, 4, "{}", said.stderr);
    check_golden("verify-resume-differs", &text(&said));
}

#[test]
fn a_trial_without_a_result_cannot_be_compared() {
    let sandbox = Sandbox::new();
    sandbox.script(&json!({ "reference": "fail", "norm=layer": "silent" }));
    let mut all = String::new();
    for condition in ["reference", "norm=layer"] {
        let said = sandbox.xtask(&format!("verify-resume demo --condition {condition}"));
        assert_eq!(said.code, 3, "{}", said.stderr);
        all.push_str(&said.journey());
    }
    assert!(all.contains("error: the data ran dry"), "{all}");
}

#[test]
fn unknown_names_are_refused_before_anything_runs() {
    let sandbox = Sandbox::new();
    let check = |args: &str, code: i32, part: &str| {
        let said = sandbox.xtask(&format!("verify-resume {args}"));
        assert_eq!(said.code, code, "{args}: {}", said.stderr);
        assert!(said.stderr.contains(part), "{args}: {}", said.stderr);
    };
    check("demmo", 2, "did you mean `demo`?");
    check("demo --condition norm=layr", 2, "did you mean `norm=layer`?");
    check("demo --seed 99", 5, "`reference` has no seed 99");
    check("demo --kills 0", 2, "0 is not in 1..=10000");
    assert!(!sandbox.root().join("target").exists());
}
