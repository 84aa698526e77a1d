//! Learning curves of a condition, over its trials.

use std::collections::BTreeMap;

use fireassay_spec::TrialId;

use crate::results::CurvePoint;
use crate::scores::Row;
use crate::stats::describe;

/// A point per step, over the trials that were evaluated there. A trial that stops early leaves
/// the later points, and their `n` says so. A run that counts for nothing is in no curve either.
pub(crate) fn curve(row: &Row<'_>, curves: &BTreeMap<TrialId, Vec<(u64, f64)>>) -> Vec<CurvePoint> {
    let mut by_step: BTreeMap<u64, Vec<f64>> = BTreeMap::new();
    let counted = row.cells.iter().filter(|cell| cell.record.is_some());
    for points in counted.filter_map(|cell| curves.get(&cell.trial.id)) {
        for &(step, value) in points.iter().filter(|(_, value)| value.is_finite()) {
            by_step.entry(step).or_default().push(value);
        }
    }
    let point = |(step, values): (u64, Vec<f64>)| {
        let (low, high) = describe::range(&values);
        describe::mean(&values).map(|mean| CurvePoint { step, n: values.len(), mean, low, high })
    };
    by_step.into_iter().filter_map(point).collect()
}
