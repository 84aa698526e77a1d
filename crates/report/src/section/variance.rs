//! Where the variation comes from, if random streams vary separately.

use crate::design::words::{MOST_SENTENCES, withheld};
use crate::design::{VarianceShare, VarianceSplit};
use crate::number::{ABSENT, Unit, fixed, listed, plural};
use crate::results::Results;
use crate::section::Block;
use crate::table::{Align, Table};

pub(crate) fn render(results: &Results) -> Vec<Block> {
    let splits = &results.design_analysis.variance;
    if splits.is_empty() {
        return Vec::new();
    }
    let sentences: Vec<String> =
        splits.iter().filter_map(|split| sentence(results, split)).collect();
    let mut blocks = vec![Block::Text(intro(results))];
    if !sentences.is_empty() && sentences.len() <= MOST_SENTENCES {
        blocks.push(Block::List(sentences));
    }
    blocks.push(Block::Table(table(results)));
    let missing: Vec<_> = splits
        .iter()
        .map(|split| (split.condition.clone(), split.shares.as_ref().err().copied()))
        .collect();
    blocks.extend(withheld(&missing).into_iter().map(Block::Text));
    blocks
}

fn intro(results: &Results) -> String {
    format!(
        "Components of variance of {}, by the method of moments: every combination of the streams' \
         seeds was trained once. The rest is what streams do together, and all that is not \
         crossed. Shares are of what could be estimated. Estimates from few seeds are rough and have no interval here. Replicates that \
         share a stream are not independent, so the intervals of effects in this report are too \
         narrow.",
        results.analysis.primary_metric
    )
}

/// None where nothing varies or nothing is computed.
fn sentence(results: &Results, split: &VarianceSplit) -> Option<String> {
    let shares = split.shares.as_ref().ok()?;
    let part = |share: &VarianceShare| Some(format!("{} {}", share.name(), per_cent(share.share?)));
    let parts: Vec<String> = shares.iter().filter_map(part).collect();
    let metric = results.analysis.primary_metric;
    (!parts.is_empty()).then(|| {
        format!(
            "{}: of the variance of {metric} over {}: {}.",
            split.condition,
            plural(split.n, "replicate"),
            listed(&parts)
        )
    })
}

fn table(results: &Results) -> Table {
    let unit = Unit::of(results.analysis.primary_metric);
    let sd = format!("SD, {}", unit.difference);
    let mut table = Table::new(&[
        ("condition", Align::Left),
        ("source", Align::Left),
        ("seeds", Align::Right),
        (&sd, Align::Right),
        ("share of variance", Align::Right),
        ("note", Align::Left),
    ]);
    for split in &results.design_analysis.variance {
        let shares = split.shares.iter().flatten();
        table.rows.extend(shares.map(|share| row(unit, &split.condition, share)));
    }
    table
}

fn row(unit: Unit, condition: &str, share: &VarianceShare) -> Vec<String> {
    let note = match share.variance {
        None => "not estimable from so few seeds",
        Some(_) if share.negative => "estimate below 0, counted as 0",
        Some(_) => "",
    };
    let seeds = share.stream.map_or_else(|| ABSENT.into(), |_| share.levels.to_string());
    vec![
        condition.into(),
        share.name().into(),
        seeds,
        share.variance.map_or_else(|| ABSENT.into(), |variance| unit.value(variance.sqrt())),
        share.share.map_or_else(|| ABSENT.into(), per_cent),
        note.into(),
    ]
}

fn per_cent(share: f64) -> String {
    format!("{} %", fixed(100.0 * share, 0))
}
