//! Trends: does the score rise or fall along the levels of an ordered factor?

use fireassay_spec::{Experiment, Factor};

use crate::design::blocks::{Measure, Withheld};
use crate::effect::{Effect, score};
use crate::scores::{Row, Scores};
use crate::stats::page_trend::{Page, page};

/// Fewer levels have a difference, not a trend.
const FEWEST_LEVELS: usize = 3;

/// An ordered factor and Page's test over its levels.
#[derive(Clone, Debug, PartialEq)]
pub struct Trend {
    /// The scores along the levels.
    pub response: DoseResponse,
    /// Over the seeds that have every level.
    pub test: Result<TrendTest, Withheld>,
}

/// Every score of an ordered factor, the other factors at the reference.
#[derive(Clone, Debug, PartialEq)]
pub struct DoseResponse {
    /// Name of the factor.
    pub factor: String,
    /// Ascending, at least three.
    pub doses: Vec<Dose>,
    /// Seed, and one score per dose as it counts under the failure policy.
    pub scores: Vec<(u64, Vec<Option<f64>>)>,
}

/// One level of an ordered factor.
#[derive(Clone, Debug, PartialEq)]
pub struct Dose {
    /// The level as a number.
    pub value: f64,
    /// As in condition names.
    pub label: String,
    /// Name of the condition.
    pub condition: String,
}

/// Page's test for a monotone trend, with seeds as blocks.
#[derive(Clone, Debug, PartialEq)]
pub struct TrendTest {
    /// Statistic and p values; none if no seed has every level.
    pub page: Option<Page>,
    /// Which way the statistic leans.
    pub slope: Slope,
    /// Of the two-sided p, adjusted with everything that is derived.
    pub adjusted_p: Option<f64>,
    /// Score at the largest level minus score at the smallest, over the same seeds.
    pub change: Effect,
}

/// Which way scores go as the factor grows; whether that is more than chance, p says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Slope {
    /// Up.
    Rising,
    /// Down.
    Falling,
    /// Neither.
    Level,
}

/// One per factor whose levels are numbers, at least three of them in the plan with every other
/// factor at the reference.
pub(crate) fn trends(measure: &Measure<'_>, experiment: &Experiment) -> Vec<Trend> {
    experiment.factors.iter().filter_map(|factor| trend(measure, experiment, factor)).collect()
}

fn trend(measure: &Measure<'_>, experiment: &Experiment, factor: &Factor) -> Option<Trend> {
    let mut rows = Vec::new();
    let mut doses: Vec<Dose> = Vec::new();
    for (label, value) in experiment.numeric_levels(factor)? {
        let Some(row) = row_of(measure.scores, &factor.name, &label) else { continue };
        let condition = measure.scores.rows[row].condition.name.clone();
        rows.push(row);
        doses.push(Dose { value, label, condition });
    }
    let is_ordered = doses.is_sorted_by(|a, b| a.value < b.value);
    if doses.len() < FEWEST_LEVELS || !is_ordered {
        return None;
    }
    let scores = scores(measure, &rows);
    let response = DoseResponse { factor: factor.name.clone(), doses, scores };
    Some(Trend { response, test: test(measure, &rows) })
}

/// The condition with this level and otherwise the reference.
fn row_of(scores: &Scores<'_>, factor: &str, label: &str) -> Option<usize> {
    let reference = &scores.reference().condition.settings;
    scores.rows.iter().position(|row| {
        row.condition.settings.iter().all(|(name, level)| {
            if name == factor { level == label } else { reference.get(name) == Some(level) }
        })
    })
}

fn scores(measure: &Measure<'_>, rows: &[usize]) -> Vec<(u64, Vec<Option<f64>>)> {
    let rows: Vec<_> = rows.iter().map(|row| &measure.scores.rows[*row]).collect();
    let seeds = measure.scores.reference().cells.iter().map(|cell| cell.trial.seed);
    let at = |seed: u64| {
        let of = |row: &&Row<'_>| {
            let cell = row.cells.iter().find(|cell| cell.trial.seed == seed)?;
            score(cell, row, measure.policy)
        };
        (seed, rows.iter().map(of).collect())
    };
    seeds.map(at).collect()
}

fn test(measure: &Measure<'_>, rows: &[usize]) -> Result<TrendTest, Withheld> {
    let blocks = measure.blocks(rows)?;
    let ends = blocks.scores.iter().filter_map(|block| Some(block.last()? - block.first()?));
    let change = measure.effect_of(&blocks, ends.collect());
    let page = page(&blocks.scores);
    let slope = match page {
        Some(page) if page.l > page.expected => Slope::Rising,
        Some(page) if page.l < page.expected => Slope::Falling,
        Some(_) | None => Slope::Level,
    };
    Ok(TrendTest { page, slope, adjusted_p: None, change })
}

impl Slope {
    /// One word.
    pub fn word(self) -> &'static str {
        match self {
            Self::Rising => "rising",
            Self::Falling => "falling",
            Self::Level => "level",
        }
    }
}
