//! Cost: what a condition takes to train and to use.

use crate::number::{ABSENT, bytes, count, duration};
use crate::results::{Cost, Results};
use crate::section::Block;
use crate::table::{Align, Table};

pub(crate) fn render(results: &Results) -> Vec<Block> {
    let mut table = Table::new(&[
        ("condition", Align::Left),
        ("parameters", Align::Right),
        ("trainable", Align::Right),
        ("MACs/example", Align::Right),
        ("steps run", Align::Right),
        ("step budget", Align::Right),
        ("time/trial", Align::Right),
        ("peak memory", Align::Right),
    ]);
    for condition in &results.conditions {
        table.rows.push(row(&condition.name, &condition.cost));
    }
    let intro = "Time is the mean wall time of a finished trial, memory the largest resident set; \
                 both depend on the machine and on what else it does.";
    vec![Block::Text(intro.into()), Block::Table(table)]
}

fn row(name: &str, cost: &Cost) -> Vec<String> {
    let absent = || ABSENT.to_owned();
    let exact = |n: Option<u64>| n.map_or_else(absent, |n| n.to_string());
    let steps = cost.steps.map_or_else(absent, |(fewest, most)| {
        if fewest == most { fewest.to_string() } else { format!("{fewest} to {most}") }
    });
    vec![
        name.into(),
        exact(cost.params),
        exact(cost.trainable_params),
        cost.macs.map_or_else(absent, count),
        steps,
        exact(cost.budget_steps),
        cost.time_secs.map_or_else(absent, duration),
        cost.peak_rss_bytes.map_or_else(absent, bytes),
    ]
}
