//! Arrays of sequences, safetensors, dictionaries, and cards of sequences that contradict
//! themselves.

use fireassay_data::{DataError, SequenceBatch, Sequences, Vocabulary, open_sequences};
use fireassay_spec::{
    ArrayPlace, Channels, DataFormat, DatasetCard, Pronunciations, SequenceArrays, SequenceFormat,
    Steps, Unit, VocabularyCard, Windows,
};
use sha2::{Digest, Sha256};

use crate::fixture::{Fixture, contents};

fn place(key: &str) -> ArrayPlace {
    ArrayPlace { file: "all.safetensors".to_owned(), key: Some(key.to_owned()) }
}

/// Arrays as (name, type, shape, bytes), laid out as safetensors describes.
fn safetensors(arrays: &[(&str, &str, &[usize], Vec<u8>)]) -> Vec<u8> {
    let (mut entries, mut data) = (Vec::new(), Vec::new());
    for (name, dtype, shape, bytes) in arrays {
        let start = data.len();
        data.extend_from_slice(bytes);
        let end = data.len();
        entries.push(format!(
            r#""{name}":{{"dtype":"{dtype}","shape":{shape:?},"data_offsets":[{start},{end}]}}"#
        ));
    }
    let mut header = format!("{{{}}}", entries.join(","));
    header.push_str(&" ".repeat(header.len().next_multiple_of(8) - header.len()));
    [&(header.len() as u64).to_le_bytes()[..], header.as_bytes(), &data].concat()
}

fn floats(values: &[f32]) -> Vec<u8> {
    values.iter().flat_map(|value| value.to_le_bytes()).collect()
}

/// Three sequences: 2, 1 and 3 steps of two channels, by subjects 7, 4 and 7.
fn series() -> Vec<u8> {
    let steps: Vec<f32> = (0..12u8).map(f32::from).collect();
    safetensors(&[
        ("x", "F32", &[6, 2], floats(&steps)),
        ("flat", "F32", &[3, 2], floats(&steps[..6])),
        ("byte", "U8", &[3, 2, 2], (0..12).collect()),
        ("half", "F16", &[6, 2], vec![0; 24]),
        ("lengths", "I64", &[3], [2i64, 1, 3].iter().flat_map(|n| n.to_le_bytes()).collect()),
        ("y", "U8", &[3], vec![1, 0, 1]),
        ("subject", "I32", &[3], [7i32, 4, 7].iter().flat_map(|n| n.to_le_bytes()).collect()),
    ])
}

fn arrays(values: &str, lengths: Option<&str>, shape: usize, [min, max]: [usize; 2]) -> Fixture {
    let train = SequenceArrays {
        values: place(values),
        lengths: lengths.map(place),
        labels: place("y"),
        groups: Some(place("subject")),
    };
    let format = SequenceFormat::Arrays { train: Box::new(train), test: None };
    let mut fixture = Fixture::new(DataFormat::Sequence(format), vec![shape], 3);
    fixture.card.steps = Some(Steps { min, max });
    fixture.write("all.safetensors", &series());
    fixture
}

fn open(fixture: &Fixture) -> Result<Sequences, DataError> {
    open_sequences(&fixture.card, fixture.folder.path())
}

fn batch(fixture: &Fixture) -> SequenceBatch {
    let sequences = open(fixture).unwrap_or_else(|error| panic!("{error}"));
    let rows: Vec<u32> = (0..sequences.len() as u32).collect();
    let mut batch = SequenceBatch::default();
    sequences.gather(&rows, &mut batch);
    batch
}

fn message(fixture: &Fixture) -> String {
    let error = open(fixture).map(|_| ()).expect_err("this dataset is broken");
    error.to_string().replace(&format!("{}/", fixture.folder.path().display()), "")
}

