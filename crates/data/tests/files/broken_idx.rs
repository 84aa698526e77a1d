//! IDX files: what is read, and what each kind of damage is called.

use fireassay_data::DataError;

use crate::fixture::{Fixture, contents, gzip, images, labels};

#[test]
fn raw_and_compressed_files_hold_the_same() {
    let mut fixture = Fixture::idx();
    let raw = contents(&fixture.open().unwrap());
    let expected: Vec<f32> = images()[16..].iter().map(|&v| f32::from(v) - 2.0).collect();
    assert_eq!(raw, (expected, vec![1, 0, 1]));
    fixture.write("images", &gzip(&images()));
    fixture.write("labels", &gzip(&labels()));
    assert_eq!(contents(&fixture.open().unwrap()), raw);
}

#[test]
fn gather_takes_rows_in_the_order_asked_for_and_replaces_the_buffers() {
    let dataset = Fixture::idx().open().unwrap();
    let (mut inputs, mut labels) = (vec![9.0; 50], vec![9; 50]);
    dataset.gather(&[2, 0, 2], &mut inputs, &mut labels);
    let last = [6.0, 7.0, 8.0, 253.0];
    assert_eq!(inputs, [last, [-2.0, -1.0, 0.0, 1.0], last].concat());
    assert_eq!(labels, [1, 1, 1]);
    dataset.gather(&[], &mut inputs, &mut labels);
    assert!(inputs.is_empty() && labels.is_empty());
}

#[test]
fn test_files_follow_the_train_files() {
    let mut fixture = Fixture::idx();
    fixture.write("test-images", &[&images()[..4], &[0, 0, 0, 1], &images()[8..20]].concat());
    fixture.write("test-labels", &[&labels()[..4], &[0, 0, 0, 1, 0]].concat());
    fixture.card.examples.test = 1;
    if let fireassay_spec::DataFormat::Idx { test_images, test_labels, .. } =
        &mut fixture.card.format
    {
        *test_images = Some("test-images".to_owned());
        *test_labels = Some("test-labels".to_owned());
    }
    let dataset = fixture.open().unwrap();
    assert_eq!((dataset.num_train(), dataset.len()), (3, 4));
    let (inputs, labels) = contents(&dataset);
    assert_eq!(inputs[12..], [-2.0, -1.0, 0.0, 1.0]);
    assert_eq!(labels, [1, 0, 1, 0]);
}

fn check(name: &str, bytes: &[u8], expected: &str) {
    let mut fixture = Fixture::idx();
    fixture.write(name, bytes);
    assert_eq!(fixture.message(), expected);
    // Compressed, the same damage has the same name. (An empty file is no gzip file.)
    fixture.write(name, &gzip(bytes));
    assert_eq!(fixture.message(), expected);
}

#[test]
fn each_kind_of_damage_is_named() {
    let (images, labels) = (images(), labels());
    let with = |at: usize, bytes: &[u8]| {
        let mut damaged = images.clone();
        damaged[at..at + bytes.len()].copy_from_slice(bytes);
        damaged
    };
    check("images", &[], "`images` ends at byte 0, expected 28 bytes");
    check("images", &images[..3], "`images` ends at byte 3, expected 28 bytes");
    check("images", &images[..15], "`images` ends at byte 15, expected 28 bytes");
    check("images", &images[..27], "`images` ends at byte 27, expected 28 bytes");
    check("labels", &labels[..8], "`labels` ends at byte 8, expected 11 bytes");
    check(
        "images",
        &[&images[..], &[0]].concat(),
        "`images` goes on after byte 28, where its data ends",
    );
    check(
        "images",
        &with(0, b"\x89PNG"),
        "`images` starts with 0x89504e47, expected 0x00000803: this is not an idx file",
    );
    check(
        "images",
        &with(3, &[4]),
        "`images` starts with 0x00000804, expected 0x00000803: unsigned bytes, but 4 dimensions",
    );
    check(
        "images",
        &with(2, &[0x0d]),
        "`images` starts with 0x00000d03, expected 0x00000803: values of type 0x0d in 3 dimensions",
    );
    check(
        "images",
        &labels,
        "`images` starts with 0x00000801, expected 0x00000803: unsigned bytes, but 1 dimensions",
    );
    check(
        "images",
        &with(12, &[0, 0, 0, 3]),
        "`images` says it holds [3, 2, 3], its card says [3, 2, 2]",
    );
    check(
        "labels",
        &[0, 0, 8, 1, 0, 0, 0, 3, 0, 2, 1],
        "`labels`, example 1 at byte 9: label `2` is not one of the classes 0 to 1",
    );
}

/// 2^96 bytes by its own account; nothing of that size is ever asked for.
#[test]
fn a_header_that_lies_allocates_nothing() {
    let lie = [&images()[..4], &[0xff; 12], &images()[16..]].concat();
    check(
        "images",
        &lie,
        "`images` says it holds [4294967295, 4294967295, 4294967295], its card says [3, 2, 2]",
    );
}

/// The card lies along: the file is still only as long as it is.
#[test]
fn a_card_that_lies_too_allocates_nothing() {
    let mut fixture = Fixture::idx();
    let n = 4_000_000_000_u32;
    fixture.card.examples.train = n as usize;
    fixture.card.shape = vec![1, 2, 1_000_000];
    let count = n.to_be_bytes();
    fixture.write("labels", &[&labels()[..4], &count, &labels()[8..]].concat());
    assert_eq!(fixture.message(), "`labels` ends at byte 11, expected 4000000008 bytes");
}

#[test]
fn a_damaged_gzip_file_is_named() {
    let whole = gzip(&images());
    let mut flipped = whole.clone();
    let checksum = flipped.len() - 8;
    flipped[checksum] ^= 1;
    let trailing = [&whole[..], b"junk"].concat();
    for bytes in
        [&whole[..2], &whole[..whole.len() / 2], &whole[..whole.len() - 1], &flipped, &trailing]
    {
        let mut fixture = Fixture::idx();
        fixture.write("images", bytes);
        assert_eq!(fixture.message(), "`images` is not a complete gzip file");
        assert!(matches!(fixture.open(), Err(DataError::Gzip { .. })));
    }
}

#[test]
fn a_wrong_hash_shows_both_and_comes_before_any_decoding() {
    let mut fixture = Fixture::idx();
    fixture.card.files[0].sha256 = "00".repeat(32);
    std::fs::write(fixture.folder.path().join("images"), b"abc").unwrap();
    assert_eq!(
        fixture.message(),
        format!(
            "`images` has sha256 ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad, \
             its card says {}; restore the file, or correct `dataset.toml` if it was changed on \
             purpose",
            "00".repeat(32)
        )
    );
}

#[test]
fn a_missing_file_is_named() {
    let fixture = Fixture::idx();
    std::fs::remove_file(fixture.folder.path().join("images")).unwrap();
    assert_eq!(fixture.message(), "cannot read `images`");
}
