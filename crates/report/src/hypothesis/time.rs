//! Steps until a threshold is first reached on `val`; what never reaches it is censored.

use std::collections::BTreeMap;

use fireassay_spec::hypothesis::Reach;
use fireassay_spec::{Direction, FailedTrial, TrialId};

use crate::effect::LEVEL;
use crate::hypothesis::measure::Bench;
use crate::hypothesis::result::{Arm, Detail, Finding, IntervalMethod, Scale, Times};
use crate::scores::{Cell, Fate, Row, Scores};
use crate::stats::describe;
use crate::stats::kaplan_meier::{Time, median, survival};
use crate::stats::log_rank::{Stratum, log_rank};
use crate::stats::prob_better::prob_better;

/// Step and value on `val`, per trial.
pub(crate) type Curves = BTreeMap<TrialId, Vec<(u64, f64)>>;

/// Where curves are read.
pub(crate) struct Clock<'a> {
    pub scores: &'a Scores<'a>,
    pub curves: &'a Curves,
    pub policy: FailedTrial,
    /// Of the measure on `val`.
    pub direction: Direction,
}

/// Both times of every seed that has them.
pub(crate) struct Pairs {
    pub seeds: Vec<u64>,
    pub times: Vec<[Time; 2]>,
    pub threshold: f64,
}

impl Clock<'_> {
    /// None if the threshold cannot be told.
    pub(crate) fn pairs(&self, of: &str, against: &str, reach: &Reach) -> Option<Pairs> {
        let threshold = match reach {
            Reach::Value(value) => *value,
            Reach::ShareOf { condition, share } => share * self.last_mean(self.row(condition)?)?,
        };
        let (ours, theirs) = (self.row(of)?, self.row(against)?);
        let cells = ours.cells.iter().chain(&theirs.cells);
        let last_step = cells.filter_map(|cell| self.points(cell)?.last().map(|(step, _)| *step));
        let last_step = last_step.max()? as f64;
        let time = |cell: &Cell<'_>| self.time(cell, threshold, last_step);
        let mut pairs = Pairs { seeds: Vec::new(), times: Vec::new(), threshold };
        for our in &ours.cells {
            let seed = our.trial.seed;
            let Some(times) = theirs.at(seed).and_then(|their| Some([time(our)?, time(their)?]))
            else {
                continue;
            };
            pairs.seeds.push(seed);
            pairs.times.push(times);
        }
        Some(pairs)
    }

    fn row(&self, name: &str) -> Option<&Row<'_>> {
        self.scores.rows.iter().find(|row| row.condition.name == name)
    }

    fn points(&self, cell: &Cell<'_>) -> Option<&Vec<(u64, f64)>> {
        self.curves.get(&cell.trial.id).filter(|points| !points.is_empty())
    }

    /// The mean of the last values of finished trials.
    fn last_mean(&self, row: &Row<'_>) -> Option<f64> {
        let done = row.cells.iter().filter(|cell| cell.fate == Fate::Done);
        let last = done.filter_map(|cell| self.points(cell)?.last().map(|(_, value)| *value));
        describe::mean(&last.filter(|value| value.is_finite()).collect::<Vec<f64>>())
    }

    /// A failed trial never gets there, or its seed is left out, as the policy has it.
    fn time(&self, cell: &Cell<'_>, threshold: f64, last_step: f64) -> Option<Time> {
        if cell.fate.is_failure() {
            let is_worst = self.policy == FailedTrial::Worst;
            return is_worst.then_some(Time { at: last_step, reached: false });
        }
        if cell.fate == Fate::Missing {
            return None;
        }
        let points = self.points(cell)?;
        let is_there = |value: f64| match self.direction {
            Direction::Higher => value >= threshold,
            Direction::Lower => value <= threshold,
        };
        let first = points.iter().find(|(_, value)| is_there(*value));
        let (step, reached) = first
            .map(|(step, _)| (*step, true))
            .or_else(|| points.last().map(|(step, _)| (*step, false)))?;
        Some(Time { at: step as f64, reached })
    }
}

/// The log-rank test with every seed a stratum. With two trials in each it comes down to one number
/// per seed, so its exact form is the sign-flip test that everything else goes through.
pub(crate) fn finding(bench: &Bench<'_>, pairs: &Pairs, names: [&str; 2]) -> Option<Finding> {
    let strata: Vec<Stratum> =
        pairs.times.iter().map(|[ours, theirs]| [vec![*ours], vec![*theirs]]).collect();
    let test = log_rank(&strata);
    let nothing = vec![0.0; strata.len()];
    let excess = test.as_ref().map_or(&nothing, |test| &test.excess);
    let found = bench.of_numbers(excess, 0.0, 1.0)?;
    let (share, wilson) = prob_better(&found.values)?;
    let arm = |at: usize| {
        let times: Vec<Time> = pairs.times.iter().map(|pair| pair[at]).collect();
        Arm {
            condition: names[at].to_owned(),
            n: times.len(),
            reached: times.iter().filter(|time| time.reached).count(),
            last_step: times.iter().map(|time| time.at).fold(0.0, f64::max),
            median: median(&times, LEVEL),
            curve: survival(&times, LEVEL),
        }
    };
    Some(Finding {
        scale: Scale::Share,
        estimate: share,
        interval: Some(wilson),
        method: IntervalMethod::Wilson,
        null: 0.5,
        detectable: None,
        needed: None,
        over_checkpoints: None,
        detail: Detail::Times(Box::new(Times {
            threshold: pairs.threshold,
            arms: [arm(0), arm(1)],
            chi_squared: test.as_ref().map_or(0.0, |test| test.chi_squared),
            log_rank_p: test.as_ref().map_or(1.0, |test| test.p),
        })),
        ..found
    })
}
