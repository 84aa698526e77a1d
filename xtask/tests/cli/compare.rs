//! `cargo xtask compare`: yesterday's runs against today's, conditions, runs, and the gate.

use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use crate::golden::check_golden;
use crate::sandbox::{Sandbox, copy};

/// `demo` with all its runs, and a copy of them in `yesterday`.
fn with_copy() -> Sandbox {
    let sandbox = Sandbox::new();
    assert_eq!(sandbox.xtask("ablation demo -j2 -q").code, 0);
    copy(&sandbox.root().join("runs"), &sandbox.root().join("yesterday"));
    sandbox
}

/// Runs `demo` anew with other accuracies, which the stand-in takes from its script.
fn run_anew(sandbox: &Sandbox, layer: f64, deeds: &Value) {
    let accuracy = json!({ "reference": 0.9, "norm=layer": layer, "norm=batch": 0.9 });
    let script = json!({ "trials": deeds, "accuracy": accuracy });
    sandbox.write("datasets/fake.json", &script.to_string());
    sandbox.xtask("ablation demo -j2 -q --fresh");
}

/// What a stand-in leaves out: where a trial ran, with a binary of this name.
fn record_provenance(store: &Path, binary: &str) {
    for entry in fs::read_dir(store).unwrap() {
        let dir = entry.unwrap().path();
        let Ok(run) = fireassay_tracking::RunDir::open(&dir) else { continue };
        let code = fireassay_tracking::CodeFacts {
            git_revision: Some("3da7fc3b1c0d".into()),
            toolchain: "rustc 1.95.0".into(),
            ..Default::default()
        };
        let provenance = fireassay_tracking::Provenance {
            schema: fireassay_tracking::SCHEMA,
            code,
            binary_hash: binary.repeat(32),
            dataset_hash: run.trial().unwrap().dataset_hash,
            backend: "flex".into(),
            burn: "0.22.1".into(),
            instructions: None,
            threads: 1,
            cpu: "an example processor".into(),
            platform: "linux x86_64".into(),
            earlier: Vec::new(),
            source: None,
        };
        run.write_provenance(&provenance).unwrap();
    }
}

#[test]
fn help() {
    check_golden("help-compare", &Sandbox::new().xtask("compare --help").text());
}

#[test]
fn a_copy_of_a_store_is_identical() {
    let sandbox = with_copy();
    let gates = "--fail-on worse --fail-on inconclusive,different";
    let said = sandbox.xtask(&format!("compare yesterday/demo runs/demo {gates}"));
    assert_eq!(said.code, 0);
    check_golden("compare-identical", &said.text());
}

#[test]
fn a_store_with_worse_numbers_shuts_the_gate() {
    let sandbox = with_copy();
    record_provenance(&sandbox.root().join("yesterday/demo"), "b1");
    run_anew(&sandbox, 0.8, &json!({}));
    record_provenance(&sandbox.root().join("runs/demo"), "b2");
    let said = sandbox.xtask("compare yesterday/demo demo --fail-on worse");
    assert_eq!(said.code, 4);
    check_golden("compare-worse", &said.text());
    // The other way round it is better, and without a gate nothing is shut.
    assert_eq!(sandbox.xtask("compare demo yesterday/demo --fail-on worse").code, 0);
    let said = sandbox.xtask("compare demo yesterday/demo --fail-on different --fail-on worse");
    assert_eq!(said.code, 4);
    let said = said.stderr.lines().map(str::trim).collect::<Vec<_>>().join(" ");
    assert!(said.contains("--fail-on different: norm=layer: 7 of 7 pairs differ"), "{said}");
    assert!(!said.contains("--fail-on worse"), "{said}");
    assert_eq!(sandbox.xtask("compare yesterday/demo demo").code, 0);
}

#[test]
fn a_trial_that_fails_today_alone_shuts_the_gate() {
    let sandbox = with_copy();
    run_anew(&sandbox, 0.85, &json!({ "norm=layer.seed-2": "fail" }));
    let said = sandbox.xtask("compare yesterday/demo runs/demo --fail-on worse");
    assert_eq!(said.code, 4);
    check_golden("compare-broken", &said.text());
    assert_eq!(sandbox.xtask("compare runs/demo yesterday/demo --fail-on worse").code, 0);
}

