//! `[[hypothesis]]` and `[[check]]` as written.

use std::collections::BTreeMap;
use std::fmt;

use serde::de::value::{MapAccessDeserializer, SeqAccessDeserializer};
use serde::de::{self, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};
use toml::Value;

use crate::MetricName;
use crate::hypothesis::{Expect, Measured, Sign, Trend};

/// Factor name to level.
pub(super) type Settings = BTreeMap<String, Value>;

/// One hypothesis: a name, a sentence, and exactly one kind of test.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(in crate::load) struct HypothesisFile {
    pub(super) name: String,
    pub(super) says: String,
    pub(super) metric: Option<MetricName>,
    pub(super) contrast: Option<ContrastFile>,
    pub(super) crossover: Option<CrossoverFile>,
    pub(super) depth: Option<DepthFile>,
    pub(super) interaction: Option<InteractionFile>,
    pub(super) regret: Option<RegretFile>,
    pub(super) slope: Option<SlopeFile>,
    pub(super) time: Option<TimeFile>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(super) struct ContrastFile {
    pub(super) of: Conditions,
    pub(super) minus: Conditions,
    #[serde(default, rename = "in")]
    pub(super) within: Settings,
    pub(super) expect: Expect,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(super) struct CrossoverFile {
    pub(super) factor: String,
    pub(super) of: Conditions,
    pub(super) minus: Conditions,
    #[serde(default, rename = "in")]
    pub(super) within: Settings,
    #[serde(default)]
    pub(super) scale: Scale,
    pub(super) than: Option<OtherFile>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(super) struct DepthFile {
    pub(super) factor: String,
    pub(super) among: Option<Vec<Value>>,
    #[serde(default, rename = "in")]
    pub(super) within: Settings,
    pub(super) than: CellFile,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(super) struct InteractionFile {
    pub(super) of: Conditions,
    pub(super) minus: Conditions,
    #[serde(default, rename = "in")]
    pub(super) within: Settings,
    pub(super) than: OtherFile,
    #[serde(default)]
    pub(super) expect: Sign,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(super) struct RegretFile {
    pub(super) factor: Option<String>,
    pub(super) best: Vec<Value>,
    pub(super) among: Option<Vec<Value>>,
    #[serde(default, rename = "in")]
    pub(super) within: Settings,
    pub(super) margin: f64,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(super) struct SlopeFile {
    pub(super) factor: String,
    pub(super) of: Conditions,
    pub(super) minus: Option<Conditions>,
    #[serde(default, rename = "in")]
    pub(super) within: Settings,
    #[serde(default)]
    pub(super) scale: Scale,
    pub(super) than: Option<OtherFile>,
    pub(super) expect: Trend,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(super) struct TimeFile {
    pub(super) of: Conditions,
    pub(super) against: Conditions,
    #[serde(default, rename = "in")]
    pub(super) within: Settings,
    pub(super) reach: ReachFile,
}

/// What a curve has to reach.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum ReachFile {
    ShareOf(ShareFile),
    Value(f64),
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(super) struct ShareFile {
    pub(super) of: Conditions,
    pub(super) share: f64,
}

/// A second difference; what it lacks is that of the first.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(super) struct OtherFile {
    pub(super) of: Option<Conditions>,
    pub(super) minus: Option<Conditions>,
    #[serde(default, rename = "in")]
    pub(super) within: Settings,
}

/// Another cell.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(super) struct CellFile {
    #[serde(rename = "in")]
    pub(super) within: Settings,
}

/// How a numeric factor is laid out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Scale {
    Linear,
    #[default]
    Log,
}

/// One check.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(in crate::load) struct CheckFile {
    pub(super) name: String,
    pub(super) says: String,
    pub(super) metric: Option<MetricName>,
    pub(super) of: Option<Conditions>,
    pub(super) minus: Option<Conditions>,
    #[serde(default, rename = "in")]
    pub(super) within: Settings,
    pub(super) than: Option<OtherFile>,
    pub(super) measured: Option<Measured>,
    pub(super) above: Option<f64>,
    pub(super) below: Option<f64>,
    pub(super) voids: Option<Settings>,
}

/// One condition by name or by levels, or several of which the best counts.
#[derive(Debug)]
pub(super) enum Conditions {
    Levels(Settings),
    Name(String),
    Several(Vec<Conditions>),
}

impl<'de> Deserialize<'de> for Conditions {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ConditionsVisitor)
    }
}

struct ConditionsVisitor;

impl<'de> Visitor<'de> for ConditionsVisitor {
    type Value = Conditions;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the name of a condition, levels of factors, or a list of these")
    }

    fn visit_str<E: de::Error>(self, name: &str) -> Result<Conditions, E> {
        Ok(Conditions::Name(name.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, list: A) -> Result<Conditions, A::Error> {
        Vec::deserialize(SeqAccessDeserializer::new(list)).map(Conditions::Several)
    }

    fn visit_map<A: MapAccess<'de>>(self, levels: A) -> Result<Conditions, A::Error> {
        Settings::deserialize(MapAccessDeserializer::new(levels)).map(Conditions::Levels)
    }

    /// The stand-in for what is missing or none of these; a number of the file is signed.
    fn visit_u64<E: de::Error>(self, _: u64) -> Result<Conditions, E> {
        Ok(Conditions::Several(Vec::new()))
    }
}
