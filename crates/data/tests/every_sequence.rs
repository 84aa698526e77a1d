//! Every dataset of sequences holds what numpy finds in it (`make_sequence_reference.py`): the
//! committed ones, and the fetched ones when `FIREASSAY_TEST_DATA` names a folder that has them.

use std::collections::BTreeMap;
use std::env;
use std::fs;
use std::path::{Path, PathBuf};

use fireassay_data::{
    Bucketing, DataError, LengthFigures, PartFigures, SequenceBatch, SequenceOrder, Sequences,
    Verified, open, open_sequences, verify,
};
use fireassay_spec::{DataSpec, DatasetCard, SequenceFormat, TargetKind};
use serde::Deserialize;
use sha2::{Digest, Sha256};

#[test]
fn the_reference_covers_every_card() {
    let cards: Vec<String> = cards().into_keys().collect();
    let reference: Vec<String> = reference().keys().cloned().collect();
    assert_eq!(cards, reference, "run make_sequence_reference.py");
}

#[test]
fn every_dataset_holds_the_reference_figures() {
    let reference = reference();
    for (name, (card, folder)) in here() {
        let expected = &reference[&name];
        let found = verify(&card, &folder).unwrap_or_else(|error| panic!("{error}"));
        check_figures(&card, &found, expected);
        let sequences = open_sequences(&card, &folder).unwrap_or_else(|error| panic!("{error}"));
        let (inputs, targets) = contents(&sequences);
        assert_eq!(inputs, expected.inputs_sha256, "{name}");
        assert_eq!(targets, expected.targets_sha256, "{name}");
        let groups = sequences.groups().map(sha256_of);
        assert_eq!(groups, expected.groups_sha256, "{name}");
        println!("{name}: {} sequences", sequences.len());
    }
}

#[test]
fn japanese_vowels_are_batched_with_masks() {
    let (card, folder) = cards().remove("japanese-vowels").unwrap();
    let sequences = open_sequences(&card, &folder).unwrap();
    assert_eq!((sequences.shape(), sequences.len(), sequences.num_train()), (&[12][..], 640, 270));
    let mut batch = SequenceBatch::default();
    sequences.gather(&[0, 639, 100], &mut batch);
    let lengths = [0, 639, 100].map(|row| sequences.steps(row));
    assert_eq!(batch.extent.lengths, lengths);
    assert_eq!(batch.extent.steps, *lengths.iter().max().unwrap());
    assert_eq!(batch.values.len(), 3 * batch.extent.steps * 12);
    assert_eq!(batch.labels, [0, 8, 3]);
    // The first value of the file is 1.860936.
    let expected = ((f64::from(1.860936f32) - 0.869106) / 0.48762) as f32;
    assert_eq!(batch.values[0], expected);
    let padding = batch.values.chunks_exact(12).zip(&batch.extent.mask);
    assert!(padding.clone().all(|(step, there)| *there || step == [0.0; 12]));
    assert_eq!(padding.filter(|(_, there)| **there).count(), lengths.iter().sum::<usize>());
}

#[test]
fn japanese_vowels_are_split_and_keep_their_own_test_examples() {
    let (card, folder) = cards().remove("japanese-vowels").unwrap();
    let sequences = open_sequences(&card, &folder).unwrap();
    let spec: DataSpec = toml::from_str(
        "dataset = \"japanese-vowels\"\ntrain-size = { per-class = 10 }\nval-fraction = 0.2",
    )
    .unwrap();
    let splits = sequences.split(&spec, 3).unwrap();
    assert_eq!(splits.test, (270..640).collect::<Vec<u32>>());
    assert_eq!((splits.train.len(), splits.val.len()), (72, 18));
    let of_class = |class| {
        splits.train.iter().filter(|&&row| sequences.labels()[row as usize] == class).count()
    };
    assert!((0..9).all(|class| of_class(class) == 8));

    let bucketing = Bucketing::ByLength { batches: 4 };
    let mut order = SequenceOrder::new(&sequences, splits.train.clone(), 16, 3, bucketing);
    let steps = order.steps_per_epoch();
    let mut rows: Vec<u32> = (0..steps).flat_map(|step| order.rows(step).to_vec()).collect();
    rows.sort_unstable();
    assert_eq!(rows, splits.train);
}

