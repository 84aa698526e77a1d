//! `Plan`: the trials that an experiment asks for.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::design::Resolver;
use crate::id::Identity;
use crate::pretraining::Sources;
use crate::{
    Cards, Experiment, Filter, Kernels, SCHEMA, SourceRef, TrialId, TrialOutcome, TrialSpec,
};

/// The trials of an experiment, condition by condition, seeds inside; before them, what they start
/// from.
#[derive(Clone, Debug, PartialEq)]
pub struct Plan {
    /// Name of the experiment.
    pub experiment: String,
    /// The reference first, then in file order.
    pub conditions: Vec<Condition>,
    /// What trials start from that is trained for them, each once: `pretrain`, `pretrain-2` and so on,
    /// seeds ascending inside. A trial of the plan that another starts from is not listed again.
    pub pretraining: Vec<Trial>,
    /// Condition by condition, seeds ascending inside.
    pub trials: Vec<Trial>,
}

/// One assignment of levels.
#[derive(Clone, Debug, PartialEq)]
pub struct Condition {
    /// Unique, fit for a file name: `reference`, `norm=none`, `norm=none+lr=0.1`.
    pub name: String,
    /// Factor name to level label, every factor of the experiment.
    pub settings: BTreeMap<String, String>,
    /// What its trials run, but for the seeds of crossed streams: a trial's own spec has those.
    pub spec: TrialSpec,
    /// Marked as a deliberate duplicate.
    pub duplicate: bool,
}

/// One condition at one seed. This is `trial.json`, the wire to the `trial` process.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Trial {
    /// Version of this format.
    pub schema: u32,
    /// Hash of `schema`, `spec`, `seed`, `dataset-hash`, `kernels` and `source`; of nothing else.
    pub id: TrialId,
    /// Name of the experiment; not part of the identity.
    pub experiment: String,
    /// Name of the condition, or of the pretraining; not part of the identity.
    pub condition: String,
    /// Factor name to level label; not part of the identity.
    pub settings: BTreeMap<String, String>,
    /// Replicate.
    pub seed: u64,
    /// What the dataset's card hashes to.
    pub dataset_hash: String,
    /// In which form operations are computed.
    #[serde(default, skip_serializing_if = "Kernels::is_off")]
    pub kernels: Kernels,
    /// The weights that it starts from; without it, they are drawn.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<SourceRef>,
    /// What is run.
    pub spec: TrialSpec,
}

impl Experiment {
    /// Every trial of the experiment, and the pretraining that these start from.
    ///
    /// # Panics
    ///
    /// If the experiment was not made by [`Experiment::load`] or [`Experiment::parse`] with the
    /// same cards: those refuse every file that has no plan.
    pub fn plan(&self, cards: &Cards) -> Plan {
        let conditions = self.conditions_in_order();
        let hashes = dataset_hashes(cards);
        let mut sources = Sources::new(self, cards, &hashes);
        let mut trials = Vec::new();
        for condition in &conditions {
            let dataset_hash = hashes
                .get(condition.spec.data.dataset.as_str())
                .expect("invariant: a loaded experiment names datasets that have a card");
            trials.extend(self.trials(condition, dataset_hash, &mut sources));
        }
        let pretraining = sources.pretraining(&trials);
        Plan { experiment: self.name.clone(), conditions, pretraining, trials }
    }

    /// The conditions as [`Plan`] lists them.
    pub(crate) fn conditions_in_order(&self) -> Vec<Condition> {
        const LOADED: &str = "invariant: a loaded experiment has a spec for each condition";
        let resolver = Resolver::new(self).expect(LOADED);
        let condition = |assignment| Condition {
            settings: resolver.settings(&assignment),
            spec: resolver.spec(&assignment).expect(LOADED),
            duplicate: assignment.duplicate,
            name: assignment.name,
        };
        resolver.assignments().into_iter().map(condition).collect()
    }

    fn trials(
        &self,
        condition: &Condition,
        dataset_hash: &str,
        sources: &mut Sources<'_>,
    ) -> Vec<Trial> {
        let identity = Identity::new(&condition.spec, dataset_hash, Kernels::USUAL);
        let start = sources.of(condition);
        let trial = |&seed: &u64| {
            let spec = self.spec_at(&condition.spec, seed);
            let source = sources.at(&start, &spec, seed);
            let id = match self.crossed.is_empty() {
                true => identity.at(seed, source.as_ref()),
                false => {
                    Identity::new(&spec, dataset_hash, Kernels::USUAL).at(seed, source.as_ref())
                }
            };
            Trial {
                schema: SCHEMA,
                id,
                experiment: self.name.clone(),
                condition: condition.name.clone(),
                settings: condition.settings.clone(),
                seed,
                dataset_hash: dataset_hash.to_owned(),
                kernels: Kernels::USUAL,
                source,
                spec,
            }
        };
        self.seeds.iter().map(trial).collect()
    }
}

/// What each dataset's card hashes to, by name.
pub(crate) fn dataset_hashes(cards: &Cards) -> BTreeMap<&str, String> {
    cards.datasets.iter().map(|(name, card)| (name.as_str(), card.hash())).collect()
}

impl Plan {
    /// Name of the reference condition in every plan.
    pub const REFERENCE: &'static str = "reference";
    /// Name of the first pretraining in every plan.
    pub const PRETRAIN: &'static str = "pretrain";

    /// The trials that the filter takes, their conditions and their pretraining. `outcome_of` says how a trial
    /// ended; it is asked only if the filter depends on it.
    pub fn select(&self, filter: &Filter, outcome_of: &dyn Fn(&Trial) -> TrialOutcome) -> Self {
        let trials: Vec<Trial> =
            self.trials.iter().filter(|trial| filter.takes(trial, outcome_of)).cloned().collect();
        let names: BTreeSet<&str> = trials.iter().map(|trial| trial.condition.as_str()).collect();
        let taken = |condition: &&Condition| names.contains(condition.name.as_str());
        let conditions = self.conditions.iter().filter(taken).cloned().collect();
        let pretraining = self.pretraining_of(&trials);
        Self { experiment: self.experiment.clone(), conditions, pretraining, trials }
    }
}

impl Trial {
    /// What its id has to be.
    pub fn content_id(&self) -> TrialId {
        let identity = Identity::new(&self.spec, &self.dataset_hash, self.kernels);
        identity.at(self.seed, self.source.as_ref())
    }

    /// `<condition>.seed-<n>.<hash8>`: the name of its run directory.
    pub fn dir_name(&self) -> String {
        format!("{}.seed-{}.{}", self.condition, self.seed, self.id.short())
    }
}
