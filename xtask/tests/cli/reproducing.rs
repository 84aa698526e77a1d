//! `cargo xtask reproduce` with a stand-in for `trial`.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::golden::check_golden;
use crate::sandbox::{Said, Sandbox};

/// `small`, run: two seeds of three conditions, whose reference makes steps.
fn run_small() -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.script(&json!({ "reference": "steps" }));
    assert_eq!(sandbox.xtask("ablation small").code, 0);
    sandbox
}

/// Without the hash of the stand-in and the clock.
fn text(said: &Said) -> String {
    let mask = |line: &str| {
        let line = match line.split_once("target/reproduce/small/") {
            Some((head, _)) => format!("{head}target/reproduce/small/<program>"),
            None => line.to_owned(),
        };
        match line.split_once('[').zip(line.split_once(']')) {
            Some(((head, _), (_, tail))) if head.trim() == "DONE" => format!("{head}[#]{tail}"),
            _ => line,
        }
    };
    said.text().lines().map(|line| format!("{}\n", mask(line))).collect()
}

fn parsed(said: &Said) -> Value {
    serde_json::from_str(&said.stdout).unwrap_or_else(|_| panic!("{}", said.stderr))
}

/// Every file below, with its bytes.
fn contents(dir: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let mut found = Vec::new();
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        match path.is_dir() {
            true => found.extend(contents(&path)),
            false => found.push((path.clone(), fs::read(&path).unwrap())),
        }
    }
    found.sort();
    found
}

#[test]
fn help() {
    check_golden("help-reproduce", &Sandbox::new().xtask("reproduce --help").text());
}

#[test]
fn a_run_comes_to_the_same_and_is_not_touched() {
    let sandbox = run_small();
    let runs = sandbox.root().join("runs");
    let before = contents(&runs);
    let said = sandbox.xtask("reproduce small/reference/0");
    assert_eq!(said.code, 0, "{}", said.stderr);
    check_golden("reproduce-run", &text(&said));
    assert!(contents(&runs) == before, "the runs were touched");
}

#[test]
fn a_run_is_named_in_any_way() {
    let sandbox = run_small();
    let dir = sandbox.run_dir("small", "reference.seed-0").unwrap();
    let folder = dir.file_name().unwrap().to_str().unwrap();
    let hash = folder.rsplit_once('.').unwrap().1;
    let ways = [
        dir.display().to_string(),
        format!("runs/small/{folder}/"),
        format!("small/{folder}"),
        "small/reference/seed=0".to_owned(),
        hash.to_owned(),
    ];
    for way in ways {
        let found = parsed(&sandbox.xtask(&format!("reproduce {way} --format json")));
        assert_eq!(found["trials"][0]["id"].as_str().unwrap()[..8], *hash, "{way}");
        assert_eq!((&found["run-again"], &found["finished"]), (&json!(1), &json!(1)), "{way}");
    }
}

#[test]
fn an_experiment_is_run_again_whole_or_in_part() {
    let sandbox = run_small();
    let check = |args: &str, again: u64, places: &[(&str, u64)]| {
        let said = sandbox.xtask(&format!("reproduce small {args} --format json"));
        assert_eq!(said.code, 0, "{}", said.stderr);
        let found = parsed(&said);
        assert_eq!(
            (found["run-again"].as_u64(), found["finished"].as_u64()),
            (Some(again), Some(6))
        );
        let trials = found["trials"].as_array().unwrap();
        let of = |trial: &Value| {
            (trial["condition"].as_str().unwrap().to_owned(), trial["seed"].as_u64())
        };
        for (condition, seed) in places {
            assert!(trials.iter().any(|trial| of(trial) == ((*condition).into(), Some(*seed))));
        }
        assert_eq!(found["verdict"], "bit-identical");
    };
    check("--only seed=1 condition=reference", 1, &[("reference", 1)]);
    check("--only norm=layer", 2, &[("norm=layer", 0), ("norm=layer", 1)]);
    check("", 6, &[("reference", 0), ("norm=batch", 1)]);
    // One of each condition.
    let found = parsed(&sandbox.xtask("reproduce small --trials 3 --format json"));
    let conditions: Vec<&str> = found["trials"]
        .as_array()
        .unwrap()
        .iter()
        .map(|t| t["condition"].as_str().unwrap())
        .collect();
    assert_eq!(conditions, ["norm=batch", "norm=layer", "reference"]);
    assert_eq!(found["drawn-with-seed"], 1);
    let said = sandbox.xtask("reproduce small --only diverged");
    assert_eq!(said.code, 5, "{}", said.stderr);
}

