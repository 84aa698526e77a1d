//! The family of conditions that are judged together: effects, adjustment, verdicts.

use fireassay_spec::{Cards, Direction, FailedTrial, MetricName};

use crate::ReportError;
use crate::compare::Criteria;
use crate::compare::matching::{Couple, Matched, Run};
use crate::effect::{Effect, Pairs, Rules};
use crate::stats::{holm, power};
use crate::verdict::{Evidence, Reason, Verdict, decide};

/// Conditions that are adjusted together.
pub(super) struct Family<'f, 'a> {
    pub conditions: &'f [&'f Matched<'a>],
    pub criteria: &'f Criteria,
    pub cards: &'f Cards,
    /// At least as many as there are conditions: those that were not picked count as well.
    pub size: usize,
    /// Names the draws of sampled statistics.
    pub key: u64,
}

/// What the tests say of one condition.
pub(super) struct Tested {
    pub effect: Option<Effect>,
    pub verdict: Verdict,
}

impl Family<'_, '_> {
    /// Every condition under one failure policy, as if all trials were finished.
    pub(super) fn under(&self, policy: FailedTrial) -> Vec<Tested> {
        let mut effects: Vec<Option<Effect>> =
            self.conditions.iter().map(|matched| self.effect(matched, policy)).collect();
        self.adjust(&mut effects);
        let each = effects.into_iter().zip(self.conditions);
        each.map(|(effect, matched)| {
            let verdict = match &effect {
                None => Verdict::Inconclusive(Reason::FailedTrials),
                // Under `worst` every pair may be made of stand-ins, which measure nothing.
                Some(_) if !matched.pairs.iter().any(Couple::is_done) => {
                    Verdict::Inconclusive(Reason::NoPairs)
                }
                Some(effect) => decide(&self.evidence(effect)),
            };
            Tested { effect, verdict }
        })
        .collect()
    }

    /// Under `worst`, something has to stand for every failed trial.
    pub(super) fn every_failure_has_a_value(&self) -> Result<(), ReportError> {
        let runs = self.conditions.iter().flat_map(|matched| &matched.pairs);
        let mut runs = runs.flat_map(|pair| [&pair.a, &pair.b]);
        let lacking = runs.find(|run| run.fate.is_failure() && self.failure_value(run).is_none());
        match lacking.and_then(|run| run.record) {
            None => Ok(()),
            Some(record) => Err(ReportError::NoFailureValue {
                condition: record.trial.condition.clone(),
                metric: self.criteria.metric,
                dataset: record.trial.spec.data.dataset.clone(),
            }),
        }
    }

    /// None if the policy makes no effect.
    fn effect(&self, matched: &Matched<'_>, policy: FailedTrial) -> Option<Effect> {
        if policy == FailedTrial::Abort && matched.pairs.iter().any(Couple::is_spoilt) {
            return None;
        }
        let mut pairs = Pairs::default();
        for Couple { a, b } in &matched.pairs {
            let scores = self.score(b, policy).zip(self.score(a, policy));
            let Some((ours, theirs)) = scores else { continue };
            pairs.seeds.push(a.seed);
            pairs.ours.push(ours);
            pairs.theirs.push(theirs);
        }
        Some(Effect::new(&pairs, &self.rules()))
    }

    /// What a trial counts for.
    fn score(&self, run: &Run<'_>, policy: FailedTrial) -> Option<f64> {
        match policy {
            FailedTrial::Worst if run.fate.is_failure() => self.failure_value(run),
            FailedTrial::Worst | FailedTrial::ExcludePair | FailedTrial::Abort => run.score,
        }
    }

    fn failure_value(&self, run: &Run<'_>) -> Option<f64> {
        match self.criteria.metric {
            MetricName::Of(_, metric) => {
                let data = &run.record?.trial.spec.data;
                metric.failure_value(data.class_names(self.cards.get(&data.dataset)?).len())
            }
            // Chance level says nothing about a difference, nor about another task.
            MetricName::Gap(_) | MetricName::Source(_) | MetricName::Forgotten(_) => None,
        }
    }

    fn rules(&self) -> Rules {
        let Criteria { direction, rope, alpha, interval, .. } = *self.criteria;
        Rules { direction, rope, alpha, family: self.size, interval, key: self.key }
    }

    /// Differences and equivalences, each with Holm. What was not picked has no p, and counts.
    fn adjust(&self, effects: &mut [Option<Effect>]) {
        let adjusted = |get: fn(&Effect) -> Option<f64>| -> Vec<Option<f64>> {
            let mut raw: Vec<Option<f64>> =
                effects.iter().map(|effect| effect.as_ref().and_then(get)).collect();
            raw.resize(self.size, None);
            holm::adjust(&raw)
        };
        let differences = adjusted(|effect| effect.sign_flip_p.filter(|_| effect.n() > 1));
        let equivalences = adjusted(|effect| effect.tost_p);
        for (effect, (p, tost_p)) in
            effects.iter_mut().zip(differences.into_iter().zip(equivalences))
        {
            if let Some(effect) = effect {
                effect.adjusted_p = p;
                effect.adjusted_tost_p = tost_p;
            }
        }
    }

    fn evidence(&self, effect: &Effect) -> Evidence {
        let sign = match self.criteria.direction {
            Direction::Higher => 1.0,
            Direction::Lower => -1.0,
        };
        let alpha = self.criteria.alpha;
        Evidence {
            n: effect.n(),
            n_min: power::fewest_seeds(self.size.max(1), alpha),
            alpha,
            mean_in_favour: sign * effect.mean.unwrap_or(0.0),
            difference_p: effect.adjusted_p,
            equivalence_p: effect.adjusted_tost_p,
        }
    }
}
