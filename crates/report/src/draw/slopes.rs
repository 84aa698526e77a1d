//! Slopes: reference and condition at each seed, a panel per contrast.

use crate::draw::{measure, unit};
use crate::figure::{self, Figure, SlopePanel};
use crate::results::{ConditionResult, Contrast, Results};

/// Reference and condition, seed by seed.
pub(crate) fn slopes(results: &Results) -> Option<Figure> {
    let unit = unit(results);
    let reference = results.reference();
    let score_at = |condition: &ConditionResult, seed: u64| {
        let trial = condition.trials.iter().find(|trial| trial.seed == seed)?;
        trial.score.map(|score| unit.scaled(score))
    };
    let panel = |contrast: &Contrast| {
        let effect = contrast.effect.as_ref()?;
        let condition = results.condition(&contrast.condition)?;
        let pair =
            |&seed: &u64| Some((seed, score_at(reference, seed)?, score_at(condition, seed)?));
        Some(SlopePanel {
            name: contrast.condition.clone(),
            pairs: effect.seeds.iter().filter_map(pair).collect(),
        })
    };
    let panels: Vec<SlopePanel> = results.contrasts.iter().filter_map(panel).collect();
    let any = panels.iter().any(|panel| !panel.pairs.is_empty());
    any.then(|| {
        let reference = reference.name.clone();
        figure::slopes(&figure::Slopes { measure: measure(results), reference, panels })
    })
}
