//! What stands beside scores: learning curves, and what conditions were given.

use fireassay_report::Unequal;

use crate::case::{Case, finished};

const SCORES: &[f64] = &[90.0, 91.0, 90.5, 91.5, 90.2, 91.2];

fn pair() -> Case {
    finished(&[("norm", "batch")], &[("reference", SCORES), ("norm=none", SCORES)])
}

#[test]
fn a_curve_leaves_out_what_is_not_finite_and_says_how_many_are_left() {
    let mut case = pair();
    for (seed, last) in [(0, 0.8), (1, f64::NAN), (2, 0.6)] {
        let id = case.record("norm=none", seed).trial.id.clone();
        case.observed.curves.insert(id, vec![(10, 0.5), (20, last)]);
    }
    let results = case.results();
    let found: Vec<_> = results.conditions[1].curve.iter().map(|p| (p.step, p.n)).collect();
    assert_eq!(found, [(10, 3), (20, 2)]);
    let last = results.conditions[1].curve[1];
    assert!((last.mean - 0.7).abs() < 1e-15 && last.low == 0.6 && last.high == 0.8, "{last:?}");
    assert_eq!(results.conditions[0].curve, []);
}

#[test]
fn budgets_may_differ_by_a_tenth_of_the_larger_without_a_word() {
    let unfair = |steps: u64| {
        let mut case = pair();
        for seed in 0..6 {
            let summary = case.record("norm=none", seed).summary.as_mut().unwrap();
            (summary.steps, summary.budget_steps) = (steps, steps);
        }
        case.results().unfair.iter().map(|unfair| unfair.what).collect::<Vec<_>>()
    };
    // The reference has 600.
    assert_eq!(unfair(540), []);
    assert_eq!(unfair(539), [Unequal::StepBudget, Unequal::StepsRun]);
    assert_eq!(unfair(667), [Unequal::StepBudget, Unequal::StepsRun]);
}
