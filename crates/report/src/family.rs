//! `Families`: which claims are adjusted together.

use fireassay_spec::{Experiment, Plan};

use crate::design::declared::{declared, reference_first};
use crate::standing::Standing;

/// The two families of an experiment's contrasts and declared interactions.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Families {
    /// Per contrast in plan order, then per declared interaction.
    pub standings: Vec<Standing>,
    /// What is declared. A claim that an edit made exploratory still counts: leaving it out would
    /// be easier on the others.
    pub confirmatory: usize,
    /// What is described only.
    pub exploratory: usize,
}

impl Families {
    /// `interactions` is how many are declared.
    pub(crate) fn new(
        experiment: &Experiment,
        standings: Vec<Standing>,
        interactions: usize,
    ) -> Self {
        let exploratory = standings.iter().filter(|standing| !standing.is_confirmatory()).count();
        let contrasts = match &experiment.analysis.contrasts {
            // Replicates that share streams are not counted by a contrast.
            _ if is_blocked(experiment) => 0,
            Some(names) => names.len(),
            None => standings.len() - interactions,
        };
        Self { standings, confirmatory: contrasts + interactions, exploratory }
    }

    /// Size of the family that a claim belongs to.
    pub(crate) fn size_at(&self, i: usize) -> usize {
        if self.standings[i].is_confirmatory() { self.confirmatory } else { self.exploratory }
    }
}

/// Whether claims are left to hypotheses, since those alone block on crossed streams.
fn is_blocked(experiment: &Experiment) -> bool {
    !experiment.crossed.is_empty() && !experiment.hypotheses.is_empty()
}

/// How many contrasts an experiment declares, and how many interactions.
pub(crate) fn declared_in(experiment: &Experiment, plan: &Plan) -> (usize, usize) {
    let contrasts = match &experiment.analysis.contrasts {
        _ if is_blocked(experiment) => 0,
        Some(names) => names.len(),
        None => plan.conditions.iter().filter(|c| c.name != Plan::REFERENCE).count(),
    };
    (contrasts, declared(experiment, &reference_first(plan)).len())
}
