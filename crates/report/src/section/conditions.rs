//! Conditions: the primary metric, described, with every point.

use crate::draw;
use crate::number::{ABSENT, Unit};
use crate::results::{ConditionResult, Results, TrialResult};
use crate::scores::Fate;
use crate::section::Block;
use crate::table::{Align, Table};

/// With more seeds than this, the points do not fit a row.
const MOST_POINTS: usize = 10;

pub(crate) fn render(results: &Results) -> Vec<Block> {
    let metric = results.analysis.primary_metric;
    let unit = Unit::of(metric);
    let seeds: Vec<String> =
        results.reference().trials.iter().map(|trial| trial.seed.to_string()).collect();
    let points = format!("seeds {}", seeds.join(", "));
    let mut table = Table::new(&[
        ("condition", Align::Left),
        ("n", Align::Right),
        ("mean", Align::Right),
        ("SD", Align::Right),
        ("min", Align::Right),
        ("max", Align::Right),
        (&points, Align::Left),
    ]);
    table.rows = results.conditions.iter().map(|condition| row(condition, unit)).collect();
    let mut intro = format!("{metric} in {}.", unit.level);
    if seeds.len() > MOST_POINTS {
        table.remove(&points);
        intro.push_str(" All points are in `results.json`.");
    }
    let mut blocks = vec![Block::Text(intro), Block::Table(table)];
    blocks.extend(draw::slopes(results).map(Block::Figure));
    blocks
}

fn row(condition: &ConditionResult, unit: Unit) -> Vec<String> {
    let absent = || ABSENT.to_owned();
    let score = condition.score.as_ref();
    let value = |value: Option<f64>| value.map_or_else(absent, |value| unit.value(value));
    let points: Vec<String> = condition.trials.iter().map(|trial| point(trial, unit)).collect();
    vec![
        condition.name.clone(),
        format!("{}/{}", score.map_or(0, |score| score.n), condition.trials.len()),
        value(score.map(|score| score.mean)),
        value(score.and_then(|score| score.sd)),
        value(score.map(|score| score.min)),
        value(score.map(|score| score.max)),
        points.join(", "),
    ]
}

/// A score, or what became of the trial instead.
fn point(trial: &TrialResult, unit: Unit) -> String {
    match (&trial.fate, trial.score) {
        (Fate::Done, Some(score)) => unit.value(score),
        (fate, Some(score)) => format!("{} ({})", unit.value(score), fate.word()),
        (fate, None) => fate.word().into(),
    }
}
