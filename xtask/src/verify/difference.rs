//! `compare`: what two run directories of one trial came to, file by file and bit by bit.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use fireassay_tracking::{Event, RunDir, read_scalars};
use serde_json::Value;

use super::weights;
use crate::ui::{Answer, Exit, OrRefuse, Refusal, plural};

/// The selected weights, beside the checkpoints.
const SELECTED: &str = "selected.safetensors";
/// What ends an event in its line.
const SEAL: &str = ",\"seal\":\"";

/// Where two runs differ first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Difference {
    /// A key, a step, or a tensor with an index.
    pub(crate) place: String,
    /// What the undisturbed run has there.
    pub(crate) undisturbed: String,
    /// What the killed run has there.
    pub(crate) killed: String,
}

/// One kind of result.
#[derive(Debug)]
pub(crate) struct Part {
    pub(crate) name: String,
    /// How much was compared.
    pub(crate) size: String,
    /// None if all bits are the same.
    pub(crate) difference: Option<Difference>,
}

/// Compares everything that has to be the same.
pub(crate) fn compare(undisturbed: &RunDir, killed: &RunDir) -> Answer<Vec<Part>> {
    let both = |file: &str| -> Answer<(Vec<u8>, Vec<u8>)> {
        Ok((read(&undisturbed.path().join(file))?, read(&killed.path().join(file))?))
    };
    let (a, b) = both("summary.json")?;
    let summary = Part {
        name: "summary.json".to_owned(),
        size: plural(leaves(&parsed(&a)).len(), "value"),
        difference: in_json(&a, &b),
    };
    let (a, b) = both("events.jsonl")?;
    let events = Part {
        name: "events.jsonl".to_owned(),
        size: plural(a.split_inclusive(|byte| *byte == b'\n').count(), "event"),
        difference: in_lines(&a, &b),
    };
    let mut parts = vec![summary, events];
    for file in shared_weights(undisturbed, killed) {
        let path = |run: &RunDir| run.checkpoints().join(&file);
        parts.push(in_weights(&file, &path(undisturbed), &path(killed))?);
    }
    parts.push(in_curves(&undisturbed.tb(), &killed.tb())?);
    Ok(parts)
}

fn read(path: &Path) -> Answer<Vec<u8>> {
    fs::read(path).map_err(|error| {
        Refusal::new(Exit::Usage, format!("cannot read `{}`: {error}", path.display()), "")
    })
}

/// The selected weights, and checkpoints of one step that both have kept.
fn shared_weights(undisturbed: &RunDir, killed: &RunDir) -> BTreeSet<String> {
    let mut shared = &checkpoint_files(undisturbed) & &checkpoint_files(killed);
    shared.retain(|name| name.ends_with(".safetensors"));
    shared.insert(SELECTED.to_owned());
    shared
}

/// Files that only the killed run has kept beside its weights: they cost disk and nothing else.
pub(crate) fn left_over(undisturbed: &RunDir, killed: &RunDir) -> BTreeSet<String> {
    &checkpoint_files(killed) - &checkpoint_files(undisturbed)
}

fn checkpoint_files(run: &RunDir) -> BTreeSet<String> {
    let entries = fs::read_dir(run.checkpoints()).into_iter().flatten().flatten();
    entries.filter_map(|entry| entry.file_name().into_string().ok()).collect()
}

fn in_weights(file: &str, undisturbed: &Path, killed: &Path) -> Answer<Part> {
    let (a, b) = (read(undisturbed)?, read(killed)?);
    let size = weights::size((undisturbed, &a)).or_refuse(Exit::Usage)?;
    let values = plural(size.values, "value");
    Ok(Part {
        name: file.to_owned(),
        size: format!("{}, {values}", plural(size.tensors, "tensor")),
        difference: weights::first_difference((undisturbed, &a), (killed, &b))
            .or_refuse(Exit::Usage)?,
    })
}

fn in_curves(undisturbed: &Path, killed: &Path) -> Answer<Part> {
    let (a, b) = (
        read_scalars(undisturbed).or_refuse(Exit::Usage)?,
        read_scalars(killed).or_refuse(Exit::Usage)?,
    );
    Ok(Part {
        name: "TensorBoard".to_owned(),
        size: plural(a.len(), "scalar"),
        difference: in_scalars(&a, &b),
    })
}

/// The scalar of the earliest step that differs.
fn in_scalars(
    undisturbed: &BTreeMap<(String, i64), f32>,
    killed: &BTreeMap<(String, i64), f32>,
) -> Option<Difference> {
    let bits = |points: &BTreeMap<(String, i64), f32>, key| points.get(key).map(|v| v.to_bits());
    let keys = undisturbed.keys().chain(killed.keys());
    let differing = keys.filter(|key| bits(undisturbed, key) != bits(killed, key));
    let key = differing.min_by_key(|(tag, step)| (*step, tag))?;
    let show = |points: &BTreeMap<(String, i64), f32>| {
        points.get(key).map_or_else(missing, |value| weights::exact(*value))
    };
    let (tag, step) = key;
    Some(Difference {
        place: format!("{tag} at step {step}"),
        undisturbed: show(undisturbed),
        killed: show(killed),
    })
}

