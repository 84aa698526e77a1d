//! Ctrl-C and SIGTERM in the middle of a run, and the run that follows.

use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::process::Child;
use std::time::{Duration, Instant};

use rustix::io::Errno;
use rustix::process::{Pid, Signal, kill_process};
use serde_json::json;

use crate::sandbox::{Said, Sandbox};

/// Starts the experiment, waits until one trial hangs, and sends the signals: each after the
/// one before was noticed, because the kernel merges those that arrive together.
fn interrupt(sandbox: &Sandbox, deed: &str, signals: &[Signal]) -> Said {
    sandbox.script(&json!({ "norm=batch.seed-0": deed }));
    let args = "ablation small -j1";
    let mut command = sandbox.command(args, Some(env!("CARGO_BIN_EXE_xtask-fake-trial")));
    let mut child = command.spawn().unwrap();
    wait_for(|| {
        let dir = sandbox.run_dir("small", "norm=batch.seed-0");
        dir.is_some_and(|dir| state_is(&dir, "running"))
    });
    let mut journey = BufReader::new(child.stderr.take().unwrap());
    let mut told = String::new();
    for &signal in signals {
        send(&child, signal);
        let already = told.len();
        while !told[already..].contains("Stopping") {
            assert_ne!(journey.read_line(&mut told).unwrap(), 0, "{told}");
        }
    }
    journey.read_to_string(&mut told).unwrap();
    let mut output = child.wait_with_output().unwrap();
    output.stderr = told.into_bytes();
    sandbox.said(args, &output)
}

fn send(child: &Child, signal: Signal) {
    match kill_process(Pid::from_child(child), signal) {
        // It may just have ended.
        Ok(()) | Err(Errno::SRCH) => {}
        Err(error) => panic!("kill: {error}"),
    }
}

pub(crate) fn state_is(dir: &Path, state: &str) -> bool {
    let text = std::fs::read_to_string(dir.join("status.json")).unwrap_or_default();
    text.contains(&format!("\"state\": \"{state}\""))
}

pub(crate) fn wait_for(condition: impl Fn() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(20);
    while !condition() {
        assert!(Instant::now() < deadline, "waited for 20 s");
        std::thread::yield_now();
    }
}

#[test]
fn ctrl_c_stops_at_a_checkpoint_and_the_next_run_goes_on() {
    let sandbox = Sandbox::new();
    let said = interrupt(&sandbox, "hang-once", &[Signal::INT]);
    assert_eq!(said.code, 130, "{}", said.stderr);
    assert!(said.stderr.contains("INTERRUPTED  norm=batch  seed 0"), "{}", said.stderr);
    assert!(said.stderr.contains("2 done, 1 interrupted, 3 not started"), "{}", said.stderr);
    assert!(said.stderr.contains("help: cargo xtask ablation small"), "{}", said.stderr);
    assert_eq!(said.stdout, "");
    let said = sandbox.xtask("ablation small -j1");
    assert_eq!(said.code, 0, "{}", said.stderr);
    assert!(said.stderr.contains("2 of 6 finished"), "{}", said.stderr);
    assert!(said.stderr.contains("1 goes on where it stopped"), "{}", said.stderr);
}

#[test]
fn sigterm_stops_as_cleanly() {
    let sandbox = Sandbox::new();
    let said = interrupt(&sandbox, "hang", &[Signal::TERM]);
    assert_eq!(said.code, 143, "{}", said.stderr);
    assert!(said.stderr.contains("1 interrupted"), "{}", said.stderr);
}

#[test]
fn ctrl_c_twice_kills() {
    let sandbox = Sandbox::new();
    let said = interrupt(&sandbox, "deaf", &[Signal::INT, Signal::INT]);
    assert_eq!(said.code, 130, "{}", said.stderr);
    assert!(said.stderr.contains("killed"), "{}", said.stderr);
    let dir = sandbox.run_dir("small", "norm=batch.seed-0").unwrap();
    assert!(state_is(&dir, "running"), "a killed trial can go on");
}

#[test]
fn a_killed_command_leaves_no_orphan() {
    let sandbox = Sandbox::new();
    sandbox.script(&json!({ "reference.seed-0": "hang" }));
    let mut command =
        sandbox.command("ablation small -j1", Some(env!("CARGO_BIN_EXE_xtask-fake-trial")));
    let mut child = command.spawn().unwrap();
    let dir = || sandbox.run_dir("small", "reference.seed-0");
    wait_for(|| dir().is_some_and(|dir| state_is(&dir, "running")));
    child.kill().unwrap();
    child.wait().unwrap();
    wait_for(|| dir().is_some_and(|dir| state_is(&dir, "interrupted")));
}

#[test]
fn an_interrupted_reproduction_goes_on() {
    let sandbox = Sandbox::new();
    assert_eq!(sandbox.xtask("ablation small").code, 0);
    sandbox.script(&json!({ "norm=layer.seed-0": "hang-once" }));
    let args = "reproduce small -j1";
    let mut command = sandbox.command(args, Some(env!("CARGO_BIN_EXE_xtask-fake-trial")));
    let child = command.spawn().unwrap();
    // In the one folder of the one program.
    let hanging = || {
        let program = fs::read_dir(sandbox.root().join("target/reproduce/small")).ok()?;
        let folders = program.flatten().map(|entry| entry.path()).filter(|path| path.is_dir());
        let runs = folders.flat_map(|folder| fs::read_dir(folder).into_iter().flatten().flatten());
        let mut runs = runs.filter(|entry| {
            entry.file_name().to_str().is_some_and(|name| name.starts_with("norm=layer.seed-0"))
        });
        runs.next().map(|entry| entry.path())
    };
    wait_for(|| hanging().is_some_and(|dir| state_is(&dir, "running")));
    send(&child, Signal::INT);
    let said = sandbox.said(args, &child.wait_with_output().unwrap());
    assert_eq!((said.code, said.stdout.as_str()), (130, ""), "{}", said.stderr);
    assert!(said.stderr.contains("goes on where this one stopped"), "{}", said.stderr);
    let said = sandbox.xtask(args);
    assert_eq!(said.code, 0, "{}", said.stderr);
    assert!(said.stderr.contains("Reused  2 reruns"), "{}", said.stderr);
    assert!(said.stdout.ends_with("verdict: bit-identical (6 trials)\n"), "{}", said.stdout);
}
