//! Many datasets: pooled where that makes sense, and compared on each.

use fireassay_report::stats::{improvement, iqm};
use fireassay_report::{AcrossDatasets, Method, Pooled, Withheld, files, json, markdown};
use fireassay_spec::{FailedTrial, path_key};

use super::case::{
    FACTORIAL, LR, NORM, NORMS, SEVEN_SEEDS, Settings, analysis, at, check, designed,
};
use super::case::{is, noise};
use crate::case::Case;

const TWO: &str = "[[factor]]\nkey = 'data.dataset'\nlevels = ['mnist', 'kmnist']\n";
const THREE: &str = "[[factor]]\nkey = 'data.dataset'\nlevels = ['mnist', 'kmnist', 'fashion']\n";
const FOUR_SEEDS: &str = "seeds = [0, 1, 2, 3]\ndesign = 'full-factorial'";

/// Reference levels, then norm=none, at the seeds 0 to 3.
const MNIST: [[f64; 4]; 2] = [[90.0, 91.0, 92.0, 93.0], [91.0, 92.0, 91.0, 94.0]];
const KMNIST: [[f64; 4]; 2] = [[70.0, 71.0, 72.0, 73.0], [68.0, 69.0, 74.0, 73.0]];

fn worked(settings: &Settings, seed: u64) -> f64 {
    let scores = if is(settings, "dataset", "mnist") { MNIST } else { KMNIST };
    scores[usize::from(is(settings, "norm", "none"))][seed as usize]
}

fn across(case: &Case) -> AcrossDatasets {
    analysis(case).across.unwrap()
}

fn only(across: &AcrossDatasets) -> &Method {
    assert_eq!(across.methods.len(), 1, "{:?}", across.methods);
    &across.methods[0]
}

fn near(found: f64, expected: f64) {
    assert!((found - expected).abs() < 1e-12, "{found} against {expected}");
}

fn shares(percent: &[[f64; 4]]) -> Vec<Vec<f64>> {
    percent.iter().map(|scores| scores.iter().map(|score| score / 100.0).collect()).collect()
}

/// As `across` names its draws: from the ids of all trials, dataset by dataset.
fn key(case: &Case, conditions: &[&str]) -> u64 {
    let of = |name: &str| -> Vec<String> {
        let trials = case.plan.trials.iter().filter(|trial| trial.condition == name);
        trials.map(|trial| trial.id.to_string()).collect()
    };
    path_key(&conditions.iter().flat_map(|name| of(name)).collect::<String>())
}

#[test]
fn numbers_worked_by_hand() {
    let case = designed(FOUR_SEEDS, &[TWO, NORM].concat(), &worked);
    let found = across(&case);
    assert_eq!((found.factor.as_str(), found.datasets.len()), ("dataset", 2));
    assert_eq!(found.datasets, ["kmnist", "mnist"]);
    let reference = found.reference.as_ref().unwrap();
    // Of 70, 71, 72, 73, 90, 91, 92, 93 the middle four.
    near(reference.iqm, 0.815);
    assert_eq!((reference.n, reference.planned, reference.fewest), (8, 8, 4));
    let none = only(&found);
    assert_eq!(none.name, "norm=none");
    // Of 68, 69, 73, 74, 91, 91, 92, 94 the middle four.
    near(none.pooled.as_ref().unwrap().iqm, 0.8225);
    // Three of four on one dataset, one and a tie of four on the other.
    near(none.improvement.as_ref().unwrap().0, (0.75 + 0.375) / 2.0);
    assert_eq!(none.on.iter().map(|on| on.dataset.as_str()).collect::<Vec<_>>(), found.datasets);
    assert_eq!(none.on[0].condition, "dataset=kmnist+norm=none");
    assert_eq!(none.on[0].reference, "dataset=kmnist");
    check(&none.on[0].effect, &[-2.0, -2.0, 2.0, 0.0]);
    check(&none.on[1].effect, &[1.0, 1.0, -1.0, 1.0]);
}

