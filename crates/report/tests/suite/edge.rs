//! Cases at the edge of what a store can hold: each has one right answer.

use fireassay_report::{Fate, Reason, ReportError, Verdict, feasibility, json, markdown, terminal};
use fireassay_spec::{Claim, FailedTrial, MetricName};
use fireassay_tracking::{FailureKind, State};

use crate::case::{Case, Points, finished};

const REFERENCE: &[f64] = &[90.0, 91.0, 90.5, 91.5, 90.2, 91.2];
const BETTER: &[f64] = &[91.1, 92.0, 91.4, 92.7, 91.3, 92.1];
const PAIR: Points<'_> = &[("reference", REFERENCE), ("norm=none", BETTER)];

fn pair() -> Case {
    finished(&[("norm", "batch")], PAIR)
}

fn verdict(case: &Case) -> Verdict {
    case.results().contrasts[0].verdict.clone()
}

#[test]
fn the_worked_contrast_gives_its_three_verdicts() {
    let deltas = [0.8, 1.1, -0.2, 0.9, 1.4, 0.6, 0.3, 1.0];
    let theirs = [50.0; 8];
    let ours: Vec<f64> = deltas.iter().map(|d| 50.0 + d).collect();
    let mut points: Vec<(&str, &[f64])> = vec![("reference", &theirs), ("c=1", &ours)];
    assert_eq!(verdict(&finished(&[], &points)), Verdict::Better);
    let inside = finished(&[], &points).rope(0.015);
    assert_eq!(verdict(&inside), Verdict::Equivalent { nonzero: true });
    // Four more contrasts: the smallest p of five times 0.015625 is above alpha.
    for name in ["c=2", "c=3", "c=4", "c=5"] {
        points.push((name, &ours));
    }
    let results = finished(&[], &points).results();
    assert_eq!(results.contrasts[0].verdict, Verdict::Inconclusive(Reason::Undecided));
    let p = results.contrasts[0].effect.as_ref().unwrap().adjusted_p.unwrap();
    assert!((p - 0.078_125).abs() < 1e-12, "{p}");
}

#[test]
fn only_a_summary_finishes_a_trial() {
    for state in [State::Running, State::Interrupted, State::Done, State::Diverged] {
        let mut case = pair();
        let record = case.record("norm=none", 0);
        record.summary = None;
        record.status.as_mut().unwrap().state = state;
        let results = case.results();
        assert_eq!(results.conditions[1].trials[0].fate, Fate::Missing, "{state:?}");
        let partial = Reason::Partial { missing: 1, planned: 12 };
        assert_eq!(results.contrasts[0].verdict, Verdict::Inconclusive(partial));
    }
    let mut case = pair();
    let record = case.record("norm=none", 0);
    (record.summary, record.status) = (None, None);
    assert_eq!(case.results().missing(), 1);
}

#[test]
fn a_finished_trial_with_a_non_finite_score_diverged() {
    for value in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
        let mut case = pair();
        let summary = case.record("norm=none", 2).summary.as_mut().unwrap();
        summary.metrics.insert("test.accuracy".parse().unwrap(), value);
        let results = case.results();
        let expected = Fate::Diverged { step: 550, value: value.to_string() };
        assert_eq!(results.conditions[1].trials[2].fate, expected);
        assert_eq!(results.contrasts[0].effect.as_ref().unwrap().seeds, [0, 1, 3, 4, 5]);
    }
}

#[test]
fn a_non_finite_side_metric_is_left_out_and_nothing_else() {
    let mut case = pair();
    let loss: MetricName = "test.loss".parse().unwrap();
    case.record("norm=none", 2).summary.as_mut().unwrap().metrics.insert(loss, f64::INFINITY);
    let results = case.results();
    assert_eq!(results.conditions[1].metrics[&loss].n, 5);
    assert_eq!(results.contrasts[0].verdict, Verdict::Better);
}

#[test]
fn a_trial_with_two_directories_is_a_problem_that_names_both_and_counts_for_nothing() {
    let mut case = pair();
    let mut copy = case.record("norm=none", 0).clone();
    copy.path.set_extension("copy");
    copy.trial.condition = "an older name".into();
    copy.summary.as_mut().unwrap().metrics.insert("test.accuracy".parse().unwrap(), 0.1);
    case.records.insert(0, copy);
    let results = case.results();
    let dirs: Vec<&str> = results.problems.iter().map(|problem| problem.dir.as_str()).collect();
    assert_eq!(dirs, ["norm=none.seed-0.00010000", "norm=none.seed-0.copy"]);
    assert!(results.problems[0].detail.contains("`norm=none.seed-0.copy`"), "{results:?}");
    assert_eq!(results.conditions[1].trials[0].fate, Fate::Missing);
    let partial = Reason::Partial { missing: 1, planned: 12 };
    assert_eq!(results.contrasts[0].verdict, Verdict::Inconclusive(partial));
    let screen = terminal(&results, 100, "runs/batch-norm");
    assert!(screen.contains("2 runs cannot be used"), "{screen}");
}

