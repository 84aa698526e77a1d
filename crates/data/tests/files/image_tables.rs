//! Images in Parquet files, against the same files in a folder, and what is refused.

use std::fs;
use std::path::Path;

use fireassay_spec::{Alpha, Colour, DataFormat, DataSpec, Fit, ImagesPlace, Orientation};

use crate::fixture::{Fixture, contents};

/// As `tables/make_reference.py` has them; classes alternate.
const PICTURES: [&str; 5] =
    ["half.jpg", "grey.jpg", "interlaced.png", "progressive.jpg", "rgb16.png"];

fn fixture(name: &str, image: &str, label: &str) -> Fixture {
    let format = DataFormat::ImageTable {
        train: vec![name.to_owned()],
        test: Vec::new(),
        image: image.to_owned(),
        label: label.to_owned(),
        group: None,
        colour: Colour::Rgb,
        fit: Fit::Resize,
        alpha: Alpha::White,
        orientation: Orientation::Stored,
    };
    let mut fixture = Fixture::new(format, vec![3, 6, 5], PICTURES.len());
    fixture.write(name, &read("tables", name));
    fixture
}

fn read(folder: &str, name: &str) -> Vec<u8> {
    let tests = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests");
    fs::read(tests.join(folder).join(name)).unwrap()
}

/// The pictures as files of a folder, in the order of the rows.
fn from_folder() -> (Vec<f32>, Vec<u32>) {
    let mut inputs = Vec::new();
    for name in PICTURES {
        let format = DataFormat::Images {
            train: ImagesPlace { from: "set".to_owned(), prefix: String::new() },
            test: None,
            colour: Colour::Rgb,
            fit: Fit::Resize,
            alpha: Alpha::White,
            orientation: Orientation::Stored,
            group_before: None,
        };
        let mut fixture = Fixture::new(format, vec![3, 6, 5], 1);
        fixture.write_folder("set", &[(&format!("a/{name}"), read("images/pictures", name))]);
        inputs.extend(contents(&fixture.open().unwrap()).0);
    }
    (inputs, vec![0, 1, 0, 1, 0])
}

#[test]
fn rows_hold_what_the_files_hold() {
    for (name, image, label) in
        [("pictures.parquet", "image", "label"), ("pictures-plain.parquet", "img", "kind")]
    {
        let dataset = fixture(name, image, label).open().unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(contents(&dataset), from_folder(), "{name}");
    }
}

#[test]
fn files_follow_each_other_and_test_examples_come_last() {
    let mut fixture = fixture("pictures.parquet", "image", "label");
    let (inputs, labels) = from_folder();
    let DataFormat::ImageTable { train, test, .. } = &mut fixture.card.format else {
        panic!("made above")
    };
    train.push("more".to_owned());
    test.push("test".to_owned());
    fixture.write("more", &read("tables", "pictures.parquet"));
    fixture.write("test", &read("tables", "pictures.parquet"));
    fixture.card.examples.train = 10;
    fixture.card.examples.test = 5;
    let dataset = fixture.open().unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(contents(&dataset), (inputs.repeat(3), labels.repeat(3)));

    fixture.card.examples.train = 11;
    let message = "`more` has 10 examples with those before it, its card says 11";
    assert_eq!(fixture.message(), message);
    fixture.card.examples.train = 9;
    let message = "`more` has 10 examples with those before it, its card says 9";
    assert_eq!(fixture.message(), message);
}