/// The first line that differs, by its step.
fn in_lines(undisturbed: &[u8], killed: &[u8]) -> Option<Difference> {
    let (mut a, mut b) = (lines(undisturbed), lines(killed));
    let mut number = 0;
    loop {
        number += 1;
        let (a, b) = match (a.next(), b.next()) {
            (None, None) => return None,
            (a, b) if a == b => continue,
            differing => differing,
        };
        let events = [a, b].map(|line| line.and_then(event_in));
        let step = events.iter().flatten().map(Event::step).next();
        let step = step.map_or_else(String::new, |step| format!("step {step}, "));
        if let [Some(Event::State { tensors: a, .. }), Some(Event::State { tensors: b, .. })] =
            &events
            && let Some((tensor, [undisturbed, killed])) = first_tensor(a, b)
        {
            let place = format!("{step}state of {tensor}");
            return Some(Difference { place, undisturbed, killed });
        }
        let place = format!("{step}line {number}");
        return Some(Difference { place, undisturbed: shown(a), killed: shown(b) });
    }
}

/// Lines with their ends: a last one without an end is another line.
fn lines(bytes: &[u8]) -> impl Iterator<Item = &[u8]> {
    bytes.split_inclusive(|byte| *byte == b'\n')
}

/// The line without its seal, which follows from the rest and from the lines before.
fn shown(line: Option<&[u8]>) -> String {
    let Some(line) = line else { return missing() };
    let text = String::from_utf8_lossy(line);
    match text.rsplit_once(SEAL) {
        Some((event, _)) => format!("{event}}}"),
        None => text.trim_end().to_owned(),
    }
}

fn event_in(line: &[u8]) -> Option<Event> {
    serde_json::from_str(&shown(Some(line))).ok()
}

/// The first tensor whose digests differ, in the order of paths, and both digests.
fn first_tensor(
    a: &BTreeMap<String, String>,
    b: &BTreeMap<String, String>,
) -> Option<(String, [String; 2])> {
    let tensor = a.keys().chain(b.keys()).filter(|name| a.get(*name) != b.get(*name)).min()?;
    let digest = |of: &BTreeMap<String, String>| of.get(tensor).cloned().unwrap_or_else(missing);
    Some((tensor.clone(), [digest(a), digest(b)]))
}

/// The first value that differs, in the order of keys.
fn in_json(undisturbed: &[u8], killed: &[u8]) -> Option<Difference> {
    if undisturbed == killed {
        return None;
    }
    let (a, b) = (leaves(&parsed(undisturbed)), leaves(&parsed(killed)));
    let keys: BTreeSet<&String> = a.keys().chain(b.keys()).collect();
    // Seals follow from the rest.
    let differing = keys.into_iter().filter(|key| a.get(*key) != b.get(*key));
    let Some(key) = differing.min_by_key(|key| key.ends_with("/seal")) else {
        let bytes = |bytes: &[u8]| format!("{} bytes", bytes.len());
        let place = "spaces or order".to_owned();
        return Some(Difference { place, undisturbed: bytes(undisturbed), killed: bytes(killed) });
    };
    let show =
        |leaves: &BTreeMap<String, String>| leaves.get(key).map_or_else(missing, Clone::clone);
    Some(Difference { place: key.clone(), undisturbed: show(&a), killed: show(&b) })
}

fn parsed(bytes: &[u8]) -> Value {
    serde_json::from_slice(bytes).unwrap_or_default()
}

