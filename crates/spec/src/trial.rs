//! `TrialSpec`: everything that decides a trial's result, besides seed, data and code.

use serde::{Deserialize, Serialize};

use crate::{
    DataSpec, FinetuneSpec, InitSpec, ModelSpec, OptimSpec, ScheduleSpec, StreamSeeds, TrainSpec,
};

/// One fully resolved trial, without its seed. `[base]` of an experiment file is one of these.
///
/// Every field is scientific: changing one changes the trial's identity. Nothing of the machine
/// (threads, paths, backend, logging) belongs here.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct TrialSpec {
    /// Which examples are seen.
    pub data: DataSpec,
    /// The network.
    pub model: ModelSpec,
    /// The weights that it starts from.
    #[serde(default, skip_serializing_if = "InitSpec::is_random")]
    pub init: InitSpec,
    /// What becomes of them; without it everything is trained alike, from drawn weights.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub finetune: Option<FinetuneSpec>,
    /// How gradients move weights.
    pub optim: OptimSpec,
    /// How the learning rate moves.
    pub schedule: ScheduleSpec,
    /// For how long, on what loss, and which weights are kept.
    pub train: TrainSpec,
    /// Seeds of single streams; the others follow the trial's seed.
    #[serde(default, skip_serializing_if = "StreamSeeds::is_empty")]
    pub streams: StreamSeeds,
}

impl TrialSpec {
    /// The spec as a table in which every value is spelled out, so that it can be varied.
    pub(crate) fn spelled_out(&self) -> Result<toml::Value, toml::ser::Error> {
        let mut tree = toml::Value::try_from(self)?;
        if let Some(data) = tree.get_mut("data").and_then(toml::Value::as_table_mut) {
            // These are left out of a trial where they are as usual.
            for (key, table) in [
                ("classes", toml::Value::try_from(&self.data.classes)?),
                ("relabel", toml::Value::try_from(&self.data.relabel)?),
                ("split", toml::Value::try_from(self.data.split)?),
                ("duplicates", toml::Value::try_from(self.data.duplicates)?),
                ("corrupt", toml::Value::try_from(&self.data.corrupt)?),
                ("augment", toml::Value::try_from(&self.data.augment)?),
            ] {
                data.insert(key.to_owned(), table);
            }
        }
        if let Some(tree) = tree.as_table_mut().filter(|_| self.init.is_random()) {
            tree.insert("init".to_owned(), toml::Value::try_from(&self.init)?);
        }
        Ok(tree)
    }
}