#[test]
fn intervals_are_those_of_the_statistics_named_by_trial_ids() {
    let case = designed(FOUR_SEEDS, &[TWO, NORM].concat(), &worked);
    let found = across(&case);
    let own = ["dataset=kmnist+norm=none", "norm=none"];
    let theirs = ["dataset=kmnist", "reference"];
    let check = |conditions: &[&str], scores: [[f64; 4]; 2], pooled: &Result<Pooled, Withheld>| {
        let expected = iqm::interval(&shares(&scores), 0.95, key(&case, conditions)).unwrap();
        assert_eq!(pooled.as_ref().unwrap().interval, expected);
        assert!(expected.low < expected.high);
    };
    check(&theirs, [KMNIST[0], MNIST[0]], &found.reference);
    check(&own, [KMNIST[1], MNIST[1]], &only(&found).pooled);
    let differences = [[-0.02, -0.02, 0.02, 0.0], [0.01, 0.01, -0.01, 0.01]];
    let all = key(&case, &[own, theirs].concat());
    let differences: Vec<Vec<f64>> = differences.iter().map(|of| of.to_vec()).collect();
    let expected = improvement::improvement(&differences, 0.95, all);
    assert_eq!(only(&found).improvement.ok(), expected);
}

#[test]
fn a_profile_tells_the_share_above_each_half_point() {
    let found = across(&designed(FOUR_SEEDS, &[TWO, NORM].concat(), &worked));
    assert_eq!(found.thresholds.len(), 201);
    assert_eq!((found.thresholds[0], found.thresholds[200]), (0.0, 1.0));
    let profile = &found.reference.as_ref().unwrap().profile;
    let at = |tau: f64| profile[found.thresholds.iter().position(|t| *t == tau).unwrap()];
    // A score on the threshold is not above it.
    let expected = [(0.0, 1.0), (0.695, 1.0), (0.7, 0.875), (0.725, 0.625), (0.93, 0.0)];
    for (tau, share) in expected {
        assert_eq!(at(tau), share, "{tau}");
    }
}

#[test]
fn one_dataset_or_one_combination_is_nothing() {
    let none = |factors: &str, head: &str| {
        let case = designed(head, factors, &|_, seed| 90.0 + noise(seed));
        assert_eq!(analysis(&case).across, None, "{factors}");
        assert!(!markdown(&case.results()).contains("Across datasets"));
    };
    none(&[NORM, LR].concat(), FACTORIAL);
    none(TWO, FACTORIAL);
    // Another dataset with the reference only.
    none(&[TWO, NORM].concat(), "seeds = [0, 1, 2]\ndesign = 'one-factor-at-a-time'");
    // The same data under two levels would count twice.
    let twice = "[[factor]]\nname = 'data'\nkeys = ['data.dataset', 'data.train-size']\n\
                 levels = [['mnist', 5000], ['mnist', 4000], ['kmnist', 5000]]\n";
    none(&[twice, NORM].concat(), FACTORIAL);
}

#[test]
fn a_dataset_may_come_with_other_keys() {
    let linked = "[[factor]]\nname = 'data'\nkeys = ['data.dataset', 'data.train-size']\n\
                  levels = [['mnist', 5000], ['kmnist', 4000]]\n";
    let case = designed(FACTORIAL, &[linked, NORM].concat(), &|settings, seed| {
        90.0 + noise(seed) + at(settings, "norm", "none")
    });
    let found = across(&case);
    assert_eq!((found.factor.as_str(), found.datasets.len()), ("data", 2));
    check(&only(&found).on[0].effect, &[1.0, 1.0, 1.0]);
}

#[test]
fn a_missing_combination_is_not_pooled_away() {
    let exclude = "[[exclude]]\n'data.dataset' = 'kmnist'\n'model.cnn.norm' = 'none'\n";
    let score = |settings: &Settings, seed| 90.0 + noise(seed) - at(settings, "norm", "none");
    let case = designed(FACTORIAL, &[THREE, NORMS, exclude].concat(), &score);
    let found = across(&case);
    assert_eq!(found.datasets, ["fashion", "kmnist", "mnist"]);
    let [layer, none] = found.methods.as_slice() else { panic!("{found:?}") };
    assert!(layer.pooled.is_ok() && layer.on.len() == 3);
    assert_eq!(none.pooled, Err(Withheld::NotPlanned));
    assert_eq!(none.on.len(), 2);
    assert_eq!(none.improvement.as_ref().unwrap().0, 0.0);
    let text = markdown(&case.results());
    assert!(text.contains("| norm=none | 2/3 | – | – | – | 0.00 | – |"), "{text}");
    let why = "because the plan lacks a combination of levels: interquartile mean of norm=none.";
    assert!(text.contains(why), "{text}");
    // With two datasets nothing is left to average.
    let case = designed(FACTORIAL, &[TWO, NORMS, exclude].concat(), &score);
    assert_eq!(across(&case).left_out, ["norm=none"]);
    assert_eq!(only(&across(&case)).name, "norm=layer");
    let text = markdown(&case.results());
    assert!(text.contains("fewer than two datasets, so not here: norm=none."), "{text}");
}

