//! What is written in each format is read back, whatever the line ends, marks and compression.

use std::collections::BTreeMap;
use std::path::Path;

use fireassay_spec::{
    ArrayPlace, DataFormat, DatasetCard, ExampleCounts, FileCard, Pronunciations, SequenceArrays,
    SequenceFormat, Steps, Unit, VocabularyCard, Windows,
};
use flate2::{Compression, write::GzEncoder};
use proptest::prelude::*;
use sha2::{Digest, Sha256};

use crate::file::hex;
use crate::{SequenceBatch, Vocabulary, open_sequences_with};

const CLASSES: [&str; 2] = ["a", "b c"];

/// How a text is written.
#[derive(Clone, Copy, Debug)]
struct Manner {
    line_end: &'static str,
    has_mark: bool,
    ends_in_line_end: bool,
    is_compressed: bool,
}

fn manners() -> impl Strategy<Value = Manner> {
    let line_ends = prop::sample::select(vec!["\n", "\r\n"]);
    (line_ends, any::<[bool; 3]>()).prop_map(|(line_end, flags)| {
        let [has_mark, ends_in_line_end, is_compressed] = flags;
        Manner { line_end, has_mark, ends_in_line_end, is_compressed }
    })
}

impl Manner {
    fn write(self, lines: &[String]) -> Vec<u8> {
        let mark = if self.has_mark { "\u{feff}" } else { "" };
        let end = if self.ends_in_line_end { self.line_end } else { "" };
        self.packed(format!("{mark}{}{end}", lines.join(self.line_end)).into_bytes())
    }

    fn packed(self, bytes: Vec<u8>) -> Vec<u8> {
        if !self.is_compressed {
            return bytes;
        }
        let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
        std::io::Write::write_all(&mut encoder, &bytes).unwrap();
        encoder.finish().unwrap()
    }
}

/// Sequences of two channels, each with its class.
type Series = Vec<(Vec<[f32; 2]>, usize)>;

fn series() -> impl Strategy<Value = Series> {
    let finite = || prop::num::f32::NORMAL | prop::num::f32::ZERO;
    let steps = prop::collection::vec([finite(), finite()], 1..6);
    prop::collection::vec((steps, 0..CLASSES.len()), 1..6)
}

/// What comes out for each sequence alone: values, tokens, labels, and its group.
type Read = Vec<(Vec<f32>, Vec<u32>, Vec<u32>, Option<u32>)>;

fn read(
    format: SequenceFormat,
    shape: usize,
    lengths: &[usize],
    files: &[(&str, Vec<u8>)],
) -> Read {
    let file = |(name, bytes): &(&str, Vec<u8>)| FileCard {
        path: (*name).to_owned(),
        sha256: hex(&Sha256::digest(bytes)),
        ..FileCard::default()
    };
    let steps = Steps {
        min: lengths.iter().copied().min().unwrap(),
        max: lengths.iter().copied().max().unwrap(),
    };
    let has_classes = format.target_vocabulary().is_none();
    let classes = CLASSES.iter().filter(|_| has_classes).map(|&class| class.to_owned()).collect();
    let card = DatasetCard {
        files: files.iter().map(file).collect(),
        steps: Some(steps),
        ..DatasetCard::new(
            "made",
            vec![shape],
            classes,
            ExampleCounts { train: lengths.len(), test: 0 },
            DataFormat::Sequence(format),
        )
    };
    let sequences = open_sequences_with(&card, Path::new(""), &|path| {
        let file = files.iter().find(|(name, _)| Path::new(name) == path);
        file.map(|(_, bytes)| bytes.clone()).ok_or_else(|| std::io::ErrorKind::NotFound.into())
    });
    let sequences = sequences.unwrap_or_else(|error| panic!("{error}"));
    let alone = |row: u32| {
        let mut batch = SequenceBatch::default();
        sequences.gather(&[row], &mut batch);
        let group = sequences.groups().map(|groups| groups[row as usize]);
        assert_eq!(batch.extent.lengths, [lengths[row as usize]]);
        (batch.values, batch.tokens, batch.labels, group)
    };
    (0..).take(sequences.len()).map(alone).collect()
}

fn vocabulary<'a>(
    unit: Unit,
    texts: impl Iterator<Item = &'a str>,
) -> (Vocabulary, VocabularyCard) {
    let found = Vocabulary::of(unit, texts);
    let card = VocabularyCard { unit, size: found.size(), sha256: found.sha256() };
    (found, card)
}

fn ids(vocabulary: &Vocabulary, text: &str, end: &[u32]) -> Vec<u32> {
    let mut ids = Vec::new();
    vocabulary.encode(text, &mut ids);
    [ids.as_slice(), end].concat()
}

fn chars(text: &str) -> usize {
    text.chars().count()
}

