//! The key of random draws: a digest of the results that they are about.

use std::collections::BTreeSet;

use fireassay_spec::path_key;
use fireassay_tracking::RunRecord;

/// Of the trials and what became of their weights, in whatever order they are read: the same
/// results give the same draws, and others give others.
pub(crate) fn key<'a>(records: impl Iterator<Item = &'a RunRecord>) -> u64 {
    let line = |record: &RunRecord| {
        let digest = record.summary.as_ref().map_or("", |summary| &summary.state_digest);
        format!("{} {digest}\n", record.trial.id)
    };
    let lines: BTreeSet<String> = records.map(line).collect();
    path_key(&String::from_iter(lines))
}
