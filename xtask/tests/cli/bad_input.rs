//! Wrong usage, wrong files, wrong machine: a message, an exit code, nothing lost.

use std::fs;

use fireassay_tracking::ExperimentLock;
use serde_json::json;

use crate::golden::check_golden;
use crate::sandbox::Sandbox;

fn check(name: &str, args: &str) {
    check_golden(name, &Sandbox::new().xtask(args).text());
}

#[test]
fn unknown_names_come_with_the_nearest() {
    check("unknown-experiment", "ablation demmo");
    check("unknown-dataset", "data verify tyni");
    check("unknown-filter", "ablation demo --only diverge");
}

#[test]
fn a_broken_experiment_is_shown_with_carets() {
    check("broken-experiment", "ablation broken");
}

#[test]
fn wrong_usage_exits_with_2() {
    for args in
        ["ablation demo --lr 0.1", "ablation demo --timeout soon", "ablate", "", "ablation --fresh"]
    {
        assert_eq!(Sandbox::new().xtask(args).code, 2, "{args}");
    }
}

#[test]
fn nothing_selected_exits_with_5() {
    check("nothing-selected", "ablation demo --only diverged");
    check("report-of-nothing", "report demo");
}

#[test]
fn a_claim_that_the_seeds_cannot_support_is_refused() {
    check("infeasible", "ablation few-seeds -j1");
    check("infeasible-dry-run", "ablation few-seeds -j1 --dry-run");
}

#[test]
fn two_equal_conditions_stop_the_run() {
    let sandbox = Sandbox::new();
    let script = json!({ "fingerprints": { "reference": "aa", "norm=batch": "aa" } });
    sandbox.write("datasets/fake.json", &script.to_string());
    check_golden("no-op-condition", &sandbox.xtask("ablation small -j1").text());
    assert!(sandbox.run_dir("small", "reference").is_none());
}

#[test]
fn a_deliberate_duplicate_is_no_mistake() {
    let sandbox = Sandbox::new();
    let script = json!({ "fingerprints": { "reference": "aa", "norm=batch": "aa" } });
    sandbox.write("datasets/fake.json", &script.to_string());
    let levels = "levels = [\"none\", \"layer\", \"batch\"]";
    let marked = format!("{levels}\nduplicates = [\"batch\"]");
    sandbox.edit("experiments/small/experiment.toml", levels, &marked);
    let said = sandbox.xtask("ablation small -j1");
    assert_eq!(said.code, 0, "{}", said.stderr);
}

#[test]
fn a_changed_data_file_stops_the_run() {
    let sandbox = Sandbox::new();
    sandbox.edit("datasets/tiny/train.csv", "0.5,1.0,0", "0.6,1.0,0");
    check_golden("wrong-hash", &sandbox.xtask("ablation small -j1").text());
    assert_eq!(sandbox.xtask("data verify").code, 4);
}

#[test]
fn the_second_command_learns_who_is_at_work() {
    let sandbox = Sandbox::new();
    let runs = sandbox.root().join("runs/small");
    let lock = ExperimentLock::acquire(&runs, "cargo xtask ablation small").unwrap();
    let said = sandbox.xtask("ablation small -j1");
    assert_eq!(said.code, 2);
    let pid = format!("process {}", std::process::id());
    let text = said.stderr.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(text.contains(&pid) && text.contains("cargo xtask ablation small"), "{text}");
    drop(lock);
    assert_eq!(sandbox.xtask("ablation small -j1").code, 0);
}

#[test]
fn a_place_that_cannot_be_written_is_named() {
    let sandbox = Sandbox::new();
    sandbox.write("runs", "a file, not a folder");
    let said = sandbox.xtask("ablation small -j1");
    assert_eq!(said.code, 2);
    assert!(said.stderr.contains("<root>/runs/small"), "{}", said.stderr);
}

#[test]
fn a_run_of_another_version_is_left_alone() {
    let sandbox = Sandbox::new();
    sandbox.xtask("ablation small -j1");
    let summary = sandbox.run_dir("small", "reference.seed-0").unwrap().join("summary.json");
    let text = fs::read_to_string(&summary).unwrap().replace("\"schema\": 3", "\"schema\": 99");
    fs::write(&summary, &text).unwrap();
    let said = sandbox.xtask("ablation small -j1");
    assert_eq!(said.code, 2);
    assert!(said.stderr.contains("schema 99"), "{}", said.stderr);
    assert_eq!(fs::read_to_string(&summary).unwrap(), text);
    // What nobody can read is thrown away with its own trial, and not with others.
    let said = sandbox.xtask("ablation small -j1 --only seed=1 --fresh");
    assert_eq!((said.code, fs::read_to_string(&summary).unwrap()), (2, text));
    let said = sandbox.xtask("ablation small -j1 --only seed=0 --fresh");
    assert_eq!(said.code, 0, "{}", said.stderr);
    assert!(fs::read_to_string(&summary).unwrap().contains("\"schema\": 3"));
}

