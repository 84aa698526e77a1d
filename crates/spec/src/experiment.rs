//! `Experiment`: an `experiment.toml`, read and checked.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{Direction, MetricName, TrialSpec};

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
    /// Replicates, the same for every condition. Sorted, distinct.
    pub seeds: Vec<u64>,
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
    /// How the result is judged.
    pub analysis: Analysis,
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
    /// Every combination of levels.
    FullFactorial,
    /// The reference is the full model; each factor has one level, the component removed.
    LeaveOneOut,
    /// The reference, and each other level of each factor alone.
    OneFactorAtATime,
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

/// How the result is judged; fixed before the first trial.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Analysis {
    /// What is compared.
    pub primary_metric: MetricName,
    /// Which way is better.
    pub direction: Direction,
    /// Half-width of the region of practical equivalence, in the metric's unit, above 0. Without
    /// it, `equivalent` cannot be reached.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rope: Option<f64>,
    /// Family-wise error, in (0, 1).
    pub alpha: f64,
    /// What a failed trial means for its contrast.
    pub failed_trial: FailedTrial,
}

/// What a failed trial means for its contrast.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FailedTrial {
    /// The condition gets no contrast.
    Abort,
    /// The seed leaves that contrast.
    ExcludePair,
    /// The metric's failure value stands in.
    Worst,
}
