//! The family of contrasts: effects, adjustment, verdicts.

use std::collections::{BTreeMap, BTreeSet};

use fireassay_spec::{Claim, Direction, Experiment, FailedTrial};

use crate::effect::{Effect, Pairs, Rules, shared};
use crate::results::{Contrast, Sensitivity};
use crate::scores::{Cell, Fate, Row, Scores};
use crate::stats::{benjamini_hochberg, holm, power};
use crate::verdict::{Evidence, Reason, Verdict, decide};

/// One contrast per condition but the reference.
pub(crate) fn contrasts(scores: &Scores<'_>, experiment: &Experiment) -> Vec<Contrast> {
    let planned = scores.cells().count();
    let missing = scores.cells().filter(|cell| cell.fate == Fate::Missing).count();
    let partial = (missing > 0).then_some(Reason::Partial { missing, planned });
    let headline = judge(scores, experiment, experiment.analysis.failed_trial);
    let policies = Policies::new(scores, experiment);
    let rows = scores.rows.iter().skip(1).zip(headline).enumerate();
    rows.map(|(i, (row, Judged { effect, verdict }))| {
        let sensitivity = policies.as_ref().and_then(|policies| policies.at(i, row, scores));
        let verdict = match (experiment.claim, &partial) {
            (Claim::Exploratory, _) => Verdict::Exploratory,
            (Claim::Confirmatory, Some(partial)) => Verdict::Inconclusive(partial.clone()),
            (Claim::Confirmatory, None) => match &sensitivity {
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
            sensitivity: sensitivity
                .filter(|_| experiment.claim == Claim::Confirmatory && partial.is_none()),
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
    fn new(scores: &Scores<'_>, experiment: &Experiment) -> Option<Self> {
        scores.rows.iter().any(|row| row.failures() > 0).then(|| Self {
            exclude_pair: judge(scores, experiment, FailedTrial::ExcludePair),
            worst: judge(scores, experiment, FailedTrial::Worst),
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
fn judge(scores: &Scores<'_>, experiment: &Experiment, policy: FailedTrial) -> Vec<Judged> {
    let analysis = &experiment.analysis;
    let contrasts = scores.rows.len() - 1;
    let rules = Rules {
        direction: analysis.direction,
        rope: analysis.rope,
        alpha: analysis.alpha,
        contrasts,
    };
    let mut effects: Vec<Result<Effect, Reason>> = scores.rows[1..]
        .iter()
        .map(|row| match taint(row, scores.reference(), policy) {
            Some(reason) => Err(reason),
            None => Ok(Effect::new(&Pairs::new(row, scores.reference(), policy), &rules)),
        })
        .collect();
    adjust(&mut effects, experiment.claim);
    let n_min = power::fewest_seeds(contrasts.max(1), analysis.alpha);
    let rows = scores.rows[1..].iter().zip(effects);
    rows.map(|(row, effect)| match effect {
        Err(reason) => Judged { effect: None, verdict: Verdict::Inconclusive(reason) },
        Ok(effect) => {
            let finished = finished_pairs(row, scores.reference());
            let verdict = if finished.is_empty() {
                // Under `worst` every pair may be made of stand-ins, which measure nothing.
                Verdict::Inconclusive(Reason::NoPairs)
            } else if effect.all_zero() && is_no_op(row, &finished) {
                Verdict::Inconclusive(Reason::NoOp)
            } else {
                decide(&evidence(&effect, &rules, n_min))
            };
            Judged { effect: Some(effect), verdict }
        }
    })
    .collect()
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

/// Differences and equivalences are two families, each adjusted on its own. A contrast without
/// numbers still counts in both.
fn adjust(effects: &mut [Result<Effect, Reason>], claim: Claim) {
    let of = |get: fn(&Effect) -> Option<f64>| -> Vec<Option<f64>> {
        effects.iter().map(|effect| effect.as_ref().ok().and_then(get)).collect()
    };
    let raw = of(|effect| effect.sign_flip_p.filter(|_| effect.n() > 1));
    let differences = match claim {
        Claim::Confirmatory => holm::adjust(&raw),
        Claim::Exploratory => benjamini_hochberg::adjust(&raw),
    };
    let equivalences = holm::adjust(&of(|effect| effect.tost_p));
    for (effect, (p, tost_p)) in effects.iter_mut().zip(differences.into_iter().zip(equivalences)) {
        if let Ok(effect) = effect {
            effect.adjusted_p = p;
            effect.adjusted_tost_p = tost_p;
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
