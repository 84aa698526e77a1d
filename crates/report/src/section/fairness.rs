//! Fairness: what each condition was given, and where that differs from the reference.

use crate::draw;
use crate::fairness::select;
use crate::number::{ABSENT, bytes, count, duration, fixed};
use crate::results::{Cost, Results};
use crate::section::Block;
use crate::sources::one_time_cost;
use crate::table::{Align, Table};

pub(crate) fn render(results: &Results) -> Vec<Block> {
    let banners: Vec<String> = results
        .unfair
        .iter()
        .map(|unfair| {
            format!(
                "{}: {} is {}, the reference's is {}.",
                unfair.condition,
                unfair.what.words(),
                unfair.ours,
                unfair.theirs
            )
        })
        .collect();
    let mut blocks = Vec::new();
    if banners.is_empty() {
        let same = "Every condition has the reference's data, split and selection rule, and its \
                    step and tuning budgets within 10 %, as far as they are recorded.";
        blocks.push(Block::Text(same.into()));
    } else {
        let warned = "Not like with like. These conditions differ from the reference in more than \
                      a fair comparison allows, unless it is the very thing that is studied:";
        blocks.push(Block::Text(warned.into()));
        blocks.push(Block::List(banners));
    }
    blocks.push(Block::Table(size_table(results)));
    blocks.push(Block::Table(effort_table(results)));
    let intro = "Time is the mean wall time of a finished trial, CPU time that of all its threads, \
                 memory the largest resident set; they depend on the machine and on what else it \
                 does. Tuning counts trials spent on a condition beforehand, as the experiment \
                 declares them.";
    blocks.push(Block::Text(intro.into()));
    let trained = results.sources.iter().filter(|source| !source.trials.is_empty());
    let once: Vec<String> = trained.map(|source| one_time_cost(source) + ".").collect();
    if !once.is_empty() {
        blocks.push(Block::Text(
            "Pretraining is spent once and counted in none of these tables:".into(),
        ));
        blocks.push(Block::List(once));
    }
    blocks.extend(draw::by_parameters(results).map(Block::Figure));
    blocks.extend(draw::by_time(results).map(Block::Figure));
    blocks
}

fn size_table(results: &Results) -> Table {
    let mut table = Table::new(&[
        ("condition", Align::Left),
        ("parameters", Align::Right),
        ("trainable", Align::Right),
        ("MACs/example", Align::Right),
        ("selection", Align::Left),
        ("tuning trials", Align::Right),
        ("failures", Align::Right),
    ]);
    for condition in &results.conditions {
        let cost = &condition.cost;
        let failed = condition.trials.iter().filter(|trial| trial.fate.is_failure()).count();
        table.rows.push(vec![
            condition.name.clone(),
            exact(cost.params),
            exact(cost.trainable_params),
            cost.macs.map_or_else(absent, count),
            cost.select.map_or_else(absent, select),
            exact(cost.tuning_trials),
            failed.to_string(),
        ]);
    }
    table
}

fn effort_table(results: &Results) -> Table {
    let mut table = Table::new(&[
        ("condition", Align::Left),
        ("step budget", Align::Right),
        ("steps run", Align::Right),
        ("epochs run", Align::Right),
        ("stopped early", Align::Right),
        ("time/trial", Align::Right),
        ("CPU time/trial", Align::Right),
        ("peak memory", Align::Right),
    ]);
    for condition in &results.conditions {
        table.rows.push(effort(&condition.name, &condition.cost));
    }
    table
}

fn effort(name: &str, cost: &Cost) -> Vec<String> {
    let stopped = match (cost.early_stops, cost.steps) {
        (None, None) => absent(),
        (None, Some(_)) => "0".into(),
        (Some(stops), _) => {
            format!("{}, at epoch {}", stops.trials, spread(stops.epochs.0, stops.epochs.1, 1))
        }
    };
    vec![
        name.into(),
        exact(cost.budget_steps),
        cost.steps.map_or_else(absent, |(fewest, most)| spread(fewest as f64, most as f64, 0)),
        cost.epochs.map_or_else(absent, |(fewest, most)| spread(fewest, most, 1)),
        stopped,
        cost.time_secs.map_or_else(absent, duration),
        cost.cpu_secs.map_or_else(absent, duration),
        cost.peak_rss_bytes.map_or_else(absent, bytes),
    ]
}

/// One number, or from where to where.
fn spread(fewest: f64, most: f64, decimals: usize) -> String {
    let (fewest, most) = (fixed(fewest, decimals), fixed(most, decimals));
    if fewest == most { fewest } else { format!("{fewest} to {most}") }
}

fn exact(n: Option<u64>) -> String {
    n.map_or_else(absent, |n| n.to_string())
}

fn absent() -> String {
    ABSENT.into()
}
