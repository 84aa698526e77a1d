//! Hypotheses: who gets to a threshold when, and where one condition overtakes another.

use fireassay_spec::hypothesis::Test;
use fireassay_spec::{Direction, MetricName};

use crate::draw::stem::stems;
use crate::draw::words;
use crate::figure::{self, CurvePoint, Figure, Measure, PathLine, PathMark, Paths};
use crate::hypothesis::words::{crossing, median};
use crate::hypothesis::{Answered, Arm, Detail, Point, Series, Times};
use crate::number::Unit;
use crate::results::Results;
use crate::stats::kaplan_meier::Survival;

/// A figure for each hypothesis about time, and one for each series of a crossover.
pub(crate) fn hypotheses(results: &Results) -> Vec<Figure> {
    let drawn: Vec<(String, Figure)> = results.hypotheses.iter().flat_map(of).collect();
    let names = stems("hypothesis", drawn.iter().map(|(name, _)| name.clone()));
    drawn.into_iter().zip(names).map(|((_, figure), name)| Figure { name, ..figure }).collect()
}

fn of(answered: &Answered) -> Vec<(String, Figure)> {
    let name = &answered.hypothesis.name;
    let metric = answered.hypothesis.metric;
    let Some(finding) = &answered.finding else { return Vec::new() };
    match (&finding.detail, &answered.hypothesis.test) {
        (Detail::Times(times), _) => vec![(name.clone(), not_yet(name, metric, times))],
        (Detail::Along { series, .. }, Test::Crossover { factor, .. }) => {
            let figure = |series| (name.clone(), overtaking(answered, factor, series));
            series.iter().map(figure).collect()
        }
        _ => Vec::new(),
    }
}

/// Kaplan-Meier curves.
fn not_yet(name: &str, metric: MetricName, times: &Times) -> Figure {
    let unit = Unit::of(metric);
    let line = |arm: &Arm| {
        let start = CurvePoint { at: 0.0, mean: 100.0, low: 100.0, high: 100.0 };
        let point = |p: &Survival| CurvePoint {
            at: p.at,
            mean: 100.0 * p.share,
            low: 100.0 * p.low,
            high: 100.0 * p.high,
        };
        let mut points = vec![start];
        points.extend(arm.curve.iter().map(point));
        let last = points.last().map_or(start, |last| CurvePoint { at: arm.last_step, ..*last });
        points.push(last);
        PathLine { name: arm.condition.clone(), points }
    };
    let mark = |arm: &Arm| PathMark {
        name: format!("median of {}: {}", arm.condition, median(arm)),
        at: arm.median.at.unwrap_or(f64::INFINITY),
        interval: None,
    };
    let threshold = format!("{} {}", unit.value(times.threshold), unit.level);
    figure::paths(&Paths {
        measure: Measure {
            name: format!("trials below {threshold}"),
            unit: "%".into(),
            better: Direction::Lower,
        },
        along: "step".into(),
        reading: format!(
            "{name}: share of trials that have not reached {threshold} on val (Kaplan-Meier), with \
             95 % intervals; what never gets there stays above 0."
        ),
        stepped: true,
        by_ratio: false,
        lines: times.arms.iter().map(line).collect(),
        marks: times.arms.iter().map(mark).collect(),
    })
}

/// Both sides along the factor.
fn overtaking(answered: &Answered, factor: &str, series: &Series) -> Figure {
    let (name, metric) = (&answered.hypothesis.name, answered.hypothesis.metric);
    let better = answered.hypothesis.direction;
    let unit = Unit::of(metric);
    let line = |side: &str, value: &dyn Fn(&Point) -> Option<f64>| {
        let point = |point: &Point| {
            let mean = unit.scaled(value(point)?);
            Some(CurvePoint { at: point.value, mean, low: mean, high: mean })
        };
        let points = series.points.iter().filter_map(point).collect();
        PathLine { name: side.to_owned(), points }
    };
    let (first, second) = series.name.split_once(" minus ").unwrap_or((&series.name, "other"));
    let (at, interval) = series.crossing.unwrap_or((f64::INFINITY, None));
    figure::paths(&Paths {
        measure: Measure { name: words(metric), unit: unit.level.into(), better },
        along: factor.to_owned(),
        reading: format!(
            "{name}: mean scores over seeds. n* is where the first line overtakes the second \
             (isotonic fit of their difference), grey its 95 % interval (cluster bootstrap)."
        ),
        stepped: false,
        by_ratio: true,
        lines: vec![
            line(first, &|point| Some(point.sides.0)),
            line(second, &|point| point.sides.1),
        ],
        marks: vec![PathMark {
            name: format!("n* = {}", crossing(series)),
            at,
            interval: interval.map(|i| (i.low, i.high)),
        }],
    })
}
