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
    assert!(cards.datasets.contains_key("digits"), "{:?}", cards.datasets.keys());
}

const HASHES: &str = "\
breast-cancer ea8bfebc1f7f8015c8aedcbcf1288f7e9a74738f20c37c6f7a0ac95d04a45b36
digits 99ad5953e7828f57d56a4440f520d037bd660f6ac2888969a03fb79fda3a37ff
fashion-mnist-subset bc5cbbd949f553794a4ab30f9c408f7bf1b550701ff4643d2da620047516287d
iris 615f12c62c7916adc0b110a3f947101899b17dc02eccc6e9d5641022dd04c0e7
mnist-subset 5d7014ae2b655e4a645cc50a701213772c57138f000776e6de15cc2dc97ea1c8
wine 324a1ff79fad9e7bcc2fc2f3368b3a3ef64041d6c6053d0b12d8c0ddd137b908";

/// They are part of the ids of all trials that were ever run on these datasets.
#[test]
fn the_hashes_of_committed_datasets_stay() {
    let cards = cards();
    let found: Vec<String> = HASHES
        .lines()
        .filter_map(|line| line.split_whitespace().next())
        .map(|name| format!("{name} {}", cards.datasets[name].hash()))
        .collect();
    assert_eq!(found.join("\n"), HASHES);
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