#[test]
fn arrays_are_sequences_with_lengths_or_of_one_shape() {
    let varied = arrays("x", Some("lengths"), 2, [1, 3]);
    let found = batch(&varied);
    assert_eq!(found.extent.lengths, [2, 1, 3]);
    let expected = [
        [0.0, 1.0, 2.0, 3.0, 0.0, 0.0],
        [4.0, 5.0, 0.0, 0.0, 0.0, 0.0],
        [6.0, 7.0, 8.0, 9.0, 10.0, 11.0],
    ];
    assert_eq!(found.values, expected.concat());
    assert_eq!(found.labels, [1, 0, 1]);
    assert_eq!(found.extent.mask, [1, 1, 0, 1, 0, 0, 1, 1, 1].map(|there| there == 1));
    assert_eq!(open(&varied).unwrap().groups().unwrap(), [0, 1, 0]);

    let fixed = batch(&arrays("byte", None, 2, [2, 2]));
    assert_eq!(fixed.values, (0..12u8).map(f32::from).collect::<Vec<f32>>());
    // One channel needs no dimension.
    let univariate = batch(&arrays("flat", None, 1, [2, 2]));
    assert_eq!(univariate.values, [0.0, 1.0, 2.0, 3.0, 4.0, 5.0]);
    assert_eq!(univariate.extent.lengths, [2, 2, 2]);
}

#[test]
fn arrays_that_are_not_those_of_the_card_are_named() {
    let check = |fixture: Fixture, expected: &str| assert_eq!(message(&fixture), expected);
    check(
        arrays("x", Some("lengths"), 2, [1, 2]),
        "`all.safetensors`: `lengths`, example 2: 3 steps, its card says at most 2",
    );
    check(
        arrays("x", Some("lengths"), 2, [1, 4]),
        "the card of dataset `made`: steps are 1 to 4, the files have 1 to 3",
    );
    check(
        arrays("flat", Some("lengths"), 2, [1, 3]),
        "`all.safetensors`, `flat`: it has shape [3, 2], its card says [6, 2]",
    );
    check(
        arrays("half", Some("lengths"), 2, [1, 3]),
        "`all.safetensors`, `half`: its type is `F16`, expected integers or floats",
    );
    check(
        arrays("z", Some("lengths"), 2, [1, 3]),
        "`all.safetensors`, `z`: there is no such array, only: byte, flat, half, lengths, subject, x, y",
    );
    let mut cut = arrays("x", Some("lengths"), 2, [1, 3]);
    let whole = series();
    cut.write("all.safetensors", &whole[..whole.len() - 1]);
    assert_eq!(message(&cut), "`all.safetensors` is not a complete safetensors archive");
}

#[test]
fn examples_of_one_size_are_read_from_safetensors_too() {
    let format = DataFormat::Arrays {
        train_values: place("flat"),
        train_labels: place("y"),
        test_values: None,
        test_labels: None,
        train_groups: None,
        test_groups: None,
        channels: Channels::First,
    };
    let mut fixture = Fixture::new(format, vec![2], 3);
    fixture.write("all.safetensors", &series());
    let dataset = fixture.open().unwrap();
    assert_eq!(contents(&dataset), (vec![0.0, 1.0, 2.0, 3.0, 4.0, 5.0], vec![1, 0, 1]));
}

fn vocabulary(unit: Unit, tokens: &[&str]) -> VocabularyCard {
    let listed: String = tokens.iter().map(|token| format!("{token}\0")).collect();
    let sha256 = Sha256::digest(&listed).iter().map(|byte| format!("{byte:02x}")).collect();
    VocabularyCard { unit, size: 4 + tokens.len(), sha256 }
}

