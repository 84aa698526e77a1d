//! Two commands at one experiment, on one machine and on two.

use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::process::{Child, Command};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::sandbox::{Said, Sandbox};

const TRIAL: &str = env!("CARGO_BIN_EXE_xtask-fake-trial");

/// What a launcher of another machine leaves when it is killed.
fn beat(sandbox: &Sandbox, folder: &str, count: u64) {
    let holder = json!({
        "command": "cargo xtask ablation small",
        "host": "node7",
        "boot": "c0ffee",
        "pid-space": "pid:[1]",
        "pid": 4711,
        "started": 12,
        "since-nanos": 1_700_000_000_000_000_000_u64,
    });
    let path = sandbox.root().join("runs/small").join(folder);
    fs::create_dir_all(&path).unwrap();
    let text = json!({ "holder": holder, "count": count }).to_string();
    fs::write(path.join("draft"), text).unwrap();
    fs::rename(path.join("draft"), path.join(".heartbeat")).unwrap();
}

/// On one line, without the frame.
fn flat(text: &str) -> String {
    let words = text.split_whitespace().filter(|word| !["│", "×", "╰─▶"].contains(word));
    words.collect::<Vec<_>>().join(" ")
}

/// Starts the experiment and waits until a trial hangs.
fn start_hanging(sandbox: &Sandbox, deed: &str) -> Child {
    sandbox.script(&json!({ "norm=batch.seed-0": deed }));
    let mut command: Command = sandbox.command("ablation small -j1", Some(TRIAL));
    let child = command.spawn().unwrap();
    let deadline = Instant::now() + Duration::from_secs(20);
    while !state(sandbox, "norm=batch.seed-0").is_some_and(|state| state == "running") {
        assert!(Instant::now() < deadline, "waited for 20 s");
        thread::yield_now();
    }
    child
}

fn state(sandbox: &Sandbox, run: &str) -> Option<Value> {
    let status = fs::read(sandbox.run_dir("small", run)?.join("status.json")).ok()?;
    Some(serde_json::from_slice::<Value>(&status).ok()?["state"].clone())
}

fn end(sandbox: &Sandbox, mut child: Child) -> Said {
    let (mut journey, mut told) = (BufReader::new(child.stderr.take().unwrap()), String::new());
    while journey.read_line(&mut told).unwrap() > 0 {}
    journey.read_to_string(&mut told).unwrap();
    let mut output = child.wait_with_output().unwrap();
    output.stderr = told.into_bytes();
    sandbox.said("ablation small -j1", &output)
}

fn is_beating(sandbox: &Sandbox) -> bool {
    sandbox.root().join("runs/small/.heartbeat").exists()
}

#[test]
fn of_two_launchers_at_once_the_second_is_refused_and_the_first_goes_on() {
    let sandbox = Sandbox::new();
    let mut first = start_hanging(&sandbox, "hang-once");
    assert!(is_beating(&sandbox));
    for args in ["ablation small -j1", "ablation small -j1 --take-over=0.05s"] {
        let said = sandbox.xtask(args);
        let text = flat(&said.stderr);
        let who = format!("is in use by `cargo xtask ablation small` (process {}", first.id());
        assert!(said.code == 2 && text.contains(&who), "{text}");
    }
    assert!(first.try_wait().unwrap().is_none(), "the first works on");
    // Not a clean end: what it leaves is that of a dead process of this machine.
    first.kill().unwrap();
    first.wait().unwrap();
    assert!(is_beating(&sandbox));
    let said = sandbox.xtask("ablation small -j1");
    assert_eq!(said.code, 0, "{}", said.stderr);
    assert!(said.stderr.contains("2 of 6 finished"), "{}", said.stderr);
    assert!(!is_beating(&sandbox));
}

#[test]
fn another_machine_is_refused_and_taken_over_only_when_asked() {
    let sandbox = Sandbox::new();
    assert_eq!(sandbox.xtask("ablation small -j1 --only seed=0").code, 0);
    beat(&sandbox, "", 3);
    let said = sandbox.xtask("ablation small -j1");
    let text = flat(&said.stderr);
    let who = "`cargo xtask ablation small` (process 4711 on node7, since 2023-11-14 22:13:20 UTC)";
    assert!(said.code == 2 && text.contains(who) && text.contains("--take-over"), "{text}");
    for reader in ["runs list", "report small", "ablation small --dry-run"] {
        assert_eq!(sandbox.xtask(reader).code, 0, "`{reader}` needs no lock");
    }
    let said = sandbox.xtask("ablation small -j1 --take-over=0.05s");
    assert_eq!(said.code, 0, "{}", said.stderr);
    assert!(said.stderr.contains("3 of 6 finished"), "{}", said.stderr);
    assert!(!is_beating(&sandbox));
}

#[test]
fn a_trial_that_died_with_its_machine_is_taken_over_with_the_experiment() {
    let sandbox = Sandbox::new();
    assert_eq!(sandbox.xtask("ablation small -j1").code, 0);
    let run = sandbox.run_dir("small", "norm=batch.seed-0").unwrap();
    let name = run.file_name().unwrap().to_str().unwrap();
    beat(&sandbox, name, 3);
    let again = "ablation small -j1 --only norm=batch --fresh";
    let said = sandbox.xtask(again);
    let text = flat(&said.stderr);
    assert!(said.code == 2 && text.contains("on node7") && text.contains("--take-over"), "{text}");
    let said = sandbox.xtask(&format!("{again} --take-over=0.05s"));
    assert_eq!(said.code, 0, "{}", said.stderr);
    assert!(!run.join(".heartbeat").exists());
}

#[test]
fn a_heartbeat_that_moves_is_never_taken_over() {
    let sandbox = Sandbox::new();
    beat(&sandbox, "", 0);
    let ended = AtomicBool::new(false);
    let said = thread::scope(|scope| {
        scope.spawn(|| {
            for count in (1..).take_while(|_| !ended.load(Ordering::Relaxed)) {
                beat(&sandbox, "", count);
            }
        });
        let said = sandbox.xtask("ablation small -j1 --take-over=1s");
        ended.store(true, Ordering::Relaxed);
        said
    });
    let text = flat(&said.stderr);
    assert!(said.code == 2 && text.contains("is alive: its heartbeat"), "{text}");
    assert!(is_beating(&sandbox) && sandbox.run_dir("small", "reference").is_none());
}

#[test]
fn a_launcher_that_lost_its_lock_stops_at_a_checkpoint_and_nothing_is_lost() {
    let sandbox = Sandbox::new();
    let child = start_hanging(&sandbox, "hang-once");
    beat(&sandbox, "", 0);
    let said = end(&sandbox, child);
    assert_eq!(said.code, 75, "{}", said.stderr);
    let text = flat(&said.stderr);
    assert!(text.contains("another command has taken `small` over"), "{text}");
    assert!(text.contains("2 done, 1 interrupted, 3 not started"), "{text}");
    assert!(is_beating(&sandbox), "the heartbeat of the other is left alone");
    assert!(!sandbox.root().join("runs/small/report.md").exists(), "and so is all the rest");
    assert_eq!(state(&sandbox, "norm=batch.seed-0").unwrap(), "interrupted");
    let said = sandbox.xtask("ablation small -j1 --take-over=0.05s");
    assert_eq!(said.code, 0, "{}", said.stderr);
    assert!(said.stderr.contains("2 of 6 finished"), "{}", said.stderr);
}
