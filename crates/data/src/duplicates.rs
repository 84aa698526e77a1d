//! `Dataset::duplicates`: examples with the very same input.

use std::hash::{DefaultHasher, Hasher};

use crate::Dataset;

impl Dataset {
    /// Every set of two rows or more whose inputs are the same in every value, whatever their
    /// labels. Rows ascend in a set, and sets by their first row. Rows without a class are left out.
    pub fn duplicates(&self) -> Vec<Vec<u32>> {
        let rows = (0..).zip(self.labels()).filter(|(_, label)| **label != Self::NO_CLASS);
        let mut hashed: Vec<(u64, u32)> = rows.map(|(row, _)| (self.hash_of(row), row)).collect();
        hashed.sort_unstable();
        let runs = hashed.chunk_by(|a, b| a.0 == b.0).filter(|run| run.len() > 1);
        let mut sets: Vec<Vec<u32>> = runs.flat_map(|run| self.same(run)).collect();
        sets.sort_unstable();
        sets
    }

    /// Any hash does: rows with equal ones are compared.
    fn hash_of(&self, row: u32) -> u64 {
        let mut hasher = DefaultHasher::new();
        self.hash_item(row, &mut hasher);
        hasher.finish()
    }

    fn same(&self, run: &[(u64, u32)]) -> Vec<Vec<u32>> {
        let mut sets: Vec<Vec<u32>> = Vec::new();
        for &(_, row) in run {
            match sets.iter_mut().find(|set| self.is_same_item(set[0], row)) {
                Some(set) => set.push(row),
                None => sets.push(vec![row]),
            }
        }
        sets.retain(|set| set.len() > 1);
        sets
    }
}
