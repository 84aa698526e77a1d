//! `[base.data]`: which examples a trial sees.

use std::collections::BTreeMap;
use std::fmt;

use serde::de::{self, MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::{AugmentSpec, ClassRef, CorruptSpec, Duplicates, SplitRule};

/// Which dataset, how much of it, and how it is split.
///
/// Classes first (`classes`, `relabel`): all else is about the examples and classes that are left.
/// Order of cutting: test examples first (the dataset's own, or `test-fraction` of all), then
/// `train-size` out of the rest, then `val-fraction` out of those. So `train-size` is all that a
/// trial may learn or select from, and validation never uses more data than a user would have.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct DataSpec {
    /// Name of a folder in `datasets/`.
    pub dataset: String,
    /// Examples to learn from, `val` included.
    pub train_size: TrainSize,
    /// Share of `train-size` kept for validation, in (0, 1).
    pub val_fraction: f64,
    /// Share of all examples kept for the test, in (0, 1). Only for a dataset without test files
    /// of its own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub test_fraction: Option<f64>,
    /// Only examples of these classes, labels in this order; all of them when it is empty.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub classes: Vec<ClassRef>,
    /// Old name of a class to the new one; several may share it. The others keep theirs. See
    /// [`DataSpec::seen_classes`].
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub relabel: BTreeMap<String, String>,
    /// What the splits must not tear apart.
    #[serde(default, skip_serializing_if = "SplitRule::is_default")]
    pub split: SplitRule,
    /// What is done about examples with the very same input.
    #[serde(default, skip_serializing_if = "Duplicates::is_default")]
    pub duplicates: Duplicates,
    /// What is spoiled beforehand. Nothing, however it is spelled, is one trial.
    #[serde(default, skip_serializing_if = "CorruptSpec::is_none")]
    pub corrupt: CorruptSpec,
    /// How training examples are varied.
    #[serde(default, skip_serializing_if = "AugmentSpec::is_none")]
    pub augment: AugmentSpec,
}

/// How many examples to learn from: `"all"`, a number, or `{ per-class = n }`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TrainSize {
    /// All that the dataset has outside its test split.
    All,
    /// This many, stratified by class.
    Count(usize),
    /// This many of each class.
    PerClass(usize),
}

impl Serialize for TrainSize {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        use serde::ser::SerializeMap;
        match self {
            Self::All => serializer.serialize_str("all"),
            Self::Count(n) => serializer.serialize_u64(*n as u64),
            Self::PerClass(n) => {
                let mut map = serializer.serialize_map(Some(1))?;
                map.serialize_entry("per-class", n)?;
                map.end()
            }
        }
    }
}

impl<'de> Deserialize<'de> for TrainSize {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(TrainSizeVisitor)
    }
}

struct TrainSizeVisitor;

impl<'de> Visitor<'de> for TrainSizeVisitor {
    type Value = TrainSize;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("\"all\", a number of examples, or { per-class = n }")
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<TrainSize, E> {
        match text {
            "all" => Ok(TrainSize::All),
            other => Err(E::invalid_value(de::Unexpected::Str(other), &self)),
        }
    }

    fn visit_i64<E: de::Error>(self, n: i64) -> Result<TrainSize, E> {
        usize::try_from(n)
            .map(TrainSize::Count)
            .map_err(|_| E::invalid_value(de::Unexpected::Signed(n), &self))
    }

    fn visit_u64<E: de::Error>(self, n: u64) -> Result<TrainSize, E> {
        usize::try_from(n)
            .map(TrainSize::Count)
            .map_err(|_| E::invalid_value(de::Unexpected::Unsigned(n), &self))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<TrainSize, A::Error> {
        const FIELDS: &[&str] = &["per-class"];
        let Some(key) = map.next_key::<String>()? else {
            return Err(de::Error::missing_field("per-class"));
        };
        if key != "per-class" {
            return Err(de::Error::unknown_field(&key, FIELDS));
        }
        let n = map.next_value::<usize>()?;
        if let Some(extra) = map.next_key::<String>()? {
            return Err(de::Error::unknown_field(&extra, FIELDS));
        }
        Ok(TrainSize::PerClass(n))
    }
}