/// `target` belongs to `source`.
fn lexicon(pronunciations: Pronunciations, phonemes: &[&str], train: usize) -> Fixture {
    let source = vocabulary(Unit::Character, &["(", ")", "2", "a", "b"]);
    let format = SequenceFormat::Lexicon {
        train: "words".to_owned(),
        test: Some("test".to_owned()),
        pronunciations,
        target: vocabulary(Unit::Word, phonemes),
        source,
    };
    let mut fixture = Fixture::new(DataFormat::Sequence(format), vec![9], train);
    fixture.card.classes.clear();
    fixture.card.steps = Some(Steps { min: 1, max: 5 });
    fixture.card.examples.test = 1;
    fixture.write("words", b"ab AB1 B\nab(2) AB0  B # once\n\na A\n(2)ab X\n# all\n");
    fixture.write("test", b"ba B Z\n");
    fixture
}

#[test]
fn a_dictionary_gives_one_pronunciation_of_a_word_or_all_as_a_group() {
    let first = lexicon(Pronunciations::First, &["A", "AB1", "B", "X"], 3);
    let found = batch(&first);
    assert_eq!(found.extent.lengths, [2, 1, 5, 2]);
    assert_eq!(found.tokens[..5], [7, 8, 0, 0, 0]);
    // The test part knows no `Z`.
    assert_eq!(found.labels, [5, 6, 3, 4, 3, 0, 7, 3, 0, 6, Vocabulary::UNKNOWN, 3]);
    assert_eq!(open(&first).unwrap().groups(), None);

    let all = lexicon(Pronunciations::All, &["A", "AB0", "AB1", "B", "X"], 4);
    assert_eq!(open(&all).unwrap().groups().unwrap(), [0, 0, 1, 2, 3]);
    let sequences = open(&all).unwrap();
    let target = sequences.target_vocabulary().unwrap();
    assert_eq!(target.decode(&batch(&all).labels[3..6]), "AB0 B");
}

#[test]
fn another_vocabulary_than_the_cards_is_told_with_the_right_one() {
    let fixture = lexicon(Pronunciations::First, &["A", "AB1", "B"], 3);
    let found = vocabulary(Unit::Word, &["A", "AB1", "B", "X"]).sha256;
    let message = message(&fixture);
    let expected = format!("in the files it has size 8 and sha256 {found}");
    assert!(message.starts_with("the card of dataset `made`: the target vocabulary has size 7"));
    assert!(message.ends_with(&expected), "{message}");
}

#[test]
fn cards_that_contradict_themselves_are_refused() {
    let check = |change: &dyn Fn(&mut DatasetCard), expected: &str| {
        let mut fixture = arrays("x", Some("lengths"), 2, [1, 3]);
        change(&mut fixture.card);
        assert_eq!(message(&fixture), format!("the card of dataset `made`: {expected}"));
    };
    let rows = "shape and examples.train must be 1 or more, and a row number has 32 bits";
    check(
        &|card| card.steps = None,
        "it holds no sequences: these have `steps` and [format.sequence]",
    );
    check(&|card| card.steps = Some(Steps { min: 0, max: 3 }), "steps needs 1 <= min <= max");
    check(&|card| card.steps = Some(Steps { min: 4, max: 3 }), "steps needs 1 <= min <= max");
    check(
        &|card| card.shape = vec![1, 2, 1],
        "the shape of a step is [channels], or of text [size of its vocabulary]",
    );
    check(&|card| card.shape = vec![0], rows);
    check(&|card| card.examples.train = 0, rows);
    check(&|card| card.examples.train = usize::MAX, rows);
    check(
        &|card| card.classes.clear(),
        "classes are for targets that are classes, and only for these",
    );
    check(&|card| card.examples.test = 1, "examples.test and test files go together");
    check(
        &|card| card.normalise.mean = vec![0.0; 3],
        "normalise has 3 means and 1 stds, expected 1 or 2 of each",
    );
    check(&|card| card.normalise.std = vec![1e-300], "a value is not finite after normalise");
    check(&|card| card.files.clear(), "[[files]] must list `all.safetensors` once");
    let windows = Windows { length: 3, stride: 0 };
    let text = SequenceFormat::TextWindows {
        train: "all.safetensors".to_owned(),
        test: None,
        windows,
        vocabulary: vocabulary(Unit::Character, &["a"]),
    };
    let change = |card: &mut DatasetCard| {
        (card.format, card.shape) = (DataFormat::Sequence(text.clone()), vec![5]);
        card.classes.clear();
    };
    check(&change, "windows have a length and a stride above 0");
}

