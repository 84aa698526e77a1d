//! What is found by looking at a dataset: duplicates that were planted, figures, pictures.

use std::io::Cursor;
use std::path::{Path, PathBuf};

use fireassay_data::inspect::{Contents, Copies, Lookalike, Part};
use fireassay_spec::{DataFormat, DatasetCard};

use crate::fixture::Fixture;

const SIDE: usize = 16;

/// A picture of its own for each number, seen from (right, down) pixels aside.
fn picture(number: usize, (right, down): (usize, usize)) -> Vec<u8> {
    let bump = |x: usize, y: usize, k: usize| {
        let mixed = (number * 8 + k).wrapping_mul(2_654_435_761) >> 7;
        let (dx, dy) = (x.abs_diff(4 + mixed % 10), y.abs_diff(4 + mixed / 10 % 10));
        200 / (1 + dx * dx + dy * dy)
    };
    let at =
        |x: usize, y: usize| (20 + (0..6).map(|k| bump(x, y, k)).sum::<usize>()).min(240) as u8;
    (0..SIDE).flat_map(|y| (0..SIDE).map(move |x| at(x + right, y + down))).collect()
}

fn idx(images: &[(Vec<u8>, u8)]) -> (Vec<u8>, Vec<u8>) {
    let n = images.len() as u8;
    let mut values = vec![0, 0, 8, 3, 0, 0, 0, n, 0, 0, 0, SIDE as u8, 0, 0, 0, SIDE as u8];
    let mut labels = vec![0, 0, 8, 1, 0, 0, 0, n];
    for (image, label) in images {
        values.extend(image);
        labels.push(*label);
    }
    (values, labels)
}

fn contents(train: &[(Vec<u8>, u8)], test: &[(Vec<u8>, u8)]) -> Contents {
    let has_test = !test.is_empty();
    let named = |name: &str| has_test.then(|| name.to_owned());
    let format = DataFormat::Idx {
        train_images: "train-images".to_owned(),
        train_labels: "train-labels".to_owned(),
        test_images: named("test-images"),
        test_labels: named("test-labels"),
    };
    let mut fixture = Fixture::new(format, vec![1, SIDE, SIDE], train.len());
    fixture.card.examples.test = test.len();
    for (part, images) in [("train", train), ("test", test)] {
        let (values, labels) = idx(images);
        if !images.is_empty() {
            fixture.write(&format!("{part}-images"), &values);
            fixture.write(&format!("{part}-labels"), &labels);
        }
    }
    Contents::open(&fixture.card, fixture.folder.path()).unwrap()
}

fn brighter(picture: &[u8], by: u8) -> Vec<u8> {
    picture.iter().map(|value| value + by).collect()
}

/// Up and down by so much, in no pattern.
fn noisy(picture: &[u8], by: i32) -> Vec<u8> {
    let noise = |at: usize| (at.wrapping_mul(2_654_435_761) >> 13 & 1) as i32 * 2 - 1;
    let pixels = picture.iter().enumerate();
    pixels.map(|(at, &value)| (i32::from(value) + by * noise(at)).clamp(0, 255) as u8).collect()
}

#[test]
fn planted_duplicates_are_found_and_nothing_else() {
    let plain = |number| picture(number, (0, 0));
    let mut train: Vec<(Vec<u8>, u8)> = (0..8).map(|n| (plain(n), (n % 2) as u8)).collect();
    train.push((plain(0), 1)); // row 8, of another class
    let test = [
        (plain(2), 0),               // row 9
        (brighter(&plain(3), 1), 1), // row 10
        (picture(4, (1, 0)), 0),     // row 11
        (plain(20), 0),              // row 12
        (noisy(&plain(5), 1), 1),    // row 13
        (noisy(&plain(6), 60), 0),   // row 14
        (vec![77; SIDE * SIDE], 0),  // row 15
    ];
    let contents = contents(&train, &test);
    let copies = contents.copies();
    let expected = [(vec![0, 8], true), (vec![2, 9], false)];
    let expected = expected.map(|(rows, disagree)| Copies { rows, disagree });
    assert_eq!(copies, expected);
    assert_eq!(copies[1].count(Part::Train, &contents), 1);
    assert_eq!(copies[1].count(Part::Test, &contents), 1);
    let found = contents.lookalikes(&copies);
    let pairs: Vec<(u32, u32)> = found.iter().map(|pair| (pair.row, pair.other)).collect();
    assert_eq!(pairs, [(10, 3), (11, 4), (13, 5)], "{found:?}");
    // Brightness and shift aside, nothing differs.
    assert_eq!((found[0].difference, found[1].difference), (0.0, 0.0));
    assert!(found[2].difference > 0.01 && found[2].difference < 0.1, "{found:?}");
}

#[test]
fn a_shift_by_a_pixel_is_seen_in_every_direction() {
    for shift in [(0, 1), (1, 0), (2, 1), (1, 2), (0, 0), (2, 2), (0, 2), (2, 0)] {
        let found = contents(&[(picture(7, (1, 1)), 0)], &[(picture(7, shift), 0)]).lookalikes(&[]);
        assert_eq!(found, [Lookalike { row: 1, other: 0, difference: 0.0 }], "{shift:?}");
    }
    let far = contents(&[(picture(7, (0, 0)), 0)], &[(picture(7, (3, 0)), 0)]);
    assert_eq!(far.lookalikes(&[]), []);
}