#[test]
fn what_the_same_program_has_run_is_not_run_twice() {
    let sandbox = run_small();
    assert_eq!(sandbox.xtask("reproduce small --trials 1").code, 0);
    let said = sandbox.xtask("reproduce small");
    assert!(said.stderr.contains("Reused  1 rerun of this program"), "{}", said.stderr);
    assert!(said.stderr.contains("(6/6)") && !said.stderr.contains("(1/6)"), "{}", said.stderr);
    let said = sandbox.xtask("reproduce small --fresh");
    assert!(!said.stderr.contains("Reused"), "{}", said.stderr);
    assert!(said.stderr.contains("(1/6)"), "{}", said.stderr);
    // A damaged rerun is run once more.
    let target = sandbox.root().join("target/reproduce/small");
    let summary = contents(&target).into_iter().map(|(path, _)| path);
    let summary = summary.into_iter().find(|path| path.ends_with("summary.json")).unwrap();
    fs::write(&summary, "{").unwrap();
    let said = sandbox.xtask("reproduce small");
    assert_eq!(said.code, 0, "{}", said.stderr);
    assert!(said.stderr.contains("Reused  5 reruns"), "{}", said.stderr);
}

#[test]
fn another_program_is_found_out_by_step_and_tensor() {
    let sandbox = run_small();
    sandbox.script_with(
        &json!({ "reference.seed-0": "steps-other", "reference": "steps", "norm=layer": "fail" }),
        &json!({ "reference": 0.9, "norm=batch": 0.7 }),
    );
    let said = sandbox.xtask("reproduce small -j1");
    assert_eq!(said.code, 4, "{}", said.stderr);
    check_golden("reproduce-differs", &text(&said));
    // The same weights from the first step, and yet other scores: two seeds cannot judge that.
    let said = sandbox.xtask("reproduce small/norm=batch/1");
    assert_eq!(said.code, 4);
    assert!(said.stdout.ends_with("verdict: undecided (1 trial)\n"), "{}", said.stdout);
    // A rerun without a result is no verdict on the original.
    let said = sandbox.xtask("reproduce small/norm=layer/1");
    assert_eq!(said.code, 3, "{}", said.stdout);
    assert!(said.stdout.contains("norm=layer seed 1 has no result: the data ran dry"));
}

#[test]
fn seeds_and_ropes_judge_what_is_not_the_same() {
    let sandbox = Sandbox::new();
    assert_eq!(sandbox.xtask("ablation demo").code, 0);
    let check = |accuracy: f64, args: &str, code: i32, verdict: &str| {
        sandbox.script_with(&json!({}), &json!({ "reference": accuracy, "norm=layer": 0.9 }));
        let said = sandbox.xtask(&format!("reproduce demo/reference{args} --fresh"));
        assert_eq!(said.code, code, "{}", said.stderr);
        assert!(said.stdout.contains(verdict), "{}", said.stdout);
    };
    let whole = sandbox.xtask("reproduce demo --only condition=reference --format json");
    assert_eq!(parsed(&whole)["basis"]["rope"], 0.005);
    check(0.9, "/3", 0, "verdict: bit-identical");
    check(0.900_001, "/3", 0, "verdict: within tolerance");
    check(0.901, "/3", 0, "verdict: statistically compatible");
    check(0.95, "/3", 4, "verdict: different");
}

