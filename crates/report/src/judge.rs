//! The family of contrasts: effects, adjustment, verdicts.

use std::collections::{BTreeMap, BTreeSet};

use fireassay_spec::{Direction, Experiment, FailedTrial};

use crate::effect::{Effect, Pairs, Rules, shared};
use crate::family::Families;
use crate::results::{Contrast, Sensitivity};
use crate::scores::{Cell, Fate, Row, Scores};
use crate::stats::{benjamini_hochberg, holm, power};
use crate::verdict::{Evidence, Reason, Verdict, decide};

/// One contrast per condition but the reference.
pub(crate) fn contrasts(
    scores: &Scores<'_>,
    experiment: &Experiment,
    families: &Families,
) -> Vec<Contrast> {
    let planned = scores.cells().count();
    let missing = scores.cells().filter(|cell| cell.fate == Fate::Missing).count();
    let partial = (missing > 0).then_some(Reason::Partial { missing, planned });
    let headline = judge(scores, experiment, families, experiment.analysis.failed_trial);
    let policies = Policies::new(scores, experiment, families);
    let rows = scores.rows.iter().skip(1).zip(headline).enumerate();
    rows.map(|(i, (row, Judged { effect, verdict }))| {
        let sensitivity = policies.as_ref().and_then(|policies| policies.at(i, row, scores));
        let standing = families.standings[i].clone();
        let confirmatory = standing.is_confirmatory();
        let verdict = match (confirmatory, &partial) {
            (false, _) => Verdict::Exploratory,
            (true, Some(partial)) => Verdict::Inconclusive(partial.clone()),
            (true, None) => match &sensitivity {
                Some(lines) if lines.disagree() && !overrides(&verdict) => {
                    Verdict::Inconclusive(Reason::FailurePolicy)
                }
                Some(_) | None => verdict,
            },
        };
        Contrast {
            condition: row.condition.name.clone(),
            reference_levels: reference_levels(row, scores.reference()),
            planned: shared(row, scores.reference()).count(),
            failures: (row.failures(), scores.reference().failures()),
            effect,
            verdict,
            sensitivity: sensitivity.filter(|_| confirmatory && partial.is_none()),
            family: families.size_at(i),
            standing,
        }
    })
    .collect()
}

/// Reasons that come before a dependence on the failure policy.
fn overrides(verdict: &Verdict) -> bool {
    let Verdict::Inconclusive(reason) = verdict else { return false };
    match reason {
        Reason::Partial { .. } | Reason::NoOp | Reason::FailedTrials | Reason::MixedProvenance => {
            true
        }
        Reason::FailurePolicy
        | Reason::NoPairs
        | Reason::OneSeed
        | Reason::TooFewSeeds { .. }
        | Reason::Undecided => false,
    }
}

/// The whole family judged under both policies that give every contrast numbers.
struct Policies {
    exclude_pair: Vec<Judged>,
    worst: Vec<Judged>,
}

impl Policies {
    /// None if nothing failed.
    fn new(scores: &Scores<'_>, experiment: &Experiment, families: &Families) -> Option<Self> {
        let under = |policy| judge(scores, experiment, families, policy);
        scores.rows.iter().any(|row| row.failures() > 0).then(|| Self {
            exclude_pair: under(FailedTrial::ExcludePair),
            worst: under(FailedTrial::Worst),
        })
    }

    /// Only where the condition and the reference fail at different rates.
    fn at(&self, i: usize, row: &Row<'_>, scores: &Scores<'_>) -> Option<Sensitivity> {
        let reference = scores.reference();
        let rate = |row: &Row<'_>| row.failures() as f64 / row.cells.len().max(1) as f64;
        if rate(row) == rate(reference) {
            return None;
        }
        // The family is adjusted together, so one failure without a value spoils every verdict.
        let known = |row: &Row<'_>| row.failures() == 0 || row.failure_value.is_some();
        let worst = scores.rows.iter().all(known).then(|| self.worst[i].verdict.clone());
        Some(Sensitivity { exclude_pair: self.exclude_pair[i].verdict.clone(), worst })
    }
}

impl Sensitivity {
    fn disagree(&self) -> bool {
        self.worst.as_ref().is_some_and(|worst| worst.word() != self.exclude_pair.word())
    }
}

struct Judged {
    effect: Option<Effect>,
    verdict: Verdict,
}

/// Every contrast under one failure policy, as if the experiment were complete.
fn judge(
    scores: &Scores<'_>,
    experiment: &Experiment,
    families: &Families,
    policy: FailedTrial,
) -> Vec<Judged> {
    let analysis = &experiment.analysis;
    let rules = |i: usize| Rules {
        direction: analysis.direction,
        rope: analysis.rope,
        alpha: analysis.alpha,
        contrasts: families.size_at(i),
    };
    let rows = || scores.rows[1..].iter().enumerate();
    let mut effects: Vec<Result<Effect, Reason>> = rows()
        .map(|(i, row)| match taint(row, scores.reference(), policy) {
            Some(reason) => Err(reason),
            None => Ok(Effect::new(&Pairs::new(row, scores.reference(), policy), &rules(i))),
        })
        .collect();
    adjust(&mut effects, families);
    rows()
        .zip(effects)
        .map(|((i, row), effect)| match effect {
            Err(reason) => Judged { effect: None, verdict: Verdict::Inconclusive(reason) },
            Ok(effect) => {
                let verdict = verdict_of(&effect, row, scores.reference(), &rules(i));
                Judged { effect: Some(effect), verdict }
            }
        })
        .collect()
}

