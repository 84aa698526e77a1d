//! The real program on real data: killed, stopped, refused, and asked what it would do.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeSet;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};

use fireassay_spec::{DatasetCard, SCHEMA, Trial, TrialId, TrialSpec};
use fireassay_tracking::{FailureKind, Outcome, RunDir, RunState, Store};
use serde_json::{Value, json};

fn datasets() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../datasets")
}

/// 150 steps on digits; `changes` are pairs of a JSON pointer and a value.
fn trial(changes: &[(&str, Value)]) -> Trial {
    let mut spec = json!({
        "data": { "dataset": "digits", "train-size": 400, "val-fraction": 0.2,
            "test-fraction": 0.2 },
        "model": { "cnn": { "channels": [4, 6], "kernel": 3, "stride": 1, "padding": "same",
            "norm": "batch", "activation": "relu", "pool": "max", "head": "flatten", "dense": [16],
            "dropout": 0.2, "dropout-at": "features" } },
        "optim": { "algorithm": { "sgd": { "momentum": 0.9, "nesterov": false } }, "lr": 0.05,
            "weight-decay": 0.0, "decay": "coupled", "decay-exempt": "bias-and-norm",
            "clip-norm": "off" },
        "schedule": { "shape": "constant", "warmup-steps": 0 },
        "train": { "budget": { "steps": 150 }, "batch-size": 32, "loss": "cross-entropy",
            "eval-every": { "steps": 20 }, "early-stopping": "off", "select": "best-val" },
    });
    for (pointer, value) in changes {
        let (parent, key) = pointer.rsplit_once('/').unwrap();
        spec.pointer_mut(parent).unwrap()[key] = value.clone();
    }
    let spec: TrialSpec = serde_json::from_value(spec).unwrap();
    let dataset_hash = DatasetCard::load(&datasets().join("digits/dataset.toml")).unwrap().hash();
    Trial {
        schema: SCHEMA,
        id: TrialId::new(&spec, 1, &dataset_hash),
        experiment: "process".into(),
        condition: "reference".into(),
        settings: [("norm".into(), "batch".into())].into(),
        seed: 1,
        dataset_hash,
        spec,
    }
}

fn command(run: &Path, flags: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_trial"));
    command.arg("run").arg(run).args(flags);
    if !flags.contains(&"--datasets") {
        command.arg("--datasets").arg(datasets());
    }
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
    command
}

fn run(run: &Path, flags: &[&str]) -> (i32, String) {
    ended(command(run, flags).output().unwrap())
}

fn ended(output: Output) -> (i32, String) {
    (output.status.code().unwrap(), String::from_utf8(output.stderr).unwrap())
}

fn new_run(root: &Path, trial: &Trial) -> PathBuf {
    RunDir::create(root, trial).unwrap().path().to_owned()
}

/// What must not depend on how a trial got to its end.
fn result(run: &Path) -> [Vec<u8>; 3] {
    ["summary.json", "events.jsonl", "checkpoints/selected.safetensors"]
        .map(|name| fs::read(run.join(name)).unwrap())
}

fn undisturbed(trial: &Trial, flags: &[&str]) -> [Vec<u8>; 3] {
    let root = tempfile::tempdir().unwrap();
    let path = new_run(root.path(), trial);
    assert_eq!(run(&path, flags), (0, String::new()));
    result(&path)
}

/// Waits until the trial has checkpointed `step` or more, or has ended.
fn wait_for_step(child: &mut Child, run: &RunDir, step: u64) {
    while child.try_wait().unwrap().is_none() {
        if run.status().unwrap().is_some_and(|status| status.step >= step) {
            return;
        }
        std::thread::yield_now();
    }
}

#[test]
fn killed_ten_times_a_trial_ends_with_the_same_bytes() {
    let trial = trial(&[]);
    let expected = undisturbed(&trial, &[]);
    let root = tempfile::tempdir().unwrap();
    let path = new_run(root.path(), &trial);
    let run_dir = RunDir::open(&path).unwrap();
    for kill in 1..=10 {
        // A checkpoint at every step, so that kills fall into its writing too.
        let mut child = command(&path, &["--checkpoint-secs", "0"]).spawn().unwrap();
        wait_for_step(&mut child, &run_dir, 13 * kill);
        child.kill().unwrap();
        assert_eq!(child.wait().unwrap().code(), None, "kill {kill} came too late");
    }
    assert_eq!(run(&path, &[]).0, 0);
    assert_eq!(run_dir.status().unwrap().unwrap().sessions, 11);
    assert!(result(&path) == expected);
}

