//! What is written in any of the ways that a format allows is read back: whatever the line ends,
//! the order, the type of number, the compression, and from a disk as from memory.

use std::fmt::Write as _;
use std::path::Path;

use fireassay_data::{Dataset, open, open_with};
use fireassay_spec::{ArrayPlace, Channels, CifarLabel, DataFormat};
use proptest::prelude::*;

use crate::archives::{dot, images, tar, zip};
use crate::fixture::{Fixture, contents, gzip};

/// Inputs and labels.
type Contents = (Vec<f32>, Vec<u32>);

/// From the disk, and from memory: that has to be the same.
fn read(fixture: &Fixture) -> Contents {
    let folder = fixture.folder.path();
    let whole = |dataset: Dataset| contents(&dataset);
    let from_disk =
        open(&fixture.card, folder).map(whole).unwrap_or_else(|error| panic!("{error}"));
    let read = |path: &Path| std::fs::read(path);
    let from_memory = open_with(&fixture.card, folder, &read).map(whole).unwrap();
    assert!(from_disk == from_memory);
    from_disk
}

fn maybe_gzip(bytes: Vec<u8>, is_compressed: bool) -> Vec<u8> {
    if is_compressed { gzip(&bytes) } else { bytes }
}

fn few() -> ProptestConfig {
    ProptestConfig { failure_persistence: None, cases: 48, ..Default::default() }
}

/// Two features and a label.
fn rows() -> impl Strategy<Value = Vec<(f32, f32, u32)>> {
    let finite = || prop::num::f32::NORMAL | prop::num::f32::ZERO | prop::num::f32::SUBNORMAL;
    prop::collection::vec((finite(), finite(), 0..2_u32), 1..20)
}

