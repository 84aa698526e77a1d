//! Trials that fail in every way, what is left of them, and how each kind is run again.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use fireassay_tracking::{RunDir, Status};
use serde_json::{Map, Value, json};

use crate::golden::check_golden;
use crate::sandbox::{Sandbox, copy};

/// The trials of `small`, and what becomes of each; `norm=batch.seed-1` never starts.
const KINDS: [(&str, &str, &str); 5] = [
    ("reference.seed-0", "panic", "crashed"),
    ("norm=layer.seed-0", "greedy", "oom"),
    ("norm=batch.seed-0", "hang", "timeout"),
    ("reference.seed-1", "diverge", "diverged"),
    ("norm=layer.seed-1", "interrupt", "interrupted"),
];
const NEVER_STARTED: &str = "norm=batch.seed-1";

fn with_every_kind() -> Sandbox {
    let sandbox = Sandbox::new();
    let deeds: Map<String, Value> =
        KINDS.iter().map(|(trial, deed, _)| ((*trial).to_owned(), json!(deed))).collect();
    sandbox.script(&Value::Object(deeds));
    let others = "condition=reference condition=norm=layer --memory-per-trial 512M";
    assert_eq!(sandbox.xtask(&format!("ablation small -j2 -q --only {others}")).code, 3);
    let hanging = "condition=norm=batch seed=0 --timeout 0.05s";
    assert_eq!(sandbox.xtask(&format!("ablation small -j2 -q --only {hanging}")).code, 3);
    sandbox.script(&json!({}));
    sandbox
}

/// What every file of a run holds.
fn contents(run: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let entries = fs::read_dir(run).unwrap().map(|entry| entry.unwrap().path());
    entries
        .filter(|path| path.is_file())
        .map(|path| (path.clone(), fs::read(path).unwrap()))
        .collect()
}

fn all(sandbox: &Sandbox) -> BTreeMap<String, (u64, BTreeMap<PathBuf, Vec<u8>>)> {
    let names = KINDS.iter().map(|(trial, ..)| *trial).chain([NEVER_STARTED]);
    let of = |name: &str| {
        let dir = sandbox.run_dir("small", name);
        let sessions = dir.as_deref().and_then(status).map_or(0, |status| status.sessions);
        (name.to_owned(), (sessions, dir.as_deref().map(contents).unwrap_or_default()))
    };
    names.map(of).collect()
}

fn status(run: &Path) -> Option<Status> {
    RunDir::open(run).unwrap().status().unwrap()
}

/// Which trials ran, and how many sessions they have now.
fn rerun(sandbox: &Sandbox, flags: &str) -> Vec<(String, u64)> {
    let before = all(sandbox);
    let said = sandbox.xtask(&format!("ablation small -j2 -q {flags}"));
    assert_eq!(said.code, 0, "{flags}: {}", said.stderr);
    let after = all(sandbox);
    let changed = after.into_iter().filter(|(name, now)| before[name] != *now);
    changed.map(|(name, (sessions, _))| (name, sessions)).collect()
}

#[test]
fn each_kind_is_run_again_alone_from_its_checkpoint_or_from_the_start() {
    let sandbox = with_every_kind();
    let saved = sandbox.root().join("saved");
    copy(&sandbox.root().join("runs"), &saved);
    let restore = || {
        fs::remove_dir_all(sandbox.root().join("runs")).unwrap();
        copy(&saved, &sandbox.root().join("runs"));
    };
    let check = |only: &str, trials: &[&str]| {
        let sessions =
            |n: u64| trials.iter().map(|name| ((*name).to_owned(), n)).collect::<Vec<_>>();
        restore();
        // A session more than before, in what the first one left.
        let goes_on = match only {
            "diverged" => Vec::new(),
            "missing" => vec![(NEVER_STARTED.to_owned(), 1), ("norm=layer.seed-1".to_owned(), 2)],
            _ => sessions(2),
        };
        assert_eq!(rerun(&sandbox, &format!("--only {only}")), goes_on, "{only}");
        restore();
        assert_eq!(rerun(&sandbox, &format!("--only {only} --fresh")), sessions(1), "{only}");
    };
    for (trial, _, kind) in KINDS {
        check(kind, &[trial]);
    }
    check("missing", &[NEVER_STARTED, "norm=layer.seed-1"]);
    check("failed", &["norm=batch.seed-0", "norm=layer.seed-0", "reference.seed-0"]);
}

