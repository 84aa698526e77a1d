//! Trials that start from others: what is run when, what a failure costs, and who knows of it.

use std::fs;

use serde_json::{Value, json};

use crate::golden::check_golden;
use crate::sandbox::{Said, Sandbox};

/// `small` with a source, and regimes instead of norms.
fn sandbox() -> Sandbox {
    let sandbox = Sandbox::new();
    let text = sandbox.read("experiments/small/experiment.toml");
    let (head, rest) = text.split_once("[[factor]]").unwrap();
    let (_, analysis) = rest.split_once("[analysis]").unwrap();
    let section = |name: &str| {
        let from = head.split_once(&format!("[base.{name}]\n")).unwrap().1;
        let body = from.split_once("\n\n").map_or(from, |(body, _)| body);
        format!("[base.init.pretrain.{name}]\n{body}\n\n")
    };
    let source: String = ["data", "optim", "schedule", "train"].map(section).concat();
    let regimes = "[base.finetune]\nregime = \"linear-probe\"\n\n[[factor]]\nname = \"regime\"\n\
                   key = \"finetune.regime\"\nlevels = [\"linear-probe\", \"full\", \"scratch\"]\n";
    let head = head.replace("name = \"small\"", "name = \"transfer\"");
    fs::create_dir(sandbox.root().join("experiments/transfer")).unwrap();
    let text = format!("{head}{source}{regimes}\n[analysis]{analysis}");
    sandbox.write("experiments/transfer/experiment.toml", &text);
    sandbox.write("experiments/transfer/README.md", "# Transfer\n");
    sandbox
}

/// The lines that say how a trial ended, without their times.
fn ends(said: &Said) -> Vec<String> {
    let lines = said.stderr.lines().filter(|line| line.contains("] ("));
    let end = |line: &str| {
        let words: Vec<&str> = line.split_whitespace().collect();
        let at = words.iter().position(|word| *word == "seed").unwrap();
        format!("{} {}.{}", words[0], words[at - 1], words[at + 1])
    };
    lines.map(end).collect()
}

#[test]
fn sources_come_before_what_starts_from_them() {
    let sandbox = sandbox();
    check_golden("pretraining-dry-run", &sandbox.xtask("ablation transfer -j1 --dry-run").text());
    let said = sandbox.xtask("ablation transfer -j1");
    assert_eq!(said.code, 0, "{}", said.stderr);
    check_golden("pretraining", &said.text());
    let of_seed = |seed: u32| {
        ["pretrain", "reference", "regime=full", "regime=scratch"]
            .map(|name| format!("DONE {name}.{seed}"))
    };
    assert_eq!(ends(&said), [of_seed(0), of_seed(1)].concat());
    check_golden("pretraining-again", &sandbox.xtask("ablation transfer -j1").journey());
    check_golden("pretraining-spec", &sandbox.xtask("ablation transfer --print-spec").text());
    let listed = sandbox.xtask("ablation").stdout;
    let row = listed.lines().find(|line| line.contains("transfer")).unwrap();
    assert_eq!(row.split_whitespace().take(3).collect::<Vec<_>>(), ["transfer", "8", "8"]);
    // A pretraining is no condition, and the report knows it.
    let results: Value = serde_json::from_str(&sandbox.read("runs/transfer/results.json")).unwrap();
    assert_eq!(results["conditions"].as_array().unwrap().len(), 3);
    assert_eq!(results["trials"], json!({ "planned": 6, "failed": 0, "missing": 0 }));
    let source = &results["sources"][0];
    assert_eq!(source["conditions"], json!(["reference", "regime=full"]));
    assert_eq!(
        (&source["one-per-seed"], source["trials"].as_array().unwrap().len()),
        (&json!(true), 2)
    );
    let report = sandbox.read("runs/transfer/report.md");
    assert!(report.contains("one source per seed"), "{report}");
}

