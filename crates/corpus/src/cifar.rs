//! Records of CIFAR: accepted means one example for each 3,073 bytes, with a known label.

use fireassay_data::DataError;
use fireassay_spec::{CifarLabel, DataFormat};

use crate::{arrays, told};

const FILE: &str = "batch.bin";
/// A label, and 3x32x32 bytes.
const RECORD: usize = 3073;
/// What is asked of a compressed file, which cannot be seen through.
const COMPRESSED: usize = 2;

pub(crate) fn check(bytes: &[u8]) -> String {
    let is_compressed = arrays::is_compressed(bytes);
    let examples = if is_compressed { COMPRESSED } else { bytes.len().div_ceil(RECORD) };
    let open = |examples| {
        let format = DataFormat::Cifar {
            train: vec![FILE.to_owned()],
            test: Vec::new(),
            archive: None,
            label: CifarLabel::Only,
        };
        let files = [(FILE, bytes)];
        arrays::open(&arrays::card(&files, vec![3, 32, 32], examples, format), &files)
    };
    match open(examples) {
        Err(error) => told(&error),
        Ok(dataset) => {
            assert!(is_compressed || bytes.len() == dataset.len() * RECORD);
            assert!(!matches!(open(examples + 1), Ok(_) | Err(DataError::Card { .. })));
            format!("accepted, {examples} examples")
        }
    }
}
