//! Labels of levels and names of conditions: short, and fit for a file name.

use toml::Value;

/// `text` with every character outside `[A-Za-z0-9._=+-]` replaced, so that it can be (part of) a
/// file name; no dot or dash at the start. May be empty.
pub(crate) fn safe(text: &str) -> String {
    let mut out = String::new();
    for c in text.trim().chars() {
        if c.is_ascii_alphanumeric() || "._=+-".contains(c) {
            out.push(c);
        } else if !out.ends_with('-') {
            out.push('-');
        }
    }
    out.trim_start_matches(['.', '-']).to_owned()
}

/// As [`safe`], without the characters that join names in a condition.
pub(crate) fn safe_name(text: &str) -> String {
    safe(&text.replace(['=', '+'], "-"))
}

/// The label of a level that has none of its own; none if its values have no short form.
pub(crate) fn of_values(values: &[Value]) -> Option<String> {
    let parts: Vec<String> = values.iter().map(of_value).collect::<Option<_>>()?;
    Some(parts.join("_")).filter(|label| !label.is_empty())
}

/// Scalars as text, lists of scalars joined by `-`, `{ group = 4 }` as `group-4`,
/// `{ mlp = { .. } }` as `mlp`.
fn of_value(value: &Value) -> Option<String> {
    match value {
        Value::Array(items) => {
            let parts: Vec<String> = items.iter().map(scalar).collect::<Option<_>>()?;
            Some(parts.join("-")).filter(|label| !label.is_empty())
        }
        Value::Table(table) if table.len() == 1 => {
            let (key, value) = table.iter().next()?;
            let key = safe(key);
            Some(scalar(value).map_or(key.clone(), |value| format!("{key}-{value}")))
        }
        Value::Table(_) => None,
        Value::Boolean(_) | Value::Datetime(_) | Value::Float(_) | Value::Integer(_) => {
            scalar(value)
        }
        Value::String(_) => scalar(value),
    }
}

fn scalar(value: &Value) -> Option<String> {
    match value {
        Value::Array(_) | Value::Table(_) => None,
        Value::Boolean(v) => Some(v.to_string()),
        Value::Datetime(v) => Some(safe(&v.to_string())),
        Value::Float(v) => Some(number(*v)),
        Value::Integer(v) => Some(v.to_string()),
        Value::String(v) => Some(safe(v)).filter(|label| !label.is_empty()),
    }
}

/// `0.1`, `1`, `1e-5`: the same however the file spells it.
fn number(value: f64) -> String {
    const PLAIN: std::ops::Range<f64> = 1e-3..1e6;
    if value == 0.0 || PLAIN.contains(&value.abs()) {
        value.to_string()
    } else {
        format!("{value:e}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_have_short_labels() {
        let check = |text: &str, expected: Option<&str>| {
            let table: toml::Table = text.parse().unwrap();
            assert_eq!(of_value(&table["v"]).as_deref(), expected, "{text}");
        };
        check("v = 'batch'", Some("batch"));
        check("v = 'a b, /c'", Some("a-b-c"));
        check("v = '../x'", Some("x"));
        check("v = ''", None);
        check("v = true", Some("true"));
        check("v = 0.0", Some("0"));
        check("v = 1.0", Some("1"));
        check("v = 0.5", Some("0.5"));
        check("v = 0.001", Some("0.001"));
        check("v = 1e-5", Some("1e-5"));
        check("v = 0.00001", Some("1e-5"));
        check("v = 64", Some("64"));
        check("v = [64, 32]", Some("64-32"));
        check("v = []", None);
        check("v = { group = 4 }", Some("group-4"));
        check("v = { mlp = { widths = [] } }", Some("mlp"));
        check("v = { a = 1, b = 2 }", None);
    }

    #[test]
    fn linked_values_are_joined() {
        assert_eq!(of_values(&[0.1.into(), 64.into()]).unwrap(), "0.1_64");
    }
}