/// Nothing that a format means something by, and nothing that is white space only.
const WORD: &str = "[a-cé한👩]{1,5}";

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, cases: 64, ..Default::default() })]

    #[test]
    fn series_of_ts(series in series(), manner in manners(), blank in "[ \t]?") {
        let mut lines = vec![
            "# made".to_owned(),
            "@Dimensions 2".to_owned(),
            "@classLabel TRUE".to_owned(),
            "@data".to_owned(),
        ];
        for (steps, class) in &series {
            let dimension = |channel: usize| {
                let values: Vec<String> =
                    steps.iter().map(|step| format!("{}{blank}", step[channel])).collect();
                values.join(",")
            };
            lines.push(format!("{}:{}:{}", dimension(0), dimension(1), CLASSES[*class]));
        }
        let format = SequenceFormat::Ts { train: "file".to_owned(), test: None };
        let lengths: Vec<usize> = series.iter().map(|(steps, _)| steps.len()).collect();
        let found = read(format, 2, &lengths, &[("file", manner.write(&lines))]);
        let expected: Read = series
            .iter()
            .map(|(steps, class)| (steps.concat(), vec![], vec![*class as u32], None))
            .collect();
        prop_assert_eq!(found, expected);
    }

    /// Each sequence is a recording, and one window of each length is cut from it.
    #[test]
    fn steps_of_recordings(
        recordings in prop::collection::vec(
            prop::collection::vec((any::<[i16; 2]>(), 0..CLASSES.len()), 3..5), 1..5),
        manner in manners(),
        quote in any::<[bool; 2]>(),
    ) {
        let field = |text: &str, quote: bool| if quote { format!("\"{text}\"") } else { text.to_owned() };
        let mut lines = vec![format!("{},y,note,kind,x", field("who", quote[0]))];
        for (who, recording) in recordings.iter().enumerate() {
            for ([x, y], class) in recording {
                let note = field(if quote[1] { "a, \"\"b\"\"\n" } else { "" }, quote[1]);
                let kind = field(CLASSES[*class], quote[0]);
                lines.push(format!("r{who},{y},{note},{kind},{}", field(&x.to_string(), quote[1])));
            }
        }
        let format = SequenceFormat::StepTable {
            train: vec!["file".to_owned()],
            test: Vec::new(),
            channels: vec!["x".to_owned(), "y".to_owned()],
            label: "kind".to_owned(),
            labels: Vec::new(),
            recording: Some("who".to_owned()),
            windows: Windows { length: 3, stride: 1 },
        };
        let mut expected = Vec::new();
        for (who, recording) in recordings.iter().enumerate() {
            for window in recording.windows(3) {
                let values = window.iter().flat_map(|(step, _)| step.map(f32::from)).collect();
                let labels = window.iter().map(|(_, class)| *class as u32).collect();
                expected.push((values, vec![], labels, Some(who as u32)));
            }
        }
        let lengths = vec![3; expected.len()];
        prop_assert_eq!(read(format, 2, &lengths, &[("file", manner.write(&lines))]), expected);
    }

    #[test]
    fn pairs_of_texts(
        pairs in prop::collection::vec((WORD, WORD), 1..6),
        manner in manners(),
    ) {
        let lines: Vec<String> =
            pairs.iter().map(|(source, target)| format!("{target}\t\t{source} ")).collect();
        let sources: Vec<String> = pairs.iter().map(|(source, _)| format!("{source} ")).collect();
        let (known, source) = vocabulary(Unit::Character, sources.iter().map(String::as_str));
        let (words, target) = vocabulary(Unit::Word, pairs.iter().map(|(_, target)| target.as_str()));
        let format = SequenceFormat::TextPairs {
            train: "file".to_owned(),
            test: None,
            columns: 3,
            source_column: 3,
            target_column: 1,
            source,
            target,
        };
        let lengths: Vec<usize> = sources.iter().map(|source| chars(source)).collect();
        let found = read(format, known.size(), &lengths, &[("file", manner.write(&lines))]);
        let expected: Read = sources
            .iter()
            .zip(&pairs)
            .map(|(source, (_, target))| {
                let labels = ids(&words, target, &[Vocabulary::END]);
                (vec![], ids(&known, source, &[]), labels, None)
            })
            .collect();
        prop_assert_eq!(found, expected);
    }

    #[test]
    fn entries_of_a_dictionary(
        words in prop::collection::btree_map(WORD, prop::collection::vec("[A-C]( [A-C]){0,2}", 1..3), 1..5),
        manner in manners(),
        comment in prop::sample::select(vec!["", " # more", "#"]),
        takes_all in any::<bool>(),
    ) {
        let (mut lines, mut entries) = (vec!["# made".to_owned()], Vec::new());
        for (group, (word, pronunciations)) in words.iter().enumerate() {
            for (index, phonemes) in pronunciations.iter().enumerate() {
                let number = if index == 0 { String::new() } else { format!("({})", index + 1) };
                lines.push(format!("{word}{number}  {phonemes}{comment}"));
                if index == 0 || takes_all {
                    entries.push((word.as_str(), phonemes.as_str(), group as u32));
                }
            }
        }
        let (known, source) = vocabulary(Unit::Character, entries.iter().map(|entry| entry.0));
        let (phonemes, target) = vocabulary(Unit::Word, entries.iter().map(|entry| entry.1));
        let pronunciations = if takes_all { Pronunciations::All } else { Pronunciations::First };
        let (train, test) = ("file".to_owned(), None);
        let format = SequenceFormat::Lexicon { train, test, pronunciations, source, target };
        let lengths: Vec<usize> = entries.iter().map(|entry| chars(entry.0)).collect();
        let found = read(format, known.size(), &lengths, &[("file", manner.write(&lines))]);
        let expected: Read = entries
            .iter()
            .map(|(word, said, group)| {
                let labels = ids(&phonemes, said, &[Vocabulary::END]);
                (vec![], ids(&known, word, &[]), labels, takes_all.then_some(*group))
            })
            .collect();
        prop_assert_eq!(found, expected);
    }

    #[test]
    fn texts_of_classes(
        texts in prop::collection::vec((WORD, 0..CLASSES.len()), 1..8),
        manner in manners(),
    ) {
        let of_class = |class: usize| {
            let texts = texts.iter().filter(|text| text.1 == class);
            texts.map(|text| text.0.clone()).collect::<Vec<String>>()
        };
        let (known, vocabulary) = vocabulary(Unit::Character, texts.iter().map(|text| text.0.as_str()));
        let format = SequenceFormat::TextClasses {
            train: CLASSES.map(|class| (class.to_owned(), format!("{class}.txt"))).into(),
            test: BTreeMap::new(),
            vocabulary,
        };
        let files = [("a.txt", manner.write(&of_class(0))), ("b c.txt", manner.write(&of_class(1)))];
        let in_order = (0..CLASSES.len()).flat_map(|class| of_class(class).into_iter().map(move |text| (text, class)));
        let expected: Read = in_order
            .map(|(text, class)| (vec![], ids(&known, &text, &[]), vec![class as u32], None))
            .collect();
        let lengths: Vec<usize> = expected.iter().map(|row| row.1.len()).collect();
        prop_assert_eq!(read(format, known.size(), &lengths, &files), expected);
    }

    /// A text is one run of characters: its line ends are characters like the others.
    #[test]
    fn windows_of_a_text(
        text in "[a-c\r\né한]{4,30}",
        length in 1..4_usize,
        stride in 1..4_usize,
        manner in manners(),
    ) {
        let (known, card) = vocabulary(Unit::Character, [text.as_str()].into_iter());
        let windows = Windows { length, stride };
        let (train, test) = ("file".to_owned(), None);
        let format = SequenceFormat::TextWindows { train, test, windows, vocabulary: card };
        let tokens = ids(&known, &text, &[]);
        let expected: Read = (0..)
            .map(|index| index * stride)
            .take_while(|start| start + length < tokens.len())
            .map(|start| {
                let next = tokens[start + 1..][..length].to_vec();
                (vec![], tokens[start..][..length].to_vec(), next, None)
            })
            .collect();
        let lengths = vec![length; expected.len()];
        let mark = if manner.has_mark { "\u{feff}" } else { "" };
        let file = manner.packed(format!("{mark}{text}").into_bytes());
        prop_assert_eq!(read(format, known.size(), &lengths, &[("file", file)]), expected);
    }

    /// With lengths all steps stand one after the other.
    #[test]
    fn arrays_with_lengths_and_groups(
        series in series(),
        groups in prop::collection::vec(0..3_u8, 6),
    ) {
        let lengths: Vec<usize> = series.iter().map(|(steps, _)| steps.len()).collect();
        let array = |descr: &str, shape: &str, body: Vec<u8>| {
            let header =
                format!("{{'descr': '{descr}', 'fortran_order': False, 'shape': ({shape})}}");
            let len = (header.len() as u16).to_le_bytes();
            [b"\x93NUMPY\x01\x00", &len[..], header.as_bytes(), &body].concat()
        };
        let total: usize = lengths.iter().sum();
        let values = series.iter().flat_map(|(steps, _)| steps.concat()).flat_map(f32::to_le_bytes);
        let count = series.len();
        let bytes = |numbers: Vec<u8>| array("|u1", &format!("{count},"), numbers);
        let files = [
            ("x.npy", array("<f4", &format!("{total}, 2"), values.collect())),
            ("n.npy", bytes(lengths.iter().map(|&length| length as u8).collect())),
            ("y.npy", bytes(series.iter().map(|(_, class)| *class as u8).collect())),
            ("g.npy", bytes(groups[..count].to_vec())),
        ];
        let place = |file: &str| ArrayPlace { file: file.to_owned(), key: None };
        let train = Box::new(SequenceArrays {
            values: place("x.npy"),
            lengths: Some(place("n.npy")),
            labels: place("y.npy"),
            groups: Some(place("g.npy")),
        });
        let found = read(SequenceFormat::Arrays { train, test: None }, 2, &lengths, &files);
        for ((row, (steps, class)), group) in found.iter().zip(&series).zip(&groups) {
            prop_assert_eq!(&row.0, &steps.concat());
            prop_assert_eq!(&row.2, &[*class as u32]);
            for (other, other_group) in found.iter().zip(&groups) {
                prop_assert_eq!(row.3 == other.3, group == other_group);
            }
        }
    }
}
