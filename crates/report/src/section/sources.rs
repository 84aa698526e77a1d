//! Sources: what conditions start from, how good it is on its own data, and what that makes effects
//! conditional on.

use fireassay_spec::{Metric, MetricName, Split};

use crate::number::{ABSENT, Unit, listed};
use crate::results::Results;
use crate::section::Block;
use crate::sources::{SourceResult, SourceTrial};
use crate::table::{Align, Table};

pub(crate) fn render(results: &Results) -> Vec<Block> {
    if results.sources.is_empty() {
        return Vec::new();
    }
    let items = |source: &SourceResult| {
        format!(
            "{}, trained on {}: {} start from it.",
            source.name,
            source.trained_on,
            listed(&source.conditions)
        )
    };
    let conditional = |source: &SourceResult| format!("{}.", source.condition_on());
    let mut blocks = vec![
        Block::List(results.sources.iter().map(items).collect()),
        Block::List(results.sources.iter().map(conditional).collect()),
    ];
    let table = table(results);
    if !table.rows.is_empty() {
        blocks.push(Block::Table(table));
        let text = "Metrics are those of the weights that were taken, on the source's own data. \
                    A source is no condition: nothing is compared with it.";
        blocks.push(Block::Text(text.into()));
    }
    blocks
}

fn table(results: &Results) -> Table {
    let mut table = Table::new(&[
        ("source", Align::Left),
        ("seed", Align::Right),
        ("outcome", Align::Left),
        ("val accuracy", Align::Right),
        ("val loss", Align::Right),
        ("test accuracy", Align::Right),
        ("test loss", Align::Right),
        ("updates", Align::Right),
        ("taken at", Align::Right),
    ]);
    for source in &results.sources {
        table.rows.extend(source.trials.iter().map(|trial| row(source, trial)));
    }
    table
}

fn row(source: &SourceResult, trial: &SourceTrial) -> Vec<String> {
    let metric = |split: Split, metric: Metric| {
        let name = MetricName::Of(split, metric);
        let value = trial.metrics.get(&name);
        value.map_or_else(|| ABSENT.to_owned(), |value| Unit::of(name).value(*value))
    };
    let step = |step: Option<u64>| step.map_or_else(|| ABSENT.to_owned(), |step| step.to_string());
    vec![
        source.name.clone(),
        trial.seed.to_string(),
        trial.fate.word().to_owned(),
        metric(Split::Val, Metric::Accuracy),
        metric(Split::Val, Metric::Loss),
        metric(Split::Test, Metric::Accuracy),
        metric(Split::Test, Metric::Loss),
        step(trial.steps.map(|(steps, _)| steps)),
        step(trial.steps.map(|(_, taken)| taken)),
    ]
}
