//! Image files that are broken, or not what the card expects.

use std::fs;
use std::path::Path;

use fireassay_data::DataError;
use fireassay_spec::{Colour, DataFormat, Fit};

use crate::archives::{dot, images};
use crate::fixture::{Fixture, contents};

/// What is wrong with the only image of a dataset of `[3, 7, 11]`.
fn problem(bytes: Vec<u8>, fit: Fit) -> Option<String> {
    let mut fixture = images(1);
    fixture.card.shape = vec![3, 7, 11];
    if let DataFormat::Images { colour, fit: rule, .. } = &mut fixture.card.format {
        (*colour, *rule) = (Colour::Rgb, fit);
    }
    fixture.write_folder("set", &[("a/1", bytes)]);
    match fixture.open() {
        Ok(_) => None,
        Err(DataError::Member { problem, .. }) => Some(problem),
        Err(other) => panic!("{other}"),
    }
}

fn picture(name: &str) -> Vec<u8> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/images/pictures");
    fs::read(folder.join(name)).unwrap()
}

#[test]
fn another_size_is_an_error_or_made_to_fit() {
    let expected = "1x1 pixels, expected 11x7; `fit` in the card can have it resized";
    assert_eq!(problem(dot(1), Fit::Exact).unwrap(), expected);
    assert_eq!(problem(dot(1), Fit::Resize), None);
    assert_eq!(problem(dot(1), Fit::CenterCrop), None);
}

/// 2^32 pixels by its own account; it is refused before any is decoded.
#[test]
fn a_header_that_lies_allocates_nothing() {
    let expected = "65535x65535 pixels, expected 1 to 67108864 in all";
    let mut jpeg = picture("half.jpg");
    let frame = jpeg.windows(2).position(|pair| pair == [0xff, 0xc0]).unwrap();
    jpeg[frame + 5..frame + 9].fill(0xff);
    let header = b"\0\0\0\x0dIHDR\0\0\xff\xff\0\0\xff\xff\x08\x02\0\0\0";
    let checksum = crc32(&header[4..]).to_be_bytes();
    let png = [b"\x89PNG\r\n\x1a\n".as_slice(), header, &checksum, &picture("rgb.png")[33..]];
    for fit in [Fit::Exact, Fit::Resize, Fit::CenterCrop] {
        assert_eq!(problem(jpeg.clone(), fit).unwrap(), expected);
        assert_eq!(problem(png.concat(), fit).unwrap(), expected);
    }
    jpeg[frame + 5..frame + 9].fill(0);
    assert_eq!(problem(jpeg, Fit::Resize).unwrap(), "0x0 pixels, expected 1 to 67108864 in all");
}

/// The card lies along: the archive is still only as long as it is.
#[test]
fn a_card_that_lies_too_is_told() {
    let mut fixture: Fixture = images(4_000_000_000);
    fixture.card.shape = vec![1, 1_000_000, 1_000_000];
    fixture.write("set", b"");
    let expected = "the card of dataset `made`: shape and examples are beyond what memory can hold";
    assert_eq!(fixture.message(), expected);
}

#[test]
fn bytes_are_normalised_per_channel() {
    let mut fixture = images(1);
    fixture.card.shape = vec![3, 1, 1];
    fixture.card.normalise.mean = vec![1.0, 2.0, 3.0];
    fixture.card.normalise.std = vec![1.0, 2.0, 4.0];
    if let DataFormat::Images { colour, .. } = &mut fixture.card.format {
        *colour = Colour::Rgb;
    }
    fixture.write_folder("set", &[("b/1", dot(11))]);
    assert_eq!(contents(&fixture.open().unwrap()), (vec![10.0, 4.5, 2.0], vec![1]));
}

/// The checksum of PNG chunks.
fn crc32(bytes: &[u8]) -> u32 {
    let step = |crc: u32, _| if crc & 1 == 1 { (crc >> 1) ^ 0xedb8_8320 } else { crc >> 1 };
    !bytes.iter().fold(!0, |crc, &byte| (0..8).fold(crc ^ u32::from(byte), step))
}