#[test]
fn what_cannot_be_used_is_named_with_its_row() {
    let check = |(image, label), change: &dyn Fn(&mut Fixture), expected: &str| {
        let mut fixture = fixture("pictures.parquet", image, label);
        change(&mut fixture);
        assert_eq!(fixture.message(), format!("`pictures.parquet`{expected}"));
    };
    let usual = ("image", "label");
    let nothing = |_: &mut Fixture| {};
    check(("images", "label"), &nothing, ": there is no column `images`; did you mean `image`?");
    check(("image", "kind"), &nothing, ": there is no column `kind`");
    check(("label", "image"), &nothing, ": column `label` does not hold bytes");
    check(("image", "image"), &nothing, ": column `image` is a list or a struct");
    let fewer = |fixture: &mut Fixture| fixture.card.examples.train = 4;
    check(usual, &fewer, " has 5 examples, its card says 4");
    let no_class = |fixture: &mut Fixture| fixture.card.classes.truncate(1);
    let expected = ", row 2, column `label`: label `1` is not one of the classes 0 to 0";
    check(usual, &no_class, expected);
    let exact = |fixture: &mut Fixture| {
        if let DataFormat::ImageTable { fit, .. } = &mut fixture.card.format {
            *fit = Fit::Exact;
        }
    };
    let expected = ", row 1, column `image`: 11x7 pixels, expected 5x6; `fit` in the card can have \
                    it resized";
    check(usual, &exact, expected);
    let text = |fixture: &mut Fixture| fixture.write("pictures.parquet", b"PAR1 and no more");
    check(usual, &text, ": no complete Parquet file: it ends early");
    let nulls = |fixture: &mut Fixture| {
        fixture.write("pictures.parquet", &read("tables", "pictures-null.parquet"));
        fixture.card.examples.train = 2;
    };
    check(usual, &nulls, ", row 2, column `image`: its bytes are missing");
}

/// With the column of patients.
fn grouped(group: &str) -> Fixture {
    let mut fixture = fixture("pictures-hub.parquet", "image", "label");
    if let DataFormat::ImageTable { group: place, .. } = &mut fixture.card.format {
        *place = Some(group.to_owned());
    }
    fixture
}

#[test]
fn images_of_one_patient_are_a_group_in_all_files() {
    let mut fixture = grouped("patient");
    let dataset = fixture.open().unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(dataset.groups(), Some(&[0, 1, 0, 2, 1][..]));
    let (inputs, labels) = from_folder();
    assert_eq!(contents(&dataset), (inputs, labels));
    assert!(fixture.card.has_groups());
    // The number of a patient goes on from file to file.
    let DataFormat::ImageTable { test, .. } = &mut fixture.card.format else { panic!("above") };
    test.push("test".to_owned());
    fixture.write("test", &read("tables", "pictures-hub.parquet"));
    fixture.card.examples.test = 5;
    let dataset = fixture.open().unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(dataset.groups(), Some(&[0, 1, 0, 2, 1, 0, 1, 0, 2, 1][..]));
}

#[test]
fn patients_are_split_as_wholes() {
    let mut fixture = grouped("patient");
    let DataFormat::ImageTable { train, .. } = &mut fixture.card.format else { panic!("above") };
    *train = vec!["pictures-patients.parquet".to_owned()];
    fixture.card.files.clear();
    fixture.write("pictures-patients.parquet", &read("tables", "pictures-patients.parquet"));
    fixture.card.examples.train = 12;
    let dataset = fixture.open().unwrap_or_else(|error| panic!("{error}"));
    let groups = dataset.groups().unwrap();
    assert_eq!(groups, [0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5]);
    let spec = "dataset = \"made\"\ntrain-size = \"all\"\ntest-fraction = 0.34\n\
                val-fraction = 0.25\nduplicates = \"allow\"\n";
    let parse = |more: &str| -> DataSpec { toml::from_str(&format!("{spec}{more}")).unwrap() };
    for seed in 0..4 {
        let splits = dataset.split(&parse("split = \"grouped\""), seed);
        let splits = splits.unwrap_or_else(|error| panic!("{error}"));
        let of = |rows: &[u32]| rows.iter().map(|&row| groups[row as usize]).collect::<Vec<_>>();
        let parts = [of(&splits.train), of(&splits.val), of(&splits.test)];
        assert_eq!(parts.each_ref().map(Vec::len), [6, 2, 4], "seed {seed}");
        for (part, other) in [(0, 1), (0, 2), (1, 2)] {
            assert!(!parts[part].iter().any(|group| parts[other].contains(group)), "seed {seed}");
        }
    }
}

#[test]
fn a_column_that_is_no_group_is_told() {
    let message = "`pictures-hub.parquet`: there is no column `patients`; did you mean `patient`?";
    assert_eq!(grouped("patients").message(), message);
    let message = "`pictures-hub.parquet`: column `image` is a list or a struct";
    assert_eq!(grouped("image").message(), message);
}
