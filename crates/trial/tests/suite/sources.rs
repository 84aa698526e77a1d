//! Trials that start from another run or from weights of somebody else: the same bits however they
//! are disturbed, and a reason where there is nothing to start from.

use std::fs;
use std::path::{Path, PathBuf};

use fireassay_spec::{SourceRef, Trial, TrialSpec, WeightsCard};
use fireassay_tracking::RunDir;
use rustix::process::Signal;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::support::{Ended, Process, Results, assert_same, datasets, mlp_trial, program};

/// Two runs of an experiment: a pretraining, and a trial that starts from it.
struct Pair {
    root: TempDir,
    source: RunDir,
    target: RunDir,
}

fn pretraining() -> Trial {
    let trial = mlp_trial(&[("/train/budget", json!({ "steps": 60 }))]);
    Trial { condition: "pretrain".into(), settings: [].into(), ..trial }
}

/// A trial with this regime that starts from `source`.
fn target(regime: &Value, source: SourceRef) -> Trial {
    let trial = mlp_trial(&[("/train/budget", json!({ "steps": 60 }))]);
    let mut spec = serde_json::to_value(&trial.spec).unwrap();
    spec["init"] = match &source {
        SourceRef::Trial(_) => {
            let section = |name: &str| spec[name].clone();
            let (data, optim) = (section("data"), section("optim"));
            let (schedule, train) = (section("schedule"), section("train"));
            json!({ "pretrain":
                { "data": data, "optim": optim, "schedule": schedule, "train": train } })
        }
        SourceRef::Weights { name, .. } => json!({ "weights": name }),
    };
    spec["finetune"] = json!({ "regime": regime });
    let spec: TrialSpec = serde_json::from_value(spec).unwrap();
    let mut trial = Trial { spec, source: Some(source), ..trial };
    trial.id = trial.content_id();
    trial
}

impl Pair {
    fn new(regime: &Value) -> Self {
        let root = tempfile::tempdir().unwrap();
        let source = pretraining();
        let target = target(regime, SourceRef::Trial(source.id.clone()));
        let [source, target] =
            [source, target].map(|trial| RunDir::create(root.path(), &trial).unwrap());
        Self { root, source, target }
    }

    fn end(&self, run: &RunDir) -> Ended {
        Ended::new(command(run, &datasets()).output().unwrap())
    }

    /// Kills it at its first checkpoint, then lets it end.
    fn killed(&self, run: &RunDir) {
        let mut command = command(run, &datasets());
        let mut process = Process::start(command.args(["--checkpoint-steps", "7"]));
        let step = || run.status().ok().flatten().map_or(0, |status| status.step);
        if process.wait_until(&mut || step() > 0) {
            process.signal(Signal::KILL);
        }
        process.wait();
        assert_eq!(self.end(run).code, Some(0));
    }
}

fn command(run: &RunDir, datasets: &Path) -> std::process::Command {
    let mut command = program("run");
    command.arg(run.path()).arg("--datasets").arg(datasets);
    command
}

fn results(run: &RunDir) -> Results {
    ["summary.json", "events.jsonl", "checkpoints/selected.safetensors"]
        .map(|name| (name, fs::read(run.path().join(name)).unwrap()))
}

#[test]
fn a_kill_in_either_stage_changes_no_bit() {
    let calm = Pair::new(&json!("full"));
    for run in [&calm.source, &calm.target] {
        let ended = calm.end(run);
        assert_eq!(ended, Ended { code: Some(0), stdout: String::new(), stderr: String::new() });
    }
    let killed = Pair::new(&json!("full"));
    killed.killed(&killed.source);
    killed.killed(&killed.target);
    assert_same(&results(&killed.source), &results(&calm.source));
    assert_same(&results(&killed.target), &results(&calm.target));
    // What it started from stands in its provenance.
    let [from, own] = [&calm.source, &calm.target].map(|run| run.provenance().unwrap().unwrap());
    let facts = own.source.unwrap();
    assert_eq!(facts.of, SourceRef::Trial(pretraining().id));
    assert_eq!(facts.state_digest, calm.source.summary().unwrap().unwrap().state_digest);
    assert_eq!(facts.binary_hash, Some(from.binary_hash));
    assert_eq!(from.source, None);
    // The runs may lie elsewhere than the trial's own.
    let apart = tempfile::tempdir().unwrap();
    let moved = RunDir::create(apart.path(), &calm.target.trial().unwrap()).unwrap();
    let mut elsewhere = command(&moved, &datasets());
    let ended = Ended::new(elsewhere.arg("--sources").arg(calm.root.path()).output().unwrap());
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    assert_same(&results(&moved), &results(&calm.target));
}

#[test]
fn frozen_weights_are_those_of_the_source() {
    let pair = Pair::new(&json!("linear-probe"));
    for run in [&pair.source, &pair.target] {
        assert_eq!(pair.end(run).code, Some(0));
    }
    let [source, target] =
        [&pair.source, &pair.target].map(|run| fs::read(run.selected_weights()).unwrap());
    let [source, target] =
        [&source, &target].map(|bytes| safetensors::SafeTensors::deserialize(bytes).unwrap());
    for name in source.names() {
        let same = source.tensor(name).unwrap().data() == target.tensor(name).unwrap().data();
        assert_eq!(same, !name.starts_with("head."), "{name}");
    }
}

