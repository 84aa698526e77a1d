//! The part of an experiment that is frozen at its first trial.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::fraction::factor_names;
use crate::id::canonical;
use crate::{Analysis, Condition, Experiment, Plan, SourceRef};

impl Experiment {
    /// Everything that a claim rests on, as JSON with sorted keys: claim, replicates, design,
    /// reference, conditions, analysis, selection rule and tuning. Equal for two files that ask
    /// the same, whatever their order, layout and words; an edit shows as the keys that differ.
    ///
    /// A condition of the plan stands there as the hash of its spec, its dataset's card, that of its
    /// source and whether it is a deliberate duplicate, so that an edit of `[base]`, of a level or of the data shows in
    /// each condition that it changes.
    pub fn registered(&self, plan: &Plan) -> Value {
        let mut dataset_hashes: BTreeMap<&str, &str> = BTreeMap::new();
        for trial in &plan.trials {
            dataset_hashes.entry(&trial.condition).or_insert(&trial.dataset_hash);
        }
        let source_hashes = source_hashes(plan);
        let hash = |condition: &Condition| {
            let dataset_hash = dataset_hashes.get(condition.name.as_str());
            let mut facts = json!({
                "dataset-hash": dataset_hash,
                "duplicate": condition.duplicate,
                "spec": condition.spec,
            });
            if let Some(hash) = source_hashes.get(condition.name.as_str()) {
                facts["source-hash"] = json!(hash);
            }
            blake3::hash(canonical(&facts).as_bytes()).to_hex().to_string()
        };
        let conditions: BTreeMap<String, String> = (plan.conditions.iter())
            .map(|condition| (condition.name.clone(), hash(condition)))
            .collect();
        let mut document = json!({
            "analysis": analysis(&self.analysis),
            "claim": self.claim,
            "conditions": conditions,
            "design": self.design,
            "reference": self.base,
            "selection": self.base.train.select,
            "tuning": self.tuning,
        });
        if self.crossed.is_empty() {
            document["seeds"] = json!(self.seeds);
        } else {
            let crossed = self.crossed.iter().map(|(stream, count)| (stream.name(), *count));
            document["crossed"] = json!(crossed.collect::<BTreeMap<&str, u64>>());
        }
        if !self.generators.is_empty() {
            let mut of = BTreeMap::new();
            for generator in &self.generators {
                let mut factors = generator.of.clone();
                factors.sort();
                of.insert(&generator.factor, factors);
            }
            document["generators"] = json!(of);
        }
        // A dependency elsewhere may have switched on insertion order for the whole build.
        document.sort_all_objects();
        document
    }
}

/// What the card hashes to of the weights that a condition starts from, or of the dataset on which they
/// are trained.
fn source_hashes(plan: &Plan) -> BTreeMap<&str, &str> {
    let mut hashes = BTreeMap::new();
    for trial in &plan.trials {
        let condition = trial.condition.as_str();
        let Some(source) = trial.source.as_ref().filter(|_| !hashes.contains_key(condition)) else {
            continue;
        };
        let hash = match source {
            SourceRef::Trial(_) => plan.source_of(trial).map(|source| source.dataset_hash.as_str()),
            SourceRef::Weights { hash, .. } => Some(hash.as_str()),
        };
        hashes.extend(hash.map(|hash| (condition, hash)));
    }
    hashes
}

/// The analysis, with lists whose order means nothing in the one order.
fn analysis(analysis: &Analysis) -> Analysis {
    let mut analysis = analysis.clone();
    if let Some(contrasts) = &mut analysis.contrasts {
        contrasts.sort();
    }
    for interaction in &mut analysis.interactions {
        let mut names = factor_names(interaction);
        names.sort_unstable();
        *interaction = names.join(" * ");
    }
    analysis.interactions.sort();
    analysis
}
