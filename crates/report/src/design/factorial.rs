//! Full factorials: main effects and two-way interactions.

use std::collections::BTreeMap;

use fireassay_spec::{Design, Experiment};

use crate::design::blocks::{Measure, Withheld};
use crate::effect::Effect;
use crate::scores::Scores;

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
    /// Named in `analysis.interactions`.
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
    let grid = Grid::new(measure.scores, experiment);
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

/// Marks the interactions that the experiment names beforehand.
pub(crate) fn declare(interactions: &mut [Derived], experiment: &Experiment) {
    let named = experiment.analysis.interaction_pairs();
    for interaction in interactions {
        let [a, b] = interaction.factors.as_slice() else { continue };
        interaction.declared =
            named.iter().any(|pair| *pair == (a.as_str(), b) || *pair == (b.as_str(), a));
    }
}

/// Conditions by the levels of their factors.
struct Grid {
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
struct Moved {
    factor: usize,
    level: usize,
}

impl Grid {
    fn new(scores: &Scores<'_>, experiment: &Experiment) -> Self {
        let mut factors: Vec<Axis> = (experiment.factors.iter())
            .map(|factor| Axis { name: factor.name.clone(), levels: Vec::new() })
            .collect();
        let mut rows = BTreeMap::new();
        for (row, of) in scores.rows.iter().enumerate() {
            let settings = &of.condition.settings;
            let place = |axis: &mut Axis| {
                let label = settings.get(&axis.name)?;
                Some(axis.levels.iter().position(|level| level == label).unwrap_or_else(|| {
                    axis.levels.push(label.clone());
                    axis.levels.len() - 1
                }))
            };
            // The reference is the first row, so its levels come first.
            let key: Option<Vec<usize>> = factors.iter_mut().map(place).collect();
            if let Some(key) = key {
                rows.insert(key, row);
            }
        }
        Self { factors, rows }
    }

    /// Every level but the references, factor by factor.
    fn moved(&self) -> impl Iterator<Item = Moved> {
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

    fn derived(&self, moved: &[Moved], combinations: (usize, usize)) -> Derived {
        let factor = |m: &Moved| self.factors[m.factor].name.clone();
        let level = |m: &Moved| self.factors[m.factor].levels[m.level].clone();
        let factors: Vec<String> = moved.iter().map(factor).collect();
        let levels: Vec<String> = moved.iter().map(level).collect();
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
    let [a, b] = pair;
    let mut derived = grid.derived(&pair, (1, 1));
    let rows = [grid.at(&pair), grid.at(&[a]), grid.at(&[b]), grid.at(&[])];
    if let [Some(both), Some(one), Some(other), Some(neither)] = rows {
        derived.effect = measure.effect(&[(both, 1.0), (one, -1.0), (other, -1.0), (neither, 1.0)]);
    }
    derived
}
