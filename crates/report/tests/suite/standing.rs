//! Registration: what an edit after the first trial does to the claims, and what it does not.

use fireassay_report::{Cause, Reason, Results, Scope, Standing, Verdict, markdown, terminal};
use fireassay_spec::{Claim, Until};
use fireassay_tracking::{ProblemKind, Registration, RunProblem, Stopping};

use crate::case::{Case, finished};

const REFERENCE: &[f64] = &[90.0, 91.0, 90.5, 91.5, 90.2, 91.2, 90.8];
const BETTER: &[f64] = &[91.1, 92.0, 91.4, 92.7, 91.3, 92.1, 91.7];
const WORSE: &[f64] = &[88.9, 90.2, 89.6, 90.4, 89.0, 90.0, 89.9];

fn three() -> Case {
    finished(
        &[("norm", "batch")],
        &[("reference", REFERENCE), ("norm=layer", BETTER), ("norm=none", WORSE)],
    )
}

fn verdicts(case: &Case) -> Vec<Verdict> {
    case.results().contrasts.iter().map(|contrast| contrast.verdict.clone()).collect()
}

/// The last screen without its line breaks.
fn screen(results: &Results) -> String {
    flat(&terminal(results, 100, "runs/batch-norm"))
}

fn flat(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn problem(dir: &str) -> RunProblem {
    RunProblem {
        dir: dir.into(),
        trial: None,
        kind: ProblemKind::Edited,
        detail: "trial.json was changed after it was written".into(),
    }
}

#[test]
fn an_unchanged_design_keeps_its_verdicts() {
    assert_eq!(verdicts(&three()), [Verdict::Better, Verdict::Worse]);
}

#[test]
fn an_edited_analysis_makes_every_claim_exploratory_and_says_which_key() {
    let mut case = three();
    case.observed.registration = Some(case.registration());
    let case = case.rope(0.01);
    assert_eq!(verdicts(&case), [Verdict::Exploratory, Verdict::Exploratory]);
    let results = case.results();
    let edited = Cause::Edited(vec!["analysis.rope".into()]);
    assert_eq!(results.contrasts[0].standing, Standing::Exploratory(edited));
    let [change] = results.registered.as_ref().unwrap().changes.as_slice() else { panic!() };
    assert_eq!((change.key.as_str(), &change.scope), ("analysis.rope", &Scope::All));
    let screen = screen(&results);
    assert!(screen.contains("`analysis.rope` changed after the first trial"), "{screen}");
    assert!(!screen.contains("is better than"), "{screen}");
    assert!(markdown(&results).contains("| analysis.rope | – | 0.01 | every contrast |"));
}

#[test]
fn a_condition_added_later_is_exploratory_alone_and_the_others_keep_theirs() {
    let late = three();
    let mut case = three();
    let early = finished(&[("norm", "batch")], &[("reference", REFERENCE), ("norm=layer", BETTER)]);
    case.observed.registration = Some(early.registration());
    let results = case.results();
    assert!(results.contrasts[0].standing.is_confirmatory());
    assert!(!results.contrasts[1].standing.is_confirmatory());
    assert_eq!(verdicts(&case), [Verdict::Better, Verdict::Exploratory]);
    // The family is what is declared now: adding one never makes the others easier.
    let p = |case: &Case| case.results().contrasts[0].effect.as_ref().unwrap().adjusted_p;
    assert_eq!((results.contrasts[0].family, p(&case)), (2, p(&late)));
    assert_eq!(results.contrasts[1].family, 1);
}

#[test]
fn what_was_never_registered_or_registered_late_is_exploratory() {
    let mut case = three();
    case.unregistered = true;
    let unregistered = Standing::Exploratory(Cause::Unregistered);
    assert_eq!(case.results().contrasts[0].standing, unregistered);
    let mut late = case.registration();
    late.finished_before = 5;
    case.observed.registration = Some(late);
    let results = case.results();
    assert_eq!(results.contrasts[1].standing, unregistered);
    let screen = screen(&results);
    assert!(screen.contains("the design was registered after 5 trials"), "{screen}");
}

#[test]
fn only_declared_contrasts_are_in_the_confirmatory_family() {
    let mut case = three();
    case.experiment.analysis.contrasts = Some(vec!["norm=none".into()]);
    let results = case.results();
    assert_eq!(verdicts(&case), [Verdict::Exploratory, Verdict::Worse]);
    assert_eq!(results.feasibility.claims, 1);
    assert_eq!((results.contrasts[0].family, results.contrasts[1].family), (1, 1));
    let effect = results.contrasts[1].effect.as_ref().unwrap();
    assert_eq!(effect.adjusted_p, effect.sign_flip_p);
    case.experiment.claim = Claim::Exploratory;
    case.experiment.analysis.contrasts = None;
    assert_eq!(verdicts(&case), [Verdict::Exploratory, Verdict::Exploratory]);
}

#[test]
fn seeds_that_the_stopping_rule_added_are_no_edit() {
    let mut case = three();
    let mut registration = case.registration();
    let seeds = registration.design["seeds"].as_array_mut().unwrap();
    let added: Vec<u64> = seeds.split_off(5).iter().filter_map(|seed| seed.as_u64()).collect();
    registration.added_seeds.clone_from(&added);
    let rule = Until { halfwidth: 0.003, max_seeds: 8 };
    registration.until = Some(Stopping { rule, finished_before: 0 });
    case.observed.registration = Some(registration.clone());
    assert_eq!(added, [5, 6]);
    assert_eq!(verdicts(&case), [Verdict::Better, Verdict::Worse]);
    let screen = screen(&case.results());
    let note = "sequential design: seeds are added until every interval is ±0.3 pp or narrower, at \
                most 8 (2 added so far)";
    assert!(screen.contains(note), "{screen}");
    registration.added_seeds.clear();
    case.observed.registration = Some(registration);
    assert_eq!(verdicts(&case), [Verdict::Exploratory, Verdict::Exploratory]);
}

#[test]
fn a_run_that_cannot_be_read_is_named_and_its_trial_is_missing() {
    let mut case = three();
    let record = case.record("norm=none", 2).clone();
    case.forget("norm=none", 2);
    case.observed.problems.push(RunProblem {
        dir: "norm=none.seed-2.00020002".into(),
        trial: Some(record.trial.id),
        kind: ProblemKind::Edited,
        detail: "summary.json was changed after it was written".into(),
    });
    let results = case.results();
    assert_eq!(results.problems[0].trial, Some(("norm=none".into(), 2)));
    let partial = Verdict::Inconclusive(Reason::Partial { missing: 1, planned: 21 });
    assert_eq!(results.contrasts[1].verdict, partial);
    let report = markdown(&results);
    let row = "| norm=none.seed-2.00020002 | edited | norm=none seed 2 | summary.json was changed";
    assert!(report.contains(row), "{report}");
}

#[test]
fn the_command_that_moves_a_run_away_is_safe_to_paste() {
    let mut case = three();
    let dir = "it's $(touch x) `y` \"z\"";
    case.observed.problems.push(problem(dir));
    let text = screen(&case.results());
    let expected = r#"mv 'runs/batch-norm/it'\''s $(touch x) `y` "z"' 'runs/batch-norm/.it'\''s"#;
    assert!(text.contains(expected), "{text}");
}

#[test]
fn a_damaged_registration_is_no_run_and_has_a_way_out_of_its_own() {
    let mut case = three();
    case.unregistered = true;
    case.observed.problems.push(problem(Registration::FILE));
    let text = screen(&case.results());
    assert!(text.contains("the registration cannot be used (trial.json was changed"), "{text}");
    assert!(text.contains("rm runs/batch-norm/experiment.lock.json"), "{text}");
    assert!(!text.contains("mv ") && !text.contains("run cannot be used"), "{text}");
    let report = markdown(&case.results());
    assert!(report.contains("The registration cannot be used, so every contrast is exploratory."));
    assert!(!report.contains("Nothing was registered"), "{report}");
}

#[test]
fn more_seeds_are_an_edit_once_a_claim_is_registered() {
    let mut case = three();
    case.diverge("norm=layer", 2, 40);
    let text = screen(&case.results());
    let again = "--fresh (after listing another seed in experiments/batch-norm/experiment.toml";
    assert!(text.contains(again), "{text}");
    case.experiment.claim = Claim::Exploratory;
    let text = screen(&case.results());
    assert!(text.contains("cargo xtask ablation batch-norm (after listing another seed"), "{text}");
}

#[test]
fn one_run_of_another_plan_is_told_in_the_singular() {
    let mut case = three();
    let last = case.plan.trials.pop().unwrap();
    case.experiment.seeds.pop();
    case.plan.trials.retain(|trial| trial.seed != last.seed);
    case.records.retain(|record| {
        record.trial.seed != last.seed || record.trial.condition == last.condition
    });
    let text = screen(&case.results());
    assert!(text.contains("1 run of the folder belongs to no trial of this plan and is not used"));
}

#[test]
fn a_renamed_condition_keeps_its_verdict() {
    let mut case = three();
    case.observed.registration = Some(case.registration());
    case.plan.conditions[1].name = "new".into();
    for trial in &mut case.plan.trials {
        if trial.condition == "norm=layer" {
            trial.condition = "new".into();
        }
    }
    assert_eq!(verdicts(&case), [Verdict::Better, Verdict::Worse]);
    assert!(
        markdown(&case.results())
            .contains("| conditions.norm=layer | norm=layer | new | nothing |")
    );
}

#[test]
fn tuning_of_one_side_alone_is_not_like_with_like() {
    let mut case = three();
    case.experiment.tuning.insert("norm=layer".into(), 30);
    let text = screen(&case.results());
    assert!(text.contains("norm=layer differs in its tuning budget: 30 against not declared"));
    case.experiment.tuning.insert("reference".into(), 30);
    let text = screen(&case.results());
    assert!(!text.contains("norm=layer differs in its tuning budget"), "{text}");
    assert!(text.contains("norm=none differs in its tuning budget: not declared against 30"));
}
