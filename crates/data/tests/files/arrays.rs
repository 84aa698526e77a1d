//! Arrays as numpy writes them (`arrays/make_arrays.py`), and what is refused.

use std::fs;
use std::path::Path;

use fireassay_spec::{ArrayPlace, Channels, DataFormat};

use crate::fixture::{Fixture, contents, gzip};

fn place(file: &str, key: Option<&str>) -> ArrayPlace {
    ArrayPlace { file: file.to_owned(), key: key.map(str::to_owned) }
}

fn numpy(file: &str) -> Vec<u8> {
    fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/arrays").join(file)).unwrap()
}

fn fixture(values: &str, labels: &str, channels: Channels) -> Fixture {
    let format = DataFormat::Arrays {
        train_values: place("all.npz", Some(values)),
        train_labels: place("all.npz", Some(labels)),
        test_values: None,
        test_labels: None,
        train_groups: None,
        test_groups: None,
        channels,
    };
    let mut fixture = Fixture::new(format, vec![3, 2, 2], 4);
    fixture.write("all.npz", &numpy("arrays.npz"));
    fixture
}

fn counted() -> Vec<f32> {
    (0..48u8).map(f32::from).collect()
}

#[test]
fn every_type_and_order_of_numpy_holds_the_same() {
    let half: Vec<f32> = counted().iter().map(|value| value / 2.0 - 3.0).collect();
    for (key, channels, expected) in [
        ("f4", Channels::First, &half),
        ("f8", Channels::First, &half),
        ("f4_big", Channels::First, &half),
        ("f8_big_fortran", Channels::First, &half),
        ("f4_last", Channels::Last, &half),
        ("f4_last_fortran", Channels::Last, &half),
        ("u1", Channels::First, &counted()),
        ("u1_fortran", Channels::First, &counted()),
        ("u1_last", Channels::Last, &counted()),
        ("i2", Channels::First, &counted()),
        ("i8_big", Channels::First, &counted()),
    ] {
        for labels in ["y_i8", "y_u1", "y_i4_big"] {
            let dataset = fixture(key, labels, channels).open().unwrap();
            assert_eq!(contents(&dataset), (expected.clone(), vec![0, 1, 0, 1]), "{key} {labels}");
        }
    }
}

#[test]
fn plain_files_may_be_compressed_and_test_examples_follow() {
    let mut fixture = fixture("f4", "y_i8", Channels::First);
    fixture.card.examples.test = 4;
    if let DataFormat::Arrays { test_values, test_labels, .. } = &mut fixture.card.format {
        *test_values = Some(place("fortran.npy", None));
        *test_labels = Some(place("all.npz", Some("y_u1")));
    }
    for bytes in [numpy("fortran.npy"), gzip(&numpy("fortran.npy"))] {
        fixture.write("fortran.npy", &bytes);
        let dataset = fixture.open().unwrap();
        let (inputs, labels) = contents(&dataset);
        assert_eq!((dataset.num_train(), inputs.len()), (4, 96));
        assert_eq!(inputs[..48], inputs[48..]);
        assert_eq!(labels, [0, 1, 0, 1, 0, 1, 0, 1]);
    }
    if let DataFormat::Arrays { train_values, .. } = &mut fixture.card.format {
        train_values.key = Some("u1".to_owned());
    }
    assert_eq!(fixture.message(), "`fortran.npy`: of train and test, only one is of bytes");
}

#[test]
fn groups_are_numbered_as_they_come() {
    let mut fixture = fixture("f4", "y_i8", Channels::First);
    fixture.card.examples.test = 4;
    if let DataFormat::Arrays { test_values, test_labels, train_groups, .. } =
        &mut fixture.card.format
    {
        *test_values = Some(place("all.npz", Some("f8")));
        *test_labels = Some(place("all.npz", Some("y_u1")));
        *train_groups = Some(place("people.npy", None));
    }
    assert_eq!(
        fixture.open().unwrap_err().to_string(),
        "the card of dataset `made`: \
        format.arrays.train-groups and .test-groups go together"
    );
    if let DataFormat::Arrays { test_groups, .. } = &mut fixture.card.format {
        *test_groups = Some(place("others.npy", None));
    }
    let people = "{'descr': '|i1', 'fortran_order': False, 'shape': (4,)}";
    fixture.write("people.npy", &npy(people, &[7, 0xff, 7, 0]));
    fixture.write("others.npy", &npy(people, &[1, 0, 1, 0xff]));
    assert_eq!(fixture.open().unwrap().groups(), Some(&[0, 1, 0, 2, 3, 2, 3, 1][..]));
    let floats = "{'descr': '<f2', 'fortran_order': False, 'shape': (4,)}";
    fixture.write("others.npy", &npy(floats, &[0; 8]));
    assert!(fixture.message().starts_with("`others.npy`: "), "{}", fixture.message());
    let floats = "{'descr': '<f4', 'fortran_order': False, 'shape': (4,)}";
    fixture.write("others.npy", &npy(floats, &[0; 16]));
    assert_eq!(fixture.message(), "`others.npy`: groups are integers, these are floats");
}

