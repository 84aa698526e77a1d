//! What becomes of each format of text when it begins with a byte order mark, has the line ends of
//! another system, has line ends inside of quotes, or rows of other lengths.

use fireassay_data::{DataError, SequenceBatch, open_sequences};
use fireassay_spec::{
    DataFormat, Pronunciations, SequenceFormat, Steps, Unit, VocabularyCard, Windows,
};
use sha2::{Digest, Sha256};

use crate::fixture::{Fixture, contents, gzip};

/// A format, what is sound in it, and what is not.
struct Text {
    name: &'static str,
    fixture: fn() -> Fixture,
    /// Lines end in `\n`.
    sound: &'static str,
    /// A line end between quotes: what it holds instead, or the error.
    newline_in_quotes: (&'static str, Result<&'static str, &'static str>),
    /// A row too short and one too long, behind a blank line and with either line end.
    ragged: [(&'static str, &'static str); 2],
}

const TEXTS: [Text; 6] = [
    Text {
        name: "csv",
        fixture: || Fixture::csv(b""),
        sound: "1,2,0\n3,4.5,1\n-5,6,1\n",
        newline_in_quotes: (
            "1,\"2\n\",0\n3,4.5,1\n-5,6,1\n",
            Err("`file`, line 1: 2 columns, expected 3 (the features and a label)"),
        ),
        ragged: [
            (
                "1,2,0\n\n3,1\n-5,6,1\n",
                "`file`, line 3: 2 columns, expected 3 (the features and a label)",
            ),
            (
                "1,2,0\n\n3,4,5,1\n-5,6,1\n",
                "`file`, line 3: 4 columns, expected 3 (the features and a label)",
            ),
        ],
    },
    Text {
        name: "table with commas",
        fixture: || table("comma"),
        sound: "x,c,kind\n1,u,a\n2,v w,b\n",
        newline_in_quotes: (
            "x,\"c\n\",kind\n\"1\n\",u,a\n2,\"v\nw\",b\n",
            Err(
                "`file`, line 5, column `c`: `v\nw` is not one of the card's values; did you mean \
                 `v w`?",
            ),
        ),
        ragged: [
            ("x,c,kind\n1,u,a\n\n2,b\n", "`file`: line 4: 2 columns, expected 3"),
            ("x,c,kind\n1,u,a\n\n2,u,b,\n", "`file`: line 4: 4 columns, expected 3"),
        ],
    },
    Text {
        name: "table with tabs",
        fixture: || table("tab"),
        sound: "x\tc\tkind\n1\tu\ta\n2\tv w\tb\n",
        newline_in_quotes: ("x\t\"c\n\"\tkind\n\"1\n\"\tu\ta\n2\t\"v w\"\tb\n", Ok("")),
        ragged: [
            ("x\tc\tkind\n1\tu\ta\n\n2\tb\n", "`file`: line 4: 2 columns, expected 3"),
            ("x\tc\tkind\n1\tu\ta\n\n2\tu\tb\t\n", "`file`: line 4: 4 columns, expected 3"),
        ],
    },
    Text {
        name: "steps",
        fixture: steps,
        sound: "x,y,state\n1,2,a\n3,4,b\n",
        newline_in_quotes: ("note,x,y,state\n\"1\n2\",1,2,a\n,3,4,b\n", Ok("")),
        ragged: [
            ("x,y,state\n1,2,a\n\n3,b\n", "`file`, line 4: 2 columns, the header has 3"),
            ("x,y,state\n1,2,a\n\n3,4,b,\n", "`file`, line 4: 4 columns, the header has 3"),
        ],
    },
    Text {
        name: "pairs",
        fixture: pairs,
        sound: "ab\tx\nb\ty z\n",
        newline_in_quotes: ("\"a\nb\"\tx\nb\ty z\n", Err("`file`, line 1: 1 columns, expected 2")),
        ragged: [
            ("ab\tx\n\nb\n", "`file`, line 3: 1 columns, expected 2"),
            ("ab\tx\n\nb\ty\tz\n", "`file`, line 3: 3 columns, expected 2"),
        ],
    },
    Text {
        name: "ts",
        fixture: series,
        sound: "@dimensions 2\n@classLabel true a b\n@data\n1,2:3,4:a\n5:6:b\n",
        newline_in_quotes: (
            "@dimensions 2\n@classLabel true a b\n@data\n1,\"2\n\":3,4:a\n5:6:b\n",
            Err("`file`, line 4: 0 dimensions and a class, expected 2"),
        ),
        ragged: [
            (
                "@classLabel true a b\n@data\n1,2:3,4:a\n\n5:6,7:b\n",
                "`file`, line 5: dimension 2 has 2 values, the first 1",
            ),
            (
                "@classLabel true a b\n@data\n1,2:3,4:a\n\n5:6:7:b\n",
                "`file`, line 5: 3 dimensions and a class, expected 2",
            ),
        ],
    },
];

#[test]
fn marks_line_ends_and_compression_change_nothing() {
    for Text { name, fixture, sound, .. } in TEXTS.into_iter().chain(more()) {
        let expected = shown(fixture(), sound.as_bytes());
        assert!(expected.is_ok(), "{name}: {expected:?}");
        let windows = sound.replace('\n', "\r\n");
        let unended = sound.strip_suffix('\n').unwrap_or(sound);
        for text in [
            format!("\u{feff}{sound}"),
            windows.clone(),
            format!("\u{feff}{windows}"),
            unended.to_owned(),
            format!("{sound}\n\n"),
            format!("{windows}\r\n"),
        ] {
            assert_eq!(shown(fixture(), text.as_bytes()), expected, "{name}: {text:?}");
            assert_eq!(shown(fixture(), &gzip(text.as_bytes())), expected, "{name}: {text:?}");
        }
    }
}

#[test]
fn a_line_end_between_quotes_is_part_of_a_field_or_an_error() {
    for Text { name, fixture, sound, newline_in_quotes: (text, expected), .. } in TEXTS {
        let found = shown(fixture(), text.as_bytes());
        match expected {
            Ok(_) => assert_eq!(found, shown(fixture(), sound.as_bytes()), "{name}"),
            Err(message) => assert_eq!(found.unwrap_err(), message, "{name}"),
        }
    }
}

#[test]
fn rows_of_another_length_are_told_with_their_line() {
    for Text { name, fixture, ragged, .. } in TEXTS {
        for (text, expected) in ragged {
            for text in [text.to_owned(), text.replace('\n', "\r\n"), format!("\u{feff}{text}")] {
                let found = shown(fixture(), text.as_bytes());
                assert_eq!(found.unwrap_err(), expected, "{name}: {text:?}");
            }
        }
    }
}

#[test]
fn a_line_end_between_quotes_counts_in_the_lines_that_follow() {
    let text = "note,x,y,state\n\"1\n2\",1,2,a\n,3,4,c\n";
    let expected = "`file`, line 4: column `state`: `c` is the label of no class";
    assert_eq!(shown(steps(), text.as_bytes()).unwrap_err(), expected);
    let windows = text.replace('\n', "\r\n");
    assert_eq!(shown(steps(), windows.as_bytes()).unwrap_err(), expected);
}

#[test]
fn a_file_without_a_byte_is_told() {
    let expected = [
        "`file` has 0 rows of data, its card says 3",
        "`file`: it is empty; the first line names the columns",
        "`file`: it is empty; the first line names the columns",
        "`file`, line 1: there is no column `x`",
        "`file` has 0 examples, its card says 2",
        "`file`, line 1: no `@data` up to here",
        "`file` has 0 examples, its card says 2",
        "`file` has 0 examples, its card says 3",
    ];
    for (Text { name, fixture, .. }, expected) in TEXTS.into_iter().chain(more()).zip(expected) {
        for nothing in ["", "\u{feff}"] {
            let found = shown(fixture(), nothing.as_bytes());
            assert_eq!(found.unwrap_err(), expected, "{name}: {nothing:?}");
        }
    }
}

/// Formats without columns and quotes.
fn more() -> [Text; 2] {
    let nothing = ("", Ok(""));
    let none = [("", ""); 2];
    let (newline_in_quotes, ragged) = (nothing, none);
    [
        Text {
            name: "lexicon",
            fixture: lexicon,
            sound: "ab x\nb y z # a comment\n",
            newline_in_quotes,
            ragged,
        },
        Text {
            name: "texts of a class",
            fixture: names,
            sound: "ab\nb\nc\n",
            newline_in_quotes,
            ragged,
        },
    ]
}

/// All that a file holds, or what is wrong with it.
pub(crate) fn shown(mut fixture: Fixture, bytes: &[u8]) -> Result<String, String> {
    fixture.write("file", bytes);
    if let DataFormat::Csv { train, .. } = &mut fixture.card.format {
        *train = "file".to_owned();
        fixture.card.files.retain(|file| file.path == "file");
    }
    let told = |error: DataError| {
        error.to_string().replace(&format!("{}/", fixture.folder.path().display()), "")
    };
    if fixture.card.steps.is_none() {
        return fixture.open().map(|dataset| format!("{:?}", contents(&dataset))).map_err(told);
    }
    let sequences = open_sequences(&fixture.card, fixture.folder.path()).map_err(told)?;
    let rows: Vec<u32> = (0..).take(sequences.len()).collect();
    let mut batch = SequenceBatch::default();
    sequences.gather(&rows, &mut batch);
    Ok(format!("{batch:?}"))
}

pub(crate) fn table(delimiter: &str) -> Fixture {
    let text = format!(
        "train = [\"file\"]\ntarget = \"kind\"\ndelimiter = \"{delimiter}\"\ncolumns = [\n\
         {{ name = \"x\", kind = \"number\" }},\n\
         {{ name = \"c\", kind = \"category\", values = [\"u\", \"v w\"] }}]"
    );
    Fixture::new(DataFormat::Table(toml::from_str(&text).unwrap()), vec![3], 2)
}

fn sequence(format: SequenceFormat, shape: usize, train: usize, steps: [usize; 2]) -> Fixture {
    let has_classes = format.target_vocabulary().is_none();
    let mut fixture = Fixture::new(DataFormat::Sequence(format), vec![shape], train);
    let [min, max] = steps;
    fixture.card.steps = Some(Steps { min, max });
    if !has_classes {
        fixture.card.classes.clear();
    }
    fixture
}

pub(crate) fn steps() -> Fixture {
    let format = SequenceFormat::StepTable {
        train: vec!["file".to_owned()],
        test: Vec::new(),
        channels: vec!["x".to_owned(), "y".to_owned()],
        label: "state".to_owned(),
        labels: Vec::new(),
        recording: None,
        windows: Windows { length: 2, stride: 1 },
    };
    sequence(format, 2, 1, [2, 2])
}

pub(crate) fn series() -> Fixture {
    let format = SequenceFormat::Ts { train: "file".to_owned(), test: None };
    sequence(format, 2, 2, [1, 2])
}

pub(crate) fn pairs() -> Fixture {
    let format = SequenceFormat::TextPairs {
        train: "file".to_owned(),
        test: None,
        columns: 2,
        source_column: 1,
        target_column: 2,
        source: vocabulary(Unit::Character, &["a", "b"]),
        target: vocabulary(Unit::Word, &["x", "y", "z"]),
    };
    sequence(format, 6, 2, [1, 2])
}

pub(crate) fn lexicon() -> Fixture {
    let format = SequenceFormat::Lexicon {
        train: "file".to_owned(),
        test: None,
        pronunciations: Pronunciations::All,
        source: vocabulary(Unit::Character, &["a", "b"]),
        target: vocabulary(Unit::Word, &["x", "y", "z"]),
    };
    sequence(format, 6, 2, [1, 2])
}

pub(crate) fn names() -> Fixture {
    let format = SequenceFormat::TextClasses {
        train: [("a".to_owned(), "file".to_owned())].into(),
        test: [].into(),
        vocabulary: vocabulary(Unit::Character, &["a", "b", "c"]),
    };
    let mut fixture = sequence(format, 7, 3, [1, 2]);
    fixture.card.classes.truncate(1);
    fixture
}

fn vocabulary(unit: Unit, tokens: &[&str]) -> VocabularyCard {
    let listed: String = tokens.iter().map(|token| format!("{token}\0")).collect();
    let sha256 = Sha256::digest(&listed).iter().map(|byte| format!("{byte:02x}")).collect();
    VocabularyCard { unit, size: VocabularyCard::NUM_SPECIAL + tokens.len(), sha256 }
}