#[test]
fn speakers_are_chosen_and_renamed_and_no_utterance_is_there_twice() {
    let (card, folder) = cards().remove("japanese-vowels").unwrap();
    let sequences = open_sequences(&card, &folder).unwrap();
    assert!(sequences.duplicates().is_empty());
    let [third, first] = [2, 0].map(|class: usize| card.classes[class].clone());
    let spec: DataSpec = toml::from_str(&format!(
        "dataset = \"japanese-vowels\"\ntrain-size = \"all\"\nval-fraction = 0.2\n\
         classes = [\"{third}\", \"{first}\"]\nrelabel = {{ {first} = \"other\" }}"
    ))
    .unwrap();
    let seen = sequences.of_classes(&spec).unwrap();
    assert_eq!(seen.classes(), [third, "other".to_owned()]);
    let splits = seen.split(&spec, 3).unwrap();
    for (new, old) in [(0, 2), (1, 0)] {
        let rows_of = |labels: &[u32], class| -> Vec<u32> {
            (0..).zip(labels).filter(|(_, label)| **label == class).map(|(row, _)| row).collect()
        };
        let rows = rows_of(seen.labels(), new);
        assert_eq!(rows, rows_of(sequences.labels(), old));
        let count = |split: &[u32]| split.iter().filter(|row| rows.contains(row)).count();
        assert_eq!((count(&splits.train), count(&splits.val)), (24, 6));
        assert_eq!(count(&splits.test), rows.iter().filter(|&&row| row >= 270).count());
    }
}

#[test]
fn sequences_are_no_dataset_of_one_size() {
    let (card, folder) = cards().remove("japanese-vowels").unwrap();
    let error = open(&card, &folder).unwrap_err();
    assert!(matches!(error, DataError::Sequences { .. }), "{error}");
}

#[test]
fn a_card_that_states_other_figures_is_refused() {
    let (card, folder) = cards().remove("japanese-vowels").unwrap();
    let check = |change: &dyn Fn(&mut DatasetCard), expected: &str| {
        let mut changed = card.clone();
        change(&mut changed);
        let error = verify(&changed, &folder).expect_err(expected).to_string();
        assert!(error.ends_with(expected), "{error}");
    };
    check(
        &|card| card.steps.as_mut().unwrap().max = 30,
        "steps are 7 to 30, the files have 7 to 29",
    );
    check(&|card| card.examples.train = 271, "has 270 examples, its card says 271");
    check(&|card| card.examples.test = 369, "has 370 examples, its card says 369");
    check(&|card| card.classes[8] = "ten".to_owned(), "line 14: the card has no class `9`");
    check(&|card| card.normalise.std[3] = 0.31, "computed from the files 0.3059123890844743");
}

/// Each step in two windows but the first and last 64. In this recording no step is out of the
/// ordinary.
#[test]
fn a_recording_is_cut_into_windows_that_overlap_as_numpy_cuts_it() {
    const CARD: &str = r#"
schema = 1
name = "daphnet"
title = "Acceleration of ankle, leg and trunk"
licence = "CC-BY-4.0"
source = "UCI 245, one recording"
shape = [9]
steps = { min = 128, max = 128 }
classes = ["walking", "freezing"]
examples = { train = 109, test = 0 }
normalise = { divisor = 1, mean = [0], std = [1] }
[format.sequence.step-table]
train = ["S06R02E0.csv"]
channels = [
    "ankle_horiz_fwd", "ankle_vert", "ankle_horiz_lateral",
    "leg_horiz_fwd", "leg_vert", "leg_horiz_lateral",
    "trunk_horiz_fwd", "trunk_vert", "trunk_horiz_lateral",
]
label = "is_anomaly"
labels = ["0", "1"]
windows = { length = 128, stride = 64 }
[[files]]
path = "S06R02E0.csv"
sha256 = "5a1d2990fec3846c3e1bc43487f0860e63434bd06b3df763012e97ce23d0d84c"
"#;
    let card = DatasetCard::parse("dataset.toml", CARD).unwrap();
    let Some(folder) = holder(&card, None) else {
        println!("skipped: FIREASSAY_TEST_DATA names no folder that has the recording");
        return;
    };
    let sequences = open_sequences(&card, &folder).unwrap_or_else(|error| panic!("{error}"));
    let expected = [
        "e847b638e87cd7009404e7603c5e5408506708b268e53a70699367b9c8e18f9c",
        "a861deaf86de40efd531ad7e5f64558723cc9c47c32d847cd03999af62bcb185",
    ];
    let (inputs, targets) = contents(&sequences);
    assert_eq!([inputs.as_str(), &targets], expected);
    assert_eq!(sequences.groups().unwrap(), [0; 109]);
}

