//! Full factorials: main effects and two-way interactions.

use std::collections::BTreeMap;

use fireassay_spec::{Condition, Design, Experiment};

use crate::design::blocks::{Measure, Withheld};
use crate::effect::Effect;

/// An effect of one or two factors that no single pair of conditions shows.
#[derive(Clone, Debug, PartialEq)]
pub struct Derived {
    /// `norm=none`, or `norm=none × lr=0.01`.
    pub name: String,
    /// One of a main effect, two of an interaction.
    pub factors: Vec<String>,
    /// Per factor the level that is not the reference.
    pub levels: Vec<String>,
    /// One number per seed: in the metric's own unit and direction.
    pub effect: Result<Effect, Withheld>,
    /// Over how many combinations of the other factors it averages, and how many there could be.
    pub combinations: (usize, usize),
    /// Effects that the design cannot tell from this one: `lr`, `dropout*lr`.
    pub alias: Vec<String>,
    /// Named in `analysis.interactions`: a claim, which stands among [`crate::Results`]'
    /// interactions and not in the family of what is derived.
    pub declared: bool,
}

/// Main effects and interactions of a full factorial of two factors or more; nothing otherwise.
///
/// * Main effect of a level: its score minus that of the reference level, averaged over the
///   combinations of the other factors. A combination counts where both levels are in the plan, so
///   that like is compared with like when some are excluded; how many is said.
/// * Interaction of two levels: y[both] - y[one] - y[other] + y[neither], with the other factors at
///   the reference.
pub(crate) fn factorial(
    measure: &Measure<'_>,
    experiment: &Experiment,
) -> (Vec<Derived>, Vec<Derived>) {
    if experiment.design != Design::FullFactorial || experiment.factors.len() < 2 {
        return (Vec::new(), Vec::new());
    }
    let conditions = measure.scores.rows.iter().map(|row| row.condition);
    let grid = Grid::new(conditions, experiment);
    let levels: Vec<Moved> = grid.moved().collect();
    let main_effects = levels.iter().map(|level| main_effect(measure, &grid, *level)).collect();
    let pairs = levels
        .iter()
        .enumerate()
        .flat_map(|(i, a)| levels[i..].iter().filter(|b| a.factor != b.factor).map(|b| [*a, *b]));
    let mut interactions: Vec<Derived> =
        pairs.map(|pair| interaction(measure, &grid, pair)).collect();
    declare(&mut interactions, experiment);
    (main_effects, interactions)
}

/// Marks the interactions that the experiment names beforehand, as far as the plan shows them.
fn declare(interactions: &mut [Derived], experiment: &Experiment) {
    for interaction in interactions {
        let is_planned = interaction.effect != Err(Withheld::NotPlanned);
        interaction.declared = is_planned && is_named(&interaction.factors, experiment);
    }
}

/// Whether `analysis.interactions` names these two factors, in whatever order.
pub(crate) fn is_named(factors: &[String], experiment: &Experiment) -> bool {
    let [a, b] = factors else { return false };
    let named = experiment.analysis.interaction_pairs();
    named.iter().any(|pair| *pair == (a.as_str(), b) || *pair == (b.as_str(), a))
}

/// Conditions by the levels of their factors.
pub(crate) struct Grid {
    factors: Vec<Axis>,
    /// From one level per factor to a row; level 0 is the reference.
    rows: BTreeMap<Vec<usize>, usize>,
}

struct Axis {
    name: String,
    /// The reference first, then as the plan names them.
    levels: Vec<String>,
}

/// One factor away from the reference.
#[derive(Clone, Copy)]
pub(crate) struct Moved {
    factor: usize,
    level: usize,
}