#[test]
fn a_failure_is_shown_with_its_last_words_and_the_attempts_before_it() {
    let sandbox = Sandbox::new();
    for deed in ["fail", "panic", "interrupt", "abort"] {
        sandbox.script(&json!({ "norm=layer.seed-1": deed }));
        sandbox.xtask("ablation small -j1 -q --only condition=norm=layer seed=1");
    }
    check_golden("runs-show-attempts", &sandbox.xtask("runs show small/norm=layer/1").text());
}

#[test]
fn a_trial_over_its_memory_limit_says_what_it_wanted() {
    let sandbox = Sandbox::new();
    sandbox.script(&json!({ "norm=layer.seed-1": "greedy" }));
    let args = "ablation small -j1 --only seed=1 --max-retries 2 --memory-per-trial";
    let said = sandbox.xtask(&format!("{args} 512M"));
    check_golden("memory-limit", &said.journey());
    let said = sandbox.xtask(&format!("{args} 2G"));
    assert_eq!(said.code, 0, "{}", said.stderr);
    for size in ["2", "lots"] {
        let said = sandbox.xtask(&format!("{args} {size}"));
        assert_eq!(said.code, 2);
        assert!(said.stderr.contains(&format!("`{size}` is ")), "{}", said.stderr);
    }
}

#[test]
fn what_was_interrupted_alone_can_be_resumed() {
    let sandbox = Sandbox::new();
    sandbox.script(&json!({ "norm=layer.seed-1": "interrupt" }));
    let said = sandbox.xtask("ablation small -j1");
    assert_eq!(said.code, 75, "{}", said.stderr);
    assert!(said.stderr.contains("6 trials: 5 done, 1 interrupted"), "{}", said.stderr);
    assert!(said.stderr.contains("help: cargo xtask ablation small\n"), "{}", said.stderr);
    // A failure outranks it.
    sandbox.script(&json!({ "norm=layer.seed-1": "interrupt", "reference.seed-0": "fail" }));
    assert_eq!(sandbox.xtask("ablation small -j1 --fresh").code, 3);
    sandbox.script(&json!({}));
    assert_eq!(sandbox.xtask("ablation small -j1").code, 0);
}

#[test]
fn no_file_of_a_run_tells_a_secret() {
    const SECRET: &str = "hunter2-6f1d0c";
    let sandbox = Sandbox::new();
    sandbox.script(&json!({ "reference.seed-0": "tell-all", "reference.seed-1": "panic" }));
    let place = sandbox.root().join(format!("token-{SECRET}"));
    let trial = env!("CARGO_BIN_EXE_xtask-fake-trial");
    let mut command = sandbox.command("ablation small -j2", Some(trial));
    command.arg("--runs").arg(&place).env("SECRET_TOKEN", SECRET).env("PLAIN_NAME", "plain-value");
    let output = command.output().unwrap();
    assert_eq!(output.status.code(), Some(3));
    let mut told_all = false;
    let mut files = 0;
    let mut folders = vec![place];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let text = String::from_utf8_lossy(&fs::read(&path).unwrap()).into_owned();
            assert!(!text.contains(SECRET), "{}: {text}", path.display());
            told_all |= text.contains("PLAIN_NAME=plain-value");
            files += 1;
        }
    }
    assert!(told_all, "the trial has told what it knows");
    assert!(files > 20, "{files}");
}