fn verdict_of(effect: &Effect, row: &Row<'_>, reference: &Row<'_>, rules: &Rules) -> Verdict {
    let finished = finished_pairs(row, reference);
    if finished.is_empty() {
        // Under `worst` every pair may be made of stand-ins, which measure nothing.
        Verdict::Inconclusive(Reason::NoPairs)
    } else if effect.all_zero() && is_no_op(row, &finished) {
        Verdict::Inconclusive(Reason::NoOp)
    } else {
        let n_min = power::fewest_seeds(rules.contrasts.max(1), rules.alpha);
        decide(&evidence(effect, rules, n_min))
    }
}

fn evidence(effect: &Effect, rules: &Rules, n_min: usize) -> Evidence {
    let sign = match rules.direction {
        Direction::Higher => 1.0,
        Direction::Lower => -1.0,
    };
    Evidence {
        n: effect.n(),
        n_min,
        alpha: rules.alpha,
        mean_in_favour: sign * effect.mean.unwrap_or(0.0),
        difference_p: effect.adjusted_p,
        equivalence_p: effect.adjusted_tost_p,
    }
}

/// The confirmatory family by Holm, the exploratory one by Benjamini-Hochberg. Differences and
/// equivalences are adjusted apart. A contrast without numbers still counts in its family.
fn adjust(effects: &mut [Result<Effect, Reason>], families: &Families) {
    let of = |confirmatory: bool, get: fn(&Effect) -> Option<f64>| -> Vec<Option<f64>> {
        let members = effects.iter().enumerate().map(|(i, effect)| {
            let value = effect.as_ref().ok().and_then(get);
            value.filter(|_| families.standings[i].is_confirmatory() == confirmatory)
        });
        members.collect()
    };
    let raw = |effect: &Effect| effect.sign_flip_p.filter(|_| effect.n() > 1);
    let (declared, others) = (families.confirmatory, families.exploratory);
    let confirmatory = holm::adjust_in(&of(true, raw), declared);
    let exploratory = benjamini_hochberg::adjust_in(&of(false, raw), others);
    let tost = |effect: &Effect| effect.tost_p;
    let equivalent = holm::adjust_in(&of(true, tost), declared);
    let maybe_equivalent = holm::adjust_in(&of(false, tost), others);
    for (i, effect) in effects.iter_mut().enumerate() {
        if let Ok(effect) = effect {
            effect.adjusted_p = confirmatory[i].or(exploratory[i]);
            effect.adjusted_tost_p = equivalent[i].or(maybe_equivalent[i]);
        }
    }
}

/// Why the pairs of a contrast are not to be compared at all.
fn taint(row: &Row<'_>, reference: &Row<'_>, policy: FailedTrial) -> Option<Reason> {
    if policy == FailedTrial::Abort && row.failures() + reference.failures() > 0 {
        return Some(Reason::FailedTrials);
    }
    // Trials of different code or devices are not a pair.
    let origin = |cell: &Cell<'_>| {
        let provenance = cell.record.and_then(|record| record.provenance.as_ref());
        provenance.map(|p| (p.binary_hash.clone(), p.backend.clone()))
    };
    let pairs = finished_pairs(row, reference).into_iter();
    let origins: BTreeSet<Option<(String, String)>> =
        pairs.flat_map(|(our, their)| [origin(our), origin(their)]).collect();
    (origins.len() > 1).then_some(Reason::MixedProvenance)
}

/// Whether the condition ended with the reference's weights at every shared seed, though nobody
/// said that it should. Different weights with equal scores are an honest zero.
fn is_no_op(row: &Row<'_>, finished: &[CellPair<'_, '_>]) -> bool {
    let digest = |cell: &Cell<'_>| {
        let summary = cell.record.and_then(|record| record.summary.as_ref());
        summary.map(|summary| summary.state_digest.clone())
    };
    !row.condition.duplicate && finished.iter().all(|(our, their)| digest(our) == digest(their))
}

type CellPair<'r, 'a> = (&'r Cell<'a>, &'r Cell<'a>);

/// The shared seeds at which both trials are done.
fn finished_pairs<'r, 'a>(row: &'r Row<'a>, reference: &'r Row<'a>) -> Vec<CellPair<'r, 'a>> {
    shared(row, reference)
        .filter(|(our, their)| our.score.is_some() && their.score.is_some())
        .collect()
}

fn reference_levels(row: &Row<'_>, reference: &Row<'_>) -> BTreeMap<String, String> {
    let theirs = reference.condition.settings.iter();
    theirs
        .filter(|&(factor, level)| row.condition.settings.get(factor) != Some(level))
        .map(|(factor, level)| (factor.clone(), level.clone()))
        .collect()
}
