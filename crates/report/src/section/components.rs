//! Components: what each adds to all others, to nothing, and on average.

use std::collections::BTreeSet;

use crate::design::words::{MOST_SENTENCES, legend, n_of, numbers, numbers_of, withheld};
use crate::design::{Attribution, Component, Withheld};
use crate::effect::Effect;
use crate::legend::coverages;
use crate::number::{ABSENT, Unit, p_value};
use crate::results::Results;
use crate::section::Block;
use crate::stats::paired_t::Interval;
use crate::table::{Align, Table};

pub(crate) fn render(results: &Results) -> Vec<Block> {
    let components = &results.design_analysis.components;
    if components.is_empty() {
        return Vec::new();
    }
    let mut blocks = vec![Block::Text(intro(results))];
    if components.len() <= MOST_SENTENCES {
        blocks.push(Block::List(components.iter().map(|of| sentence(results, of)).collect()));
    }
    blocks.push(Block::Table(table(results)));
    blocks.extend(withheld(&missing(components)).into_iter().map(Block::Text));
    blocks.extend(caveat(results).map(Block::Text));
    blocks
}

/// What the bootstrap intervals are worth, if there are any.
fn caveat(results: &Results) -> Option<String> {
    let shapley = |of: &Component| {
        of.shapley.as_ref().ok().filter(|of| of.bootstrap.is_some()).map(|of| of.effect.n())
    };
    let ns: BTreeSet<usize> =
        results.design_analysis.components.iter().filter_map(shapley).collect();
    let text = "Bootstrap: percentile interval over seeds, 10,000 resamples";
    if ns.is_empty() {
        return None;
    }
    Some(match coverages(ns) {
        Some(caveat) => format!("{text}; {caveat}. The t interval is the one to quote."),
        None => format!("{text}."),
    })
}

fn intro(results: &Results) -> String {
    format!(
        "Exploratory, no verdicts. A component is present at the reference level of its factor. \
         Leave one out: all components minus all but this one. Add one in: this one alone minus \
         none. Shapley: what it adds, averaged over all orders of adding components; the values \
         of a seed sum to all minus none. The three agree where components do not interact. {}",
        legend(results)
    )
}

fn sentence(results: &Results, of: &Component) -> String {
    let mut parts = vec![
        format!("added to all others {}", numbers(results, &of.leave_one_out)),
        format!("alone {}", numbers(results, &of.add_one_in)),
    ];
    if let Ok(attribution) = &of.shapley {
        let numbers = numbers_of(results, &attribution.effect);
        parts.push(format!("on average over all orders {numbers}"));
    }
    format!("{}: {}.", of.name, parts.join("; "))
}

fn table(results: &Results) -> Table {
    let unit = Unit::of(results.analysis.primary_metric).difference;
    let (leave, add) = (format!("leave one out, {unit}"), format!("add one in, {unit}"));
    let shapley = format!("Shapley, {unit}");
    let mut table = Table::new(&[
        ("component", Align::Left),
        (&leave, Align::Right),
        ("n", Align::Right),
        ("p (BH)", Align::Right),
        (&add, Align::Right),
        ("n", Align::Right),
        ("p (BH)", Align::Right),
        (&shapley, Align::Right),
        ("bootstrap", Align::Right),
        ("n", Align::Right),
        ("p (BH)", Align::Right),
    ]);
    table.rows = results.design_analysis.components.iter().map(|of| row(results, of)).collect();
    table
}

fn row(results: &Results, of: &Component) -> Vec<String> {
    let mut row = vec![of.name.clone()];
    for effect in [&of.leave_one_out, &of.add_one_in] {
        let [difference, n, p] = cells(results, effect.as_ref().ok());
        row.extend([difference, n, p]);
    }
    let shapley = of.shapley.as_ref().ok();
    let [difference, n, p] = cells(results, shapley.map(|of| &of.effect));
    row.extend([difference, shapley.map_or_else(|| ABSENT.into(), |of| bootstrap(results, of))]);
    row.extend([n, p]);
    row
}

/// Difference with its interval, n, adjusted p.
fn cells(results: &Results, effect: Option<&Effect>) -> [String; 3] {
    let absent = || ABSENT.to_owned();
    let Some(effect) = effect else { return [absent(), absent(), absent()] };
    let unit = Unit::of(results.analysis.primary_metric);
    let interval = effect.interval.filter(|_| effect.is_shown());
    let difference = effect.mean.map_or_else(absent, |mean| with_interval(unit, mean, interval));
    let p = effect.adjusted_p.filter(|_| effect.is_shown());
    [difference, n_of(results, effect.n()), p.map_or_else(absent, p_value)]
}

fn with_interval(unit: Unit, mean: f64, interval: Option<Interval>) -> String {
    let (difference, bounds) = unit.difference(mean, interval);
    if interval.is_some() { format!("{difference} {bounds}") } else { difference }
}

/// To two significant digits of its own half-width.
fn bootstrap(results: &Results, of: &Attribution) -> String {
    let shown = of.bootstrap.filter(|_| of.effect.is_shown());
    let unit = Unit::of(results.analysis.primary_metric);
    shown.map_or_else(|| ABSENT.into(), |interval| unit.difference(0.0, Some(interval)).1)
}

fn missing(components: &[Component]) -> Vec<(String, Option<Withheld>)> {
    let left_out = components
        .iter()
        .map(|of| (format!("all but {}", of.name), of.leave_one_out.as_ref().err().copied()));
    let alone = components
        .iter()
        .map(|of| (format!("{} alone", of.name), of.add_one_in.as_ref().err().copied()));
    let shapley = components
        .iter()
        .map(|of| ("Shapley values".to_owned(), of.shapley.as_ref().err().copied()));
    left_out.chain(alone).chain(shapley).collect()
}
