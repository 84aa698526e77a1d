//! `Side`: the runs of one of the two things that are compared, each at its place.

use std::collections::{BTreeMap, BTreeSet};

use fireassay_spec::{Plan, TrialId};
use fireassay_tracking::RunRecord;

use crate::compare::SideFacts;
use crate::compare::sentence::seeds;
use crate::number::listed;

/// What each side is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// One run directory.
    Run,
    /// The runs of one condition.
    Condition,
    /// The runs of one experiment.
    Store,
}

/// The runs of one side by condition and seed.
#[derive(Clone, Debug)]
pub struct Side<'a> {
    /// As a person would type it.
    pub label: String,
    /// The folder that holds its run directories, as a person would type it.
    pub folder: String,
    /// The command that runs what is missing on this side; empty where there is none.
    pub command: String,
    /// What it is.
    pub scope: Scope,
    /// What could not be used, for people.
    pub problems: Vec<String>,
    /// In the order of the plan; of conditions without one, the reference first, then by name.
    pub(super) conditions: Vec<(String, BTreeMap<u64, Place<'a>>)>,
}

/// The run of a condition at a seed; none if there are several and nothing says which counts.
pub(super) type Place<'a> = Option<&'a RunRecord>;

impl<'a> Side<'a> {
    /// A folder of runs. With a plan, a run is known by its trial's id, whatever its condition was
    /// called when it was made; where several runs claim a seed, that of the plan counts.
    pub fn store(label: &str, records: &'a [RunRecord], plan: Option<&Plan>) -> Self {
        let mut side = Self::empty(label, Scope::Store);
        let mut records: Vec<&RunRecord> = records.iter().collect();
        records.sort_by_key(|record| (&record.trial.condition, record.trial.seed, &record.path));
        let mut places: BTreeMap<(String, u64), Vec<&RunRecord>> = BTreeMap::new();
        let mut planned = Vec::new();
        if let Some(plan) = plan {
            planned = plan.conditions.iter().map(|condition| condition.name.clone()).collect();
            places = of_plan(plan, &mut records);
        }
        // A run that is not of the plan stands where it says, unless one of the plan stands there.
        let taken = places.clone();
        for record in records {
            let place = (record.trial.condition.clone(), record.trial.seed);
            if !taken.contains_key(&place) {
                places.entry(place).or_default().push(record);
            }
        }
        let mut conditions: BTreeMap<String, BTreeMap<u64, Place<'_>>> = BTreeMap::new();
        for ((condition, seed), found) in places {
            let place = match found.as_slice() {
                [only] => Some(*only),
                several => {
                    side.problems.push(ambiguous(&condition, seed, several));
                    None
                }
            };
            conditions.entry(condition).or_default().insert(seed, place);
        }
        let rank = |name: &str| {
            let planned_at = planned.iter().position(|known| known == name);
            (planned_at.unwrap_or(planned.len()), name != Plan::REFERENCE)
        };
        side.conditions = conditions.into_iter().collect();
        side.conditions.sort_by_key(|(name, _)| rank(name)); // stable: then by name
        side
    }

    /// One run directory.
    pub fn run(label: &str, record: &'a RunRecord) -> Self {
        let place = BTreeMap::from([(record.trial.seed, Some(record))]);
        let conditions = vec![(record.trial.condition.clone(), place)];
        Self { conditions, ..Self::empty(label, Scope::Run) }
    }

    /// One condition of this store; none if it has no run of that name.
    pub fn condition(&self, name: &str, label: &str) -> Option<Self> {
        let found = self.conditions.iter().find(|(known, _)| known == name)?;
        Some(Self {
            conditions: vec![found.clone()],
            label: label.into(),
            scope: Scope::Condition,
            ..self.clone()
        })
    }

    /// Names of the conditions that have runs.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.conditions.iter().map(|(name, _)| name.as_str())
    }

    /// Conditions with their seeds, for people who wonder why nothing could be paired.
    pub fn outline(&self) -> String {
        const SHOWN: usize = 4;
        let one = |(name, places): &(String, BTreeMap<u64, Place<'_>>)| {
            let all: Vec<u64> = places.keys().copied().collect();
            format!("{name} ({})", seeds(&all))
        };
        let mut parts: Vec<String> = self.conditions.iter().take(SHOWN).map(one).collect();
        if self.conditions.len() > SHOWN {
            parts.push(format!("{} more", self.conditions.len() - SHOWN));
        }
        listed(&parts)
    }

    /// What a comparison says about the side.
    pub(super) fn facts(&self) -> SideFacts {
        let places = self.conditions.iter().flat_map(|(_, places)| places.values());
        SideFacts {
            label: self.label.clone(),
            folder: self.folder.clone(),
            command: self.command.clone(),
            runs: places.count(),
            condition: match (self.scope, self.conditions.as_slice()) {
                (Scope::Run | Scope::Condition, [(name, _)]) => Some(name.clone()),
                (Scope::Run | Scope::Condition | Scope::Store, _) => None,
            },
        }
    }

    fn empty(label: &str, scope: Scope) -> Self {
        Self {
            label: label.into(),
            folder: label.into(),
            command: String::new(),
            scope,
            problems: Vec::new(),
            conditions: Vec::new(),
        }
    }
}

/// Takes the runs of the plan out of `records`, and puts each where the plan has it. A deliberate
/// duplicate is one trial in several conditions: it has its own runs, or shares those there are.
fn of_plan<'a>(
    plan: &Plan,
    records: &mut Vec<&'a RunRecord>,
) -> BTreeMap<(String, u64), Vec<&'a RunRecord>> {
    let mut by_id: BTreeMap<&TrialId, Vec<&'a RunRecord>> = BTreeMap::new();
    for record in records.iter() {
        by_id.entry(&record.trial.id).or_default().push(record);
    }
    let mut places = BTreeMap::new();
    for trial in &plan.trials {
        let Some(found) = by_id.get(&trial.id) else { continue };
        let named = |name: &str| -> Vec<&'a RunRecord> {
            found.iter().filter(|record| record.trial.condition == name).copied().collect()
        };
        let own = named(&trial.condition);
        let chosen = if own.is_empty() { named(&found[0].trial.condition) } else { own };
        places.insert((trial.condition.clone(), trial.seed), chosen);
    }
    let planned: BTreeSet<&TrialId> = plan.all_trials().map(|trial| &trial.id).collect();
    records.retain(|record| !planned.contains(&record.trial.id));
    places
}

fn ambiguous(condition: &str, seed: u64, records: &[&RunRecord]) -> String {
    let names: Vec<String> = records.iter().map(|r| format!("`{}`", dir_name(r))).collect();
    format!(
        "{condition} seed {seed} has {} runs, {}: none of them is used; move all but one away",
        records.len(),
        names.join(", ")
    )
}

/// The folder, without the place where it happens to lie.
pub(super) fn dir_name(record: &RunRecord) -> String {
    let name = record.path.file_name();
    name.map_or_else(|| record.trial.dir_name(), |name| name.to_string_lossy().into_owned())
}
