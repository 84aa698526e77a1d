//! `cargo xtask runs`: what is listed, shown and removed, and what is not.

use std::fs;
use std::path::Path;
use std::time::{Duration, SystemTime};

use fireassay_tracking::RunDir;
use serde_json::{Value, json};

use crate::golden::check_golden;
use crate::sandbox::Sandbox;

/// `small` with a run of every kind: done, diverged, failed, damaged, of no plan.
fn with_all_kinds() -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.script(&json!({ "norm=layer.seed-0": "diverge", "norm=layer.seed-1": "fail" }));
    sandbox.xtask("ablation small -j1 -q");
    fs::remove_dir_all(sandbox.root().join("experiments/broken")).unwrap();
    sandbox
}

/// Breaks the seal of a run's summary.
fn damage(sandbox: &Sandbox, start: &str) {
    let run = sandbox.run_dir("small", start).unwrap();
    let path = run.join("summary.json");
    let text = fs::read_to_string(&path).unwrap();
    fs::write(path, text.replace("7850", "7851")).unwrap();
}

/// A sound run whose trial no plan has: another seed.
fn add_foreign(sandbox: &Sandbox) -> String {
    let own = sandbox.run_dir("small", "reference.seed-0").unwrap();
    let mut trial = RunDir::open(&own).unwrap().trial().unwrap();
    trial.seed = 77;
    trial.id = fireassay_spec::TrialId::new(
        &trial.spec,
        77,
        &trial.dataset_hash,
        fireassay_spec::Kernels::USUAL,
    );
    RunDir::create(&sandbox.root().join("runs/small"), &trial).unwrap();
    trial.dir_name()
}

