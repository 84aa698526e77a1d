//! Which rung a rerun stands on, and what that rests on.

use std::collections::{BTreeMap, BTreeSet};

use fireassay_spec::{Direction, IntervalKind, MetricName};

use super::ending::{Ending, Twice};
use super::likeness::{Likeness, likeness};
use crate::effect::{Effect, Pairs, Rules};
use crate::stats::{describe, holm, power, student};
use crate::verdict::{Evidence, Verdict, decide};

/// Fewer seeds than these say nothing of how far two seeds of a condition lie apart.
pub(super) const FEWEST_SEEDS: usize = 4;

/// By what reruns are judged.
#[derive(Clone, Debug, PartialEq)]
pub struct Basis {
    /// What statistics are made of.
    pub metric: MetricName,
    /// Half-width of the region of practical equivalence, if one is declared.
    pub rope: Option<f64>,
    /// Error of each statistical verdict over all that are given.
    pub alpha: f64,
    /// See [`super::TOLERANCE`].
    pub tolerance: f64,
    /// Scores of all finished originals by condition and seed, those that were not run again too.
    pub scores: BTreeMap<String, BTreeMap<u64, f64>>,
    /// Where metric, rope and alpha stand, for people.
    pub origin: String,
}

/// Where a rerun stands, from best to worst.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Rung {
    /// The same bits.
    Identical,
    /// The same numbers up to the stated tolerance.
    WithinTolerance,
    /// Other numbers, no further apart than what does not matter, or than seeds are.
    Compatible,
    /// Other numbers, and too little is known to judge them.
    Undecided,
    /// Other numbers, further apart than that; or another outcome.
    Different,
}

/// What a rung rests on.
#[derive(Clone, Debug, PartialEq)]
pub enum Ground {
    /// Every bit is the same.
    Bits,
    /// Every metric is within the tolerance.
    Tolerance,
    /// One of the two diverged.
    Outcome,
    /// All reruns of the condition, paired by seed: their mean difference is inside the rope.
    Equivalent(Box<Effect>),
    /// All reruns of the condition, paired by seed: their mean difference is not 0.
    Shift(Box<Effect>),
    /// The difference against how far two seeds of the condition lie apart.
    Spread {
        /// Of the primary metric, rerun - original.
        difference: f64,
        /// What it may be.
        limit: f64,
        /// Seeds that the limit is made from.
        n: usize,
    },
    /// The condition has this many seeds, too few to know how far they lie apart.
    FewSeeds(usize),
    /// The seeds of the condition have one and the same score.
    NoSpread,
    /// Neither has the primary metric, as when both diverged at unequal steps.
    NoScore,
}

impl Rung {
    /// As it is shown.
    pub fn word(self) -> &'static str {
        match self {
            Self::Identical => "bit-identical",
            Self::WithinTolerance => "within tolerance",
            Self::Compatible => "statistically compatible",
            Self::Undecided => "undecided",
            Self::Different => "different",
        }
    }

    /// Whether the original counts as reproduced.
    pub fn is_reproduced(self) -> bool {
        match self {
            Self::Identical | Self::WithinTolerance | Self::Compatible => true,
            Self::Undecided | Self::Different => false,
        }
    }
}

impl Ground {
    /// Whether it is about all reruns of the condition.
    pub fn is_paired(&self) -> bool {
        match self {
            Self::Equivalent(_) | Self::Shift(_) => true,
            Self::Bits
            | Self::Tolerance
            | Self::Outcome
            | Self::Spread { .. }
            | Self::FewSeeds(_)
            | Self::NoSpread
            | Self::NoScore => false,
        }
    }

    /// Where it puts a rerun.
    pub fn rung(&self) -> Rung {
        match self {
            Self::Bits => Rung::Identical,
            Self::Tolerance => Rung::WithinTolerance,
            Self::Equivalent(_) => Rung::Compatible,
            Self::Spread { difference, limit, .. } if difference.abs() <= *limit => {
                Rung::Compatible
            }
            Self::FewSeeds(_) | Self::NoSpread | Self::NoScore => Rung::Undecided,
            Self::Spread { .. } | Self::Outcome | Self::Shift(_) => Rung::Different,
        }
    }
}

