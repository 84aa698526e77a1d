//! What was fixed before the first trial, against what the experiment says now.

use std::collections::BTreeMap;

use fireassay_spec::{Plan, Until};
use fireassay_tracking::{Registration, Stopping};
use serde_json::{Map, Value};

/// Keys whose change touches no claim: the design is told by its conditions, and tuning is a
/// statement about the past.
const HARMLESS: &[&str] = &["design", "tuning"];

/// Where a frozen design has hypotheses and checks, by name.
const HYPOTHESES: &str = "hypotheses";

/// How an experiment stands to its registration.
#[derive(Clone, Debug, PartialEq)]
pub struct Registered {
    /// Of the frozen design.
    pub hash: String,
    /// What was changed since, in key order.
    pub changes: Vec<Change>,
    /// Trials that were finished before anything was registered; normally 0.
    pub finished_before: u64,
    /// Until when seeds are added, by the design or by flag.
    pub until: Option<Until>,
    /// Seeds that the stopping rule added.
    pub added_seeds: Vec<u64>,
    /// Hashes of registrations whose trials were all thrown away.
    pub earlier: Vec<String>,
}

/// One edit after registration.
#[derive(Clone, Debug, PartialEq)]
pub struct Change {
    /// Dotted, for example `analysis.rope`.
    pub key: String,
    /// As registered; none if it was not there.
    pub was: Option<Value>,
    /// As the experiment says now; none if it is gone.
    pub is: Option<Value>,
    /// Which claims it makes exploratory.
    pub scope: Scope,
}

/// Which claims a change touches.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Scope {
    /// Every claim.
    All,
    /// Those that rest on this condition.
    Condition(String),
    /// This hypothesis; without a name, every hypothesis and nothing else.
    Hypothesis(Option<String>),
    /// None.
    Nothing,
}

impl Registered {
    /// `current` is what the experiment would register now.
    pub fn new(registration: &Registration, current: &Value) -> Self {
        let current = without_added(current, registration);
        let mut changes = changes(&registration.design, &current);
        changes.extend(registration.until.and_then(late));
        let designed = registration.design.pointer("/analysis/until");
        let designed = designed.and_then(|rule| serde_json::from_value(rule.clone()).ok());
        Self {
            hash: registration.hash.clone(),
            changes,
            until: designed.or(registration.until.map(|stopping| stopping.rule)),
            finished_before: registration.finished_before,
            added_seeds: registration.added_seeds.clone(),
            earlier: registration.earlier.clone(),
        }
    }

    /// The changed keys that touch what rests on any of these conditions.
    pub fn changed_keys(&self, conditions: &[&str]) -> Vec<String> {
        let any = |change: &&Change| conditions.iter().any(|condition| change.touches(condition));
        self.changes.iter().filter(any).map(|change| change.key.clone()).collect()
    }

    /// The changed keys that touch a hypothesis and no contrast.
    pub fn changed_keys_of(&self, hypothesis: &str) -> Vec<String> {
        let any = |change: &&Change| match &change.scope {
            Scope::Hypothesis(name) => name.as_ref().is_none_or(|name| name == hypothesis),
            Scope::All | Scope::Condition(_) | Scope::Nothing => false,
        };
        self.changes.iter().filter(any).map(|change| change.key.clone()).collect()
    }
}

impl Change {
    fn touches(&self, condition: &str) -> bool {
        match &self.scope {
            Scope::All => true,
            Scope::Condition(name) => name == condition,
            Scope::Hypothesis(_) | Scope::Nothing => false,
        }
    }
}

/// A stopping rule that was made when there was something to see is a change like any other.
fn late(stopping: Stopping) -> Option<Change> {
    (stopping.finished_before > 0).then(|| Change {
        key: "until".into(),
        was: None,
        is: serde_json::to_value(stopping.rule).ok(),
        scope: Scope::All,
    })
}

/// The design without the seeds that the stopping rule added: those are no edit.
fn without_added(current: &Value, registration: &Registration) -> Value {
    let mut current = current.clone();
    let declared = registration.design.get("seeds").and_then(Value::as_array);
    let added = |seed: &Value| {
        let known = declared.is_some_and(|seeds| seeds.contains(seed));
        !known && seed.as_u64().is_some_and(|seed| registration.added_seeds.contains(&seed))
    };
    if let Some(seeds) = current.get_mut("seeds").and_then(Value::as_array_mut) {
        seeds.retain(|seed| !added(seed));
    }
    current
}