/// A deliberate duplicate may be the very same trial; each condition has its own directory.
#[test]
fn a_deliberate_duplicate_is_compared_and_not_suspected() {
    let mut case = pair().rope(0.01);
    case.plan.conditions[1].duplicate = true;
    for seed in 0..6 {
        let reference = case.record("reference", seed).clone();
        let copy = case.record("norm=none", seed);
        copy.summary = reference.summary;
        copy.trial.id = reference.trial.id.clone();
        let wanted = |t: &&mut fireassay_spec::Trial| t.condition == "norm=none" && t.seed == seed;
        case.plan.trials.iter_mut().find(wanted).unwrap().id = reference.trial.id;
    }
    assert_eq!(verdict(&case), Verdict::Equivalent { nonzero: false });
    // Without directories of its own, the equal trials of the reference stand for it.
    for seed in 0..6 {
        case.forget("norm=none", seed);
    }
    assert_eq!(verdict(&case), Verdict::Equivalent { nonzero: false });
    assert_eq!(case.results().missing(), 0);
}

#[test]
fn equal_scores_of_different_weights_are_an_honest_zero() {
    let case = finished(&[], &[("reference", REFERENCE), ("norm=none", REFERENCE)]);
    assert_eq!(verdict(&case), Verdict::Inconclusive(Reason::Undecided));
    assert_eq!(verdict(&case.rope(0.01)), Verdict::Equivalent { nonzero: false });
}

#[test]
fn a_renamed_condition_keeps_its_runs() {
    let mut case = pair();
    for seed in 0..6 {
        case.record("norm=none", seed).trial.condition = "an older name".into();
    }
    assert_eq!(verdict(&case), Verdict::Better);
}

#[test]
fn runs_of_another_plan_are_counted_and_not_used() {
    let mut case = pair();
    let other = finished(&[], &[PAIR[0], PAIR[1], ("norm=layer", BETTER)]);
    let extra = other.records.into_iter().filter(|r| r.trial.condition == "norm=layer");
    case.records.extend(extra);
    let results = case.results();
    assert_eq!((results.foreign_runs, results.contrasts.len()), (6, 1));
    let screen = terminal(&results, 100, "runs/batch-norm");
    assert!(screen.contains("6 runs of the folder belong to no trial of this plan"), "{screen}");
}

#[test]
fn another_backend_or_no_record_of_one_is_mixed_too() {
    let mut case = pair();
    case.record("reference", 1).provenance.as_mut().unwrap().backend = "ndarray".into();
    assert_eq!(verdict(&case), Verdict::Inconclusive(Reason::MixedProvenance));
    assert_eq!(case.results().contrasts[0].effect, None);
    let mut case = pair();
    case.record("norm=none", 1).provenance = None;
    assert_eq!(verdict(&case), Verdict::Inconclusive(Reason::MixedProvenance));
    // Threads do not change results and are no reason.
    let mut case = pair();
    case.record("norm=none", 1).provenance.as_mut().unwrap().threads = 2;
    assert_eq!(verdict(&case), Verdict::Better);
}

/// Of two kinds of binary, only the contrast with the odd one out is tainted.
#[test]
fn an_unfinished_trial_of_another_binary_taints_nothing() {
    let mut case = pair();
    case.fail("norm=none", 0, FailureKind::Crashed, "");
    case.record("norm=none", 0).provenance.as_mut().unwrap().binary_hash = "other".into();
    let results = case.results();
    assert!(results.contrasts[0].effect.is_some());
}

#[test]
fn worst_needs_a_value_and_says_for_whom() {
    let mut case = pair().policy(FailedTrial::Worst);
    case.diverge("norm=none", 0, 3);
    assert_eq!(case.results().conditions[1].trials[0].score, Some(0.1));
    let mut case = case.by_loss();
    let error = case.try_results().unwrap_err();
    let text = error.to_string();
    assert!(text.contains("`norm=none`") && text.contains("`test.loss`"), "{text}");
    // Under the other policies the line that would need it says that it is unknown.
    case = case.policy(FailedTrial::ExcludePair);
    let screen = terminal(&case.results(), 100, "runs/batch-norm");
    let flat = screen.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(flat.contains("under worst: unknown (the metric has no failure value)"), "{screen}");
}

