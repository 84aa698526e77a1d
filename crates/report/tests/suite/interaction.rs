//! Declared interactions: claims like contrasts, in the one family, with words of their own.

use fireassay_report::{
    Cause, Interaction, Reason, Results, Scope, Standing, Verdict, feasibility, json, markdown,
    terminal,
};
use fireassay_spec::{Claim, FailedTrial};
use fireassay_tracking::FailureKind;
use proptest::prelude::*;

use crate::case::{Case, finished};
use crate::design::case::{LR, NORM, NORMS, POOL, Settings, at, designed, noise};
use crate::golden::check;

const EIGHT_SEEDS: &str = "seeds = [0, 1, 2, 3, 4, 5, 6, 7]\ndesign = 'full-factorial'";

/// What a seed does to a condition, in per cent: small, and no pattern.
fn own(settings: &Settings, seed: u64) -> f64 {
    let place = 2 * u64::from(settings["norm"] == "none") + u64::from(settings["lr"] == "0.01");
    ((seed * seed * 7 + place * (seed + 3) * 5) % 11) as f64 / 20.0
}

/// norm and lr, whose levels do so many per cent more together than alone.
fn two_by_two(together: f64) -> Case {
    confirmatory(designed(EIGHT_SEEDS, &[NORM, LR].concat(), &|settings, seed| {
        let (none, small) = (at(settings, "norm", "none"), at(settings, "lr", "0.01"));
        90.0 - 3.0 * none
            + 0.1 * small
            + together * none * small
            + noise(seed)
            + own(settings, seed) / 2.0
    }))
}

fn confirmatory(mut case: Case) -> Case {
    case.experiment.claim = Claim::Confirmatory;
    case.experiment.analysis.interactions = vec!["lr * norm".into()];
    case.experiment.analysis.rope = Some(0.005);
    case
}

fn only(results: &Results) -> &Interaction {
    let [only] = results.interactions.as_slice() else { panic!("{:?}", results.interactions) };
    only
}

