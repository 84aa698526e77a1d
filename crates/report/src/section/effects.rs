//! Effects: every statistic of every contrast that may be shown.

use crate::draw;
use crate::legend;
use crate::number::{ABSENT, Unit, fixed, p_value};
use crate::results::{Contrast, Results};
use crate::section::Block;
use crate::table::{Align, Table};

pub(crate) fn render(results: &Results) -> Vec<Block> {
    if results.contrasts.is_empty() {
        return Vec::new();
    }
    let adjusted = legend::adjusted_p(results);
    let mut table = Table::new(&[
        ("condition", Align::Left),
        ("n", Align::Right),
        ("difference", Align::Right),
        ("95 % interval", Align::Right),
        ("p", Align::Right),
        (adjusted, Align::Right),
        ("TOST p (Holm)", Align::Right),
        ("g_z", Align::Right),
        ("P(better)", Align::Right),
        ("r", Align::Right),
        ("variance ratio", Align::Right),
        ("verdict", Align::Left),
    ]);
    table.rows = results.contrasts.iter().map(|contrast| row(results, contrast)).collect();
    if results.analysis.rope.is_none() {
        table.remove("TOST p (Holm)");
    }
    let mut blocks = vec![Block::Text(format!("{}.", legend::title(results)))];
    blocks.extend(draw::effects(results).map(Block::Figure));
    blocks.push(Block::Table(table));
    blocks
}

fn row(results: &Results, contrast: &Contrast) -> Vec<String> {
    let unit = Unit::of(results.analysis.primary_metric);
    let absent = || ABSENT.to_owned();
    let n = contrast.effect.as_ref().map_or(0, |effect| effect.n());
    let mut cells = vec![contrast.condition.clone(), format!("{n}/{}", contrast.planned)];
    match &contrast.effect {
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
            cells.push(effect.prob_better.map_or_else(absent, |(share, interval)| {
                let (low, high) = (fixed(interval.low, 2), fixed(interval.high, 2));
                format!("{} [{low}, {high}]", fixed(share, 2))
            }));
            cells.push(two(effect.correlation));
            cells.push(two(effect.variance_ratio));
        }
    }
    cells.push(contrast.verdict.to_string());
    cells
}
