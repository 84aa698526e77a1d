//! The stage of a plan before its trials: the pretraining that they start from.

use std::collections::{BTreeMap, BTreeSet};

use crate::id::Identity;
use crate::{
    Cards, Condition, Experiment, Kernels, Plan, SCHEMA, SourceRef, Trial, TrialId, TrialSpec,
};

/// What the conditions of an experiment start from, collected while its trials are made.
pub(crate) struct Sources<'a> {
    experiment: &'a Experiment,
    cards: &'a Cards,
    hashes: &'a BTreeMap<&'a str, String>,
    /// Distinct, in the order of the conditions that start from them.
    specs: Vec<TrialSpec>,
    known: BTreeSet<TrialId>,
    trials: Vec<Trial>,
}

/// What the trials of one condition start from.
pub(crate) enum ConditionSource {
    /// Nothing: weights are drawn.
    Drawn,
    /// The same for every seed.
    Weights(SourceRef),
    /// A trial; which one depends on the seed.
    Trial(Box<Pretraining>),
}

/// All of a pretraining but its seed.
pub(crate) struct Pretraining {
    name: String,
    spec: TrialSpec,
    dataset_hash: String,
    identity: Identity,
}

impl<'a> Sources<'a> {
    pub(crate) fn new(
        experiment: &'a Experiment,
        cards: &'a Cards,
        hashes: &'a BTreeMap<&'a str, String>,
    ) -> Self {
        let (specs, known, trials) = (Vec::new(), BTreeSet::new(), Vec::new());
        Self { experiment, cards, hashes, specs, known, trials }
    }

    /// What a condition starts from.
    pub(crate) fn of(&mut self, condition: &Condition) -> ConditionSource {
        let spec = &condition.spec;
        if let Some(name) = spec.weights() {
            let card = self.cards.weights.get(name);
            let card = card.expect("invariant: a loaded experiment names weights that have a card");
            return ConditionSource::Weights(SourceRef::Weights {
                name: name.to_owned(),
                hash: card.hash(),
            });
        }
        let Some(spec) = spec.pretraining() else { return ConditionSource::Drawn };
        let dataset_hash = self
            .hashes
            .get(spec.data.dataset.as_str())
            .expect("invariant: a loaded experiment pretrains on datasets that have a card")
            .clone();
        let known = self.specs.iter().position(|known| *known == spec);
        let number = known.unwrap_or_else(|| {
            self.specs.push(spec.clone());
            self.specs.len() - 1
        });
        let identity = Identity::new(&spec, &dataset_hash, Kernels::USUAL);
        let name = Plan::pretraining_name(number);
        ConditionSource::Trial(Box::new(Pretraining { name, spec, dataset_hash, identity }))
    }

    /// What a trial of the condition starts from at a seed; a pretraining is taken note of.
    pub(crate) fn at(
        &mut self,
        source: &ConditionSource,
        spec: &TrialSpec,
        seed: u64,
    ) -> Option<SourceRef> {
        let source = match source {
            ConditionSource::Drawn => return None,
            ConditionSource::Weights(weights) => return Some(weights.clone()),
            ConditionSource::Trial(source) => source,
        };
        let seed = spec.pretraining_seed(seed);
        let id = source.identity.at(seed, None);
        if self.known.insert(id.clone()) {
            self.trials.push(Trial {
                schema: SCHEMA,
                id: id.clone(),
                experiment: self.experiment.name.clone(),
                condition: source.name.clone(),
                settings: BTreeMap::new(),
                seed,
                dataset_hash: source.dataset_hash.clone(),
                kernels: Kernels::USUAL,
                source: None,
                spec: source.spec.clone(),
            });
        }
        Some(SourceRef::Trial(id))
    }

    /// Every pretraining that is no trial of the plan itself, by name, seeds ascending inside.
    pub(crate) fn pretraining(self, trials: &[Trial]) -> Vec<Trial> {
        let planned: BTreeSet<&TrialId> = trials.iter().map(|trial| &trial.id).collect();
        let mut own = self.trials;
        own.retain(|trial| !planned.contains(&trial.id));
        let rank = |trial: &Trial| self.specs.iter().position(|spec| *spec == trial.spec);
        own.sort_by_cached_key(|trial| (rank(trial), trial.seed));
        own
    }
}

impl Plan {
    /// What the trials of a pretraining are called; the number counts different ones from 0. No
    /// condition has this name.
    pub(crate) fn pretraining_name(number: usize) -> String {
        match number {
            0 => Self::PRETRAIN.to_owned(),
            n => format!("{}-{}", Self::PRETRAIN, n + 1),
        }
    }

    /// Whether a condition's name would be taken for that of a pretraining.
    pub(crate) fn is_pretraining_name(name: &str) -> bool {
        let Some(rest) = name.strip_prefix(Self::PRETRAIN) else { return false };
        let number = rest.strip_prefix('-').and_then(|number| number.parse::<u64>().ok());
        rest.is_empty() || number.is_some()
    }

    /// Every trial that is run: the pretraining first.
    pub fn all_trials(&self) -> impl Iterator<Item = &Trial> {
        self.pretraining.iter().chain(&self.trials)
    }

    /// The trial whose selected weights a trial starts from, if there is one.
    pub fn source_of(&self, trial: &Trial) -> Option<&Trial> {
        let id = trial.source.as_ref()?.trial()?;
        self.all_trials().find(|source| source.id == *id)
    }

    /// The pretraining that some of these trials start from, in the order of the plan.
    pub fn pretraining_of(&self, trials: &[Trial]) -> Vec<Trial> {
        let needed: BTreeSet<&TrialId> =
            trials.iter().filter_map(|trial| trial.source.as_ref()?.trial()).collect();
        self.pretraining.iter().filter(|source| needed.contains(&source.id)).cloned().collect()
    }

    /// The same trials with operations in another form: others, as their ids say.
    pub fn with_kernels(mut self, kernels: Kernels) -> Self {
        let mut renamed: BTreeMap<TrialId, TrialId> = BTreeMap::new();
        // What others start from first: their ids hold its id.
        for starts_from_a_trial in [false, true] {
            for trial in self.pretraining.iter_mut().chain(&mut self.trials) {
                let source = trial.source.as_ref().and_then(SourceRef::trial);
                if source.is_some() != starts_from_a_trial || trial.kernels == kernels {
                    continue;
                }
                if let Some(id) = source.and_then(|source| renamed.get(source)) {
                    trial.source = Some(SourceRef::Trial(id.clone()));
                }
                trial.kernels = kernels;
                let id = trial.content_id();
                renamed.insert(std::mem::replace(&mut trial.id, id.clone()), id);
            }
        }
        self
    }
}
