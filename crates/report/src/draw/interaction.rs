//! Interactions: a figure per pair of factors of a full factorial.

use std::collections::BTreeMap;

use fireassay_spec::Design;

use crate::draw::stem::stems;
use crate::draw::{measure, unit};
use crate::figure::{self, Figure, InteractionLine, Score};
use crate::results::{ConditionResult, Results, TrialResult};

/// A report that shows every pair of many factors shows none.
const MOST_FIGURES: usize = 6;

/// Every pair of factors, the others at the reference; those that the experiment names come first,
/// and at most six are drawn.
pub(crate) fn interactions(results: &Results) -> Vec<Figure> {
    if results.design != Design::FullFactorial {
        return Vec::new();
    }
    let grid = Grid::new(results);
    let pairs: Vec<[&Factor; 2]> = pairs(results, &grid).into_iter().take(MOST_FIGURES).collect();
    let names = pairs.iter().map(|[along, across]| format!("{} by {}", along.name, across.name));
    let stems = stems("interaction", names);
    let figures = pairs.into_iter().zip(stems);
    figures.map(|(pair, name)| Figure { name, ..grid.draw(results, pair) }).collect()
}

/// A factor with the levels that the conditions have.
struct Factor {
    name: String,
    /// Numbers ascend; others stand as the plan names them, the reference first.
    levels: Vec<String>,
}

/// The conditions by their settings.
struct Grid<'a> {
    factors: Vec<Factor>,
    conditions: BTreeMap<&'a BTreeMap<String, String>, &'a ConditionResult>,
}

impl<'a> Grid<'a> {
    fn new(results: &'a Results) -> Self {
        let mut names: Vec<&String> =
            results.design_analysis.main_effects.iter().flat_map(|of| &of.factors).collect();
        names.dedup();
        let factors = names.into_iter().map(|name| Factor::new(results, name)).collect();
        let conditions = results.conditions.iter().map(|of| (&of.settings, of)).collect();
        Self { factors, conditions }
    }

    fn draw(&self, results: &Results, [along, across]: [&Factor; 2]) -> Figure {
        let reference = &results.reference().settings;
        let cell = |line: &String, level: &String| {
            let mut settings = reference.clone();
            settings.insert(along.name.clone(), level.clone());
            settings.insert(across.name.clone(), line.clone());
            self.conditions.get(&settings).map_or_else(Vec::new, |of| scores(results, of))
        };
        let line = |label: &String| InteractionLine {
            label: label.clone(),
            is_reference: reference.get(&across.name) == Some(label),
            cells: along.levels.iter().map(|level| cell(label, level)).collect(),
        };
        figure::interaction(&figure::Interaction {
            measure: measure(results),
            along: (along.name.clone(), along.levels.clone()),
            across: across.name.clone(),
            lines: across.levels.iter().map(line).collect(),
        })
    }
}

impl Factor {
    fn new(results: &Results, name: &str) -> Self {
        let mut levels: Vec<String> = Vec::new();
        for label in results.conditions.iter().filter_map(|of| of.settings.get(name)) {
            if !levels.contains(label) {
                levels.push(label.clone());
            }
        }
        let numbers: Option<Vec<f64>> = levels.iter().map(|label| label.parse().ok()).collect();
        if let Some(numbers) = numbers {
            let mut sorted: Vec<(f64, String)> = numbers.into_iter().zip(levels).collect();
            sorted.sort_by(|(a, _), (b, _)| a.total_cmp(b));
            levels = sorted.into_iter().map(|(_, label)| label).collect();
        }
        Self { name: name.into(), levels }
    }
}

/// Along x the factor with more levels, as lines the other.
fn pairs<'g>(results: &Results, grid: &'g Grid<'_>) -> Vec<[&'g Factor; 2]> {
    let factors = &grid.factors;
    let mut pairs: Vec<[&Factor; 2]> = factors
        .iter()
        .enumerate()
        .flat_map(|(i, a)| factors.iter().skip(i + 1).map(move |b| [a, b]))
        .map(|[a, b]| if b.levels.len() > a.levels.len() { [b, a] } else { [a, b] })
        .collect();
    let declared = |[a, b]: &[&Factor; 2]| {
        let interactions = results.design_analysis.interactions.iter();
        let of_pair = |factors: &[String]| factors.contains(&a.name) && factors.contains(&b.name);
        interactions.filter(|of| of.declared).any(|of| of_pair(&of.factors))
    };
    pairs.sort_by_key(|pair| !declared(pair));
    pairs
}

fn scores(results: &Results, condition: &ConditionResult) -> Vec<Score> {
    let unit = unit(results);
    let score =
        |trial: &TrialResult| Some(Score { seed: trial.seed, value: unit.scaled(trial.score?) });
    condition.trials.iter().filter_map(score).collect()
}
