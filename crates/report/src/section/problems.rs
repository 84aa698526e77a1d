//! Problems: run directories that cannot be used, and why.

use crate::note::foreign;
use crate::number::{ABSENT, plural};
use crate::results::Results;
use crate::section::Block;
use crate::table::{Align, Table};

pub(crate) fn render(results: &Results) -> Vec<Block> {
    let mut blocks: Vec<Block> = intro(results).into_iter().map(Block::Text).collect();
    if !results.problems.is_empty() {
        let mut table = Table::new(&[
            ("run", Align::Left),
            ("problem", Align::Left),
            ("trial", Align::Left),
            ("detail", Align::Left),
        ]);
        for problem in &results.problems {
            let trial = problem.trial.as_ref();
            table.rows.push(vec![
                problem.dir.clone(),
                problem.kind.clone(),
                trial.map_or_else(|| ABSENT.into(), |(name, seed)| format!("{name} seed {seed}")),
                problem.detail.clone(),
            ]);
        }
        blocks.push(Block::Table(table));
    }
    if results.foreign_runs > 0 {
        blocks.push(Block::Text(format!("{}.", foreign(results.foreign_runs))));
    }
    blocks
}

/// Runs, of which nothing is used, and the registration, without which nothing is claimed.
fn intro(results: &Results) -> Vec<String> {
    let registration = results.problems.iter().filter(|problem| problem.is_registration()).count();
    let runs = results.problems.len() - registration;
    let mut intro = Vec::new();
    if runs > 0 {
        intro.push(format!(
            "{} cannot be used. What {} would say is in no number of this report: a trial of the \
             plan counts as missing, and no verdict is given until it is run again.",
            plural(runs, "run"),
            if runs == 1 { "it" } else { "they" }
        ));
    }
    if registration > 0 {
        intro.push("The registration cannot be used, so every contrast is exploratory.".into());
    }
    intro
}
