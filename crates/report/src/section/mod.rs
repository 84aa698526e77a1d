//! Sections of the report. Adding one: a file here, a line in [`SECTIONS`].

use crate::figure::Figure;
use crate::results::Results;
use crate::table::Table;

mod across;
mod checklist;
mod components;
mod conditions;
mod confusion;
mod curves;
mod effects;
mod failures;
mod fairness;
pub(crate) mod hypotheses;
mod interactions;
mod metrics;
mod problems;
mod provenance;
mod reading;
mod registration;
mod sources;
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
    Figure(Figure),
}

/// In the order of the report, below the answer.
pub(crate) const SECTIONS: &[Section] = &[
    Section { title: "Hypotheses", render: hypotheses::render },
    Section { title: "Effects", render: effects::render },
    Section { title: "Main effects and interactions", render: interactions::render },
    Section { title: "Components: leave one out, add one in, Shapley", render: components::render },
    Section { title: "Trend", render: trend::render },
    Section { title: "Across datasets", render: across::render },
    Section { title: "Where the variation comes from", render: variance::render },
    Section { title: "Conditions", render: conditions::render },
    Section { title: "Learning curves", render: curves::render },
    Section { title: "Confusions", render: confusion::render },
    Section { title: "Other metrics", render: metrics::render },
    Section { title: "Sources", render: sources::render },
    Section { title: "Failures", render: failures::render },
    Section { title: "Problems", render: problems::render },
    Section { title: "Fairness", render: fairness::render },
    Section { title: "Registration", render: registration::render },
    Section { title: "Provenance", render: provenance::render },
    Section { title: "Checklist", render: checklist::render },
    Section { title: "How to read this", render: reading::render },
];
