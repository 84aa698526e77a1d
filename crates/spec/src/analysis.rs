//! `[analysis]`: how the result is judged, fixed before the first trial.

use serde::{Deserialize, Serialize};

use crate::fraction::factor_names;
use crate::{Direction, MetricName, Purpose};

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
    /// Names of the conditions whose difference to the reference is confirmatory. Without it,
    /// every condition is; with it, the others are exploratory.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub contrasts: Option<Vec<String>>,
    /// Two-way interactions that are confirmatory, as `norm * lr`; see
    /// [`Analysis::interaction_pairs`].
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub interactions: Vec<String>,
    /// The stream whose seeds pick what trials share, such as a pretraining: crossed or fixed.
    /// Hypotheses take what shares such a seed as one block; see [`crate::Experiment::shared_stage`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub blocks: Option<Purpose>,
    /// How effects get their interval.
    #[serde(default, skip_serializing_if = "IntervalKind::is_default")]
    pub interval: IntervalKind,
    /// Until when seeds are added. Without it, the list of seeds is all there is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Until>,
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

/// How effects get their interval.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum IntervalKind {
    /// Percentile bootstrap over seeds; too narrow with few of them.
    Bootstrap,
    /// Paired t.
    #[default]
    T,
}

/// When enough seeds have been run. Precision decides, never the sign or size of an effect.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Until {
    /// Largest half-width of the 95 % interval of a confirmatory contrast, in the metric's unit,
    /// above 0.
    pub halfwidth: f64,
    /// Seeds per condition at most, those of the list included.
    pub max_seeds: usize,
}

impl Analysis {
    /// The declared interactions as pairs of factor names, as the file orders them.
    pub fn interaction_pairs(&self) -> Vec<(&str, &str)> {
        let names = self.interactions.iter().map(|text| factor_names(text));
        names.filter_map(|names| Some((*names.first()?, *names.get(1)?))).collect()
    }
}

impl IntervalKind {
    fn is_default(&self) -> bool {
        *self == Self::default()
    }
}
