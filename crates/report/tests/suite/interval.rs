//! `interval = "bootstrap"`: the interval changes, the verdict does not, and its worth is told.

use fireassay_report::stats::{bootstrap, paired_t};
use fireassay_report::{Effect, Results, json, markdown, terminal};
use fireassay_spec::IntervalKind;

use crate::case::{Case, finished};
use crate::design::case::{LR, NORM, Settings, at, designed, noise};
use crate::golden::check;

const REFERENCE: [f64; 7] = [91.20, 90.85, 91.45, 91.10, 90.70, 91.35, 91.05];
const LAYER: [f64; 7] = [92.00, 91.75, 92.10, 91.95, 91.70, 92.05, 92.00];
const NONE: [f64; 7] = [88.90, 88.10, 89.40, 88.75, 88.20, 89.20, 88.55];

fn by_t(n: usize) -> Case {
    finished(
        &[("norm", "batch")],
        &[("reference", &REFERENCE[..n]), ("norm=layer", &LAYER[..n]), ("norm=none", &NONE[..n])],
    )
    .rope(0.005)
}

fn resampled(mut case: Case) -> Case {
    case.experiment.analysis.interval = IntervalKind::Bootstrap;
    case
}

fn effects(results: &Results) -> Vec<Effect> {
    results.contrasts.iter().filter_map(|contrast| contrast.effect.clone()).collect()
}

#[test]
fn a_report_with_bootstrap_intervals() {
    check("bootstrap", &resampled(by_t(7)));
}

#[test]
fn only_the_interval_changes() {
    let (t, found) = (by_t(7).results(), resampled(by_t(7)).results());
    for (t, found) in effects(&t).iter().zip(&effects(&found)) {
        assert_eq!(t.interval, paired_t::interval(&t.differences, 0.95));
        assert_eq!((t.t_interval, found.t_interval), (t.interval, t.interval));
        let (wide, narrow) = (t.interval.unwrap(), found.interval.unwrap());
        assert!(wide.low < narrow.low && narrow.high < wide.high, "{wide:?} {narrow:?}");
        let back = Effect { interval: t.interval, ..found.clone() };
        assert_eq!(back, *t);
    }
    let verdicts = |results: &Results| -> Vec<_> {
        results.contrasts.iter().map(|contrast| contrast.verdict.clone()).collect()
    };
    assert_eq!(verdicts(&t), verdicts(&found));
}

#[test]
fn what_is_derived_has_the_same_kind_of_interval() {
    let head = "seeds = [0, 1, 2, 3, 4]\ndesign = 'full-factorial'";
    let case = designed(head, &[NORM, LR].concat(), &|settings: &Settings, seed| {
        let none = at(settings, "norm", "none");
        90.0 - 2.0 * none + noise(seed) + noise(3 * seed + 1) * none * at(settings, "lr", "0.01")
    });
    let results = resampled(case).results();
    let effect = results.design_analysis.interactions[0].effect.as_ref().unwrap();
    assert!(effect.interval.is_some() && effect.interval != effect.t_interval);
    // The draws of the whole store are the same ones.
    let shapley = results.design_analysis.components[0].shapley.as_ref().unwrap();
    assert_eq!(shapley.bootstrap, shapley.effect.interval);
}

#[test]
fn draws_are_those_of_the_store() {
    let case = resampled(by_t(7));
    let expected = json(&case.results()).unwrap();
    let mut turned = case.clone();
    turned.records.rotate_left(5);
    turned.records.reverse();
    assert_eq!(json(&turned.results()).unwrap(), expected);
    // Other weights of another condition are another store.
    let mut other = case.clone();
    other.record("norm=none", 4).summary.as_mut().unwrap().state_digest.push('x');
    let (before, after) = (effects(&case.results()), effects(&other.results()));
    assert_eq!(before[0].differences, after[0].differences);
    assert_ne!(before[0].interval, after[0].interval);
    // And the numbers of a sampled test are seeded like that, too: none is sampled here.
    assert_eq!(before[0].sign_flip_p, after[0].sign_flip_p);
}

#[test]
fn its_kind_and_its_coverage_are_told_wherever_it_stands() {
    for (n, per_cent) in [(3, 75), (5, 83), (7, 87)] {
        let results = resampled(by_t(n)).results();
        let caveat =
            format!("covers the mean in about {per_cent} % of cases at n = {n}, not in 95 %");
        let text = terminal(&results, 100, "runs/batch-norm");
        let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(text.contains(&caveat), "{text}");
        assert!(
            text.contains("95 %, percentile bootstrap") && !text.contains("paired t,"),
            "{text}"
        );
        let report = markdown(&results);
        // In the notes below the answer, in the checklist and in how to read this.
        assert_eq!(report.matches(&caveat).count(), 3, "{report}");
        assert!(report.contains("| 95 % bootstrap interval |"), "{report}");
        assert!(!report.contains("95 % interval [") && !report.contains("95 %, paired t"));
    }
    let t = markdown(&by_t(7).results());
    assert!(!t.contains("bootstrap") && !t.contains("of cases at n"), "{t}");
}

#[test]
fn ten_seeds_need_no_caveat_and_two_show_no_interval() {
    let ten: Vec<f64> = (0..10).map(|seed| 90.0 + noise(seed)).collect();
    let other: Vec<f64> = (0..10).map(|seed| 91.0 + noise(2 * seed)).collect();
    let points: [(&str, &[f64]); 2] = [("reference", &ten), ("norm=layer", &other)];
    let report = markdown(&resampled(finished(&[("norm", "batch")], &points)).results());
    assert!(
        report.contains("95 %, percentile bootstrap over seeds") && !report.contains("of cases")
    );
    let two = markdown(&resampled(by_t(2)).results());
    assert!(!two.contains("interval [") && !two.contains("of cases"), "{two}");
    assert_eq!([2, 3, 9, 10].map(bootstrap::coverage), [None, Some(75), Some(90), None]);
}