fn check_figures(card: &DatasetCard, found: &Verified, expected: &Reference) {
    let name = &card.name;
    let sequences = found.sequences.as_ref().expect("it has sequences");
    for (part, lengths, expected) in [
        (&found.train, sequences.train_steps, &expected.train),
        (&found.test, sequences.test_steps, &expected.test),
    ] {
        assert_eq!(part.examples, expected.examples, "{name}");
        assert_eq!(lengths, expected.lengths(), "{name}");
        assert_eq!(part.per_class.iter().sum::<usize>(), counted(card, part, lengths), "{name}");
    }
    let target_steps = expected.target_steps.as_ref().map(Figures::lengths);
    assert_eq!(sequences.target_steps, target_steps, "{name}");
    assert_eq!(sequences.vocabulary, expected.vocabulary, "{name}");
    let (Some(mean), Some(std)) = (&expected.mean, &expected.std) else { return };
    for (values, expected) in [(&found.mean, mean), (&found.std, std)] {
        assert_eq!(values.len(), expected.len(), "{name}");
        for (value, expected) in values.iter().zip(expected) {
            // Only the order of summation differs.
            assert!((value - expected).abs() <= 1e-9 * expected.abs().max(1e-3), "{name}");
        }
    }
}

/// How much the counts by class add up to.
fn counted(card: &DatasetCard, part: &PartFigures, lengths: LengthFigures) -> usize {
    match card.sequence_format().map(SequenceFormat::target_kind) {
        Some(TargetKind::Class) => part.examples,
        Some(TargetKind::ClassPerStep) => lengths.total,
        Some(TargetKind::NextToken | TargetKind::Tokens) | None => 0,
    }
}

/// Hashes of all inputs and all targets, row by row and without padding.
fn contents(sequences: &Sequences) -> (String, String) {
    let (mut inputs, mut targets) = (Sha256::new(), Sha256::new());
    let mut batch = SequenceBatch::default();
    for row in (0..).take(sequences.len()) {
        sequences.gather(&[row], &mut batch);
        batch.values.iter().for_each(|value| inputs.update(value.to_le_bytes()));
        batch.tokens.iter().for_each(|token| inputs.update(token.to_le_bytes()));
        batch.labels.iter().for_each(|label| targets.update(label.to_le_bytes()));
    }
    (hex(inputs), hex(targets))
}

/// What numpy found.
#[derive(Deserialize)]
struct Reference {
    train: Figures,
    test: Figures,
    mean: Option<Vec<f64>>,
    std: Option<Vec<f64>>,
    vocabulary: Option<usize>,
    target_steps: Option<Figures>,
    inputs_sha256: String,
    targets_sha256: String,
    groups_sha256: Option<String>,
}

#[derive(Deserialize)]
struct Figures {
    examples: usize,
    min: usize,
    max: usize,
    total: usize,
}

impl Figures {
    fn lengths(&self) -> LengthFigures {
        LengthFigures { min: self.min, max: self.max, total: self.total }
    }
}

fn reference() -> BTreeMap<String, Reference> {
    serde_json::from_str(include_str!("sequence_reference.json")).expect("a script wrote it")
}

/// Every card of sequences, and the folder it lies in.
fn cards() -> BTreeMap<String, (DatasetCard, PathBuf)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../datasets");
    let cards = fireassay_spec::load_cards(&root).unwrap_or_else(|errors| panic!("{errors:?}"));
    let sequences = cards.datasets.into_iter().filter(|(_, card)| card.sequence_format().is_some());
    sequences.map(|(name, card)| (name.clone(), (card, root.join(name)))).collect()
}

/// Those whose files are on this machine, with where they are.
fn here() -> BTreeMap<String, (DatasetCard, PathBuf)> {
    let found = cards().into_iter().filter_map(|(name, (card, beside))| {
        let folder = holder(&card, Some(beside))?;
        Some((name, (card, folder)))
    });
    let found: BTreeMap<_, _> = found.collect();
    assert!(found.contains_key("japanese-vowels"), "it is committed");
    found
}

/// The folder that has the files of a card.
fn holder(card: &DatasetCard, beside: Option<PathBuf>) -> Option<PathBuf> {
    let fetched = env::var_os("FIREASSAY_TEST_DATA").and_then(|data| fs::read_dir(data).ok());
    let fetched = fetched.into_iter().flatten().flatten().map(|entry| entry.path());
    let holds = |folder: &PathBuf| card.files.iter().all(|file| folder.join(&file.path).is_file());
    beside.into_iter().chain(fetched).find(holds)
}

fn sha256_of(numbers: &[u32]) -> String {
    let mut hasher = Sha256::new();
    numbers.iter().for_each(|number| hasher.update(number.to_le_bytes()));
    hex(hasher)
}

fn hex(hasher: Sha256) -> String {
    hasher.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}
