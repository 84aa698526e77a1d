//! `Differences`: in which recorded facts paired trials differ, besides their results.

use std::collections::{BTreeMap, BTreeSet};

use fireassay_tracking::{Provenance, RunRecord};
use serde_json::Value;

use crate::compare::matching::{Couple, Matched, Run};
use crate::compare::values::{changed_values, inline};

/// What there is to differ in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Group {
    /// What is trained, and how.
    Spec,
    /// What it is trained on.
    Data,
    /// The program that trains.
    Code,
    /// Where it runs.
    Environment,
}

/// One fact in which at least one pair differs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// What the fact belongs to.
    pub group: Group,
    /// Its name; of a spec, a dotted key.
    pub key: String,
    /// In A; none if A has no such fact.
    pub a: Option<String>,
    /// In B; none if B has no such fact.
    pub b: Option<String>,
    /// The conditions in which it differs so, if not in all that are compared.
    pub conditions: Option<Vec<String>>,
}

/// All of them, by group.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Differences {
    /// Groups in order; keys of a spec sorted, others in an order of their own.
    pub changes: Vec<Change>,
    /// Pairs that are looked at.
    pub pairs: usize,
    /// Those of them that recorded neither code nor environment, on either side.
    pub unrecorded: usize,
}

impl Group {
    /// All, in the order in which they are shown.
    pub const ALL: [Self; 4] = [Self::Spec, Self::Data, Self::Code, Self::Environment];

    /// One word.
    pub fn word(self) -> &'static str {
        match self {
            Self::Spec => "spec",
            Self::Data => "data",
            Self::Code => "code",
            Self::Environment => "environment",
        }
    }

    /// Whether it is part of what a trial is, and not only noted beside it.
    pub(super) fn is_identity(self) -> bool {
        match self {
            Self::Spec | Self::Data => true,
            Self::Code | Self::Environment => false,
        }
    }
}

impl Differences {
    pub(super) fn of(conditions: &[Matched<'_>]) -> Self {
        let mut found: BTreeMap<Fact, BTreeSet<usize>> = BTreeMap::new();
        for (i, condition) in conditions.iter().enumerate() {
            for fact in condition.pairs.iter().flat_map(facts_that_differ) {
                found.entry(fact).or_default().insert(i);
            }
        }
        let named = |set: BTreeSet<usize>| -> Option<Vec<String>> {
            let names = || set.iter().map(|&i| conditions[i].name.clone()).collect();
            (set.len() < conditions.len()).then(names)
        };
        let change = |(fact, set): (Fact, BTreeSet<usize>)| Change {
            group: fact.group,
            key: fact.key,
            a: fact.a,
            b: fact.b,
            conditions: named(set),
        };
        let pairs = || conditions.iter().flat_map(|condition| &condition.pairs);
        Self {
            changes: found.into_iter().map(change).collect(),
            pairs: pairs().count(),
            unrecorded: pairs().filter(|couple| couple.is_unrecorded()).count(),
        }
    }

    /// Of pairs of runs, by the condition of the first.
    pub(crate) fn between(pairs: &[(&RunRecord, &RunRecord)]) -> Self {
        let mut conditions: BTreeMap<&str, Vec<Couple<'_>>> = BTreeMap::new();
        for (a, b) in pairs {
            let couple = Couple { a: Run::known(a), b: Run::known(b) };
            conditions.entry(&a.trial.condition).or_default().push(couple);
        }
        let matched = conditions.into_iter().map(|(name, pairs)| Matched {
            name: name.to_owned(),
            pairs,
            only_a: Vec::new(),
            only_b: Vec::new(),
        });
        Self::of(&matched.collect::<Vec<_>>())
    }

    /// The changes of one group.
    pub fn group(&self, group: Group) -> impl Iterator<Item = &Change> {
        self.changes.iter().filter(move |change| change.group == group)
    }

    /// Groups whose changes can move a result. Threads cannot; a revision can only through another
    /// binary; Burn is part of the binary; and so is the backend, which alone makes another one.
    pub fn moving(&self) -> Vec<Group> {
        let has = |group: Group, key: &str| self.group(group).any(|change| change.key == key);
        let backend = has(Group::Environment, BACKEND);
        let source = self.group(Group::Code).any(|change| change.key != BINARY);
        let environment = self
            .group(Group::Environment)
            .any(|change| change.key != THREADS && change.key != BURN);
        let moves = |group: &Group| match group {
            Group::Spec | Group::Data => self.group(*group).next().is_some(),
            Group::Code => {
                has(Group::Code, EARLIER) || has(Group::Code, BINARY) && (source || !backend)
            }
            Group::Environment => environment,
        };
        Group::ALL.into_iter().filter(moves).collect()
    }
}

pub(super) const SEED: &str = "seed";
const BINARY: &str = "binary";
const EARLIER: &str = "begun by binary";
const BACKEND: &str = "backend";
const BURN: &str = "burn";
const THREADS: &str = "threads";

/// Ordered as it is shown.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Fact {
    group: Group,
    rank: usize,
    key: String,
    a: Option<String>,
    b: Option<String>,
}

