//! Comparisons of made-up stores, conditions and runs: each has one right answer.

use fireassay_report::compare::{Bits, Comparison, Criteria, FailOn, Finding, Group, Side, json};
use fireassay_report::{Cause, Fate, Reason, ReportError, Standing, Verdict, compare};
use fireassay_spec::{FailedTrial, IntervalKind, MetricName};
use fireassay_tracking::FailureKind;

use crate::case::{Case, finished};

const NORM: &[(&str, &str)] = &[("norm", "batch")];
const REFERENCE: [f64; 7] = [91.20, 90.85, 91.45, 91.10, 90.70, 91.35, 91.05];
const NONE: [f64; 7] = [88.90, 88.10, 89.40, 88.75, 88.20, 89.20, 88.55];

/// The reference and one condition, each with seven seeds.
pub(crate) fn yesterday() -> Case {
    finished(NORM, &[("reference", &REFERENCE), ("norm=none", &NONE)])
}

/// The same trials by another program, with other scores of `norm=none`.
pub(crate) fn today(by: [f64; 7]) -> Case {
    let none: Vec<f64> = NONE.iter().zip(by).map(|(score, by)| score + by).collect();
    let mut case = finished(NORM, &[("reference", &REFERENCE), ("norm=none", &none)]);
    rebuild(&mut case);
    for record in case.records.iter_mut().filter(|record| record.trial.condition == "norm=none") {
        record.summary.as_mut().unwrap().state_digest.push_str(", anew");
    }
    case
}

pub(crate) fn rebuild(case: &mut Case) {
    for record in &mut case.records {
        record.provenance.as_mut().unwrap().binary_hash = "b2".repeat(32);
        record.provenance.as_mut().unwrap().code.git_revision = Some("f98c40d5a0c1".into());
    }
}

pub(crate) const WORSE: [f64; 7] = [-1.0, -1.2, -0.9, -1.1, -0.8, -1.3, -1.0];
const HARDLY: [f64; 7] = [0.05, -0.1, 0.0, 0.05, -0.05, 0.1, -0.05];

pub(crate) fn criteria(case: &Case) -> Criteria {
    Criteria::of_analysis(&case.experiment.analysis, "experiments/batch-norm/experiment.toml")
}

pub(crate) fn side<'a>(case: &'a Case, folder: &str) -> Side<'a> {
    let mut side = Side::store(folder, &case.records, Some(&case.plan));
    let (parent, _) = folder.split_once('/').unwrap();
    let flags = if parent == "runs" { String::new() } else { format!(" --runs {parent}") };
    side.command = format!("cargo xtask ablation batch-norm{flags}");
    side
}

pub(crate) fn stores(a: &Case, b: &Case) -> Comparison {
    let (left, right) = (side(a, "yesterday/batch-norm"), side(b, "runs/batch-norm"));
    compare(&left, &right, &criteria(a), &a.cards).unwrap()
}

fn found(comparison: &Comparison) -> &Finding {
    let none = comparison.conditions.iter().find(|compared| compared.name == "norm=none");
    &none.unwrap().finding
}

fn judged(verdict: Verdict) -> Finding {
    Finding::Judged(verdict)
}

pub(crate) fn inconclusive(reason: Reason) -> Finding {
    judged(Verdict::Inconclusive(reason))
}

#[test]
fn a_copy_is_identical_and_passes_every_gate() {
    let case = yesterday();
    let comparison = stores(&case, &case);
    for compared in &comparison.conditions {
        assert_eq!(compared.finding, Finding::Identical { pairs: 7 });
    }
    assert!(comparison.differences.changes.is_empty());
    assert_eq!(comparison.family, 0);
    for gate in [FailOn::Worse, FailOn::Inconclusive, FailOn::Different] {
        assert!(comparison.objections(gate).is_empty(), "{gate:?}");
    }
}

#[test]
fn a_condition_that_changed_is_judged_and_the_others_are_identical() {
    let comparison = stores(&yesterday(), &today(WORSE));
    assert_eq!(comparison.conditions[0].finding, Finding::Identical { pairs: 7 });
    assert_eq!(*found(&comparison), judged(Verdict::Worse));
    // The identical reference is not in the family: 2^-6 is the p of seven equal signs.
    assert_eq!((comparison.family, comparison.n_min), (1, 6));
    let effect = comparison.conditions[1].effect.as_ref().unwrap();
    assert_eq!(effect.adjusted_p, Some(0.015_625));
    assert!((effect.mean.unwrap() + 7.3 / 700.0).abs() < 1e-12);
    assert_eq!(comparison.objections(FailOn::Worse), ["norm=none is worse in B"]);
    let seeds = "norm=none: 7 of 7 pairs differ (seeds 0, 1, 2, 3, 4, 5, 6)";
    assert_eq!(comparison.objections(FailOn::Different), [seeds]);
    assert!(comparison.objections(FailOn::Inconclusive).is_empty());
}