proptest! {
    #![proptest_config(few())]

    #[test]
    fn a_table_of_numbers(
        rows in rows(),
        line_end in prop::sample::select(vec!["\n", "\r\n", "\n\n", " \r\n"]),
        blank in prop::sample::select(vec!["", " ", "\t"]),
        mark in any::<bool>(),
        exponent in any::<bool>(),
        is_compressed in any::<bool>(),
    ) {
        let mut text = String::from(if mark { "\u{feff}" } else { "" });
        for (x, y, label) in &rows {
            let numbers = if exponent { format!("{x:e},{blank}{y:E}") } else { format!("{x},{blank}{y}") };
            let _ = write!(text, "{blank}{numbers}{blank},{label}{line_end}");
        }
        let mut fixture = Fixture::csv(&maybe_gzip(text.into_bytes(), is_compressed));
        fixture.card.examples.train = rows.len();
        let found = read(&fixture);
        let bits = |values: &[f32]| values.iter().map(|value| value.to_bits()).collect::<Vec<_>>();
        let expected: Vec<f32> = rows.iter().flat_map(|&(x, y, _)| [x, y]).collect();
        prop_assert_eq!(bits(&found.0), bits(&expected));
        prop_assert_eq!(found.1, rows.iter().map(|row| row.2).collect::<Vec<_>>());
    }

    #[test]
    fn an_idx_file(
        examples in prop::collection::vec((any::<[u8; 6]>(), 0..2_u8), 1..9),
        compressed in any::<[bool; 2]>(),
    ) {
        let count = (examples.len() as u32).to_be_bytes();
        let header = [&[0, 0, 8, 3][..], &count, &[0, 0, 0, 3, 0, 0, 0, 2]].concat();
        let pixels: Vec<u8> = examples.iter().flat_map(|example| example.0).collect();
        let labels: Vec<u8> = examples.iter().map(|example| example.1).collect();
        let format = DataFormat::Idx {
            train_images: "images".to_owned(),
            train_labels: "labels".to_owned(),
            test_images: None,
            test_labels: None,
        };
        let mut fixture = Fixture::new(format, vec![1, 3, 2], examples.len());
        fixture.write("images", &maybe_gzip([header, pixels.clone()].concat(), compressed[0]));
        let labels_file = [&[0, 0, 8, 1][..], &count, &labels].concat();
        fixture.write("labels", &maybe_gzip(labels_file, compressed[1]));
        let expected = (
            pixels.into_iter().map(f32::from).collect::<Vec<_>>(),
            labels.into_iter().map(u32::from).collect::<Vec<_>>(),
        );
        prop_assert_eq!(read(&fixture), expected);
    }

    /// Images of one pixel, in an archive or a folder, whatever comes first in there.
    #[test]
    fn images_in_any_order(
        names in prop::collection::btree_map("[ab]/(x/|x-)?[a-c]{1,2}", any::<u8>(), 1..9),
        shuffle in any::<prop::sample::Index>(),
    ) {
        let mut files: Vec<(&str, Vec<u8>)> =
            names.iter().map(|(name, &grey)| (name.as_str(), dot(grey))).collect();
        let expected: Contents = names
            .iter()
            .map(|(name, &grey)| (f32::from(grey), u32::from(name.starts_with('b'))))
            .unzip();
        let count = files.len();
        files.rotate_left(shuffle.index(count));
        for archive in [tar(&files), gzip(&tar(&files)), zip(&files)] {
            let mut fixture = images(count);
            fixture.write("set", &archive);
            prop_assert_eq!(&read(&fixture), &expected);
        }
        let mut fixture = images(count);
        fixture.write_folder("set", &files);
        prop_assert_eq!(&contents(&fixture.open().unwrap()), &expected);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, ..few() })]

    /// However the records are spread over files, and wherever these stand in an archive.
    #[test]
    fn records_of_cifar(
        labels in prop::collection::vec(0..2_u8, 2..6),
        cut in any::<prop::sample::Index>(),
        compressed in any::<[bool; 2]>(),
        is_last_first in any::<bool>(),
    ) {
        let record = |(label, value): (&u8, u8)| [vec![*label], vec![value; 3072]].concat();
        let records: Vec<Vec<u8>> = labels.iter().zip(1..).map(record).collect();
        let (one, two) = records.split_at(1 + cut.index(records.len() - 1));
        let (one, two) = (one.concat(), two.concat());
        let fixture = |archive: Option<&str>| {
            let format = DataFormat::Cifar {
                train: vec!["1.bin".to_owned(), "2.bin".to_owned()],
                test: Vec::new(),
                archive: archive.map(str::to_owned),
                label: CifarLabel::Only,
            };
            Fixture::new(format, vec![3, 32, 32], labels.len())
        };
        let expected: Contents = (
            (1..).take(labels.len()).flat_map(|value: u8| [f32::from(value); 3072]).collect(),
            labels.iter().copied().map(u32::from).collect(),
        );
        let mut plain = fixture(None);
        plain.write("1.bin", &maybe_gzip(one.clone(), compressed[0]));
        plain.write("2.bin", &maybe_gzip(two.clone(), compressed[1]));
        prop_assert!(read(&plain) == expected);
        let mut files = [("1.bin", one), ("2.bin", two)];
        if is_last_first {
            files.reverse();
        }
        let mut packed = fixture(Some("all.tar"));
        packed.write("all.tar", &maybe_gzip(tar(&files), compressed[0]));
        prop_assert!(read(&packed) == expected);
    }

    /// Of every type and order, and longer than what is read at once.
    #[test]
    fn an_array_of_numpy(
        count in 1..4_usize,
        shape in prop::sample::select(vec![vec![5], vec![2, 3, 4], vec![3, 100, 100]]),
        descr in prop::sample::select(vec!["<f4", ">f4", "<f8", ">f8", "|i1", "<i2", ">i4", "<i8", ">u2", "<u4", "<u8"]),
        is_fortran in any::<bool>(),
        version in 1..4_u8,
        is_compressed in any::<bool>(),
    ) {
        let dimensions = [&[count], &shape[..]].concat();
        let len: usize = dimensions.iter().product();
        // In the order of C, and small enough for every type.
        let values: Vec<i8> = (0..len).map(|index| (index * 37 % 100) as i8).collect();
        let written = if is_fortran { in_order_of_fortran(&values, &dimensions) } else { values.clone() };
        let body: Vec<u8> = written.iter().flat_map(|&value| number(descr, value)).collect();
        let mut fixture = arrays("x.npy", "y.npy", &shape, count);
        let file = npy(version, descr, is_fortran, &dimensions, &body);
        fixture.write("x.npy", &maybe_gzip(file, is_compressed));
        fixture.write("y.npy", &npy(1, "|u1", false, &[count], &vec![1; count]));
        let expected: Vec<f32> = values.into_iter().map(f32::from).collect();
        prop_assert!(read(&fixture) == (expected, vec![1; count]));
    }

    /// The same numbers as safetensors and as numpy.
    #[test]
    fn an_array_of_safetensors(
        count in 1..4_usize,
        (dtype, descr) in prop::sample::select(vec![
            ("F32", "<f4"), ("F64", "<f8"), ("I8", "|i1"), ("I16", "<i2"), ("I32", "<i4"),
            ("I64", "<i8"), ("U8", "|u1"), ("U16", "<u2"), ("U32", "<u4"), ("U64", "<u8"),
        ]),
        padding in 0..8_usize,
    ) {
        let values: Vec<i8> = (0..count as i8 * 2).collect();
        let body: Vec<u8> = values.iter().flat_map(|&value| number(descr, value)).collect();
        let end = body.len();
        let header = format!(
            "{{\"x\":{{\"dtype\":\"{dtype}\",\"shape\":[{count},2],\"data_offsets\":[0,{end}]}},\
             \"y\":{{\"dtype\":\"U8\",\"shape\":[{count}],\"data_offsets\":[{end},{}]}}}}{}",
            end + count,
            " ".repeat(padding)
        );
        let file = [&(header.len() as u64).to_le_bytes()[..], header.as_bytes(), &body, &vec![1; count]];
        let mut fixture = arrays("a.safetensors", "a.safetensors", &[2], count);
        fixture.write("a.safetensors", &file.concat());
        let expected: Vec<f32> = values.into_iter().map(f32::from).collect();
        prop_assert_eq!(read(&fixture), (expected, vec![1; count]));
    }
}

