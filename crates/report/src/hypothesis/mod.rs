//! Declared hypotheses: each with its own statistic, all of them one Holm family.
//!
//! A hypothesis comes down to one number per seed (or per shared checkpoint) and an exact sign-flip
//! test, so the gate on the number of units is that of contrasts. What has no such number (a
//! crossover) is resampled, behind the same gate; what has a margin is tested by one-sided t tests.

mod along;
pub(crate) mod check;
pub(crate) mod json;
mod measure;
pub(crate) mod result;
mod time;
mod units;
pub(crate) mod words;

use std::collections::{BTreeMap, BTreeSet};

use fireassay_spec::hypothesis::Test;
use fireassay_spec::{Cards, Experiment, FailedTrial, Hypothesis, IntervalKind, MetricName, Plan};

use crate::ReportError;
use crate::design::{Measure, Withheld};
use crate::effect::Rules;
use crate::judge::{finished_seeds, is_no_op, taint};
use crate::observed::Observed;
use crate::registration::Registered;
use crate::scores::{Fate, Row, Scores};
use crate::standing::Standing;
use crate::stats::{holm, power};
use crate::verdict::Reason;
use measure::Bench;
pub use result::{
    Answer, Answered, Arm, Checked, Detail, Finding, IntervalMethod, Lean, Open, Outcome, Point,
    Scale, Series, Shared, Times,
};
use time::Clock;
use units::{Layout, Units};

/// Every hypothesis answered and every check looked at, in the order of the file.
pub(crate) fn hypotheses(
    experiment: &Experiment,
    (plan, cards): (&Plan, &Cards),
    observed: &Observed,
    registered: Option<&Registered>,
) -> Result<(Vec<Answered>, Vec<Checked>), ReportError> {
    if experiment.hypotheses.is_empty() {
        return Ok((Vec::new(), Vec::new()));
    }
    let mut scores = BTreeMap::new();
    let metrics = experiment.hypotheses.iter().map(|of| of.metric);
    for metric in metrics.chain(experiment.checks.iter().map(|of| of.metric)) {
        let mut other = experiment.clone();
        other.analysis.primary_metric = metric;
        scores.insert(metric, Scores::new(&other, plan, cards, &observed.records)?);
    }
    let court = Court { experiment, observed, scores, shared: shared(experiment) };
    let checks: Vec<Checked> = experiment.checks.iter().map(|check| court.check(check)).collect();
    Ok((court.answers(&checks, registered), checks))
}

/// The stage that trials share, with whether it has seeds enough to speak of new ones.
pub(crate) fn shared(experiment: &Experiment) -> Option<Shared> {
    let (stream, seeds) = experiment.shared_stage()?;
    let needed = power::fewest_seeds(experiment.hypotheses.len().max(1), experiment.analysis.alpha);
    let checkpoints = usize::try_from(seeds).unwrap_or(usize::MAX);
    Some(Shared { stream, checkpoints, generalises: checkpoints >= needed })
}

/// Everything that hypotheses are judged from.
struct Court<'a> {
    experiment: &'a Experiment,
    observed: &'a Observed,
    scores: BTreeMap<MetricName, Scores<'a>>,
    shared: Option<Shared>,
}

/// A finding, or why there is none.
type Found = Result<Finding, Open>;

