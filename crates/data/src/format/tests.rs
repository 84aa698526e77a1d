//! Whatever the bytes, each decoder gives exactly what was asked for, or an error.

use std::io::Write;
use std::path::PathBuf;

use flate2::{Compression, write::GzEncoder};
use proptest::prelude::*;
use proptest::sample::Index;

use super::{csv, idx};
use crate::file::DataFile;

const COUNT: usize = 3;
const NUM_CLASSES: usize = 2;
const IMAGES: &[u8] = &[0, 0, 8, 3, 0, 0, 0, 3, 0, 0, 0, 1, 0, 0, 0, 2, 10, 11, 12, 13, 14, 15];
const LABELS: &[u8] = &[0, 0, 8, 1, 0, 0, 0, 3, 1, 0, 1];
const TABLE: &[u8] = b"1,2,0\n3,4.5,1\n-5,6e3,1\n";

#[test]
fn the_undamaged_files_are_fine() {
    assert_eq!([IMAGES, LABELS, TABLE].map(|bytes| check(bytes.to_vec())), [1, 1, 1]);
    assert_eq!([IMAGES, LABELS, TABLE].map(|bytes| check(gzip(bytes))), [1, 1, 1]);
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..Default::default() })]

    #[test]
    fn any_bytes(bytes in prop::collection::vec(any::<u8>(), 0..64)) {
        check(bytes);
    }

    #[test]
    fn anything_like_a_table(text in "([-0-9e.,\r\n ]|NaN|inf|\u{feff}){0,40}") {
        check(text.into_bytes());
    }

    #[test]
    fn damaged_files(file in 0usize..3, edits in edits(), compress in 0u8..3) {
        let bytes = [IMAGES, LABELS, TABLE][file];
        check(match compress {
            0 => damaged(bytes.to_vec(), &edits),
            1 => gzip(&damaged(bytes.to_vec(), &edits)),
            _ => damaged(gzip(bytes), &edits),
        });
    }
}

/// Reads the bytes as images, as labels and as a table; says how many of them succeeded.
fn check(bytes: Vec<u8>) -> usize {
    let file = DataFile::of_bytes(PathBuf::from("made"), bytes);
    let mut values = Vec::new();
    let images = idx::read_images(&file, COUNT, &[1, 2], &mut values);
    assert!(images.is_err() || values.len() == COUNT * 2);

    let mut found = Vec::new();
    let labels = idx::read_labels(&file, COUNT, NUM_CLASSES, &mut found);
    assert_eq!(found.len(), if labels.is_ok() { COUNT } else { 0 });
    assert!(found.iter().all(|&label| (label as usize) < NUM_CLASSES));

    let (mut values, mut found) = (Vec::new(), Vec::new());
    let table = csv::Table { num_features: 2, num_classes: NUM_CLASSES, skip_lines: 0 };
    let table = table.read(&file, COUNT, &mut values, &mut found);
    assert!(table.is_err() || (values.len(), found.len()) == (COUNT * 2, COUNT));
    assert!(values.iter().all(|v: &f32| v.is_finite()));
    assert!(found.iter().all(|&label| (label as usize) < NUM_CLASSES));
    [images.is_ok(), labels.is_ok(), table.is_ok()].into_iter().filter(|&ok| ok).count()
}

/// Each edit cuts, inserts or overwrites.
type Edit = (u8, Index, u8);

fn edits() -> impl Strategy<Value = Vec<Edit>> {
    prop::collection::vec((0u8..6, any::<Index>(), any::<u8>()), 0..4)
}

fn damaged(mut bytes: Vec<u8>, edits: &[Edit]) -> Vec<u8> {
    for (kind, at, byte) in edits {
        let at = at.index(bytes.len() + 1);
        match kind {
            0 => bytes.truncate(at),
            1 => bytes.insert(at, *byte),
            _ => bytes.iter_mut().skip(at).take(1).for_each(|b| *b = *byte),
        }
    }
    bytes
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}
