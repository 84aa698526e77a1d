//! Numbers to words: statistics, verdicts and rendering of a run store.
//!
//! [`analyse`] compares every condition of an experiment with its reference, paired by seed, and
//! gives each contrast one of four verdicts: better, worse, equivalent or inconclusive. A declared
//! hypothesis is [`Answered`] by its own statistic: supported, refuted, undecided or void.
//! What a design shows beyond that (main effects, interactions, components, trends, shares of
//! variance) is a [`DesignAnalysis`].
//! [`terminal`], [`html`], [`markdown`], [`latex`] and [`json`] show the [`Results`]; [`tables`] and
//! [`figures`] stand beside them. [`feasibility`] says before any training what a plan can show.
//!
//! Everything here is a pure function: records in, text out. The same trials give the same
//! `results.json`, byte for byte. Statistics live in [`stats`], one per file.

mod analyse;
mod claims;
pub mod compare;
mod confusion;
mod cost;
mod curve;
mod design;
mod document;
mod draw;
mod effect;
mod error;
mod fairness;
mod family;
mod feasibility;
pub mod figure;
mod files;
mod format;
mod hypothesis;
mod judge;
mod judged;
mod key;
mod legend;
mod note;
mod number;
mod observed;
mod registration;
pub mod reproduce;
mod results;
mod scores;
mod section;
mod sentence;
mod shell;
mod sources;
mod standing;
pub mod stats;
mod table;
mod text;
mod verdict;
mod warning;
mod wrap;

pub use analyse::analyse;
pub use compare::compare;
pub use design::{
    AcrossDatasets, Attribution, Component, Derived, DesignAnalysis, Dose, DoseResponse, Method,
    OnDataset, Pooled, Slope, Trend, TrendTest, VarianceShare, VarianceSplit, Withheld,
};
pub use draw::figures;
pub use effect::{Effect, FEWEST_SHOWN, LEVEL};
pub use error::ReportError;
pub use fairness::{Unequal, Unfair};
pub use feasibility::{Answerable, Feasibility, answerable, feasibility};
pub use files::{FOLDERS, files};
pub use format::csv::tables;
pub use format::html::html;
pub use format::json::{RESULTS_SCHEMA, json};
pub use format::latex::latex;
pub use format::markdown::markdown;
pub use format::terminal::terminal;
pub use hypothesis::{
    Answer, Answered, Arm, Checked, Detail, Finding, IntervalMethod, Lean, Open, Outcome, Point,
    Scale, Series, Shared, Times,
};
pub use number::{p_value, size_words};
pub use observed::Observed;
pub use registration::{Change, Registered, Scope};
pub use results::{
    ConditionResult, Confusion, Contrast, Cost, CurvePoint, DatasetFacts, Description, EarlyStops,
    Interaction, Problem, Resolution, Results, Sensitivity, Term, TrialResult,
};
pub use scores::Fate;
pub use sources::{SourceResult, SourceTrial};
pub use standing::{Cause, Standing};
pub use verdict::{Evidence, Reason, Verdict, decide};
