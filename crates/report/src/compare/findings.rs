//! What may be said of each condition: identical ones first, then the family of the others.

use fireassay_spec::{Cards, FailedTrial};

use crate::ReportError;
use crate::compare::family::{Family, Tested};
use crate::compare::matching::{Couple, Matched, Run};
use crate::compare::{Bits, Criteria, Finding};
use crate::effect::Effect;
use crate::key::key;
use crate::results::Sensitivity;
use crate::scores::Fate;
use crate::standing::Standing;
use crate::verdict::{Reason, Verdict};

/// What is found of all conditions.
pub(super) struct Findings {
    /// How many conditions are adjusted together.
    pub family: usize,
    /// In the order of the conditions.
    pub conditions: Vec<Judged>,
}

/// What is found of one condition.
pub(super) struct Judged {
    pub effect: Option<Effect>,
    pub finding: Finding,
    pub sensitivity: Option<Sensitivity>,
}

/// Judges every condition.
///
/// Identical ones leave the family, which is fair to the others: the sign-flip test is conditional
/// on the sizes of the differences, so knowing which of them are 0 biases no p.
pub(super) fn findings(
    conditions: &[Matched<'_>],
    criteria: &Criteria,
    cards: &Cards,
) -> Result<Findings, ReportError> {
    let tested: Vec<&Matched<'_>> =
        conditions.iter().filter(|matched| identical(matched, criteria).is_none()).collect();
    let size = if tested.is_empty() { 0 } else { tested.len().max(criteria.picked_from) };
    let pairs = conditions.iter().flat_map(|matched| &matched.pairs);
    let key = key(pairs.flat_map(|pair| [&pair.a, &pair.b]).filter_map(|run| run.record));
    let family = Family { conditions: &tested, criteria, cards, size, key };
    if criteria.failed_trial == FailedTrial::Worst {
        family.every_failure_has_a_value()?;
    }
    let mut judged = judge(&family, missing(conditions).as_ref()).into_iter();
    let each = conditions.iter().map(|matched| match identical(matched, criteria) {
        Some(pairs) => {
            let finding = Finding::Identical { pairs };
            Some(Judged { effect: None, finding, sensitivity: None })
        }
        None => judged.next(),
    });
    Ok(Findings { family: size, conditions: each.flatten().collect() })
}

/// How many pairs are identical, if all are that have two results. Where the policy gives a failed
/// trial a weight, one is enough to need the statistics.
fn identical(matched: &Matched<'_>, criteria: &Criteria) -> Option<usize> {
    let count = |wanted| matched.pairs.iter().filter(|pair| pair.bits() == wanted).count();
    let weighs = match criteria.failed_trial {
        FailedTrial::ExcludePair => false,
        FailedTrial::Abort | FailedTrial::Worst => matched.pairs.iter().any(Couple::is_spoilt),
    };
    let pairs = count(Bits::Identical);
    (pairs > 0 && count(Bits::Different) == 0 && !weighs).then_some(pairs)
}

/// Trials that may still get a result, if there are any: to judge before they have one would be to
/// choose when to look.
fn missing(conditions: &[Matched<'_>]) -> Option<Reason> {
    let runs = conditions.iter().flat_map(|matched| &matched.pairs);
    let runs: Vec<&Run<'_>> = runs.flat_map(|pair| [&pair.a, &pair.b]).collect();
    let missing = runs.iter().filter(|run| run.fate == Fate::Missing).count();
    (missing > 0).then_some(Reason::Partial { missing, planned: runs.len() })
}

fn judge(family: &Family<'_, '_>, partial: Option<&Reason>) -> Vec<Judged> {
    let headline = family.under(family.criteria.failed_trial);
    let policies = policies(family);
    let each = headline.into_iter().zip(family.conditions).enumerate();
    each.map(|(i, (Tested { effect, verdict }, matched))| {
        let lines = policies.get(i).filter(|_| !fails_alike(matched));
        let (verdict, sensitivity) = match (&family.criteria.standing, partial, lines) {
            (Standing::Exploratory(_), _, _) => (Verdict::Exploratory, None),
            (Standing::Confirmatory, Some(partial), _) => {
                (Verdict::Inconclusive(partial.clone()), None)
            }
            (Standing::Confirmatory, None, None) => (verdict, None),
            (Standing::Confirmatory, None, Some(lines)) => {
                let aborted = verdict == Verdict::Inconclusive(Reason::FailedTrials);
                let depends = disagree(lines) && !aborted;
                let policy = Verdict::Inconclusive(Reason::FailurePolicy);
                (if depends { policy } else { verdict }, Some(lines.clone()))
            }
        };
        Judged { effect, finding: Finding::Judged(verdict), sensitivity }
    })
    .collect()
}

/// Every condition under both policies that give it numbers; nothing if nothing failed.
fn policies(family: &Family<'_, '_>) -> Vec<Sensitivity> {
    if family.conditions.iter().all(|matched| fails_alike(matched)) {
        return Vec::new();
    }
    let worst_is_known = family.every_failure_has_a_value().is_ok();
    let exclude = family.under(FailedTrial::ExcludePair).into_iter();
    exclude
        .zip(family.under(FailedTrial::Worst))
        .map(|(exclude, worst)| Sensitivity {
            exclude_pair: exclude.verdict,
            worst: worst_is_known.then_some(worst.verdict),
        })
        .collect()
}

fn fails_alike(matched: &Matched<'_>) -> bool {
    let failures = |of: for<'c> fn(&'c Couple<'_>) -> &'c Fate| {
        matched.pairs.iter().filter(|pair| of(pair).is_failure()).count()
    };
    failures(|pair| &pair.a.fate) == failures(|pair| &pair.b.fate)
}

fn disagree(lines: &Sensitivity) -> bool {
    lines.worst.as_ref().is_some_and(|worst| worst.word() != lines.exclude_pair.word())
}
