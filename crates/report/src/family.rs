//! `Families`: which contrasts are adjusted together.

use fireassay_spec::{Experiment, Plan};

use crate::registration::Registered;
use crate::standing::Standing;

/// The two families of an experiment's contrasts.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Families {
    /// Per condition but the reference, in plan order.
    pub standings: Vec<Standing>,
    /// Declared contrasts. One that an edit made exploratory still counts: leaving it out would be
    /// easier on the others.
    pub confirmatory: usize,
    /// Contrasts that are described only.
    pub exploratory: usize,
}

impl Families {
    /// `conditions` are the names of all but the reference.
    pub(crate) fn new<'a>(
        experiment: &Experiment,
        conditions: impl Iterator<Item = &'a str>,
        registered: Option<&Registered>,
    ) -> Self {
        let standings: Vec<Standing> =
            conditions.map(|name| Standing::of(name, experiment, registered)).collect();
        let exploratory = standings.iter().filter(|standing| !standing.is_confirmatory()).count();
        let confirmatory = match &experiment.analysis.contrasts {
            Some(names) => names.len(),
            None => standings.len(),
        };
        Self { standings, confirmatory, exploratory }
    }

    /// Size of the family that a contrast belongs to.
    pub(crate) fn size_at(&self, i: usize) -> usize {
        if self.standings[i].is_confirmatory() { self.confirmatory } else { self.exploratory }
    }
}

/// How many contrasts an experiment declares.
pub(crate) fn declared(experiment: &Experiment, plan: &Plan) -> usize {
    match &experiment.analysis.contrasts {
        Some(names) => names.len(),
        None => plan.conditions.iter().filter(|c| c.name != Plan::REFERENCE).count(),
    }
}
