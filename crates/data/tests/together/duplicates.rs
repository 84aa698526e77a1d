//! Examples with the same input: they stay together, are dropped, or may leak.

use std::collections::BTreeSet;

use fireassay_data::Splits;
use fireassay_spec::{DataSpec, Duplicates};

use crate::made::{check_whole, dataset, is_torn, spec};

#[test]
fn equal_inputs_are_found_whatever_their_labels() {
    let values = [1.0, 2.0, 1.0, -0.0, 2.0, 0.0, 5.0, 1.0];
    let dataset = dataset(2, &values, &[0, 0, 1, 0, 1, 1, 0, 1], 0);
    assert_eq!(dataset.duplicates(), [vec![0, 2, 7], vec![1, 4], vec![3, 5]]);
}

#[test]
fn equal_examples_stay_together_or_are_dropped_or_may_leak() {
    // Values 0 to 9 twice, with both labels, and twenty that are there once.
    let values: Vec<f32> =
        (0..40u8).map(|row| f32::from(if row < 20 { row % 10 } else { row })).collect();
    let labels: Vec<u32> = (0..40).map(|row| u32::from(row >= 10) ^ (row % 2)).collect();
    let dataset = dataset(2, &values, &labels, 0);
    let mut torn_at_some_seed = false;
    for seed in 0..10 {
        let with = |duplicates| DataSpec { duplicates, ..spec(0.25, Some(0.25)) };
        let twins: Vec<u32> = (0..40).map(|row| values[row as usize] as u32).collect();
        let splits = dataset.split(&with(Duplicates::KeepTogether), seed).unwrap();
        check_whole(&splits, &twins);
        let sizes = |splits: &Splits| [&splits.train, &splits.val, &splits.test].map(Vec::len);
        assert_eq!(sizes(&splits).iter().sum::<usize>(), 40);
        assert!(splits.test.len().abs_diff(10) <= 1 && splits.val.len().abs_diff(8) <= 1);

        let splits = dataset.split(&with(Duplicates::Drop), seed).unwrap();
        let kept: BTreeSet<u32> =
            [splits.train, splits.val, splits.test].concat().into_iter().collect();
        assert_eq!(kept, (0..10).chain(20..40).collect(), "the first of each pair");

        let splits = dataset.split(&with(Duplicates::Allow), seed).unwrap();
        assert_eq!(sizes(&splits), [22, 8, 10]);
        torn_at_some_seed |= is_torn(&splits, &twins);
    }
    assert!(torn_at_some_seed);
}

#[test]
fn an_official_test_example_that_is_a_train_example_is_an_error() {
    let values = [0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 3.0, 8.0, 8.0, 1.0];
    let dataset = dataset(2, &values, &[0, 1, 1, 1, 0, 1, 0, 0, 0, 1], 4);
    let with = |duplicates| DataSpec { duplicates, ..spec(0.4, None) };
    assert_eq!(
        dataset.split(&with(Duplicates::KeepTogether), 0).unwrap_err().to_string(),
        "dataset `made`: 2 of its test examples are also train examples, 1 with another label (the \
         first is example 3 of test, example 1 of train, `c1`); set `duplicates` to \"drop\" to \
         leave them out of train, or to \"allow\"",
    );
    let splits = dataset.split(&with(Duplicates::Drop), 0).unwrap();
    assert_eq!(splits.test, [6, 7, 8, 9]);
    let learned: BTreeSet<u32> = [splits.train, splits.val].concat().into_iter().collect();
    assert_eq!(learned, [0, 2, 4, 5].into());
    let splits = dataset.split(&with(Duplicates::Allow), 0).unwrap();
    assert_eq!(splits.train.len() + splits.val.len(), 6);
}
