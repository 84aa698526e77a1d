//! Many trials of which some crash, hang and diverge; and a command that is killed.

use std::fs;
use std::path::{Path, PathBuf};

use fireassay_tracking::{RunState, Store};
use serde_json::{Map, Value, json};

use crate::interruption::{state_is, wait_for};
use crate::sandbox::Sandbox;

const SEEDS: usize = 100;

/// Two conditions with a hundred seeds.
fn with_200_trials() -> Sandbox {
    let sandbox = Sandbox::new();
    let seeds: Vec<String> = (0..SEEDS).map(|seed| seed.to_string()).collect();
    let seeds = format!("seeds = [{}]", seeds.join(", "));
    sandbox.edit("experiments/small/experiment.toml", "seeds = [0, 1]", &seeds);
    let levels = "levels = [\"none\", \"layer\", \"batch\"]";
    sandbox.edit("experiments/small/experiment.toml", levels, "levels = [\"none\", \"layer\"]");
    sandbox
}

/// Every summary: its place below `runs/small`, when it was written, and what it says.
fn summaries(sandbox: &Sandbox) -> Vec<(PathBuf, std::time::SystemTime, Vec<u8>)> {
    let runs = sandbox.root().join("runs/small");
    let mut found = Vec::new();
    for entry in fs::read_dir(&runs).unwrap() {
        let path = entry.unwrap().path().join("summary.json");
        if let Ok(metadata) = fs::metadata(&path) {
            let place = path.strip_prefix(&runs).unwrap().to_path_buf();
            found.push((place, metadata.modified().unwrap(), fs::read(&path).unwrap()));
        }
    }
    found.sort();
    found
}

fn count(sandbox: &Sandbox, wanted: impl Fn(RunState) -> bool) -> usize {
    let records = Store::scan(&sandbox.root().join("runs/small")).unwrap();
    records.iter().filter(|record| wanted(record.state())).count()
}

fn diverging() -> Map<String, Value> {
    // One in twenty: seeds 3, 23, 43, ... of the reference and 13, 33, ... of the other.
    let of = |condition: &str, first: usize| {
        let name = |seed: usize| format!("{condition}.seed-{seed}");
        (first..SEEDS).step_by(20).map(|seed| (name(seed), json!("diverge"))).collect::<Vec<_>>()
    };
    of("reference", 3).into_iter().chain(of("norm=layer", 13)).collect()
}

#[test]
fn of_200_trials_those_that_failed_run_again_and_no_other() {
    let undisturbed = with_200_trials();
    undisturbed.script(&Value::Object(diverging()));
    assert_eq!(undisturbed.xtask("ablation small -j4 -q").code, 0);

    let sandbox = with_200_trials();
    let mut deeds = diverging();
    // One in ten crashes, each in one of four ways.
    let ways = ["fail", "panic", "abort", "killed"];
    for (index, seed) in (0..SEEDS).step_by(5).enumerate() {
        deeds.insert(format!("norm=layer.seed-{seed}"), json!(ways[index % ways.len()]));
    }
    // One in twenty hangs, all at the same time: the test need not wait for each.
    for seed in 50..60 {
        deeds.insert(format!("reference.seed-{seed}"), json!("hang"));
    }
    sandbox.script(&Value::Object(deeds));
    let said = sandbox.xtask("ablation small -j12 -q --timeout 2s");
    assert_eq!(said.code, 3, "{}", said.stderr);
    let first = summaries(&sandbox);
    let failed = count(&sandbox, |state| matches!(state, RunState::Failed(_)));
    // On a machine that is busy otherwise, a sound trial may run out of time too.
    assert!(failed >= 30 && first.len() + failed == 2 * SEEDS, "{failed} failed");
    assert!(first.len() > SEEDS, "only {} finished", first.len());

    sandbox.script(&Value::Object(diverging()));
    let said = sandbox.xtask("ablation small -j4 -q");
    assert_eq!(said.code, 0, "{}", said.stderr);
    let second = summaries(&sandbox);
    assert!(first.iter().all(|summary| second.contains(summary)), "a finished trial ran again");
    let results = |of: &Sandbox| {
        summaries(of).into_iter().map(|(place, _, bytes)| (place, bytes)).collect::<Vec<_>>()
    };
    assert_eq!(results(&sandbox).len(), 2 * SEEDS);
    assert!(results(&sandbox) == results(&undisturbed), "failures beside it changed a result");
    let file = "runs/small/results.json";
    assert!(sandbox.read(file) == undisturbed.read(file));
    for record in Store::scan(&sandbox.root().join("runs/small")).unwrap() {
        let status = record.status.unwrap();
        let was_finished = first.iter().any(|(place, ..)| record.path.ends_with(folder(place)));
        let sessions = if was_finished { 1 } else { 2 };
        let path = record.path.display();
        assert_eq!(
            (status.sessions, status.attempts.len() as u64),
            (sessions, sessions - 1),
            "{path}"
        );
    }
}

fn folder(summary: &Path) -> &Path {
    summary.parent().unwrap()
}

#[test]
fn a_command_that_is_killed_loses_nothing_that_was_finished() {
    let undisturbed = Sandbox::new();
    assert_eq!(undisturbed.xtask("ablation small -j1 -q").code, 0);
    let sandbox = Sandbox::new();
    sandbox.script(&json!({ "norm=batch.seed-0": "hang-once", "reference.seed-1": "hang-once" }));
    let trial = env!("CARGO_BIN_EXE_xtask-fake-trial");
    let mut child = sandbox.command("ablation small -j2", Some(trial)).spawn().unwrap();
    let is = |run: &str, state: &str| {
        sandbox.run_dir("small", run).is_some_and(|dir| state_is(&dir, state))
    };
    let hanging = ["norm=batch.seed-0", "reference.seed-1"];
    wait_for(|| hanging.iter().all(|run| is(run, "running")));
    child.kill().unwrap();
    child.wait().unwrap();
    wait_for(|| hanging.iter().all(|run| is(run, "interrupted")));
    let first = summaries(&sandbox);
    assert_eq!(first.len(), 2);
    let said = sandbox.xtask("ablation small -j2");
    assert_eq!(said.code, 0, "{}", said.stderr);
    let second = summaries(&sandbox);
    assert!(second.len() == 6 && first.iter().all(|summary| second.contains(summary)));
    let file = "runs/small/results.json";
    assert_eq!(sandbox.read(file), undisturbed.read(file));
}
