//! Effects: every statistic of every contrast that may be shown.

use crate::draw;
use crate::judged::{Judged, Kind};
use crate::legend;
use crate::number::{ABSENT, Unit, fixed, p_value};
use crate::results::Results;
use crate::section::Block;
use crate::table::{Align, Table};

pub(crate) fn render(results: &Results) -> Vec<Block> {
    if results.judged().next().is_none() {
        return Vec::new();
    }
    let named = if results.interactions.is_empty() { "condition" } else { "claim" };
    let adjusted = legend::adjusted_p(results);
    let mut table = Table::new(&[
        (named, Align::Left),
        ("n", Align::Right),
        ("difference", Align::Right),
        (legend::interval_name(results.analysis.interval), Align::Right),
        ("p", Align::Right),
        (adjusted, Align::Right),
        ("TOST p (Holm)", Align::Right),
        ("g_z", Align::Right),
        ("P(better)", Align::Right),
        ("r", Align::Right),
        ("variance ratio", Align::Right),
        ("verdict", Align::Left),
    ]);
    table.rows = results.judged().map(|judged| row(results, judged)).collect();
    if results.analysis.rope.is_none() {
        table.remove("TOST p (Holm)");
    }
    let mut blocks = vec![Block::Text(format!("{}.", legend::title(results)))];
    blocks.extend(draw::effects(results).map(Block::Figure));
    blocks.push(Block::Table(table));
    if !results.interactions.is_empty() {
        blocks.push(Block::Text(INTERACTIONS.into()));
    }
    if legend::shared_streams(results) {
        blocks.push(Block::Text(format!("Streams are crossed: {}.", legend::SHARED_STREAMS)));
    }
    blocks
}

const INTERACTIONS: &str = "a × b: what two levels do together beyond the sum of what each does \
                            alone, both - one - other + neither at every seed; declared beforehand \
                            and judged in one family with the contrasts. Positive: above that sum; \
                            negative: below it; negligible: inside the region of practical \
                            equivalence.";

fn row(results: &Results, judged: Judged<'_>) -> Vec<String> {
    let unit = Unit::of(results.analysis.primary_metric);
    let absent = || ABSENT.to_owned();
    let n = judged.effect.map_or(0, |effect| effect.n());
    let mut cells = vec![judged.name.to_owned(), format!("{n}/{}", judged.planned)];
    match judged.effect {
        None => cells.extend(std::iter::repeat_with(absent).take(9)),
        Some(effect) => {
            let shown = effect.is_shown();
            let decided = effect.n() >= results.feasibility.n_min;
            let interval = effect.interval.filter(|_| shown);
            let difference = effect.mean.map(|mean| unit.difference(mean, interval));
            let (difference, interval) = difference.unwrap_or_else(|| (absent(), absent()));
            let p = |p: Option<f64>, when: bool| p.filter(|_| when).map_or_else(absent, p_value);
            let two = |value: Option<f64>| value.map_or_else(absent, |value| fixed(value, 2));
            cells.push(difference);
            cells.push(interval);
            cells.push(p(effect.sign_flip_p, shown));
            cells.push(p(effect.adjusted_p, shown));
            cells.push(p(effect.adjusted_tost_p, decided));
            cells.push(two(effect.size.map(|size| size.g_z)));
            let prob_better = effect.prob_better.filter(|_| judged.kind == Kind::Contrast);
            cells.push(prob_better.map_or_else(absent, |(share, interval)| {
                let (low, high) = (fixed(interval.low, 2), fixed(interval.high, 2));
                format!("{} [{low}, {high}]", fixed(share, 2))
            }));
            cells.push(two(effect.correlation));
            cells.push(two(effect.variance_ratio));
        }
    }
    cells.push(judged.kind.words(judged.verdict));
    cells
}
