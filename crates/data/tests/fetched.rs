//! Every dataset of the folder that `FIREASSAY_TEST_DATA` names is what numpy, pandas and Pillow find
//! in it (`make_fetched_reference.py`). Without the variable nothing is read.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use fireassay_data::{Dataset, SequenceBatch, Sequences, draft, open, open_sequences, verify};
use fireassay_spec::{DatasetCard, Normalise};
use serde::Deserialize;
use sha2::{Digest, Sha256};

/// JPEG decoders differ in the mean by less than half a step of a byte.
const TOLERANCE: f64 = 0.5 / 255.0;
/// Rows in memory at once.
const ROWS: usize = 4096;

#[test]
fn every_folder_is_what_numpy_pandas_and_pillow_find() {
    let Some(data) = std::env::var_os("FIREASSAY_TEST_DATA").map(PathBuf::from) else {
        println!("skipped: FIREASSAY_TEST_DATA names no folder");
        return;
    };
    let reference: BTreeMap<String, Vec<Entry>> =
        serde_json::from_str(include_str!("fetched_reference.json")).expect("a script wrote it");
    let folders = folders(&data);
    let known: BTreeSet<String> = reference.keys().cloned().collect();
    let new: Vec<&String> = folders.difference(&known).collect();
    assert!(new.is_empty(), "{new:?} is new: tell make_fetched_reference.py what it is");
    let (mut num_datasets, mut num_examples) = (0, 0);
    for name in &folders {
        for entry in &reference[name] {
            if let Some(examples) = entry.check(&data.join(name)) {
                num_datasets += 1;
                num_examples += examples;
            }
        }
        println!("{name}: as expected");
    }
    let missing: Vec<&String> = known.difference(&folders).collect();
    println!(
        "{num_datasets} datasets with {num_examples} examples in {} folders are as expected; not \
         there: {missing:?}",
        folders.len()
    );
}

/// First cards of what is drafted are accepted at once.
#[test]
fn every_folder_gets_a_first_card() {
    let Some(data) = std::env::var_os("FIREASSAY_TEST_DATA").map(PathBuf::from) else {
        println!("skipped: FIREASSAY_TEST_DATA names no folder");
        return;
    };
    let mut drafted = 0;
    for name in folders(&data) {
        // Several tables, and files of many kinds: each is named by itself.
        let parts: &[&str] = match name.as_str() {
            "tabular" => &["breast_cancer.csv", "iris.csv", "wine_data.csv"],
            "weights" => &[],
            _ => &[""],
        };
        for part in parts {
            let from = data.join(&name).join(part);
            let draft =
                draft("mine", &from, None).unwrap_or_else(|error| panic!("{name}: {error}"));
            let found = verify(&draft.card, &draft.folder);
            found.unwrap_or_else(|error| panic!("{name}: {error}"));
            drafted += 1;
        }
    }
    println!("{drafted} first cards are accepted by `verify`");
}

fn folders(data: &Path) -> BTreeSet<String> {
    let entries = fs::read_dir(data).expect("FIREASSAY_TEST_DATA names a folder");
    let folders = entries.map(|entry| entry.expect("readable").path()).filter(|path| path.is_dir());
    folders
        .map(|path| path.file_name().expect("a folder has a name").to_string_lossy().into_owned())
        .collect()
}

/// A dataset in a folder, and what was found in it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    /// Name of a committed card.
    card: Option<String>,
    /// A card of the script's own.
    made: Option<DatasetCard>,
    /// What a card is drafted of: a path in the folder, empty for all of it.
    draft: Option<String>,
    /// What no card can be drafted of, and a part of the message.
    refused: Option<String>,
    says: Option<String>,
    /// Hashes of files that are no dataset.
    #[serde(default)]
    files: BTreeMap<String, String>,
    #[serde(default)]
    shape: Vec<usize>,
    steps: Option<[usize; 2]>,
    /// Examples of each class, or steps when each has one; empty when targets are tokens.
    #[serde(default)]
    train: Vec<usize>,
    #[serde(default)]
    test: Vec<usize>,
    /// Of sequences.
    train_examples: Option<usize>,
    test_examples: Option<usize>,
    /// Of raw values, or of token ids.
    inputs_sha256: Option<String>,
    targets_sha256: Option<String>,
    groups_sha256: Option<String>,
    /// Of raw / 255 over the train part, where decoders differ.
    mean: Option<Vec<f64>>,
}