/// One per trial; none for a rerun without a result.
pub(super) fn grounds(trials: &[Twice<'_>], basis: &Basis) -> Vec<Option<Ground>> {
    let plain: Vec<Option<Likeness>> = trials
        .iter()
        .map(|twice| {
            let rerun = twice.rerun.as_ref().ok()?;
            Some(likeness(&twice.original, rerun, basis.tolerance))
        })
        .collect();
    let apart = |likeness: &Option<Likeness>| *likeness == Some(Likeness::Apart);
    let of_pairs = paired(trials, &plain, basis);
    let open = trials.iter().zip(&plain).filter(|(twice, likeness)| {
        apart(likeness) && !of_pairs.contains_key(twice.trial.condition.as_str())
    });
    // Those that are judged so share the error.
    let judged = open.filter(|(twice, _)| matches!(spread(twice, basis, 1), Ground::Spread { .. }));
    let judged = judged.count();
    let ground = |(twice, likeness): (&Twice<'_>, Option<Likeness>)| {
        Some(match likeness? {
            Likeness::Identical => Ground::Bits,
            Likeness::Near => Ground::Tolerance,
            Likeness::OtherOutcome => Ground::Outcome,
            Likeness::Apart => match of_pairs.get(twice.trial.condition.as_str()) {
                Some(ground) => ground.clone(),
                None => spread(twice, basis, judged),
            },
        })
    };
    trials.iter().zip(plain).map(ground).collect()
}

/// Conditions that the paired test decides.
fn paired<'a>(
    trials: &[Twice<'a>],
    plain: &[Option<Likeness>],
    basis: &Basis,
) -> BTreeMap<&'a str, Ground> {
    let apart = trials.iter().zip(plain).filter(|(_, found)| **found == Some(Likeness::Apart));
    let conditions: BTreeSet<&str> =
        apart.map(|(twice, _)| twice.trial.condition.as_str()).collect();
    let family = conditions.len();
    let mut effects: Vec<(&str, Effect)> = conditions
        .into_iter()
        .map(|condition| (condition, effect(condition, trials, basis, family)))
        .collect();
    let adjusted = |get: fn(&Effect) -> Option<f64>, effects: &[(&str, Effect)]| {
        holm::adjust(&effects.iter().map(|(_, effect)| get(effect)).collect::<Vec<_>>())
    };
    let differences = adjusted(|effect| effect.sign_flip_p.filter(|_| effect.n() > 1), &effects);
    let equivalences = adjusted(|effect| effect.tost_p, &effects);
    for ((_, effect), (p, tost_p)) in
        effects.iter_mut().zip(differences.into_iter().zip(equivalences))
    {
        effect.adjusted_p = p;
        effect.adjusted_tost_p = tost_p;
    }
    let decided = effects.into_iter().filter_map(|(condition, effect)| {
        let verdict = decide(&Evidence {
            n: effect.n(),
            n_min: power::fewest_seeds(family.max(1), basis.alpha),
            alpha: basis.alpha,
            mean_in_favour: effect.mean.unwrap_or(0.0),
            difference_p: effect.adjusted_p,
            equivalence_p: effect.adjusted_tost_p,
        });
        match verdict {
            Verdict::Equivalent { .. } => Some((condition, Ground::Equivalent(Box::new(effect)))),
            Verdict::Better | Verdict::Worse => Some((condition, Ground::Shift(Box::new(effect)))),
            Verdict::Inconclusive(_) | Verdict::Exploratory => None,
        }
    });
    decided.collect()
}

/// Rerun minus original over the seeds of a condition; those that are the same count as well.
fn effect(condition: &str, trials: &[Twice<'_>], basis: &Basis, family: usize) -> Effect {
    let mut of_seeds: Vec<&Twice<'_>> =
        trials.iter().filter(|twice| twice.trial.condition == condition).collect();
    of_seeds.sort_by_key(|twice| twice.trial.seed);
    let mut pairs = Pairs::default();
    for twice in of_seeds {
        let Some((original, rerun)) = scores(twice, basis.metric) else { continue };
        pairs.seeds.push(twice.trial.seed);
        pairs.ours.push(rerun);
        pairs.theirs.push(original);
    }
    let rules = Rules {
        // Only the sign of probabilities that nobody shows hangs on it.
        direction: Direction::Higher,
        rope: basis.rope,
        alpha: basis.alpha,
        family,
        interval: IntervalKind::T,
        key: fireassay_spec::path_key(condition),
    };
    Effect::new(&pairs, &rules)
}

/// Against how far two seeds of the condition lie apart, `judged` being judged so.
fn spread(twice: &Twice<'_>, basis: &Basis, judged: usize) -> Ground {
    let Some(difference) = difference(twice, basis.metric) else { return Ground::NoScore };
    let seeds = basis.scores.get(&twice.trial.condition);
    let scores: Vec<f64> = seeds.into_iter().flat_map(BTreeMap::values).copied().collect();
    let n = scores.len();
    if n < FEWEST_SEEDS {
        return Ground::FewSeeds(n);
    }
    match describe::sd(&scores) {
        Some(sd) if sd > 0.0 || difference == 0.0 => Ground::Spread {
            difference,
            limit: limit(sd, n, basis.alpha / judged.max(1) as f64),
            n,
        },
        Some(_) | None => Ground::NoSpread,
    }
}

/// What two scores of one condition differ by at most, but for a share of `alpha` of the cases:
/// ISO 5725-6, with Student's t in place of the normal quantile, as the SD comes from `n` scores.
fn limit(sd: f64, n: usize, alpha: f64) -> f64 {
    student::quantile(1.0 - 0.5 * alpha, n - 1) * 2.0_f64.sqrt() * sd
}

fn difference(twice: &Twice<'_>, metric: MetricName) -> Option<f64> {
    scores(twice, metric).map(|(original, rerun)| rerun - original)
}

fn scores(twice: &Twice<'_>, metric: MetricName) -> Option<(f64, f64)> {
    let rerun: &Ending<'_> = twice.rerun.as_ref().ok()?;
    twice.original.score(metric).zip(rerun.score(metric))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_limit_is_that_of_iso_5725_with_t_for_z() {
        // t_.975 with 6 degrees of freedom is 2.4469.
        assert!((limit(0.01, 7, 0.05) - 0.01 * 2.4469 * 2.0_f64.sqrt()).abs() < 1e-6);
        // With many seeds it is the 2.77 of the standard.
        assert!((limit(1.0, 100_000, 0.05) - 2.7718).abs() < 1e-3);
    }
}
