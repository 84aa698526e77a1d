//! Registration and the stopping rule, as a person meets them.

use crate::golden::check_golden;
use crate::sandbox::Sandbox;

const LOCK: &str = "runs/demo/experiment.lock.json";

fn flat(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn an_edit_after_the_first_trial_makes_claims_exploratory_until_all_is_run_again() {
    let sandbox = Sandbox::new();
    let first = sandbox.xtask("ablation demo -j2 --quiet");
    assert!(flat(&first.stdout).contains("norm=layer is worse than the reference"), "{first:?}");
    let lock = sandbox.read(LOCK);

    let experiment = "experiments/demo/experiment.toml";
    sandbox.edit(experiment, "rope = 0.005", "rope = 0.05");
    let edited = sandbox.xtask("report demo");
    let text = flat(&edited.stdout);
    assert!(text.contains("exploratory (changed after the first trial: analysis.rope)"), "{text}");
    assert!(!text.contains("is worse than"), "{text}");
    assert_eq!(sandbox.read(LOCK), lock, "an edit does not touch what was registered");

    let again = sandbox.xtask("ablation demo -j2 --fresh --quiet");
    assert!(flat(&again.stdout).contains("is equivalent to the reference"), "{again:?}");
    let note = "the design was registered once before, and all of those trials were thrown away";
    assert!(flat(&again.stdout).contains(note), "{again:?}");
    assert_ne!(sandbox.read(LOCK), lock);
}

#[test]
fn a_missing_trial_of_an_edited_experiment_runs_and_the_change_is_told() {
    let sandbox = Sandbox::new();
    sandbox.xtask("ablation demo -j2 --only norm=layer norm=none --quiet");
    sandbox.edit("experiments/demo/experiment.toml", "alpha = 0.05", "alpha = 0.1");
    let said = sandbox.xtask("ablation demo -j1 --only seed=0");
    check_golden("registration-edited", &said.journey());
}

#[test]
fn trials_older_than_their_registration_confirm_nothing() {
    let sandbox = Sandbox::new();
    sandbox.xtask("ablation demo -j2 --only seed=0 --quiet");
    std::fs::remove_file(sandbox.root().join(LOCK)).unwrap();
    let late = sandbox.xtask("ablation demo -j2 --quiet");
    assert!(flat(&late.stderr).contains("3 trials finished before anything was registered"));
    let text = flat(&late.stdout);
    assert!(text.contains("the design was registered after 3 trials"), "{text}");
    assert!(!text.contains("is worse than"), "{text}");
}

#[test]
fn an_edited_registration_is_a_problem_and_not_believed() {
    let sandbox = Sandbox::new();
    sandbox.xtask("ablation demo -j2 --quiet");
    sandbox.edit(LOCK, "\"rope\": 0.005", "\"rope\": 0.05");
    let report = sandbox.xtask("report demo");
    let text = flat(&report.stdout);
    assert!(
        text.contains("the registration cannot be used (experiment.lock.json was changed"),
        "{text}"
    );
    assert!(!text.contains("is worse than"), "{text}");
    let refused = sandbox.xtask("ablation demo --fresh --only seed=0");
    assert_eq!(refused.code, 2, "{refused:?}");
    let stderr = flat(&refused.stderr);
    assert!(stderr.contains("was changed after it was written"), "{refused:?}");
    assert!(stderr.contains("type `cargo xtask ablation demo --fresh`"), "{refused:?}");

    std::fs::remove_file(sandbox.root().join(LOCK)).unwrap();
    let anew = sandbox.xtask("ablation demo -j2 --fresh --quiet");
    assert!(flat(&anew.stdout).contains("norm=layer is worse than the reference"), "{anew:?}");
}

/// The stand-in's scores have a fixed spread, so the width is known to fall with every seed.
#[test]
fn seeds_are_added_for_every_condition_until_the_interval_is_narrow_enough() {
    let sandbox = Sandbox::new();
    let seeds = "seeds = [0, 1, 2, 3, 4, 5, 6, 7]";
    let experiment = "experiments/demo/experiment.toml";
    sandbox.edit(experiment, "seeds = [0, 1, 2, 3, 4, 5, 6]", seeds);
    let rule = "ablation demo -j1 --until halfwidth=0.3pp --max-seeds 12";
    let first = sandbox.xtask(rule);
    assert_eq!(first.code, 0, "{first:?}");
    let precision: Vec<String> =
        first.stderr.lines().filter(|line| line.contains("Precision")).map(flat).collect();
    check_golden("until-precision", &format!("{}\n", precision.join("\n")));
    let added = precision.len() - 1;
    assert!(added > 0, "{precision:?}");
    let runs = std::fs::read_dir(sandbox.root().join("runs/demo")).unwrap();
    let is_run = |name: &std::ffi::OsStr| name.to_string_lossy().contains(".seed-");
    let runs = runs.filter(|entry| is_run(&entry.as_ref().unwrap().file_name())).count();
    assert_eq!(runs, 3 * (8 + added), "whole blocks");
    let text = flat(&first.stdout);
    assert!(text.contains("sequential design"), "{text}");
    assert!(text.contains("is worse than"), "a rule of the first command is registered: {text}");

    // The report and a second command know the added seeds without being told.
    let report = sandbox.xtask("report demo");
    assert_eq!(report.stdout, first.stdout);
    let again = sandbox.xtask("ablation demo -j1");
    assert!(again.stderr.contains("nothing to run"), "{again:?}");
    assert_eq!(again.stdout, first.stdout);
}

#[test]
fn a_rule_made_after_there_was_something_to_see_confirms_nothing() {
    let sandbox = Sandbox::new();
    let seeds = "seeds = [0, 1, 2, 3, 4, 5, 6, 7]";
    let experiment = "experiments/demo/experiment.toml";
    sandbox.edit(experiment, "seeds = [0, 1, 2, 3, 4, 5, 6]", seeds);
    sandbox.xtask("ablation demo -j2 --quiet");
    let late = sandbox.xtask("ablation demo -j2 --quiet --until halfwidth=0.25pp --max-seeds 9");
    let journey = flat(&late.stderr);
    assert!(journey.contains("warning: changed after the first trial: `until`"), "{journey}");
    let help = "ablation demo --fresh --until halfwidth=0.25pp --max-seeds 17 (without --fresh,";
    assert!(journey.contains(help), "{journey}");
    let text = flat(&late.stdout);
    assert!(text.contains("exploratory (changed after the first trial: until)"), "{text}");
}

#[test]
fn a_rule_that_cannot_be_kept_is_refused_before_anything_runs() {
    let sandbox = Sandbox::new();
    let said = [
        "ablation demo --until halfwidth=0.25pp",
        "ablation demo --until 0.25pp --max-seeds 20",
        "ablation demo --until halfwidth=0.25pp --max-seeds 20",
        "ablation demo --until halfwidth=-1pp --max-seeds 20",
    ]
    .map(|args| sandbox.xtask(args));
    assert!(said.iter().all(|said| said.code == 2), "{said:?}");
    let text: Vec<String> = said.iter().map(|said| said.journey()).collect();
    check_golden("until-refused", &text.join("\n"));
    assert!(sandbox.run_dir("demo", "reference").is_none());
}

/// Otherwise a new rule would find the seeds finished that the old one had added.
#[test]
fn all_anew_means_the_added_seeds_too() {
    let sandbox = Sandbox::new();
    let seeds = "seeds = [0, 1, 2, 3, 4, 5, 6, 7]";
    sandbox.edit("experiments/demo/experiment.toml", "seeds = [0, 1, 2, 3, 4, 5, 6]", seeds);
    let rule = "--until halfwidth=0.35pp --max-seeds 12";
    sandbox.xtask(&format!("ablation demo -j2 --quiet {rule}"));
    let finished = |start: &str| {
        sandbox.run_dir("demo", start).is_some_and(|dir| dir.join("summary.json").exists())
    };
    assert!(finished("reference.seed-8."));
    let anew = sandbox.xtask("ablation demo -j2 --fresh");
    assert!(flat(&anew.stderr).contains("threw away 3 runs of seeds"), "{anew:?}");
    assert!(!finished("reference.seed-8.") && finished("reference.seed-7."));
}

#[test]
fn no_seed_is_added_to_a_contrast_that_cannot_get_an_interval() {
    let sandbox = Sandbox::new();
    let experiment = "experiments/demo/experiment.toml";
    let seeds = "seeds = [0, 1, 2, 3, 4, 5, 6, 7]";
    sandbox.edit(experiment, "seeds = [0, 1, 2, 3, 4, 5, 6]", seeds);
    sandbox.edit(experiment, "\"exclude-pair\"", "\"abort\"");
    sandbox.script(&serde_json::json!({ "norm=layer.seed-2": "diverge" }));
    let said = sandbox.xtask("ablation demo -j2 --quiet --until halfwidth=0.2pp --max-seeds 12");
    let warning = "norm=layer has no interval, and more seeds would give it none: no seed is added";
    assert!(flat(&said.stderr).contains(warning), "{said:?}");
    assert!(sandbox.run_dir("demo", "reference.seed-8.").is_none());
}

#[test]
fn the_plan_shows_the_rule_that_was_asked_for() {
    let sandbox = Sandbox::new();
    let seeds = "seeds = [0, 1, 2, 3, 4, 5, 6, 7]";
    sandbox.edit("experiments/demo/experiment.toml", "seeds = [0, 1, 2, 3, 4, 5, 6]", seeds);
    let said = sandbox.xtask("ablation demo --dry-run --until halfwidth=0.3pp --max-seeds 12");
    let rule = "until every declared contrast is known to ±0.3 pp, at most 12 seeds";
    assert!(flat(&said.stdout).contains(rule), "{said:?}");
}
