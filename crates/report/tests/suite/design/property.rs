//! Properties of components and interactions, whatever the scores.

use fireassay_report::{DesignAnalysis, Effect};
use proptest::prelude::*;

use super::case::{LR, NORM, POOL, Settings, designed, is};
use crate::case::Case;

const HEAD: &str = "seeds = [0, 1, 2, 3]\ndesign = 'full-factorial'";
const SWITCHES: [(&str, &str); 3] = [("norm", "batch"), ("lr", "0.1"), ("pool", "max")];

/// Which of the first `k` components are present, a bit each.
fn subset(settings: &Settings, k: usize) -> usize {
    let present = SWITCHES[..k].iter().map(|(factor, level)| is(settings, factor, level));
    present.enumerate().map(|(i, present)| usize::from(present) << i).sum()
}

/// Per seed the score of every subset, in hundredths of a per cent.
fn case(factors: &[&str], scores: &[Vec<u16>]) -> Case {
    designed(HEAD, &factors.concat(), &|settings, seed| {
        f64::from(scores[seed as usize][subset(settings, factors.len())]) / 100.0
    })
}

fn of(case: &Case) -> DesignAnalysis {
    case.results().design_analysis
}

fn near(a: &[f64], b: &[f64]) -> bool {
    a.len() == b.len() && a.iter().zip(b).all(|(a, b)| (a - b).abs() < 1e-12)
}

fn minus(a: &Effect, b: &Effect) -> Vec<f64> {
    a.differences.iter().zip(&b.differences).map(|(a, b)| a - b).collect()
}

fn scores(subsets: usize) -> impl Strategy<Value = Vec<Vec<u16>>> {
    let seed = prop::collection::vec(5000_u16..9900, subsets);
    prop::collection::vec(seed, 4)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 6, failure_persistence: None, ..Default::default() })]

    #[test]
    fn two_components_disagree_by_their_interaction(scores in scores(4)) {
        let found = of(&case(&[NORM, LR], &scores));
        let interaction = found.interactions[0].effect.as_ref().unwrap();
        for component in &found.components {
            let leave = component.leave_one_out.as_ref().unwrap();
            let add = component.add_one_in.as_ref().unwrap();
            prop_assert!(near(&minus(leave, add), &interaction.differences));
            for (seed, i) in interaction.differences.iter().enumerate() {
                let agree = leave.differences[seed] == add.differences[seed];
                // Equal on paper may differ in the last bit of a subtraction, never the reverse.
                prop_assert!(!agree || i.abs() < 1e-12);
            }
        }
    }

    #[test]
    fn components_that_only_add_up_agree_in_every_way(adds in [0_u16..800, 0..800, 0..800]) {
        let seed = |shift: u16| -> Vec<u16> {
            let add = |subset: usize| -> u16 {
                (0..3).filter(|i| subset >> i & 1 == 1).map(|i| adds[i]).sum()
            };
            (0..8).map(|subset| 6000 + shift + add(subset)).collect()
        };
        let scores: Vec<Vec<u16>> = [0, 13, 450, 77].map(seed).to_vec();
        let found = of(&case(&[NORM, LR, POOL], &scores));
        for (component, add) in found.components.iter().zip(adds) {
            let expected = [f64::from(add) / 10_000.0; 4];
            let shapley = &component.shapley.as_ref().unwrap().effect;
            for effect in [component.leave_one_out.as_ref().unwrap(), component.add_one_in.as_ref().unwrap(), shapley] {
                prop_assert!(near(&effect.differences, &expected), "{:?}", effect.differences);
            }
        }
        for interaction in &found.interactions {
            prop_assert!(interaction.effect.as_ref().unwrap().all_zero());
        }
    }

    #[test]
    fn shapley_values_of_a_seed_sum_to_all_minus_none(scores in scores(8)) {
        let found = of(&case(&[NORM, LR, POOL], &scores));
        let mut sums = vec![0.0; 4];
        for component in &found.components {
            let effect = &component.shapley.as_ref().unwrap().effect;
            sums.iter_mut().zip(&effect.differences).for_each(|(sum, phi)| *sum += phi);
        }
        let expected: Vec<f64> =
            scores.iter().map(|seed| (f64::from(seed[7]) - f64::from(seed[0])) / 10_000.0).collect();
        prop_assert!(near(&sums, &expected), "{sums:?} {expected:?}");
    }

    #[test]
    fn which_seed_has_which_score_changes_no_statistic(scores in scores(8), by in 1_usize..4) {
        let mut turned = scores.clone();
        turned.rotate_left(by);
        let (left, right) =
            (of(&case(&[NORM, LR, POOL], &scores)), of(&case(&[NORM, LR, POOL], &turned)));
        let pairs = left.main_effects.iter().chain(&left.interactions);
        for (a, b) in pairs.zip(right.main_effects.iter().chain(&right.interactions)) {
            let (a, b) = (a.effect.as_ref().unwrap(), b.effect.as_ref().unwrap());
            prop_assert_eq!((a.sign_flip_p, a.adjusted_p), (b.sign_flip_p, b.adjusted_p));
            prop_assert!((a.mean.unwrap() - b.mean.unwrap()).abs() < 1e-12);
            prop_assert!((a.sd.unwrap() - b.sd.unwrap()).abs() < 1e-12);
        }
    }
}
