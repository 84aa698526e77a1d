//! Every committed dataset has a sound card, every committed experiment a plan.

use std::fs;
use std::path::{Path, PathBuf};

use fireassay_spec::{Cards, Experiment, load_cards};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn cards() -> Cards {
    load_cards(&root().join("datasets")).unwrap_or_else(|errors| panic!("{errors}: {errors:#?}"))
}

#[test]
fn every_dataset_has_a_sound_card() {
    let cards = cards();
    assert!(cards.contains_key("digits"), "{:?}", cards.keys());
}

#[test]
fn every_experiment_has_a_plan() {
    let cards = cards();
    let mut planned = 0;
    for folder in fs::read_dir(root().join("experiments")).unwrap() {
        let path = folder.unwrap().path().join("experiment.toml");
        if path.is_file() {
            let experiment = Experiment::load(&path, &cards)
                .unwrap_or_else(|errors| panic!("{errors}: {errors:#?}"));
            let plan = experiment.plan(&cards);
            assert_eq!(plan.trials.len(), plan.conditions.len() * experiment.seeds.len());
            assert!(plan.conditions.len() > 1, "{} compares nothing", experiment.name);
            planned += 1;
        }
    }
    assert!(planned > 0, "no experiments found");
}
