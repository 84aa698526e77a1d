//! Weights of others: safetensors, and checkpoints of PyTorch in both formats. A zip archive is
//! read as it is and with its checksums put right.

use std::collections::BTreeMap;
use std::path::Path;

use fireassay_weights::{WeightsFile, parse, to_safetensors};

use crate::{told, zipped};

/// How a zip archive begins.
const ZIP: &[u8] = b"PK";
/// Numbers that a reader may make of few bytes, and of each byte of many.
const MIN_VALUES: usize = 1 << 16;
const PER_BYTE: usize = 2;

pub(crate) fn check(bytes: &[u8]) -> String {
    let outcome = open(bytes);
    if bytes.starts_with(ZIP) {
        return open(&zipped::mended(bytes));
    }
    outcome
}

fn open(bytes: &[u8]) -> String {
    let path = Path::new("weights");
    let file = match parse(path, bytes, None) {
        Err(error) => return told(&error),
        Ok(file) => file,
    };
    assert!(!file.tensors.is_empty());
    assert!(file.num_values() <= MIN_VALUES.max(bytes.len() * PER_BYTE));
    for tensor in file.tensors.values() {
        assert_eq!(tensor.shape.iter().product::<usize>(), tensor.values.len());
    }
    if let Some(part) = &file.part {
        let named = parse(path, bytes, Some(part)).expect("the part that was taken is there");
        assert_eq!(bits(&named), bits(&file));
    }
    written(&file);
    format!(
        "accepted, {} tensors of {} numbers, {} left out",
        file.tensors.len(),
        file.num_values(),
        file.left_out.len()
    )
}

/// What is written holds the same tensors, and is the same when it is written again.
fn written(file: &WeightsFile) {
    // One name is the format's own, and some are those of a run that goes on.
    let is_taken = |name: &String| name == "__metadata__" || name.starts_with("optim/");
    if file.tensors.keys().any(is_taken) {
        return;
    }
    let bytes = to_safetensors(&file.tensors, &BTreeMap::new());
    let again = parse(Path::new("again"), &bytes, None).expect("what is written can be read");
    assert_eq!(bits(&again), bits(file));
    assert_eq!(to_safetensors(&again.tensors, &BTreeMap::new()), bytes);
}

/// Names, shapes and bits: no number is equal to NaN.
fn bits(file: &WeightsFile) -> Vec<(&str, &[usize], Vec<u32>)> {
    let bits = |values: &[f32]| values.iter().map(|value| value.to_bits()).collect();
    let tensors = file.tensors.iter();
    tensors.map(|(name, of)| (name.as_str(), &of.shape[..], bits(&of.values))).collect()
}
