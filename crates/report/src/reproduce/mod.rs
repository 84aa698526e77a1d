//! A trial run again: does it come to the same, and if not, where do the two runs part?
//!
//! [`reproduce`] sets reruns beside their originals and puts each on a [`Rung`]: bit-identical,
//! within tolerance, statistically compatible, undecided, or different. [`Committed`] are results
//! whose runs nobody kept. [`terminal`] and [`json`] show the [`Reproduction`].
//!
//! Two ways lead to "statistically compatible", the stronger first:
//!
//! 1. *Paired.* A condition with enough reruns is tested like a contrast of the report, paired by
//!    seed, Holm over the conditions that are not the same. Equivalent within the rope is
//!    compatible; a difference is different.
//! 2. *Spread.* Otherwise a rerun may differ from its original by no more than two seeds of the
//!    condition do: the reproducibility limit of ISO 5725, `t · √2 · SD`, with Student's t for the
//!    number of seeds and Bonferroni over the reruns that are judged so.

mod committed;
mod divergence;
mod ending;
mod json;
mod judge;
mod likeness;
mod sentence;
mod view;

use fireassay_tracking::Outcome;

use crate::compare::Differences;

pub use committed::{Committed, CommittedTrial};
pub use divergence::{Parting, StateParting, Trail, ValueParting};
pub use ending::{Ending, Twice};
pub use json::{REPRODUCTION_SCHEMA, json};
pub use judge::{Basis, Ground, Rung};
pub use likeness::{Gap, Likeness, TOLERANCE};
pub use view::terminal;

/// What was run again, for people.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct About {
    /// As a person typed it.
    pub label: String,
    /// Trials that were run again.
    pub again: usize,
    /// Finished trials that there are.
    pub of: usize,
    /// By which they were drawn, if they were.
    pub drawn_with: Option<u64>,
    /// What was left out, and why.
    pub notes: Vec<String>,
}

/// Reruns beside their originals.
#[derive(Clone, Debug, PartialEq)]
pub struct Reproduction {
    /// By what they are judged.
    pub basis: Basis,
    /// In the order in which they were given.
    pub trials: Vec<Reproduced>,
    /// In which recorded facts the runs differ.
    pub differences: Differences,
    /// The lowest rung of any trial; none if no rerun has a result.
    pub rung: Option<Rung>,
}

/// One trial.
#[derive(Clone, Debug, PartialEq)]
pub struct Reproduced {
    /// Name of the condition.
    pub condition: String,
    /// Replicate.
    pub seed: u64,
    /// Of the trial.
    pub id: String,
    /// Of the original.
    pub outcome: Outcome,
    /// Score of the original, if it was done.
    pub original: Option<f64>,
    /// What came of the rerun.
    pub rerun: Result<Again, String>,
}

/// What came of a rerun that has a result.
#[derive(Clone, Debug, PartialEq)]
pub struct Again {
    /// How it ended.
    pub outcome: Outcome,
    /// Its score, if it is done.
    pub score: Option<f64>,
    /// How much the two are alike.
    pub likeness: Likeness,
    /// The metric that differs most, relative to the tolerance's measure; none if none does.
    pub gap: Option<Gap>,
    /// The events of both, if the original's were kept.
    pub trail: Option<Trail>,
    /// What the verdict rests on.
    pub ground: Ground,
}

impl Reproduction {
    /// Whether every trial has a result that counts as that of its original.
    pub fn is_reproduced(&self) -> bool {
        let reproduced = |trial: &Reproduced| {
            trial.rerun.as_ref().is_ok_and(|again| again.rung().is_reproduced())
        };
        self.trials.iter().all(reproduced)
    }
}

impl Again {
    /// Whether every bit is the same.
    pub fn is_identical(&self) -> bool {
        self.likeness == Likeness::Identical
    }

    /// Where it stands.
    pub fn rung(&self) -> Rung {
        self.ground.rung()
    }
}

/// Judges reruns. Pure; the order of the trials is only that of the answer.
pub fn reproduce(trials: &[Twice<'_>], basis: Basis) -> Reproduction {
    let grounds = judge::grounds(trials, &basis);
    let of = |(twice, ground): (&Twice<'_>, Option<Ground>)| Reproduced {
        condition: twice.trial.condition.clone(),
        seed: twice.trial.seed,
        id: twice.trial.id.to_string(),
        outcome: twice.original.outcome.clone(),
        original: twice.original.score(basis.metric),
        rerun: match (&twice.rerun, ground) {
            (Ok(rerun), Some(ground)) => Ok(Again {
                outcome: rerun.outcome.clone(),
                score: rerun.score(basis.metric),
                likeness: likeness::likeness(&twice.original, rerun, basis.tolerance),
                gap: likeness::largest_gap(&twice.original, rerun),
                trail: divergence::trail(&twice.original, rerun),
                ground,
            }),
            (Ok(_), None) => Err("it was not judged".into()),
            (Err(message), _) => Err(message.clone()),
        },
    };
    let reproduced: Vec<Reproduced> = trials.iter().zip(grounds).map(of).collect();
    let rungs = reproduced.iter().filter_map(|trial| trial.rerun.as_ref().ok()).map(Again::rung);
    Reproduction { rung: rungs.max(), differences: differences(trials), trials: reproduced, basis }
}

/// Facts can only differ where both runs were kept.
fn differences(trials: &[Twice<'_>]) -> Differences {
    let records = trials.iter().filter_map(|twice| {
        let rerun = twice.rerun.as_ref().ok()?;
        Some((twice.original.record?, rerun.record?))
    });
    Differences::between(&records.collect::<Vec<_>>())
}
