//! Every committed dataset opens, and holds what numpy finds in it (`make_reference.py`).

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use fireassay_data::{Dataset, PartFigures, open, verify};
use fireassay_spec::{DatasetCard, FileCard, FilesCard};
use serde::Deserialize;
use sha2::{Digest, Sha256};

#[test]
fn the_reference_covers_every_folder() {
    let folders: Vec<String> = datasets().into_keys().collect();
    let reference: Vec<String> = reference().keys().cloned().collect();
    assert_eq!(folders, reference, "run make_reference.py");
}

#[test]
fn every_dataset_holds_the_reference_counts_and_moments() {
    let reference = reference();
    for (name, (card, folder)) in datasets() {
        let expected = &reference[&name];
        let found = verify(&card, &folder).unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(found.name, name);
        assert_eq!(found.train, part(&expected.train), "{name}");
        assert_eq!(found.test, part(&expected.test), "{name}");
        for (values, expected) in [(&found.mean, &expected.mean), (&found.std, &expected.std)] {
            assert_eq!(values.len(), expected.len(), "{name}");
            for (value, expected) in values.iter().zip(expected) {
                // Only the order of summation differs.
                assert!((value - expected).abs() <= 1e-9 * expected.abs(), "{name}");
            }
        }
        assert_eq!(found.bytes_on_disk, file_sizes(&card, &folder), "{name}");
        assert_eq!(found.num_files, card.files.len(), "{name}");
    }
}

/// Splits keep equal examples together, so whoever splits one of these sees whether it has some.
#[test]
fn no_committed_dataset_but_iris_holds_an_example_twice() {
    for (name, (card, folder)) in datasets() {
        let dataset = open(&card, &folder).unwrap();
        let expected: &[Vec<u32>] = if name == "iris" { &[vec![101, 142]] } else { &[] };
        assert_eq!(dataset.duplicates(), expected, "{name}");
    }
}

/// Bit for bit: the normalised inputs of every 17th row, and all labels.
#[test]
fn every_dataset_gathers_the_reference_inputs() {
    let reference = reference();
    for (name, (card, folder)) in datasets() {
        let expected = &reference[&name];
        let dataset = open(&card, &folder).unwrap_or_else(|error| panic!("{error}"));
        let rows: Vec<u32> = (0..dataset.len() as u32).step_by(expected.stride).collect();
        let (inputs, labels) = gather(&dataset, &rows);
        let item: usize = dataset.shape().iter().product();
        assert_eq!(inputs.len(), rows.len() * item, "{name}");
        let bytes = inputs.iter().flat_map(|v| v.to_le_bytes());
        assert_eq!(sha256(bytes), expected.inputs_sha256, "{name}");
        let of_row = |&row: &u32| dataset.labels()[row as usize];
        assert_eq!(labels, rows.iter().map(of_row).collect::<Vec<_>>(), "{name}");
        let bytes = dataset.labels().iter().flat_map(|label| label.to_le_bytes());
        assert_eq!(sha256(bytes), expected.labels_sha256, "{name}");
        let (last, _) = gather(&dataset, &[dataset.len() as u32 - 1]);
        assert_eq!(last[item / 2..][..expected.last_input.len()], expected.last_input, "{name}");
    }
}

#[test]
fn every_card_is_of_its_folder_and_names_its_licence() {
    for (name, (card, folder)) in committed() {
        assert_eq!(card.name, name);
        assert_eq!(card.schema, fireassay_spec::SCHEMA);
        assert!(!card.title.is_empty() && !card.source.is_empty() && !card.licence.is_empty());
        let notice = fs::read_to_string(folder.join("NOTICE")).unwrap();
        assert!(notice.contains("Changes: "), "{name}");
    }
}

#[test]
fn what_is_committed_stays_small() {
    let sizes = committed().into_values().map(|(card, folder)| file_sizes(&card, &folder));
    assert!(sizes.sum::<u64>() < 12_000_000);
}

