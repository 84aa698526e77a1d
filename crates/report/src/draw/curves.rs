//! Learning curves: a line per condition.

use fireassay_spec::{MetricName, Split};

use crate::draw::words;
use crate::figure::{self, Curve, CurvePoint, Figure, Measure, Spread};
use crate::number::Unit;
use crate::results::{ConditionResult, Results};

/// The primary metric's measure on `val` while training.
pub(crate) fn curves(results: &Results) -> Option<Figure> {
    let metric = MetricName::Of(Split::Val, results.analysis.primary_metric.metric());
    let unit = Unit::of(metric);
    let line = |(place, condition): (usize, &ConditionResult)| Curve {
        name: condition.name.clone(),
        place,
        seeds: condition.curve.iter().map(|point| point.n).max().unwrap_or(0),
        points: condition
            .curve
            .iter()
            .map(|point| CurvePoint {
                at: point.step as f64,
                mean: unit.scaled(point.mean),
                low: unit.scaled(point.low),
                high: unit.scaled(point.high),
            })
            .collect(),
    };
    let all = results.conditions.iter().enumerate();
    let lines: Vec<Curve> = all.filter(|(_, of)| of.curve.len() > 1).map(line).collect();
    (!lines.is_empty()).then(|| {
        figure::curves(&figure::Curves {
            measure: Measure {
                name: words(metric),
                unit: unit.level.into(),
                // The metric may be a gap; on one split, the measure has its natural direction.
                better: metric.metric().better(),
            },
            along: "step".into(),
            spread: Spread::Range,
            lines,
        })
    })
}
