//! Bad input ends with an exit code and a reason, and what is mended afterwards goes on.

use std::fs;
use std::path::{Path, PathBuf};

use fireassay_backend::Backend;
use fireassay_spec::Trial;
use fireassay_tracking::{FailureKind, RunDir, State};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::support::{
    Ended, Run, assert_same, cnn_trial, datasets, program, short_reference, short_trial,
};

/// No result, and `status.json` says why.
const FAILED: i32 = 1;
/// Bad arguments or input; nothing was run.
const USAGE: i32 = 2;

#[test]
fn a_folder_that_is_no_run_directory() {
    let says = "is not a run directory: it has no trial.json";
    refused(USAGE, &[says], &|scene| fs::remove_file(scene.run.file("trial.json")).unwrap());
    refused(USAGE, &[says], &|scene| fs::remove_dir_all(scene.run.dir.path()).unwrap());
}

#[test]
fn a_trial_json_that_is_not_the_planned_one() {
    let edit = |edit: &'static dyn Fn(&mut Value)| {
        move |scene: &Scene| {
            let path = scene.run.file("trial.json");
            let mut trial = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
            edit(&mut trial);
            fs::write(&path, serde_json::to_vec(&trial).unwrap()).unwrap();
        }
    };
    let trial_json = "trial.json";
    let edited = [trial_json, "was changed after it was written"];
    refused(USAGE, &edited, &edit(&|trial| trial["seed"] = json!(2)));
    refused(USAGE, &edited, &edit(&|trial| trial["id"] = json!("0123")));
    refused(USAGE, &edited, &edit(&|trial| trial["spec"]["optim"]["lr"] = json!(0.1)));
    refused(USAGE, &edited, &edit(&|trial| trial["sed"] = json!(2)));
    let schema = ["trial.json", "has schema 99, this version reads schema 1"];
    refused(USAGE, &schema, &edit(&|trial| trial["schema"] = json!(99)));
    let unsealed = edit(&|trial| drop(trial.as_object_mut().unwrap().remove("seal")));
    refused(USAGE, &[trial_json, "has no seal"], &unsealed);
    for text in ["", "{", "[]", "\u{0}\u{0}", "{\"schema\": \"1\"}"] {
        refused(USAGE, &[trial_json, "is cut short or was edited"], &|scene| {
            fs::write(scene.run.file("trial.json"), text).unwrap();
        });
    }
}

#[test]
fn a_dataset_that_is_not_the_planned_one() {
    let file = "digits.csv.gz";
    let hash = [file, "has sha256", "its card says 09f66e6d"];
    refused(FAILED, &["dataset.toml"], &|scene| fs::remove_dir_all(&scene.digits).unwrap());
    refused(FAILED, &["cannot read", file], &|scene| {
        fs::remove_file(scene.digits.join(file)).unwrap();
    });
    refused(FAILED, &hash, &|scene| {
        edit(&scene.digits.join(file), |bytes| bytes[1000] ^= 1);
    });
    for len in [0, 1, 1000, 57_522] {
        refused(FAILED, &hash, &|scene| {
            edit(&scene.digits.join(file), |bytes| bytes.truncate(len));
        });
    }
    let changed = ["dataset `digits` is not the one", "its card has changed", "ablation suite"];
    refused(FAILED, &changed, &|scene| {
        edit_text(&scene.digits.join("dataset.toml"), "divisor = 16", "divisor = 15");
    });
    refused(FAILED, &["dataset.toml"], &|scene| {
        edit_text(&scene.digits.join("dataset.toml"), "[normalise]", "[normalise");
    });
}

#[test]
fn a_split_that_the_dataset_cannot_give() {
    let asks = |changes: &[(&str, Value)], says: &[&str]| {
        refused_trial(&cnn_trial(changes), FAILED, says, &|_| ());
    };
    asks(&[("/data/train-size", json!(100_000))], &["asks for 100000 examples"]);
    asks(&[("/data/test-fraction", Value::Null)], &["dataset `digits`", "test-fraction"]);
    asks(&[("/data/val-fraction", json!(1.5))], &["`val-fraction` is 1.5"]);
}

#[test]
fn a_place_for_an_output_that_is_taken() {
    let folder = |name: &'static str| {
        move |scene: &Scene| fs::create_dir_all(scene.run.file(name).join("full")).unwrap()
    };
    let file =
        |name: &'static str| move |scene: &Scene| fs::write(scene.run.file(name), "").unwrap();
    refused(FAILED, &["checkpoint", "File exists"], &file("checkpoints"));
    refused(FAILED, &["cannot", "tb"], &file("tb"));
    refused(FAILED, &["cannot open", "events.jsonl"], &folder("events.jsonl"));
    refused(FAILED, &["cannot write", "provenance.json"], &folder("provenance.json"));
    refused(USAGE, &["cannot open", "log.txt"], &folder("log.txt"));
    refused(USAGE, &["cannot read", "summary.json"], &folder("summary.json"));
    refused(USAGE, &["cannot open", ".lock"], &folder(".lock"));
    refused(USAGE, &["cannot read", "status.json"], &folder("status.json"));
}

#[test]
fn a_result_or_status_that_is_damaged() {
    for name in ["summary.json", "status.json"] {
        refused(USAGE, &[name, "is cut short or was edited"], &|scene| {
            fs::write(scene.run.file(name), "{").unwrap();
        });
        refused(USAGE, &[name, "has schema 7"], &|scene| {
            fs::write(scene.run.file(name), "{\"schema\": 7}").unwrap();
        });
    }
}

