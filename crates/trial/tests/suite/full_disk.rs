//! A disk that is full stops a trial with a reason, and costs nothing but time.

use std::fs;
use std::process::{Command, Stdio};

use fireassay_tracking::{FailureKind, State};
use rustix::process::Signal;

use crate::support::{Ended, Run, assert_same, cnn_trial, reference, short_reference, short_trial};

/// With checkpoints at every step, at a few, and without any.
const ALWAYS: &str = "0";
const SOMETIMES: &str = "0.02";
const NEVER: &str = "1000";

#[test]
fn a_full_disk_is_named_and_costs_nothing() {
    check(0, NEVER, "provenance.json");
    check(1, NEVER, "events.jsonl");
    check(4, ALWAYS, "step-00000000.safetensors");
    check(8, NEVER, "events.jsonl");
}

/// A trial on a disk for files of so many blocks; then on a roomy one.
fn check(blocks: u32, checkpoint_secs: &str, culprit: &str) {
    let run = Run::new(&short_trial());
    refused(&run, blocks, checkpoint_secs, culprit);
    // A status is smaller than one block.
    if blocks > 0 {
        let status = run.dir.status().unwrap().unwrap();
        assert_eq!(status.state, State::Failed(FailureKind::Crashed));
        assert_eq!(status.sessions, 1);
        assert!(status.message.unwrap().contains(culprit));
    }
    run.to_end(&[]);
    assert_same(&run.results(), short_reference());
}

#[test]
fn a_disk_that_fills_up_later_keeps_the_last_checkpoint() {
    let run = Run::new(&cnn_trial(&[]));
    let mut process = run.start(&["--checkpoint-secs", ALWAYS]);
    assert!(process.wait_until(&mut || run.step() >= 20));
    process.signal(Signal::TERM);
    assert_eq!(process.wait(), Some(75));
    let step = run.step();
    refused(&run, 8, ALWAYS, ".safetensors");
    let status = run.dir.status().unwrap().unwrap();
    assert_eq!((status.step, status.budget_steps, status.sessions), (step, 240, 2));
    run.to_end(&[]);
    let resumed = format!("resumed after step {step} of 240");
    assert_eq!(resumptions(&run), [resumed.clone(), resumed]);
    assert_same(&run.results(), reference());
}

/// The last write of all is the one that a trial must not have cleaned up before.
#[test]
fn a_summary_that_cannot_be_written_keeps_the_last_checkpoint() {
    let run = Run::new(&cnn_trial(&[]));
    let mut process = run.start(&["--checkpoint-secs", SOMETIMES]);
    assert!(process.wait_until(&mut || run.step() > 0));
    fs::create_dir_all(run.file("summary.json/in the way")).unwrap();
    assert_eq!(process.wait(), Some(1));
    assert_eq!(run.state(), Some(State::Failed(FailureKind::Crashed)));
    fs::remove_dir_all(run.file("summary.json")).unwrap();
    run.to_end(&[]);
    assert_eq!(resumptions(&run).len(), 1, "it started over");
    assert_same(&run.results(), reference());
    assert_eq!(fs::read_dir(run.dir.checkpoints()).unwrap().count(), 1);
}

fn refused(run: &Run, blocks: u32, checkpoint_secs: &str, culprit: &str) {
    let ended = limited(run, blocks, checkpoint_secs);
    let words = ended.words();
    assert_eq!((ended.code, ended.stdout.as_str()), (Some(1), ""), "{words}");
    for part in ["cannot write", culprit, "File too large"] {
        assert!(words.contains(part), "no `{part}` in: {words}");
    }
    assert!(!words.contains("panic"), "{words}");
    assert!(!run.file("summary.json").exists());
}

/// Where its sessions went on from.
fn resumptions(run: &Run) -> Vec<String> {
    let text = fs::read_to_string(run.dir.log_path()).unwrap();
    let resumed = text.lines().filter_map(|line| line.find("resumed").map(|at| &line[at..]));
    resumed.map(str::to_owned).collect()
}

/// A limit on the size of files stands in for a full disk: a write stops in the middle in the same
/// way. A block has 512 bytes.
fn limited(run: &Run, blocks: u32, checkpoint_secs: &str) -> Ended {
    let command = run.command(&["--checkpoint-secs", checkpoint_secs]);
    let mut shell = Command::new("sh");
    shell.arg("-c").arg(format!("trap '' XFSZ; ulimit -f {blocks}; exec \"$@\"")).arg("sh");
    shell.arg(command.get_program()).args(command.get_args()).stdin(Stdio::null());
    Ended::new(shell.output().unwrap())
}
