//! Main effects and interactions of full factorials, by hand.

use fireassay_report::stats::benjamini_hochberg;
use fireassay_report::{Effect, Withheld};
use fireassay_spec::FailedTrial;
use fireassay_tracking::FailureKind;

use super::case::{
    FACTORIAL, LR, NORM, NORMS, Settings, analysis, at, check, designed, is, names, noise, of,
};
use crate::case::Case;

/// Per seed: batch and none at 0.1, batch and none at 0.01.
const FOUR: [[f64; 4]; 3] =
    [[90.0, 88.0, 89.0, 88.5], [91.0, 88.0, 90.5, 88.5], [90.5, 89.0, 90.0, 90.0]];

fn two_by_two() -> Case {
    designed(FACTORIAL, &[NORM, LR].concat(), &|settings, seed| {
        let none = usize::from(is(settings, "norm", "none"));
        let small = usize::from(is(settings, "lr", "0.01"));
        FOUR[seed as usize][2 * small + none]
    })
}

#[test]
fn two_by_two_by_hand() {
    let found = analysis(&two_by_two());
    assert_eq!(names(&found.main_effects), ["norm=none", "lr=0.01"]);
    // ((88 - 90) + (88.5 - 89)) / 2, and so on.
    check(&found.main_effects[0].effect, &[-1.25, -2.5, -0.75]);
    check(&found.main_effects[1].effect, &[-0.25, 0.0, 0.25]);
    assert_eq!(found.main_effects[0].combinations, (2, 2));
    assert_eq!(names(&found.interactions), ["norm=none × lr=0.01"]);
    // 88.5 - 88 - 89 + 90, and so on.
    check(&found.interactions[0].effect, &[1.5, 1.0, 1.5]);
    assert_eq!(found.interactions[0].factors, ["norm", "lr"]);
    assert_eq!(found.interactions[0].levels, ["none", "0.01"]);
    let effect = of(&found.main_effects[0].effect);
    assert_eq!((effect.seeds.as_slice(), effect.correlation), ([0, 1, 2].as_slice(), None));
    assert!((effect.mean.unwrap() + 0.015).abs() < 1e-15);
}

#[test]
fn two_by_three_by_hand() {
    let percent = |settings: &Settings, seed: u64| {
        let small = usize::from(is(settings, "lr", "0.01"));
        let table = [[90.0, 89.5], [91.0, 91.5], [86.0, 88.0]];
        let row = ["batch", "layer", "none"].iter().position(|norm| is(settings, "norm", norm));
        table[row.unwrap()][small] + noise(seed)
    };
    let found = analysis(&designed(FACTORIAL, &[NORMS, LR].concat(), &percent));
    assert_eq!(names(&found.main_effects), ["norm=layer", "norm=none", "lr=0.01"]);
    check(&found.main_effects[0].effect, &[1.5; 3]);
    check(&found.main_effects[1].effect, &[-2.75; 3]);
    // (-0.5 + 0.5 + 2) / 3
    check(&found.main_effects[2].effect, &[2.0 / 3.0; 3]);
    assert_eq!(found.main_effects[2].combinations, (3, 3));
    assert_eq!(names(&found.interactions), ["norm=layer × lr=0.01", "norm=none × lr=0.01"]);
    check(&found.interactions[0].effect, &[1.0; 3]);
    check(&found.interactions[1].effect, &[2.5; 3]);
    assert!(found.components.is_empty(), "norm is not on or off");
}

#[test]
fn an_interaction_can_be_declared() {
    let mut case = two_by_two();
    assert!(!analysis(&case).interactions[0].declared);
    case.experiment.analysis.interactions = vec!["lr * norm".into()];
    let found = analysis(&case);
    assert!(found.interactions[0].declared && !found.main_effects[0].declared);
}

