//! From results to figures: which numbers go into which drawing. Nothing to draw gives none.

use fireassay_spec::{MetricName, Split};

use crate::figure::{
    self, Against, Curve, CurvePoint, EffectRow, Figure, Measure, ScatterPoint, Score, SlopePanel,
    Spread,
};
use crate::number::Unit;
use crate::results::{ConditionResult, Confusion, Results};

/// Every figure of a report, in its order.
pub fn figures(results: &Results) -> Vec<Figure> {
    let all = [
        effects(results),
        slopes(results),
        curves(results),
        confusion(results),
        by_parameters(results),
        by_time(results),
    ];
    all.into_iter().flatten().collect()
}

/// Every seed's difference, mean, interval and verdict of each contrast.
pub(crate) fn effects(results: &Results) -> Option<Figure> {
    let unit = unit(results);
    let row = |contrast: &crate::results::Contrast| {
        let effect = contrast.effect.as_ref()?;
        let interval = effect.interval.filter(|_| effect.is_shown());
        Some(EffectRow {
            name: contrast.condition.clone(),
            verdict: contrast.verdict.word().into(),
            differences: scores(&effect.seeds, &effect.differences, unit),
            interval: interval.map(|i| (unit.scaled(i.low), unit.scaled(i.high))),
        })
    };
    let rows: Vec<EffectRow> = results.contrasts.iter().filter_map(row).collect();
    (!rows.is_empty()).then(|| {
        figure::effects(&figure::Effects {
            measure: Measure { unit: unit.difference.into(), ..measure(results) },
            reference: results.reference().name.clone(),
            rope: results.analysis.rope.map(|rope| unit.scaled(rope)),
            rows,
        })
    })
}

/// Reference and condition, seed by seed.
pub(crate) fn slopes(results: &Results) -> Option<Figure> {
    let unit = unit(results);
    let reference = results.reference();
    let score_at = |condition: &ConditionResult, seed: u64| {
        let trial = condition.trials.iter().find(|trial| trial.seed == seed)?;
        trial.score.map(|score| unit.scaled(score))
    };
    let panel = |contrast: &crate::results::Contrast| {
        let effect = contrast.effect.as_ref()?;
        let condition = results.condition(&contrast.condition)?;
        let pair =
            |&seed: &u64| Some((seed, score_at(reference, seed)?, score_at(condition, seed)?));
        Some(SlopePanel {
            name: contrast.condition.clone(),
            pairs: effect.seeds.iter().filter_map(pair).collect(),
        })
    };
    let panels: Vec<SlopePanel> = results.contrasts.iter().filter_map(panel).collect();
    let any = panels.iter().any(|panel| !panel.pairs.is_empty());
    any.then(|| {
        let reference = reference.name.clone();
        figure::slopes(&figure::Slopes { measure: measure(results), reference, panels })
    })
}

/// The primary metric's measure on `val` while training.
pub(crate) fn curves(results: &Results) -> Option<Figure> {
    let metric = MetricName::Of(Split::Val, results.analysis.primary_metric.metric());
    let unit = Unit::of(metric);
    let line = |condition: &ConditionResult| Curve {
        name: condition.name.clone(),
        is_reference: condition.is_reference(),
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
    let drawn = results.conditions.iter().filter(|condition| condition.curve.len() > 1);
    let lines: Vec<Curve> = drawn.map(line).collect();
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

/// Which classes are taken for which.
pub(crate) fn confusion(results: &Results) -> Option<Figure> {
    let matrix = |confusion: &Confusion| figure::ConfusionMatrix {
        name: confusion.condition.clone(),
        seeds: confusion.n,
        counts: confusion.counts.clone(),
    };
    let reference = &results.reference().name;
    let own = results.confusions.iter().find(|confusion| confusion.condition == *reference)?;
    let other = results
        .confusions
        .iter()
        .find(|confusion| confusion.condition != *reference && confusion.classes == own.classes);
    Some(figure::confusion(&figure::Confusion {
        classes: own.classes.clone(),
        reference: matrix(own),
        best: other.map(matrix),
    }))
}

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
    let point = |condition: &ConditionResult| {
        let score = condition.score?;
        Some(ScatterPoint {
            name: condition.name.clone(),
            is_reference: condition.is_reference(),
            cost: cost(condition)?,
            mean: unit.scaled(score.mean),
            sd: score.sd.map(|sd| unit.scaled(sd)),
            n: score.n,
        })
    };
    let points: Vec<ScatterPoint> = results.conditions.iter().filter_map(point).collect();
    (points.len() > 1)
        .then(|| figure::scatter(&figure::Scatter { measure: measure(results), against, points }))
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

fn scores(seeds: &[u64], values: &[f64], unit: Unit) -> Vec<Score> {
    let score = |(&seed, &value): (&u64, &f64)| Score { seed, value: unit.scaled(value) };
    seeds.iter().zip(values).map(score).collect()
}

/// `test accuracy`.
fn words(metric: MetricName) -> String {
    metric.to_string().replace('.', " ")
}
