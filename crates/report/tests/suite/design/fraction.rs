//! Fractional factorials: effects by contrast columns, and their chains.

use super::case::{
    EIGHT, LR, NORM, POOL, Settings, analysis, at, check, designed, names, noise, of, subset,
};

#[test]
fn a_half_fraction_names_what_it_cannot_tell_apart() {
    let head = "seeds = [0, 1, 2]\ndesign = 'full-factorial'";
    let half = "seeds = [0, 1, 2]\ndesign = 'fractional-factorial'\n\
                generators = ['pool = norm * lr']";
    let percent = |settings: &Settings, seed: u64| EIGHT[subset(settings)] + noise(seed);
    let factors = [NORM, LR, POOL].concat();
    let found = analysis(&designed(half, &factors, &percent));
    assert_eq!(names(&found.main_effects), ["norm=none", "lr=0.01", "pool=average"]);
    // Conditions: all 90, norm alone 84, lr alone 82, pool alone 81.
    check(&found.main_effects[0].effect, &[(82.0 + 81.0 - 90.0 - 84.0) / 2.0; 3]);
    check(&found.main_effects[2].effect, &[(84.0 + 82.0 - 90.0 - 81.0) / 2.0; 3]);
    let chains: Vec<&[String]> = found.main_effects.iter().map(|of| of.alias.as_slice()).collect();
    assert_eq!(chains, [["lr*pool"], ["norm*pool"], ["lr*norm"]]);
    assert!(found.interactions.is_empty(), "each is aliased with a main effect");
    assert_eq!(found.aliases.as_ref().and_then(|aliases| aliases.resolution), Some(3));
    // The whole factorial has the parts: what is seen is norm minus half of lr and pool together,
    // where the latter is averaged over norm.
    let whole = analysis(&designed(head, &factors, &percent));
    let norm = of(&whole.main_effects[0].effect).mean.unwrap();
    let together = |norm: usize| EIGHT[norm] - EIGHT[norm | 2] - EIGHT[norm | 4] + EIGHT[norm | 6];
    let lr_pool = 0.005 * (together(0) + together(1));
    let seen = of(&found.main_effects[0].effect).mean.unwrap();
    assert!((seen - (norm - 0.5 * lr_pool)).abs() < 1e-12);
}

#[test]
fn a_fraction_of_resolution_four_shows_chains_of_interactions() {
    let activation = "[[factor]]\nkey = 'model.cnn.activation'\nlevels = ['relu', 'tanh']\n";
    let head = "seeds = [0, 1, 2]\ndesign = 'fractional-factorial'\n\
                generators = ['activation = norm * lr * pool']";
    let percent = |settings: &Settings, seed: u64| {
        let both = at(settings, "norm", "none") * at(settings, "lr", "0.01");
        90.0 + noise(seed) - 2.0 * at(settings, "norm", "none") + both
    };
    let found = analysis(&designed(head, &[NORM, LR, POOL, activation].concat(), &percent));
    // Alphabetical within a chain: lr*norm = activation*pool is led by the latter.
    assert_eq!(found.main_effects.len(), 4);
    assert!(found.main_effects.iter().all(|of| of.alias.is_empty()));
    check(&found.main_effects[0].effect, &[-1.5; 3]);
    let chains: Vec<(&str, &str)> =
        found.interactions.iter().map(|of| (of.name.as_str(), of.alias[0].as_str())).collect();
    let expected = [
        ("activation=tanh × lr=0.01", "norm*pool"),
        ("activation=tanh × norm=none", "lr*pool"),
        ("activation=tanh × pool=average", "lr*norm"),
    ];
    assert_eq!(chains, expected);
    check(&found.interactions[2].effect, &[1.0; 3]);
    check(&found.interactions[0].effect, &[0.0; 3]);
}