#[test]
fn without_a_sound_source_nothing_is_trained() {
    let refused = |says: &str, damage: &dyn Fn(&Pair)| {
        let pair = Pair::new(&json!("full"));
        assert_eq!(pair.end(&pair.source).code, Some(0));
        damage(&pair);
        let ended = pair.end(&pair.target);
        assert_eq!(ended.code, Some(1), "{says}");
        assert!(ended.words().contains(says), "{}", ended.stderr);
        assert!(ended.words().contains("cargo xtask ablation suite"), "{}", ended.stderr);
        assert!(!pair.target.selected_weights().exists());
    };
    refused("has no run in", &|pair| fs::remove_dir_all(pair.source.path()).unwrap());
    refused("has no result yet", &|pair| {
        fs::remove_file(pair.source.path().join("summary.json")).unwrap();
    });
    refused("its weights are not here", &|pair| {
        fs::remove_file(pair.source.selected_weights()).unwrap();
    });
    refused("are not those that its summary speaks of", &|pair| {
        let path = pair.source.selected_weights();
        let mut bytes = fs::read(&path).unwrap();
        *bytes.last_mut().unwrap() ^= 1;
        fs::write(path, bytes).unwrap();
    });
}

/// A folder of datasets with a card of weights beside `digits`.
struct Weights {
    root: TempDir,
    card: WeightsCard,
}

impl Weights {
    /// Of a file with these bytes, whose tensors are called as here unless `names` says otherwise.
    fn new(bytes: &[u8], classes: usize, names: &str) -> Self {
        let root = tempfile::tempdir().unwrap();
        copy(&datasets().join("digits"), &root.path().join("digits"));
        let folder = root.path().join("theirs");
        fs::create_dir(&folder).unwrap();
        fs::write(folder.join("theirs.bin"), bytes).unwrap();
        let sha256 = sha256(bytes);
        let text = format!(
            "schema = 1\nname = \"theirs\"\ntitle = \"Theirs\"\nlicence = \"CC0\"\n\
             source = \"a test\"\narchitecture = \"mlp\"\ntrained-on = \"digits\"\n\
             shape = [1, 8, 8]\nnum-classes = {classes}\n{names}\n\
             normalise = {{ divisor = 16.0, mean = [0.25], std = [0.5] }}\n[[files]]\n\
             path = \"theirs.bin\"\nbytes = {}\nsha256 = \"{sha256}\"\n",
            bytes.len()
        );
        let card = WeightsCard::parse("weights.toml", &text).unwrap();
        fs::write(folder.join("weights.toml"), text).unwrap();
        Self { root, card }
    }

    fn source(&self) -> SourceRef {
        SourceRef::Weights { name: "theirs".into(), hash: self.card.hash() }
    }

    fn end(&self, regime: &Value) -> (TempDir, RunDir, Ended) {
        let runs = tempfile::tempdir().unwrap();
        let run = RunDir::create(runs.path(), &target(regime, self.source())).unwrap();
        let ended = Ended::new(command(&run, self.root.path()).output().unwrap());
        (runs, run, ended)
    }
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let path: PathBuf = entry.unwrap().path();
        if path.is_file() {
            fs::copy(&path, to.join(path.file_name().unwrap())).unwrap();
        }
    }
}

fn sha256(bytes: &[u8]) -> String {
    use sha2::{Digest, Sha256};
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The weights of a finished pretraining, as a file.
fn trained() -> Vec<u8> {
    let pair = Pair::new(&json!("full"));
    assert_eq!(pair.end(&pair.source).code, Some(0));
    fs::read(pair.source.selected_weights()).unwrap()
}

#[test]
fn weights_of_somebody_else_are_started_from() {
    let bytes = trained();
    let (_runs, run, ended) = Weights::new(&bytes, 10, "").end(&json!("linear-probe"));
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    let log = fs::read_to_string(run.log_path()).unwrap();
    assert!(log.contains("inputs are normalised for the source: mean [0.25], std [0.5]"), "{log}");
    assert!(log.contains("starts from weights `theirs`"), "{log}");
    let found = fs::read(run.selected_weights()).unwrap();
    let [theirs, ours] =
        [&bytes, &found].map(|bytes| safetensors::SafeTensors::deserialize(bytes).unwrap());
    for name in theirs.names().into_iter().filter(|name| !name.starts_with("head.")) {
        assert_eq!(theirs.tensor(name).unwrap().data(), ours.tensor(name).unwrap().data());
    }
    // A head of other classes is not used, and need not fit.
    let (_runs, _, ended) = Weights::new(&bytes, 7, "").end(&json!("full"));
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
}

#[test]
fn weights_that_cannot_be_used_are_told_in_full() {
    let refused = |weights: &Weights, says: &[&str]| {
        let (_runs, run, ended) = weights.end(&json!("full"));
        assert_eq!(ended.code, Some(1), "{}", ended.stderr);
        for say in says {
            assert!(ended.words().contains(say), "`{say}`: {}", ended.stderr);
        }
        assert!(!run.selected_weights().exists());
    };
    let bytes = trained();
    refused(&Weights::new(&bytes[..bytes.len() - 1], 10, ""), &["theirs.bin"]);
    // A pickle that would run a command.
    let pickle = b"\x80\x02cposix\nsystem\nX\x04\x00\x00\x00true\x85R.";
    refused(&Weights::new(pickle, 10, ""), &["theirs.bin"]);
    let names = "names = { rules = [[\"head.*\", \"tail.*\"]] }";
    refused(&Weights::new(&bytes, 10, names), &["head.bias", "head.weight", "tail."]);
    let names = "names = { preset = \"none\" }";
    refused(&Weights::new(&bytes, 10, names), &["there is no preset `none`"]);
    let changed = Weights::new(&bytes, 10, "");
    fs::write(changed.root.path().join("theirs/theirs.bin"), b"other").unwrap();
    refused(&changed, &["has sha256", "its card says"]);
}
