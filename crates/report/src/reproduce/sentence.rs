//! What a rerun came to, in words.

use fireassay_spec::MetricName;
use fireassay_tracking::Outcome;

use super::divergence::{Parting, StateParting, Trail, ValueParting};
use super::judge::{Basis, FEWEST_SEEDS, Ground};
use super::likeness::Gap;
use super::{Again, Reproduced};
use crate::effect::Effect;
use crate::number::{Unit, p_equals, plural};

/// Digits of a loss or metric, unless two differ only further back.
const DECIMALS: usize = 6;

/// One trial, without a full stop.
pub(super) fn sentence(trial: &Reproduced, basis: &Basis) -> String {
    let seed = format!("seed {}", trial.seed);
    let condition = &trial.condition;
    let again = match &trial.rerun {
        Err(message) => return format!("{condition} {seed} has no result: {message}"),
        Ok(again) => again,
    };
    let (rung, way) = (again.rung().word(), way(again));
    let ground = ground(trial, again, basis).map_or_else(String::new, |ground| ground + "; ");
    if again.ground.is_paired() {
        return format!("{condition} is {rung}: {ground}{seed} is {way}");
    }
    format!("{condition} {seed} is {rung}: {ground}{way}")
}

/// `done`, `diverged (NaN at step 41)`.
pub(super) fn outcome(outcome: &Outcome) -> String {
    match outcome {
        Outcome::Done => "done".into(),
        Outcome::Diverged { step, value } => format!("diverged ({value} at step {step})"),
    }
}

/// What the rung rests on.
fn ground(trial: &Reproduced, again: &Again, basis: &Basis) -> Option<String> {
    let unit = Unit::of(basis.metric);
    let metric = basis.metric;
    Some(match &again.ground {
        Ground::Bits => return None,
        Ground::Tolerance => match &again.gap {
            None => "every metric has the same bits, which weights or events have not".into(),
            Some(gap) => format!("the metric that is off most is {}", gap_words(gap)),
        },
        Ground::Outcome => {
            format!("{} before, {} now", outcome(&trial.outcome), outcome(&again.outcome))
        }
        Ground::Equivalent(effect) => {
            let rope = basis.rope.map_or_else(String::new, |rope| unit.size(rope));
            let p = effect.adjusted_tost_p.map_or_else(String::new, p_equals);
            format!("{}, inside ±{rope} (TOST, {p})", mean(effect, metric))
        }
        Ground::Shift(effect) => {
            let p = effect.adjusted_p.map_or_else(String::new, p_equals);
            format!("{}, which is not chance (sign-flip test, {p})", mean(effect, metric))
        }
        Ground::Spread { difference, limit, n } => {
            let is = if difference.abs() <= *limit { "no more" } else { "more" };
            let (off, limit) = (off(trial, again, metric), unit.size(*limit));
            format!(
                "{off}, {is} than the {limit} that two of the condition's {n} seeds may lie apart"
            )
        }
        Ground::FewSeeds(n) => format!(
            "{}, and how far seeds of the condition lie apart cannot be told from {n} of them \
             ({FEWEST_SEEDS} are needed)",
            off(trial, again, metric)
        ),
        Ground::NoSpread => format!(
            "{}, and all seeds of the condition have one score, which says nothing of how far a \
             rerun may be off",
            off(trial, again, metric)
        ),
        Ground::NoScore => {
            let (before, now) = (outcome(&trial.outcome), outcome(&again.outcome));
            format!("{before} before, {now} now, without a {metric} to compare")
        }
    })
}

/// `test.accuracy is off by 0.3 pp`.
fn off(trial: &Reproduced, again: &Again, metric: MetricName) -> String {
    let difference = trial.original.zip(again.score).map_or(0.0, |(a, b)| b - a);
    format!("{metric} is off by {}", Unit::of(metric).size(difference))
}

fn mean(effect: &Effect, metric: MetricName) -> String {
    let unit = Unit::of(metric);
    let (mean, interval) = unit.difference(effect.mean.unwrap_or(0.0), effect.interval);
    let n = plural(effect.n(), "rerun");
    format!("{n} differ by {mean} {} on average, 95 % interval {interval}", unit.difference)
}

/// `val.loss, 0.123456 → 0.123457`.
fn gap_words(gap: &Gap) -> String {
    let (original, rerun) = both(gap.original, gap.rerun);
    format!("{}, {original} → {rerun}", gap.metric)
}