#[test]
fn the_end_of_stdin_stops_at_a_checkpoint() {
    let trial = trial(&[]);
    let expected = undisturbed(&trial, &[]);
    let root = tempfile::tempdir().unwrap();
    let path = new_run(root.path(), &trial);
    let run_dir = RunDir::open(&path).unwrap();
    let mut command = command(&path, &["--checkpoint-secs", "0", "--stop-on-eof"]);
    let mut child = command.stdin(Stdio::piped()).spawn().unwrap();
    wait_for_step(&mut child, &run_dir, 30);
    drop(child.stdin.take());
    assert_eq!(child.wait().unwrap().code(), Some(75));
    let record = Store::scan(root.path()).unwrap().remove(0);
    assert_eq!(record.state(), RunState::Interrupted);
    assert_eq!(run(&path, &[]).0, 0);
    assert!(result(&path) == expected);
}

#[test]
fn threads_and_checkpoints_do_not_change_a_bit_and_a_seed_does() {
    let one = trial(&[]);
    let expected = undisturbed(&one, &["--threads", "1"]);
    assert!(undisturbed(&one, &["--threads", "2"]) == expected);
    assert!(undisturbed(&one, &["--threads", "3", "--checkpoint-secs", "0"]) == expected);
    let mut other = one;
    other.seed = 2;
    other.id = TrialId::new(&other.spec, 2, &other.dataset_hash);
    assert!(undisturbed(&other, &[]) != expected);
}

#[test]
fn a_finished_trial_is_not_touched_again() {
    let root = tempfile::tempdir().unwrap();
    let path = new_run(root.path(), &trial(&[("/train/budget", json!({ "steps": 5 }))]));
    assert_eq!(run(&path, &[]).0, 0);
    let status = fs::read(path.join("status.json")).unwrap();
    assert_eq!(run(&path, &[]).0, 0);
    assert_eq!(fs::read(path.join("status.json")).unwrap(), status);
}

#[test]
fn a_small_network_learns_digits_and_a_diverging_one_says_when() {
    let root = tempfile::tempdir().unwrap();
    let path = new_run(root.path(), &trial(&[("/data/train-size", json!("all"))]));
    assert_eq!(run(&path, &[]).0, 0);
    let summary = RunDir::open(&path).unwrap().summary().unwrap().unwrap();
    let accuracy = summary.metrics[&"test.accuracy".parse().unwrap()];
    assert!(accuracy > 0.9, "{accuracy}");

    let path = new_run(root.path(), &trial(&[("/optim/lr", json!(1e30))]));
    assert_eq!(run(&path, &[]).0, 0);
    let run_dir = RunDir::open(&path).unwrap();
    let summary = run_dir.summary().unwrap().unwrap();
    assert!(matches!(summary.outcome, Outcome::Diverged { step: 1..=5, .. }), "{summary:?}");
    assert!(summary.metrics.is_empty());
}

/// Runs a trial after something was done to its run directory or its datasets.
fn refused(spoil: impl Fn(&Path, &Path), flags: &[&str], code: i32, says: &[&str]) -> PathBuf {
    let root = tempfile::tempdir().unwrap();
    let path = new_run(root.path(), &trial(&[]));
    let copy = root.path().join("datasets");
    fs::create_dir_all(copy.join("digits")).unwrap();
    for file in fs::read_dir(datasets().join("digits")).unwrap() {
        let file = file.unwrap();
        fs::copy(file.path(), copy.join("digits").join(file.file_name())).unwrap();
    }
    spoil(&path, &copy.join("digits"));
    let flags = [flags, &["--datasets", copy.to_str().unwrap()]].concat();
    let (found, text) = run(&path, &flags);
    let words = text.split_whitespace().collect::<Vec<_>>().join(" ").replace("│ ", "");
    assert_eq!(found, code, "{text}");
    for part in says {
        assert!(words.contains(part), "no `{part}` in: {words}");
    }
    assert!(!words.contains("panic"), "{words}");
    assert!(!path.join("summary.json").exists());
    if code == 1 {
        let status = RunDir::open(&path).unwrap().status().unwrap().unwrap();
        assert!(status.message.is_some_and(|message| message.contains(says[0])));
    }
    path
}

#[test]
fn bad_input_is_refused_with_its_place_and_reason() {
    let flip = |_: &Path, data: &Path| {
        let path = data.join("digits.csv.gz");
        let mut bytes = fs::read(&path).unwrap();
        bytes[1000] ^= 1;
        fs::write(path, bytes).unwrap();
    };
    refused(flip, &[], 1, &["sha256", "digits.csv.gz"]);
    let cut = |_: &Path, data: &Path| fs::write(data.join("digits.csv.gz"), b"").unwrap();
    refused(cut, &[], 1, &["sha256"]);
    refused(
        |_, data| fs::remove_file(data.join("digits.csv.gz")).unwrap(),
        &[],
        1,
        &["digits.csv.gz"],
    );
    refused(|_, data| fs::remove_dir_all(data).unwrap(), &[], 1, &["dataset.toml"]);
    let other_card = |_: &Path, data: &Path| {
        let path = data.join("dataset.toml");
        let text = fs::read_to_string(&path).unwrap().replace("divisor = 16", "divisor = 15");
        fs::write(path, text).unwrap();
    };
    refused(other_card, &[], 1, &["its card has changed", "cargo xtask ablation process"]);
    refused(|_, _| (), &["--backend", "flexx"], 1, &["no backend `flexx`"]);
    refused(|_, _| (), &["--backend", "wgpu"], 1, &["`wgpu` is not compiled in"]);
    refused(|_, _| (), &["--code", "{"], 2, &["--code"]);
    let schema = |run: &Path, _: &Path| {
        let path = run.join("trial.json");
        let text =
            fs::read_to_string(&path).unwrap().replacen("\"schema\": 1", "\"schema\": 99", 1);
        fs::write(path, text).unwrap();
    };
    refused(schema, &[], 2, &["99", "trial.json"]);
    refused(|run, _| fs::write(run.join("trial.json"), b"{").unwrap(), &[], 2, &["trial.json"]);
    refused(|run, _| fs::remove_file(run.join("trial.json")).unwrap(), &[], 2, &["trial.json"]);
    refused(|run, _| fs::write(run.join("checkpoints"), b"").unwrap(), &[], 1, &["checkpoint"]);
    refused(|run, _| fs::create_dir(run.join("events.jsonl")).unwrap(), &[], 1, &["events.jsonl"]);
}