fn names(dir: &Path) -> Vec<String> {
    let entries = fs::read_dir(dir).unwrap();
    let mut names: Vec<String> =
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[test]
fn help() {
    let sandbox = Sandbox::new();
    let pages = ["", "list ", "show ", "gc ", "export ", "import ", "verify "];
    let text: String =
        pages.map(|page| sandbox.xtask(&format!("runs {page}--help")).text()).join("\n");
    check_golden("help-runs", &text);
}

#[test]
fn every_run_is_listed_damaged_ones_too() {
    let sandbox = with_all_kinds();
    damage(&sandbox, "reference.seed-1");
    add_foreign(&sandbox);
    let said = sandbox.xtask("runs list");
    assert_eq!(said.code, 0);
    check_golden("runs-list", &said.text());
    let states = |args: &str| {
        let said = sandbox.xtask(&format!("runs list small --format json {args}"));
        let json: Value = serde_json::from_str(&said.stdout).unwrap();
        let runs = json["runs"].as_array().unwrap().clone();
        runs.iter().map(|run| run["state"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(states("--state damaged"), ["damaged"]);
    assert_eq!(states("--state failed,diverged"), ["diverged", "crashed"]);
    assert_eq!(states("--state foreign"), ["pending"]);
    assert_eq!(states("").len(), 7);
    assert_eq!(sandbox.xtask("runs list --state oom").code, 5);
    assert_eq!(sandbox.xtask("runs list demo").code, 5);
    assert_eq!(sandbox.xtask("runs list smal").code, 2);
}

#[test]
fn a_run_is_found_by_folder_name_and_id() {
    let sandbox = with_all_kinds();
    let said = sandbox.xtask("runs show small/norm=layer/1");
    assert_eq!(said.code, 0);
    check_golden("runs-show-failed", &said.text());
    let folder = sandbox.run_dir("small", "reference.seed-0").unwrap();
    let name = folder.file_name().unwrap().to_str().unwrap();
    let id = name.rsplit('.').next().unwrap();
    let by_name = sandbox.xtask("runs show small/reference/0");
    check_golden("runs-show", &by_name.text());
    for text in [id, &format!("runs/small/{name}"), &format!("small/{name}")] {
        let said = sandbox.xtask(&format!("runs show {text}"));
        assert_eq!((said.code, said.stdout), (0, by_name.stdout.clone()), "{text}");
    }
    for text in ["small/reference/9", "ffffffff", "0", "small"] {
        assert_eq!(sandbox.xtask(&format!("runs show {text}")).code, 2, "{text}");
    }
    let failed = sandbox.run_dir("small", "norm=layer.seed-1").unwrap();
    fs::write(failed.join("log.txt"), "\u{1b}[2Jboo\n").unwrap();
    let said = sandbox.xtask("runs show small/norm=layer/1");
    assert!(said.stdout.contains("end of log.txt\n   [2Jboo\n"), "{}", said.stdout);
    damage(&sandbox, "reference.seed-0");
    let said = sandbox.xtask(&format!("runs show {id}"));
    assert!(said.stdout.contains("damaged (edited)"), "{}", said.stdout);
}

#[test]
fn damage_is_found_in_files_that_no_report_reads() {
    let sandbox = with_all_kinds();
    let said = sandbox.xtask("runs verify");
    assert_eq!((said.code, said.stderr.as_str()), (0, ""));
    damage(&sandbox, "reference.seed-1");
    let own = sandbox.run_dir("small", "reference.seed-0").unwrap();
    fs::write(own.join("events.jsonl"), "half").unwrap();
    fs::create_dir(own.join("checkpoints")).unwrap();
    fs::write(own.join("checkpoints/selected.safetensors"), [255; 64]).unwrap();
    let before = names(&own);
    let said = sandbox.xtask("runs verify small");
    assert_eq!(said.code, 4);
    check_golden("runs-verify", &said.text());
    assert_eq!(names(&own), before);
    sandbox.edit("runs/small/experiment.lock.json", "\"seeds\"", "\"needs\"");
    let said = sandbox.xtask("runs verify");
    assert!(said.stdout.contains("small/experiment.lock.json: "), "{}", said.stdout);
    assert_eq!(sandbox.xtask("runs verify smal").code, 2);
    assert_eq!(Sandbox::new().xtask("runs verify").code, 5);
}

#[test]
fn times_of_files_mean_nothing() {
    let sandbox = with_all_kinds();
    add_foreign(&sandbox);
    damage(&sandbox, "reference.seed-1");
    let asked = ["runs list", "runs gc", "runs verify", "report small", "report small --check"];
    let said = || asked.map(|args| sandbox.xtask(args).text());
    let now = said();
    let century = Duration::from_secs(100 * 365 * 86_400);
    for time in [SystemTime::UNIX_EPOCH, SystemTime::now() + century] {
        set_times(&sandbox.root().join("runs"), time);
        assert_eq!(said(), now, "{time:?}");
    }
}

fn set_times(path: &Path, time: SystemTime) {
    if path.is_dir() {
        names(path).iter().for_each(|name| set_times(&path.join(name), time));
    }
    fs::File::open(path).unwrap().set_modified(time).unwrap();
}

#[test]
fn only_waste_goes_and_only_when_asked() {
    let sandbox = with_all_kinds();
    let foreign = add_foreign(&sandbox);
    let dir = sandbox.root().join("runs/small");
    let own = sandbox.run_dir("small", "reference.seed-0").unwrap();
    fs::create_dir(own.join("checkpoints")).unwrap();
    for name in ["manifest.json", "step-00000041.safetensors", "selected.safetensors"] {
        fs::write(own.join("checkpoints").join(name), "12345").unwrap();
    }
    fs::write(own.join(".status.json.1-0.tmp"), "half").unwrap();
    fs::write(dir.join(".report.md.1-0.tmp"), "half").unwrap();
    fs::create_dir(dir.join(".set-aside")).unwrap();
    fs::write(dir.join(".set-aside/trial.json"), "old").unwrap();
    damage(&sandbox, "reference.seed-1");

    let before = names(&dir);
    let said = sandbox.xtask("runs gc");
    assert_eq!(said.code, 0);
    check_golden("runs-gc", &said.text());
    assert_eq!(names(&dir), before);

    let said = sandbox.xtask("runs gc small --yes");
    assert_eq!(said.code, 0, "{}", said.stderr);
    let gone = [".report.md.1-0.tmp", ".set-aside", foreign.as_str()];
    let kept: Vec<String> = before.into_iter().filter(|n| !gone.contains(&n.as_str())).collect();
    assert_eq!(names(&dir), kept);
    assert_eq!(names(&own.join("checkpoints")), ["selected.safetensors"]);
    assert!(!names(&own).contains(&".status.json.1-0.tmp".to_owned()));
    assert!(sandbox.xtask("runs gc").stdout.contains("nothing to remove"));

    // results.json beside the runs does not name the damaged one any more once it is written anew.
    sandbox.xtask("report small");
    let damaged = sandbox.run_dir("small", "reference.seed-1").unwrap();
    fs::remove_file(dir.join("results.json")).unwrap();
    assert_eq!(sandbox.xtask("runs gc --damaged --yes").code, 0);
    assert!(!damaged.exists());
}

#[test]
fn a_reference_keeps_a_run_that_no_plan_has() {
    let sandbox = with_all_kinds();
    let foreign = sandbox.root().join("runs/small").join(add_foreign(&sandbox));
    let id = RunDir::open(&foreign).unwrap().trial().unwrap().id.to_string();
    let stays = |why: &str| {
        sandbox.xtask("runs gc --yes");
        assert!(foreign.exists(), "{why}");
    };
    sandbox.write("experiments/demo/results.json", &format!("{{\"id\": \"{id}\"}}"));
    stays("a committed result names it");
    sandbox.write("experiments/demo/results.json", &format!("{{\"id\": \"{}", &id[..9]));
    stays("half of a committed result may name it");
    fs::remove_file(sandbox.root().join("experiments/demo/results.json")).unwrap();
    sandbox.edit("experiments/demo/experiment.toml", "schema = 1", "schema = ");
    stays("a plan that cannot be read may name it");
    sandbox.edit("experiments/demo/experiment.toml", "schema = ", "schema = 1");
    let lock = RunDir::open(&foreign).unwrap();
    let lock = lock.lock().unwrap();
    let said = sandbox.xtask("runs gc --yes");
    assert!(foreign.exists() && said.code == 2, "a process works on it: {}", said.stderr);
    drop(lock);
    assert_eq!(sandbox.xtask("runs gc --yes").code, 0);
    assert!(!foreign.exists());
}

#[test]
fn a_registration_keeps_what_it_declared() {
    let sandbox = with_all_kinds();
    let dir = sandbox.root().join("runs/small");
    let before = names(&dir);
    fs::remove_file(dir.join("results.json")).unwrap();
    let others = ["demo", "few-seeds"];
    let path = |name: &str| sandbox.root().join("experiments").join(name);
    let text = others.map(|name| fs::read(path(name).join("experiment.toml")).unwrap());
    others.iter().for_each(|name| fs::remove_dir_all(path(name)).unwrap());
    // Every trial of the present plan is another one now.
    sandbox.edit("experiments/small/experiment.toml", "lr = 0.1", "lr = 0.2");
    assert!(sandbox.xtask("runs gc --yes").stdout.contains("nothing to remove"));
    fs::remove_file(dir.join("experiment.lock.json")).unwrap();
    // Others ask for the very same trials.
    for (name, text) in others.iter().zip(text) {
        fs::create_dir(path(name)).unwrap();
        fs::write(path(name).join("experiment.toml"), text).unwrap();
    }
    assert!(sandbox.xtask("runs gc --yes").stdout.contains("nothing to remove"));
    others.iter().for_each(|name| fs::remove_dir_all(path(name)).unwrap());
    assert_eq!(sandbox.xtask("runs gc --yes").code, 0);
    let left = names(&dir);
    let runs = |names: &[String]| names.iter().filter(|name| name.contains(".seed-")).count();
    assert_eq!((runs(&before), runs(&left)), (6, 0));
}

#[test]
fn an_experiment_that_is_in_use_is_left_alone_and_the_others_are_cleaned() {
    let sandbox = with_all_kinds();
    let foreign = sandbox.root().join("runs/small").join(add_foreign(&sandbox));
    sandbox.xtask("ablation demo -j2 -q");
    fs::create_dir(sandbox.root().join("runs/demo/.set-aside")).unwrap();
    let lock = fireassay_tracking::ExperimentLock::acquire(foreign.parent().unwrap(), "a test");
    let said = sandbox.xtask("runs gc --yes");
    assert!(said.code == 2 && said.stderr.contains("is in use by `a test`"), "{}", said.stderr);
    assert!(foreign.exists() && !sandbox.root().join("runs/demo/.set-aside").exists());
    drop(lock);
    assert_eq!(sandbox.xtask("runs gc --yes").code, 0);
    assert!(!foreign.exists());
}

#[test]
#[cfg(unix)]
fn links_are_left_alone() {
    let sandbox = with_all_kinds();
    let dir = sandbox.root().join("runs/small");
    let foreign = add_foreign(&sandbox);
    let outside = sandbox.root().join("outside");
    fs::rename(dir.join(&foreign), &outside).unwrap();
    std::os::unix::fs::symlink(&outside, dir.join(&foreign)).unwrap();
    let said = sandbox.xtask("runs gc --yes");
    assert_eq!(said.code, 2);
    assert!(said.stderr.contains("is a link"), "{}", said.stderr);
    assert!(outside.join("trial.json").exists());
}
