//! From a declared test to its finding.

use fireassay_spec::hypothesis::{Difference, Expect, Rung, Sign, Step, Test, Trend};
use fireassay_spec::{Hypothesis, IntervalKind};

use crate::effect::{LEVEL, Rules};
use crate::hypothesis::along;
use crate::hypothesis::result::{Detail, Finding, IntervalMethod, Lean, Scale, sign};
use crate::hypothesis::units::Units;
use crate::stats::{bootstrap, describe, paired_t, power, sign_flip, tost};

/// Fewer clusters are not resampled: t over their values stands in.
pub(crate) const FEWEST_CLUSTERS: usize = 8;

/// What a finding is made with.
pub(crate) struct Bench<'b> {
    pub hypothesis: &'b Hypothesis,
    pub units: &'b Units,
    /// Of the declared interval, the size of the family and the draws.
    pub rules: Rules,
}

impl Bench<'_> {
    /// None if the best has to be chosen and a half of the seeds is missing, or without units.
    pub(crate) fn find(&self) -> Option<Finding> {
        if self.units.seeds.is_empty() {
            return None;
        }
        match &self.hypothesis.test {
            Test::Contrast { of, expect } => self.contrast(of, *expect),
            Test::Crossover { of, than, .. } => along::crossover(self, of, than.as_deref()),
            Test::Depth { of, than } => self.depth(of, than),
            Test::Interaction { of, than, expect } => self.interaction((of, than), *expect),
            Test::Regret { all, prescribed, margin } => self.regret(all, prescribed, *margin),
            Test::Slope { of, than, expect, .. } => self.slope((of, than.as_deref()), *expect),
            // Times are no scores: see `hypothesis/time.rs`.
            Test::Time { .. } => None,
        }
    }

    /// A sign-flip test of one number per unit against `null`; `sign` turns what is expected up.
    pub(crate) fn of_numbers(&self, per_seed: &[f64], null: f64, sign: f64) -> Option<Finding> {
        let values = self.units.counted(per_seed);
        let estimate = describe::mean(&values)?;
        let shifted: Vec<f64> = values.iter().map(|value| value - null).collect();
        let (family, alpha) = (self.rules.family, self.rules.alpha);
        let spread = describe::sd(&values).filter(|sd| *sd > 0.0);
        let over = self.units.by_checkpoint(per_seed);
        let is_shared = self.units.is_shared() && over.len() > 1;
        Some(Finding {
            scale: Scale::Metric(self.hypothesis.metric),
            seeds: self.units.seeds.clone(),
            n: values.len(),
            estimate,
            interval: self.rules.interval_of(&values),
            method: match self.rules.interval {
                IntervalKind::Bootstrap => IntervalMethod::Bootstrap,
                IntervalKind::T => IntervalMethod::T,
            },
            null,
            p: sign_flip::p_value(&shifted, self.rules.key),
            adjusted_p: None,
            leans: Lean::above(sign * estimate, sign * null),
            detectable: (power::detectable(values.len(), family, alpha).zip(spread))
                .map(|(unit, sd)| unit * sd),
            needed: spread.and_then(|sd| power::seeds_for((estimate - null) / sd, family, alpha)),
            over_checkpoints: is_shared
                .then(|| Some((describe::mean(&over)?, paired_t::interval(&over, LEVEL))))
                .flatten(),
            values,
            detail: Detail::None,
        })
    }

    pub(crate) fn sign(&self) -> f64 {
        sign(self.hypothesis.direction)
    }

    fn contrast(&self, of: &Difference, expect: Expect) -> Option<Finding> {
        let per_seed = self.units.difference(of, &self.units.all())?;
        let sign = self.sign();
        let mut found = self.of_numbers(&per_seed, 0.0, sign)?;
        let favour: Vec<f64> = found.values.iter().map(|value| sign * value).collect();
        match expect {
            Expect::Better => {}
            Expect::Worse => found.leans = found.leans.turned(),
            Expect::Different => {
                // Equivalence, where a rope is declared, refutes it.
                let same = self.rules.rope.and_then(|rope| tost::p_value(&favour, rope));
                let found_none = same.filter(|same| found.p.is_none_or(|p| *same < p));
                found.leans = if found_none.is_some() { Lean::Against } else { Lean::For };
                found.p = found_none.or(found.p);
            }
            Expect::Equivalent(margin) => {
                let inside = tost::p_value(&favour, margin)?;
                let turned: Vec<f64> = favour.iter().map(|value| -value).collect();
                let above = tost::non_inferiority(&favour, -margin)?;
                let below = tost::non_inferiority(&turned, -margin)?;
                found.one_sided(inside, above.min(below));
            }
            Expect::NotWorse(margin) => {
                let turned: Vec<f64> = favour.iter().map(|value| -value).collect();
                let not_below = tost::non_inferiority(&favour, margin)?;
                found.null = -sign * margin;
                found.one_sided(not_below, tost::non_inferiority(&turned, -margin)?);
            }
        }
        Some(found)
    }

    fn interaction(&self, (of, than): (&Difference, &Difference), expect: Sign) -> Option<Finding> {
        let all = self.units.all();
        let (first, second) =
            (self.units.difference(of, &all)?, self.units.difference(than, &all)?);
        let per_seed: Vec<f64> =
            first.iter().zip(second).map(|(first, second)| first - second).collect();
        self.of_numbers(
            &per_seed,
            0.0,
            match expect {
                Sign::Negative => -1.0,
                Sign::Positive => 1.0,
            },
        )
    }

    fn slope(&self, (of, than): (&[Step], Option<&[Step]>), expect: Trend) -> Option<Finding> {
        let slopes = along::slopes(self.units, of)?;
        let others = match than {
            Some(than) => along::slopes(self.units, than)?,
            None => vec![0.0; slopes.len()],
        };
        let per_seed: Vec<f64> =
            slopes.iter().zip(others).map(|(slope, other)| slope - other).collect();
        let found = self.of_numbers(
            &per_seed,
            0.0,
            match expect {
                Trend::Falling => -1.0,
                Trend::Rising => 1.0,
            },
        )?;
        Some(Finding {
            scale: match along::is_log(of) {
                true => Scale::PerTenfold(self.hypothesis.metric),
                false => Scale::PerStep(self.hypothesis.metric),
            },
            detail: along::detail(self.units, of, than)?,
            ..found
        })
    }

    /// Whole ranks: the first of equal scores counts.
    fn depth(&self, of: &[Rung], than: &[Rung]) -> Option<Finding> {
        let best = |rungs: &[Rung], unit: usize| {
            let score = |rung: &Rung| self.sign() * self.units.score(unit, &rung.condition);
            let scores: Vec<f64> = rungs.iter().map(score).collect();
            let most = scores.iter().copied().reduce(f64::max)?;
            // Equal ones share the middle of their ranks, or an early level would win every tie.
            let tied: Vec<usize> = (0..scores.len()).filter(|i| scores[*i] == most).collect();
            Some(1.0 + tied.iter().sum::<usize>() as f64 / tied.len() as f64)
        };
        let ranks: Vec<[f64; 2]> = (self.units.all().into_iter())
            .map(|unit| Some([best(of, unit)?, best(than, unit)?]))
            .collect::<Option<_>>()?;
        let per_seed: Vec<f64> = ranks.iter().map(|[here, there]| here - there).collect();
        let found = self.of_numbers(&per_seed, 0.0, -1.0)?;
        Some(Finding { scale: Scale::Ranks, detail: Detail::Depths(ranks), ..found })
    }

    fn regret(&self, all: &[String], prescribed: &[String], margin: f64) -> Option<Finding> {
        let sign = self.sign();
        let regrets = |members: &[usize]| -> Option<Vec<f64>> {
            let best = self.units.side(all, members)?;
            let theirs = self.units.side(prescribed, members)?;
            Some(best.iter().zip(theirs).map(|(best, theirs)| sign * (best - theirs)).collect())
        };
        let members = self.units.all();
        let mut found = self.of_numbers(&regrets(&members)?, margin, -1.0)?;
        let chosen = |half: bool| {
            let best = self.units.best(all, &members, half)?;
            Some([best.clone(), self.units.best(prescribed, &members, half)?.clone()])
        };
        found.detail = Detail::Chosen([false, true].into_iter().filter_map(chosen).collect());
        if found.n >= FEWEST_CLUSTERS {
            // Choosing is part of what chance does, so every resample chooses anew.
            let statistic = |members: &[usize]| {
                let regrets = regrets(members).unwrap_or_default();
                describe::mean(&regrets).unwrap_or(f64::NAN)
            };
            let drawn = bootstrap::clusters(&self.units.strata(), &statistic, self.rules.key);
            found.interval = bootstrap::percentiles(&drawn, LEVEL);
            found.method = IntervalMethod::ClusterBootstrap;
        } else {
            found.interval = paired_t::interval(&found.values, LEVEL);
            found.method = IntervalMethod::T;
        }
        // The interval decides, and the test has to agree.
        found.leans = match found.interval {
            Some(interval) if interval.high < margin => Lean::For,
            Some(interval) if interval.low > margin => Lean::Against,
            Some(_) | None => Lean::Neither,
        };
        Some(found)
    }
}

impl Finding {
    /// Of two one-sided p values the smaller one, and which side it speaks for.
    fn one_sided(&mut self, supporting: f64, refuting: f64) {
        self.leans = if supporting <= refuting { Lean::For } else { Lean::Against };
        self.p = Some(supporting.min(refuting));
    }
}

impl Lean {
    pub(crate) fn turned(self) -> Self {
        match self {
            Self::For => Self::Against,
            Self::Against => Self::For,
            Self::Neither => Self::Neither,
        }
    }
}
