//! Scores against cost: parameters and time.

use crate::draw::{measure, unit};
use crate::figure::{self, Against, Figure, ScatterPoint};
use crate::results::{ConditionResult, Results};

/// Score against size; nothing where all conditions are of one size.
pub(crate) fn by_parameters(results: &Results) -> Option<Figure> {
    let sizes = results.conditions.iter().filter_map(|condition| condition.cost.params);
    let differ = sizes.clone().min() != sizes.max();
    let of = |condition: &ConditionResult| condition.cost.params.map(|params| params as f64);
    differ.then(|| scatter(results, Against::Parameters, of)).flatten()
}

/// Score against the time of a trial.
pub(crate) fn by_time(results: &Results) -> Option<Figure> {
    scatter(results, Against::Time, |condition| condition.cost.time_secs)
}

fn scatter(
    results: &Results,
    against: Against,
    cost: impl Fn(&ConditionResult) -> Option<f64>,
) -> Option<Figure> {
    let unit = unit(results);
    let point = |(place, condition): (usize, &ConditionResult)| {
        let score = condition.score?;
        Some(ScatterPoint {
            name: condition.name.clone(),
            place,
            cost: cost(condition)?,
            mean: unit.scaled(score.mean),
            sd: score.sd.map(|sd| unit.scaled(sd)),
            n: score.n,
        })
    };
    let all = results.conditions.iter().enumerate();
    let points: Vec<ScatterPoint> = all.filter_map(point).collect();
    (points.len() > 1)
        .then(|| figure::scatter(&figure::Scatter { measure: measure(results), against, points }))
}