#[test]
fn when_everything_fails_nothing_is_compared() {
    for policy in [FailedTrial::ExcludePair, FailedTrial::Worst, FailedTrial::Abort] {
        let mut case = pair().policy(policy).rope(0.01);
        for seed in 0..6 {
            case.diverge("reference", seed, 1);
            case.diverge("norm=none", seed, 1);
        }
        let found = verdict(&case);
        let expected = match policy {
            FailedTrial::Abort => Reason::FailedTrials,
            FailedTrial::ExcludePair | FailedTrial::Worst => Reason::NoPairs,
        };
        assert_eq!(found, Verdict::Inconclusive(expected), "{policy:?}");
    }
}

/// The same failures on both sides: no difference in rates, so no sensitivity line.
#[test]
fn equal_failure_rates_need_no_second_opinion() {
    let mut case = finished(&[], &[("reference", &[90.0; 8]), ("a=1", &[92.0; 8])]);
    case.diverge("reference", 0, 1);
    case.diverge("a=1", 1, 1);
    let contrast = &case.results().contrasts[0];
    assert_eq!((contrast.failures, &contrast.sensitivity), ((1, 1), &None));
    assert_eq!((contrast.effect.as_ref().unwrap().n(), &contrast.verdict), (6, &Verdict::Better));
}

#[test]
fn a_summary_without_the_primary_metric_is_a_problem_that_names_the_run() {
    let mut case = pair();
    case.record("norm=none", 3).summary.as_mut().unwrap().metrics.clear();
    let results = case.results();
    let [problem] = results.problems.as_slice() else { panic!("{:?}", results.problems) };
    assert_eq!(problem.dir, "norm=none.seed-3.00010003");
    assert_eq!(problem.detail, "its summary reports no `test.accuracy`");
    assert_eq!(problem.trial, Some(("norm=none".into(), 3)));
    assert_eq!(results.conditions[1].trials[3].fate, Fate::Missing);
}

#[test]
fn a_plan_without_a_reference_is_an_error() {
    let mut case = pair();
    case.plan.conditions.remove(0);
    let error = case.try_results().unwrap_err();
    assert!(matches!(error, ReportError::NoReference { .. }));
}

#[test]
fn an_empty_store_and_a_lone_reference_still_render() {
    let mut case = pair();
    case.records.clear();
    let results = case.results();
    let screen = terminal(&results, 100, "runs/batch-norm");
    assert!(screen.contains("12 of 12 trials are not finished"), "{screen}");
    assert!(json(&results).unwrap().contains("\"missing\": 12"));
    let lone = finished(&[], &[("reference", REFERENCE)]).results();
    assert!(lone.contrasts.is_empty());
    assert!(!terminal(&lone, 100, "runs/batch-norm").contains("warning"));
}

/// Killing, resuming and another machine change times, sessions and provenance.
#[test]
fn results_json_holds_nothing_of_the_machine() {
    let quiet = pair();
    let mut busy = pair();
    for record in &mut busy.records {
        let status = record.status.as_mut().unwrap();
        status.sessions = 7;
        status.timing.wall_secs *= 31.0;
        status.peak_rss_bytes += 1 << 30;
        status.message = Some("resumed".into());
        record.path = "elsewhere".into();
        let provenance = record.provenance.as_mut().unwrap();
        provenance.binary_hash = "other".into();
        provenance.code.git_revision = None;
        provenance.cpu = "other".into();
        provenance.platform = "other".into();
        provenance.threads = 64;
    }
    busy.records.reverse();
    assert_eq!(json(&quiet.results()).unwrap(), json(&busy.results()).unwrap());
}

#[test]
fn a_narrow_screen_keeps_the_answer_and_drops_the_cost() {
    let results = pair().results();
    let narrow = terminal(&results, 76, "runs/batch-norm");
    let header = narrow.lines().find(|line| line.contains("condition ")).unwrap();
    assert!(header.contains("difference") && header.contains("verdict"), "{header}");
    assert!(!header.contains("params"), "{header}");
    assert!(narrow.lines().all(|line| line.chars().count() <= 76), "{narrow}");
}