impl Court<'_> {
    fn answers(&self, checks: &[Checked], registered: Option<&Registered>) -> Vec<Answered> {
        let policy = self.experiment.analysis.failed_trial;
        let headline = self.judged(policy);
        let others = self.has_failures().then(|| {
            [FailedTrial::ExcludePair, FailedTrial::Worst].map(|policy| self.judged(policy))
        });
        let all = self.experiment.hypotheses.iter().zip(headline).enumerate();
        all.map(|(i, (hypothesis, found))| {
            let standing = Standing::of_hypothesis(hypothesis, self.experiment, registered);
            let depends = others.as_ref().is_some_and(|[exclude, worst]| {
                let words = [&exclude[i], &worst[i]].map(|found| self.decided(found).word());
                words[0] != words[1] && self.knows_worst(hypothesis)
            });
            let answer = self.answer((hypothesis, &found), checks, &standing, depends);
            Answered {
                hypothesis: hypothesis.clone(),
                answer,
                standing,
                family: self.experiment.hypotheses.len(),
                finding: found.ok(),
                shared: self.shared,
            }
        })
        .collect()
    }

    /// The order of the questions matters: what voids a hypothesis comes first, what only leaves it
    /// open last.
    fn answer(
        &self,
        (hypothesis, found): (&Hypothesis, &Found),
        checks: &[Checked],
        standing: &Standing,
        depends_on_policy: bool,
    ) -> Answer {
        let guarding = || checks.iter().filter(|of| check::guards(&of.check, hypothesis));
        let missing = self.missing();
        let failed = guarding().filter(|of| of.outcome == Outcome::Failed);
        let failed: Vec<String> = failed.map(|of| of.check.name.clone()).collect();
        if !failed.is_empty() && missing.is_none() {
            return Answer::Void(failed);
        }
        if !standing.is_confirmatory() {
            return Answer::Exploratory;
        }
        if let Some(partial) = missing {
            return Answer::Undecided(Open::Reason(partial));
        }
        let decided = self.decided(found);
        let is_decided = matches!(decided, Answer::Supported | Answer::Refuted);
        let is_plain = matches!(
            decided,
            Answer::Undecided(
                Open::Censored | Open::Reason(Reason::Undecided) | Open::TooFew { .. }
            )
        );
        if depends_on_policy && (is_decided || is_plain) {
            return Answer::Undecided(Open::Reason(Reason::FailurePolicy));
        }
        match guarding().find(|of| of.outcome == Outcome::Open).filter(|_| is_decided) {
            Some(open) => Answer::Undecided(Open::Check(open.check.name.clone())),
            None => decided,
        }
    }

    /// As if the experiment were complete and every check passed.
    fn decided(&self, found: &Found) -> Answer {
        let finding = match found {
            Ok(finding) => finding,
            Err(open) => return Answer::Undecided(open.clone()),
        };
        let (family, alpha) = (self.experiment.hypotheses.len(), self.experiment.analysis.alpha);
        let needed = power::fewest_seeds(family, alpha);
        if finding.n < needed {
            return Answer::Undecided(Open::TooFew { n: finding.n, needed });
        }
        if finding.is_censored() {
            return Answer::Undecided(Open::Censored);
        }
        let is_shown = finding.adjusted_p.is_some_and(|p| p <= alpha);
        match finding.leans {
            Lean::For if is_shown => Answer::Supported,
            Lean::Against if is_shown => Answer::Refuted,
            Lean::For | Lean::Against | Lean::Neither => {
                Answer::Undecided(Open::Reason(Reason::Undecided))
            }
        }
    }

    /// The whole family under one failure policy, adjusted. What has no p still counts in it.
    fn judged(&self, policy: FailedTrial) -> Vec<Found> {
        let mut found: Vec<Found> = (self.experiment.hypotheses.iter())
            .map(|hypothesis| self.find(hypothesis, policy))
            .collect();
        // One unit has a p of 1 whatever it shows.
        let p = |found: &Found| found.as_ref().ok().filter(|of| of.n > 1).and_then(|of| of.p);
        let adjusted = holm::adjust(&found.iter().map(p).collect::<Vec<Option<f64>>>());
        for (found, adjusted) in found.iter_mut().zip(adjusted) {
            if let Ok(finding) = found {
                finding.adjusted_p = adjusted;
            }
        }
        found
    }

    fn find(&self, hypothesis: &Hypothesis, policy: FailedTrial) -> Found {
        let nothing = Open::Reason(Reason::NoPairs);
        let Some(scores) = self.scores.get(&hypothesis.metric) else { return Err(nothing) };
        let names: Vec<&str> = hypothesis.conditions().into_iter().collect();
        let rows: Vec<usize> = rows_of(scores, &names);
        let of: Vec<&Row<'_>> = rows.iter().map(|row| &scores.rows[*row]).collect();
        if let Some(reason) = taint(&of, policy) {
            return Err(Open::Reason(reason));
        }
        let finished = finished_seeds(&of);
        if !finished.is_empty() && is_no_op(&of, &finished) {
            return Err(Open::Reason(Reason::NoOp));
        }
        let analysis = &self.experiment.analysis;
        let mut rules = Rules::new(analysis, self.experiment.hypotheses.len(), scores.key);
        // The region of equivalence is in the unit of the primary metric.
        rules.rope = rules.rope.filter(|_| hypothesis.metric == analysis.primary_metric);
        let layout = Layout { experiment: self.experiment, shared: self.shared };
        let sign = result::sign(hypothesis.direction);
        if let Test::Time { of, against, reach } = &hypothesis.test {
            let metric = hypothesis.metric.metric();
            let curves = &self.observed.curves;
            let clock = Clock { scores, curves, policy, direction: metric.better() };
            let pairs = clock.pairs(of, against, reach).ok_or(nothing.clone())?;
            let empty = vec![Vec::new(); pairs.seeds.len()];
            let units = Units::new(&layout, &[], (pairs.seeds.clone(), empty), sign);
            let bench = Bench { hypothesis, units: &units, rules };
            return time::finding(&bench, &pairs, [of, against]).ok_or(nothing);
        }
        let measure = Measure { scores, policy, rules };
        let blocks = measure.blocks(&rows).map_err(|withheld| match withheld {
            Withheld::FailedTrials => Open::Reason(Reason::FailedTrials),
            Withheld::MixedProvenance => Open::Reason(Reason::MixedProvenance),
            Withheld::Incomplete
            | Withheld::NoCommonScale
            | Withheld::NotPlanned
            | Withheld::TooFewSeeds
            | Withheld::TooManyComponents => nothing.clone(),
        })?;
        let units = Units::new(&layout, &names, (blocks.seeds, blocks.scores), sign);
        Bench { hypothesis, units: &units, rules }.find().ok_or(nothing)
    }

    fn check(&self, check: &fireassay_spec::Check) -> Checked {
        let names: Vec<&str> = check.conditions().into_iter().collect();
        let units = self.scores.get(&check.metric).and_then(|scores| {
            let analysis = &self.experiment.analysis;
            let rules = Rules::new(analysis, 1, scores.key);
            let rules = Rules { interval: IntervalKind::T, ..rules };
            let measure = Measure { scores, policy: analysis.failed_trial, rules };
            let blocks = measure.blocks(&rows_of(scores, &names)).ok()?;
            let layout = Layout { experiment: self.experiment, shared: self.shared };
            let sign = result::sign(check.metric.metric().better());
            Some(Units::new(&layout, &names, (blocks.seeds, blocks.scores), sign))
        });
        check::checked(check, units.as_ref())
    }

    /// Trials of the experiment that are not finished.
    fn missing(&self) -> Option<Reason> {
        let scores = self.scores.values().next()?;
        let planned = scores.cells().count();
        let missing = scores.cells().filter(|cell| cell.fate == Fate::Missing).count();
        (missing > 0).then_some(Reason::Partial { missing, planned })
    }

    fn has_failures(&self) -> bool {
        self.scores.values().any(|scores| scores.rows.iter().any(|row| row.failures() > 0))
    }

    /// Whether conditions fail at different rates, and a failed trial has a value to stand in.
    fn knows_worst(&self, hypothesis: &Hypothesis) -> bool {
        let Some(scores) = self.scores.get(&hypothesis.metric) else { return false };
        let names: Vec<&str> = hypothesis.conditions().into_iter().collect();
        let rows: Vec<&Row<'_>> =
            rows_of(scores, &names).into_iter().map(|row| &scores.rows[row]).collect();
        let failures: BTreeSet<usize> = rows.iter().map(|row| row.failures()).collect();
        let is_time = matches!(hypothesis.test, Test::Time { .. });
        let known = |row: &&Row<'_>| row.failures() == 0 || row.failure_value.is_some();
        failures.len() > 1 && (is_time || rows.iter().all(known))
    }
}

/// The rows of conditions, in the order asked for.
fn rows_of(scores: &Scores<'_>, names: &[&str]) -> Vec<usize> {
    let row = |name: &&str| scores.rows.iter().position(|row| row.condition.name == **name);
    names.iter().filter_map(row).collect()
}

impl Finding {
    /// Whether a crossing that it is about lies outside of what was run.
    pub(crate) fn is_censored(&self) -> bool {
        let Detail::Along { series, .. } = &self.detail else { return false };
        series.iter().filter_map(|series| series.crossing).any(|(at, _)| !at.is_finite())
    }
}
