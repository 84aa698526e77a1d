//! Components seen with and without the others, by hand.

use fireassay_report::{Effect, Withheld, json};

use super::case::{
    EIGHT, FACTORIAL, LR, NORM, POOL, SEVEN_SEEDS, Settings, analysis, at, check, designed, is,
    noise, of, subset,
};
use crate::case::Case;

fn eight() -> Case {
    designed(FACTORIAL, &[NORM, LR, POOL].concat(), &|settings, seed| {
        EIGHT[subset(settings)] + noise(seed)
    })
}

#[test]
fn three_components_by_hand() {
    let found = analysis(&eight());
    let components = &found.components;
    let named: Vec<&str> = components.iter().map(|of| of.name.as_str()).collect();
    assert_eq!(named, ["norm", "lr", "pool"]);
    // All minus all but one: 90 - 82, 90 - 86, 90 - 87; one minus none: 84, 82, 81 minus 80.
    for (component, (leave, add)) in components.iter().zip([(8.0, 4.0), (4.0, 2.0), (3.0, 1.0)]) {
        check(&component.leave_one_out, &[leave; 3]);
        check(&component.add_one_in, &[add; 3]);
    }
    // norm: 4 · 1/3 + (87 - 82) · 1/6 + (86 - 81) · 1/6 + 8 · 1/3
    // lr:   2 · 1/3 + (87 - 84) · 1/6 + (82 - 81) · 1/6 + 4 · 1/3
    // pool: 1 · 1/3 + (86 - 84) · 1/6 + (82 - 82) · 1/6 + 3 · 1/3
    for (component, expected) in components.iter().zip([34.0 / 6.0, 16.0 / 6.0, 10.0 / 6.0]) {
        let attribution = component.shapley.as_ref().unwrap();
        check(&Ok(attribution.effect.clone()), &[expected; 3]);
        // Only rounding parts the seeds, so resampling them changes nothing.
        let bootstrap = attribution.bootstrap.unwrap();
        assert!((bootstrap.high - bootstrap.low).abs() < 1e-12);
    }
}

#[test]
fn leave_one_out_is_the_contrast_turned_round() {
    let case = eight();
    let results = case.results();
    let without = results.contrasts.iter().find(|of| of.condition == "pool=average").unwrap();
    let contrast = without.effect.as_ref().unwrap();
    let left_out = of(&results.design_analysis.components[2].leave_one_out);
    assert_eq!(left_out.seeds, contrast.seeds);
    let turned: Vec<f64> = contrast.differences.iter().map(|d| -d).collect();
    assert_eq!(left_out.differences, turned);
    assert_eq!(left_out.sign_flip_p, contrast.sign_flip_p);
}

#[test]
fn four_components_at_both_ends_have_no_shapley_values() {
    let factors = "[[factor]]\nkey = 'model.cnn.norm'\nwithout = 'none'\n\
                   [[factor]]\nkey = 'model.cnn.pool'\nwithout = 'average'\n\
                   [[factor]]\nkey = 'model.cnn.dense'\nwithout = []\n\
                   [[factor]]\nkey = 'optim.lr'\nwithout = 0.01\n";
    let head = "seeds = [0, 1, 2]\ndesign = 'leave-one-out-add-one-in'";
    let percent = |settings: &Settings, seed: u64| {
        let (norm, pool) = (!is(settings, "norm", "none"), !is(settings, "pool", "average"));
        let both = if norm && pool { 3.0 } else { 0.0 };
        80.0 + noise(seed) + if norm { 4.0 } else { 0.0 } + if pool { 1.0 } else { 0.0 } + both
    };
    let found = analysis(&designed(head, factors, &percent));
    let expected = [("norm", 7.0, 4.0), ("pool", 4.0, 1.0), ("dense", 0.0, 0.0), ("lr", 0.0, 0.0)];
    for (component, (name, leave, add)) in found.components.iter().zip(expected) {
        assert_eq!(component.name, name);
        check(&component.leave_one_out, &[leave; 3]);
        check(&component.add_one_in, &[add; 3]);
        assert_eq!(component.shapley, Err(Withheld::NotPlanned));
    }
    assert_eq!((found.components.len(), found.family), (4, 12));
    assert!(of(&found.components[2].leave_one_out).all_zero(), "rounding is snapped to 0");
}

#[test]
fn a_missing_trial_takes_its_seed_from_what_needs_it_and_from_nothing_else() {
    let mut case = eight();
    case.forget("norm=none+lr=0.01", 1); // pool alone
    let found = analysis(&case);
    let seeds = |effect: &Result<Effect, Withheld>| of(effect).seeds.clone();
    assert_eq!(seeds(&found.main_effects[0].effect), [0, 2]);
    // norm × lr needs it, norm × pool does not.
    assert_eq!(seeds(&found.interactions[0].effect), [0, 2]);
    assert_eq!(seeds(&found.interactions[1].effect), [0, 1, 2]);
    assert_eq!(seeds(&found.components[2].add_one_in), [0, 2]);
    assert_eq!(seeds(&found.components[2].leave_one_out), [0, 1, 2]);
    assert_eq!(found.components[0].shapley.as_ref().unwrap().effect.seeds, [0, 2]);
}

#[test]
fn the_order_of_records_changes_no_byte() {
    let factors = [NORM, LR, POOL].concat();
    let case =
        designed(&format!("{SEVEN_SEEDS}\ndesign = 'full-factorial'"), &factors, &|s, seed| {
            EIGHT[subset(s)] + noise(seed) * (1.0 + at(s, "norm", "none"))
        });
    let expected = json(&case.results()).unwrap();
    assert!(expected.contains("bootstrap-95"));
    for by in [1, 17, 40] {
        let mut turned = case.clone();
        turned.records.rotate_left(by);
        turned.records.reverse();
        assert_eq!(json(&turned.results()).unwrap(), expected);
    }
}
