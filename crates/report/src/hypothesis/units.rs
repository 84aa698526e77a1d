//! `Units`: the seeds of a hypothesis, their scores, and what is resampled together.

use std::collections::BTreeMap;

use fireassay_spec::Experiment;
use fireassay_spec::hypothesis::Difference;

use crate::hypothesis::result::Shared;
use crate::stats::describe::mean;

/// How seeds are grouped.
#[derive(Clone, Copy)]
pub(crate) struct Layout<'e> {
    pub experiment: &'e Experiment,
    pub shared: Option<Shared>,
}

/// The seeds at which every condition asked for has a score, ascending.
pub(crate) struct Units {
    pub seeds: Vec<u64>,
    /// Which half of the seeds a unit belongs to: the best is chosen at the other.
    half: Vec<bool>,
    /// What its trials share; 0 if they share nothing.
    checkpoint: Vec<u64>,
    /// Per unit the score of each condition, by name.
    scores: Vec<BTreeMap<String, f64>>,
    shared: Option<Shared>,
    /// +1 where more is better.
    sign: f64,
}

impl Layout<'_> {
    fn checkpoint(&self, seed: u64) -> u64 {
        let index = |shared: Shared| self.experiment.stream_index(seed, shared.stream);
        self.shared.and_then(index).unwrap_or(0)
    }

    /// Every other seed, in the order of the plan: counted among checkpoints if those are the
    /// units, else among the seeds of a checkpoint. So a missing trial moves no other seed.
    fn half(&self, seed: u64) -> bool {
        let own = self.checkpoint(seed);
        if self.shared.is_some_and(|shared| shared.generalises) {
            return own % 2 == 1;
        }
        let together = self.experiment.seeds.iter().filter(|other| self.checkpoint(**other) == own);
        together.take_while(|other| **other < seed).count() % 2 == 1
    }
}

impl Units {
    /// `names` in the order of the scores of each seed.
    pub(crate) fn new(
        layout: &Layout<'_>,
        names: &[&str],
        (seeds, scores): (Vec<u64>, Vec<Vec<f64>>),
        sign: f64,
    ) -> Self {
        let named = |row: Vec<f64>| names.iter().map(|name| (*name).to_owned()).zip(row).collect();
        Self {
            half: seeds.iter().map(|seed| layout.half(*seed)).collect(),
            checkpoint: seeds.iter().map(|seed| layout.checkpoint(*seed)).collect(),
            scores: scores.into_iter().map(named).collect(),
            seeds,
            shared: layout.shared,
            sign,
        }
    }

    /// Whether trials share a stage.
    pub(crate) fn is_shared(&self) -> bool {
        self.shared.is_some()
    }

    pub(crate) fn all(&self) -> Vec<usize> {
        (0..self.seeds.len()).collect()
    }

    pub(crate) fn score(&self, unit: usize, condition: &str) -> f64 {
        self.scores[unit].get(condition).copied().unwrap_or(f64::NAN)
    }

    /// The best of some conditions over those of `members` that are in one half; the first of equal
    /// ones. None if there is no such member.
    pub(crate) fn best<'c>(
        &self,
        conditions: &'c [String],
        members: &[usize],
        half: bool,
    ) -> Option<&'c String> {
        let inside: Vec<usize> =
            members.iter().copied().filter(|unit| self.half[*unit] == half).collect();
        let total = |name: &str| -> f64 {
            inside.iter().map(|unit| self.sign * self.score(*unit, name)).sum()
        };
        if inside.is_empty() {
            return None;
        }
        let mut best: Option<(&String, f64)> = None;
        for name in conditions {
            let total = total(name);
            if best.is_none_or(|(_, most)| total > most) {
                best = Some((name, total));
            }
        }
        best.map(|(name, _)| name)
    }

    /// The score of a side at each of `members`: of several conditions the one that is best over
    /// the other half of them.
    pub(crate) fn side(&self, conditions: &[String], members: &[usize]) -> Option<Vec<f64>> {
        if let [only] = conditions {
            return Some(members.iter().map(|unit| self.score(*unit, only)).collect());
        }
        let chosen = [true, false].map(|other| self.best(conditions, members, other));
        let score = |unit: &usize| {
            let name = chosen[usize::from(self.half[*unit])]?;
            Some(self.score(*unit, name))
        };
        members.iter().map(score).collect()
    }

    /// One number per member.
    pub(crate) fn difference(&self, of: &Difference, members: &[usize]) -> Option<Vec<f64>> {
        let ours = self.side(&of.of, members)?;
        if of.minus.is_empty() {
            return Some(ours);
        }
        let theirs = self.side(&of.minus, members)?;
        Some(ours.iter().zip(theirs).map(|(ours, theirs)| ours - theirs).collect())
    }

    /// One number per seed to one per unit that counts: means of checkpoints, if those count.
    pub(crate) fn counted(&self, values: &[f64]) -> Vec<f64> {
        match self.shared {
            Some(shared) if shared.generalises => self.by_checkpoint(values),
            Some(_) | None => values.to_vec(),
        }
    }

    /// Means of checkpoints, in their order.
    pub(crate) fn by_checkpoint(&self, values: &[f64]) -> Vec<f64> {
        let mut groups: BTreeMap<u64, Vec<f64>> = BTreeMap::new();
        for (checkpoint, value) in self.checkpoint.iter().zip(values) {
            groups.entry(*checkpoint).or_default().push(*value);
        }
        groups.values().filter_map(|group| mean(group)).collect()
    }

    /// What is resampled: strata of clusters of units. Halves are strata, so that neither is ever
    /// empty; so are checkpoints, where they are given and not drawn.
    pub(crate) fn strata(&self) -> Vec<Vec<Vec<usize>>> {
        let generalises = self.shared.is_some_and(|shared| shared.generalises);
        let mut strata: BTreeMap<(u64, bool), BTreeMap<u64, Vec<usize>>> = BTreeMap::new();
        for (unit, seed) in self.seeds.iter().enumerate() {
            let (checkpoint, half) = (self.checkpoint[unit], self.half[unit]);
            let (stratum, cluster) =
                if generalises { ((0, half), checkpoint) } else { ((checkpoint, half), *seed) };
            strata.entry(stratum).or_default().entry(cluster).or_default().push(unit);
        }
        strata.into_values().map(|clusters| clusters.into_values().collect()).collect()
    }
}
