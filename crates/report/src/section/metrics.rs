//! Other metrics: every metric of every split, and the generalisation gap.

use fireassay_spec::MetricName;

use crate::number::{ABSENT, Unit};
use crate::results::Results;
use crate::section::Block;
use crate::table::{Align, Table};

pub(crate) fn render(results: &Results) -> Vec<Block> {
    let reported = |name: &MetricName| {
        results.conditions.iter().any(|condition| condition.metrics.contains_key(name))
    };
    let names: Vec<MetricName> = MetricName::all().into_iter().filter(reported).collect();
    if names.is_empty() {
        return Vec::new();
    }
    let titles: Vec<String> =
        names.iter().map(|name| format!("{name}, {}", Unit::of(*name).level)).collect();
    let mut columns = vec![("condition", Align::Left), ("n", Align::Right)];
    columns.extend(titles.iter().map(|title| (title.as_str(), Align::Right)));
    let mut table = Table::new(&columns);
    for condition in &results.conditions {
        let cell = |name: &MetricName| {
            let Some(description) = condition.metrics.get(name) else { return ABSENT.into() };
            let unit = Unit::of(*name);
            let sd = description.sd.map_or_else(|| ABSENT.into(), |sd| unit.value(sd));
            format!("{} ({sd})", unit.value(description.mean))
        };
        let n = condition.metrics.values().map(|description| description.n).max().unwrap_or(0);
        let mut row = vec![condition.name.clone(), n.to_string()];
        row.extend(names.iter().map(cell));
        table.rows.push(row);
    }
    let intro = "Mean (SD) over finished trials; exploratory, no verdict. gap = train minus test.";
    vec![Block::Text(intro.into()), Block::Table(table)]
}