/// A card's hash is part of the identity of every trial on it: these do not change.
#[test]
fn the_hashes_of_cards_stay_what_they_were() {
    let expected = [
        ("breast-cancer", "ea8bfebc1f7f8015c8aedcbcf1288f7e9a74738f20c37c6f7a0ac95d04a45b36"),
        ("digits", "99ad5953e7828f57d56a4440f520d037bd660f6ac2888969a03fb79fda3a37ff"),
        (
            "fashion-mnist-subset",
            "bc5cbbd949f553794a4ab30f9c408f7bf1b550701ff4643d2da620047516287d",
        ),
        ("iris", "615f12c62c7916adc0b110a3f947101899b17dc02eccc6e9d5641022dd04c0e7"),
        ("japanese-vowels", "7f24efc3663cbcc943537289f1fa4ac193c58ad04ddaa81858265bc93439a190"),
        ("mnist-subset", "5d7014ae2b655e4a645cc50a701213772c57138f000776e6de15cc2dc97ea1c8"),
        ("wine", "324a1ff79fad9e7bcc2fc2f3368b3a3ef64041d6c6053d0b12d8c0ddd137b908"),
    ];
    let cards = every_card();
    for (name, hash) in expected {
        assert_eq!(cards[name].0.hash(), hash, "{name}");
    }
}

/// Those without sequences whose files are committed beside them: name of the folder to its card
/// and path. A file that is missing is noticed, because the reference has all of them.
fn datasets() -> BTreeMap<String, (DatasetCard, PathBuf)> {
    let mut datasets = committed();
    datasets.retain(|_, (card, _)| card.sequence_format().is_none());
    datasets
}

fn committed() -> BTreeMap<String, (DatasetCard, PathBuf)> {
    let mut datasets = every_card();
    datasets.retain(|_, (card, folder)| {
        card.files.iter().all(|file| folder.join(&file.path).is_file())
    });
    datasets
}

fn every_card() -> BTreeMap<String, (DatasetCard, PathBuf)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../datasets");
    let entries = fs::read_dir(root).expect("datasets/ is there");
    let mut datasets = BTreeMap::new();
    for folder in entries.map(|entry| entry.expect("readable").path()) {
        let Ok(text) = fs::read_to_string(folder.join("dataset.toml")) else {
            continue;
        };
        let card: DatasetCard =
            toml::from_str(&text).unwrap_or_else(|error| panic!("{folder:?}: {error}"));
        if card.comes_by_fetch() {
            continue;
        }
        let name = folder.file_name().expect("a folder has a name").to_string_lossy().into_owned();
        datasets.insert(name, (card, folder));
    }
    datasets
}

/// What numpy found.
#[derive(Deserialize)]
struct Reference {
    train: PartReference,
    test: PartReference,
    mean: Vec<f64>,
    std: Vec<f64>,
    stride: usize,
    inputs_sha256: String,
    labels_sha256: String,
    last_input: Vec<f32>,
}

#[derive(Deserialize)]
struct PartReference {
    examples: usize,
    per_class: Vec<usize>,
}

fn reference() -> BTreeMap<String, Reference> {
    serde_json::from_str(include_str!("reference.json")).expect("make_reference.py wrote it")
}

fn part(part: &PartReference) -> PartFigures {
    PartFigures { examples: part.examples, per_class: part.per_class.clone() }
}

fn file_sizes(card: &DatasetCard, folder: &Path) -> u64 {
    let size = |file: &FileCard| fs::metadata(folder.join(&file.path)).expect("committed").len();
    card.files.iter().map(size).sum()
}

fn gather(dataset: &Dataset, rows: &[u32]) -> (Vec<f32>, Vec<u32>) {
    let (mut inputs, mut labels) = (Vec::new(), Vec::new());
    dataset.gather(rows, &mut inputs, &mut labels);
    (inputs, labels)
}

fn sha256(bytes: impl Iterator<Item = u8>) -> String {
    let bytes: Vec<u8> = bytes.collect();
    Sha256::digest(&bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}
