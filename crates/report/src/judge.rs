//! The family of claims: effects, adjustment, verdicts.

use std::collections::BTreeSet;

use fireassay_spec::{Direction, Experiment, FailedTrial, IntervalKind};

use crate::design::{Measure, Withheld};
use crate::effect::{Effect, Pairs, Rules};
use crate::family::Families;
use crate::results::Sensitivity;
use crate::scores::{Cell, Fate, Row, Scores};
use crate::standing::Standing;
use crate::stats::{benjamini_hochberg, holm, power};
use crate::verdict::{Evidence, Reason, Verdict, decide};

/// What is judged: one number per seed.
pub(crate) enum Subject {
    /// A condition, by row, minus the reference.
    Contrast { row: usize },
    /// A weighted sum of conditions, by row.
    Interaction { terms: Vec<(usize, f64)> },
}

/// What is said of a subject.
pub(crate) struct Judgement {
    /// Seeds that are planned for all of its conditions.
    pub planned: usize,
    /// None if its trials are not to be compared.
    pub effect: Option<Effect>,
    pub verdict: Verdict,
    /// Its trials are of different binaries or backends, whatever else the verdict says.
    pub is_mixed: bool,
    pub sensitivity: Option<Sensitivity>,
    pub standing: Standing,
    pub family: usize,
}