#[test]
fn the_other_way_round_it_is_better() {
    let comparison = stores(&today(WORSE), &yesterday());
    assert_eq!(*found(&comparison), judged(Verdict::Better));
    assert!(comparison.objections(FailOn::Worse).is_empty());
    let lower = stores(&today(WORSE).by_loss(), &yesterday().by_loss());
    assert_eq!(*found(&lower), judged(Verdict::Worse));
}

#[test]
fn equivalence_needs_a_rope() {
    let comparison = stores(&yesterday(), &today(HARDLY));
    assert_eq!(*found(&comparison), inconclusive(Reason::Undecided));
    assert_eq!(comparison.objections(FailOn::Inconclusive).len(), 1);
    let comparison = stores(&yesterday().rope(0.005), &today(HARDLY));
    assert_eq!(*found(&comparison), judged(Verdict::Equivalent { nonzero: false }));
}

/// What `cargo xtask report` says of a contrast, a comparison of the two conditions says too.
#[test]
fn two_conditions_are_judged_as_the_report_judges_them() {
    let mut case = yesterday();
    case.experiment.analysis.rope = Some(0.005);
    let store = side(&case, "runs/batch-norm");
    let a = store.condition("reference", "runs/batch-norm/reference").unwrap();
    let b = store.condition("norm=none", "runs/batch-norm/norm=none").unwrap();
    let comparison = compare(&a, &b, &criteria(&case), &case.cards).unwrap();
    let contrast = &case.results().contrasts[0];
    let compared = &comparison.conditions[0];
    assert_eq!(compared.name, "reference / norm=none");
    assert_eq!(compared.finding, judged(contrast.verdict.clone()));
    assert_eq!(compared.effect, contrast.effect);
    assert_eq!(compared.differs, [Group::Spec]);
    assert!(store.condition("norm=non", "").is_none());
}

#[test]
fn a_comparison_picked_from_many_pays_for_all_of_them() {
    let (a, b) = (yesterday(), today(WORSE));
    let picked = Criteria { picked_from: 6, ..criteria(&a) };
    let (left, right) = (side(&a, "a/x"), side(&b, "b/x"));
    let comparison = compare(&left, &right, &picked, &a.cards).unwrap();
    assert_eq!(*found(&comparison), inconclusive(Reason::TooFewSeeds { n: 7, needed: 8 }));
    let effect = comparison.conditions[1].effect.as_ref().unwrap();
    assert_eq!(effect.adjusted_p, Some(6.0 * 0.015_625));
    let exploratory = Criteria { standing: Standing::Exploratory(Cause::Claimed), ..criteria(&a) };
    let comparison = compare(&left, &right, &exploratory, &a.cards).unwrap();
    assert_eq!(*found(&comparison), judged(Verdict::Exploratory));
    assert!(comparison.objections(FailOn::Worse).is_empty());
    assert_eq!(comparison.objections(FailOn::Inconclusive).len(), 1);
}

#[test]
fn seeds_of_one_side_are_named_and_not_compared() {
    let mut b = today(WORSE);
    b.forget("norm=none", 5);
    b.forget("reference", 6);
    let mut a = yesterday();
    a.forget("norm=none", 0);
    let comparison = stores(&a, &b);
    let none = &comparison.conditions[1];
    assert_eq!((none.only_a.as_slice(), none.only_b.as_slice()), ([5].as_slice(), [0].as_slice()));
    assert_eq!((none.pairs.len(), none.seeds()), (5, 7));
    assert_eq!(*found(&comparison), inconclusive(Reason::TooFewSeeds { n: 5, needed: 6 }));
    assert_eq!(comparison.conditions[0].finding, Finding::Identical { pairs: 6 });
}

#[test]
fn conditions_of_one_side_are_named() {
    let mut b = yesterday();
    b.records.retain(|record| record.trial.condition == "reference");
    let comparison = stores(&yesterday(), &b);
    assert_eq!(comparison.only_a, ["norm=none"]);
    assert_eq!(comparison.conditions.len(), 1);
    b.records.clear();
    assert!(stores(&yesterday(), &b).conditions.is_empty());
}

