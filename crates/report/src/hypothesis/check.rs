//! Manipulation checks: does what a hypothesis rests on hold at all?

use fireassay_spec::hypothesis::Difference;
use fireassay_spec::{Check, Hypothesis, Quantity};

use crate::effect::{FEWEST_SHOWN, LEVEL};
use crate::hypothesis::result::{Checked, Outcome};
use crate::hypothesis::units::Units;
use crate::stats::paired_t::Interval;
use crate::stats::{describe, paired_t};

/// `units` has every condition that the check looks at.
pub(crate) fn checked(check: &Check, units: Option<&Units>) -> Checked {
    let (n, estimate, interval) = match &check.quantity {
        Quantity::Measured(measured) => {
            let interval = Interval { low: measured.low, high: measured.high };
            (None, Some(measured.value), Some(interval))
        }
        Quantity::Scores { of, than } => {
            let values = units.and_then(|units| numbers(units, of, than.as_ref()));
            let values = values.unwrap_or_default();
            let interval = paired_t::interval(&values, LEVEL);
            let shown = interval.filter(|_| values.len() >= FEWEST_SHOWN);
            (Some(values.len()), describe::mean(&values), shown)
        }
    };
    Checked { check: check.clone(), n, estimate, interval, outcome: outcome(check, interval) }
}

fn numbers(units: &Units, of: &Difference, than: Option<&Difference>) -> Option<Vec<f64>> {
    let all = units.all();
    let first = units.difference(of, &all)?;
    let per_seed = match than {
        Some(than) => {
            let second = units.difference(than, &all)?;
            first.iter().zip(second).map(|(first, second)| first - second).collect()
        }
        None => first,
    };
    Some(units.counted(&per_seed))
}

fn outcome(check: &Check, interval: Option<Interval>) -> Outcome {
    let Some(Interval { low, high }) = interval else { return Outcome::Open };
    let fits =
        check.above.is_none_or(|bound| low > bound) && check.below.is_none_or(|bound| high < bound);
    let fails = check.above.is_some_and(|bound| high <= bound)
        || check.below.is_some_and(|bound| low >= bound);
    match (fits, fails) {
        (true, _) => Outcome::Passed,
        (false, true) => Outcome::Failed,
        (false, false) => Outcome::Open,
    }
}

/// Whether a check says something about a hypothesis.
pub(crate) fn guards(check: &Check, hypothesis: &Hypothesis) -> bool {
    let conditions = hypothesis.conditions();
    check.voids.is_empty() || check.voids.iter().any(|name| conditions.contains(name.as_str()))
}