/// What differs between two frozen designs, as [`fireassay_spec::Experiment::registered`] writes
/// them.
pub(crate) fn changes(was: &Value, is: &Value) -> Vec<Change> {
    let mut found = Vec::new();
    let (was, is) = (object(was), object(is));
    for key in keys(&was, &is) {
        if key == "conditions" || key == HYPOTHESES {
            continue;
        }
        let scope = if HARMLESS.contains(&key.as_str()) { Scope::Nothing } else { Scope::All };
        descend(&key, was.get(&key), is.get(&key), &scope, &mut found);
    }
    let base_changed = found.iter().any(|change| change.key.starts_with("reference"));
    found.extend(of_conditions(was.get("conditions"), is.get("conditions"), base_changed));
    of_hypotheses(was.get(HYPOTHESES), is.get(HYPOTHESES), &mut found);
    found.sort_by(|a, b| a.key.cmp(&b.key));
    found
}

/// Hypotheses and checks that came, went or say something else. One that is gone made the family
/// smaller, and a check stands before several.
fn of_hypotheses(was: Option<&Value>, is: Option<&Value>, found: &mut Vec<Change>) {
    let empty = Value::Null;
    let (was, is) = (object(was.unwrap_or(&empty)), object(is.unwrap_or(&empty)));
    for name in keys(&was, &is) {
        let (before, now) = (was.get(&name), is.get(&name));
        let is_check = [before, now].iter().flatten().any(|value| value.get("quantity").is_some());
        let all = is_check || now.is_none();
        let scope = Scope::Hypothesis((!all).then(|| name.clone()));
        descend(&format!("{HYPOTHESES}.{name}"), before, now, &scope, found);
    }
}

/// Conditions that came, went, or run something else. What follows from another base is told by
/// the base's own lines.
fn of_conditions(was: Option<&Value>, is: Option<&Value>, base_changed: bool) -> Vec<Change> {
    let empty = Value::Null;
    let (was, is) = (object(was.unwrap_or(&empty)), object(is.unwrap_or(&empty)));
    let renamed = renamed(&was, &is);
    let mut found = Vec::new();
    for name in keys(&was, &is) {
        if let Some(new) = renamed.get(&name) {
            found.push(Change {
                key: format!("conditions.{name}"),
                was: Some(Value::from(name)),
                is: Some(Value::from(new.clone())),
                scope: Scope::Nothing,
            });
            continue;
        }
        if renamed.values().any(|new| *new == name) {
            continue;
        }
        let (before, now) = (was.get(&name), is.get(&name));
        let both = before.is_some() && now.is_some();
        if before == now || (both && base_changed) {
            continue;
        }
        // A contrast that is gone made the family smaller, which is easier on all the others.
        let all = name == Plan::REFERENCE || now.is_none();
        let scope = if all { Scope::All } else { Scope::Condition(name.clone()) };
        let value = |value: Option<&Value>| value.cloned();
        found.push(Change {
            key: format!("conditions.{name}"),
            was: value(before),
            is: value(now),
            scope,
        });
    }
    found
}

/// Old and new names of conditions that run what they ran: another name is no other contrast. The
/// reference keeps its name.
fn renamed(
    was: &BTreeMap<String, Value>,
    is: &BTreeMap<String, Value>,
) -> BTreeMap<String, String> {
    let mut came: Vec<(&String, &Value)> =
        is.iter().filter(|(name, _)| !was.contains_key(*name)).collect();
    let mut renamed = BTreeMap::new();
    for (old, runs) in was.iter().filter(|(name, _)| !is.contains_key(*name)) {
        if let Some(at) = came.iter().position(|(_, now)| *now == runs) {
            renamed.insert(old.clone(), came.remove(at).0.clone());
        }
    }
    renamed
}

fn descend(
    key: &str,
    was: Option<&Value>,
    is: Option<&Value>,
    scope: &Scope,
    found: &mut Vec<Change>,
) {
    if was == is {
        return;
    }
    if let (Some(Value::Object(was)), Some(Value::Object(is))) = (was, is) {
        let (was, is) = (ordered(was), ordered(is));
        for inner in keys(&was, &is) {
            let path = format!("{key}.{inner}");
            descend(&path, was.get(&inner), is.get(&inner), scope, found);
        }
        return;
    }
    let (was, is) = (was.cloned(), is.cloned());
    found.push(Change { key: key.into(), was, is, scope: scope.clone() });
}