#[test]
fn a_run_that_is_not_of_its_trial_is_left_alone_by_fresh() {
    let sandbox = Sandbox::new();
    sandbox.xtask("ablation small -j1");
    let run = sandbox.run_dir("small", "reference.seed-0").unwrap();
    let trial = fs::read_to_string(run.join("trial.json")).unwrap();
    fs::write(run.join("trial.json"), &trial[..trial.len() / 2]).unwrap();
    let said = sandbox.xtask("ablation small -j1 --fresh");
    assert_eq!(said.code, 2);
    assert!(said.stderr.contains("trial.json"), "{}", said.stderr);
    assert!(run.join("summary.json").exists());
}

#[test]
fn one_damaged_run_does_not_hide_the_other_experiments() {
    let sandbox = Sandbox::new();
    sandbox.xtask("ablation small -j1");
    let summary = sandbox.run_dir("small", "reference.seed-0").unwrap().join("summary.json");
    fs::write(&summary, "{\"schema\": 3,").unwrap();
    let said = sandbox.xtask("ablation");
    assert_eq!(said.code, 0, "{}", said.stderr);
    let line = said.stdout.lines().find(|line| line.starts_with("  small")).unwrap();
    assert!(line.ends_with("(damaged runs: `cargo xtask report small` says which)"), "{line}");
    assert!(said.stdout.contains("  demo"), "{}", said.stdout);
    let said = sandbox.xtask("report small");
    assert_eq!(said.code, 0, "{}", said.stderr);
    let problem = "warning: 1 run cannot be used, the first is `reference.seed-0.";
    assert!(said.stdout.contains(problem), "{}", said.stdout);
    assert!(said.stdout.contains("1 of 6 trials is not finished"), "{}", said.stdout);
}

#[test]
fn a_report_that_cannot_be_written_can_be_written_later() {
    let sandbox = Sandbox::new();
    fs::create_dir_all(sandbox.root().join("runs/small/report.md")).unwrap();
    let said = sandbox.xtask("ablation small -j1");
    assert_eq!(said.code, 2);
    assert!(said.stderr.contains("cannot write `<root>/runs/small/report.md`"), "{}", said.stderr);
    assert!(said.stderr.contains("`cargo xtask report small` writes it later"), "{}", said.stderr);
    fs::remove_dir(sandbox.root().join("runs/small/report.md")).unwrap();
    assert_eq!(sandbox.xtask("report small").code, 0);
}

#[test]
fn a_dry_run_does_not_promise_what_a_wrong_file_prevents() {
    let sandbox = Sandbox::new();
    fs::remove_file(sandbox.root().join("datasets/tiny/train.csv")).unwrap();
    let said = sandbox.xtask("ablation small -j1 --dry-run");
    assert_eq!((said.code, said.stdout.as_str()), (4, ""), "{}", said.stderr);
    assert!(said.stderr.contains("dataset `tiny` is not as its card says"), "{}", said.stderr);
}

#[test]
fn a_format_without_an_answer_is_refused() {
    for args in ["", " demo --dry-run", " demo --print-spec"] {
        let said = Sandbox::new().xtask(&format!("ablation --format json{args}"));
        assert_eq!((said.code, said.stdout.as_str()), (2, ""), "{args}");
    }
}

#[test]
fn a_name_behind_the_filters_is_told_where_it_belongs() {
    let said = Sandbox::new().xtask("ablation --only seed=0 demo");
    assert_eq!(said.code, 2);
    assert!(said.stderr.contains("ablation [NAME] [OPTIONS]"), "{}", said.stderr);
}

#[test]
fn names_and_dates_in_a_message_stay_whole() {
    let name = format!("{}-of-a-name-that-ends-behind-the-last-column", "a-part".repeat(7));
    let said = Sandbox::new().xtask(&format!("ablation {name}"));
    assert!(said.stderr.contains(&name), "{}", said.stderr);
}