#[test]
fn committed_results_are_enough() {
    let sandbox = run_small();
    fs::copy(
        sandbox.root().join("runs/small/results.json"),
        sandbox.root().join("experiments/small/results.json"),
    )
    .unwrap();
    fs::remove_dir_all(sandbox.root().join("runs")).unwrap();
    let said = sandbox.xtask("reproduce small");
    assert_eq!(said.code, 5, "{}", said.stderr);
    assert!(said.stderr.contains("cargo xtask reproduce experiments/small"), "{}", said.stderr);
    let said = sandbox.xtask("reproduce experiments/small --trials 2 -j1");
    assert_eq!(said.code, 0, "{}", said.stderr);
    check_golden("reproduce-committed", &text(&said));
    let said = sandbox.xtask("reproduce experiments/small/results.json");
    assert!(said.stdout.ends_with("verdict: bit-identical (6 trials)\n"), "{}", said.stdout);
    // The plan has lost a condition; the others are still there.
    sandbox.edit("experiments/small/experiment.toml", "\"layer\", \"batch\"", "\"batch\"");
    let said = sandbox.xtask("reproduce experiments/small");
    assert_eq!(said.code, 0, "{}", said.stderr);
    let changed = "the experiment has changed: 2 of 6 trials have left its plan, of norm=layer";
    assert!(said.stderr.contains(changed), "{}", said.stderr);
    sandbox.edit("experiments/small/experiment.toml", "widths = [4]", "widths = [8]");
    let said = sandbox.xtask("reproduce experiments/small");
    assert_eq!(said.code, 5, "{}", said.stderr);
}

#[test]
fn a_changed_experiment_is_told_by_its_registration() {
    let sandbox = run_small();
    sandbox.edit("experiments/small/experiment.toml", "widths = [4]", "widths = [8]");
    sandbox.edit("experiments/small/experiment.toml", "\"layer\", \"batch\"", "\"batch\"");
    let said = sandbox.xtask("reproduce runs/small/results.json");
    assert_eq!(said.code, 5, "{}", said.stderr);
    let flat: String = said.stderr.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(flat.contains("changed since its registration: conditions"), "{flat}");
}

#[test]
fn other_data_is_refused() {
    let sandbox = run_small();
    sandbox.edit("datasets/tiny/train.csv", "0", "1");
    let said = sandbox.xtask("reproduce small");
    assert_eq!(said.code, 2, "{}", said.stderr);
    assert!(said.stderr.contains("dataset `tiny` is not as its card says"), "{}", said.stderr);
    let sandbox = run_small();
    sandbox.edit("datasets/tiny/dataset.toml", "mean = [1.75", "mean = [1.76");
    for what in ["small", "small/reference/0"] {
        let said = sandbox.xtask(&format!("reproduce {what}"));
        assert_eq!(said.code, 2, "{}", said.stderr);
        assert!(said.stderr.contains("dataset `tiny` is another one"), "{}", said.stderr);
    }
    assert!(!sandbox.root().join("target/reproduce").exists());
}

#[test]
fn an_edited_run_is_left_out_and_said() {
    let sandbox = run_small();
    let dir = sandbox.run_dir("small", "reference.seed-0").unwrap();
    let path = dir.join("events.jsonl");
    let text = fs::read_to_string(&path).unwrap();
    fs::write(&path, text.replacen("0.05", "0.06", 1)).unwrap();
    let said = sandbox.xtask("reproduce small --only condition=reference");
    assert_eq!(said.code, 0, "{}", said.stderr);
    assert!(said.stderr.contains("is left out (edited)"), "{}", said.stderr);
    assert!(said.stdout.starts_with("runs/small: 1 of 5 finished trials run again"));
    let said = sandbox.xtask("reproduce small/reference/0");
    assert_eq!(said.code, 2, "{}", said.stderr);
}

#[test]
fn names_that_mean_nothing_are_refused() {
    let sandbox = run_small();
    let check = |args: &str, code: i32, part: &str| {
        let said = sandbox.xtask(&format!("reproduce {args}"));
        assert_eq!(said.code, code, "{args}: {}", said.stderr);
        assert!(said.stderr.contains(part), "{args}: {}", said.stderr);
    };
    check("smal", 2, "did you mean `small`?");
    check("demo", 5, "nothing of `demo` has been run");
    check("experiments/demo", 2, "holds neither runs nor a results.json");
    check("small/reference/9", 2, "no run");
    check("small --only norm=nothing", 2, "norm=nothing");
    check("small --trials 0", 2, "a whole number, 1 or more");
    check("small --tolerance -1", 2, "");
    check("datasets/fake.json", 2, "results.json has no schema");
    assert!(!sandbox.root().join("target/reproduce").exists());
}
