//! Whatever the bytes, each parser gives what its card says, or an error.

use std::collections::BTreeMap;
use std::io::ErrorKind;
use std::path::Path;

use fireassay_spec::{
    DataFormat, DatasetCard, ExampleCounts, FileCard, Pronunciations, SequenceFormat, Steps, Unit,
    VocabularyCard, Windows,
};
use proptest::prelude::*;
use proptest::sample::Index;
use sha2::{Digest, Sha256};

use crate::file::hex;
use crate::{DataError, SequenceBatch, Sequences, Vocabulary, open_sequences_with};

const TS: &str = "\
# a comment\n@problemName Made\n@timeStamps false\n@missing false\n@univariate false\n\
@dimensions 2\n@equalLength false\n@classLabel true a b\n@data\n\
1,2,3:-4,5.5,6e1:a\n\n7:8:b\n";
const STEPS: &str = "time,x,y,state\n0,1,2,a\n1,3,4,b\n2,5,6,b\n3,7,8,a\n4,9,10,a\n";
const PAIRS: &str = "Go.\t가.\tby a\nHi\t안녕\tby b\n";
const LEXICON: &str = "ab A1 B # a comment\nab(2) A0 B\nc C\n";
const NAMES: &str = "Ahn\r\nÉa\r\n";
const TEXT: &str = "to be or not";