#[test]
fn a_dry_run_says_why_it_has_no_estimate() {
    let sandbox = Sandbox::new();
    sandbox.write("datasets/fake.json", "the stand-in cannot read this");
    let said = sandbox.xtask("ablation small --dry-run");
    assert_eq!(said.code, 0, "{}", said.stderr);
    let text = "time: unknown because the trial program did not answer; ";
    assert!(said.stdout.contains(text), "{}", said.stdout);
}

#[test]
fn an_answer_that_nobody_understands_is_a_bug() {
    let said = Sandbox::new().xtask_with("ablation small -j1", Some("/bin/echo"));
    assert_eq!(said.code, 1, "{}", said.stderr);
}

#[test]
fn a_trial_program_that_is_not_there_is_named() {
    let said = Sandbox::new().xtask_with("ablation small -j1", Some("/nowhere/trial"));
    assert_eq!(said.code, 2);
    assert!(said.stderr.contains("/nowhere/trial"), "{}", said.stderr);
}

#[test]
fn a_build_that_fails_shows_what_cargo_says() {
    // The sandbox has no Cargo.toml.
    let said = Sandbox::new().xtask_with("ablation small -j1", None);
    assert_eq!(said.code, 2);
    assert!(said.stderr.contains("Building  trial --release --features flex"), "{}", said.stderr);
    assert!(said.stderr.contains("could not find `Cargo.toml`"), "{}", said.stderr);
}

#[test]
fn a_declared_interaction_needs_its_own_seeds() {
    let sandbox = Sandbox::new();
    let experiment = "experiments/demo/experiment.toml";
    sandbox.edit(
        experiment,
        "\"none\", \"layer\", \"batch\"]",
        "\"none\", \"layer\"]\n\n[[factor]]\nkey = \"optim.lr\"\nlevels = [0.1, 0.01]",
    );
    sandbox.edit(experiment, "statements = []", "statements = []\ndesign = \"full-factorial\"");
    let flat = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    let said = sandbox.xtask("ablation demo -j1 --dry-run");
    assert_eq!(said.code, 0, "{}", said.stderr);
    assert!(flat(&said.stdout).contains("declared claims 3 of 3 contrasts, Holm over 3 at alpha"));
    let alpha = "alpha = 0.05";
    sandbox.edit(experiment, alpha, "alpha = 0.05\ninteractions = [\"lr * norm\"]");
    let said = sandbox.xtask("ablation demo -j1 --dry-run");
    assert_eq!(said.code, 2);
    let text = flat(&said.stderr.replace('│', ""));
    let power = "Power 3 contrasts and 1 interaction need 8 seeds (have 7)";
    let refused = "7 seeds cannot decide 3 contrasts and 1 interaction at alpha = 0.05";
    assert!(text.contains(power) && text.contains(refused), "{text}");
}

#[test]
fn a_folder_that_is_named_like_a_figure_is_left_alone() {
    let sandbox = Sandbox::new();
    sandbox.xtask("ablation demo -j2 --quiet");
    let figures = sandbox.root().join("runs/demo/figures");
    std::fs::create_dir(figures.join("mine.svg")).unwrap();
    std::fs::write(figures.join("old.svg"), "").unwrap();
    assert_eq!(sandbox.xtask("report demo --check").code, 4);
    assert_eq!(sandbox.xtask("report demo").code, 0);
    assert_eq!(sandbox.xtask("report demo --check").code, 0);
    assert!(figures.join("mine.svg").is_dir() && !figures.join("old.svg").exists());
}

#[test]
fn two_directories_of_one_trial_stop_the_run_and_are_both_named() {
    let sandbox = Sandbox::new();
    sandbox.xtask("ablation demo -j2 --quiet");
    let run = sandbox.run_dir("demo", "reference.seed-0").unwrap();
    let copy = run.with_file_name("copy");
    fs::create_dir(&copy).unwrap();
    for entry in fs::read_dir(&run).unwrap().map(Result::unwrap) {
        if entry.path().is_file() {
            fs::copy(entry.path(), copy.join(entry.file_name())).unwrap();
        }
    }
    let said = sandbox.xtask("ablation demo -j1");
    assert_eq!(said.code, 2, "{said:?}");
    let text: String =
        said.stderr.replace('│', "").split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(
        text.contains("has 2 directories: `runs/demo/copy`, `runs/demo/reference.seed-0."),
        "{text}"
    );
    // The report goes on, and uses neither.
    let report = sandbox.xtask("report demo");
    assert!(report.stdout.contains("1 of 21 trials is not finished"), "{report:?}");
    // Set aside, it is no more.
    fs::rename(&copy, copy.with_file_name(".copy")).unwrap();
    assert_eq!(sandbox.xtask("ablation demo -j1").code, 0);
}
