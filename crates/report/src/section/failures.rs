//! Failures: every trial that has no score, and what it counts for.

use std::collections::BTreeMap;

use crate::legend;
use crate::number::{ABSENT, plural};
use crate::results::{Results, TrialResult};
use crate::scores::Fate;
use crate::section::Block;
use crate::table::{Align, Table};

pub(crate) fn render(results: &Results) -> Vec<Block> {
    let mut table = Table::new(&[
        ("condition", Align::Left),
        ("seed", Align::Right),
        ("outcome", Align::Left),
        ("detail", Align::Left),
    ]);
    let without = results.trials().filter(|(_, trial)| trial.fate != Fate::Done);
    for (condition, trial) in without {
        let word = trial.fate.word().to_owned();
        table.rows.push(vec![condition.into(), trial.seed.to_string(), word, detail(trial)]);
    }
    let policy = format!("Policy for failed trials: {}.", legend::policy(results));
    if table.rows.is_empty() {
        let all = plural(results.planned(), "trial");
        return vec![Block::Text(format!("All of {all} finished. {policy}"))];
    }
    vec![Block::Text(format!("{} {policy}", counted(results))), Block::Table(table)]
}

/// `18 trials are done, 2 diverged, 1 missing.`
fn counted(results: &Results) -> String {
    let mut counts: BTreeMap<&'static str, usize> = BTreeMap::new();
    for (_, trial) in results.trials() {
        *counts.entry(trial.fate.word()).or_default() += 1;
    }
    let parts: Vec<String> = counts.iter().map(|(word, n)| format!("{n} {word}")).collect();
    format!("Of {}: {}.", plural(results.planned(), "trial"), parts.join(", "))
}

fn detail(trial: &TrialResult) -> String {
    let message = trial.message.clone();
    match &trial.fate {
        Fate::Diverged { step, value } => {
            let what = format!("{value} at step {step}");
            message.map_or(what.clone(), |message| format!("{what}: {message}"))
        }
        Fate::Done | Fate::Failed(_) | Fate::Missing => message.unwrap_or_else(|| ABSENT.into()),
    }
}
