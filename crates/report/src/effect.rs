//! `Effect`: the paired difference of a condition to the reference, and its statistics.

use fireassay_spec::{Analysis, Direction, FailedTrial, IntervalKind};

use crate::scores::{Cell, Row};
use crate::stats::effect_size::{EffectSize, effect_size};
use crate::stats::paired_t::{self, Interval};
use crate::stats::{bootstrap, describe, pairing, power, prob_better, sign_flip, skew, tost};

/// Level of the interval; it is per contrast, not adjusted for the family.
pub const LEVEL: f64 = 0.95;

/// Below this many seeds, interval, p and standardised effect mean nothing and are not shown.
pub const FEWEST_SHOWN: usize = 3;

/// Scores of a condition and of the reference over the seeds that both have, ascending.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Pairs {
    pub seeds: Vec<u64>,
    pub ours: Vec<f64>,
    pub theirs: Vec<f64>,
}

/// What the statistics need to know besides the scores.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Rules {
    pub direction: Direction,
    pub rope: Option<f64>,
    pub alpha: f64,
    /// Size of the family.
    pub family: usize,
    pub interval: IntervalKind,
    /// Names the draws of sampled statistics; see [`crate::key`].
    pub key: u64,
}

impl Rules {
    /// As an experiment declares them.
    pub(crate) fn new(analysis: &Analysis, family: usize, key: u64) -> Self {
        let &Analysis { direction, rope, alpha, interval, .. } = analysis;
        Self { direction, rope, alpha, family, interval, key }
    }

    /// The kind of interval that is declared, at [`LEVEL`].
    pub(crate) fn interval_of(&self, values: &[f64]) -> Option<Interval> {
        match self.interval {
            IntervalKind::Bootstrap => bootstrap::interval(values, LEVEL, self.key),
            IntervalKind::T => paired_t::interval(values, LEVEL),
        }
    }
}

/// A paired difference, condition minus reference, in the metric's own unit and direction.
/// Standardised effects and probabilities point in favour of the condition.
#[derive(Clone, Debug, PartialEq)]
pub struct Effect {
    /// The seeds that are paired, ascending.
    pub seeds: Vec<u64>,
    /// One per seed.
    pub differences: Vec<f64>,
    /// Of the differences.
    pub mean: Option<f64>,
    /// Of the differences.
    pub sd: Option<f64>,
    /// Of the kind that the analysis declares, at [`LEVEL`].
    pub interval: Option<Interval>,
    /// Paired t interval at [`LEVEL`], whichever kind is declared.
    pub t_interval: Option<Interval>,
    /// Of the paired t test; secondary.
    pub t_test_p: Option<f64>,
    /// Of the sign-flip test.
    pub sign_flip_p: Option<f64>,
    /// The same, adjusted for the family: Holm, or Benjamini-Hochberg if exploratory.
    pub adjusted_p: Option<f64>,
    /// Of the equivalence test, if a rope is declared.
    pub tost_p: Option<f64>,
    /// The same, adjusted for its own family.
    pub adjusted_tost_p: Option<f64>,
    /// d_z and g_z.
    pub size: Option<EffectSize>,
    /// Paired probability of a better score, with its 95 % interval.
    pub prob_better: Option<(f64, Interval)>,
    /// Of the scores over the shared seeds; none unless two conditions are compared.
    pub correlation: Option<f64>,
    /// Variance of the differences over the sum of both variances; from 1 on, pairing did not help.
    /// None unless two conditions are compared.
    pub variance_ratio: Option<f64>,
    /// The difference that this many seeds with this spread find with 80 % power.
    pub detectable: Option<f64>,
    /// Seeds that would find the rope, or without one a difference as large as the observed.
    pub seeds_needed: Option<usize>,
    /// One difference is far from the others, so the interval is too narrow.
    pub skewed: bool,
}

impl Effect {
    pub(crate) fn new(pairs: &Pairs, rules: &Rules) -> Self {
        let zipped = pairs.ours.iter().zip(&pairs.theirs);
        let differences = zipped.map(|(ours, theirs)| ours - theirs).collect();
        Self {
            correlation: pairing::correlation(&pairs.ours, &pairs.theirs),
            variance_ratio: pairing::variance_ratio(&pairs.ours, &pairs.theirs),
            ..Self::of_differences(pairs.seeds.clone(), differences, rules)
        }
    }

    /// Of one number per seed, `[n]` each, that need not come from two conditions alone.
    pub(crate) fn of_differences(seeds: Vec<u64>, differences: Vec<f64>, rules: &Rules) -> Self {
        let sign = match rules.direction {
            Direction::Higher => 1.0,
            Direction::Lower => -1.0,
        };
        let favour: Vec<f64> = differences.iter().map(|d| sign * d).collect();
        let n = differences.len();
        let (mean, sd) = (describe::mean(&differences), describe::sd(&differences));
        let unit = power::detectable(n, rules.family, rules.alpha);
        let target = rules.rope.or(mean);
        let spread = sd.filter(|sd| *sd > 0.0);
        let seeds_needed = target
            .zip(spread)
            .and_then(|(target, sd)| power::seeds_for(target / sd, rules.family, rules.alpha));
        Self {
            seeds,
            mean,
            sd,
            interval: rules.interval_of(&differences),
            t_interval: paired_t::interval(&differences, LEVEL),
            t_test_p: paired_t::p_value(&differences),
            sign_flip_p: sign_flip::p_value(&differences, rules.key),
            adjusted_p: None,
            tost_p: rules.rope.and_then(|rope| tost::p_value(&differences, rope)),
            adjusted_tost_p: None,
            size: effect_size(&favour),
            prob_better: prob_better::prob_better(&favour).filter(|_| n >= FEWEST_SHOWN),
            correlation: None,
            variance_ratio: None,
            detectable: unit.zip(spread).map(|(unit, sd)| unit * sd),
            seeds_needed,
            skewed: skew::skewed(&differences),
            differences,
        }
    }

    /// Number of pairs.
    pub fn n(&self) -> usize {
        self.seeds.len()
    }

    /// Whether there are enough pairs to show interval, p and standardised effect.
    pub fn is_shown(&self) -> bool {
        self.n() >= FEWEST_SHOWN
    }

    /// Whether every difference is exactly 0.
    pub fn all_zero(&self) -> bool {
        !self.differences.is_empty() && self.differences.iter().all(|d| *d == 0.0)
    }
}

impl Pairs {
    /// The seeds for which both conditions have a score under a failure policy.
    pub(crate) fn new(ours: &Row<'_>, theirs: &Row<'_>, policy: FailedTrial) -> Self {
        let mut pairs = Self::default();
        for our in &ours.cells {
            let Some(their) = theirs.at(our.trial.seed) else { continue };
            let scores = score(our, ours, policy).zip(score(their, theirs, policy));
            let Some((our_score, their_score)) = scores else { continue };
            pairs.seeds.push(our.trial.seed);
            pairs.ours.push(our_score);
            pairs.theirs.push(their_score);
        }
        pairs
    }
}

/// What a trial counts for.
pub(crate) fn score(cell: &Cell<'_>, row: &Row<'_>, policy: FailedTrial) -> Option<f64> {
    match policy {
        FailedTrial::Worst if cell.fate.is_failure() => row.failure_value,
        FailedTrial::Worst | FailedTrial::ExcludePair | FailedTrial::Abort => cell.score,
    }
}
