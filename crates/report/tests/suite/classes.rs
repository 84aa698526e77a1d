//! What a report says of classes that were chosen or renamed, and of how examples were dealt out.

use std::collections::BTreeMap;

use fireassay_report::{Unequal, markdown};
use fireassay_spec::{ClassRef, DataSpec, Duplicates, FailedTrial, SplitRule};
use fireassay_tracking::{Examples, FailureKind};

use crate::case::{Case, finished};

const SCORES: &[f64] = &[90.0, 91.0, 90.5, 91.5, 90.2, 91.2];

/// Both conditions have these data.
fn with_data(change: impl Fn(&mut DataSpec)) -> Case {
    let mut case = finished(&[("norm", "batch")], &[("reference", SCORES), ("norm=none", SCORES)]);
    for condition in &mut case.plan.conditions {
        change(&mut condition.spec.data);
    }
    case
}

fn even_or_odd(data: &mut DataSpec) {
    data.classes = vec![ClassRef::Index(3), ClassRef::Name("5".into()), ClassRef::Index(8)];
    data.relabel = BTreeMap::from([("3", "odd"), ("5", "odd")].map(|(a, b)| (a.into(), b.into())));
}

#[test]
fn confusions_are_of_the_classes_that_a_trial_saw() {
    let mut case = with_data(even_or_odd);
    for record in &mut case.records {
        record.summary.as_mut().unwrap().confusion = Some(vec![vec![7, 1], vec![2, 5]]);
    }
    let results = case.results();
    let reference = &results.confusions[0];
    assert_eq!(reference.classes, ["odd", "8"]);
    assert_eq!(reference.counts, [[42, 6], [12, 30]]);
}

#[test]
fn the_worst_score_is_the_chance_of_the_classes_that_a_trial_saw() {
    let mut case = with_data(even_or_odd).policy(FailedTrial::Worst);
    case.fail("norm=none", 2, FailureKind::Crashed, "gone");
    assert_eq!(case.results().conditions[1].trials[2].score, Some(0.5));
}

#[test]
fn other_data_or_another_rule_is_unfair() {
    let mut case = with_data(|_| {});
    even_or_odd(&mut case.plan.conditions[1].spec.data);
    case.plan.conditions[1].spec.data.split = SplitRule::StratifiedAcrossGroups;
    case.plan.conditions[1].spec.data.duplicates = Duplicates::Allow;
    let unfair = &case.results().unfair;
    assert_eq!(unfair.iter().map(|unfair| unfair.what).collect::<Vec<_>>(), [Unequal::Split]);
    let theirs = "mnist, train-size 5000, val 0.2 of it";
    assert_eq!(unfair[0].theirs, theirs);
    let ours =
        "classes 3 `5` 8, `3` as `odd`, `5` as `odd`, stratified-across-groups, duplicates allow";
    assert_eq!(unfair[0].ours, format!("{theirs}, {ours}"));
}

#[test]
fn the_checklist_says_how_examples_were_dealt_out() {
    let line = |rules: [SplitRule; 2]| {
        let mut case = with_data(|_| {});
        let summary = case.record("norm=none", 3).summary.as_mut().unwrap();
        summary.examples = Examples { train: 4020, val: 980, test: 2000 };
        for (condition, rule) in case.plan.conditions.iter_mut().zip(rules) {
            condition.spec.data.split = rule;
        }
        let text = markdown(&case.results());
        let row = text.lines().find(|line| line.contains("how are they made?")).unwrap();
        row.to_owned()
    };
    let grouped = line([SplitRule::Grouped; 2]);
    assert!(
        grouped.contains("; no group (subject, speaker) is in two of them, the same at one seed")
    );
    let both = line([SplitRule::StratifiedAcrossGroups, SplitRule::Grouped]);
    assert!(both.contains(
        "; stratified by class across groups: test examples are of groups that training has seen; \
         no group (subject, speaker) is in two of them, the same at one seed"
    ));
    let usual = line([SplitRule::Stratified; 2]);
    assert!(usual.contains(
        "| train 4000 to 4020, val 980 to 1000, test 2000; train 4000, val 1000, test 2000; \
         stratified by class, the same at one seed for every condition;"
    ));
}
