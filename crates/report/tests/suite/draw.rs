//! Which figures a report has, under which names, with which numbers.

use std::collections::BTreeSet;

use fireassay_report::figure::Figure;
use fireassay_report::{figures, files, html, markdown};
use fireassay_spec::IntervalKind;

use crate::case::Case;
use crate::design::case::{DROPOUT, FACTORIAL, LR, NORM, NORMS, POOL, SEVEN_SEEDS};
use crate::design::case::{Settings, designed, noise};

const DECAY: &str = "[[factor]]\nkey = 'optim.weight-decay'\nlevels = [0.0, 0.01, 0.1]\n";
const DATASETS: &str = "[[factor]]\nkey = 'data.dataset'\nlevels = ['mnist', 'kmnist']\n";

fn score(settings: &Settings, seed: u64) -> f64 {
    let letters = settings.values().flat_map(|level| level.bytes());
    let norm = settings.get("norm").map(String::as_str);
    let without_norm = if norm == Some("none") { 1.0 } else { 0.0 };
    let own = letters.fold(0, |sum: u64, letter| (sum * 31 + u64::from(letter)) % 1009);
    90.0 + noise(seed) + (own * (seed + 2) % 101) as f64 / 100.0 - 2.0 * without_norm
}

fn names(case: &Case) -> Vec<String> {
    figures(&case.results()).into_iter().map(|figure| figure.name).collect()
}

fn named(case: &Case, name: &str) -> Figure {
    figures(&case.results()).into_iter().find(|figure| figure.name == name).unwrap()
}

fn one_at_a_time(factors: &str) -> Case {
    designed(&format!("{SEVEN_SEEDS}\ndesign = 'one-factor-at-a-time'"), factors, &score)
}

fn starting_with(case: &Case, prefix: &str) -> Vec<String> {
    names(case).into_iter().filter(|name| name.starts_with(prefix)).collect()
}

#[test]
fn one_ordered_factor_has_the_plain_name_and_several_have_theirs() {
    assert_eq!(starting_with(&one_at_a_time(DROPOUT), "dose"), ["dose-response"]);
    let both = one_at_a_time(&[DROPOUT, DECAY].concat());
    let expected = ["dose-response-dropout", "dose-response-weight-decay"];
    assert_eq!(starting_with(&both, "dose"), expected);
    assert_eq!(starting_with(&one_at_a_time(NORM), "dose"), [""; 0]);
}

#[test]
fn bars_are_the_paired_intervals_of_the_contrasts() {
    let case = one_at_a_time(DROPOUT);
    let results = case.results();
    let figure = named(&case, "dose-response");
    assert!(figure.alt.contains("0 (reference): mean"), "{}", figure.alt);
    for contrast in &results.contrasts {
        let interval = contrast.effect.as_ref().unwrap().interval.unwrap();
        let half = 50.0 * (interval.high - interval.low);
        let level = contrast.condition.strip_prefix("dropout=").unwrap();
        let told = format!("95 % interval of its difference ±{half:.2}");
        let sentence = figure.alt.split(&format!(" {level}: mean ")).nth(1).unwrap();
        assert!(sentence.split(". ").next().unwrap().contains(&told), "{level} {told}: {sentence}");
    }
    let two = designed("seeds = [0, 1]\ndesign = 'one-factor-at-a-time'", DROPOUT, &score);
    assert!(!named(&two, "dose-response").alt.contains("interval"), "two seeds show none");
    let mut drawn = case;
    drawn.experiment.analysis.interval = IntervalKind::Bootstrap;
    assert!(!named(&drawn, "dose-response").alt.contains("interval"), "it has no half-width");
}

#[test]
fn a_failed_trial_leaves_a_gap_in_the_response() {
    let mut case = one_at_a_time(DROPOUT);
    case.diverge("dropout=0.5", 2, 7);
    let figure = named(&case, "dose-response");
    let sentence = figure.alt.split(" 0.5: mean ").nth(1).unwrap();
    assert!(sentence.split(". ").next().unwrap().contains("n = 6"), "{}", figure.alt);
}

#[test]
fn the_factor_with_more_levels_lies_along_and_numbers_ascend() {
    let case = designed(FACTORIAL, &[LR, NORMS].concat(), &score);
    assert_eq!(starting_with(&case, "interaction"), ["interaction-norm-by-lr"]);
    let case = designed(FACTORIAL, &[LR, NORM].concat(), &score);
    let figure = named(&case, "interaction-lr-by-norm");
    // The file has 0.1 first.
    let line = figure.alt.split("norm=none: ").nth(1).unwrap();
    let (small, large) = (line.find("at 0.01").unwrap(), line.find("at 0.1 ").unwrap());
    assert!(small < large, "{}", figure.alt);
    let results = case.results();
    let mean = results.condition("norm=none").unwrap().score.unwrap().mean;
    assert!(line.contains(&format!("and {:.2} at 0.1 (n = 3)", 100.0 * mean)), "{line}");
}