/// Each with its text and what it holds: (lengths, labels), row by row.
fn cases() -> [(DatasetCard, &'static str); 6] {
    let vocabulary = |text: &str, unit| {
        let found = Vocabulary::of(unit, text.split('\n'));
        VocabularyCard { unit, size: found.size(), sha256: found.sha256() }
    };
    let [train, test] = ["file".to_owned(), String::new()];
    let no_test = || Some(test.clone()).filter(|name| !name.is_empty());
    let character = |text| vocabulary(text, Unit::Character);
    let ts = SequenceFormat::Ts { train: train.clone(), test: no_test() };
    let steps = SequenceFormat::StepTable {
        train: vec![train.clone()],
        test: Vec::new(),
        channels: vec!["y".to_owned(), "x".to_owned()],
        label: "state".to_owned(),
        labels: Vec::new(),
        recording: None,
        windows: Windows { length: 3, stride: 2 },
    };
    let pairs = SequenceFormat::TextPairs {
        train: train.clone(),
        test: no_test(),
        columns: 3,
        source_column: 1,
        target_column: 2,
        source: character("Go.\nHi"),
        target: character("가.\n안녕"),
    };
    let lexicon = SequenceFormat::Lexicon {
        train: train.clone(),
        test: no_test(),
        pronunciations: Pronunciations::All,
        source: character("ab\nc"),
        target: vocabulary("A1 B A0 C", Unit::Word),
    };
    let names = SequenceFormat::TextClasses {
        train: BTreeMap::from([("a".to_owned(), train.clone())]),
        test: BTreeMap::new(),
        vocabulary: character("Ahn\nÉa"),
    };
    let windows = SequenceFormat::TextWindows {
        train,
        test: no_test(),
        windows: Windows { length: 5, stride: 3 },
        vocabulary: character(TEXT),
    };
    [
        (card(ts, 2, [1, 3], &["a", "b"]), TS),
        (card(steps, 2, [3, 3], &["a", "b"]), STEPS),
        (card(pairs, 2, [2, 3], &[]), PAIRS),
        (card(lexicon, 3, [1, 2], &[]), LEXICON),
        (card(names, 2, [2, 3], &["a"]), NAMES),
        (card(windows, 3, [5, 5], &[]), TEXT),
    ]
}

fn card(
    format: SequenceFormat,
    train: usize,
    [min, max]: [usize; 2],
    classes: &[&str],
) -> DatasetCard {
    DatasetCard {
        steps: Some(Steps { min, max }),
        ..DatasetCard::new(
            "made",
            vec![format.vocabulary().map_or(2, |vocabulary| vocabulary.size)],
            classes.iter().map(|&class| class.to_owned()).collect(),
            ExampleCounts { train, test: 0 },
            DataFormat::Sequence(format),
        )
    }
}

fn open(card: &DatasetCard, bytes: &[u8]) -> Result<Sequences, DataError> {
    let sha256 = hex(&Sha256::digest(bytes));
    let file = FileCard { path: "file".to_owned(), sha256, ..FileCard::default() };
    let card = DatasetCard { files: vec![file], ..card.clone() };
    open_sequences_with(&card, Path::new(""), &|path| match path.to_str() {
        Some("file") => Ok(bytes.to_vec()),
        _ => Err(ErrorKind::NotFound.into()),
    })
}

/// Opens the bytes; if that succeeds, all must be as the card says.
fn check(card: &DatasetCard, bytes: &[u8]) -> bool {
    let Ok(sequences) = open(card, bytes) else { return false };
    let rows: Vec<u32> = (0..).take(sequences.len()).collect();
    let mut batch = SequenceBatch::default();
    sequences.gather(&rows, &mut batch);
    let steps = card.steps.unwrap();
    assert_eq!(batch.extent.lengths.len(), card.examples.train);
    assert_eq!(batch.extent.lengths.iter().copied().min(), Some(steps.min));
    assert_eq!(batch.extent.lengths.iter().copied().max(), Some(steps.max));
    assert_eq!(batch.extent.mask.len(), rows.len() * steps.max);
    assert!(batch.values.is_empty() || batch.values.len() == rows.len() * steps.max * 2);
    assert!(batch.tokens.is_empty() || batch.tokens.len() == rows.len() * steps.max);
    assert!(batch.values.iter().all(|value| value.is_finite()));
    assert!(batch.tokens.iter().all(|&token| (token as usize) < card.shape[0]));
    // Alone, nothing is padded: a batch adds nothing but that.
    for (&row, place) in rows.iter().zip(0..) {
        let mut alone = SequenceBatch::default();
        sequences.gather(&[row], &mut alone);
        assert!(alone.extent.mask.iter().all(|&there| there));
        let len = alone.extent.steps;
        let mask = &batch.extent.mask[place * steps.max..][..steps.max];
        assert!(mask.iter().zip(0..).all(|(&there, step)| there == (step < len)));
        if !batch.values.is_empty() {
            let padded = &batch.values[place * steps.max * 2..][..steps.max * 2];
            assert_eq!(padded[..len * 2], alone.values);
            assert!(padded[len * 2..].iter().all(|&value| value == 0.0));
        } else {
            let padded = &batch.tokens[place * steps.max..][..steps.max];
            assert_eq!(padded[..len], alone.tokens);
            assert!(padded[len..].iter().all(|&token| token == Vocabulary::PADDING));
        }
    }
    true
}

#[test]
fn the_undamaged_files_hold_what_they_say() {
    let expected: [(&[usize], &[u32]); 6] = [
        (&[3, 1], &[0, 1]),
        (&[3, 3], &[0, 1, 1, 1, 0, 0]),
        // 가 . end, 안 녕 end
        (&[3, 2], &[5, 4, 3, 7, 6, 3]),
        // A1 B end, A0 B end, C end and padding
        (&[2, 2, 1], &[5, 6, 3, 4, 6, 3, 7, 3, 0]),
        (&[3, 2], &[0, 0]),
        // the text from its second token on, and so on by three
        (&[5, 5, 5], &[8, 4, 5, 6, 4, 6, 4, 8, 9, 4, 9, 4, 7, 8, 10]),
    ];
    for ((card, text), (lengths, labels)) in cases().iter().zip(expected) {
        let sequences = open(card, text.as_bytes()).unwrap_or_else(|error| panic!("{error}"));
        assert!(check(card, text.as_bytes()));
        let mut batch = SequenceBatch::default();
        sequences.gather(&(0..).take(lengths.len()).collect::<Vec<u32>>(), &mut batch);
        assert_eq!(batch.extent.lengths, lengths, "{text}");
        assert_eq!(batch.labels, labels, "{text}");
    }
    let values = |index: usize, row| {
        let (card, text) = &cases()[index];
        let mut batch = SequenceBatch::default();
        open(card, text.as_bytes()).unwrap().gather(&[row], &mut batch);
        batch.values
    };
    assert_eq!(values(0, 0), [1.0, -4.0, 2.0, 5.5, 3.0, 60.0]);
    assert_eq!(values(1, 1), [6.0, 5.0, 8.0, 7.0, 10.0, 9.0]);
}

#[test]
fn groups_are_recordings_and_words() {
    let groups = |index: usize| {
        let (card, text) = &cases()[index];
        open(card, text.as_bytes()).unwrap().groups().map(<[u32]>::to_vec)
    };
    assert_eq!(groups(3), Some(vec![0, 0, 1]));
    assert_eq!(groups(1), Some(vec![0, 0]));
    assert_eq!(groups(0), None);
    let (mut card, _) = cases()[1].clone();
    if let DataFormat::Sequence(SequenceFormat::StepTable { recording, .. }) = &mut card.format {
        *recording = Some("time".to_owned());
    }
    let text = STEPS.replace("\n1,", "\n0,").replace("\n2,", "\n0,").replace("\n4,", "\n3,");
    let text = format!("{text}3,11,12,a\n3,13,14,b\n3,0,0,b\n");
    card.examples.train = 3;
    let sequences = open(&card, text.as_bytes()).unwrap();
    assert_eq!(sequences.groups().unwrap(), [0, 1, 1]);
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..Default::default() })]

    #[test]
    fn any_bytes(bytes in prop::collection::vec(any::<u8>(), 0..64), index in 0usize..6) {
        check(&cases()[index].0, &bytes);
    }

    #[test]
    fn damaged_files(
        index in 0usize..6,
        edits in prop::collection::vec((0u8..6, any::<Index>(), any::<u8>()), 0..4),
    ) {
        let (card, text) = &cases()[index];
        let mut bytes = text.as_bytes().to_vec();
        for (kind, at, byte) in edits {
            let at = at.index(bytes.len() + 1);
            match kind {
                0 => bytes.truncate(at),
                1 => bytes.insert(at, byte),
                _ => bytes.iter_mut().skip(at).take(1).for_each(|b| *b = byte),
            }
        }
        check(card, &bytes);
    }

    #[test]
    fn anything_like_series(text in "(@data\n|@dimensions |@classLabel true a|[-0-9e.,:ab?\n\r ]){0,40}") {
        check(&cases()[0].0, text.as_bytes());
        check(&cases()[1].0, format!("x,y,state\n{text}").as_bytes());
    }
}
