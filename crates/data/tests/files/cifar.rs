//! The binary version of CIFAR: what is read, and what each kind of damage is called.

use fireassay_spec::{CifarLabel, DataFormat};

use crate::fixture::{Fixture, contents, gzip};

const ITEM: usize = 3072;

/// A record whose channels hold `value`, `value + 1` and `value + 2`.
fn record(labels: &[u8], value: u8) -> Vec<u8> {
    let planes = (0..3).flat_map(|channel| vec![value + channel; 1024]);
    labels.iter().copied().chain(planes).collect()
}

fn fixture(label: CifarLabel, archive: Option<&str>) -> Fixture {
    let format = DataFormat::Cifar {
        train: vec!["2.bin".to_owned(), "1.bin".to_owned()],
        test: vec!["t.bin".to_owned()],
        archive: archive.map(str::to_owned),
        label,
    };
    let mut fixture = Fixture::new(format, vec![3, 32, 32], 3);
    fixture.card.examples.test = 1;
    fixture
}

/// Of each example the first value of each channel, and the labels.
fn summary(fixture: &Fixture) -> (Vec<f32>, Vec<u32>) {
    let (inputs, labels) = contents(&fixture.open().unwrap());
    (inputs.iter().step_by(1024).copied().collect(), labels)
}

fn tar(files: &[(&str, Vec<u8>)]) -> Vec<u8> {
    let mut builder = tar::Builder::new(Vec::new());
    for (name, bytes) in files {
        let mut header = tar::Header::new_gnu();
        header.set_size(bytes.len() as u64);
        builder.append_data(&mut header, name, &bytes[..]).unwrap();
    }
    builder.into_inner().unwrap()
}

fn files(labels: impl Fn(u8) -> Vec<u8>) -> Vec<(&'static str, Vec<u8>)> {
    let record = |label, value| record(&labels(label), value);
    vec![
        ("1.bin", record(1, 30)),
        ("readme.html", vec![7; 10]),
        ("t.bin", record(0, 40)),
        ("2.bin", [record(0, 10), record(1, 20)].concat()),
    ]
}

#[test]
fn files_come_in_the_order_of_the_card_plain_or_in_an_archive() {
    let values = vec![10.0, 11.0, 12.0, 20.0, 21.0, 22.0, 30.0, 31.0, 32.0, 40.0, 41.0, 42.0];
    for (label, make) in [
        (CifarLabel::Only, (|label| vec![label]) as fn(u8) -> Vec<u8>),
        (CifarLabel::Coarse, |label| vec![label, 99]),
        (CifarLabel::Fine, |label| vec![19, label]),
    ] {
        let expected = (values.clone(), vec![0, 1, 1, 0]);
        let mut plain = fixture(label, None);
        for (name, bytes) in files(make).iter().filter(|(name, _)| name.ends_with("bin")) {
            plain.write(name, &if *name == "1.bin" { gzip(bytes) } else { bytes.clone() });
        }
        assert_eq!(summary(&plain), expected);
        for archive in [tar(&files(make)), gzip(&tar(&files(make)))] {
            let mut packed = fixture(label, Some("all.tar.gz"));
            packed.write("all.tar.gz", &archive);
            assert_eq!(summary(&packed), expected);
        }
    }
}

fn check(change: fn(&mut Vec<(&'static str, Vec<u8>)>), plain: &str, packed: &str) {
    let mut files = files(|label| vec![label]);
    change(&mut files);
    let mut fixture_ = fixture(CifarLabel::Only, None);
    for (name, bytes) in files.iter().filter(|(name, _)| name.ends_with("bin")) {
        fixture_.write(name, bytes);
    }
    assert_eq!(fixture_.message(), plain);
    let mut fixture_ = fixture(CifarLabel::Only, Some("all.tar"));
    fixture_.write("all.tar", &tar(&files));
    assert_eq!(fixture_.message(), packed);
}

#[test]
fn each_kind_of_damage_is_named() {
    let label = "label `2` is not one of the classes 0 to 1";
    check(
        |files| files[3].1[1 + ITEM] = 2,
        &format!("`2.bin`, record 1 at byte 3073: {label}"),
        &format!("`all.tar`, `2.bin`, record 1 at byte 3073: {label}"),
    );
    let whole = "9 bytes are no whole number of records of 3073";
    check(
        |files| files[0].1.truncate(9),
        &format!("`1.bin`: {whole}"),
        &format!("`all.tar`, `1.bin`: {whole}"),
    );
    check(
        |files| files[0].1.clear(),
        "`t.bin` has 2 examples to learn from, its card says 3",
        "`all.tar` has 2 examples to learn from, its card says 3",
    );
    check(
        |files| files[2].1.push(0),
        "`t.bin` has more than 1 examples, its card says 1",
        "`all.tar` has more than 1 examples up to `t.bin`, its card says 1",
    );
}

#[test]
fn a_member_that_is_missing_is_named() {
    let mut fixture = fixture(CifarLabel::Only, Some("all.tar"));
    let files: Vec<_> =
        files(|label| vec![label]).into_iter().filter(|file| file.0 != "1.bin").collect();
    fixture.write("all.tar", &tar(&files));
    assert_eq!(fixture.message(), "`all.tar`, `1.bin`: the card names it, and it is not there");
}

#[test]
fn a_small_file_that_inflates_without_end_is_stopped() {
    let mut fixture = fixture(CifarLabel::Only, None);
    for name in ["1.bin", "t.bin"] {
        fixture.write(name, &record(&[0], 1));
    }
    fixture.write("2.bin", &gzip(&vec![0; 1 << 20]));
    assert_eq!(fixture.message(), "`2.bin` has more than 3 examples, its card says 3");
}