/// The last screen without its line breaks.
fn screen(results: &Results) -> String {
    let text = terminal(results, 100, "runs/batch-norm");
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn a_declared_interaction_is_reported_like_a_contrast() {
    check("declared-interaction", &two_by_two(2.0));
}

#[test]
fn it_gets_one_of_the_four_verdicts_in_words_of_its_own() {
    let case = |together: f64, rope: f64| {
        let results = two_by_two(together).rope(rope).results();
        let interaction = only(&results);
        (interaction.verdict.clone(), results.interaction_word(interaction), screen(&results))
    };
    let (verdict, word, said) = case(2.0, 0.005);
    assert_eq!((verdict, word), (Verdict::Better, "positive"));
    assert!(said.contains("the interaction of norm=none and lr=0.01 is positive: +"), "{said}");
    let (verdict, word, _) = case(-2.0, 0.005);
    assert_eq!((verdict, word), (Verdict::Worse, "negative"));
    let (verdict, word, said) = case(0.0, 0.02);
    assert_eq!((verdict, word), (Verdict::Equivalent { nonzero: false }, "negligible"));
    assert!(said.contains("lr=0.01 is negligible within ±2 pp: "), "{said}");
    assert!(said.contains("(equivalence test, Holm over 4)"), "{said}");
    let (verdict, word, said) = case(0.0, 0.0001);
    assert_eq!((verdict, word), (Verdict::Inconclusive(Reason::Undecided), "inconclusive"));
    assert!(said.contains("lr=0.01 is inconclusive: "), "{said}");
    for word in ["interaction of norm=none and lr=0.01 is better", "no effect"] {
        assert!(!said.contains(word), "{said}");
    }
}

#[test]
fn its_sign_is_that_of_the_printed_number_whichever_way_is_better() {
    let mut case = two_by_two(2.0);
    case.experiment.analysis.rope = None;
    let results = case.by_loss().results();
    let interaction = only(&results);
    assert!(interaction.effect.as_ref().unwrap().mean.unwrap() > 0.0);
    assert_eq!(interaction.verdict, Verdict::Worse);
    assert_eq!(results.interaction_word(interaction), "positive");
    let text = json(&results).unwrap();
    assert!(text.contains("\"verdict\": \"positive\""));
}

#[test]
fn it_counts_in_the_one_family_of_claims() {
    let case = two_by_two(2.0);
    let results = case.results();
    let interaction = only(&results);
    assert_eq!((interaction.family, results.contrasts[0].family), (4, 4));
    // The smallest of four p values, each 2 / 2^8 or more, by Holm.
    let effect = interaction.effect.as_ref().unwrap();
    assert_eq!(effect.sign_flip_p, Some(0.0078125));
    assert_eq!(effect.adjusted_p, Some(4.0 * 0.0078125));
    let plan = feasibility(&case.experiment, &case.plan);
    assert_eq!((plan.claims, plan.interactions, plan.n_min), (4, 1, 8));
    assert_eq!(
        (plan.first_threshold, plan.words().as_str()),
        (0.0125, "3 contrasts and 1 interaction")
    );
    assert!(plan.feasible && screen(&results).contains("Holm over 3 contrasts and 1 interaction"));
    // What is derived and not declared is a family without it.
    let derived = &results.design_analysis;
    assert!(derived.interactions[0].declared && derived.family == 8);
    assert_eq!(derived.interactions[0].effect.as_ref().unwrap().adjusted_p, None);
    let report = markdown(&results);
    assert!(report.contains("\nDeclared, so under Effects: norm=none × lr=0.01.\n"), "{report}");
}

#[test]
fn seven_seeds_decide_three_contrasts_and_not_an_interaction_beside_them() {
    let head = "seeds = [0, 1, 2, 3, 4, 5, 6]\ndesign = 'full-factorial'";
    let case = confirmatory(designed(head, &[NORM, LR].concat(), &|settings, seed| {
        90.0 - 3.0 * at(settings, "norm", "none") + own(settings, seed)
    }));
    assert!(!feasibility(&case.experiment, &case.plan).feasible);
    let results = case.results();
    let few = Verdict::Inconclusive(Reason::TooFewSeeds { n: 7, needed: 8 });
    assert_eq!(only(&results).verdict, few);
    assert_eq!(results.contrasts[1].verdict, few);
    assert!(screen(&results).contains("7 seeds cannot decide 3 contrasts and 1 interaction"));
    let mut undeclared = case;
    undeclared.experiment.analysis.interactions.clear();
    assert!(feasibility(&undeclared.experiment, &undeclared.plan).feasible);
}

#[test]
fn every_pair_of_levels_is_a_claim_and_one_that_the_plan_leaves_out_is_told() {
    let percent = |settings: &Settings, seed: u64| 90.0 + own(settings, seed);
    let mut case = confirmatory(designed(EIGHT_SEEDS, &[NORMS, LR].concat(), &percent));
    let names = |case: &Case| -> Vec<String> {
        case.results().interactions.iter().map(|of| of.name.clone()).collect()
    };
    assert_eq!(names(&case), ["norm=layer × lr=0.01", "norm=none × lr=0.01"]);
    assert_eq!(feasibility(&case.experiment, &case.plan).claims, 7);
    case.experiment.analysis.contrasts = Some(vec!["norm=none".into()]);
    assert_eq!(feasibility(&case.experiment, &case.plan).claims, 3);
    let exclude = "[[exclude]]\n'model.cnn.norm' = 'none'\n'optim.lr' = 0.01\n";
    let case = confirmatory(designed(EIGHT_SEEDS, &[NORMS, LR, exclude].concat(), &percent));
    assert_eq!(names(&case), ["norm=layer × lr=0.01"]);
    assert_eq!(feasibility(&case.experiment, &case.plan).claims, 5);
    let lacking = "declared and yet no claim, because the plan lacks a combination of levels: \
                   norm=none × lr=0.01";
    assert!(screen(&case.results()).contains(lacking));
}

#[test]
fn an_edit_that_touches_one_of_its_conditions_makes_it_exploratory() {
    let case = two_by_two(2.0);
    let edited = |condition: &str| {
        let mut registration = case.registration();
        registration.design["conditions"][condition] = "another hash".into();
        let mut case = case.clone();
        case.observed.registration = Some(registration);
        case.results()
    };
    let results = edited("norm=none+lr=0.01");
    let cause = Cause::Edited(vec!["conditions.norm=none+lr=0.01".into()]);
    assert_eq!(only(&results).standing, Standing::Exploratory(cause));
    assert_eq!(only(&results).verdict, Verdict::Exploratory);
    // Its own contrast goes with it, the two others stay, and all four still count.
    assert_eq!((only(&results).family, results.contrasts[0].family), (2, 4));
    assert!(results.contrasts[0].standing.is_confirmatory());
    let said = screen(&results);
    let name = "the interaction of norm=none and lr=0.01, exploratory (changed after the first \
                trial: conditions.norm=none+lr=0.01): +";
    assert!(said.contains(name) && said.contains("so 2 claims are exploratory"), "{said}");
    let report = markdown(&results);
    assert!(report.contains("| norm=none+lr=0.01, norm=none × lr=0.01 |"), "{report}");
    let change = &results.registered.as_ref().unwrap().changes[0];
    assert_eq!(change.scope, Scope::Condition("norm=none+lr=0.01".into()));
    // A part alone is enough.
    assert!(!only(&edited("lr=0.01")).standing.is_confirmatory());
    // Declaring it only after the first trial makes all claims exploratory.
    let mut late = case.clone();
    late.experiment.analysis.interactions.clear();
    late.observed.registration = Some(late.registration());
    late.experiment.analysis.interactions = vec!["norm * lr".into()];
    assert!(late.results().contrasts.iter().all(|of| of.verdict == Verdict::Exploratory));
}

#[test]
fn every_gate_is_shut_for_it_too() {
    let case = two_by_two(2.0);
    let verdict = |case: &Case| only(&case.results()).verdict.clone();
    let inconclusive = |reason| Verdict::Inconclusive(reason);
    let mut partial = case.clone();
    partial.forget("lr=0.01", 3);
    let missing = Reason::Partial { missing: 1, planned: 32 };
    assert_eq!(verdict(&partial), inconclusive(missing));
    let mut mixed = case.clone();
    mixed.record("lr=0.01", 2).provenance.as_mut().unwrap().backend = "cuda".into();
    assert_eq!(verdict(&mixed), inconclusive(Reason::MixedProvenance));
    let mut failed = case.clone();
    failed.fail("norm=none", 2, FailureKind::Crashed, "index out of bounds");
    let aborted = failed.clone().policy(FailedTrial::Abort);
    assert_eq!(verdict(&aborted), inconclusive(Reason::FailedTrials));
    // Without the pair seven seeds are left; at chance level there are eight, and one far off.
    let few = Verdict::Inconclusive(Reason::TooFewSeeds { n: 7, needed: 8 });
    let results = failed.results();
    let lines = only(&results).sensitivity.clone().unwrap();
    assert_eq!((lines.exclude_pair, lines.worst), (few.clone(), Some(Verdict::Better)));
    assert_eq!(only(&results).verdict, inconclusive(Reason::FailurePolicy));
    let said = screen(&results);
    let why = "depends on the failure policy (exclude-pair says inconclusive, worst says positive)";
    assert!(said.contains(why), "{said}");
    let rates = "norm=none × lr=0.01: its conditions fail at unequal rates (norm=none+lr=0.01 0, \
                 norm=none 1, lr=0.01 0 and reference 0); under exclude-pair";
    assert!(said.contains(rates), "{said}");
    for seed in 0..8 {
        failed.diverge("reference", seed, 3);
    }
    assert_eq!(verdict(&failed), inconclusive(Reason::NoPairs));
    assert!(screen(&failed.results()).contains("no seed has a score for every condition"));
}

#[test]
fn a_factor_that_is_not_used_interacts_with_nothing_and_that_is_no_finding() {
    let same = designed(EIGHT_SEEDS, &[NORM, LR].concat(), &|settings, seed| {
        90.0 - 3.0 * at(settings, "norm", "none") + (seed * seed % 5) as f64 / 10.0
    });
    let mut same = confirmatory(same);
    // Other weights with equal scores are an honest zero.
    assert_eq!(only(&same.results()).verdict, Verdict::Equivalent { nonzero: false });
    for seed in 0..8 {
        for (one, other) in [("lr=0.01", "reference"), ("norm=none+lr=0.01", "norm=none")] {
            let weights = same.record(other, seed).summary.as_ref().unwrap().state_digest.clone();
            same.record(one, seed).summary.as_mut().unwrap().state_digest = weights;
        }
    }
    let results = same.results();
    assert_eq!(only(&results).verdict, Verdict::Inconclusive(Reason::NoOp));
    let said = screen(&results);
    assert!(said.contains("two of its conditions ended with the very same weights"), "{said}");
}

#[test]
fn an_exploratory_experiment_gives_it_no_verdict() {
    let mut case = two_by_two(2.0);
    case.experiment.claim = Claim::Exploratory;
    let results = case.results();
    assert_eq!(only(&results).verdict, Verdict::Exploratory);
    assert_eq!(only(&results).standing, Standing::Exploratory(Cause::Claimed));
    assert_eq!(only(&results).family, 4);
}

#[test]
fn an_aliased_interaction_says_what_is_estimated() {
    let half = "seeds = [0, 1, 2, 3, 4, 5, 6, 7]\ndesign = 'fractional-factorial'\n\
                generators = ['pool = norm * lr']";
    let factors = [NORM, LR, POOL].concat();
    let mut case = confirmatory(designed(half, &factors, &|settings, seed| {
        90.0 - at(settings, "pool", "average") + own(settings, seed)
    }));
    case.experiment.analysis.interactions = vec!["norm * lr".into()];
    let results = case.results();
    let interaction = only(&results);
    assert_eq!(interaction.alias, [["pool"]]);
    // As differences to the reference: the pair's own, minus twice that of pool.
    let weights: Vec<f64> = interaction.terms.iter().map(|term| term.weight).collect();
    assert_eq!(weights, [1.0, -1.0, -1.0, 1.0]);
    let pool = results.design_analysis.main_effects[2].effect.as_ref().unwrap();
    let near = |a: f64, b: f64| (a - b).abs() < 1e-12;
    let effect = interaction.effect.as_ref().unwrap();
    assert!(near(effect.mean.unwrap(), -2.0 * pool.mean.unwrap()));
    let said = screen(&results);
    let whole = "this design cannot tell it from pool: what is estimated is norm*lr - 2 pool.";
    assert!(said.contains(whole), "{said}");
    assert!(json(&results).unwrap().contains("\"aliased-with\": [\n        \"pool\"\n      ]"));
}

#[test]
fn a_chain_of_interactions_is_no_finding_beside_the_claim_that_is_made_of_it() {
    let half = "seeds = [0, 1, 2, 3, 4, 5, 6, 7]\ndesign = 'fractional-factorial'\n\
                generators = ['dense = norm * lr * pool']";
    let dense = "[[factor]]\nkey = 'model.cnn.dense'\nlevels = [[32], []]\n";
    let factors = [NORM, LR, POOL, dense].concat();
    let mut case = confirmatory(designed(half, &factors, &|settings, seed| {
        90.0 + own(settings, seed) + at(settings, "norm", "none") * at(settings, "lr", "0.01")
    }));
    // dense * pool is the same column as lr * norm.
    case.experiment.analysis.interactions = vec!["pool * dense".into()];
    let results = case.results();
    let said = screen(&results);
    let whole = "cannot tell it from lr*norm: what is estimated is pool*dense + lr*norm.";
    assert!(said.contains(whole), "{said}");
    let declared = results.design_analysis.interactions.iter().filter(|of| of.declared);
    assert_eq!(declared.map(|of| of.alias.concat()).collect::<Vec<_>>(), ["lr*norm"]);
    // Four main effects and the two other chains.
    assert_eq!((results.design_analysis.family, results.feasibility.claims), (6, 8));
}

#[test]
fn a_design_without_both_levels_together_declares_nothing() {
    let mut case = finished(
        &[("norm", "batch"), ("lr", "0.1")],
        &[("reference", &[90.0, 91.0]), ("norm=none", &[89.0, 90.0]), ("lr=0.01", &[89.5, 90.2])],
    );
    case.experiment.analysis.interactions = vec!["norm * lr".into()];
    assert!(case.results().interactions.is_empty());
    assert_eq!(feasibility(&case.experiment, &case.plan).claims, 2);
}

fn claimed_ps(results: &Results) -> Vec<[Option<f64>; 2]> {
    let effects = results.contrasts.iter().filter_map(|of| of.effect.as_ref());
    effects.map(|effect| [effect.adjusted_p, effect.adjusted_tost_p]).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 32, failure_persistence: None, ..Default::default() })]

    #[test]
    fn declaring_an_interaction_never_lowers_an_adjusted_p(
        scores in prop::collection::vec(prop::array::uniform4(8800_u16..9200), 8..10),
        spoil in prop::option::of(0_usize..8),
    ) {
        let column = |i: usize| -> Vec<f64> { scores.iter().map(|s| f64::from(s[i]) / 100.0).collect() };
        let columns = [column(0), column(1), column(2), column(3)];
        let names = ["reference", "norm=none", "lr=0.01", "norm=none+lr=0.01"];
        let points: Vec<(&str, &[f64])> =
            names.into_iter().zip(columns.iter().map(Vec::as_slice)).collect();
        let mut plain = factorial(&points).rope(0.01);
        if let Some(seed) = spoil {
            plain.diverge("lr=0.01", seed as u64, 4);
        }
        let mut declared = plain.clone();
        declared.experiment.analysis.interactions = vec!["norm * lr".into()];
        let (before, after) = (plain.results(), declared.results());
        prop_assert_eq!(after.interactions.len(), 1);
        for (before, after) in claimed_ps(&before).iter().zip(&claimed_ps(&after)) {
            for (p, q) in before.iter().zip(after) {
                prop_assert!(p.zip(*q).is_none_or(|(p, q)| q >= p), "{:?} {:?}", p, q);
                prop_assert_eq!(p.is_some(), q.is_some());
            }
        }
        // Nor does it make a verdict out of none.
        for (before, after) in before.contrasts.iter().zip(&after.contrasts) {
            let undecided = |v: &Verdict| matches!(v, Verdict::Inconclusive(_));
            let depends = Verdict::Inconclusive(Reason::FailurePolicy);
            let stays = !undecided(&before.verdict) || undecided(&after.verdict);
            prop_assert!(stays || before.verdict == depends);
        }
    }
}

fn factorial(points: &[(&str, &[f64])]) -> Case {
    let settings = [("norm", "batch"), ("lr", "0.1")];
    let mut case = finished(&settings, points);
    let made = two_by_two(0.0).experiment;
    case.experiment.design = made.design;
    case.experiment.factors = made.factors;
    case
}
