//! Derived effects as a person reads them; shared by the sections that show them.

use fireassay_spec::Direction;

use crate::design::Withheld;
use crate::effect::Effect;
use crate::legend::interval_name;
use crate::number::{ABSENT, Unit, fixed, listed, p_equals, p_value, plural};
use crate::results::Results;

/// With more items than this, sentences help nobody and the table has to do.
pub(crate) const MOST_SENTENCES: usize = 12;

/// `+1.46 pp (95 % interval [1.22, 1.70], n = 7, p (BH) = 0.026)`, or why there is no such number.
pub(crate) fn numbers(results: &Results, effect: &Result<Effect, Withheld>) -> String {
    match effect {
        Ok(effect) => numbers_of(results, effect),
        Err(why) => format!("not computed ({why})"),
    }
}

/// The same of an effect that is there, if no seed may be.
pub(crate) fn numbers_of(results: &Results, effect: &Effect) -> String {
    let Some(mean) = effect.mean else {
        return "not computed (no seed has every score that it needs)".into();
    };
    let unit = Unit::of(results.analysis.primary_metric);
    let interval = effect.interval.filter(|_| effect.is_shown());
    let (difference, bounds) = unit.difference(mean, interval);
    let mut details = Vec::new();
    if interval.is_some() {
        details.push(format!("{} {bounds}", interval_name(results.analysis.interval)));
    }
    details.push(format!("n = {}", effect.n()));
    details.extend(effect.adjusted_p.filter(|_| effect.is_shown()).map(adjusted));
    format!("{difference} {} ({})", unit.difference, details.join(", "))
}

/// `p (BH) = 0.026`.
pub(crate) fn adjusted(p: f64) -> String {
    p_equals(p).replacen('p', "p (BH)", 1)
}

/// `n`, difference and interval; p, adjusted p and g_z follow.
pub(crate) fn cells(results: &Results, effect: &Result<Effect, Withheld>) -> Vec<String> {
    let absent = || ABSENT.to_owned();
    let Ok(effect) = effect else {
        return std::iter::repeat_with(absent).take(6).collect();
    };
    let unit = Unit::of(results.analysis.primary_metric);
    let interval = effect.interval.filter(|_| effect.is_shown());
    let difference = effect.mean.map(|mean| unit.difference(mean, interval));
    let (difference, bounds) = difference.unwrap_or_else(|| (absent(), absent()));
    let shown = |p: Option<f64>| p.filter(|_| effect.is_shown()).map_or_else(absent, p_value);
    vec![
        n_of(results, effect.n()),
        difference,
        bounds,
        shown(effect.sign_flip_p),
        shown(effect.adjusted_p),
        effect.size.map_or_else(absent, |size| fixed(size.g_z, 2)),
    ]
}

/// `6/7`: of the planned seeds.
pub(crate) fn n_of(results: &Results, n: usize) -> String {
    format!("{n}/{}", results.feasibility.n)
}

/// Whether 0 is inside the interval; unknown without one.
pub(crate) fn holds_zero(effect: &Result<Effect, Withheld>) -> Option<bool> {
    let effect = effect.as_ref().ok().filter(|effect| effect.is_shown())?;
    effect.interval.map(|interval| interval.low <= 0.0 && 0.0 <= interval.high)
}

/// What the differences and p values of derived effects are, for a legend.
pub(crate) fn legend(results: &Results) -> String {
    let direction = match results.analysis.direction {
        Direction::Higher => "higher is better",
        Direction::Lower => "lower is better",
    };
    format!(
        "Differences of {} are in {}, {direction}. p (BH): sign-flip test, Benjamini-Hochberg \
         over {} derived from this design.",
        results.analysis.primary_metric,
        Unit::of(results.analysis.primary_metric).difference,
        plural(results.design_analysis.family, "effect")
    )
}

/// What could not be computed, a line per reason.
pub(crate) fn withheld(items: &[(String, Option<Withheld>)]) -> Vec<String> {
    let mut whys: Vec<Withheld> = items.iter().filter_map(|(_, why)| *why).collect();
    whys.sort_by_key(|why| why.key());
    whys.dedup();
    let line = |why: Withheld| {
        let of = items.iter().filter(|(_, other)| *other == Some(why));
        let mut names: Vec<String> = of.map(|(name, _)| name.clone()).collect();
        names.dedup();
        format!("Not computed, because {why}: {}.", listed(&names))
    };
    whys.into_iter().map(line).collect()
}
