//! Where the variation comes from: shares of the random streams that vary separately.

use fireassay_spec::{Experiment, Purpose};

use crate::design::blocks::{Measure, Withheld};
use crate::stats::variance_components::{self, Components};

/// How the variance of one condition's scores divides among crossed streams.
#[derive(Clone, Debug, PartialEq)]
pub struct VarianceSplit {
    /// Name of the condition.
    pub condition: String,
    /// Replicates: every combination of the streams' seeds once.
    pub n: usize,
    /// One per stream, then the rest.
    pub shares: Result<Vec<VarianceShare>, Withheld>,
}

/// One source of variation.
#[derive(Clone, Debug, PartialEq)]
pub struct VarianceShare {
    /// None of the rest: interactions of streams, and everything that is not crossed.
    pub stream: Option<Purpose>,
    /// Seeds of the stream; of the rest, replicates.
    pub levels: usize,
    /// In squared units of the metric, at least 0. None if too few seeds tell no variance.
    pub variance: Option<f64>,
    /// Of the sum of all that could be estimated; none if nothing varies.
    pub share: Option<f64>,
    /// The estimate was below 0 and counts as 0.
    pub negative: bool,
}

/// One per condition, if two streams or more are crossed; nothing otherwise.
pub(crate) fn variance(measure: &Measure<'_>, experiment: &Experiment) -> Vec<VarianceSplit> {
    let varying = experiment.crossed.iter().filter(|(_, seeds)| *seeds > 1).count();
    if varying < 2 {
        return Vec::new();
    }
    let split = |row: usize| VarianceSplit {
        condition: measure.scores.rows[row].condition.name.clone(),
        n: experiment.seeds.len(),
        shares: shares(measure, experiment, row),
    };
    (0..measure.scores.rows.len()).map(split).collect()
}

fn shares(
    measure: &Measure<'_>,
    experiment: &Experiment,
    row: usize,
) -> Result<Vec<VarianceShare>, Withheld> {
    let blocks = measure.blocks(&[row])?;
    if blocks.seeds != experiment.seeds {
        return Err(Withheld::Incomplete);
    }
    let levels = |seed: &u64| -> Option<Vec<usize>> {
        let index = |(stream, _): &(Purpose, u64)| {
            usize::try_from(experiment.stream_index(*seed, *stream)?).ok()
        };
        experiment.crossed.iter().map(index).collect()
    };
    let levels: Option<Vec<Vec<usize>>> = blocks.seeds.iter().map(levels).collect();
    let values: Vec<f64> = blocks.scores.iter().flatten().copied().collect();
    let found = levels.and_then(|levels| variance_components::components(&levels, &values));
    found.map(|found| named(experiment, &found)).ok_or(Withheld::Incomplete)
}

fn named(experiment: &Experiment, found: &Components) -> Vec<VarianceShare> {
    let streams = experiment.crossed.iter().map(|(stream, seeds)| (Some(*stream), *seeds));
    let rest = (None, experiment.seeds.len() as u64);
    let components = found.streams.iter().copied().chain([Some(found.residual)]);
    let share = |((stream, levels), component): ((Option<Purpose>, u64), _)| {
        let component: Option<variance_components::Component> = component;
        VarianceShare {
            stream,
            levels: usize::try_from(levels).unwrap_or(usize::MAX),
            variance: component.map(|component| component.variance),
            share: component.and_then(|component| component.share),
            negative: component.is_some_and(|component| component.negative),
        }
    };
    streams.chain([rest]).zip(components).map(share).collect()
}

impl VarianceShare {
    /// `init`, `order`, ..., `rest`.
    pub fn name(&self) -> &'static str {
        self.stream.map_or("rest", Purpose::name)
    }
}