#[test]
fn other_factors_stay_at_the_reference_and_declared_pairs_come_first() {
    let mut case = designed(FACTORIAL, &[NORM, LR, POOL].concat(), &score);
    let pairs = ["norm-by-lr", "norm-by-pool", "lr-by-pool"].map(|p| format!("interaction-{p}"));
    assert_eq!(starting_with(&case, "interaction"), pairs);
    let figure = named(&case, "interaction-norm-by-lr");
    let mean = case.results().condition("norm=none+lr=0.01").unwrap().score.unwrap().mean;
    assert!(figure.alt.contains(&format!("{:.2} at none", 100.0 * mean)), "{}", figure.alt);
    case.experiment.analysis.interactions = vec!["lr * pool".into()];
    let pairs = ["lr-by-pool", "norm-by-lr", "norm-by-pool"].map(|p| format!("interaction-{p}"));
    assert_eq!(starting_with(&case, "interaction"), pairs);
}

#[test]
fn of_many_pairs_six_are_drawn() {
    let more = "[[factor]]\nkey = 'model.cnn.dropout'\nlevels = [0.0, 0.5]\n\
                [[factor]]\nkey = 'optim.weight-decay'\nlevels = [0.0, 0.1]\n";
    let case = designed(
        "seeds = [0]\ndesign = 'full-factorial'",
        &[NORM, LR, POOL, more].concat(),
        &score,
    );
    assert_eq!(starting_with(&case, "interaction").len(), 6);
}

#[test]
fn a_fraction_has_no_whole_pairs_and_draws_none() {
    let head =
        "seeds = [0, 1, 2]\ndesign = 'fractional-factorial'\ngenerators = ['pool = norm * lr']";
    let case = designed(head, &[NORM, LR, POOL].concat(), &score);
    assert_eq!(starting_with(&case, "interaction"), [""; 0]);
}

#[test]
fn every_figure_is_a_file_of_its_own_that_the_report_shows() {
    let factors = [DATASETS, NORMS, DROPOUT].concat();
    let case = designed("seeds = [0, 1, 2]\ndesign = 'full-factorial'", &factors, &score);
    let results = case.results();
    let all = figures(&results);
    let files = files(&results).unwrap();
    let (text, page) = (markdown(&results), html(&results));
    let distinct: BTreeSet<&str> = all.iter().map(|figure| figure.name.as_str()).collect();
    assert_eq!(distinct.len(), all.len());
    assert!(distinct.contains("performance-profile") && distinct.contains("dose-response"));
    for figure in &all {
        let fit = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        assert!(figure.name.chars().all(fit), "{}", figure.name);
        let path = format!("figures/{}.svg", figure.name);
        assert!(files.iter().any(|(name, svg)| *name == path && *svg == figure.svg), "{path}");
        assert!(text.contains(&format!("]({path})")), "{path}");
        assert_eq!(page.matches(&format!("id=\"figure-{}\"", figure.name)).count(), 1);
    }
    let drawn = files.iter().filter(|(name, _)| name.starts_with("figures/")).count();
    assert_eq!(drawn, all.len());
    let of = |name: &str| &files.iter().find(|(path, _)| path == name).unwrap().1;
    assert_eq!((of("report.md"), of("report.html")), (&text, &page));
}

#[test]
fn a_condition_without_a_point_does_not_shift_the_colours_of_the_others() {
    let case = one_at_a_time(NORMS);
    let whole = named(&case, "score-by-time");
    let colour = |figure: &Figure, name: &str| {
        // The bar of the condition's spread, in the order in which points are drawn.
        let bars: Vec<String> = figure
            .svg
            .lines()
            .filter(|line| line.starts_with("<line") && line.contains("stroke-width=\"1.2\""))
            .filter_map(|line| line.split("stroke=\"").nth(1)?.split('"').next().map(String::from))
            .collect();
        let place = figure.alt.find(&format!(" {name}: ")).unwrap();
        let before = figure.alt[..place].matches(", n = ").count();
        bars[3 * before].clone()
    };
    let mut without = case.clone();
    (0..7).for_each(|seed| without.forget("norm=layer", seed));
    let part = named(&without, "score-by-time");
    assert!(!part.alt.contains("norm=layer: 9"), "{}", part.alt);
    assert_eq!(colour(&whole, "norm=none"), colour(&part, "norm=none"));
    assert_ne!(colour(&whole, "norm=none"), colour(&whole, "norm=layer"));
}
