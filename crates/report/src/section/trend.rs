//! Trend: does the score rise or fall along an ordered factor?

use fireassay_spec::MetricName;

use crate::design::words::{adjusted, n_of, numbers_of, withheld};
use crate::design::{Slope, Trend, TrendTest};
use crate::draw;
use crate::legend::interval_name;
use crate::number::{ABSENT, Unit, fixed, listed, p_value, plural};
use crate::results::Results;
use crate::section::Block;
use crate::stats::page_trend::Page;
use crate::table::{Align, Table};

pub(crate) fn render(results: &Results) -> Vec<Block> {
    let trends = &results.design_analysis.trends;
    if trends.is_empty() {
        return Vec::new();
    }
    let intro = format!(
        "Exploratory, no verdicts. Page's test asks whether scores go one way along the levels of \
         an ordered factor, with seeds as blocks: levels are ranked within each seed, and L is \
         large if they rise. It does not see a rise that turns into a fall. p (BH): two-sided, \
         Benjamini-Hochberg over {} derived from this design.",
        plural(results.design_analysis.family, "effect")
    );
    let missing: Vec<_> = trends
        .iter()
        .map(|trend| (trend.response.factor.clone(), trend.test.as_ref().err().copied()))
        .collect();
    let mut blocks = vec![
        Block::Text(intro),
        Block::List(trends.iter().filter_map(|trend| sentence(results, trend)).collect()),
    ];
    blocks.extend(draw::dose_responses(results).into_iter().map(Block::Figure));
    blocks.push(Block::Table(table(results)));
    blocks.extend(withheld(&missing).into_iter().map(Block::Text));
    blocks
}

/// None where nothing is computed; the reason stands below the table.
fn sentence(results: &Results, trend: &Trend) -> Option<String> {
    let test = trend.test.as_ref().ok()?;
    let metric = results.analysis.primary_metric;
    let levels = levels(trend);
    let factor = &trend.response.factor;
    let Some(page) = &test.page else {
        return Some(format!(
            "{factor} ({}): no seed has a score at every level.",
            listed(&levels)
        ));
    };
    let ends = levels.first().zip(levels.last());
    let ends = ends.map_or_else(String::new, |(low, high)| format!("from {low} to {high} "));
    let change = numbers_of(results, &test.change);
    let l = statistic(test, page);
    Some(format!("{}; {ends}it changes by {change}.", leaning(metric, factor, test.slope) + &l))
}

/// What the ranks say, without a word on whether it is chance: that is for p.
fn leaning(metric: MetricName, factor: &str, slope: Slope) -> String {
    match slope {
        Slope::Rising => format!("{metric} tends to rise with {factor}"),
        Slope::Falling => format!("{metric} tends to fall with {factor}"),
        Slope::Level => format!("{metric} leans neither way along {factor}"),
    }
}

fn statistic(test: &TrendTest, page: &Page) -> String {
    let n = test.change.n();
    let shown = test.change.is_shown();
    let p = test.adjusted_p.filter(|_| shown);
    let p = p.map_or_else(String::new, |p| format!(", {}", adjusted(p)));
    let (l, expected) = (number(page.l), number(page.expected));
    format!(": L = {l}, {expected} expected if levels do not matter, n = {n}{p}")
}

fn levels(trend: &Trend) -> Vec<String> {
    trend.response.doses.iter().map(|dose| dose.label.clone()).collect()
}

/// Halves come from ties.
fn number(value: f64) -> String {
    if value.fract() == 0.0 { fixed(value, 0) } else { fixed(value, 1) }
}

fn table(results: &Results) -> Table {
    let unit = Unit::of(results.analysis.primary_metric);
    let change = format!("first to last level, {}", unit.difference);
    let mut table = Table::new(&[
        ("factor", Align::Left),
        ("levels", Align::Left),
        ("n", Align::Right),
        ("L", Align::Right),
        ("expected", Align::Right),
        ("p", Align::Right),
        ("p (BH)", Align::Right),
        (&change, Align::Right),
        (interval_name(results.analysis.interval), Align::Right),
    ]);
    table.rows = results.design_analysis.trends.iter().map(|trend| row(results, trend)).collect();
    table
}

fn row(results: &Results, trend: &Trend) -> Vec<String> {
    let absent = || ABSENT.to_owned();
    let mut row = vec![trend.response.factor.clone(), levels(trend).join(", ")];
    let Ok(test) = &trend.test else {
        row.extend(std::iter::repeat_with(absent).take(7));
        return row;
    };
    let shown = |p: Option<f64>| p.filter(|_| test.change.is_shown()).map_or_else(absent, p_value);
    row.push(n_of(results, test.change.n()));
    row.push(test.page.map_or_else(absent, |page| number(page.l)));
    row.push(test.page.map_or_else(absent, |page| number(page.expected)));
    row.push(shown(test.page.map(|page| page.p_two_sided)));
    row.push(shown(test.adjusted_p));
    let interval = test.change.interval.filter(|_| test.change.is_shown());
    let unit = Unit::of(results.analysis.primary_metric);
    let change = test.change.mean.map(|mean| unit.difference(mean, interval));
    let (change, bounds) = change.unwrap_or_else(|| (absent(), absent()));
    row.extend([change, bounds]);
    row
}