#[test]
fn one_channel_may_have_no_dimension() {
    let mut fixture = Fixture::new(
        DataFormat::Arrays {
            train_values: place("x.npy", None),
            train_labels: place("y.npy", None),
            test_values: None,
            test_labels: None,
            train_groups: None,
            test_groups: None,
            channels: Channels::Last,
        },
        vec![1, 1, 2],
        2,
    );
    fixture.write(
        "x.npy",
        &npy("{'descr': '|u1', 'fortran_order': False, 'shape': (2, 1, 2)}", &[1, 2, 3, 4]),
    );
    fixture.write("y.npy", &npy("{'descr': '|i1', 'fortran_order': True, 'shape': (2,)}", &[1, 0]));
    assert_eq!(contents(&fixture.open().unwrap()), (vec![1.0, 2.0, 3.0, 4.0], vec![1, 0]));
}

#[test]
fn what_is_no_array_of_the_card_is_named() {
    let check = |values: &str, labels: &str, expected: &str| {
        let message = fixture(values, labels, Channels::First).message();
        assert_eq!(message, format!("`all.npz`, {expected}"));
    };
    let kind = |key, name| format!("`{key}`: its type is `{name}`, expected integers or floats");
    check("objects", "y_i8", &kind("objects", "|O"));
    check("complex", "y_i8", &kind("complex", "<c8"));
    check("bool", "y_i8", &kind("bool", "|b1"));
    check("records", "y_i8", &kind("records", "a structure"));
    check("f4", "y_bad", "`y_bad`, example 0: label `-1` is not one of the classes 0 to 1");
    check("f4", "y_float", "`y_float`: labels are integers, these are floats");
    check("f4", "f4", "`f4`: it has shape [4, 3, 2, 2], its card says [4]");
    check("f4_last", "y_i8", "`f4_last`: it has shape [4, 2, 2, 3], its card says [4, 3, 2, 2]");
    let finite = "expected a finite 32-bit float";
    check("nan", "y_i8", &format!("`nan`: number 17 in the file is NaN, {finite}"));
    let large = format!("`large`: number 17 in the file is {}, {finite}", 1e300f64);
    check("large", "y_i8", &large);
    let message = fixture("x", "y_i8", Channels::First).message();
    assert!(message.starts_with("`all.npz`, `x`: there is no such array, only: "), "{message}");
}

#[test]
fn each_kind_of_damage_is_named() {
    let whole = npy("{'descr': '<f4', 'fortran_order': False, 'shape': (4, 3, 2, 2), }", &[0; 192]);
    let check = |bytes: &[u8], expected: &str| {
        let mut fixture = fixture("f4", "y_i8", Channels::First);
        if let DataFormat::Arrays { train_values, .. } = &mut fixture.card.format {
            *train_values = place("x.npy", None);
        }
        fixture.write("x.npy", bytes);
        assert_eq!(fixture.message(), format!("`x.npy`: {expected}"));
    };
    for end in [0, 7, 9, 30, whole.len() - 192, whole.len() - 1] {
        check(&whole[..end], "it ends early");
    }
    check(&[&whole[..], &[0]].concat(), "it goes on after its last number");
    check(b"\x89PNG\r\n\x1a\n....", "this is not an array of numpy");
    check(b"\x93NUMPY\x09\0..", "version 9 of npy is unknown");
    check(b"\x93NUMPY\x02\0\xff\xff\xff\xff", "a header of 4294967295 bytes");
    check(&npy("[1, 2]", &[]), "its header is `[1, 2]`");
    let lie = "{'descr': '<f4', 'fortran_order': False, 'shape': (4, 18446744073709551615)}";
    check(&npy(lie, &[]), "it has shape [4, 18446744073709551615], its card says [4, 3, 2, 2]");
    let mut damaged = fixture("f4", "y_i8", Channels::First);
    let archive = numpy("arrays.npz");
    damaged.write("all.npz", &archive[..archive.len() / 2]);
    assert_eq!(damaged.message(), "`all.npz` is not a complete npz archive");
}

fn npy(header: &str, body: &[u8]) -> Vec<u8> {
    let len = (header.len() as u16).to_le_bytes();
    [b"\x93NUMPY\x01\0", &len[..], header.as_bytes(), body].concat()
}