fn facts_that_differ(couple: &Couple<'_>) -> Vec<Fact> {
    let Some((a, b)) = couple.a.record.zip(couple.b.record) else { return Vec::new() };
    let mut facts = spec(a, b);
    let mut plain = vec![(Group::Data, "dataset hash", data(a), data(b))];
    if a.provenance != b.provenance {
        let (ours, theirs) = (provenance(a.provenance.as_ref()), provenance(b.provenance.as_ref()));
        let both = ours.into_iter().zip(theirs);
        plain.extend(both.map(|((group, key, x), (_, _, y))| (group, key, x, y)));
    }
    let differing = plain.into_iter().enumerate().filter(|(_, (_, _, x, y))| x != y);
    facts.extend(differing.map(|(rank, (group, key, a, b))| Fact {
        group,
        rank,
        key: key.into(),
        a,
        b,
    }));
    facts
}

fn spec(a: &RunRecord, b: &RunRecord) -> Vec<Fact> {
    let fact = |key: String, a, b| Fact { group: Group::Spec, rank: 0, key, a, b };
    let mut facts = Vec::new();
    if a.trial.seed != b.trial.seed {
        let seed = |record: &RunRecord| Some(record.trial.seed.to_string());
        facts.push(fact(SEED.into(), seed(a), seed(b)));
    }
    if a.trial.spec != b.trial.spec {
        // Specs are plain data: they always have a JSON form.
        let value = |record: &RunRecord| serde_json::to_value(&record.trial.spec);
        let (a, b) = (value(a).unwrap_or(Value::Null), value(b).unwrap_or(Value::Null));
        let text = |value: Option<&Value>| value.map(inline);
        let changed = changed_values(&a, &b).into_iter();
        facts.extend(changed.map(|(key, x, y)| fact(key, text(x), text(y))));
    }
    facts
}

fn data(record: &RunRecord) -> Option<String> {
    Some(record.trial.dataset_hash.clone())
}

/// The same keys in the same order for every record.
fn provenance(of: Option<&Provenance>) -> Vec<(Group, &'static str, Option<String>)> {
    let fact = |group, key, get: fn(&Provenance) -> Option<String>| (group, key, of.and_then(get));
    let changes = |p: &Provenance| Some(if p.code.git_dirty { "yes" } else { "no" }.to_owned());
    vec![
        fact(Group::Code, "revision", |p| p.code.git_revision.clone()),
        fact(Group::Code, "uncommitted changes", changes),
        fact(Group::Code, "Cargo.lock", |p| Some(p.code.lockfile_hash.clone())),
        fact(Group::Code, "toolchain", |p| Some(p.code.toolchain.clone())),
        fact(Group::Code, BINARY, |p| Some(p.binary_hash.clone())),
        fact(Group::Code, EARLIER, earlier),
        fact(Group::Environment, BACKEND, |p| Some(p.backend.clone())),
        fact(Group::Environment, BURN, |p| Some(p.burn.clone())),
        fact(Group::Environment, "instructions", |p| p.instructions.clone()),
        fact(Group::Environment, THREADS, |p| Some(p.threads.to_string())),
        fact(Group::Environment, "processor", |p| Some(p.cpu.clone())),
        fact(Group::Environment, "platform", |p| Some(p.platform.clone())),
    ]
}

/// The programs that a trial was begun with; none for nearly all trials.
fn earlier(provenance: &Provenance) -> Option<String> {
    let hashes: Vec<&str> =
        provenance.earlier.iter().map(|build| build.binary_hash.as_str()).collect();
    (!hashes.is_empty()).then(|| hashes.join(", "))
}
