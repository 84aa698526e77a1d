//! Fetched datasets, when `FIREASSAY_TEST_DATA` names a folder whose folders have their files.

use std::fs;
use std::path::{Path, PathBuf};

use fireassay_data::{open, verify};
use fireassay_spec::DatasetCard;
use sha2::{Digest, Sha256};

/// Of the labels, as numpy has them in the order of the paths, and the mean of what Pillow decodes.
const REFERENCE: [(&str, &str, [f64; 3]); 2] = [
    (
        "cifar10-jpeg",
        "a5188b826840fe6b796d1e3e9b5007ecb7480e9cf0578a6898b8ace8e1cb3a10",
        [0.491_250, 0.482_090, 0.446_521],
    ),
    (
        "sign-digits",
        "cb379e5145ff010cc935aaf7103eb156c64c5ffcc1be402bf665bdeb52cf8eb8",
        [0.674_676, 0.645_736, 0.616_164],
    ),
];

/// JPEG decoders differ in the mean by less than half a step of a byte.
const TOLERANCE: f64 = 0.5 / 255.0;

#[test]
fn fetched_datasets_are_what_their_cards_say() {
    let Some(data) = std::env::var_os("FIREASSAY_TEST_DATA") else {
        println!("skipped: FIREASSAY_TEST_DATA names no folder");
        return;
    };
    for (name, labels_sha256, pillow) in REFERENCE {
        let card = card(name);
        let Some(folder) = holder(&card, Path::new(&data)) else {
            println!("skipped: no folder has the files of {name}");
            continue;
        };
        let found = verify(&card, &folder).unwrap_or_else(|error| panic!("{error}"));
        for (mean, expected) in found.mean.iter().zip(pillow) {
            assert!((mean - expected).abs() < TOLERANCE, "{name}: {mean}, Pillow {expected}");
        }
        let dataset = open(&card, &folder).unwrap_or_else(|error| panic!("{error}"));
        let mut hasher = Sha256::new();
        dataset.labels().iter().for_each(|label| hasher.update(label.to_le_bytes()));
        let digest: String = hasher.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(digest, labels_sha256, "{name}");
        println!("{name}: {} examples, mean {:?}, std {:?}", dataset.len(), found.mean, found.std);
    }
}

fn card(name: &str) -> DatasetCard {
    let datasets = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../datasets");
    let text = fs::read_to_string(datasets.join(name).join("dataset.toml")).expect("committed");
    toml::from_str(&text).expect("a card")
}

fn holder(card: &DatasetCard, data: &Path) -> Option<PathBuf> {
    let folders = fs::read_dir(data).ok()?.flatten().map(|entry| entry.path());
    folders.into_iter().find(|path| card.files.iter().all(|file| path.join(&file.path).is_file()))
}
