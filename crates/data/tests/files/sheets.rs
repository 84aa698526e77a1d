//! Sheets of sequences: what is drawn where, and that the same picture is the same bytes.

use std::fs;
use std::io::Cursor;

use fireassay_data::inspect::{Part, Sheet};
use fireassay_data::{DataError, Sequences, draft, open_sequences};
use tempfile::TempDir;

/// Drafted, and opened.
fn sequences(files: &[(&str, &str)]) -> Sequences {
    let folder = TempDir::new().unwrap();
    for (name, text) in files {
        fs::write(folder.path().join(name), text).unwrap();
    }
    let draft = draft("mine", folder.path(), None).unwrap_or_else(|error| panic!("{error}"));
    let opened = open_sequences(&draft.card, &draft.folder);
    opened.unwrap_or_else(|error: DataError| panic!("{error}"))
}

fn sheet(sequences: &Sequences, part: Part) -> Sheet {
    let sheet = sequences.sheet(part).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(sheet, sequences.sheet(part).unwrap(), "the same picture is the same bytes");
    sheet
}

/// Width and the pixels, checked against the size that the sheet states.
fn pixels(sheet: &Sheet) -> (usize, Vec<[u8; 3]>) {
    let mut reader = png::Decoder::new(Cursor::new(&sheet.png)).read_info().unwrap();
    let mut buffer = vec![0; reader.output_buffer_size().unwrap()];
    let info = reader.next_frame(&mut buffer).unwrap();
    assert_eq!((info.width as usize, info.height as usize), sheet.size);
    (sheet.size.0, buffer.as_chunks().0.to_vec())
}

/// How many pixels are of this colour.
fn count(sheet: &Sheet, colour: [u8; 3]) -> usize {
    pixels(sheet).1.iter().filter(|&&pixel| pixel == colour).count()
}

const BLUE: [u8; 3] = [0, 114, 178];
const ORANGE: [u8; 3] = [230, 159, 0];
const PAPER: [u8; 3] = [240; 3];

fn series(lines: &[String]) -> String {
    format!("@classLabel true up down\n@data\n{}\n", lines.join("\n"))
}

#[test]
fn series_are_tiles_as_long_as_they_are() {
    let ramp = |steps: usize, sign: i64| {
        let values: Vec<String> = (0..steps as i64).map(|v| (sign * v).to_string()).collect();
        values.join(",")
    };
    let lines = [
        format!("{}:{}:up", ramp(96, 1), ramp(96, -1)),
        format!("{}:{}:down", ramp(48, -1), ramp(48, 1)),
    ];
    let sequences =
        sequences(&[("a_TRAIN.ts", &series(&lines)), ("a_TEST.ts", &series(&lines[..1]))]);
    let train = sheet(&sequences, Part::Train);
    assert_eq!(train.num_classes, 2);
    // A tile of 192 pixels for 96 steps, and one of 95 for 48; each two lanes of 32 and one beside.
    let (first, second) = (192 * 96, 95 * 96);
    let drawn = [PAPER, BLUE, ORANGE].map(|colour| count(&train, colour));
    assert_eq!(drawn.iter().sum::<usize>(), first + second);
    // A line has a pixel in each column at least, if it is not where the lines cross.
    assert!(drawn[1] >= 192 + 95 - 4 && drawn[2] >= 192 + 95, "{drawn:?}");
    let test = sheet(&sequences, Part::Test);
    let drawn = [PAPER, BLUE, ORANGE].map(|colour| count(&test, colour));
    assert_eq!(drawn.iter().sum::<usize>(), first);
}

#[test]
fn a_class_at_every_step_is_a_strip_below() {
    let rows: String = (0..64).map(|t| format!("{t},{},{}\n", t % 5, t / 4 % 2)).collect();
    let sequences = sequences(&[("a.csv", &format!("time,x,label\n{rows}"))]);
    assert_eq!((sequences.len(), sequences.shape()), (8, &[1][..]));
    let sheet = sheet(&sequences, Part::Train);
    // Four of eight steps are of the second class, 192 pixels wide for all, 6 high; and its square of
    // 14 in the legend. Blue is the line, too.
    let orange = count(&sheet, ORANGE);
    assert!((8 * 6 * 80 + 196..=8 * 6 * 112 + 196).contains(&orange), "{orange}");
}

#[test]
fn texts_are_lines_of_letters_and_of_code_points() {
    let plain = sequences(&[("a.txt", "abc\nbca\n"), ("b.txt", "cab\n")]);
    let size = |sequences: &Sequences| sheet(sequences, Part::Train).size;
    // A line of 18 pixels for each text and 4 for each class; 12 for each letter.
    assert_eq!(size(&plain), (4 + 12 * (1 + 1) + 3 * 12 + 4, 4 + 3 * 18 + 2 * 4));
    let pairs = sequences(&[("kor.txt", "Hi.\t안녕.\nGo.\t가\n")]);
    let drawn = sheet(&pairs, Part::Train);
    // An arrow and two blanks before what belongs to a text.
    assert_eq!(drawn.size, (4 + 12 + 6 * 12 + 4, 4 + 4 * 18));
    assert!(count(&drawn, BLUE) > 0, "targets are blue");
    let long = sequences(&[("input.txt", &"to be or not to be\n".repeat(99))]);
    assert_eq!(size(&long).0, 4 + 12 + 96 * 12 + 4);
}

#[test]
fn neither_many_channels_nor_odd_values_break_a_sheet() {
    let constant = vec!["7"; 40].join(":");
    let lines = [format!("{constant}:up"), format!("{}:down", constant.replace('7', "1e30"))];
    let wide = sequences(&[("a.ts", &series(&lines))]);
    let drawn = sheet(&wide, Part::Train);
    assert_eq!(wide.shape(), [40]);
    assert!(drawn.size.1 < 600, "only the first 16 channels are drawn: {:?}", drawn.size);
}
