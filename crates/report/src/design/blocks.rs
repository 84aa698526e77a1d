//! `Measure`: from a weighted sum of conditions to one number per seed, and its effect.

use std::collections::BTreeSet;
use std::fmt;

use fireassay_spec::{Experiment, FailedTrial};

use crate::effect::{Effect, Rules, score};
use crate::scores::{Cell, Row, Scores};

/// A sum this small beside its terms is rounding: on paper it is 0.
const ROUNDING: f64 = 1e-12;

/// Why a number is not computed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Withheld {
    /// The plan lacks a combination of levels that it needs.
    NotPlanned,
    /// It needs every replicate, and some have no score.
    Incomplete,
    /// There are more components than Shapley values are computed for.
    TooManyComponents,
    /// Trials failed, and `failed-trial = "abort"`.
    FailedTrials,
    /// Its trials come from different binaries or backends.
    MixedProvenance,
    /// Scores of the metric on different datasets are not comparable.
    NoCommonScale,
    /// Some dataset has fewer than two seeds to draw from.
    TooFewSeeds,
}

/// Where numbers come from, and what their statistics need to know.
pub(crate) struct Measure<'s> {
    pub scores: &'s Scores<'s>,
    pub policy: FailedTrial,
    /// For one effect by itself: the false discovery rate fixes no threshold beforehand, so power
    /// is told for a single test.
    pub rules: Rules,
}

/// The scores of some conditions at the seeds at which each of them has one, ascending.
pub(crate) struct Blocks {
    pub seeds: Vec<u64>,
    /// Per seed one score per condition, in the order asked for.
    pub scores: Vec<Vec<f64>>,
}

impl<'s> Measure<'s> {
    pub(crate) fn new(scores: &'s Scores<'s>, experiment: &Experiment) -> Self {
        let rules = Rules::new(&experiment.analysis, 1, scores.key);
        Self { scores, policy: experiment.analysis.failed_trial, rules }
    }

    /// The sum of weight times score over conditions, which are given by row.
    pub(crate) fn effect(&self, terms: &[(usize, f64)]) -> Result<Effect, Withheld> {
        let rows: Vec<usize> = terms.iter().map(|(row, _)| *row).collect();
        let blocks = self.blocks(&rows)?;
        let weights: Vec<f64> = terms.iter().map(|(_, weight)| *weight).collect();
        let sums = blocks.scores.iter().map(|scores| weighted(scores, &weights)).collect();
        Ok(self.effect_of(&blocks, sums))
    }

    /// Of one number per seed of the blocks.
    pub(crate) fn effect_of(&self, blocks: &Blocks, numbers: Vec<f64>) -> Effect {
        Effect::of_differences(blocks.seeds.clone(), numbers, &self.rules)
    }

    /// The scores of these rows under the failure policy; only seeds that have them all.
    pub(crate) fn blocks(&self, rows: &[usize]) -> Result<Blocks, Withheld> {
        let rows: Vec<&Row<'_>> = rows.iter().map(|row| &self.scores.rows[*row]).collect();
        if self.policy == FailedTrial::Abort && rows.iter().any(|row| row.failures() > 0) {
            return Err(Withheld::FailedTrials);
        }
        let mut blocks = Blocks { seeds: Vec::new(), scores: Vec::new() };
        let mut origins = BTreeSet::new();
        for first in rows.iter().take(1).flat_map(|row| &row.cells) {
            let seed = first.trial.seed;
            let cells: Vec<&Cell<'_>> = rows.iter().filter_map(|row| row.at(seed)).collect();
            let scored = cells.iter().zip(&rows);
            let scores: Option<Vec<f64>> =
                scored.map(|(cell, row)| score(cell, row, self.policy)).collect();
            let Some(scores) = scores.filter(|scores| scores.len() == rows.len()) else { continue };
            origins.extend(cells.iter().filter(|cell| cell.score.is_some()).map(|c| origin(c)));
            blocks.seeds.push(seed);
            blocks.scores.push(scores);
        }
        if origins.len() > 1 {
            return Err(Withheld::MixedProvenance);
        }
        Ok(blocks)
    }
}

/// Σ weight · score; exactly 0 where only rounding is left.
fn weighted(scores: &[f64], weights: &[f64]) -> f64 {
    let terms = scores.iter().zip(weights).map(|(score, weight)| score * weight);
    let size: f64 = terms.clone().map(f64::abs).sum();
    snapped(terms.sum(), size)
}

/// 0 for a sum that is mere rounding beside the size of what was added.
pub(crate) fn snapped(sum: f64, size: f64) -> f64 {
    if sum.abs() <= ROUNDING * size { 0.0 } else { sum }
}

/// Trials of different code or devices do not belong in one sum.
fn origin<'r>(cell: &'r Cell<'_>) -> Option<(&'r str, &'r str)> {
    let provenance = cell.record?.provenance.as_ref()?;
    Some((&provenance.binary_hash, &provenance.backend))
}

impl Withheld {
    /// A stable name for files.
    pub fn key(self) -> &'static str {
        match self {
            Self::NotPlanned => "not-planned",
            Self::Incomplete => "incomplete",
            Self::TooManyComponents => "too-many-components",
            Self::FailedTrials => "failed-trials",
            Self::MixedProvenance => "mixed-provenance",
            Self::NoCommonScale => "no-common-scale",
            Self::TooFewSeeds => "too-few-seeds",
        }
    }
}

impl fmt::Display for Withheld {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NotPlanned => "the plan lacks a combination of levels",
            Self::Incomplete => "a replicate has no score",
            Self::TooManyComponents => "there are too many components",
            Self::FailedTrials => "a trial failed and failed-trial is \"abort\"",
            Self::MixedProvenance => "the trials come from different binaries or backends",
            Self::NoCommonScale => "scores on different datasets have no common scale",
            Self::TooFewSeeds => "some dataset has fewer than two seeds",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_zero_on_paper_is_zero() {
        // 0.3 - 0.1 - 0.4 + 0.2 leaves 5.6e-17.
        let scores: [f64; 4] = [0.3, 0.1, 0.4, 0.2];
        let rest = scores[0] - scores[1] - scores[2] + scores[3];
        assert!(rest.abs() > 0.0, "the case needs a rest");
        assert_eq!(weighted(&scores, &[1.0, -1.0, -1.0, 1.0]), 0.0);
        let small = weighted(&[0.3 + 1e-9, 0.1, 0.4, 0.2], &[1.0, -1.0, -1.0, 1.0]);
        assert!((small - 1e-9).abs() < 1e-15, "{small}");
    }
}