fn object(value: &Value) -> BTreeMap<String, Value> {
    value.as_object().map(ordered).unwrap_or_default()
}

fn ordered(map: &Map<String, Value>) -> BTreeMap<String, Value> {
    map.iter().map(|(key, value)| (key.clone(), value.clone())).collect()
}

fn keys(was: &BTreeMap<String, Value>, is: &BTreeMap<String, Value>) -> Vec<String> {
    let mut keys: Vec<String> = was.keys().chain(is.keys()).cloned().collect();
    keys.sort();
    keys.dedup();
    keys
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn registered() -> Value {
        json!({
            "claim": "confirmatory",
            "design": "one-factor-at-a-time",
            "seeds": [0, 1, 2],
            "analysis": { "alpha": 0.05, "rope": 0.005 },
            "reference": { "optim": { "lr": 0.1 } },
            "conditions": { "reference": "aa", "dropout=0.5": "bb", "dropout=0.8": "cc" },
        })
    }

    fn check(edit: impl FnOnce(&mut Value), expected: &[(&str, Scope)]) {
        let mut now = registered();
        edit(&mut now);
        let found = changes(&registered(), &now);
        let found: Vec<(&str, Scope)> =
            found.iter().map(|change| (change.key.as_str(), change.scope.clone())).collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn an_edit_touches_what_it_concerns() {
        let only = |name: &str| Scope::Condition(name.into());
        check(|_| {}, &[]);
        check(|v| v["analysis"]["rope"] = json!(0.01), &[("analysis.rope", Scope::All)]);
        check(|v| v["seeds"] = json!([0, 1, 2, 3]), &[("seeds", Scope::All)]);
        check(|v| v["tuning"] = json!({ "reference": 3 }), &[("tuning", Scope::Nothing)]);
        check(
            |v| v["conditions"]["dropout=0.5"] = json!("dd"),
            &[("conditions.dropout=0.5", only("dropout=0.5"))],
        );
        check(
            |v| v["conditions"]["dropout=0.9"] = json!("ee"),
            &[("conditions.dropout=0.9", only("dropout=0.9"))],
        );
    }

    #[test]
    fn a_dropped_contrast_touches_all_for_the_family_shrinks() {
        check(
            |v| drop(v["conditions"].as_object_mut().unwrap().remove("dropout=0.8")),
            &[("conditions.dropout=0.8", Scope::All)],
        );
    }

    #[test]
    fn another_name_for_the_same_condition_touches_nothing() {
        let rename = |v: &mut Value, to: &str| {
            v["conditions"].as_object_mut().unwrap().remove("dropout=0.8");
            v["conditions"][to] = json!("cc");
        };
        check(|v| rename(v, "strong"), &[("conditions.dropout=0.8", Scope::Nothing)]);
        let mut now = registered();
        rename(&mut now, "strong");
        let change = changes(&registered(), &now).remove(0);
        assert_eq!((change.was, change.is), (Some(json!("dropout=0.8")), Some(json!("strong"))));
        // Under a name that is taken it would replace another contrast.
        let all = ("conditions.dropout=0.8", Scope::All);
        let other = ("conditions.dropout=0.5", Scope::Condition("dropout=0.5".into()));
        check(|v| rename(v, "dropout=0.5"), &[other, all]);
    }

    #[test]
    fn another_base_is_told_once() {
        check(
            |v| {
                v["reference"]["optim"]["lr"] = json!(0.2);
                for name in ["reference", "dropout=0.5", "dropout=0.8"] {
                    v["conditions"][name] = json!(format!("new {name}"));
                }
            },
            &[("reference.optim.lr", Scope::All)],
        );
    }

    #[test]
    fn what_holds_depends_on_the_condition() {
        let mut now = registered();
        now["conditions"]["dropout=0.5"] = json!("dd");
        let registered = Registered {
            hash: "h".into(),
            changes: changes(&registered(), &now),
            finished_before: 0,
            until: None,
            added_seeds: Vec::new(),
            earlier: Vec::new(),
        };
        assert_eq!(registered.changed_keys(&["dropout=0.5"]), ["conditions.dropout=0.5"]);
        assert!(registered.changed_keys(&["dropout=0.8", "reference"]).is_empty());
        let several = registered.changed_keys(&["dropout=0.8", "dropout=0.5", "reference"]);
        assert_eq!(several, ["conditions.dropout=0.5"]);
    }
}