#[test]
fn feasibility_is_known_before_training() {
    let check = |seeds: usize, contrasts: usize| {
        let scores = vec![90.0; seeds];
        let names: Vec<String> = (0..contrasts).map(|i| format!("c={i}")).collect();
        let mut points: Vec<(&str, &[f64])> = vec![("reference", &scores)];
        points.extend(names.iter().map(|name| (name.as_str(), scores.as_slice())));
        let case = finished(&[], &points);
        feasibility(&case.experiment, &case.plan)
    };
    let enough = check(7, 3);
    assert!(enough.feasible && enough.n_min == 7 && enough.claims == 3);
    assert_eq!(enough.smallest_p, 0.015_625);
    assert!((enough.first_threshold - 0.05 / 3.0).abs() < 1e-15);
    assert!((enough.detectable_d.unwrap() - 1.58).abs() < 0.02, "{enough:?}");
    assert!(!check(6, 3).feasible);
    assert!(check(6, 1).feasible);
    let lone = check(1, 1);
    assert_eq!((lone.feasible, lone.smallest_p, lone.detectable_d), (false, 1.0, None));
}

#[test]
fn an_exploratory_claim_never_gets_a_verdict() {
    let mut case = pair();
    case.experiment.claim = Claim::Exploratory;
    assert_eq!(verdict(&case), Verdict::Exploratory);
    case.diverge("norm=none", 0, 1);
    case.forget("norm=none", 1);
    assert_eq!(verdict(&case), Verdict::Exploratory);
}

/// A plan is read by name and seed, so the order in which it lists them does not matter.
#[test]
fn the_order_of_the_plan_changes_no_byte() {
    let case = pair();
    let mut turned = case.clone();
    turned.plan.trials.reverse();
    turned.plan.conditions.reverse();
    assert_eq!(json(&case.results()).unwrap(), json(&turned.results()).unwrap());
}

#[test]
fn under_abort_a_failed_reference_spoils_every_contrast() {
    let points = [PAIR[0], PAIR[1], ("norm=layer", BETTER)];
    let mut case = finished(&[], &points).policy(FailedTrial::Abort);
    case.fail("reference", 0, FailureKind::Timeout, "");
    let results = case.results();
    let aborted = Verdict::Inconclusive(Reason::FailedTrials);
    assert!(results.contrasts.iter().all(|c| c.verdict == aborted && c.effect.is_none()));
    assert!(terminal(&results, 100, "runs").contains("no contrast is made (abort)"));
}

#[test]
fn a_side_that_never_has_a_score_is_named() {
    let check = |failing: &[&str], because: &str| {
        let mut case = pair();
        for condition in failing {
            for seed in 0..6 {
                case.diverge(condition, seed, 2);
            }
        }
        let screen = terminal(&case.results(), 160, "runs");
        assert!(screen.contains(&format!("is inconclusive, because {because}.")), "{screen}");
    };
    check(&["norm=none"], "all trials of norm=none failed or diverged");
    check(&["reference"], "all trials of the reference failed or diverged");

    let mut case = pair();
    case.experiment.claim = Claim::Exploratory;
    (0..6).for_each(|seed| case.diverge("norm=none", seed, 2));
    let screen = terminal(&case.results(), 160, "runs");
    let said = "exploratory: no difference, because all trials of norm=none failed or diverged.";
    assert!(screen.contains(said), "{screen}");

    // Each has scores, but never at the same seed.
    let mut case = pair();
    for seed in 0..6 {
        case.diverge(if seed < 3 { "reference" } else { "norm=none" }, seed, 2);
    }
    let screen = terminal(&case.results(), 160, "runs");
    assert!(screen.contains("because no seed has a score for both."), "{screen}");
}

#[test]
fn an_exploratory_table_fits_the_narrowest_terminal() {
    const NARROWEST: usize = 60;
    let points: Points<'_> = &[("reference", REFERENCE), ("norm=layer", BETTER)];
    let mut case = finished(&[("norm", "batch")], points);
    case.experiment.claim = Claim::Exploratory;
    let screen = terminal(&case.results(), NARROWEST, "runs");
    let row = screen.lines().find(|line| line.starts_with("  norm=layer")).unwrap();
    assert!(row.ends_with("exploratory") && row.chars().count() <= NARROWEST, "{row}");
}

#[test]
fn early_stops_are_counted_with_their_epochs() {
    let mut case = pair();
    for (seed, steps) in [(1, 186), (4, 310)] {
        case.record("norm=none", seed).summary.as_mut().unwrap().steps = steps;
    }
    let results = case.results();
    assert_eq!(results.conditions[0].cost.early_stops, None);
    // 4,000 examples in batches of 64 are 62 steps.
    let stops = results.conditions[1].cost.early_stops.unwrap();
    assert_eq!((stops.trials, stops.epochs), (2, (3.0, 5.0)));
    assert!(markdown(&results).contains("| 2, at epoch 3.0 to 5.0 |"));
}
