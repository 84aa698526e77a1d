//! Problems: run directories that cannot be used, and why.

use crate::number::{ABSENT, plural};
use crate::results::Results;
use crate::section::Block;
use crate::table::{Align, Table};

pub(crate) fn render(results: &Results) -> Vec<Block> {
    let mut blocks = Vec::new();
    if !results.problems.is_empty() {
        let n = results.problems.len();
        let intro = format!(
            "{} cannot be used. What {} would say is in no number of this report: a trial of the \
             plan counts as missing, and no verdict is given until it is run again.",
            plural(n, "run"),
            if n == 1 { "it" } else { "they" }
        );
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
        blocks.push(Block::Text(intro));
        blocks.push(Block::Table(table));
    }
    if results.foreign_runs > 0 {
        blocks.push(Block::Text(format!(
            "{} of the folder belong to no trial of this plan and are not used.",
            plural(results.foreign_runs, "run")
        )));
    }
    blocks
}
