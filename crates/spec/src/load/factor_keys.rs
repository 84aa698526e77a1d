//! The keys and the name of a `[[factor]]`.

use super::factors::Site;
use crate::error::Flaw;
use crate::read::read;
use crate::tree::{Node, Value};
use crate::{TrialSpec, label, suggest};

/// The keys of a factor, if all of them name something in `[base]`.
pub(super) fn keys(site: &Site<'_, '_>, flaws: &mut Vec<Flaw>) -> Option<Vec<String>> {
    let keys = match (&site.raw.key, &site.raw.keys) {
        (Some(key), None) => vec![(key, "key".to_owned())],
        (None, Some(keys)) if keys.is_empty() => {
            let span = &site.node("keys").span;
            flaws.push(Flaw::new(span, "a factor moves at least one key", "no key"));
            return None;
        }
        (None, Some(keys)) => {
            let path = |(index, key)| (key, format!("keys.{index}"));
            keys.iter().enumerate().map(path).collect()
        }
        (Some(_), Some(_)) => {
            let span = site.source.key(&site.path, "keys");
            let flaw = Flaw::new(span, "a factor has `key` or `keys`, not both", "one too many");
            flaws.push(flaw.help("`keys` is for values that move together"));
            return None;
        }
        (None, None) => {
            let flaw = Flaw::new(site.header(), "[[factor]] lacks `key`", "a key is missing");
            flaws.push(flaw.help("the dotted path of a value in [base]: key = \"optim.lr\""));
            return None;
        }
    };
    let base = site.source.base()?;
    let mut all_exist = true;
    for (key, path) in &keys {
        if !exists(base, key) {
            all_exist = false;
            flaws.push(unknown_key("factor key", key, site.node(path), base));
        }
    }
    all_exist.then(|| keys.into_iter().map(|(key, _)| key.clone()).collect())
}

/// Whether `[base]` spells this key out: a path of tables, not an index into a list.
pub(super) fn exists(base: &Node, key: &str) -> bool {
    let mut node = base;
    key.split('.').all(|step| {
        let below = node.table().and_then(|entries| entries.get(step));
        below.is_some_and(|entry| {
            node = &entry.node;
            true
        })
    })
}

/// A key that `[base]` does not have; `kind` says whose.
pub(super) fn unknown_key(kind: &str, key: &str, at: &Node, base: &Node) -> Flaw {
    let mut table = base;
    let mut known = Vec::new();
    let mut missing = "";
    for step in key.split('.') {
        match table.table().and_then(|entries| entries.get(step)) {
            Some(entry) => table = &entry.node,
            None => {
                missing = step;
                break;
            }
        }
        known.push(step);
    }
    let parent = known.join(".");
    let label = match (table.table(), parent.as_str()) {
        (Some(_), "") => format!("[base] states no `{missing}`"),
        (Some(_), parent) => format!("[base.{parent}] states no `{missing}`"),
        (None, parent) => format!("`{parent}` is {}", table.words()),
    };
    let flaw = Flaw::new(&at.span, format!("{kind} `{key}` names nothing in [base]"), label);
    let dotted = |last: &str| known.iter().copied().chain([last]).collect::<Vec<_>>().join(".");
    if table.table().is_some() && dotted(missing) == key && is_field(key, &parent, base) {
        return flaw.help(format!(
            "only what [base] spells out can be varied: state `{missing}` there first"
        ));
    }
    let siblings: Vec<&String> = table.table().into_iter().flatten().map(|(key, _)| key).collect();
    let last = key.rsplit('.').next();
    let elsewhere = base.paths().into_iter().find(|path| path.rsplit('.').next() == last);
    let near = suggest::nearest(missing, &siblings).map(|near| {
        let rest = key.strip_prefix(&dotted(missing)).unwrap_or_default();
        let whole = dotted(near) + rest;
        if exists(base, &whole) { whole } else { dotted(near) }
    });
    flaw.help(match near.or(elsewhere) {
        Some(path) => format!("did you mean `{path}`?"),
        None if table.table().is_none() => format!("vary `{parent}` as a whole"),
        None => format!(
            "only what [base] spells out can be varied; known here: {}",
            suggest::list(&siblings, "and")
        ),
    })
}

/// Whether `[base]` could state this key in a table that it has, though it does not.
fn is_field(key: &str, table: &str, base: &Node) -> bool {
    let mut tree = base.clone();
    let last = key.rsplit('.').next().unwrap_or(key);
    tree.insert(table, last, Node { span: 0..0, value: Value::Bool(true) });
    read::<TrialSpec>(&tree, "base").is_known(key)
}

/// The short name of a factor.
pub(super) fn name(site: &Site<'_, '_>, keys: &[String], flaws: &mut Vec<Flaw>) -> String {
    /// What stands before `=` in a filter and is no factor.
    const RESERVED: &[&str] = &["condition", "seed"];
    let (name, span) = match (&site.raw.name, keys) {
        (Some(name), _) => (name.as_str(), &site.node("name").span),
        (None, [key]) => (key.rsplit('.').next().unwrap_or(key), &site.node("key").span),
        (None, _) => {
            let flaw = Flaw::new(site.header(), "linked keys need a `name`", "a name is missing");
            flaws.push(flaw.help("conditions are called after it: name = \"schedule\""));
            return String::new();
        }
    };
    let safe = label::safe_name(name);
    if safe.is_empty() {
        flaws.push(Flaw::new(span, "the name of a factor is empty", "no letter or digit"));
    }
    if RESERVED.contains(&safe.as_str()) {
        let message = format!("a factor cannot be called `{safe}`");
        let flaw = Flaw::new(span, message, "has a meaning of its own");
        flaws.push(flaw.help("`--only` uses the word; give the factor another `name`"));
    }
    safe
}
