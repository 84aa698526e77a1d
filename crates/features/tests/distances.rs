//! Distances against numpy, by other formulas (`tests/parity/make.py`).
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fs;

use fireassay_features::{Rows, cka, mmd};
use serde::Deserialize;

#[derive(Deserialize)]
struct Case {
    width: usize,
    first: Vec<f32>,
    second: Vec<f32>,
    mmd: f64,
    bandwidth: f64,
    other_width: usize,
    other: Vec<f32>,
    cka: f64,
    cka_debiased: f64,
}

fn cases() -> Vec<Case> {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/parity/distances.json");
    serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap()
}

fn agree(found: f64, expected: f64) {
    assert!((found - expected).abs() < 1e-12 * expected.abs().max(1.0), "{found} {expected}");
}

#[test]
fn the_maximum_mean_discrepancy_is_that_over_all_pairs() {
    for case in cases() {
        let rows = |values| Rows::new(values, case.width).unwrap();
        let found = mmd(&rows(&case.first), &rows(&case.second), usize::MAX, 0, 5).unwrap();
        agree(found.squared, case.mmd);
        agree(found.bandwidth, case.bandwidth);
        assert_eq!(found.p_value, 1.0);
    }
}

#[test]
fn centred_kernel_alignment_is_that_of_gram_matrices() {
    for case in cases() {
        let first = Rows::new(&case.first, case.width).unwrap();
        let found = cka(&first, &Rows::new(&case.other, case.other_width).unwrap()).unwrap();
        agree(found.biased, case.cka);
        agree(found.debiased, case.cka_debiased);
    }
}