#[test]
fn without_test_images_earlier_ones_are_compared() {
    let mut train: Vec<(Vec<u8>, u8)> = (0..6).map(|n| (picture(n, (0, 0)), 0)).collect();
    train.push((brighter(&picture(1, (0, 0)), 3), 0));
    let found = contents(&train, &[]).lookalikes(&[]);
    assert_eq!(found, [Lookalike { row: 6, other: 1, difference: 0.0 }]);
}

#[test]
fn figures_are_those_of_the_raw_and_the_normalised_values() {
    let mut fixture = Fixture::csv(b"1,5,0\n2,5,1\n6,5,0\n");
    fixture.card.normalise.divisor = 2.0;
    let contents = Contents::open(&fixture.card, fixture.folder.path()).unwrap();
    let figures = contents.figures(Part::Train);
    assert_eq!((figures[0].min, figures[0].max, figures[0].mean), (1.0, 6.0, 3.0));
    assert!((figures[0].std - (14.0f64 / 3.0).sqrt()).abs() < 1e-12);
    assert_eq!(figures[0].normalised_mean, 1.5);
    assert!((figures[0].normalised_std - figures[0].std / 2.0).abs() < 1e-12);
    assert_eq!((figures[1].mean, figures[1].std), (5.0, 0.0));
    let quartiles = contents.quartiles(Part::Train);
    assert_eq!((quartiles[0].lower, quartiles[0].middle, quartiles[0].upper), (1.5, 2.0, 4.0));
    assert_eq!(contents.constant(), [1]);
    assert_eq!(contents.counts(Part::Train).per_class, [2, 1]);
    assert_eq!(contents.figures(Part::Test), []);
}

#[test]
fn equal_rows_of_a_table_are_copies_whatever_the_sign_of_zero() {
    let fixture = Fixture::csv(b"0,5,0\n1,1,1\n-0,5,1\n");
    let contents = Contents::open(&fixture.card, fixture.folder.path()).unwrap();
    assert_eq!(contents.copies(), [Copies { rows: vec![0, 2], disagree: true }]);
}

/// Width, height and RGB of a PNG file.
fn decode(file: &[u8]) -> (usize, usize, Vec<u8>) {
    let mut reader = png::Decoder::new(Cursor::new(file)).read_info().unwrap();
    let mut pixels = vec![0; reader.output_buffer_size().unwrap()];
    let info = reader.next_frame(&mut pixels).unwrap();
    (info.width as usize, info.height as usize, pixels)
}

fn committed(name: &str) -> Contents {
    let folder: PathBuf = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../datasets").join(name);
    let card = DatasetCard::load(&folder.join("dataset.toml")).unwrap();
    Contents::open(&card, &folder).unwrap()
}

#[test]
fn the_contact_sheet_shows_the_first_digit_in_the_first_place() {
    let contents = committed("digits");
    let sheet = contents.sheet(Part::Train).unwrap();
    let (width, height, pixels) = decode(&sheet.png);
    // A label of one letter, then twelve images of 8x8, eight times as large.
    assert_eq!((width, height), sheet.size);
    assert_eq!((width, height), (4 + 12 + 4 + 12 * 68, 4 + 10 * 68));
    let at = |x: usize, y: usize| <[u8; 3]>::try_from(&pixels[(y * width + x) * 3..][..3]).unwrap();
    // The first example of the file is a 0: its first two rows, out of 16.
    let rows = [[0u32, 0, 5, 13, 9, 1, 0, 0], [0, 0, 13, 15, 10, 15, 5, 0]];
    for (row, y) in rows.iter().zip(0..) {
        for (&value, x) in row.iter().zip(0..) {
            let grey = (f64::from(value) * 255.0 / 16.0).round() as u8;
            for (dx, dy) in [(0, 0), (7, 7), (3, 4)] {
                assert_eq!(at(20 + 8 * x + dx, 4 + 8 * y + dy), [grey; 3], "{x} {y}");
            }
        }
    }
    // Beside it is paper, and the label in black on it.
    assert_eq!(at(84, 10), [255; 3]);
    assert_eq!(at(4 + 2, 4 + (64 - 14) / 2), [0; 3]);
    assert_eq!(contents.sheet(Part::Train).unwrap(), sheet);
}

#[test]
fn the_sheet_of_a_table_has_the_colours_of_its_classes() {
    let sheet = committed("iris").sheet(Part::Train).unwrap();
    let (width, height, pixels) = decode(&sheet.png);
    assert_eq!((width, height), sheet.size);
    let colours = [[0, 114, 178], [230, 159, 0], [0, 158, 115]];
    for (class, colour) in colours.iter().enumerate() {
        let (x, y) = (5, 5 + class * 18);
        assert_eq!(pixels[(y * width + x) * 3..][..3], *colour, "the legend");
        let used = pixels.chunks_exact(3).skip(width * 60).filter(|pixel| pixel == colour).count();
        assert!(used > 1000, "class {class}: {used} pixels");
    }
}