#[test]
fn a_trial_that_fails_in_b_alone_is_a_regression() {
    let mut b = yesterday();
    b.fail("norm=none", 3, FailureKind::Oom, "killed");
    let comparison = stores(&yesterday(), &b);
    assert_eq!(*found(&comparison), Finding::Identical { pairs: 6 });
    let worse = "norm=none: 1 trial done in A failed or diverged in B (seed 3)";
    assert_eq!(comparison.objections(FailOn::Worse), [worse]);
    let differs = "norm=none: 1 of 7 pairs differ (seed 3)";
    assert_eq!(comparison.objections(FailOn::Different), [differs]);
    // The other way round it is mended, and yet different.
    let mended = stores(&b, &yesterday());
    assert!(mended.objections(FailOn::Worse).is_empty());
    assert_eq!(mended.objections(FailOn::Different), [differs]);
    // Failing on both sides is neither.
    let both = stores(&b, &b);
    assert!(both.objections(FailOn::Different).is_empty());
    assert!(both.objections(FailOn::Worse).is_empty());
}

#[test]
fn the_failure_policy_weighs_failures() {
    let mut b = today([1.0, 1.1, 0.9, 1.0, 1.2, 1.0, 0.8]);
    b.diverge("norm=none", 3, 9);
    let under = |policy| stores(&yesterday().policy(policy), &b);
    let comparison = under(FailedTrial::ExcludePair);
    // Six pairs say better, a seventh at chance level leaves it open.
    assert_eq!(*found(&comparison), inconclusive(Reason::FailurePolicy));
    let lines = comparison.conditions[1].sensitivity.as_ref().unwrap();
    assert_eq!(lines.exclude_pair, Verdict::Better);
    assert_eq!(lines.worst, Some(Verdict::Inconclusive(Reason::Undecided)));
    assert_eq!(*found(&under(FailedTrial::Abort)), inconclusive(Reason::FailedTrials));
    assert_eq!(*found(&under(FailedTrial::Worst)), inconclusive(Reason::FailurePolicy));
    // A policy that weighs failures has no condition identical that has one.
    let mut b = yesterday();
    b.fail("norm=none", 3, FailureKind::Crashed, "");
    let comparison = stores(&yesterday().policy(FailedTrial::Worst), &b);
    let effect = comparison.conditions[1].effect.as_ref().unwrap();
    assert_eq!(effect.n(), 7);
    assert!((effect.differences[3] - (0.1 - 0.8875)).abs() < 1e-12);
}

#[test]
fn a_loss_has_no_failure_value() {
    let mut b = today(WORSE).by_loss();
    b.diverge("norm=none", 3, 9);
    let a = yesterday().by_loss();
    let comparison = stores(&a, &b);
    assert_eq!(comparison.conditions[1].sensitivity.as_ref().unwrap().worst, None);
    let a = a.policy(FailedTrial::Worst);
    let (left, right) = (side(&a, "a/x"), side(&b, "b/x"));
    let error = compare(&left, &right, &criteria(&a), &a.cards).unwrap_err();
    assert!(matches!(error, ReportError::NoFailureValue { .. }), "{error}");
}

#[test]
fn trials_that_diverged_alike_are_identical() {
    let mut a = yesterday();
    a.diverge("norm=none", 3, 9);
    let mut b = a.clone();
    for policy in [FailedTrial::ExcludePair, FailedTrial::Abort, FailedTrial::Worst] {
        let comparison = stores(&a.clone().policy(policy), &b);
        assert_eq!(*found(&comparison), Finding::Identical { pairs: 7 }, "{policy:?}");
    }
    b.diverge("norm=none", 3, 10);
    let comparison = stores(&a, &b);
    assert_eq!(comparison.conditions[1].pairs[3].bits, Bits::Different);
    assert_eq!(comparison.conditions[1].pairs[2].bits, Bits::Identical);
}

#[test]
fn an_unfinished_trial_leaves_everything_open_but_what_is_identical() {
    let mut b = today(WORSE);
    b.record("norm=none", 2).summary = None;
    let comparison = stores(&yesterday(), &b);
    let partial = Reason::Partial { missing: 1, planned: 28 };
    assert_eq!(*found(&comparison), inconclusive(partial));
    assert_eq!(comparison.conditions[0].finding, Finding::Identical { pairs: 7 });
    assert!(comparison.objections(FailOn::Worse).is_empty());
}