/// Twelve pairs of texts, each input there twice: rows n and n + 6.
#[test]
fn equal_sequences_are_in_one_split() {
    let inputs = ["aa", "ab", "ba", "bb", "aab", "bba"];
    let format = SequenceFormat::TextPairs {
        train: "pairs".to_owned(),
        test: None,
        columns: 2,
        source_column: 1,
        target_column: 2,
        source: vocabulary(Unit::Character, &["a", "b"]),
        target: vocabulary(Unit::Word, &["x", "y"]),
    };
    let mut fixture = Fixture::new(DataFormat::Sequence(format), vec![6], 12);
    fixture.card.classes.clear();
    fixture.card.steps = Some(Steps { min: 2, max: 3 });
    let lines = |target: &str| -> String {
        inputs.iter().map(|input| format!("{input}\t{target}\n")).collect()
    };
    fixture.write("pairs", (lines("x") + &lines("y")).as_bytes());
    let sequences = open(&fixture).unwrap();
    let expected: Vec<Vec<u32>> = (0..6).map(|row| vec![row, row + 6]).collect();
    assert_eq!(sequences.duplicates(), expected);

    let is_torn = |duplicates: &str, seed| {
        let spec = format!(
            "dataset = \"made\"\ntrain-size = \"all\"\nval-fraction = 0.25\n\
             test-fraction = 0.33\nduplicates = \"{duplicates}\""
        );
        let splits = sequences.split(&toml::from_str(&spec).unwrap(), seed).unwrap();
        let parts = [splits.train, splits.val, splits.test];
        let part = |row| parts.iter().position(|rows| rows.contains(&row));
        (0..6).any(|row| part(row) != part(row + 6))
    };
    assert!((0..20).all(|seed| !is_torn("keep-together", seed)));
    assert!((0..20).any(|seed| is_torn("allow", seed)));
}

#[test]
fn windows_that_overlap_are_in_one_split() {
    let text: String = ('a'..='z').collect();
    let letters: Vec<String> = text.chars().map(String::from).collect();
    let letters: Vec<&str> = letters.iter().map(String::as_str).collect();
    let split = |stride, train| {
        let format = SequenceFormat::TextWindows {
            train: "text".to_owned(),
            test: None,
            windows: Windows { length: 2, stride },
            vocabulary: vocabulary(Unit::Character, &letters),
        };
        let mut fixture = Fixture::new(DataFormat::Sequence(format), vec![30], train);
        fixture.card.steps = Some(Steps { min: 2, max: 2 });
        fixture.card.classes.clear();
        fixture.write("text", text.as_bytes());
        let spec = "dataset = \"made\"\ntrain-size = \"all\"\nval-fraction = 0.25\n\
                    test-fraction = 0.25";
        let sequences = open(&fixture).unwrap_or_else(|error| panic!("{error}"));
        sequences.split(&toml::from_str(spec).unwrap(), 0)
    };
    let splits = split(2, 12).unwrap();
    assert_eq!([splits.train.len(), splits.val.len(), splits.test.len()], [7, 2, 3]);
    let expected = "dataset `made` has windows that overlap, and its splits would share steps; \
                    give its card a `stride` that is no less than `length`";
    assert_eq!(split(1, 24).unwrap_err().to_string(), expected);
}

#[test]
fn steps_are_for_sequences() {
    let mut fixture = Fixture::csv(b"1,2,0\n3,4,1\n5,6,1\n");
    fixture.card.steps = Some(Steps { min: 1, max: 2 });
    let expected = "`steps` is about sequences, its format holds none";
    assert_eq!(fixture.message(), format!("the card of dataset `made`: {expected}"));
}
