//! `split` and `duplicates` of `[base.data]`: what must not be torn apart when data are split.

use serde::{Deserialize, Serialize};

/// How examples are dealt out to train, val and test.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SplitRule {
    /// Every class in proportion. Refused where the dataset says whose each example is.
    #[default]
    Stratified,
    /// A group (a subject, a speaker) is in one split only; classes in proportion as far as the
    /// groups allow.
    Grouped,
    /// Every class in proportion, though examples of one group get into several splits. The
    /// longer name is for whoever reads a report: test examples are then of people that training
    /// has seen.
    StratifiedAcrossGroups,
}

/// What is done about examples with the very same input.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Duplicates {
    /// They get into one split together. It is an error if the dataset's own test examples are
    /// among those to learn from.
    #[default]
    KeepTogether,
    /// Those to learn from that are also test examples of the dataset are left out, and of those
    /// left that are the same, all but the first.
    Drop,
    /// They may get into several splits.
    Allow,
}

impl SplitRule {
    /// As written in files.
    pub fn name(self) -> &'static str {
        match self {
            Self::Stratified => "stratified",
            Self::Grouped => "grouped",
            Self::StratifiedAcrossGroups => "stratified-across-groups",
        }
    }

    pub(crate) fn is_default(&self) -> bool {
        *self == Self::default()
    }
}

impl Duplicates {
    /// As written in files.
    pub fn name(self) -> &'static str {
        match self {
            Self::KeepTogether => "keep-together",
            Self::Drop => "drop",
            Self::Allow => "allow",
        }
    }

    pub(crate) fn is_default(&self) -> bool {
        *self == Self::default()
    }
}