/// JSON pointer to text of every value that holds no others.
fn leaves(value: &Value) -> BTreeMap<String, String> {
    let nested: Vec<(String, &Value)> = match value {
        Value::Object(map) => map.iter().map(|(key, value)| (key.clone(), value)).collect(),
        Value::Array(list) => {
            list.iter().enumerate().map(|(index, value)| (index.to_string(), value)).collect()
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => Vec::new(),
    };
    if nested.is_empty() {
        return BTreeMap::from([(String::new(), value.to_string())]);
    }
    let below = |(key, value): (String, &Value)| {
        leaves(value).into_iter().map(move |(rest, text)| (format!("/{key}{rest}"), text))
    };
    nested.into_iter().flat_map(below).collect()
}

fn missing() -> String {
    "missing".to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(found: Option<&Difference>) -> Option<[&str; 3]> {
        found.map(|found| [&*found.place, &*found.undisturbed, &*found.killed])
    }

    #[test]
    fn the_first_differing_event_is_named_by_step_and_line() {
        let event = |step: u64, loss: &str| {
            format!("{{\"train\":{{\"step\":{step},\"loss\":{loss},\"lr\":0.1}}}}\n")
        };
        let whole = event(10, "1.5") + &event(20, "1.25");
        let check = |killed: &str, expected: Option<[&str; 3]>| {
            let found = in_lines(whole.as_bytes(), killed.as_bytes());
            assert_eq!(parts(found.as_ref()), expected, "{killed}");
        };
        check(&whole, None);
        let (second, other) = (event(20, "1.25"), event(20, "1.2500000000000002"));
        let (second, other) = (second.trim_end(), other.trim_end());
        check(&(event(10, "1.5") + other + "\n"), Some(["step 20, line 2", second, other]));
        check(&event(10, "1.5"), Some(["step 20, line 2", second, "missing"]));
        let third = event(30, "1");
        let third_line = third.trim_end();
        check(&(whole.clone() + &third), Some(["step 30, line 3", "missing", third_line]));
        check(whole.trim_end(), Some(["step 20, line 2", second, second]));
        check("{}\n", Some(["step 10, line 1", event(10, "1.5").trim_end(), "{}"]));
    }

    #[test]
    fn a_seal_is_not_shown_and_a_state_differs_in_its_first_tensor() {
        let line = |event: &str, seal: &str| format!("{event},\"seal\":\"{seal}\"}}\n");
        let train = |loss: &str| format!("{{\"train\":{{\"step\":5,\"loss\":{loss},\"lr\":1}}");
        let (a, b) = (line(&train("1.0"), "a1"), line(&train("2.0"), "b1"));
        let found = in_lines(a.as_bytes(), b.as_bytes());
        let shown = [train("1.0") + "}", train("2.0") + "}"];
        assert_eq!(parts(found.as_ref()), Some(["step 5, line 1", &shown[0], &shown[1]]));

        let state = |weight: &str, last: &str| {
            let tensors = format!(r#"{{"a":"0a","b":"{weight}"{last}}}"#);
            line(&format!(r#"{{"state":{{"step":5,"tensors":{tensors}}}"#), weight)
        };
        let check = |other: String, expected: [&str; 3]| {
            let found = in_lines(state("0b", "").as_bytes(), other.as_bytes());
            assert_eq!(parts(found.as_ref()), Some(expected));
        };
        check(state("0c", r#","c":"0d""#), ["step 5, state of b", "0b", "0c"]);
        check(state("0b", r#","c":"0d""#), ["step 5, state of c", "missing", "0d"]);
    }

    #[test]
    fn a_summary_differs_in_a_value_before_its_seal() {
        let a = br#"{"metrics":{"test.loss":0.1},"confusion":[[1,0]],"seal":"a"}"#;
        let check = |b: &str, expected: Option<[&str; 3]>| {
            let found = in_json(a, b.as_bytes());
            assert_eq!(parts(found.as_ref()), expected, "{b}");
        };
        check(std::str::from_utf8(a).unwrap(), None);
        check(
            r#"{"metrics":{"test.loss":0.2},"confusion":[[1,0]],"seal":"b"}"#,
            Some(["/metrics/test.loss", "0.1", "0.2"]),
        );
        check(
            r#"{"metrics":{"test.loss":0.1},"confusion":[[1,3]],"seal":"b"}"#,
            Some(["/confusion/0/1", "0", "3"]),
        );
        check(
            r#"{"metrics":{"test.loss":0.1},"confusion":[[1,0]],"seal":"b"}"#,
            Some(["/seal", "\"a\"", "\"b\""]),
        );
        check(
            r#"{"metrics":{"test.loss":0.1},"confusion":[[1,0]]}"#,
            Some(["/seal", "\"a\"", "missing"]),
        );
        check(
            r#"{ "metrics":{"test.loss":0.1},"confusion":[[1,0]],"seal":"a"}"#,
            Some(["spaces or order", "60 bytes", "61 bytes"]),
        );
    }

    #[test]
    fn the_scalar_of_the_earliest_step_is_named() {
        let points = |list: &[(&str, i64, f32)]| -> BTreeMap<(String, i64), f32> {
            list.iter().map(|(tag, step, value)| (((*tag).to_owned(), *step), *value)).collect()
        };
        let a = points(&[("a", 1, 0.5), ("a", 9, 0.5), ("b", 5, f32::NAN)]);
        assert_eq!(in_scalars(&a, &a.clone()), None);
        let b = points(&[("a", 1, 0.5), ("a", 9, 0.25), ("b", 5, 0.5)]);
        let found = in_scalars(&a, &b);
        assert_eq!(parts(found.as_ref()), Some(["b at step 5", "NaN (0x7fc00000)", "0.5"]));
        let b = points(&[("a", 1, 0.5), ("b", 5, f32::NAN)]);
        let found = in_scalars(&a, &b);
        assert_eq!(parts(found.as_ref()), Some(["a at step 9", "0.5", "missing"]));
    }
}