/// Ids as a plan has them, so that they do not depend on the order of conditions.
fn with_own_ids(mut case: Case) -> Case {
    case.plan = case.experiment.plan(&case.cards);
    for record in &mut case.records {
        let own = |t: &&fireassay_spec::Trial| {
            (&t.condition, t.seed) == (&record.trial.condition, record.trial.seed)
        };
        record.trial = case.plan.trials.iter().find(own).unwrap().clone();
    }
    case
}

#[test]
fn neither_records_nor_levels_nor_factors_need_an_order() {
    let score = |settings: &Settings, seed| {
        noise(seed + 3) + 80.0 + 9.0 * at(settings, "dataset", "mnist") * noise(2 * seed)
            - noise(seed * seed) * at(settings, "norm", "none")
    };
    let case = with_own_ids(designed(FOUR_SEEDS, &[THREE, NORM].concat(), &score));
    let expected = across(&case);
    assert_ne!(
        only(&expected).improvement,
        Ok((0.0, only(&expected).improvement.as_ref().unwrap().1))
    );
    let mut turned = case.clone();
    turned.records.reverse();
    assert_eq!(across(&turned), expected);
    let three = "[[factor]]\nkey = 'data.dataset'\nlevels = ['fashion', 'kmnist', 'mnist']\n";
    let turned = with_own_ids(designed(FOUR_SEEDS, &[three, NORM].concat(), &score));
    assert_eq!(across(&turned), expected);
    let turned = with_own_ids(designed(FOUR_SEEDS, &[NORM, THREE].concat(), &score));
    let names = |of: &AcrossDatasets| {
        of.methods[0].on.iter().map(|on| on.dataset.clone()).collect::<Vec<_>>()
    };
    assert_eq!(across(&turned).reference, expected.reference);
    assert_eq!(across(&turned).methods[0].improvement, expected.methods[0].improvement);
    assert_eq!(names(&across(&turned)), names(&expected));
}

#[test]
fn a_loss_is_compared_and_not_pooled() {
    let case = designed(FACTORIAL, &[TWO, NORM].concat(), &|settings, seed| {
        30.0 + noise(seed) + at(settings, "norm", "none")
    });
    let case = case.by_loss();
    let found = across(&case);
    assert_eq!(found.reference, Err(Withheld::NoCommonScale));
    let none = only(&found);
    assert_eq!(none.pooled, Err(Withheld::NoCommonScale));
    // A higher loss is worse.
    assert_eq!(none.improvement.as_ref().unwrap().0, 0.0);
    check(&none.on[0].effect, &[1.0, 1.0, 1.0]);
    let text = markdown(&case.results());
    assert!(text.contains("| levels | datasets | P(better) | 95 % of P(better) |"), "{text}");
    assert!(text.contains("test.loss of different datasets is not pooled"), "{text}");
    assert!(!text.contains("performance-profile") && !text.contains("IQM"), "{text}");
}

#[test]
fn conditions_written_out_count_if_they_cross() {
    let conditions = "[[condition]]\nname = 'letters'\nset = { 'data.dataset' = 'kmnist' }\n\
                      [[condition]]\nname = 'bare'\nset = { 'model.cnn.norm' = 'none' }\n\
                      [[condition]]\nname = 'bare-letters'\n\
                      set = { 'data.dataset' = 'kmnist', 'model.cnn.norm' = 'none' }\n";
    let case = designed("seeds = [0, 1, 2]\ndesign = 'explicit'", conditions, &|settings, seed| {
        90.0 + noise(seed) - at(settings, "norm", "none")
    });
    let found = across(&case);
    let none = only(&found);
    assert_eq!(none.name, "norm=none");
    let conditions: Vec<_> = none.on.iter().map(|on| (&*on.reference, &*on.condition)).collect();
    assert_eq!(conditions, [("letters", "bare-letters"), ("reference", "bare")]);
}

