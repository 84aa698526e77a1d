//! A trial that is killed, stopped or orphaned at any moment ends with the bytes of one that was
//! left alone.

use std::fs;
use std::path::Path;
use std::process::Stdio;

use fireassay_spec::{Purpose, Stream};
use fireassay_tracking::State;
use rustix::process::Signal;

use crate::support::{
    Process, Run, assert_same, cnn_trial, reference, short_reference, short_trial,
};

/// A checkpoint at every step, so that a kill is likely to fall into the writing of one.
const EVERY_STEP: &[&str] = &["--checkpoint-secs", "0"];
const RESUMABLE: i32 = 75;

/// Reads something of a run directory that changes while a trial works.
type Watch = fn(&Path) -> String;

/// What can be watched while a trial works, from its start-up on, and how often it is seen to
/// change before a kill, at most. Start-up leaves one trace, ten steps leave one event.
const WATCHES: [(Watch, u32); 4] = [
    (|run| modified(&run.join("provenance.json")), 1),
    (|run| names(&run.join("checkpoints"), false), 15),
    (|run| names(&run.join("checkpoints"), true), 15),
    (|run| modified(&run.join("events.jsonl")), 3),
];

#[test]
fn killed_at_any_moment() {
    disturbed(12, EVERY_STEP, &mut |run, mut process, nth| {
        let (watch, most) = WATCHES[nth % WATCHES.len()];
        let mut left = 1 + Stream::new(1, Purpose::Order, 0, nth as u64).words(1)[0] % most;
        let mut last = watch(run.dir.path());
        let seen = process.wait_until(&mut || {
            let now = watch(run.dir.path());
            if now != last {
                (last, left) = (now, left - 1);
            }
            left == 0
        });
        let code = killed(process, seen);
        assert!(code == Some(0) || seen && code.is_none(), "{code:?}");
        code.is_none()
    });
}

#[test]
fn killed_while_it_writes_its_results() {
    for _ in 0..10 {
        let run = Run::new(&short_trial());
        let mut process = run.start(&[]);
        let selected = run.file("checkpoints/selected.safetensors");
        let seen = process.wait_until(&mut || selected.exists());
        killed(process, seen);
        run.to_end(&[]);
        assert_same(&run.results(), short_reference());
    }
}

#[test]
fn asked_to_stop_by_a_signal() {
    disturbed(4, EVERY_STEP, &mut |run, process, nth| {
        let signal = if nth.is_multiple_of(2) { Signal::TERM } else { Signal::INT };
        stopped(run, process, &mut |process| process.signal(signal))
    });
}

#[test]
fn stopped_by_the_end_of_stdin() {
    let run = Run::new(&cnn_trial(&[]));
    let start = || Process::start(run.command(&["--stop-on-eof"]).stdin(Stdio::piped()));
    // Before the first step: there is nothing to lose yet, and it is a stop all the same.
    let mut process = start();
    drop(process.take_stdin());
    assert_eq!(process.wait(), Some(RESUMABLE));
    assert_eq!(run.state(), Some(State::Interrupted));
    let flags = [EVERY_STEP, &["--stop-on-eof"]].concat();
    disturbed(3, &flags, &mut |run, process, _| {
        stopped(run, process, &mut |process| drop(process.take_stdin()))
    });
    run.to_end(&[]);
    assert_same(&run.results(), reference());
}

/// Starts the trial and disturbs it, `times` in all, and lets it end. One that ends before it can
/// be disturbed is made anew, so that a slow machine does not make the test say less.
fn disturbed(times: usize, flags: &[&str], disturb: &mut dyn FnMut(&Run, Process, usize) -> bool) {
    let mut run = Run::new(&cnn_trial(&[]));
    let mut done = 0;
    let mut resumed = 0;
    while done < times {
        let process = Process::start(run.command(flags).stdin(Stdio::piped()));
        if disturb(&run, process, done) {
            done += 1;
            continue;
        }
        resumed += resumptions(&run);
        assert_same(&run.results(), reference());
        run = Run::new(&cnn_trial(&[]));
    }
    run.to_end(&[]);
    assert_same(&run.results(), reference());
    resumed += resumptions(&run);
    assert!(resumed >= times / 2, "{times} times disturbed, {resumed} times resumed");
}

/// Asks a process to stop after a few more checkpoints; false if it ended before.
fn stopped(run: &Run, mut process: Process, ask: &mut dyn FnMut(&mut Process)) -> bool {
    let before = run.step();
    if process.wait_until(&mut || run.step() >= before + 10) {
        ask(&mut process);
    }
    let code = process.wait();
    if code == Some(0) {
        return false;
    }
    assert_eq!(code, Some(RESUMABLE));
    assert_eq!(run.state(), Some(State::Interrupted));
    assert!(run.step() >= before + 10);
    assert!(!run.file("summary.json").exists());
    true
}

/// Kills a process if it still runs, and gives its exit code; none if the signal came in time.
fn killed(process: Process, runs: bool) -> Option<i32> {
    if runs {
        process.signal(Signal::KILL);
    }
    process.wait()
}

/// Sessions that went on from a checkpoint.
fn resumptions(run: &Run) -> usize {
    fs::read_to_string(run.dir.log_path()).unwrap().matches("resumed after step").count()
}

fn modified(path: &Path) -> String {
    format!("{:?}", fs::metadata(path).and_then(|metadata| metadata.modified()).ok())
}

/// Of the files in a folder: those being written, or those that are whole.
fn names(dir: &Path, unfinished: bool) -> String {
    let entries = fs::read_dir(dir).into_iter().flatten().flatten();
    let names = entries.map(|entry| entry.file_name().into_string().unwrap());
    let mut names: Vec<_> = names.filter(|name| name.ends_with(".tmp") == unfinished).collect();
    names.sort();
    names.join(" ")
}