#[test]
fn folders_of_stores_are_compared_experiment_by_experiment() {
    let sandbox = Sandbox::new();
    sandbox.xtask("ablation demo -j2 -q");
    sandbox.xtask("ablation small -j2 -q");
    copy(&sandbox.root().join("runs"), &sandbox.root().join("yesterday"));
    let said = sandbox.xtask("compare yesterday runs --format json");
    assert_eq!((said.code, said.stderr.as_str()), (0, ""));
    let value: Value = serde_json::from_str(&said.stdout).unwrap();
    let labels: Vec<&str> = value["comparisons"]
        .as_array()
        .unwrap()
        .iter()
        .map(|comparison| comparison["b"]["label"].as_str().unwrap())
        .collect();
    assert_eq!(labels, ["runs/demo", "runs/small"]);
    fs::remove_dir_all(sandbox.root().join("yesterday/demo")).unwrap();
    let said = sandbox.xtask("compare yesterday runs --format markdown");
    assert_eq!(said.code, 0);
    assert_eq!(said.stderr, "warning: only B has runs of `demo`\n");
    assert!(said.stdout.starts_with("# A against B\n\nA: yesterday/small (6 runs)\n"));
    fs::rename(sandbox.root().join("yesterday/small"), sandbox.root().join("yesterday/other"))
        .unwrap();
    assert_eq!(sandbox.xtask("compare yesterday runs").code, 5);
}

#[test]
fn two_conditions_of_an_experiment() {
    let sandbox = with_copy();
    let said = sandbox.xtask("compare demo/reference demo/norm=layer --fail-on worse");
    assert_eq!(said.code, 4);
    check_golden("compare-conditions", &said.text());
    // Two others may be picked from three pairs, the same one in two stores from one.
    let family = |args: &str| {
        let said = sandbox.xtask(&format!("compare {args} --format json"));
        let value: Value = serde_json::from_str(&said.stdout).unwrap();
        value["comparisons"][0]["criteria"]["picked-from"].clone()
    };
    assert_eq!(family("demo/norm=layer demo/norm=batch"), 3);
    assert_eq!(family("demo/norm=layer yesterday/demo/norm=layer"), 1);
}

#[test]
fn two_conditions_get_a_verdict_only_where_the_report_gives_one() {
    let sandbox = with_copy();
    let flat = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    let pair = "compare demo/reference demo/norm=layer";
    assert!(flat(&sandbox.xtask(pair).stdout).contains("is worse than A (reference)"));
    let experiment = "experiments/demo/experiment.toml";
    sandbox.edit(experiment, "rope = 0.005", "rope = 0.006");
    let edited = "exploratory (changed after the first trial: analysis.rope)";
    for pair in [pair, "compare demo/norm=batch demo/norm=layer"] {
        assert!(flat(&sandbox.xtask(pair).stdout).contains(edited), "{pair}");
    }
    let said = sandbox.xtask(&format!("{pair} --fail-on worse"));
    assert_eq!(said.code, 2);
    let why = "these two conditions get none (changed after the first trial: analysis.rope)";
    assert!(flat(&said.stderr.replace('│', "")).contains(why), "{}", said.stderr);
    // Two stores have a family of their own, and no design that was registered for it.
    let across = sandbox.xtask("compare yesterday/demo/reference demo/norm=layer");
    assert!(flat(&across.stdout).contains("is worse than A (reference)"), "{}", across.stdout);
    assert_eq!(sandbox.xtask("compare yesterday/demo demo --fail-on worse").code, 0);
    sandbox.edit(experiment, "rope = 0.006", "rope = 0.005");
    fs::remove_file(sandbox.root().join("runs/demo/experiment.lock.json")).unwrap();
    let unregistered = "exploratory (no sound registration from before the first trial)";
    assert!(flat(&sandbox.xtask(pair).stdout).contains(unregistered));
}

#[test]
fn a_contrast_is_picked_from_those_that_are_declared() {
    let sandbox = Sandbox::new();
    let experiment = "experiments/demo/experiment.toml";
    sandbox.edit(experiment, "alpha = 0.05", "alpha = 0.05\ncontrasts = ['norm=layer']");
    assert_eq!(sandbox.xtask("ablation demo -j2 -q").code, 0);
    let criteria = |args: &str| {
        let said = sandbox.xtask(&format!("compare {args} --format json"));
        let value: Value = serde_json::from_str(&said.stdout).unwrap();
        value["comparisons"][0]["criteria"].clone()
    };
    let declared = criteria("demo/reference demo/norm=layer");
    assert_eq!(declared["picked-from"], 1);
    assert_eq!(declared["standing"], json!({ "family": "confirmatory" }));
    let other = criteria("demo/norm=batch demo/reference");
    assert_eq!(other["standing"]["cause"], "undeclared");
}

