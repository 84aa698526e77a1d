//! Trials that share a stage: what n counts, and what an answer is conditional on.

use fireassay_report::{Answerable, Open, answerable, markdown, terminal};

use super::case::{FACTORS, case, check, finding, hypothesis, one, open, word};
use crate::case::Case;
use crate::design::case::{Settings, at};

const TEST: &str = "contrast = { of = 'regime=probe', minus = 'reference', expect = 'better' }";

/// What a checkpoint does to probe (0 to 3 points) dwarfs what a seed does.
fn percent(settings: &Settings, seed: u64, per: u64) -> f64 {
    let probe = at(settings, "regime", "probe");
    80.0 + probe * ((seed / per) as f64 + 0.1 * (seed % per) as f64)
}

/// `init` stands in for what picks a checkpoint.
fn crossed(checkpoints: u64, each: u64) -> Case {
    let head =
        format!("seeds = {{ init = {checkpoints}, order = {each} }}\ndesign = 'full-factorial'");
    let score = |settings: &Settings, seed: u64| percent(settings, seed, each);
    let mut case = case(&head, FACTORS, &hypothesis("H11", TEST), &score);
    case.experiment.analysis.blocks = Some(fireassay_spec::Purpose::Init);
    case
}

#[test]
fn few_checkpoints_are_what_an_answer_is_conditional_on() {
    let results = crossed(3, 5).results();
    let found = finding(&results);
    assert_eq!((found.n, word(&results)), (15, "supported"));
    // Mean 1.2 over checkpoints 0.2, 1.2 and 2.2.
    let (mean, interval) = found.over_checkpoints.unwrap();
    let interval = interval.unwrap();
    check(&[found.estimate, mean], &[1.2, 1.2]);
    // t of 2 degrees of freedom times 1 / sqrt 3.
    let half = 4.302_652_729_696_142 / 3f64.sqrt();
    check(&[interval.low, interval.high], &[1.2 - half, 1.2 + half]);
    for text in [terminal(&results, 100, "runs/x"), markdown(&results)] {
        let flat = text.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(flat.contains("; conditional on 3 checkpoints."), "{text}");
    }
    // No contrast counts such trials as independent.
    assert!(results.contrasts.iter().all(|of| of.verdict.word() == "exploratory"));
}

#[test]
fn what_all_trials_share_is_one_checkpoint_for_contrasts_too() {
    let head = "seeds = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]\ndesign = 'full-factorial'\n\
                [base.streams]\ninit = 0";
    let score = |settings: &Settings, seed: u64| percent(settings, seed, 100);
    let mut case = case(head, FACTORS, &hypothesis("H11", TEST), &score);
    assert_eq!(finding(&case.results()).over_checkpoints, None);
    assert!(!terminal(&case.results(), 100, "runs/x").contains("conditional"));
    case.experiment.analysis.blocks = Some(fireassay_spec::Purpose::Init);
    let results = case.results();
    assert_eq!((finding(&results).n, finding(&results).over_checkpoints), (10, None));
    let text = terminal(&results, 1000, "runs/x");
    // One hypothesis and eleven contrasts.
    assert_eq!(text.matches("; conditional on 1 checkpoint.").count(), 12, "{text}");
}

#[test]
fn enough_checkpoints_are_the_units() {
    let results = crossed(6, 2).results();
    let found = finding(&results);
    assert_eq!(found.n, 6);
    check(&found.values, &[0.05, 1.05, 2.05, 3.05, 4.05, 5.05]);
    assert_eq!((found.p, word(&results)), (Some(0.03125), "supported"));
    let shared = one(&results).shared.unwrap();
    assert!(shared.generalises && shared.checkpoints == 6);
}

#[test]
fn two_trials_at_one_checkpoint_are_no_more_blocks_and_no_fewer_seeds() {
    let results = crossed(2, 2).results();
    assert_eq!(open(&results), &Open::TooFew { n: 4, needed: 6 });
    let experiment = crossed(2, 2).experiment;
    let of = answerable(&experiment).unwrap();
    assert!(matches!(of, Answerable { hypotheses: 1, n: 4, n_min: 6, .. }) && !of.is_feasible());
    assert!(answerable(&crossed(3, 2).experiment).unwrap().is_feasible());
}

#[test]
fn the_best_is_chosen_at_other_checkpoints_where_those_are_the_units() {
    let regret = "regret = { factor = 'regime', best = ['full'], among = ['full', 'probe'], \
                  margin = 0.01 }";
    // Probe is better at odd checkpoints only, by more than it is worse at even ones.
    let score = |settings: &Settings, seed: u64| {
        80.0 + at(settings, "regime", "probe") * if (seed / 2) % 2 == 1 { 4.0 } else { -2.0 }
    };
    let head = "seeds = { init = 6, order = 2 }\ndesign = 'full-factorial'";
    let mut case = case(head, FACTORS, &hypothesis("H1", regret), &score);
    case.experiment.analysis.blocks = Some(fireassay_spec::Purpose::Init);
    let results = case.results();
    // At even checkpoints probe is chosen, at odd ones full.
    check(&finding(&results).values, &[-2.0, 0.0, -2.0, 0.0, -2.0, 0.0]);
}
