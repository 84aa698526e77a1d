//! Registration: what was fixed before the first trial, and what was changed since.

use serde_json::Value;

use crate::number::{ABSENT, Unit, plural};
use crate::registration::{Change, Registered, Scope};
use crate::results::{Interaction, Problem, Results};
use crate::section::Block;
use crate::table::{Align, Table};

/// Digits of a hash that tell two apart.
const SHORT: usize = 12;

pub(crate) fn render(results: &Results) -> Vec<Block> {
    let Some(registered) = &results.registered else {
        let none = match results.problems.iter().any(Problem::is_registration) {
            true => "The registration cannot be used (see Problems)",
            false => "Nothing was registered before the first trial",
        };
        return vec![Block::Text(format!("{none}, so every contrast is exploratory."))];
    };
    let mut blocks = vec![Block::Text(state(registered))];
    if let Some(rule) = registered.until {
        let rule = format!(
            "Stopping rule: seeds are added, one for all conditions, until the 95 % t interval of \
             every declared contrast reaches at most {} to either side, or {} seeds are run. It \
             looks at widths only, never at p or at the sign of an effect.{}",
            Unit::of(results.analysis.primary_metric).size(rule.halfwidth),
            rule.max_seeds,
            added(registered)
        );
        blocks.push(Block::Text(rule));
    }
    if !registered.changes.is_empty() {
        let mut table = Table::new(&[
            ("key", Align::Left),
            ("registered", Align::Left),
            ("now", Align::Left),
            ("makes exploratory", Align::Left),
        ]);
        table.rows = registered.changes.iter().map(|change| row(results, change)).collect();
        blocks.push(Block::Table(table));
    }
    blocks
}

fn state(registered: &Registered) -> String {
    let hash: String = registered.hash.chars().take(SHORT).collect();
    let since = match registered.changes.len() {
        0 => "unchanged since".into(),
        n => format!("{} changed since", plural(n, "key")),
    };
    let when = match registered.finished_before {
        0 => "before the first trial".to_owned(),
        n => format!(
            "after {} had finished, so every contrast is exploratory",
            plural(usize::try_from(n).unwrap_or(usize::MAX), "trial")
        ),
    };
    let earlier = match registered.earlier.len() {
        0 => String::new(),
        n => format!(
            " {} of this experiment came before it; all of their trials were thrown away.",
            plural(n, "registration")
        ),
    };
    format!("Design and analysis were registered {when} (hash {hash}), {since}.{earlier}")
}

fn added(registered: &Registered) -> String {
    if registered.added_seeds.is_empty() {
        return String::new();
    }
    let seeds: Vec<String> = registered.added_seeds.iter().map(ToString::to_string).collect();
    format!(" Added seeds: {}.", seeds.join(", "))
}

fn row(results: &Results, change: &Change) -> Vec<String> {
    let scope = match &change.scope {
        Scope::All if !results.hypotheses.is_empty() => {
            format!("every {} and hypothesis", results.noun())
        }
        Scope::All => format!("every {}", results.noun()),
        Scope::Condition(name) => {
            let rests = |of: &&Interaction| of.terms.iter().any(|term| term.condition == *name);
            let interactions = results.interactions.iter().filter(rests).map(|of| of.name.clone());
            [name.clone()].into_iter().chain(interactions).collect::<Vec<_>>().join(", ")
        }
        Scope::Hypothesis(None) => "every hypothesis".into(),
        Scope::Hypothesis(Some(name)) => name.clone(),
        Scope::Nothing => "nothing".into(),
    };
    vec![change.key.clone(), shown(change.was.as_ref()), shown(change.is.as_ref()), scope]
}

/// A value as the file has it; hashes are cut.
fn shown(value: Option<&Value>) -> String {
    const HASH_DIGITS: usize = 64;
    match value {
        None | Some(Value::Null) => ABSENT.into(),
        Some(Value::String(text)) if text.len() == HASH_DIGITS => {
            text.chars().take(SHORT).collect()
        }
        Some(Value::String(text)) => text.clone(),
        Some(other) => other.to_string(),
    }
}