fn arrays(values: &str, labels: &str, shape: &[usize], count: usize) -> Fixture {
    let place = |file: &str, key: &str| ArrayPlace {
        file: file.to_owned(),
        key: file.ends_with("safetensors").then(|| key.to_owned()),
    };
    let format = DataFormat::Arrays {
        train_values: place(values, "x"),
        train_labels: place(labels, "y"),
        test_values: None,
        test_labels: None,
        train_groups: None,
        test_groups: None,
        channels: Channels::First,
    };
    Fixture::new(format, shape.to_vec(), count)
}

/// A small number as numpy writes it.
fn number(descr: &str, value: i8) -> Vec<u8> {
    let mut bytes = match &descr[1..] {
        "f4" => f32::from(value).to_le_bytes().to_vec(),
        "f8" => f64::from(value).to_le_bytes().to_vec(),
        integer => {
            let size: usize = integer[1..].parse().unwrap();
            i64::from(value).to_le_bytes()[..size].to_vec()
        }
    };
    if descr.starts_with('>') {
        bytes.reverse();
    }
    bytes
}

fn npy(version: u8, descr: &str, is_fortran: bool, shape: &[usize], body: &[u8]) -> Vec<u8> {
    let shape: String = shape.iter().map(|len| format!("{len}, ")).collect();
    let order = if is_fortran { "True" } else { "False" };
    let header =
        format!("{{'descr': '{descr}', 'fortran_order': {order}, 'shape': ({shape}), }}\n");
    let len = (header.len() as u32).to_le_bytes();
    let len = if version == 1 { &len[..2] } else { &len[..] };
    [b"\x93NUMPY", &[version, 0][..], len, header.as_bytes(), body].concat()
}

/// The first dimension fastest.
fn in_order_of_fortran(values: &[i8], dimensions: &[usize]) -> Vec<i8> {
    let mut written = vec![0; values.len()];
    for (index, &value) in values.iter().enumerate() {
        let (mut rest, mut place, mut step) = (index, 0, values.len());
        for &len in dimensions.iter().rev() {
            step /= len;
            place += rest % len * step;
            rest /= len;
        }
        written[place] = value;
    }
    written
}
