//! Image files that are broken, or not what the card expects.

use std::fs;
use std::path::Path;

use fireassay_data::DataError;
use fireassay_spec::{Colour, DataFormat, Fit};

use crate::archives::{dot, images, tar, zip};
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

/// A photograph as it came out of a camera, in a set whose other images are 100x100.
#[test]
fn one_image_that_is_far_larger_is_named_or_made_to_fit() {
    const SIDE: usize = 100;
    let files = [
        ("a/1.png", plain_png(SIDE as u32, 7)),
        ("a/camera.png", plain_png(3024, 200)),
        ("b/2.png", plain_png(SIDE as u32, 9)),
    ];
    for place in [Place::Folder, Place::Tar, Place::Zip] {
        let mut fixture = images(3);
        fixture.card.shape = vec![1, SIDE, SIDE];
        match place {
            Place::Folder => fixture.write_folder("set", &files),
            Place::Tar => fixture.write("set", &tar(&files)),
            Place::Zip => fixture.write("set", &zip(&files)),
        }
        let expected = "`set`, `a/camera.png`: 3024x3024 pixels, expected 100x100; `fit` in the \
                        card can have it resized";
        assert_eq!(fixture.message(), expected);
    }
    for rule in [Fit::Resize, Fit::CenterCrop] {
        let mut fixture = images(3);
        fixture.card.shape = vec![1, SIDE, SIDE];
        if let DataFormat::Images { fit, .. } = &mut fixture.card.format {
            *fit = rule;
        }
        fixture.write_folder("set", &files);
        let (values, labels) = contents(&fixture.open().unwrap());
        let item = |value: f32| [value; SIDE * SIDE];
        assert!(values == [item(7.0), item(200.0), item(9.0)].concat(), "{rule:?}");
        assert_eq!(labels, [0, 0, 1]);
    }
}

#[derive(Clone, Copy)]
enum Place {
    Folder,
    Tar,
    Zip,
}

/// A square of one grey.
fn plain_png(side: u32, grey: u8) -> Vec<u8> {
    let mut out = Vec::new();
    let mut encoder = png::Encoder::new(&mut out, side, side);
    encoder.set_color(png::ColorType::Grayscale);
    let pixels = vec![grey; (side * side) as usize];
    encoder.write_header().unwrap().write_image_data(&pixels).unwrap();
    out
}

#[test]
fn a_file_without_a_byte_a_cmyk_image_and_one_that_is_none_are_named() {
    let cmyk = picture("cmyk.jpg");
    for (bytes, expected) in [
        (Vec::new(), "the file is empty"),
        (cmyk, "a CMYK image; convert it to RGB first"),
        (b"GIF89a".to_vec(), "neither a JPEG nor a PNG file"),
    ] {
        let files = [("a/1.png", dot(1)), ("a/2", bytes)];
        for place in [Place::Folder, Place::Tar, Place::Zip] {
            let mut fixture = images(2);
            if let DataFormat::Images { fit, .. } = &mut fixture.card.format {
                *fit = Fit::Resize;
            }
            match place {
                Place::Folder => fixture.write_folder("set", &files),
                Place::Tar => fixture.write("set", &tar(&files)),
                Place::Zip => fixture.write("set", &zip(&files)),
            }
            assert_eq!(fixture.message(), format!("`set`, `a/2`: {expected}"));
        }
    }
}

/// As the documentation of pictures says; with alpha, too, which is a sample like the others.
#[test]
fn of_samples_of_sixteen_bits_the_high_byte_stays() {
    let of = |kind, samples: &[u8]| {
        let mut out = Vec::new();
        let mut encoder = png::Encoder::new(&mut out, 1, 1);
        encoder.set_color(kind);
        encoder.set_depth(png::BitDepth::Sixteen);
        encoder.write_header().unwrap().write_image_data(samples).unwrap();
        out
    };
    let grey = of(png::ColorType::Grayscale, &[0x12, 0xff]);
    let rgba = of(png::ColorType::Rgba, &[1, 0xff, 0x80, 0, 0xff, 0xff, 0xff, 0]);
    for (bytes, expected) in [(grey, [18.0; 3]), (rgba, [1.0, 128.0, 255.0])] {
        let mut fixture = images(1);
        fixture.card.shape = vec![3, 1, 1];
        if let DataFormat::Images { colour, .. } = &mut fixture.card.format {
            *colour = Colour::Rgb;
        }
        fixture.write_folder("set", &[("a/1", bytes)]);
        assert_eq!(contents(&fixture.open().unwrap()).0, expected);
    }
}

/// The checksum of PNG chunks.
fn crc32(bytes: &[u8]) -> u32 {
    let step = |crc: u32, _| if crc & 1 == 1 { (crc >> 1) ^ 0xedb8_8320 } else { crc >> 1 };
    !bytes.iter().fold(!0, |crc, &byte| (0..8).fold(crc ^ u32::from(byte), step))
}
