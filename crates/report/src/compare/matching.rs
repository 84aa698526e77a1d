//! Which trial of A is compared with which of B.

use std::collections::BTreeMap;

use fireassay_spec::{MetricName, Trial};
use fireassay_tracking::{Outcome, RunRecord, Summary};

use crate::compare::Bits;
use crate::compare::side::{Place, Scope, Side, dir_name};
use crate::scores::{Fate, unfinished};

/// What can be compared, and what stands on one side only.
pub(super) struct Matching<'a> {
    pub conditions: Vec<Matched<'a>>,
    /// Conditions, in the order of their side.
    pub only_a: Vec<String>,
    pub only_b: Vec<String>,
    /// Runs that cannot be used, for people.
    pub problems: Vec<String>,
}

/// A condition of A beside one of B.
pub(super) struct Matched<'a> {
    /// Of both, or `a / b` where two different ones are compared.
    pub name: String,
    /// By ascending seed; at least one.
    pub pairs: Vec<Couple<'a>>,
    /// Seeds without a partner.
    pub only_a: Vec<u64>,
    pub only_b: Vec<u64>,
}

/// Two trials.
pub(super) struct Couple<'a> {
    pub a: Run<'a>,
    pub b: Run<'a>,
}

/// One trial, and what became of it.
#[derive(Clone)]
pub(super) struct Run<'a> {
    pub condition: String,
    pub seed: u64,
    /// None if several runs claim the seed.
    pub record: Option<&'a RunRecord>,
    pub fate: Fate,
    /// The metric of a finished trial; finite.
    pub score: Option<f64>,
}

impl Couple<'_> {
    pub(super) fn bits(&self) -> Bits {
        Bits::of(self.a.summary(), self.b.summary())
    }

    /// Whether either side failed. Two trials that diverged alike are one and the same result.
    pub(super) fn is_spoilt(&self) -> bool {
        let failed = self.a.fate.is_failure() || self.b.fate.is_failure();
        failed && self.bits() != Bits::Identical
    }

    /// Whether nobody noted which program ran where.
    pub(super) fn is_unrecorded(&self) -> bool {
        let recorded = |run: &Run<'_>| run.record.is_some_and(|record| record.provenance.is_some());
        !recorded(&self.a) && !recorded(&self.b)
    }

    /// Whether both sides have a score.
    pub(super) fn is_done(&self) -> bool {
        self.a.score.is_some() && self.b.score.is_some()
    }
}

impl<'a> Run<'a> {
    /// A run of which only the recorded facts are asked.
    pub(super) fn known(record: &'a RunRecord) -> Self {
        let Trial { condition, seed, .. } = &record.trial;
        let (condition, record) = (condition.clone(), Some(record));
        Self { condition, seed: *seed, record, fate: Fate::Missing, score: None }
    }

    pub(super) fn summary(&self) -> Option<&'a Summary> {
        self.record.and_then(|record| record.summary.as_ref())
    }
}

/// Pairs the sides.
pub(super) fn match_sides<'a>(a: &Side<'a>, b: &Side<'a>, metric: MetricName) -> Matching<'a> {
    let mut problems = Vec::new();
    for (side, letter) in [(a, 'A'), (b, 'B')] {
        problems.extend(side.problems.iter().map(|problem| format!("{letter}: {problem}")));
        problems.extend(without_metric(side, metric).map(|text| format!("{letter}: {text}")));
    }
    let both = |name: &str| -> Option<_> {
        let of = |side: &Side<'a>| side.conditions.iter().position(|(known, _)| known == name);
        Some((of(a)?, of(b)?))
    };
    let single = |scope| matches!(scope, Scope::Run | Scope::Condition);
    let partners: Vec<(usize, usize)> = if single(a.scope) && single(b.scope) {
        vec![(0, 0)]
    } else {
        a.names().filter_map(both).collect()
    };
    let lonely = |side: &Side<'a>, of: fn(&(usize, usize)) -> usize| -> Vec<String> {
        let names = side.names().enumerate();
        let lonely = names.filter(|(i, _)| !partners.iter().any(|partner| of(partner) == *i));
        lonely.map(|(_, name)| name.to_owned()).collect()
    };
    let conditions = partners.iter().filter_map(|&(i, j)| {
        let (ours, theirs) = (a.conditions.get(i)?, b.conditions.get(j)?);
        let (a_name, b_name) = (&ours.0, &theirs.0);
        let name = if a_name == b_name { a_name.clone() } else { format!("{a_name} / {b_name}") };
        let alone = a.scope == Scope::Run && b.scope == Scope::Run;
        let matched = match_runs(name, &runs(ours, metric), &runs(theirs, metric), alone);
        (!matched.pairs.is_empty()).then_some(matched)
    });
    Matching {
        conditions: conditions.collect(),
        only_a: lonely(a, |partner| partner.0),
        only_b: lonely(b, |partner| partner.1),
        problems,
    }
}

/// Two single runs are a pair whatever their seeds are.
fn match_runs<'a>(name: String, a: &[Run<'a>], b: &[Run<'a>], alone: bool) -> Matched<'a> {
    let partner = |run: &Run<'a>, others: &[Run<'a>]| {
        others.iter().find(|other| alone || other.seed == run.seed).cloned()
    };
    let without = |runs: &[Run<'a>], others: &[Run<'a>]| -> Vec<u64> {
        runs.iter().filter(|run| partner(run, others).is_none()).map(|run| run.seed).collect()
    };
    let couple = |run: &Run<'a>| Some(Couple { a: run.clone(), b: partner(run, b)? });
    Matched {
        name,
        only_a: without(a, b),
        only_b: without(b, a),
        pairs: a.iter().filter_map(couple).collect(),
    }
}

fn runs<'a>(of: &(String, BTreeMap<u64, Place<'a>>), metric: MetricName) -> Vec<Run<'a>> {
    let (condition, places) = of;
    let run = |(&seed, &record): (&u64, &Place<'a>)| {
        let (fate, score) = record.map_or((Fate::Missing, None), |record| ending(record, metric));
        Run { condition: condition.clone(), seed, record, fate, score }
    };
    places.iter().map(run).collect()
}

/// Only a summary finishes a trial; one without the metric says nothing here.
fn ending(record: &RunRecord, metric: MetricName) -> (Fate, Option<f64>) {
    let Some(summary) = &record.summary else {
        let state = record.status.as_ref().map(|status| status.state);
        return (unfinished(state), None);
    };
    if let Outcome::Diverged { step, value } = &summary.outcome {
        return (Fate::Diverged { step: *step, value: value.clone() }, None);
    }
    match summary.metrics.get(&metric) {
        None => (Fate::Missing, None),
        Some(value) if value.is_finite() => (Fate::Done, Some(*value)),
        Some(value) => {
            let step = summary.selected_step;
            (Fate::Diverged { step, value: value.to_string() }, None)
        }
    }
}

fn without_metric<'s>(side: &'s Side<'_>, metric: MetricName) -> impl Iterator<Item = String> + 's {
    let lacks = move |record: &&RunRecord| {
        let summary = record.summary.as_ref().filter(|summary| summary.outcome == Outcome::Done);
        summary.is_some_and(|summary| !summary.metrics.contains_key(&metric))
    };
    let places = side.conditions.iter().flat_map(|(_, places)| places.values().flatten());
    let lacking = places.copied().filter(lacks);
    lacking.map(move |record| format!("`{}` reports no `{metric}`", dir_name(record)))
}
