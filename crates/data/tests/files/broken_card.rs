//! Cards that contradict themselves, their files or their data.

use fireassay_data::verify;
use fireassay_spec::{DataFormat, DatasetCard};

use crate::fixture::Fixture;

const TABLE: &[u8] = b"1,5,0\n2,5,1\n3,5,1\n";

fn check(change: fn(&mut DatasetCard), expected: &str) {
    let mut fixture = Fixture::csv(TABLE);
    change(&mut fixture.card);
    assert_eq!(fixture.message(), format!("the card of dataset `made`: {expected}"));
}

#[test]
fn each_contradiction_is_named() {
    let beyond = "shape and examples are beyond what memory can hold";
    let normalise = "normalise needs finite means, and a divisor and stds above 0";
    check(|card| card.shape = vec![], "shape [] holds no value");
    check(|card| card.shape = vec![2, 0], "shape [2, 0] holds no value");
    check(|card| card.shape = vec![usize::MAX, 2], beyond);
    check(|card| card.shape = vec![usize::MAX / 2], beyond); // times 3 examples
    check(|card| (card.shape, card.examples.train) = (vec![usize::MAX], 1), beyond); // and a label
    check(|card| card.examples.train = 0, "examples.train is 0");
    check(|card| card.examples.train = 1 << 32, beyond);
    check(|card| card.examples.test = usize::MAX, beyond);
    check(|card| card.classes.clear(), "classes is empty");
    check(
        |card| card.normalise.mean = vec![0.0; 3],
        "normalise has 3 means and 1 stds, expected 1 or 2 of each",
    );
    check(|card| card.normalise.divisor = 0.0, normalise);
    check(|card| card.normalise.std = vec![-1.0], normalise);
    check(|card| card.normalise.mean = vec![f64::NAN], normalise);
    check(|card| card.normalise.std = vec![1e-300], "a value is not finite after normalise");
    check(|card| card.examples.test = 1, "examples.test and format.csv.test go together");
    check(|card| card.files.clear(), "[[files]] must list `table` once");
    check(|card| card.files.push(card.files[0].clone()), "[[files]] must list `table` once");
    check(
        |card| {
            card.files.push(card.files[0].clone());
            card.files[1].path = "more".to_owned();
        },
        "[[files]] lists `more`, which [format] does not name",
    );
    for path in ["../table", "/table", "", "./../x"] {
        let mut fixture = Fixture::csv(TABLE);
        fixture.card.format = DataFormat::Csv { train: path.to_owned(), test: None, skip_lines: 0 };
        let expected = format!("`{path}` is not a path inside the dataset's folder");
        assert_eq!(fixture.message(), format!("the card of dataset `made`: {expected}"));
    }
}

#[test]
fn idx_cards_hold_one_channel_and_pairs_of_files() {
    let mut fixture = Fixture::idx();
    fixture.card.shape = vec![4];
    assert_eq!(
        fixture.message(),
        "the card of dataset `made`: shape is [4], idx files hold [1, height, width]"
    );
    // 3 examples are 2^64 - 1 values; with the header before them they cannot be counted.
    let mut fixture = Fixture::idx();
    fixture.card.shape = vec![1, 3_570_783_445, 1_722_007_169];
    assert_eq!(
        fixture.message(),
        "the card of dataset `made`: shape and examples are beyond what memory can hold"
    );
    let mut fixture = Fixture::idx();
    if let DataFormat::Idx { test_images, .. } = &mut fixture.card.format {
        *test_images = Some("images".to_owned());
    }
    assert_eq!(
        fixture.message(),
        "the card of dataset `made`: examples.test, format.idx.test-images and .test-labels go \
         together"
    );
}

#[test]
fn moments_are_compared_per_feature_and_a_constant_one_takes_std_1() {
    let mut fixture = Fixture::csv(TABLE);
    let std = (2.0f64 / 3.0).sqrt();
    fixture.card.normalise.mean = vec![2.0, 5.0];
    fixture.card.normalise.std = vec![std + 1e-4, 1.0];
    let found = verify(&fixture.card, fixture.folder.path()).unwrap();
    assert_eq!(found.mean, [2.0, 5.0]);
    assert!((found.std[0] - std).abs() < 1e-15 && found.std[1] == 0.0);
    assert_eq!((found.train.examples, found.train.per_class), (3, vec![1, 2]));
    assert_eq!((found.test.examples, found.test.per_class), (0, vec![0, 0]));

    fixture.card.normalise.mean[1] = 5.5;
    let error = verify(&fixture.card, fixture.folder.path()).unwrap_err();
    assert_eq!(
        error.to_string(),
        "the card of dataset `made`: mean[1] is 5.5, computed from the files 5"
    );
    fixture.card.normalise.mean[1] = 5.002;
    let error = verify(&fixture.card, fixture.folder.path()).unwrap_err().to_string();
    assert!(error.contains("mean[1] is 5.002"), "{error}");
    fixture.card.normalise.mean[1] = 5.0;
    fixture.card.normalise.std[0] = 1.0;
    let error = verify(&fixture.card, fixture.folder.path()).unwrap_err().to_string();
    assert!(error.contains("std[0] is 1, computed from the files 0.816"), "{error}");
}

#[test]
fn bytes_are_compared_after_the_divisor() {
    let mut fixture = Fixture::idx();
    let values: Vec<f64> = (0..11).map(f64::from).chain([255.0]).map(|v| v / 2.0).collect();
    let mean = values.iter().sum::<f64>() / 12.0;
    let std = (values.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / 12.0).sqrt();
    fixture.card.normalise.mean = vec![mean];
    fixture.card.normalise.std = vec![std];
    let found = verify(&fixture.card, fixture.folder.path()).unwrap();
    assert!((found.mean[0] - mean).abs() < 1e-12 && (found.std[0] - std).abs() < 1e-12);
    assert_eq!((found.num_files, found.bytes_on_disk), (2, 28 + 11));
}