impl Entry {
    /// How many examples there are; none in what is no dataset.
    fn check(&self, folder: &Path) -> Option<usize> {
        for (name, expected) in &self.files {
            let bytes = fs::read(folder.join(name)).expect("readable");
            assert_eq!(hex(Sha256::new_with_prefix(&bytes)), *expected, "{name}");
        }
        if let Some(name) = &self.refused {
            let error = draft("mine", &folder.join(name), None).expect_err("no dataset");
            let says = self.says.as_deref().expect("it says something");
            assert!(error.to_string().contains(says), "{error}");
        }
        let card = self.card(folder)?;
        let name = format!("{}, {}", folder.display(), card.name);
        let found = verify(&card, folder).unwrap_or_else(|error| panic!("{error}"));
        assert_eq!((&card.shape, card.steps.map(|s| [s.min, s.max])), (&self.shape, self.steps));
        assert_eq!(found.train.per_class, self.train, "{name}");
        assert_eq!(found.test.per_class, self.test, "{name}");
        let counted =
            |part: &[usize], examples: Option<usize>| examples.unwrap_or_else(|| part.iter().sum());
        let expected =
            [counted(&self.train, self.train_examples), counted(&self.test, self.test_examples)];
        assert_eq!([found.train.examples, found.test.examples], expected, "{name}");
        for (mean, expected) in found.mean.iter().zip(self.mean.iter().flatten()) {
            assert!((mean - expected).abs() < TOLERANCE, "{name}: {mean}, Pillow {expected}");
        }
        // As the files have it.
        let normalise = Normalise { divisor: 1.0, mean: vec![0.0], std: vec![1.0] };
        let card = DatasetCard { normalise, ..card };
        let hashes = if card.steps.is_some() {
            of_sequences(&open_sequences(&card, folder).unwrap_or_else(|error| panic!("{error}")))
        } else {
            of_dataset(&open(&card, folder).unwrap_or_else(|error| panic!("{error}")))
        };
        let Hashes { inputs, targets, groups } = hashes;
        assert!(self.mean.is_some() || Some(&inputs) == self.inputs_sha256.as_ref(), "{name}");
        assert_eq!(Some(&targets), self.targets_sha256.as_ref(), "{name}");
        assert_eq!(groups, self.groups_sha256, "{name}");
        Some(expected.iter().sum())
    }

    fn card(&self, folder: &Path) -> Option<DatasetCard> {
        if let Some(name) = &self.card {
            let datasets = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../datasets");
            let path = datasets.join(name).join("dataset.toml");
            return Some(
                toml::from_str(&fs::read_to_string(path).expect("a card can be read"))
                    .expect("a card"),
            );
        }
        if let Some(path) = &self.draft {
            let draft = draft("drafted", &folder.join(path), None);
            return Some(draft.unwrap_or_else(|error| panic!("{error}")).card);
        }
        self.made.clone()
    }
}

/// Of all inputs, all targets, and all groups.
struct Hashes {
    inputs: String,
    targets: String,
    groups: Option<String>,
}

fn of_dataset(dataset: &Dataset) -> Hashes {
    let (mut inputs, mut values, mut labels) = (Sha256::new(), Vec::new(), Vec::new());
    let rows: Vec<u32> = (0..).take(dataset.len()).collect();
    for rows in rows.chunks(ROWS) {
        dataset.gather(rows, &mut values, &mut labels);
        let bytes: Vec<u8> = values.iter().flat_map(|value| value.to_le_bytes()).collect();
        inputs.update(bytes);
    }
    Hashes {
        inputs: hex(inputs),
        targets: of_numbers(dataset.labels()),
        groups: dataset.groups().map(of_numbers),
    }
}

fn of_sequences(sequences: &Sequences) -> Hashes {
    let (mut inputs, mut targets) = (Sha256::new(), Sha256::new());
    let mut batch = SequenceBatch::default();
    for row in (0..).take(sequences.len()) {
        sequences.gather(&[row], &mut batch);
        batch.values.iter().for_each(|value| inputs.update(value.to_le_bytes()));
        batch.tokens.iter().for_each(|token| inputs.update(token.to_le_bytes()));
        batch.labels.iter().for_each(|label| targets.update(label.to_le_bytes()));
    }
    let groups = sequences.groups().map(of_numbers);
    Hashes { inputs: hex(inputs), targets: hex(targets), groups }
}

fn of_numbers(numbers: &[u32]) -> String {
    let mut hasher = Sha256::new();
    numbers.iter().for_each(|number| hasher.update(number.to_le_bytes()));
    hex(hasher)
}

fn hex(hasher: Sha256) -> String {
    hasher.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}