impl Grid {
    /// The reference has to be the first condition.
    pub(crate) fn new<'a>(
        conditions: impl Iterator<Item = &'a Condition>,
        experiment: &Experiment,
    ) -> Self {
        let mut factors: Vec<Axis> = (experiment.factors.iter())
            .map(|factor| Axis { name: factor.name.clone(), levels: Vec::new() })
            .collect();
        let mut rows = BTreeMap::new();
        for (row, condition) in conditions.enumerate() {
            let settings = &condition.settings;
            let place = |axis: &mut Axis| {
                let label = settings.get(&axis.name)?;
                Some(axis.levels.iter().position(|level| level == label).unwrap_or_else(|| {
                    axis.levels.push(label.clone());
                    axis.levels.len() - 1
                }))
            };
            let key: Option<Vec<usize>> = factors.iter_mut().map(place).collect();
            if let Some(key) = key {
                rows.insert(key, row);
            }
        }
        Self { factors, rows }
    }

    /// Every level but the references, factor by factor.
    pub(crate) fn moved(&self) -> impl Iterator<Item = Moved> {
        self.factors.iter().enumerate().flat_map(|(factor, axis)| {
            (1..axis.levels.len()).map(move |level| Moved { factor, level })
        })
    }

    /// The row with these levels, every other factor at the reference.
    fn at(&self, moved: &[Moved]) -> Option<usize> {
        let mut key = vec![0; self.factors.len()];
        for Moved { factor, level } in moved {
            key[*factor] = *level;
        }
        self.rows.get(&key).copied()
    }

    /// How many combinations the levels of the other factors have.
    fn others(&self, factor: usize) -> usize {
        let others = self.factors.iter().enumerate().filter(|(other, _)| *other != factor);
        others.map(|(_, axis)| axis.levels.len()).product()
    }

    /// Name of the factor that is moved.
    pub(crate) fn factor(&self, moved: Moved) -> &str {
        &self.factors[moved.factor].name
    }

    /// Factors, and the levels that they are moved to.
    pub(crate) fn names(&self, moved: &[Moved]) -> (Vec<String>, Vec<String>) {
        let level = |m: &Moved| self.factors[m.factor].levels[m.level].clone();
        (
            moved.iter().map(|m| self.factor(*m).to_owned()).collect(),
            moved.iter().map(level).collect(),
        )
    }

    /// both - one - other + neither, by row; none unless the plan has all four.
    pub(crate) fn interaction(&self, pair: [Moved; 2]) -> Option<Vec<(usize, f64)>> {
        let [a, b] = pair;
        let (both, neither) = (self.at(&pair)?, self.at(&[])?);
        Some(vec![(both, 1.0), (self.at(&[a])?, -1.0), (self.at(&[b])?, -1.0), (neither, 1.0)])
    }

    fn derived(&self, moved: &[Moved], combinations: (usize, usize)) -> Derived {
        let (factors, levels) = self.names(moved);
        Derived {
            name: name(&factors, &levels),
            factors,
            levels,
            effect: Err(Withheld::NotPlanned),
            combinations,
            alias: Vec::new(),
            declared: false,
        }
    }
}

/// `norm=none × lr=0.01`.
pub(crate) fn name(factors: &[String], levels: &[String]) -> String {
    let parts: Vec<String> =
        factors.iter().zip(levels).map(|(factor, level)| format!("{factor}={level}")).collect();
    parts.join(" × ")
}

fn main_effect(measure: &Measure<'_>, grid: &Grid, moved: Moved) -> Derived {
    let Moved { factor, level } = moved;
    let partner = |(key, row): (&Vec<usize>, &usize)| {
        let mut reference = key.clone();
        reference[factor] = 0;
        grid.rows.get(&reference).map(|reference| (*row, *reference))
    };
    let at_level = grid.rows.iter().filter(|(key, _)| key[factor] == level);
    let pairs: Vec<(usize, usize)> = at_level.filter_map(partner).collect();
    let mut derived = grid.derived(&[moved], (pairs.len(), grid.others(factor)));
    if !pairs.is_empty() {
        let weight = 1.0 / pairs.len() as f64;
        let terms: Vec<(usize, f64)> =
            pairs.iter().flat_map(|(own, other)| [(*own, weight), (*other, -weight)]).collect();
        derived.effect = measure.effect(&terms);
    }
    derived
}

fn interaction(measure: &Measure<'_>, grid: &Grid, pair: [Moved; 2]) -> Derived {
    let mut derived = grid.derived(&pair, (1, 1));
    if let Some(terms) = grid.interaction(pair) {
        derived.effect = measure.effect(&terms);
    }
    derived
}