#[test]
fn flags_that_make_no_sense() {
    let flags = |flags: &[&str], code: i32, says: &[&str]| {
        let scene = Scene::new(&short_trial());
        let flags = [flags, &scene.flags()].concat();
        scene.check(&scene.run.end(&flags), code, says);
    };
    flags(&["--backend", "flexx"], USAGE, &["no backend `flexx`, expected one of cuda, flex"]);
    let other = Backend::ALL.iter().find(|backend| !backend.is_compiled()).unwrap().name();
    let says = format!("backend `{other}` is not compiled in; build with `cargo build");
    flags(&["--backend", other], FAILED, &[&says]);
    for code in ["", "{", "nonsense", "{}", "{\"git-revision\":1}"] {
        flags(&["--code", code], USAGE, &["--code is not what xtask writes"]);
    }
    for secs in ["-1", "nan", "inf", "soon"] {
        let flag = format!("--checkpoint-secs={secs}");
        flags(&[&flag], USAGE, &["invalid value", "--checkpoint-secs"]);
    }
    for threads in ["0", "-1", "two"] {
        let flag = format!("--threads={threads}");
        flags(&[&flag], USAGE, &["invalid value", "--threads"]);
    }
}

#[test]
fn no_command_is_answered_with_the_help() {
    let ended = Ended::new(program("--list-backends").output().unwrap());
    assert_eq!(ended.code, Some(0));
    let names: Vec<String> = serde_json::from_str(&ended.stdout).unwrap();
    assert!(names.contains(&"flex".into()), "{names:?}");
    let ended = Ended::new(program("walk").output().unwrap());
    assert_eq!(ended.code, Some(USAGE));
    assert!(ended.words().contains("unrecognized subcommand 'walk'"), "{}", ended.words());
}

/// A run directory and a copy of the datasets, to be spoiled.
struct Scene {
    run: Run,
    datasets: TempDir,
    digits: PathBuf,
}

impl Scene {
    fn new(trial: &Trial) -> Self {
        let copy = tempfile::tempdir().unwrap();
        let digits = copy.path().join("digits");
        fs::create_dir(&digits).unwrap();
        for entry in fs::read_dir(datasets().join("digits")).unwrap() {
            let entry = entry.unwrap();
            fs::copy(entry.path(), digits.join(entry.file_name())).unwrap();
        }
        Self { run: Run::new(trial), datasets: copy, digits }
    }

    fn flags(&self) -> [&str; 2] {
        ["--datasets", self.datasets.path().to_str().unwrap()]
    }

    fn check(&self, ended: &Ended, code: i32, says: &[&str]) {
        let words = ended.words();
        assert_eq!(ended.code, Some(code), "{words}");
        assert_eq!(ended.stdout, "");
        for part in says {
            assert!(words.contains(part), "no `{part}` in: {words}");
        }
        assert!(!words.contains("panic"), "{words}");
        assert!(!self.run.file("summary.json").is_file() || code == USAGE, "{words}");
        assert!(!self.run.file("checkpoints/selected.safetensors").exists());
        if code == FAILED {
            let status = self.run.dir.status().unwrap().unwrap();
            assert_eq!(status.state, State::Failed(FailureKind::Crashed));
            assert_eq!(status.sessions, 1);
            let message = status.message.unwrap();
            assert!(message.contains(says[0]), "no `{}` in: {message}", says[0]);
        }
    }
}

/// A trial that is run after something was spoiled; then the very same run directory, as far as
/// it is one, is freed of what is in the way and run on the good datasets.
fn refused(code: i32, says: &[&str], spoil: &dyn Fn(&Scene)) {
    let trial = short_trial();
    let scene = refused_trial(&trial, code, says, spoil);
    if scene.run.dir.path().is_dir() {
        free(scene.run.dir.path());
    }
    // What planning again does.
    let run = RunDir::create(scene.run.root(), &trial);
    assert_eq!(run.unwrap(), scene.run.dir);
    scene.run.to_end(&[]);
    assert_same(&scene.run.results(), short_reference());
}

fn refused_trial(trial: &Trial, code: i32, says: &[&str], spoil: &dyn Fn(&Scene)) -> Scene {
    let scene = Scene::new(trial);
    spoil(&scene);
    let ended = scene.run.end(&scene.flags());
    scene.check(&ended, code, says);
    scene
}

/// Removes what the tests put into a run directory.
fn free(run: &Path) {
    for name in ["checkpoints", "tb", "trial.json", "summary.json", "status.json"] {
        let path = run.join(name);
        if path.is_file() {
            fs::remove_file(path).unwrap();
        }
    }
    let folders = ["events.jsonl", "provenance.json", "log.txt", "summary.json", ".lock"];
    for name in folders.into_iter().chain(["status.json"]) {
        let path = run.join(name);
        if path.is_dir() {
            fs::remove_dir_all(path).unwrap();
        }
    }
}

fn edit(path: &Path, edit: impl FnOnce(&mut Vec<u8>)) {
    let mut bytes = fs::read(path).unwrap();
    edit(&mut bytes);
    fs::write(path, bytes).unwrap();
}

fn edit_text(path: &Path, from: &str, to: &str) {
    let text = fs::read_to_string(path).unwrap();
    assert!(text.contains(from));
    fs::write(path, text.replace(from, to)).unwrap();
}