#[test]
fn a_source_that_fails_is_told_and_only_it_is_tried_again() {
    let sandbox = sandbox();
    sandbox.script(&json!({ "pretrain.seed-0": "fail", "pretrain.seed-1": "diverge" }));
    let said = sandbox.xtask("ablation transfer -j1 --max-retries 1");
    assert_eq!(said.code, 3);
    check_golden("pretraining-failed", &said.journey());
    let report = sandbox.read("runs/transfer/report.md");
    assert!(report.contains("no source"), "{report}");
    // What a stopped source left is gone on from; what diverged would diverge again.
    sandbox.script(&json!({}));
    let said = sandbox.xtask("ablation transfer -j1 --only failed seed=0");
    assert_eq!(said.code, 0, "{}", said.stderr);
    assert_eq!(ends(&said), ["DONE pretrain.0", "DONE reference.0", "DONE regime=full.0"]);
    let said = sandbox.xtask("ablation transfer -j1");
    assert_eq!(ends(&said), ["FAILED reference.1", "FAILED regime=full.1"]);
    assert_eq!(said.code, 3);
    let said = sandbox.xtask("ablation transfer -j1 --fresh");
    assert_eq!((said.code, ends(&said).len()), (0, 8), "{}", said.stderr);
}

#[test]
fn a_selection_brings_along_the_sources_that_it_needs() {
    let sandbox = sandbox();
    let run = |args: &str| {
        let said = sandbox.xtask(&format!("ablation transfer -j1 {args}"));
        assert_eq!(said.code, 0, "{}", said.stderr);
        ends(&said)
    };
    assert_eq!(run("--only regime=scratch"), ["DONE regime=scratch.0", "DONE regime=scratch.1"]);
    let full = ["DONE pretrain.1", "DONE regime=full.1"];
    assert_eq!(run("--only regime=full seed=1"), full);
    // A finished source is not run again for the sake of some trials.
    assert_eq!(run("--only regime=full seed=1 --fresh"), ["DONE regime=full.1"]);
    assert_eq!(run("").len(), 4);
    // More seeds train only their own sources.
    sandbox.edit("experiments/transfer/experiment.toml", "seeds = [0, 1]", "seeds = [0, 1, 2]");
    let third =
        ["DONE pretrain.2", "DONE reference.2", "DONE regime=full.2", "DONE regime=scratch.2"];
    assert_eq!(run(""), third);
    assert_eq!(run("--fresh").len(), 12);
}

#[test]
fn one_source_can_be_shared_by_all_seeds() {
    let sandbox = sandbox();
    let stream = "[base.streams]\npretrain = 0\n\n[base.data]";
    sandbox.edit("experiments/transfer/experiment.toml", "[base.data]", stream);
    let said = sandbox.xtask("ablation transfer -j2");
    assert_eq!(said.code, 0, "{}", said.stderr);
    assert_eq!(ends(&said).iter().filter(|end| end.contains("pretrain")).count(), 1);
    assert!(said.stdout.contains("share one source"), "{}", said.stdout);
}

#[test]
fn runs_are_kept_checked_and_shown_as_others_are() {
    let sandbox = sandbox();
    sandbox.script(&json!({ "*": "steps" }));
    assert_eq!(sandbox.xtask("ablation transfer -j1").code, 0);
    let said = sandbox.xtask("runs list transfer");
    assert_eq!(said.stdout.matches("pretrain").count(), 2, "{}", said.stdout);
    let said = sandbox.xtask("runs gc");
    assert!(sandbox.run_dir("transfer", "pretrain.seed-0").is_some(), "{}", said.stderr);
    let said = sandbox.xtask("reproduce transfer");
    assert_eq!(said.code, 0, "{}{}", said.stderr, said.stdout);
    let said = sandbox.xtask("verify-resume transfer --condition regime=full --kills 1");
    assert_eq!(said.code, 0, "{}", said.stderr);
    let said = sandbox.xtask("verify-resume transfer --condition pretrain --kills 1");
    assert_eq!(said.code, 0, "{}", said.stderr);
}
