//! One run directory, asked for twice: after its end, and by two processes at a time.

use std::fs;
use std::path::Path;
use std::time::SystemTime;

use rustix::process::Signal;
use serde_json::json;

use crate::support::{Run, assert_same, cnn_trial, reference};

#[test]
fn a_finished_trial_is_not_touched_again() {
    let run = Run::new(&cnn_trial(&[("/train/budget", json!({ "steps": 5 }))]));
    run.to_end(&[]);
    let before = files(run.dir.path());
    // Flags that would fail a trial that has to run: there is nothing to do for them.
    for flags in [&[][..], &["--datasets", "/nowhere"], &["--backend", "none"]] {
        run.to_end(flags);
        assert!(files(run.dir.path()) == before, "{flags:?}");
    }
}

#[test]
#[cfg(target_os = "linux")]
fn a_second_process_waits_for_the_first_and_finds_its_result() {
    let run = Run::new(&cnn_trial(&[]));
    let mut first = run.start(&["--checkpoint-secs", "0.02"]);
    assert!(first.wait_until(&mut || run.step() > 0));
    first.signal(Signal::STOP);
    let mut second = run.start(&[]);
    // The kernel's list of locks marks a process that waits for one with an arrow.
    let id = second.id().to_string();
    let waits = second.wait_until(&mut || {
        let locks = fs::read_to_string("/proc/locks").unwrap();
        locks.lines().any(|line| line.contains("->") && line.split(' ').any(|part| part == id))
    });
    assert!(waits, "the second process did not wait");
    first.signal(Signal::CONT);
    assert_eq!(first.wait(), Some(0));
    assert_eq!(second.wait(), Some(0));
    assert_eq!(run.dir.status().unwrap().unwrap().sessions, 1);
    assert_same(&run.results(), reference());
}

/// Name, time of change and bytes of every file below a folder.
fn files(dir: &Path) -> Vec<(String, SystemTime, Vec<u8>)> {
    let mut found = Vec::new();
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path));
        } else {
            let modified = path.metadata().unwrap().modified().unwrap();
            found.push((path.display().to_string(), modified, fs::read(&path).unwrap()));
        }
    }
    found.sort();
    found
}
