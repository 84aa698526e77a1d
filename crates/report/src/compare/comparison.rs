//! `Comparison`: everything a comparison says, as data.

use std::collections::BTreeMap;

use fireassay_spec::{MetricName, TrialId};

use crate::analyse::describe_all;
use crate::compare::criteria::Criteria;
use crate::compare::differences::{Differences, Group};
use crate::compare::matching::{Couple, Run};
use crate::compare::side::{Scope, dir_name};
use crate::compare::{Bits, FailOn};
use crate::effect::Effect;
use crate::results::{Description, Sensitivity};
use crate::scores::Fate;
use crate::verdict::Verdict;

/// Two sides, and what may be said about them. Made by [`crate::compare()`].
#[derive(Clone, Debug, PartialEq)]
pub struct Comparison {
    /// The left side.
    pub a: SideFacts,
    /// The right side: differences are B − A.
    pub b: SideFacts,
    /// What each side is.
    pub scope: Scope,
    /// By what it was judged.
    pub criteria: Criteria,
    /// Conditions that are adjusted together: those that are not identical, or as many as this one
    /// was picked from.
    pub family: usize,
    /// The fewest pairs with which a condition can be decided.
    pub n_min: usize,
    /// What could be paired, in the order of A.
    pub conditions: Vec<Compared>,
    /// Conditions of A that B does not have.
    pub only_a: Vec<String>,
    /// Conditions of B that A does not have.
    pub only_b: Vec<String>,
    /// In what the paired trials differ, besides their results.
    pub differences: Differences,
    /// Runs that could not be used, for people.
    pub problems: Vec<String>,
}

/// One side.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SideFacts {
    /// As a person would type it.
    pub label: String,
    /// The folder that holds its run directories, as a person would type it.
    pub folder: String,
    /// The command that runs what is missing there; empty where there is none.
    pub command: String,
    /// How many runs it has.
    pub runs: usize,
    /// Name of its only condition, unless it is a store.
    pub condition: Option<String>,
}

/// One condition of A beside one of B.
#[derive(Clone, Debug, PartialEq)]
pub struct Compared {
    /// Of both, or `a / b` where two different ones are compared.
    pub name: String,
    /// By ascending seed.
    pub pairs: Vec<Pair>,
    /// Seeds of A that B does not have.
    pub only_a: Vec<u64>,
    /// Seeds of B that A does not have.
    pub only_b: Vec<u64>,
    /// B − A; none if there are no numbers to judge.
    pub effect: Option<Effect>,
    /// What may be said.
    pub finding: Finding,
    /// If A and B fail at different rates: does that matter?
    pub sensitivity: Option<Sensitivity>,
    /// What may have moved the results. More than one group: neither explains it alone.
    pub differs: Vec<Group>,
}

/// What may be said about a condition.
#[derive(Clone, Debug, PartialEq)]
pub enum Finding {
    /// Every pair that has two results has the very same ones.
    Identical {
        /// How many.
        pairs: usize,
    },
    /// As a report would judge B against A.
    Judged(Verdict),
}

/// Two trials.
#[derive(Clone, Debug, PartialEq)]
pub struct Pair {
    /// Of A.
    pub a: Ending,
    /// Of B.
    pub b: Ending,
    /// Whether their results are the same.
    pub bits: Bits,
}

/// One trial.
#[derive(Clone, Debug, PartialEq)]
pub struct Ending {
    /// Name of its condition.
    pub condition: String,
    /// Replicate.
    pub seed: u64,
    /// Identity; none if several runs claim the seed.
    pub id: Option<TrialId>,
    /// Name of its run directory.
    pub dir: Option<String>,
    /// What became of it.
    pub fate: Fate,
    /// The metric of a finished trial.
    pub score: Option<f64>,
    /// Every finite metric of a finished trial.
    pub metrics: BTreeMap<MetricName, f64>,
    /// Updates made, and the step whose weights were tested; of a finished trial.
    pub steps: Option<(u64, u64)>,
}

impl Comparison {
    /// Why a gate does not let this pass; nothing if it does.
    pub fn objections(&self, on: FailOn) -> Vec<String> {
        self.conditions.iter().flat_map(|compared| on.objections(compared)).collect()
    }
}

impl Compared {
    /// Scores of A and of B, described over the pairs that have both.
    pub fn described(&self) -> Option<(Description, Description)> {
        let both: Vec<(f64, f64)> =
            self.pairs.iter().filter_map(|pair| pair.a.score.zip(pair.b.score)).collect();
        let (a, b): (Vec<f64>, Vec<f64>) = both.into_iter().unzip();
        Some((describe_all(&a)?, describe_all(&b)?))
    }

    /// Seeds of either side.
    pub fn seeds(&self) -> usize {
        self.pairs.len() + self.only_a.len() + self.only_b.len()
    }

    /// How many trials of A failed or diverged, and how many of B.
    pub fn failures(&self) -> (usize, usize) {
        let count = |of: fn(&Pair) -> &Ending| {
            self.pairs.iter().filter(|pair| of(pair).fate.is_failure()).count()
        };
        (count(|pair| &pair.a), count(|pair| &pair.b))
    }

    /// Pairs that are done in A, and failed or diverged in B.
    pub fn broken(&self) -> impl Iterator<Item = &Pair> {
        self.pairs.iter().filter(|pair| pair.a.fate == Fate::Done && pair.b.fate.is_failure())
    }
}

impl Finding {
    /// One word.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Identical { .. } => "identical",
            Self::Judged(verdict) => verdict.word(),
        }
    }
}

impl Pair {
    pub(super) fn of(couple: &Couple<'_>) -> Self {
        Self { a: Ending::of(&couple.a), b: Ending::of(&couple.b), bits: couple.bits() }
    }

    /// Whether the trials ended otherwise, as far as both ended: other bits, or one failed.
    pub fn differs(&self) -> bool {
        match self.bits {
            Bits::Identical => false,
            Bits::Different => true,
            Bits::Unknown => {
                let ended = self.a.fate != Fate::Missing && self.b.fate != Fate::Missing;
                ended && self.a.fate.word() != self.b.fate.word()
            }
        }
    }
}

impl Ending {
    fn of(run: &Run<'_>) -> Self {
        let done = run.summary().filter(|_| run.score.is_some());
        let finite = done.into_iter().flat_map(|summary| &summary.metrics);
        Self {
            condition: run.condition.clone(),
            seed: run.seed,
            id: run.record.map(|record| record.trial.id.clone()),
            dir: run.record.map(dir_name),
            fate: run.fate.clone(),
            score: run.score,
            metrics: finite.filter(|(_, value)| value.is_finite()).map(|(k, v)| (*k, *v)).collect(),
            steps: done.map(|summary| (summary.steps, summary.selected_step)),
        }
    }
}
