//! `[base.streams]`: seeds of single streams, where they are not the trial's own.

use serde::{Deserialize, Serialize};

use crate::Purpose;

/// A stream that is named here has this seed in every trial; the others follow the trial's seed.
/// So `split = 0` keeps one split for all seeds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct StreamSeeds {
    /// Of the initial weights.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub init: Option<u64>,
    /// Of the batch order.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub order: Option<u64>,
    /// Of the augmentation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub augment: Option<u64>,
    /// Of the dropout masks.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dropout: Option<u64>,
    /// Of the split into train, val and test.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub split: Option<u64>,
    /// Of what is spoiled in the data.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub corrupt: Option<u64>,
    /// Of the trial that trains the source (`init = { pretrain = .. }`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pretrain: Option<u64>,
}

impl StreamSeeds {
    /// The seed of a stream in a trial with this seed.
    pub fn of(&self, purpose: Purpose, seed: u64) -> u64 {
        self.named(purpose).unwrap_or(seed)
    }

    /// The seed that a stream has in every trial, if it does not follow the trial's.
    pub fn named(&self, purpose: Purpose) -> Option<u64> {
        match purpose {
            Purpose::Init => self.init,
            Purpose::Order => self.order,
            Purpose::Augment => self.augment,
            Purpose::Dropout => self.dropout,
            Purpose::Split => self.split,
            Purpose::Corrupt => self.corrupt,
            Purpose::Pretrain => self.pretrain,
        }
    }

    /// Gives a stream a seed of its own.
    pub fn set(&mut self, purpose: Purpose, seed: u64) {
        let place = match purpose {
            Purpose::Init => &mut self.init,
            Purpose::Order => &mut self.order,
            Purpose::Augment => &mut self.augment,
            Purpose::Dropout => &mut self.dropout,
            Purpose::Split => &mut self.split,
            Purpose::Corrupt => &mut self.corrupt,
            Purpose::Pretrain => &mut self.pretrain,
        };
        *place = Some(seed);
    }

    /// Whether every stream follows the trial's seed.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_named_stream_leaves_the_trials_seed_and_no_other_does() {
        let mut seeds = StreamSeeds::default();
        assert!(seeds.is_empty());
        seeds.set(Purpose::Order, 9);
        let of = |purpose| seeds.of(purpose, 4);
        assert_eq!([of(Purpose::Order), of(Purpose::Init), of(Purpose::Split)], [9, 4, 4]);
        assert_eq!(serde_json::to_string(&seeds).unwrap(), r#"{"order":9}"#);
    }
}
