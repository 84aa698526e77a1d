//! From results to figures: which numbers go into which drawing. Nothing to draw gives none.

mod confusion;
mod curves;
mod dose_response;
mod effects;
mod hypotheses;
mod interaction;
mod profile;
mod scatter;
mod slopes;
mod stem;

use fireassay_spec::MetricName;

pub(crate) use confusion::confusion;
pub(crate) use curves::curves;
pub(crate) use dose_response::dose_responses;
pub(crate) use effects::effects;
pub(crate) use hypotheses::hypotheses;
pub(crate) use interaction::interactions;
pub(crate) use profile::profile;
pub(crate) use scatter::{by_parameters, by_time};
pub(crate) use slopes::slopes;

use crate::document::document;
use crate::figure::{Figure, Measure, Score};
use crate::number::Unit;
use crate::results::Results;

/// Every figure of a report, in its order.
pub fn figures(results: &Results) -> Vec<Figure> {
    document(results).into_figures()
}

pub(crate) fn measure(results: &Results) -> Measure {
    Measure {
        name: words(results.analysis.primary_metric),
        unit: unit(results).level.into(),
        better: results.analysis.direction,
    }
}

pub(crate) fn unit(results: &Results) -> Unit {
    Unit::of(results.analysis.primary_metric)
}

/// One per seed, in display units.
fn scores(seeds: &[u64], values: &[f64], unit: Unit) -> Vec<Score> {
    let score = |(&seed, &value): (&u64, &f64)| Score { seed, value: unit.scaled(value) };
    seeds.iter().zip(values).map(score).collect()
}

/// `test accuracy`.
fn words(metric: MetricName) -> String {
    metric.to_string().replace('.', " ")
}