/// One per subject; `families` has their standings in the same order.
pub(crate) fn judgements(
    scores: &Scores<'_>,
    experiment: &Experiment,
    subjects: &[Subject],
    families: &Families,
) -> Vec<Judgement> {
    let planned = scores.cells().count();
    let missing = scores.cells().filter(|cell| cell.fate == Fate::Missing).count();
    let partial = (missing > 0).then_some(Reason::Partial { missing, planned });
    let interval = experiment.analysis.interval;
    let bench = Bench { scores, experiment, subjects, families, interval };
    let policies = Policies::new(&bench);
    let headline = bench.judge(experiment.analysis.failed_trial).into_iter().enumerate();
    headline
        .map(|(i, Judged { effect, verdict })| {
            let rows = subjects[i].rows(scores);
            let sensitivity = policies.as_ref().and_then(|policies| policies.at(i, &rows, scores));
            let confirmatory = families.standings[i].is_confirmatory();
            let is_mixed = verdict == Verdict::Inconclusive(Reason::MixedProvenance);
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
            Judgement {
                planned: seeds_of(&rows).count(),
                effect,
                verdict,
                is_mixed,
                sensitivity: sensitivity.filter(|_| confirmatory && partial.is_none()),
                standing: families.standings[i].clone(),
                family: families.size_at(i),
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

/// The whole family judged under both policies that give every claim numbers.
struct Policies {
    exclude_pair: Vec<Judged>,
    worst: Vec<Judged>,
}

impl Policies {
    /// None if nothing failed.
    fn new(bench: &Bench<'_>) -> Option<Self> {
        // Verdicts do not look at intervals, and those of the t kind cost nothing.
        let bench = Bench { interval: IntervalKind::T, ..*bench };
        bench.scores.rows.iter().any(|row| row.failures() > 0).then(|| Self {
            exclude_pair: bench.judge(FailedTrial::ExcludePair),
            worst: bench.judge(FailedTrial::Worst),
        })
    }

    /// Only where the conditions of a claim fail at different rates.
    fn at(&self, i: usize, rows: &[&Row<'_>], scores: &Scores<'_>) -> Option<Sensitivity> {
        let rate = |row: &Row<'_>| row.failures() as f64 / row.cells.len().max(1) as f64;
        if rows.iter().all(|row| rate(row) == rate(rows[0])) {
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

/// Everything that a family is judged from.
#[derive(Clone, Copy)]
struct Bench<'b> {
    scores: &'b Scores<'b>,
    experiment: &'b Experiment,
    subjects: &'b [Subject],
    families: &'b Families,
    interval: IntervalKind,
}

impl Bench<'_> {
    /// Every claim under one failure policy, as if the experiment were complete.
    fn judge(&self, policy: FailedTrial) -> Vec<Judged> {
        let subjects = || self.subjects.iter().enumerate();
        let mut effects: Vec<Result<Effect, Reason>> =
            subjects().map(|(i, subject)| self.effect(subject, policy, &self.rules(i))).collect();
        adjust(&mut effects, self.families);
        let judged =
            |((i, subject), effect): ((usize, &Subject), Result<Effect, Reason>)| match effect {
                Err(reason) => Judged { effect: None, verdict: Verdict::Inconclusive(reason) },
                Ok(effect) => {
                    let rows = subject.rows(self.scores);
                    let verdict = verdict_of(&effect, &rows, &self.rules(i));
                    Judged { effect: Some(effect), verdict }
                }
            };
        subjects().zip(effects).map(judged).collect()
    }

    fn rules(&self, i: usize) -> Rules {
        let family = self.families.size_at(i);
        let rules = Rules::new(&self.experiment.analysis, family, self.scores.key);
        Rules { interval: self.interval, ..rules }
    }

    fn effect(
        &self,
        subject: &Subject,
        policy: FailedTrial,
        rules: &Rules,
    ) -> Result<Effect, Reason> {
        let scores = self.scores;
        if let Some(reason) = taint(&subject.rows(scores), policy) {
            return Err(reason);
        }
        match subject {
            Subject::Contrast { row } => {
                let pairs = Pairs::new(&scores.rows[*row], scores.reference(), policy);
                Ok(Effect::new(&pairs, rules))
            }
            Subject::Interaction { terms } => {
                let measure = Measure { scores, policy, rules: *rules };
                measure.effect(terms).map_err(|withheld| match withheld {
                    Withheld::FailedTrials => Reason::FailedTrials,
                    Withheld::MixedProvenance => Reason::MixedProvenance,
                    Withheld::Incomplete
                    | Withheld::NoCommonScale
                    | Withheld::NotPlanned
                    | Withheld::TooFewSeeds
                    | Withheld::TooManyComponents => Reason::NoPairs,
                })
            }
        }
    }
}

impl Subject {
    fn rows<'s, 'a>(&self, scores: &'s Scores<'a>) -> Vec<&'s Row<'a>> {
        match self {
            Self::Contrast { row } => vec![&scores.rows[*row], scores.reference()],
            Self::Interaction { terms } => {
                terms.iter().map(|(row, _)| &scores.rows[*row]).collect()
            }
        }
    }
}

fn verdict_of(effect: &Effect, rows: &[&Row<'_>], rules: &Rules) -> Verdict {
    let finished = finished_seeds(rows);
    if finished.is_empty() {
        // Under `worst` every number may be made of stand-ins, which measure nothing.
        Verdict::Inconclusive(Reason::NoPairs)
    } else if effect.all_zero() && is_no_op(rows, &finished) {
        Verdict::Inconclusive(Reason::NoOp)
    } else {
        let n_min = power::fewest_seeds(rules.family.max(1), rules.alpha);
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
/// equivalences are adjusted apart. A claim without numbers still counts in its family.
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

/// Why the trials of a claim are not to be compared at all.
pub(crate) fn taint(rows: &[&Row<'_>], policy: FailedTrial) -> Option<Reason> {
    if policy == FailedTrial::Abort && rows.iter().any(|row| row.failures() > 0) {
        return Some(Reason::FailedTrials);
    }
    // Trials of different code or devices are not a pair.
    let origin = |cell: &Cell<'_>| {
        let provenance = cell.record.and_then(|record| record.provenance.as_ref());
        provenance.map(|p| (p.binary_hash.clone(), p.backend.clone()))
    };
    let finished = finished_seeds(rows);
    let origins: BTreeSet<Option<(String, String)>> =
        finished.iter().flatten().map(|cell| origin(cell)).collect();
    (origins.len() > 1).then_some(Reason::MixedProvenance)
}

/// Whether two of the conditions ended with the very same weights at every seed, though nobody
/// said that they should: what parts them seems not to be used. Different weights with equal
/// scores are an honest zero.
pub(crate) fn is_no_op(rows: &[&Row<'_>], finished: &[Vec<&Cell<'_>>]) -> bool {
    let digest = |cell: &Cell<'_>| {
        let summary = cell.record.and_then(|record| record.summary.as_ref());
        summary.map(|summary| summary.state_digest.clone())
    };
    let same = |i: usize, j: usize| {
        let declared = rows[i].condition.duplicate || rows[j].condition.duplicate;
        !declared && finished.iter().all(|cells| digest(cells[i]) == digest(cells[j]))
    };
    (0..rows.len()).any(|i| (i + 1..rows.len()).any(|j| same(i, j)))
}

/// The trials of each seed that is planned for all of these conditions.
pub(crate) fn seeds_of<'r, 'a>(rows: &'r [&'r Row<'a>]) -> impl Iterator<Item = Vec<&'r Cell<'a>>> {
    let first = rows.iter().take(1).flat_map(|row| &row.cells);
    first.filter_map(|cell| rows.iter().map(|row| row.at(cell.trial.seed)).collect())
}

/// Those at which every trial is done.
pub(crate) fn finished_seeds<'r, 'a>(rows: &'r [&'r Row<'a>]) -> Vec<Vec<&'r Cell<'a>>> {
    seeds_of(rows).filter(|cells| cells.iter().all(|cell| cell.score.is_some())).collect()
}
