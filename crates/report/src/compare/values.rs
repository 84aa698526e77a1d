//! Differences of two JSON values by dotted key, and values as TOML would write them.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

/// A dotted key with the value of either side; none where a side has no such key.
pub(super) type Changed<'v> = (String, Option<&'v Value>, Option<&'v Value>);

/// Where two objects differ, by sorted key. Two objects without a common key are two choices of
/// one thing (`{ group = 2 }`, `{ layer = 1 }`) and differ as a whole.
pub(super) fn changed_values<'v>(a: &'v Value, b: &'v Value) -> Vec<Changed<'v>> {
    let mut found = Vec::new();
    descend("", Some(a), Some(b), &mut found);
    found
}

fn descend<'v>(
    key: &str,
    a: Option<&'v Value>,
    b: Option<&'v Value>,
    found: &mut Vec<Changed<'v>>,
) {
    if a == b {
        return;
    }
    let inside = a.and_then(Value::as_object).zip(b.and_then(Value::as_object));
    let Some((ours, theirs)) = inside.filter(|(a, b)| a.keys().any(|key| b.contains_key(key)))
    else {
        found.push((key.to_owned(), a, b));
        return;
    };
    let keys: BTreeSet<&String> = ours.keys().chain(theirs.keys()).collect();
    for name in keys {
        let below = if key.is_empty() { name.clone() } else { format!("{key}.{name}") };
        descend(&below, ours.get(name), theirs.get(name), found);
    }
}

/// `0.1`, `"batch"`, `[8, 16]`, `{ group = 4 }`; keys sorted.
pub(super) fn inline(value: &Value) -> String {
    match value {
        Value::Null => "nothing".into(),
        Value::Bool(_) | Value::Number(_) | Value::String(_) => value.to_string(),
        Value::Array(items) => {
            format!("[{}]", items.iter().map(inline).collect::<Vec<_>>().join(", "))
        }
        Value::Object(map) => format!("{{ {} }}", entries(map).join(", ")),
    }
}

fn entries(map: &Map<String, Value>) -> Vec<String> {
    let mut entries: Vec<String> =
        map.iter().map(|(key, value)| format!("{key} = {}", inline(value))).collect();
    entries.sort();
    entries
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn keys_are_dotted_and_choices_stay_whole() {
        let check = |a: Value, b: Value, expected: &[(&str, &str, &str)]| {
            let text = |value: Option<&Value>| value.map_or("-".into(), inline);
            let found: Vec<_> = changed_values(&a, &b)
                .into_iter()
                .map(|(key, x, y)| (key, text(x), text(y)))
                .collect();
            let expected: Vec<_> = expected
                .iter()
                .map(|(key, x, y)| ((*key).to_owned(), (*x).to_owned(), (*y).to_owned()))
                .collect();
            assert_eq!(found, expected);
        };
        check(json!({ "a": 1 }), json!({ "a": 1 }), &[]);
        check(
            json!({ "optim": { "lr": 0.1, "clip": "off" }, "z": [1, 2] }),
            json!({ "optim": { "lr": 0.2, "clip": "off" }, "z": [1] }),
            &[("optim.lr", "0.1", "0.2"), ("z", "[1, 2]", "[1]")],
        );
        check(
            json!({ "norm": "batch", "p": 0.0 }),
            json!({ "norm": { "group": 4 } }),
            &[("norm", "\"batch\"", "{ group = 4 }"), ("p", "0.0", "-")],
        );
        check(
            json!({ "model": { "mlp": { "b": 1, "a": true } }, "x": 0 }),
            json!({ "model": { "cnn": { "k": 3 } }, "x": 0 }),
            &[("model", "{ mlp = { a = true, b = 1 } }", "{ cnn = { k = 3 } }")],
        );
    }
}