/// A limit on file sizes stands in for a full disk: writes fail in the middle in the same way.
#[test]
#[cfg(unix)]
fn a_disk_that_is_full_loses_nothing() {
    let trial = trial(&[]);
    let expected = undisturbed(&trial, &[]);
    let root = tempfile::tempdir().unwrap();
    let path = new_run(root.path(), &trial);
    let limited = command(&path, &["--checkpoint-secs", "0"]);
    let mut shell = Command::new("sh");
    shell.args(["-c", "trap '' XFSZ; ulimit -f 8; exec \"$@\"", "sh"]);
    let shell = shell.arg(limited.get_program()).args(limited.get_args());
    let (code, text) = ended(shell.stdin(Stdio::null()).output().unwrap());
    assert_eq!(code, 1, "{text}");
    let words = text.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(
        words.contains("cannot write checkpoint") && words.contains("File too large"),
        "{text}"
    );
    let record = Store::scan(root.path()).unwrap().remove(0);
    assert_eq!(record.state(), RunState::Failed(FailureKind::Crashed));
    assert_eq!(run(&path, &[]).0, 0);
    assert!(result(&path) == expected);
}

fn fingerprints(trials: &[Trial]) -> Vec<Value> {
    let mut child = Command::new(env!("CARGO_BIN_EXE_trial"))
        .args(["fingerprint", "--datasets", datasets().to_str().unwrap()])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    stdin.write_all(&serde_json::to_vec(trials).unwrap()).unwrap();
    drop(stdin);
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success());
    serde_json::from_slice(&output.stdout).unwrap()
}

fn prints(trials: &[Trial]) -> Vec<String> {
    fingerprints(trials).iter().map(|found| found["fingerprint"].as_str().unwrap().into()).collect()
}

#[test]
fn a_fingerprint_sees_every_change_and_no_other_name() {
    let changes = [
        ("/model/cnn/norm", json!("none")),
        ("/model/cnn/norm", json!({ "group": 2 })),
        ("/model/cnn/activation", json!("tanh")),
        ("/model/cnn/dropout", json!(0.3)),
        ("/model/cnn/dropout-at", json!("logits")),
        ("/model/cnn/pool", json!("average")),
        ("/optim/weight-decay", json!(1e-3)),
        ("/optim/lr", json!(0.04)),
        ("/optim/algorithm/sgd/momentum", json!(0.0)),
        ("/optim/algorithm/sgd/nesterov", json!(true)),
        ("/optim/clip-norm", json!({ "max": 100.0 })),
        ("/schedule/shape", json!({ "cosine": { "final-fraction": 0.0 } })),
        ("/schedule/warmup-steps", json!(5)),
        ("/train/batch-size", json!(16)),
        ("/train/budget", json!({ "steps": 151 })),
        ("/train/select", json!("last")),
        ("/train/early-stopping", json!({ "patience": 2 })),
        ("/data/train-size", json!(410)),
        ("/data/val-fraction", json!(0.25)),
    ];
    let mut trials = vec![trial(&[])];
    trials.extend(changes.map(|change| trial(&[change])));
    let distinct: BTreeSet<String> = prints(&trials).into_iter().collect();
    assert_eq!(distinct.len(), trials.len());

    let mut renamed = trial(&[]);
    renamed.condition = "another name".into();
    let layer = trial(&[("/model/cnn/norm", json!("layer"))]);
    let one_group = trial(&[("/model/cnn/norm", json!({ "group": 1 }))]);
    let [a, b, c, d]: [String; 4] =
        prints(&[trial(&[]), renamed, layer, one_group]).try_into().unwrap();
    assert_eq!(a, b);
    assert_eq!(c, d, "one group is layer norm on feature maps");
    // The clock decides no part of it.
    assert_eq!(prints(&[trial(&[])]), [a]);
}
