//! Every kind of JPEG and PNG file against Pillow and numpy (`images/make_reference.py`).

use std::fs;
use std::path::{Path, PathBuf};

use fireassay_data::DataError;
use fireassay_spec::{Alpha, Colour, DataFormat, Fit, ImagesPlace, Normalise, Orientation};
use serde::Deserialize;
use sha2::{Digest, Sha256};

use crate::fixture::{Fixture, contents};

/// What decoders differ by: all of them round as they like, and colour channels of half the size
/// are enlarged in several ways.
fn tolerance(name: &str) -> u8 {
    match name {
        "half.jpg" | "progressive.jpg" => 4,
        name if name.ends_with("jpg") => 2,
        _ => 0,
    }
}

#[test]
fn every_picture_has_the_values_of_pillow() {
    let cases = cases();
    assert!(cases.len() > 80);
    for case in cases {
        let found = decode(&case);
        let told = format!("{} {:?} {}x{}", case.name, case.rules, case.width, case.height);
        let (Some(expected), Ok(found)) = (&case.values, &found) else {
            assert!(case.values.is_none() && found.is_err(), "{told}: {found:?}");
            continue;
        };
        let expected = bytes(expected);
        assert_eq!(found.len(), expected.len(), "{told}");
        let tolerance = tolerance(&case.name);
        let furthest = found.iter().zip(&expected).map(|(a, b)| a.abs_diff(*b)).max().unwrap();
        assert!(furthest <= tolerance, "{told}: {furthest}");
    }
}

/// The same bytes everywhere and always: this is in no library's hands.
#[test]
fn jpeg_files_are_decoded_to_these_very_bytes() {
    let mut found = String::new();
    for case in cases() {
        let is_whole = case.rules.fit == Fit::Exact && case.rules.colour == Colour::Rgb;
        if let (true, true, Ok(values)) = (case.name.ends_with("jpg"), is_whole, decode(&case)) {
            let orientation = case.rules.orientation;
            let digest: String =
                Sha256::digest(values).iter().map(|byte| format!("{byte:02x}")).collect();
            found.extend([format!("{digest}  {} {orientation:?}\n", case.name)]);
        }
    }
    let golden = folder().join("jpeg.sha256");
    if std::env::var_os("INSTA_UPDATE").is_some_and(|value| value == "always") {
        fs::write(&golden, &found).unwrap();
    }
    assert_eq!(found, fs::read_to_string(golden).unwrap());
}

#[test]
fn what_is_refused_says_why() {
    for (name, expected) in [
        ("cmyk.jpg", "a CMYK image; convert it to RGB first"),
        ("rgba.png", "the image shows through; `alpha` in the card says on what to lay it"),
    ] {
        let case = cases().into_iter().find(|case| case.name == name).unwrap();
        let error = decode(&case).unwrap_err();
        let DataError::Member { member, problem, .. } = error else { panic!("{error}") };
        assert_eq!((member.as_str(), problem.as_str()), (format!("a/{name}").as_str(), expected));
    }
}

#[derive(Debug, Deserialize)]
struct Case {
    name: String,
    rules: Rules,
    width: usize,
    height: usize,
    /// Hex of `[channels, height, width]`; none where it must be refused.
    values: Option<String>,
}

#[derive(Clone, Copy, Debug, Deserialize)]
struct Rules {
    colour: Colour,
    fit: Fit,
    alpha: Alpha,
    orientation: Orientation,
}

fn cases() -> Vec<Case> {
    let text = fs::read_to_string(folder().join("reference.json")).unwrap();
    serde_json::from_str(&text).unwrap()
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/images")
}

fn decode(case: &Case) -> Result<Vec<u8>, DataError> {
    let Rules { colour, fit, alpha, orientation } = case.rules;
    let train = ImagesPlace { from: "set".to_owned(), prefix: String::new() };
    let format = DataFormat::Images {
        train,
        test: None,
        colour,
        fit,
        alpha,
        orientation,
        group_before: None,
    };
    let channels = if colour == Colour::Grey { 1 } else { 3 };
    let mut fixture = Fixture::new(format, vec![channels, case.height, case.width], 1);
    fixture.card.normalise = Normalise { divisor: 1.0, mean: vec![0.0], std: vec![1.0] };
    let picture = fs::read(folder().join("pictures").join(&case.name)).unwrap();
    fixture.write_folder("set", &[(&format!("a/{}", case.name), picture)]);
    Ok(contents(&fixture.open()?).0.into_iter().map(|value| value as u8).collect())
}

fn bytes(hex: &str) -> Vec<u8> {
    let digit = |byte: u8| char::from(byte).to_digit(16).unwrap() as u8;
    hex.as_bytes().as_chunks().0.iter().map(|&[a, b]| digit(a) << 4 | digit(b)).collect()
}
