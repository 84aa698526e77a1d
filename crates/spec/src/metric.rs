//! Metrics that a trial reports and an analysis may choose.

use std::fmt;
use std::str::FromStr;

use serde::de::{EnumAccess, VariantAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// What is measured. Adding one: a variant here, a function in `trainer/src/metric.rs`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Metric {
    /// Share of examples whose largest logit is the right class, in [0, 1].
    Accuracy,
    /// Mean cross-entropy in nats.
    Loss,
}

/// A part of the data.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Split {
    /// Learned from.
    Train,
    /// Selects.
    Val,
    /// Read once, at the end.
    Test,
}

/// `split.metric`, for example `test.accuracy`; `gap.metric`, train minus test; and of what a trial
/// started from `source.metric` and `forgotten.metric`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum MetricName {
    /// A metric of one split, dropout off, with the selected weights. `train` is measured on at
    /// most 2,000 examples, evenly spaced.
    Of(Split, Metric),
    /// Train minus test: the generalisation gap.
    Gap(Metric),
    /// Of the source's test split, after fine-tuning, with the source's head put back on. Only where
    /// `finetune.forgetting` asks for it.
    Source(Metric),
    /// What it was before fine-tuning minus that: what was forgotten.
    Forgotten(Metric),
}

/// Whether more or less is better.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Direction {
    /// More is better.
    Higher,
    /// Less is better.
    Lower,
}

impl Metric {
    /// All metrics, alphabetical.
    pub const ALL: &[Self] = &[Self::Accuracy, Self::Loss];

    /// As written in files.
    pub fn name(self) -> &'static str {
        match self {
            Self::Accuracy => "accuracy",
            Self::Loss => "loss",
        }
    }

    /// Which way is better on any one split.
    pub fn better(self) -> Direction {
        match self {
            Self::Accuracy => Direction::Higher,
            Self::Loss => Direction::Lower,
        }
    }

    /// The value that stands for a failed trial under `failed-trial = "worst"`, if one exists.
    pub fn failure_value(self, num_classes: usize) -> Option<f64> {
        match self {
            Self::Accuracy => Some(1.0 / num_classes as f64),
            Self::Loss => None,
        }
    }
}

impl Split {
    /// All splits, in order of use.
    pub const ALL: &[Self] = &[Self::Train, Self::Val, Self::Test];

    /// As written in files.
    pub fn name(self) -> &'static str {
        match self {
            Self::Train => "train",
            Self::Val => "val",
            Self::Test => "test",
        }
    }
}

impl MetricName {
    /// As written in files, in the order of [`Self::all`].
    pub const NAMES: &[&str] = &[
        "train.accuracy",
        "train.loss",
        "val.accuracy",
        "val.loss",
        "test.accuracy",
        "test.loss",
        "gap.accuracy",
        "gap.loss",
        "source.accuracy",
        "source.loss",
        "forgotten.accuracy",
        "forgotten.loss",
    ];

    /// Every name that can be written.
    pub fn all() -> Vec<Self> {
        let of = |&split| Metric::ALL.iter().map(move |&metric| Self::Of(split, metric));
        let others = [Self::Gap, Self::Source, Self::Forgotten];
        let others = others.iter().flat_map(|name| Metric::ALL.iter().map(|&metric| name(metric)));
        Split::ALL.iter().flat_map(of).chain(others).collect()
    }

    /// The metric without its split.
    pub fn metric(self) -> Metric {
        match self {
            Self::Of(_, metric)
            | Self::Gap(metric)
            | Self::Source(metric)
            | Self::Forgotten(metric) => metric,
        }
    }
}

impl fmt::Display for MetricName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Of(split, metric) => write!(f, "{}.{}", split.name(), metric.name()),
            Self::Gap(metric) => write!(f, "gap.{}", metric.name()),
            Self::Source(metric) => write!(f, "source.{}", metric.name()),
            Self::Forgotten(metric) => write!(f, "forgotten.{}", metric.name()),
        }
    }
}

/// The text names no metric.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no metric `{0}`")]
pub struct UnknownMetric(pub String);

impl FromStr for MetricName {
    type Err = UnknownMetric;

    fn from_str(text: &str) -> Result<Self, UnknownMetric> {
        let found = Self::all().into_iter().find(|name| name.to_string() == text);
        found.ok_or_else(|| UnknownMetric(text.into()))
    }
}

impl Serialize for MetricName {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for MetricName {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        // As a choice rather than as text, so that a reader knows what may be chosen.
        deserializer.deserialize_enum("MetricName", MetricName::NAMES, MetricNameVisitor)
    }
}

struct MetricNameVisitor;

impl<'de> Visitor<'de> for MetricNameVisitor {
    type Value = MetricName;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the name of a metric")
    }

    fn visit_enum<A: EnumAccess<'de>>(self, access: A) -> Result<MetricName, A::Error> {
        let (text, content): (String, _) = access.variant()?;
        content.unit_variant()?;
        let unknown = |_| serde::de::Error::unknown_variant(&text, MetricName::NAMES);
        text.parse().map_err(unknown)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    #[test]
    fn names_are_those_of_all_metrics() {
        let all: Vec<String> = MetricName::all().iter().map(ToString::to_string).collect();
        assert_eq!(all, MetricName::NAMES);
    }

    #[test]
    fn json_holds_the_name_as_value_and_as_key() {
        let map: BTreeMap<MetricName, MetricName> =
            MetricName::all().into_iter().map(|name| (name, name)).collect();
        let text = serde_json::to_string(&map).unwrap();
        assert!(text.contains(r#""gap.loss":"gap.loss""#), "{text}");
        assert_eq!(serde_json::from_str::<BTreeMap<_, _>>(&text).unwrap(), map);
        let error = serde_json::from_str::<MetricName>("\"test.acc\"").unwrap_err().to_string();
        assert!(error.contains("`test.acc`, expected one of `train.accuracy`"), "{error}");
    }
}