#[test]
fn failures_and_mixed_code_withhold_what_rests_on_them() {
    let whole = designed(FOUR_SEEDS, &[TWO, NORM].concat(), &worked);
    let mut case = whole.clone().policy(FailedTrial::Abort);
    case.diverge("norm=none", 1, 5);
    let none = only(&across(&case)).clone();
    assert_eq!(none.pooled, Err(Withheld::FailedTrials));
    assert_eq!(none.improvement, Err(Withheld::FailedTrials));
    assert!(none.on[0].effect.is_ok(), "the other dataset has no failure");
    assert_eq!(none.on[1].effect, Err(Withheld::FailedTrials));
    let mut case = whole.clone();
    case.diverge("norm=none", 1, 5);
    let none = only(&across(&case)).clone();
    let pooled = none.pooled.unwrap();
    assert_eq!((pooled.n, pooled.planned, pooled.fewest), (7, 8, 3));
    check(&none.on[1].effect, &[1.0, -1.0, 1.0]);
    let mut case = whole.clone();
    case.record("norm=none", 1).provenance.as_mut().unwrap().binary_hash = "b2".repeat(32);
    let none = only(&across(&case)).clone();
    assert_eq!(none.pooled, Err(Withheld::MixedProvenance));
    assert_eq!(none.on[1].effect, Err(Withheld::MixedProvenance));
    let mut case = whole;
    (1..4).for_each(|seed| case.forget("norm=none", seed));
    let none = only(&across(&case)).clone();
    assert_eq!(none.pooled, Err(Withheld::TooFewSeeds));
    assert_eq!(none.improvement, Err(Withheld::TooFewSeeds));
}

#[test]
fn two_seeds_have_no_intervals_for_a_person() {
    let case =
        designed("seeds = [0, 1]\ndesign = 'full-factorial'", &[TWO, NORM].concat(), &worked);
    let text = markdown(&case.results());
    assert!(text.contains("| norm=none | 2/2 | 4/4 | 80.00 | – | 0.50 | – |"), "{text}");
    let part = "norm=none: interquartile mean 80.00 %, reference 80.50 %; better than the reference \
                with probability 0.50, averaged over 2 datasets; on kmnist -2.00 pp (n = 2)";
    assert!(text.contains(part), "{text}");
}

#[test]
fn tables_hold_what_the_section_shows() {
    let case = designed(FOUR_SEEDS, &[TWO, NORM].concat(), &worked);
    let files = files(&case.results()).unwrap();
    let table = |name: &str| &files.iter().find(|(path, _)| path == name).unwrap().1;
    let across: Vec<&str> = table("tables/across.csv").lines().collect();
    assert!(across[1].starts_with("reference,2,8,8,0.815,") && across[1].ends_with(",,,,,"));
    assert!(across[2].starts_with("norm=none,2,8,8,0.8225,"), "{across:?}");
    assert!(across[2].contains(",,0.5625,"), "{across:?}");
    let datasets: Vec<&str> = table("tables/datasets.csv").lines().collect();
    let expected = "norm=none,kmnist,dataset=kmnist+norm=none,dataset=kmnist,,4,";
    assert!(datasets[1].starts_with(expected) && datasets.len() == 3, "{datasets:?}");
    assert_eq!(datasets[0].split(',').count(), datasets[1].split(',').count());
}

#[test]
fn results_hold_the_profile_and_every_dataset() {
    let case = designed(FOUR_SEEDS, &[TWO, NORM].concat(), &worked);
    let text = json(&case.results()).unwrap();
    let whole: serde_json::Value = serde_json::from_str(&text).unwrap();
    let across = &whole["design-analysis"]["across-datasets"];
    let method = &across["methods"][0];
    assert_eq!(across["thresholds"].as_array().unwrap().len(), 201);
    assert_eq!(method["pooled"]["profile"].as_array().unwrap().len(), 201);
    assert_eq!(method["pooled"]["interquartile-mean"], 0.8225);
    assert_eq!(method["improvement"]["probability"], 0.5625);
    assert_eq!(method["datasets"][1]["effect"]["mean"], 0.005);
    assert_eq!(method["datasets"][1]["withheld"], serde_json::Value::Null);
    let case = designed(&format!("{SEVEN_SEEDS}\ndesign = 'full-factorial'"), NORM, &|_, s| {
        90.0 + noise(s)
    });
    let whole: serde_json::Value = serde_json::from_str(&json(&case.results()).unwrap()).unwrap();
    assert_eq!(whole["design-analysis"]["across-datasets"], serde_json::Value::Null);
}