#[test]
fn an_exploratory_experiment_gives_no_verdict_and_no_gate() {
    let sandbox = Sandbox::new();
    sandbox.xtask("ablation small -j2 -q");
    let pair = "compare small/reference small/norm=layer";
    let said = sandbox.xtask(pair);
    assert!(said.stdout.contains("B (norm=layer) against A (reference), exploratory"));
    assert_eq!(sandbox.xtask(&format!("{pair} --fail-on worse")).code, 2);
    assert_eq!(sandbox.xtask(&format!("{pair} --fail-on inconclusive")).code, 4);
}

#[test]
fn two_runs() {
    let sandbox = with_copy();
    let name = |start: &str| {
        let dir = sandbox.run_dir("demo", start).unwrap();
        dir.file_name().unwrap().to_str().unwrap().to_owned()
    };
    let (a, b) = (name("reference.seed-0"), name("norm=layer.seed-1"));
    let said = sandbox.xtask(&format!("compare demo/{a} yesterday/demo/{b}"));
    assert_eq!(said.code, 0);
    check_golden("compare-runs", &said.text());
}

#[test]
fn unknown_names_come_with_the_nearest() {
    let sandbox = with_copy();
    let mut text = String::new();
    for args in [
        "demo/norm=layr demo",
        "demmo/reference demo",
        "demmo demo",
        "demo/norm=layer.seed-0 demo",
        "nowhere/to/be/found demo",
        "small demo",
        "small/reference demo",
        "datasets demo",
        "demo demo/reference",
        "runs demo",
    ] {
        text.push_str(&sandbox.xtask(&format!("compare {args}")).text());
    }
    check_golden("compare-names", &text);
}

#[test]
fn science_stands_in_the_file() {
    let sandbox = with_copy();
    let said =
        sandbox.xtask("compare yesterday/demo demo --rope 1pp --alpha 0.05 --direction lower");
    check_golden("compare-flags", &said.text());
    // What the file says may be repeated.
    let flags = "--rope 0.5pp --alpha 0.05 --metric test.accuracy --direction higher";
    assert_eq!(sandbox.xtask(&format!("compare yesterday/demo demo {flags}")).code, 0);
    for flags in ["--rope 0", "--alpha 1", "--metric test.acc", "--fail-on bad", "--direction up"] {
        assert_eq!(sandbox.xtask(&format!("compare demo demo {flags}")).code, 2, "{flags}");
    }
    // Where no file speaks, flags do.
    fs::remove_dir_all(sandbox.root().join("experiments/demo")).unwrap();
    let said =
        sandbox.xtask("compare yesterday/demo demo --metric val.loss --rope 0.01 --alpha 0.1");
    let line = "val.loss, lower is better, rope 0.01, alpha 0.1";
    let words = said.stdout.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(words.contains(line), "{}{}", said.stdout, said.stderr);
    let said = sandbox.xtask("compare yesterday/demo demo --metric val.loss --rope 1pp");
    assert_eq!(said.code, 2);
}

#[test]
fn nothing_to_pair_exits_with_5() {
    let sandbox = with_copy();
    for entry in fs::read_dir(sandbox.root().join("runs/demo")).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() && !path.to_string_lossy().contains("reference.seed-6") {
            fs::remove_dir_all(path).unwrap();
        }
    }
    fs::remove_dir_all(sandbox.run_dir("../yesterday/demo", "reference.seed-6").unwrap()).unwrap();
    check_golden("compare-nothing", &sandbox.xtask("compare yesterday/demo runs/demo").text());
}

#[test]
fn a_damaged_run_is_named_and_hides_no_other() {
    let sandbox = with_copy();
    let dir = sandbox.run_dir("demo", "norm=batch.seed-3").unwrap();
    fs::write(dir.join("summary.json"), "{").unwrap();
    let said = sandbox.xtask("compare yesterday/demo runs/demo");
    assert_eq!(said.code, 0, "{}", said.stderr);
    let words = said.stdout.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(words.contains("note B: `norm=batch.seed-3."), "{}", said.stdout);
    assert!(words.contains("is not used (half-written): summary.json"), "{}", said.stdout);
    assert!(words.contains("norm=batch: identical, 6 pairs."), "{}", said.stdout);
}