#[test]
fn excluded_combinations_leave_matched_sets() {
    let exclude = "[[exclude]]\n'model.cnn.norm' = 'none'\n'optim.lr' = 0.01\n";
    let percent = |settings: &Settings, seed: u64| {
        let moved = 2.0 * at(settings, "norm", "layer") - 3.0 * at(settings, "norm", "none");
        let both = at(settings, "norm", "layer") * at(settings, "lr", "0.01");
        90.0 + noise(seed) + moved - at(settings, "lr", "0.01") + 0.5 * both
    };
    let found = analysis(&designed(FACTORIAL, &[NORMS, LR, exclude].concat(), &percent));
    // Layer is seen at both learning rates, none only at the first.
    check(&found.main_effects[0].effect, &[2.25; 3]);
    check(&found.main_effects[1].effect, &[-3.0; 3]);
    check(&found.main_effects[2].effect, &[-0.75; 3]);
    let combinations: Vec<_> = found.main_effects.iter().map(|of| of.combinations).collect();
    assert_eq!(combinations, [(2, 2), (1, 2), (2, 3)]);
    check(&found.interactions[0].effect, &[0.5; 3]);
    assert_eq!(found.interactions[1].effect, Err(Withheld::NotPlanned));
    assert_eq!(found.family, 5);
}

#[test]
fn failed_trials_count_as_the_policy_says() {
    let mut case = two_by_two();
    case.fail("norm=none", 1, FailureKind::Crashed, "index out of bounds");
    let excluded = analysis(&case);
    check(&excluded.main_effects[0].effect, &[-1.25, -0.75]);
    check(&excluded.interactions[0].effect, &[1.5, 1.5]);
    // At chance level, 10 %: ((10 - 91) + (88.5 - 90.5)) / 2.
    let worst = analysis(&case.clone().policy(FailedTrial::Worst));
    check(&worst.main_effects[0].effect, &[-1.25, -41.5, -0.75]);
    check(&worst.interactions[0].effect, &[1.5, 79.0, 1.5]);
    let abort = analysis(&case.policy(FailedTrial::Abort));
    assert_eq!(abort.main_effects[0].effect, Err(Withheld::FailedTrials));
    assert_eq!(abort.main_effects[1].effect, Err(Withheld::FailedTrials));
    // Leaving lr out needs the reference and lr=0.01 only.
    assert!(abort.components[1].leave_one_out.is_ok());
    assert_eq!(abort.family, excluded.family);
}

#[test]
fn trials_of_two_binaries_are_not_added_up() {
    let mut case = two_by_two();
    case.record("lr=0.01", 2).provenance.as_mut().unwrap().binary_hash = "b2".repeat(32);
    let found = analysis(&case);
    assert_eq!(found.main_effects[0].effect, Err(Withheld::MixedProvenance));
    assert!(found.components[0].leave_one_out.is_ok());
}

#[test]
fn all_that_is_derived_is_one_family() {
    let found = analysis(&two_by_two());
    let components = found.components.iter().flat_map(|of| {
        let shapley = &of.shapley.as_ref().unwrap().effect;
        [of.leave_one_out.as_ref().unwrap(), of.add_one_in.as_ref().unwrap(), shapley]
    });
    let derived = found.main_effects.iter().chain(&found.interactions);
    let all: Vec<&Effect> =
        derived.map(|of| of.effect.as_ref().unwrap()).chain(components).collect();
    let raw: Vec<Option<f64>> = all.iter().map(|effect| effect.sign_flip_p).collect();
    let adjusted: Vec<Option<f64>> = all.iter().map(|effect| effect.adjusted_p).collect();
    assert_eq!(adjusted, benjamini_hochberg::adjust(&raw));
    assert_eq!((found.family, all.len()), (9, 9));
}

#[test]
fn designs_without_more_to_show_show_nothing_more() {
    let head = "seeds = [0, 1, 2]\ndesign = 'one-factor-at-a-time'";
    let percent = |_: &Settings, seed: u64| 90.0 + noise(seed);
    assert!(analysis(&designed(head, &[NORM, LR].concat(), &percent)).is_empty());
    // One factor alone is its own contrast.
    assert!(analysis(&designed(FACTORIAL, NORMS, &percent)).is_empty());
    let without = "[[factor]]\nkey = 'model.cnn.norm'\nwithout = 'none'\n\
                   [[factor]]\nkey = 'model.cnn.pool'\nwithout = 'average'\n";
    let head = "seeds = [0, 1, 2]\ndesign = 'leave-one-out'";
    assert!(analysis(&designed(head, without, &percent)).is_empty());
}
