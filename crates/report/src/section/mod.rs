//! Sections of the report. Adding one: a file here, a line in [`SECTIONS`].

use crate::results::Results;
use crate::table::Table;

mod answer;
mod components;
mod conditions;
mod cost;
mod effects;
mod failures;
mod interactions;
mod metrics;
mod provenance;
mod reading;
mod trend;
mod variance;

/// One heading and what stands below it.
pub(crate) struct Section {
    pub title: &'static str,
    /// Nothing: the section is left out.
    pub render: fn(&Results) -> Vec<Block>,
}

/// A part of a section; each format knows how to write these.
pub(crate) enum Block {
    Text(String),
    List(Vec<String>),
    Table(Table),
}

/// In the order of the report.
pub(crate) const SECTIONS: &[Section] = &[
    Section { title: "Answer", render: answer::render },
    Section { title: "Effects", render: effects::render },
    Section { title: "Main effects and interactions", render: interactions::render },
    Section { title: "Components: leave one out, add one in, Shapley", render: components::render },
    Section { title: "Trend", render: trend::render },
    Section { title: "Where the variation comes from", render: variance::render },
    Section { title: "Conditions", render: conditions::render },
    Section { title: "Other metrics", render: metrics::render },
    Section { title: "Cost", render: cost::render },
    Section { title: "Failures", render: failures::render },
    Section { title: "Provenance", render: provenance::render },
    Section { title: "How to read this", render: reading::render },
];
