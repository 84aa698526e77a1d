//! `Dataset::duplicates`: examples with the very same input.

use std::hash::{DefaultHasher, Hasher};

use crate::Dataset;

impl Dataset {
    /// Every set of two rows or more whose inputs are the same in every value, whatever their
    /// labels. Rows ascend in a set, and sets by their first row. Rows without a class are left out.
    pub fn duplicates(&self) -> Vec<Vec<u32>> {
        let rows = (0..).zip(self.labels()).filter(|(_, label)| **label != Self::NO_CLASS);
        let hash_of = |row| {
            let mut hasher = DefaultHasher::new();
            self.hash_item(row, &mut hasher);
            hasher.finish()
        };
        sets(rows.map(|(row, _)| row), &hash_of, &|a, b| self.is_same_item(a, b))
    }
}

/// Sets of two rows or more that are the same, in order. Any hash does: rows with equal ones are
/// compared.
pub(crate) fn sets(
    rows: impl Iterator<Item = u32>,
    hash_of: &dyn Fn(u32) -> u64,
    is_same: &dyn Fn(u32, u32) -> bool,
) -> Vec<Vec<u32>> {
    let mut hashed: Vec<(u64, u32)> = rows.map(|row| (hash_of(row), row)).collect();
    hashed.sort_unstable();
    let runs = hashed.chunk_by(|a, b| a.0 == b.0).filter(|run| run.len() > 1);
    let mut found: Vec<Vec<u32>> = runs.flat_map(|run| same(run, is_same)).collect();
    found.sort_unstable();
    found
}

fn same(run: &[(u64, u32)], is_same: &dyn Fn(u32, u32) -> bool) -> Vec<Vec<u32>> {
    let mut sets: Vec<Vec<u32>> = Vec::new();
    for &(_, row) in run {
        match sets.iter_mut().find(|set| is_same(set[0], row)) {
            Some(set) => set.push(row),
            None => sets.push(vec![row]),
        }
    }
    sets.retain(|set| set.len() > 1);
    sets
}
