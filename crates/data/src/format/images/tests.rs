//! Whatever the bytes, decoders give exactly what was asked for, or an error; and threads do not
//! matter.

use std::fs;
use std::num::NonZero;

use fireassay_spec::{Alpha, Colour, DatasetCard, Fit, Orientation};
use proptest::prelude::*;
use proptest::sample::Index;
use sha2::{Digest, Sha256};

use super::picture::{self, Rules};
use crate::cache::DECODERS;
use crate::file::{Reader, hex};
use crate::format::RawValues;

const RULES: Rules = Rules {
    height: 7,
    width: 11,
    colour: Colour::Rgb,
    fit: Fit::Resize,
    alpha: Alpha::White,
    orientation: Orientation::Upright,
};

const PICTURES: [&[u8]; 8] = [
    include_bytes!("../../../tests/images/pictures/half.jpg"),
    include_bytes!("../../../tests/images/pictures/progressive.jpg"),
    include_bytes!("../../../tests/images/pictures/turned.jpg"),
    include_bytes!("../../../tests/images/pictures/grey.jpg"),
    include_bytes!("../../../tests/images/pictures/interlaced.png"),
    include_bytes!("../../../tests/images/pictures/palette-alpha.png"),
    include_bytes!("../../../tests/images/pictures/rgb16.png"),
    include_bytes!("../../../tests/images/pictures/turned.png"),
];

/// Exactly one example comes out, or none.
fn check(bytes: &[u8], rules: &Rules) -> bool {
    let mut out = Vec::new();
    let result = picture::read(bytes, rules, &mut Vec::new(), &mut out);
    assert_eq!(out.len(), if result.is_ok() { 3 * rules.height * rules.width } else { 0 });
    result.is_ok()
}

#[test]
fn the_undamaged_pictures_are_fine() {
    assert!(PICTURES.iter().all(|bytes| check(bytes, &RULES)));
}

#[test]
fn a_file_that_is_cut_anywhere_is_an_error() {
    for whole in PICTURES {
        for end in 0..whole.len() {
            assert!(!check(&whole[..end], &RULES), "{} bytes, cut at {end}", whole.len());
        }
    }
}

#[test]
fn a_png_file_is_an_error_with_a_wrong_bit_anywhere() {
    let whole = PICTURES[6];
    for at in 0..whole.len() {
        let mut damaged = whole.to_vec();
        damaged[at] ^= 0x10;
        assert!(!check(&damaged, &RULES), "byte {at}");
    }
}

/// The decoder has code for one processor and the other; results are promised for all.
#[test]
fn the_instructions_of_the_processor_change_nothing() {
    use zune_jpeg::zune_core::{bytestream::ZCursor, options::DecoderOptions};
    for bytes in PICTURES.iter().filter(|bytes| bytes.starts_with(&[0xff, 0xd8])) {
        let decode = |options| {
            let cursor = ZCursor::new(*bytes);
            zune_jpeg::JpegDecoder::new_with_options(cursor, options).decode().unwrap()
        };
        let fast = decode(DecoderOptions::default());
        assert!(fast == decode(DecoderOptions::default().set_use_unsafe(false)));
        assert!(!fast.is_empty());
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, cases: 512, ..Default::default() })]

    #[test]
    fn any_bytes(
        start in prop::sample::select(vec![&b""[..], b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n"]),
        bytes in prop::collection::vec(any::<u8>(), 0..80),
    ) {
        check(&[start, &bytes].concat(), &RULES);
    }

    #[test]
    fn damaged_pictures(
        picture in 0..PICTURES.len(),
        fit in prop::sample::select(vec![Fit::Exact, Fit::Resize, Fit::CenterCrop]),
        edits in prop::collection::vec((0u8..8, any::<Index>(), any::<u8>()), 1..6),
    ) {
        let mut bytes = PICTURES[picture].to_vec();
        for (kind, at, byte) in edits {
            let at = at.index(bytes.len() + 1);
            match kind {
                0 => bytes.truncate(at),
                1 => bytes.insert(at, byte),
                _ => bytes.iter_mut().skip(at).take(1).for_each(|b| *b = byte),
            }
        }
        check(&bytes, &Rules { fit, ..RULES });
    }
}

#[test]
fn the_number_of_threads_changes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let mut lines = String::new();
    for number in 0..300 {
        let path = format!("c{}/{number:03}", number % 3);
        fs::create_dir_all(folder.path().join("set").join(&path).parent().unwrap()).unwrap();
        fs::write(folder.path().join("set").join(&path), PICTURES[number % 8]).unwrap();
    }
    for class in 0..3 {
        for number in (class..300).step_by(3) {
            let digest = hex(&Sha256::digest(PICTURES[number % 8]));
            lines.extend([format!("{digest}  c{class}/{number:03}\n")]);
        }
    }
    let card = card(&hex(&Sha256::digest(lines.as_bytes())));
    let read = |threads| {
        let threads = NonZero::new(threads).unwrap();
        let decoded = super::read(&card, folder.path(), Reader::Disk, threads).unwrap();
        let RawValues::Bytes(values) = decoded.values else { panic!("bytes") };
        (values, decoded.labels, decoded.bytes_on_disk)
    };
    let one = read(1);
    assert_eq!(one.0.len(), 300 * 3 * 7 * 11);
    assert_eq!(one.1, [[0; 100], [1; 100], [2; 100]].concat());
    assert!(one == read(2) && one == read(7));
}

/// A cache keeps what the decoders gave: whoever changes that, or updates a codec that does, raises
/// `DECODERS` with the hash.
#[test]
fn other_values_need_another_number_of_the_decoders() {
    let mut hasher = Sha256::new();
    for bytes in PICTURES {
        for fit in [Fit::Resize, Fit::CenterCrop] {
            let mut out = Vec::new();
            picture::read(bytes, &Rules { fit, ..RULES }, &mut Vec::new(), &mut out).unwrap();
            hasher.update(&out);
        }
    }
    let found = hex(&hasher.finalize());
    assert_eq!(
        (DECODERS, found.as_str()),
        (1, "db8fa3a04bc4ffd6cec2cd3af9b72051fc99e5b8b844d8c76df6cf4647e9132c")
    );
}

fn card(sha256: &str) -> DatasetCard {
    let text = format!(
        "schema = 1\nname = 'made'\ntitle = ''\nlicence = ''\nsource = ''\nshape = [3, 7, 11]\n\
         classes = ['c0', 'c1', 'c2']\nexamples = {{ train = 300, test = 0 }}\n\
         normalise = {{ divisor = 255, mean = [0.5], std = [0.5] }}\n\
         format.images = {{ train = {{ from = 'set' }}, colour = 'rgb', fit = 'resize', \
         alpha = 'white', orientation = 'upright' }}\n\
         files = [{{ path = 'set', sha256 = '{sha256}' }}]\n"
    );
    toml::from_str(&text).unwrap()
}
