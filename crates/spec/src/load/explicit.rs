//! `[[condition]]` of an explicit design; its factors are the keys that some condition sets.

use std::collections::{BTreeMap, BTreeSet};

use super::factor_keys::{exists, unknown_key};
use super::factors::overlap;
use super::{ExperimentFile, Place, Source, Varied, earlier};
use crate::design::same;
use crate::error::Flaw;
use crate::read::read as read_tree;
use crate::tree::{Entry, Node};
use crate::{ExplicitCondition, Factor, Level, Plan, TrialSpec, label};

/// All conditions, and the factors that follow from them.
pub(super) fn read<'a>(
    file: &ExperimentFile,
    source: &Source<'a>,
    flaws: &mut Vec<Flaw>,
) -> Varied<'a> {
    for (list, help) in [
        ("factor", "its factors are the keys that its conditions set"),
        ("exclude", "leave the condition out instead"),
    ] {
        if source.root.at(list).is_some() {
            let message = format!("an explicit design has no [[{list}]]");
            flaws.push(Flaw::new(source.header(list), message, "not used").help(help));
        }
    }
    if file.condition.is_empty() && source.read.is_sound("condition") {
        let span = &source.node("design").span;
        let flaw = Flaw::new(span, "an explicit design without conditions", "nothing is compared");
        flaws.push(flaw.help("write each condition as [[condition]] with `name` and `set`"));
    }
    let told = flaws.len();
    let (mut conditions, mut places) = (Vec::new(), Vec::new());
    for index in 0..file.condition.len() {
        if source.read.is_sound(&format!("condition.{index}"))
            && let Some((condition, place)) = read_condition(file, index, source, flaws)
        {
            conditions.push(condition);
            places.push(place);
        }
    }
    check_names(file, source, flaws);
    let factors = if flaws.len() == told { factors(&conditions) } else { Vec::new() };
    Varied::Explicit { conditions, factors, places }
}

fn read_condition<'a>(
    file: &ExperimentFile,
    index: usize,
    source: &Source<'a>,
    flaws: &mut Vec<Flaw>,
) -> Option<(ExplicitCondition, Place<'a>)> {
    let (raw, base) = (file.condition.get(index)?, source.base()?);
    let mut place: Place<'a> = Vec::new();
    let set = source.node(&format!("condition.{index}.set"));
    for (key, entry) in set.table().into_iter().flatten() {
        if !exists(base, key) {
            let flaw = unknown_key(
                "key",
                key,
                &Node { span: entry.key.clone(), ..entry.node.clone() },
                base,
            );
            flaws.push(flaw);
        } else if let Some((other, _)) = place.iter().find(|(other, _)| overlap(key, other)) {
            let message = format!("`{key}` is set twice");
            flaws.push(Flaw::new(&entry.key, message, format!("`{other}` sets it, too")));
        } else {
            flaws.extend(value_flaws(key, entry, base));
            place.push((key.clone(), &entry.node));
        }
    }
    let name = label::safe(&raw.name);
    let condition = ExplicitCondition { name, set: raw.set.clone(), duplicate: raw.duplicate };
    Some((condition, place))
}

/// What is wrong with a value where it is put.
fn value_flaws(key: &str, entry: &Entry, base: &Node) -> Vec<Flaw> {
    let mut tree = base.clone();
    tree.set(key, entry.node.clone());
    let mut flaws = read_tree::<TrialSpec>(&tree, "base").flaws;
    flaws.retain(|flaw| flaw.lies_within(&entry.node.span) || flaw.lies_within(&entry.key));
    let below = entry.node.paths().into_iter().next_back();
    match below {
        // TOML reads optim.lr = 0.1 as a table `optim` that holds nothing but `lr`.
        Some(below) if !flaws.is_empty() && !key.contains('.') => {
            let flaw =
                Flaw::new(&entry.key, format!("`{key}` is not a whole [base.{key}]"), "here");
            let help = format!("to set one value, put its whole key in quotes: \"{key}.{below}\"");
            vec![flaw.help(help)]
        }
        Some(_) | None => flaws,
    }
}

fn check_names(file: &ExperimentFile, source: &Source<'_>, flaws: &mut Vec<Flaw>) {
    let mut first_seen: BTreeMap<String, &Node> = BTreeMap::new();
    for (index, raw) in file.condition.iter().enumerate() {
        let path = format!("condition.{index}.name");
        if !source.read.is_sound(&path) {
            continue;
        }
        let node = source.node(&path);
        let name = label::safe(&raw.name);
        if name.is_empty() {
            flaws.push(Flaw::new(&node.span, "a condition needs a name", "no letter or digit"));
        } else if name == Plan::REFERENCE {
            let message = format!("a condition cannot be called `{name}`");
            let flaw = Flaw::new(&node.span, message, "has a meaning of its own");
            flaws.push(flaw.help("[base] itself is the reference; it needs no [[condition]]"));
        } else if let Some(first) = earlier(&mut first_seen, name.clone(), node) {
            let message = format!("two conditions are called `{name}`");
            let flaw = Flaw::new(&node.span, message, "again").also(&first.span, "first here");
            flaws.push(flaw.help("names name run directories; give each its own"));
        }
    }
}

/// One factor per key that is set somewhere, keys in alphabetical order.
fn factors(conditions: &[ExplicitCondition]) -> Vec<Factor> {
    let keys: BTreeSet<&String> =
        conditions.iter().flat_map(|condition| condition.set.keys()).collect();
    let last = |key: &str| key.rsplit('.').next().unwrap_or(key).to_owned();
    let factor = |key: &&String| {
        let is_alone = keys.iter().filter(|other| last(other) == last(key)).count() == 1;
        let name = if is_alone { last(key) } else { (**key).clone() };
        Factor { name, keys: vec![(**key).clone()], levels: levels(key, conditions) }
    };
    keys.iter().map(factor).collect()
}

/// The distinct values of a key, in the order of the conditions.
fn levels(key: &str, conditions: &[ExplicitCondition]) -> Vec<Level> {
    let mut levels: Vec<Level> = Vec::new();
    for value in conditions.iter().filter_map(|condition| condition.set.get(key)) {
        let is_known = |level: &Level| level.values.iter().any(|known| same(known, value));
        if levels.iter().any(is_known) {
            continue;
        }
        let made = label::of_values(std::slice::from_ref(value));
        let taken = |label: &String| levels.iter().any(|level| level.label == *label);
        let label = made.filter(|label| !taken(label));
        let label = label.unwrap_or_else(|| format!("level-{}", levels.len() + 1));
        levels.push(Level { label, values: vec![value.clone()], duplicate: false });
    }
    levels
}
