//! First cards of sequences: series, recordings, arrays and texts.

use std::fs;
use std::io::{Cursor, Write};

use fireassay_data::{Draft, DraftError, draft, verify};
use fireassay_spec::{DataFormat, SequenceFormat, Steps, Unit};
use tempfile::TempDir;
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

use crate::fixture::gzip;

type File<'a> = (&'a str, Vec<u8>);

fn attempt(files: &[File<'_>], target: Option<&str>) -> Result<Draft, DraftError> {
    let folder = TempDir::new().unwrap();
    for (name, bytes) in files {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }
    let draft = draft("mine", folder.path(), target)?;
    verify(&draft.card, &draft.folder).unwrap_or_else(|error| panic!("{error}"));
    Ok(draft)
}

fn drafted(files: &[File<'_>]) -> (Draft, SequenceFormat) {
    let draft = attempt(files, None).unwrap_or_else(|error| panic!("{error}"));
    let DataFormat::Sequence(format) = draft.card.format.clone() else { panic!("no sequences") };
    (draft, format)
}

fn refused(files: &[File<'_>]) -> String {
    attempt(files, None).expect_err("this is no dataset").to_string()
}

fn said(draft: &Draft, note: &str) {
    assert!(draft.notes.iter().any(|other| other.contains(note)), "{:?}", draft.notes);
}

/// Header and lines.
fn ts(classes: &str, lines: &[&str]) -> Vec<u8> {
    let header = "# about\n\n@problemName x\n@timeStamps false\n@univariate false\n";
    format!("{header}@classLabel {classes}\n@data\n{}\n", lines.join("\n")).into_bytes()
}

/// In numpy's own format.
fn npy(descr: &str, shape: &str, numbers: &[u8]) -> Vec<u8> {
    let header = format!("{{'descr': '{descr}', 'fortran_order': False, 'shape': {shape}, }}\n");
    let length = (header.len() as u16).to_le_bytes();
    [b"\x93NUMPY\x01\x00", &length[..], header.as_bytes(), numbers].concat()
}

fn floats(n: u8) -> Vec<u8> {
    (0..n).flat_map(|value| f32::from(value).to_le_bytes()).collect()
}

fn npz(arrays: &[(&str, Vec<u8>)]) -> Vec<u8> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in arrays {
        zip.start_file(format!("{name}.npy"), SimpleFileOptions::default()).unwrap();
        zip.write_all(bytes).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

/// A recording of `steps` steps of two channels; the class changes every four.
fn recording(steps: usize, columns: &str) -> Vec<u8> {
    let rows = (0..steps).map(|step| {
        format!("{step}.5,{},{},{}\n", step % 3, step * step, ["walk", "rest"][step / 4 % 2])
    });
    [columns.to_owned()].into_iter().chain(rows).collect::<String>().into_bytes()
}

#[test]
fn series_have_the_classes_of_their_header_and_the_sizes_of_their_lines() {
    let train = ts("true b a c", &["1,2,3:4,5,6:a", "7,8:9,10:b"]);
    let test = ts("true b a c", &["1,2,3,4:5,6,7,8:c"]);
    let (draft, format) = drafted(&[("X_TEST.ts.gz", gzip(&test)), ("X_TRAIN.ts", train)]);
    let expected = SequenceFormat::Ts {
        train: "X_TRAIN.ts".to_owned(),
        test: Some("X_TEST.ts.gz".to_owned()),
    };
    assert_eq!(format, expected);
    assert_eq!(draft.card.classes, ["b", "a", "c"]);
    assert_eq!(
        (draft.card.shape.as_slice(), draft.card.steps),
        (&[2][..], Some(Steps { min: 2, max: 4 }))
    );
    assert_eq!((draft.card.examples.train, draft.card.examples.test), (2, 1));
    assert_eq!(draft.card.normalise.mean, [4.2, 6.8]); // 21 / 5, 34 / 5
    said(&draft, "class `c` has no train example");
}

#[test]
fn what_is_no_series_is_told() {
    let check = |bytes: Vec<u8>, expected: &str| {
        let message = refused(&[("x.ts", bytes)]);
        assert!(message.contains(expected), "{message}");
    };
    check(Vec::new(), "there is no line `@data`");
    check(b"export const x: number = 1;\n".to_vec(), "there is no line `@data`");
    check(ts("true a b", &[]), "there is no series behind `@data`");
    check(ts("false", &["1,2:3.5"]), "its header has no `@classLabel true`");
    check(
        ts("true a", &["1,2:a"]),
        "its series are of 1 different classes, 2 to 1000 are expected",
    );
    check(ts("true a b", &["1,2:a", "1,?:b"]), "line 9: dimension 1, value 2: a value is missing");
    check(ts("true a b", &["1,2:a", "1,2:3,4:b"]), "line 9: 2 dimensions and a class, expected 1");
    check([&ts("true a b", &["1:a"])[..], b"\xff"].concat(), "line 9: this is not UTF-8");
    let both = [("a.ts", ts("true a b", &["1:a"])), ("b.ts", ts("true a b", &["1:a"]))];
    assert!(refused(&both).contains("several series files"));
}

#[test]
fn rows_with_a_time_are_steps_of_a_recording() {
    let (draft, format) = drafted(&[("a.csv", recording(20, "Time (s),x,y,activity\n"))]);
    let SequenceFormat::StepTable { channels, label, windows, recording: of, .. } = format else {
        panic!("no steps")
    };
    assert_eq!(
        (channels.as_slice(), label.as_str(), of),
        (&["x".to_owned(), "y".to_owned()][..], "activity", None)
    );
    assert_eq!((windows.length, windows.stride), (8, 8));
    assert_eq!((draft.card.examples.train, draft.card.examples.test), (2, 0));
    assert_eq!(draft.card.classes, ["rest", "walk"]);
    said(&draft, "column `Time (s)` goes up, so rows are taken for steps in time");
    said(&draft, "windows of 8 steps are a guess");
    said(&draft, "`split = \"stratified-across-groups\"`");

    let header = "t,x,y,activity\n";
    let files = [
        ("a.csv", recording(170, header)),
        ("b.csv", recording(90, header)),
        ("test.csv", recording(40, header)),
    ];
    let (draft, format) = drafted(&files);
    let SequenceFormat::StepTable { train, test, windows, .. } = format else { panic!("no steps") };
    assert_eq!((train.len(), test.len(), windows.length), (2, 1, 8));
    assert_eq!((draft.card.examples.train, draft.card.examples.test), (21 + 11, 5));
    assert!(!draft.notes.iter().any(|note| note.contains("one recording only")));
}

#[test]
fn recordings_of_one_file_are_told_by_a_column() {
    let mut text = "subject,time,x,label\n".to_owned();
    for subject in ["s2", "s1"] {
        text.extend((0..400).map(|t| format!("{subject},{t},{},{}\n", t % 7, t / 100 % 2)));
    }
    let (draft, format) = drafted(&[("a.csv", text.clone().into_bytes())]);
    let SequenceFormat::StepTable { recording, windows, .. } = format else { panic!("no steps") };
    assert_eq!((recording.as_deref(), windows.length), (Some("subject"), 32));
    assert_eq!(draft.card.examples.train, 24);
    // Without an order in time, rows are examples.
    let shuffled = text.replace("s1,0,", "s1,399.5,");
    let draft = attempt(&[("a.csv", shuffled.into_bytes())], None).unwrap();
    assert!(matches!(draft.card.format, DataFormat::Table(_)));
    said(&draft, "column `subject` may say whose each row is");
}

#[test]
fn one_class_at_all_steps_is_noted_and_no_channel_is_refused() {
    let one = String::from_utf8(recording(20, "time,x,y,label\n")).unwrap().replace("walk", "rest");
    let (draft, _) = drafted(&[("a.csv", one.clone().into_bytes())]);
    assert_eq!(draft.card.classes, ["rest", "another"]);
    said(&draft, "every step is of class `rest`; a second one in `classes` is a guess");
    said(&draft, "class `another` has no train example");
    let texts: String = (0..9).map(|t| format!("{t},up,{}\n", t % 2)).collect();
    let message = refused(&[("a.csv", format!("time,x,label\n{texts}").into_bytes())]);
    assert!(message.contains("no column can be a channel"), "{message}");
}

#[test]
fn arrays_with_lengths_are_sequences_one_after_the_other() {
    let arrays = |values: &str, n| {
        npz(&[
            ("X", npy("<f4", values, &floats(n))),
            ("lengths", npy("<i8", "(3,)", &[3u64, 1, 2].map(u64::to_le_bytes).concat())),
            ("side", npy("|u1", "(3,)", &[0, 1, 1])),
            ("subject", npy("|u1", "(3,)", &[4, 4, 9])),
            ("y", npy("|u1", "(3,)", &[0, 2, 1])),
        ])
    };
    let (draft, format) = drafted(&[("watch.npz", arrays("(6, 2)", 12))]);
    let SequenceFormat::Arrays { train, test: None } = format else { panic!("no arrays") };
    let key = |place: &Option<fireassay_spec::ArrayPlace>| place.clone().unwrap().key.unwrap();
    assert_eq!(
        (key(&train.lengths), key(&train.groups)),
        ("lengths".to_owned(), "subject".to_owned())
    );
    assert_eq!(
        (draft.card.shape.as_slice(), draft.card.steps),
        (&[2][..], Some(Steps { min: 1, max: 3 }))
    );
    assert_eq!(draft.card.classes, ["0", "1", "2"]);
    said(&draft, "array `side` is left out");
    said(&draft, "array `subject` tells whose each example is");
    let message = refused(&[("watch.npz", arrays("(3, 3, 2)", 18))]);
    let expected = "`X` has shape [3, 3, 2]; with lengths, all 6 steps of all examples stand one \
                    after the other, [6, channels]. In numpy: np.concatenate(";
    assert!(message.contains(expected), "{message}");
}

#[test]
fn arrays_of_one_length_are_sequences_unless_they_look_like_images() {
    let arrays = |descr: &str, shape: &str, bytes: &[u8]| {
        npz(&[("X_train", npy(descr, shape, bytes)), ("y_train", npy("|u1", "(2,)", &[0, 1]))])
    };
    let (draft, _) = drafted(&[("a.npz", arrays("<f4", "(2, 5, 3)", &floats(30)))]);
    assert_eq!(
        (draft.card.shape.as_slice(), draft.card.steps),
        (&[3][..], Some(Steps { min: 5, max: 5 }))
    );
    said(&draft, "`X_train` [examples, 5, 3] is taken for 5 steps of 3 channels");
    for (descr, shape, bytes) in
        [("<f4", "(2, 3, 3)", floats(18)), ("|u1", "(2, 5, 3)", vec![7; 30])]
    {
        let draft = attempt(&[("a.npz", arrays(descr, shape, &bytes))], None).unwrap();
        assert_eq!(draft.card.shape.len(), 3, "an image");
    }
}

#[test]
fn a_file_of_texts_is_a_class() {
    let files = [
        ("LICENSE.txt", b"do as you like".to_vec()),
        ("Korean.txt", "한글\n김\n".as_bytes().to_vec()),
        ("Scottish.txt", b"Smith\r\n\r\nRoss\r\n".to_vec()),
    ];
    let (draft, format) = drafted(&files);
    let SequenceFormat::TextClasses { train, vocabulary, .. } = format else {
        panic!("no classes")
    };
    assert_eq!(train.keys().collect::<Vec<_>>(), ["Korean", "Scottish"]);
    assert_eq!((vocabulary.unit, vocabulary.size), (Unit::Character, 4 + 3 + 8));
    assert_eq!(draft.card.shape, [15]);
    assert_eq!((draft.card.examples.train, draft.card.steps), (4, Some(Steps { min: 1, max: 5 })));
    let parts = [
        ("test/a.txt", b"ab\n".to_vec()),
        ("test/b.txt", b"z\n".to_vec()),
        ("train/a.txt", b"a\n".to_vec()),
        ("train/b.txt", b"b\nba\n".to_vec()),
    ];
    let (draft, _) = drafted(&parts);
    assert_eq!((draft.card.examples.train, draft.card.examples.test), (3, 2));
    assert!(refused(&parts[1..]).contains("are not of the same classes"));
    let message = refused(&[("a/x.txt", vec![]), ("b/x.txt", vec![]), ("c.txt", vec![])]);
    assert!(message.contains("`a/x.txt` and `b/x.txt` are both called `x`"), "{message}");
    let empty = [("a.txt", vec![]), ("b.txt", b"\n".to_vec()), ("c.txt", vec![])];
    assert!(refused(&empty).contains("there is no text in it"));
}

#[test]
fn sentences_with_a_tab_between_are_pairs() {
    let pairs = "Hi.\t안녕.\tby ann\nWho?\t누구?\tby ben\n".as_bytes().to_vec();
    for name in ["kor.txt", "kor.tsv"] {
        let (draft, format) = drafted(&[(name, pairs.clone())]);
        let SequenceFormat::TextPairs { columns, source, target, .. } = format else {
            panic!("{name}")
        };
        assert_eq!((columns, source.size, target.size), (3, 4 + 7, 4 + 6));
        assert_eq!(draft.card.steps, Some(Steps { min: 3, max: 4 }));
        said(&draft, "column 3 is left out");
        assert!(draft.card.classes.is_empty());
    }
    // Numbers, or a class, make it a table.
    let rows = b"a\tkind\n1.5\tx\n2.5\ty\n3\tx\n4\ty\n".to_vec();
    assert!(matches!(attempt(&[("a.tsv", rows)], None).unwrap().card.format, DataFormat::Table(_)));
}

#[test]
fn one_long_text_is_cut_into_windows() {
    let text = "to be or not to be, that is the question\n".repeat(30);
    let (draft, format) = drafted(&[("input.txt", text.clone().into_bytes())]);
    let SequenceFormat::TextWindows { windows, .. } = format else { panic!("no windows") };
    assert_eq!((windows.length, draft.card.examples.train), (128, 9)); // 1229 / 128
    let (draft, _) = drafted(&[("input.txt", text.as_bytes()[..81].to_vec())]);
    assert_eq!(
        (draft.card.steps, draft.card.examples.train),
        (Some(Steps { min: 10, max: 10 }), 8)
    );
    assert!(refused(&[("input.txt", b"to be".to_vec())]).contains("too short a text"));
    let message = refused(&[("input.txt", b"to be\nor \xe9\n".to_vec())]);
    assert!(message.ends_with("input.txt`, line 2: this is not UTF-8"), "{message}");
    let many: String = (0x1_0000..0x2_0000).filter_map(char::from_u32).chain('a'..='z').collect();
    let message = refused(&[("input.txt", many.into_bytes())]);
    assert!(message.contains("65566 different characters, more than the 65536"), "{message}");
}

#[test]
fn a_dictionary_is_words_and_phonemes() {
    let text = b"a AH0\na(2) EY1 # letter\nox AA1 K S\n".to_vec();
    let (draft, format) = drafted(&[("cmudict.dict", text), ("notes.txt", b"see".to_vec())]);
    let SequenceFormat::Lexicon { source, target, .. } = format else { panic!("no dictionary") };
    assert_eq!((source.size, target.unit, target.size), (4 + 3, Unit::Word, 4 + 4));
    assert_eq!(draft.card.examples.train, 2);
    let message = refused(&[("a.dict", b"a AH0\nox\n".to_vec())]);
    assert!(message.ends_with("a.dict`, line 2: a word without phonemes"), "{message}");
}

#[test]
fn texts_beside_other_files_explain_them() {
    let csv = ("a.csv", b"1,2,0\n3,4,1\n".to_vec());
    let draft = attempt(&[csv, ("about.txt", b"rows of numbers".to_vec())], None).unwrap();
    assert!(matches!(draft.card.format, DataFormat::Csv { .. }));
    let mixed = [("a.csv", b"1,0\n2,1\n".to_vec()), ("b.ts", ts("true a b", &["1:a"]))];
    let message = refused(&mixed);
    assert!(message.contains("it holds series (.ts) and text tables; a dataset is of one kind"));
}
