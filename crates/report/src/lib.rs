//! Numbers to words: statistics, verdicts and rendering of a run store.
//!
//! [`analyse`] compares every condition of an experiment with its reference, paired by seed, and
//! gives each contrast one of four verdicts: better, worse, equivalent or inconclusive.
//! What a design shows beyond that (main effects, interactions, components, trends, shares of
//! variance) is a [`DesignAnalysis`].
//! [`terminal`], [`markdown`] and [`json`] show the [`Results`]. [`feasibility`] says before any
//! training what a plan can show.
//!
//! Everything here is a pure function: records in, text out. The same trials give the same
//! `results.json`, byte for byte. Statistics live in [`stats`], one per file.

mod analyse;
pub mod compare;
mod design;
mod effect;
mod error;
mod feasibility;
pub mod figure;
mod format;
mod judge;
mod legend;
mod number;
mod results;
mod scores;
mod section;
mod sentence;
pub mod stats;
mod table;
mod verdict;
mod warning;
mod wrap;

pub use analyse::analyse;
pub use compare::compare;
pub use design::{
    Attribution, Component, Derived, DesignAnalysis, Dose, DoseResponse, Slope, Trend, TrendTest,
    VarianceShare, VarianceSplit, Withheld,
};
pub use effect::{Effect, FEWEST_SHOWN, LEVEL};
pub use error::ReportError;
pub use feasibility::{Feasibility, feasibility};
pub use format::json::{RESULTS_SCHEMA, json};
pub use format::markdown::markdown;
pub use format::terminal::terminal;
pub use results::{
    ConditionResult, Contrast, Cost, Description, Resolution, Results, Sensitivity, TrialResult,
};
pub use scores::Fate;
pub use verdict::{Evidence, Reason, Verdict, decide};
