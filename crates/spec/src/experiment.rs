//! `Experiment`: an `experiment.toml`, read and checked.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::{Analysis, Check, Generator, Hypothesis, Purpose, TrialSpec};

/// What an `experiment.toml` asks.
#[derive(Clone, Debug)]
pub struct Experiment {
    /// Name of the folder.
    pub name: String,
    /// The question in one sentence.
    pub question: String,
    /// Numbers of the lecture's statements that this puts to the test, for example `L8`.
    pub statements: Vec<String>,
    /// Whether verdicts may be given.
    pub claim: Claim,
    /// Replicates, the same for every condition. Sorted, distinct. Of crossed streams, all
    /// their combinations, counted from 0.
    pub seeds: Vec<u64>,
    /// Streams that vary separately, each with the number of its seeds; in the order of
    /// [`Purpose::ALL`]. Empty for a list of seeds. See [`Experiment::stream_index`].
    pub crossed: Vec<(Purpose, u64)>,
    /// How conditions are made from factors.
    pub design: Design,
    /// The reference.
    pub base: TrialSpec,
    /// What is varied; of an `explicit` design, one factor per key that some condition sets.
    pub factors: Vec<Factor>,
    /// Conditions of an `explicit` design.
    pub conditions: Vec<ExplicitCondition>,
    /// Combinations that a full factorial leaves out: each maps keys to the level that they have
    /// together.
    pub exclude: Vec<BTreeMap<String, toml::Value>>,
    /// Factors of a fractional factorial that follow from others; see [`crate::aliases`].
    pub generators: Vec<Generator>,
    /// How the result is judged.
    pub analysis: Analysis,
    /// What is expected, beyond a difference to the reference.
    pub hypotheses: Vec<Hypothesis>,
    /// What has to hold for a hypothesis to say anything.
    pub checks: Vec<Check>,
    /// Condition name to the number of trials that tuning it took before this experiment.
    pub tuning: BTreeMap<String, u64>,
}

/// Whether verdicts may be given (STATISTICS: feasibility).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Claim {
    /// The design can reach a verdict, or the plan is refused.
    Confirmatory,
    /// Description only.
    Exploratory,
}

/// How conditions are made from factors.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Design {
    /// The conditions are written out as `[[condition]]`.
    Explicit,
    /// A regular fraction of the combinations of two levels: every combination of the base
    /// factors, where the others follow by [`Generator`]s. It contains the reference.
    FractionalFactorial,
    /// Every combination of levels.
    FullFactorial,
    /// The reference is the full model; each factor has one level, the component removed.
    LeaveOneOut,
    /// As leave-one-out, and beside it: `none` with every component removed, and
    /// `only-<factor>` with every other.
    LeaveOneOutAddOneIn,
    /// The reference, and each other level of each factor alone.
    OneFactorAtATime,
}

impl Experiment {
    /// The experiment with other replicates: those of its list, and what was added to it since.
    /// Crossed streams have their own replicates and stay as they are.
    pub fn with_seeds(&self, seeds: &[u64]) -> Self {
        if !self.crossed.is_empty() {
            return self.clone();
        }
        let distinct: BTreeSet<u64> = seeds.iter().copied().collect();
        Self { seeds: distinct.into_iter().collect(), ..self.clone() }
    }
}

impl Design {
    /// As written in files.
    pub fn name(self) -> &'static str {
        match self {
            Self::Explicit => "explicit",
            Self::FractionalFactorial => "fractional-factorial",
            Self::FullFactorial => "full-factorial",
            Self::LeaveOneOut => "leave-one-out",
            Self::LeaveOneOutAddOneIn => "leave-one-out-add-one-in",
            Self::OneFactorAtATime => "one-factor-at-a-time",
        }
    }

    /// Whether each factor says what its component is replaced by (`without`), instead of levels.
    pub(crate) fn removes(self) -> bool {
        match self {
            Self::LeaveOneOut | Self::LeaveOneOutAddOneIn => true,
            Self::Explicit
            | Self::FractionalFactorial
            | Self::FullFactorial
            | Self::OneFactorAtATime => false,
        }
    }
}

/// What is varied: one key, or several that move together.
#[derive(Clone, Debug, PartialEq)]
pub struct Factor {
    /// Short name, used in condition names; the last part of the key unless given.
    pub name: String,
    /// Dotted keys of `[base]`, at least one.
    pub keys: Vec<String>,
    /// The levels, in file order. The one that equals `[base]` is the reference level.
    pub levels: Vec<Level>,
}

/// One level of a factor.
#[derive(Clone, Debug, PartialEq)]
pub struct Level {
    /// As in condition names: `batch`, `0.5`, `group-4`. Fit for a file name.
    pub label: String,
    /// One value per key of the factor.
    pub values: Vec<toml::Value>,
    /// Marked as a deliberate duplicate: it may train exactly as another condition does.
    pub duplicate: bool,
}

/// One condition of an `explicit` design.
#[derive(Clone, Debug, PartialEq)]
pub struct ExplicitCondition {
    /// Unique.
    pub name: String,
    /// Dotted keys of `[base]` and their values.
    pub set: BTreeMap<String, toml::Value>,
    /// Marked as a deliberate duplicate.
    pub duplicate: bool,
}