#[test]
fn two_runs_of_one_seed_are_refused_unless_one_is_of_the_plan() {
    let mut b = yesterday();
    let mut copy = b.record("norm=none", 3).clone();
    copy.path.set_extension("copy");
    b.records.push(copy.clone());
    let comparison = stores(&yesterday(), &b);
    let [problem] = comparison.problems.as_slice() else { panic!("{:?}", comparison.problems) };
    assert!(problem.starts_with("B: norm=none seed 3 has 2 runs, `norm=none.seed-3."), "{problem}");
    assert_eq!(comparison.conditions[1].pairs[3].b.fate, Fate::Missing);
    assert_eq!(comparison.conditions[1].pairs[3].b.id, None);
    assert_eq!(*found(&comparison), Finding::Identical { pairs: 6 });
    // A run of an earlier version of the file does not stand in the way of the present one.
    let last = b.records.last_mut().unwrap();
    last.trial.id = serde_json::from_str(&format!("\"{}\"", "e".repeat(64))).unwrap();
    let comparison = stores(&yesterday(), &b);
    assert_eq!(comparison.problems, Vec::<String>::new());
    assert_eq!(*found(&comparison), Finding::Identical { pairs: 7 });
    let no_plan = Side::store("runs/batch-norm", &b.records, None);
    assert_eq!(no_plan.problems.len(), 1);
}

#[test]
fn a_run_is_known_by_its_id_whatever_its_condition_was_called() {
    let mut b = yesterday();
    for record in b.records.iter_mut().filter(|record| record.trial.condition == "norm=none") {
        record.trial.condition = "norm=off".into();
    }
    assert_eq!(*found(&stores(&yesterday(), &b)), Finding::Identical { pairs: 7 });
    let a = yesterday();
    let (left, right) = (Side::store("a", &a.records, None), Side::store("b", &b.records, None));
    let comparison = compare(&left, &right, &criteria(&a), &a.cards).unwrap();
    assert_eq!(
        (comparison.only_a, comparison.only_b),
        (vec!["norm=none".into()], vec!["norm=off".into()])
    );
}

#[test]
fn a_metric_of_one_side_is_no_difference_and_a_missing_one_is_a_problem() {
    let loss: MetricName = "test.loss".parse().unwrap();
    let mut b = yesterday();
    b.record("norm=none", 2).summary.as_mut().unwrap().metrics.remove(&loss);
    assert_eq!(*found(&stores(&yesterday(), &b)), Finding::Identical { pairs: 7 });
    let accuracy: MetricName = "test.accuracy".parse().unwrap();
    let mut b = today(WORSE);
    b.record("norm=none", 2).summary.as_mut().unwrap().metrics.remove(&accuracy);
    let comparison = stores(&yesterday(), &b);
    assert_eq!(comparison.problems.len(), 1);
    assert!(
        comparison.problems[0].ends_with("reports no `test.accuracy`"),
        "{:?}",
        comparison.problems
    );
    let partial = Reason::Partial { missing: 1, planned: 28 };
    assert_eq!(*found(&comparison), inconclusive(partial));
}

#[test]
fn a_score_that_is_no_number_diverged() {
    for value in [f64::NAN, f64::INFINITY] {
        let mut b = yesterday();
        let summary = b.record("norm=none", 2).summary.as_mut().unwrap();
        summary.metrics.insert("test.accuracy".parse().unwrap(), value);
        let comparison = stores(&yesterday(), &b);
        let pair = &comparison.conditions[1].pairs[2];
        assert_eq!(pair.b.fate, Fate::Diverged { step: 550, value: value.to_string() });
        assert_eq!(comparison.conditions[1].effect.as_ref().unwrap().n(), 6);
        assert_eq!(comparison.objections(FailOn::Worse).len(), 1);
    }
}

#[test]
fn the_order_of_records_changes_no_byte() {
    let (a, mut b) = (yesterday(), today(WORSE));
    let text = json(&[stores(&a, &b)]).unwrap();
    b.records.reverse();
    let mut turned = a.clone();
    turned.records.rotate_left(5);
    assert_eq!(json(&[stores(&turned, &b)]).unwrap(), text);
}

#[test]
fn the_interval_is_of_the_kind_that_the_experiment_declares() {
    let (mut a, b) = (yesterday(), today([0.1, 0.2, -0.1, 0.3, 0.2, 0.1, 0.4]));
    let by_t = stores(&a, &b);
    a.experiment.analysis.interval = IntervalKind::Bootstrap;
    let bootstrap = stores(&a, &b);
    let effect = |of: &Comparison| of.conditions[1].effect.clone().unwrap();
    let (t, boot) = (effect(&by_t), effect(&bootstrap));
    assert_eq!((t.interval, boot.t_interval), (t.t_interval, t.t_interval));
    assert_ne!(boot.interval, boot.t_interval);
    assert_eq!((boot.adjusted_p, boot.n()), (t.adjusted_p, 7));
    assert_eq!(bootstrap.conditions[1].finding, by_t.conditions[1].finding);
    let text = compare::terminal(&[bootstrap], 100);
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(text.contains("95 % bootstrap interval ["), "{text}");
    assert!(
        text.contains("covers the mean in about 87 % of cases at n = 7, not in 95 %"),
        "{text}"
    );
}
