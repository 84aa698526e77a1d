//! Declared interactions: those that an experiment names beforehand, so that they are claims.

use std::collections::BTreeSet;

use fireassay_spec::{Condition, Design, Experiment, Plan, aliases};

use crate::design::factorial::{Grid, Moved, name};
use crate::design::fraction::{column, other_level};

/// One interaction of two levels: at every seed, a weighted sum of the scores of some conditions.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Declared {
    /// `norm=none × lr=0.01`.
    pub name: String,
    /// Two.
    pub factors: Vec<String>,
    /// Per factor the level that is not the reference.
    pub levels: Vec<String>,
    /// Conditions, by their place in the list that was asked about, with their weights.
    pub terms: Vec<(usize, f64)>,
    /// Effects of one or two factors that the design cannot tell from this one.
    pub alias: Vec<Vec<String>>,
}

/// One per declared pair of factors and pair of their levels that are not the reference; the
/// reference has to be the first condition.
///
/// A pair of levels counts where the plan has every condition that it needs: what a design leaves
/// out cannot be claimed, and is nothing to adjust for.
pub(crate) fn declared(experiment: &Experiment, conditions: &[&Condition]) -> Vec<Declared> {
    let place = |name: &str| experiment.factors.iter().position(|factor| factor.name == name);
    // In the order of the factors, so that `lr * norm` says the same as `norm * lr`.
    let ordered = |(a, b)| if place(a) > place(b) { (b, a) } else { (a, b) };
    let pairs: Vec<(&str, &str)> =
        experiment.analysis.interaction_pairs().into_iter().map(ordered).collect();
    match experiment.design {
        Design::FractionalFactorial => {
            pairs.iter().filter_map(|(a, b)| of_fraction(experiment, conditions, [a, b])).collect()
        }
        Design::FullFactorial => {
            let grid = Grid::new(conditions.iter().copied(), experiment);
            pairs.iter().flat_map(|(a, b)| of_grid(&grid, a, b)).collect()
        }
        Design::Explicit
        | Design::LeaveOneOut
        | Design::LeaveOneOutAddOneIn
        | Design::OneFactorAtATime => Vec::new(),
    }
}

/// Conditions of a plan as [`declared`] wants them.
pub(crate) fn reference_first(plan: &Plan) -> Vec<&Condition> {
    let (mut first, others): (Vec<_>, Vec<_>) =
        plan.conditions.iter().partition(|condition| condition.name == Plan::REFERENCE);
    first.extend(others);
    first
}

fn of_grid(grid: &Grid, a: &str, b: &str) -> Vec<Declared> {
    let moved = |name: &str| grid.moved().filter(|m| grid.factor(*m) == name).collect::<Vec<_>>();
    let (ours, theirs) = (moved(a), moved(b));
    let pairs = ours.iter().flat_map(|one| theirs.iter().map(|other| [*one, *other]));
    let declared = |pair: [Moved; 2]| {
        let (factors, levels) = grid.names(&pair);
        let terms = grid.interaction(pair)?;
        let name = name(&factors, &levels);
        Some(Declared { name, factors, levels, terms, alias: Vec::new() })
    };
    pairs.filter_map(declared).collect()
}

fn of_fraction(
    experiment: &Experiment,
    conditions: &[&Condition],
    pair: [&str; 2],
) -> Option<Declared> {
    let all: Vec<String> = experiment.factors.iter().map(|f| f.name.clone()).collect();
    let base = all.len().checked_sub(experiment.generators.len())?;
    let factors: Vec<String> = pair.iter().map(|name| (*name).to_owned()).collect();
    let is_whole = conditions.len() == 1 << base;
    if !is_whole || factors.iter().any(|factor| !all.contains(factor)) {
        return None;
    }
    let present: Vec<BTreeSet<String>> =
        conditions.iter().map(|condition| experiment.subset(condition)).collect::<Option<_>>()?;
    let levels: Vec<String> = factors.iter().map(|f| other_level(conditions, f)).collect();
    let found = aliases(&all, &experiment.generators);
    Some(Declared {
        name: name(&factors, &levels),
        terms: column(&factors, &present).into_iter().enumerate().collect(),
        alias: found.of(&pair).map(|aliased| aliased.with.clone()).unwrap_or_default(),
        factors,
        levels,
    })
}