/// Where the runs part, and what only one of them has recorded.
fn way(again: &Again) -> String {
    let lone =
        again.trail.as_ref().and_then(|trail| match (trail.only_original, trail.only_rerun) {
            (0, 0) => None,
            (n, 0) => Some(format!(" ({} more in the original)", plural(n, "event"))),
            (0, n) => Some(format!(" ({} more in the rerun)", plural(n, "event"))),
            (n, m) => {
                Some(format!(" ({} more in the original, {m} in the rerun)", plural(n, "event")))
            }
        });
    parting(again) + &lone.unwrap_or_default()
}

fn parting(again: &Again) -> String {
    match &again.trail {
        None if again.is_identical() => {
            "its result, for the events of the original were not kept".into()
        }
        None => "other at a step that is not known, for its events were not kept".into(),
        Some(Trail { shared: 0, .. }) => "without an event that both have recorded".into(),
        Some(Trail { parting: Some(parting), .. }) => parting_words(parting),
        Some(Trail { shared, parting: None, .. }) => {
            let events = plural(*shared, "event");
            if again.is_identical() {
                format!("its result and {events}")
            } else {
                format!("the same in all {events} on the way")
            }
        }
    }
}

fn parting_words(parting: &Parting) -> String {
    let Parting { step, same_until, value, state } = parting;
    if let Some(state) = state.as_ref().filter(|state| state.step == 0) {
        let tensors = tensors(state);
        return format!("other from the start, at step 0 in {tensors}: before any training");
    }
    let mut text = match same_until {
        Some(before) => format!("the same up to step {before}, other at step {step}"),
        None => format!("other from the first event on, at step {step}"),
    };
    if let Some(ValueParting { step: at, name, original, rerun }) = value {
        let (original, rerun) = both(*original, *rerun);
        let at = if at == step { String::new() } else { format!(" of step {at}") };
        text = format!("{text}, {name}{at} {original} → {rerun}");
    }
    let Some(state) = state else { return format!("{text}, no digest of the state is other") };
    let since =
        state.same_at.map_or_else(String::new, |same_at| format!(" (the same at step {same_at})"));
    format!("{text}, state of step {} in {}{since}", state.step, tensors(state))
}

/// `conv1.weight and 6 more of 12 tensors`.
fn tensors(state: &StateParting) -> String {
    let StateParting { first, differing, tensors, .. } = state;
    match differing - 1 {
        0 => format!("{first} alone of {}", plural(*tensors, "tensor")),
        more => format!("{first} and {more} more of {}", plural(*tensors, "tensor")),
    }
}

/// Two values with as many digits as tell them apart.
fn both(a: f64, b: f64) -> (String, String) {
    let short = |value: f64| format!("{value:.DECIMALS$}");
    if short(a) != short(b) { (short(a), short(b)) } else { (a.to_string(), b.to_string()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_parting_is_told_by_step_value_and_tensor() {
        let check = |parting: &Parting, said: &str| assert_eq!(parting_words(parting), said);
        let state = |step, same_at, differing| {
            Some(StateParting {
                step,
                same_at,
                first: "conv.weight".into(),
                differing,
                tensors: 12,
            })
        };
        let value = |step, original: f64, rerun: f64| {
            Some(ValueParting { step, name: "training loss".into(), original, rerun })
        };
        let start = Parting {
            step: 0,
            same_until: None,
            value: value(10, 1.0, 2.0),
            state: state(0, None, 1),
        };
        check(
            &start,
            "other from the start, at step 0 in conv.weight alone of 12 tensors: before any training",
        );
        let both = Parting {
            step: 170,
            same_until: Some(160),
            value: value(170, 0.5, 0.25),
            state: state(320, Some(160), 7),
        };
        check(
            &both,
            "the same up to step 160, other at step 170, training loss 0.500000 → 0.250000, state of \
             step 320 in conv.weight and 6 more of 12 tensors (the same at step 160)",
        );
        let loss = Parting {
            step: 10,
            same_until: None,
            value: value(10, 1.0, 1.000_000_000_1),
            state: None,
        };
        check(
            &loss,
            "other from the first event on, at step 10, training loss 1 → 1.0000000001, no digest of \
             the state is other",
        );
    }
}
