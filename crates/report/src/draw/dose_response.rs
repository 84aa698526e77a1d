//! Dose and response: a figure per ordered factor.

use fireassay_spec::IntervalKind;

use crate::design::{Dose, Trend};
use crate::draw::stem::stems;
use crate::draw::{measure, unit};
use crate::figure::{self, Figure, Score};
use crate::results::Results;

/// Every seed's scores along the levels of each ordered factor.
pub(crate) fn dose_responses(results: &Results) -> Vec<Figure> {
    let trends = &results.design_analysis.trends;
    let stems = match trends.as_slice() {
        [_] => vec!["dose-response".to_owned()],
        several => stems("dose-response", several.iter().map(|t| t.response.factor.clone())),
    };
    let figures = trends.iter().zip(stems);
    figures.map(|(trend, name)| Figure { name, ..dose_response(results, trend) }).collect()
}

fn dose_response(results: &Results, trend: &Trend) -> Figure {
    let unit = unit(results);
    let reference = &results.reference().name;
    let dose = |(at, dose): (usize, &Dose)| {
        let score = |(seed, scores): &(u64, Vec<Option<f64>>)| {
            let value = unit.scaled((*scores.get(at)?)?);
            Some(Score { seed: *seed, value })
        };
        figure::Dose {
            value: dose.value,
            label: dose.label.clone(),
            is_reference: dose.condition == *reference,
            scores: trend.response.scores.iter().filter_map(score).collect(),
            half_width: half_width(results, dose).map(|half| unit.scaled(half)),
        }
    };
    figure::dose_response(&figure::DoseResponse {
        measure: measure(results),
        factor: trend.response.factor.clone(),
        doses: trend.response.doses.iter().enumerate().map(dose).collect(),
    })
}

/// Half the paired t interval of the level's contrast with the reference, where it may be shown.
fn half_width(results: &Results, dose: &Dose) -> Option<f64> {
    match results.analysis.interval {
        IntervalKind::T => {}
        // Not symmetric: around the mean it would be another interval.
        IntervalKind::Bootstrap => return None,
    }
    let contrast = results.contrasts.iter().find(|c| c.condition == dose.condition)?;
    let effect = contrast.effect.as_ref().filter(|effect| effect.is_shown())?;
    effect.t_interval.map(|interval| 0.5 * (interval.high - interval.low))
}
