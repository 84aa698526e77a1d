//! Reports of designs beyond one factor at a time, as a person reads them.

use fireassay_report::{html, json, latex, markdown, tables};
use serde_json::Value;

use super::case::{DROPOUT, LR, NORM, NORMS, POOL, SEVEN_SEEDS, Settings, at, designed, is, noise};
use crate::case::Case;
use crate::format;
use crate::golden::compare_file;

fn check(name: &str, case: &Case) {
    let results = case.results();
    compare_file(name, "md", &markdown(&results));
    // The rest of the file is what other cases are for.
    let whole: Value = serde_json::from_str(&json(&results).unwrap()).unwrap();
    let part = serde_json::to_string_pretty(&whole["design-analysis"]).unwrap();
    compare_file(name, "json", &format!("{part}\n"));
    let tables = tables(&results).unwrap();
    format::page(name, &html(&results));
    format::article(name, &latex(&results));
    format::tidy(name, &tables);
    for (file, table) in tables {
        if ["derived.csv", "trends.csv", "variance.csv"].contains(&file.as_str()) {
            compare_file(name, &file, &table);
        }
    }
}

/// What a seed does to all conditions, and a tenth of a per cent or so of a condition's own.
fn apart(settings: &Settings, seed: u64) -> f64 {
    let letters = settings.values().flat_map(|level| level.bytes());
    let name = letters.fold(0, |sum: u64, letter| (sum * 31 + u64::from(letter)) % 1009);
    let own = (name * 17 + seed * seed * 29 + seed * name) % 101;
    noise(seed) + own as f64 / 250.0 - 0.2
}

#[test]
fn two_by_three() {
    let head = format!("{SEVEN_SEEDS}\ndesign = 'full-factorial'");
    let case = designed(&head, &[NORMS, LR].concat(), &|settings, seed| {
        let none = at(settings, "norm", "none");
        let small = at(settings, "lr", "0.01");
        let layer = at(settings, "norm", "layer");
        90.0 + apart(settings, seed) + 0.8 * layer - 2.5 * none - 0.3 * small + 1.5 * none * small
    });
    check("two-by-three", &case);
}

#[test]
fn three_components_with_a_failed_trial() {
    let head = format!("{SEVEN_SEEDS}\ndesign = 'full-factorial'");
    let mut case = designed(&head, &[NORM, LR, POOL].concat(), &|settings, seed| {
        let norm = at(settings, "norm", "batch");
        let pool = at(settings, "pool", "max");
        85.0 + apart(settings, seed) + 2.0 * norm + 0.5 * pool + norm * pool
    });
    case.diverge("norm=none+lr=0.01+pool=average", 3, 41);
    check("three-components", &case);
}

#[test]
fn dropout_rates() {
    let head = format!("{SEVEN_SEEDS}\ndesign = 'one-factor-at-a-time'");
    let case = designed(&head, DROPOUT, &|settings, seed| {
        let rate: f64 = settings["dropout"].parse().unwrap();
        88.0 + apart(settings, seed) + 2.0 * rate
    });
    check("dropout-trend", &case);
}

#[test]
fn half_a_factorial() {
    let head = format!(
        "{SEVEN_SEEDS}\ndesign = 'fractional-factorial'\ngenerators = ['pool = norm * lr']"
    );
    let mut case = designed(&head, &[NORM, LR, POOL].concat(), &|settings, seed| {
        85.0 + apart(settings, seed) - 2.0 * at(settings, "norm", "none")
    });
    case.diverge("norm=none+pool=average", 0, 12);
    check("half-fraction", &case);
}

#[test]
fn two_norms_on_three_datasets() {
    const DATASETS: &str =
        "[[factor]]\nkey = 'data.dataset'\nlevels = ['mnist', 'kmnist', 'fashion']\n";
    let head = format!("{SEVEN_SEEDS}\ndesign = 'full-factorial'");
    let mut case = designed(&head, &[DATASETS, NORMS].concat(), &|settings, seed| {
        let level = 84.0 + 6.0 * at(settings, "dataset", "mnist");
        let hard = at(settings, "dataset", "kmnist");
        let (layer, none) = (at(settings, "norm", "layer"), at(settings, "norm", "none"));
        level + apart(settings, seed) + 0.3 * layer - 2.5 * none - 0.4 * layer * hard
    });
    case.diverge("dataset=kmnist+norm=none", 3, 41);
    check("three-datasets", &case);
}

#[test]
fn crossed_streams() {
    let head = "seeds = { init = 3, order = 2, split = 3 }\ndesign = 'one-factor-at-a-time'";
    let mut case = designed(head, NORM, &|settings, seed| {
        let (init, order, split) = (seed / 6, seed / 3 % 2, seed % 3);
        let own = if is(settings, "norm", "none") { 88.0 } else { 90.0 };
        own + noise(init) + 0.5 * noise(3 + split) + 0.1 * order as f64 + 0.1 * noise(seed)
    });
    case.forget("norm=none", 4);
    check("crossed-streams", &case);
}

#[test]
fn two_seeds_show_numbers_and_no_certainty() {
    let head = "seeds = [0, 1]\ndesign = 'full-factorial'";
    let case = designed(head, &[NORM, LR].concat(), &|settings, seed| {
        90.0 + noise(seed) + seed as f64 * at(settings, "norm", "none") - at(settings, "lr", "0.01")
    });
    let text = markdown(&case.results());
    let row = "| norm=none | 2/2 | 2/2 | +0.50 | – | – | – | – |";
    assert!(text.contains(row), "{text}");
    let sentence = "- lr=0.01 instead of 0.1 changes test.accuracy, averaged over 2 combinations of \
                    the other factors: -1.00 pp (n = 2).\n";
    assert!(text.contains(sentence), "{text}");
}

#[test]
fn what_is_not_computed_has_its_reason() {
    let exclude = "[[exclude]]\n'model.cnn.norm' = 'none'\n'optim.lr' = 0.01\n";
    let head = "seeds = [0, 1, 2]\ndesign = 'full-factorial'";
    let mut case = designed(head, &[NORM, LR, exclude].concat(), &|_, seed| 90.0 + noise(seed));
    let text = markdown(&case.results());
    let expected = [
        "- norm=none × lr=0.01 together, beyond the sum of each alone: not computed (the plan lacks \
         a combination of levels).\n",
        "averaged over 1 of 2 combinations of the other factors",
        "\nNot computed, because the plan lacks a combination of levels: norm alone, lr alone and \
         Shapley values.\n",
    ];
    expected.iter().for_each(|line| assert!(text.contains(line), "{line} in {text}"));
    for seed in 0..3 {
        case.diverge("reference", seed, 5);
    }
    let text = markdown(&case.results());
    let expected = "not computed (no seed has every score that it needs)";
    assert!(text.contains(expected) && !text.contains("NaN pp"), "{text}");
}

#[test]
fn a_loss_says_that_lower_is_better() {
    let head = "seeds = [0, 1, 2]\ndesign = 'full-factorial'";
    let case = designed(head, &[NORM, LR].concat(), &|settings, seed| {
        30.0 + noise(seed) + 5.0 * at(settings, "norm", "none")
    });
    let results = case.by_loss().results();
    let text = markdown(&results);
    assert!(text.contains("Differences of test.loss are in nats, lower is better."), "{text}");
    let effect = results.design_analysis.main_effects[0].effect.as_ref().unwrap();
    assert!(effect.mean.unwrap() > 0.0, "in the metric's own direction");
    let (share, _) = effect.prob_better.unwrap();
    assert_eq!(share, 0.0, "and in favour of nobody");
}
