//! `[base.init]`: the weights that a trial starts from.

use serde::{Deserialize, Serialize};

use crate::{
    DataSpec, OptimSpec, Purpose, RegimeSpec, ScheduleSpec, StreamSeeds, TrainSpec, TrialSpec,
};

/// Where a trial's first weights come from. What it does with them is `[base.finetune]`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum InitSpec {
    /// Drawn from the stream `init`.
    #[default]
    Random,
    /// Those of a trial of its own, which every condition shares that asks for the same one.
    Pretrain(Box<PretrainSpec>),
    /// Those of somebody else: the name of a folder in `datasets/` with a `weights.toml`.
    Weights(String),
}

/// `init = { pretrain = { .. } }`: how the source is trained. Its network is the one of
/// `[base.model]`, whole. Its seed is the trial's, so that each seed has a source of its own; the
/// stream `pretrain` (`[base.streams]`, or crossed in `seeds`) says otherwise.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct PretrainSpec {
    /// Which examples are seen.
    pub data: DataSpec,
    /// How gradients move weights.
    pub optim: OptimSpec,
    /// How the learning rate moves.
    pub schedule: ScheduleSpec,
    /// For how long, on what loss, and which weights are kept.
    pub train: TrainSpec,
}

impl InitSpec {
    /// Whether weights are drawn.
    pub fn is_random(&self) -> bool {
        *self == Self::Random
    }
}

impl TrialSpec {
    /// What trains the source of this trial, if its regime has one and it is a trial.
    pub fn pretraining(&self) -> Option<TrialSpec> {
        let regime = self.finetune.as_ref().map(|finetune| &finetune.regime);
        if regime.is_some_and(|regime| !regime.has_source()) {
            return None;
        }
        let InitSpec::Pretrain(source) = &self.init else { return None };
        let on_its_own = matches!(regime, Some(RegimeSpec::Selffer { .. }));
        let data = if on_its_own { &self.data } else { &source.data };
        Some(TrialSpec {
            data: data.clone(),
            model: self.model.clone(),
            init: InitSpec::Random,
            finetune: None,
            optim: source.optim.clone(),
            schedule: source.schedule.clone(),
            train: source.train.clone(),
            streams: StreamSeeds::default(),
        })
    }

    /// The weights of somebody else that this trial starts from, if its regime has a source.
    pub fn weights(&self) -> Option<&str> {
        let regime = self.finetune.as_ref().map(|finetune| &finetune.regime);
        match &self.init {
            InitSpec::Weights(name) if regime.is_none_or(RegimeSpec::has_source) => Some(name),
            InitSpec::Weights(_) | InitSpec::Pretrain(_) | InitSpec::Random => None,
        }
    }

    /// The seed of the trial that [`TrialSpec::pretraining`] is run as.
    pub fn pretraining_seed(&self, seed: u64) -> u64 {
        self.streams.of(Purpose::Pretrain, seed)
    }
}
