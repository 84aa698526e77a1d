//! Examples of two sets in one matrix, and seeded samples of them.

use fireassay_spec::{Purpose, Stream, path_key};

use crate::{FeatureError, Rows};

/// `count` of the rows that are meant, by a seed; all of them if there are no more. In the order of a
/// permutation, so that the first of a longer sample are a shorter one.
pub(super) fn sample(rows: &Rows<'_>, count: usize, seed: u64, name: &str) -> Vec<usize> {
    let mut order = Stream::new(seed, Purpose::Split, path_key(name), 0).permutation(rows.len());
    order.truncate(count);
    order.into_iter().map(|index| index as usize).collect()
}

/// The features of these examples, those of the first set before those of the second.
pub(super) fn pooled(sets: [(&Rows<'_>, &[usize]); 2]) -> Vec<f32> {
    let rows = sets.into_iter().flat_map(|(rows, sample)| sample.iter().map(|&at| rows.row(at)));
    rows.flatten().copied().collect()
}

pub(super) fn same_width(first: &Rows<'_>, second: &Rows<'_>) -> Result<(), FeatureError> {
    second.has_width(first.width())
}
