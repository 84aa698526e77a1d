//! Along a numeric factor: slopes, and where a difference rises through 0.

use fireassay_spec::Plan;
use fireassay_spec::hypothesis::Step;

use crate::effect::LEVEL;
use crate::hypothesis::measure::Bench;
use crate::hypothesis::result::{Detail, Finding, IntervalMethod, Lean, Point, Scale, Series};
use crate::hypothesis::units::Units;
use crate::stats::crossing::{crossing, slope};
use crate::stats::page_trend::page;
use crate::stats::{bootstrap, describe, paired_t};

/// Per seed the difference at every step.
fn grid(units: &Units, steps: &[Step]) -> Option<Vec<Vec<f64>>> {
    let all = units.all();
    let columns: Vec<Vec<f64>> =
        steps.iter().map(|step| units.difference(&step.difference, &all)).collect::<Option<_>>()?;
    Some(all.iter().map(|unit| columns.iter().map(|column| column[*unit]).collect()).collect())
}

fn places(steps: &[Step]) -> Vec<f64> {
    steps.iter().map(|step| step.at).collect()
}

/// The least-squares slope of every seed: per unit of the factor or, laid out by logarithms, per
/// tenfold of it.
pub(crate) fn slopes(units: &Units, steps: &[Step]) -> Option<Vec<f64>> {
    let unit = if is_log(steps) { std::f64::consts::LN_10 } else { 1.0 };
    let xs: Vec<f64> = steps.iter().map(|step| step.at / unit).collect();
    Some(grid(units, steps)?.iter().map(|values| slope(&xs, values)).collect())
}

/// The means along the factor.
pub(crate) fn detail(units: &Units, of: &[Step], than: Option<&[Step]>) -> Option<Detail> {
    let mut series = vec![series(units, of)?];
    if let Some(than) = than {
        series.push(self::series(units, than)?);
    }
    let alone = || page(&grid(units, of)?).map(|page| page.p_two_sided);
    let page_p = if than.is_none() { alone() } else { None };
    Some(Detail::Along { series, page_p })
}

fn series(units: &Units, steps: &[Step]) -> Option<Series> {
    let all = units.all();
    let point = |step: &Step| {
        let values = units.counted(&units.difference(&step.difference, &all)?);
        let side = |conditions: &[String]| describe::mean(&units.side(conditions, &all)?);
        let minus = &step.difference.minus;
        Some(Point {
            label: step.label.clone(),
            value: step.value,
            sides: (side(&step.difference.of)?, if minus.is_empty() { None } else { side(minus) }),
            mean: describe::mean(&values)?,
            interval: paired_t::interval(&values, LEVEL),
        })
    };
    let points: Vec<Point> = steps.iter().map(point).collect::<Option<_>>()?;
    Some(Series { name: name(steps.first()?), points, crossing: None })
}

/// Both sides, without the level that runs along.
fn name(step: &Step) -> String {
    let level = format!("={}", step.label);
    let condition = |name: &String| {
        let others: Vec<&str> = name.split('+').filter(|part| !part.ends_with(&level)).collect();
        if others.is_empty() { Plan::REFERENCE.to_owned() } else { others.join("+") }
    };
    let side = |names: &[String]| match names {
        [only] => condition(only),
        several => {
            let all: Vec<String> = several.iter().map(condition).collect();
            format!("best of {}", all.join(", "))
        }
    };
    match step.difference.minus.as_slice() {
        [] => side(&step.difference.of),
        minus => format!("{} minus {}", side(&step.difference.of), side(minus)),
    }
}

/// The crossing of one series or, with a second, the ratio of its crossing to the first's.
pub(crate) fn crossover(bench: &Bench<'_>, of: &[Step], than: Option<&[Step]>) -> Option<Finding> {
    let units = bench.units;
    let all_steps = [Some(of), than];
    let grids: Vec<(Vec<f64>, Vec<Vec<f64>>)> = (all_steps.iter().flatten())
        .map(|steps| Some((places(steps), grid(units, steps)?)))
        .collect::<Option<_>>()?;
    let sign = bench.sign();
    let crossings = |members: &[usize]| -> Vec<f64> {
        let crossing_of = |(xs, grid): &(Vec<f64>, Vec<Vec<f64>>)| {
            let mean_at = |step: usize| {
                let sum: f64 = members.iter().map(|unit| sign * grid[*unit][step]).sum();
                sum / members.len() as f64
            };
            crossing(xs, &(0..xs.len()).map(mean_at).collect::<Vec<f64>>())
        };
        grids.iter().map(crossing_of).collect()
    };
    let members = units.all();
    let found = crossings(&members);
    let clusters = units.strata();
    let n = units.counted(&vec![0.0; members.len()]).len();
    let drawn = |of: &dyn Fn(&[f64]) -> f64| {
        bootstrap::clusters(&clusters, &|members| of(&crossings(members)), bench.rules.key)
    };
    let mut detail = detail(units, of, than)?;
    // What lies outside stays infinite, on either side.
    let back = |steps: &[Step], x: f64| if is_log(steps) && x.is_finite() { x.exp() } else { x };
    if let Detail::Along { series, page_p } = &mut detail {
        *page_p = None;
        for (at, (series, steps)) in series.iter_mut().zip(all_steps.iter().flatten()).enumerate() {
            let interval = bootstrap::percentiles(&drawn(&|of| of[at]), LEVEL);
            let interval = interval.map(|i| mapped(i, |x| back(steps, x)));
            series.crossing = Some((back(steps, found[at]), interval));
        }
    }
    let empty = Finding {
        scale: Scale::Level,
        seeds: units.seeds.clone(),
        n,
        values: Vec::new(),
        estimate: back(of, found[0]),
        interval: None,
        method: IntervalMethod::ClusterBootstrap,
        null: 0.0,
        p: None,
        adjusted_p: None,
        leans: Lean::Neither,
        detectable: None,
        needed: None,
        over_checkpoints: None,
        detail,
    };
    Some(match found.as_slice() {
        [here, there] => {
            let apart = drawn(&|of| later(of[0], of[1]));
            let interval = bootstrap::percentiles(&apart, LEVEL);
            Finding {
                scale: if is_log(of) { Scale::Ratio } else { Scale::Level },
                estimate: back(of, later(*here, *there)),
                interval: interval.map(|i| mapped(i, |x| back(of, x))),
                null: back(of, 0.0),
                p: Some(bootstrap::two_sided_p(&apart, 0.0)),
                leans: match here.is_finite() && there.is_finite() {
                    true => Lean::above(there - here, 0.0),
                    false => Lean::Neither,
                },
                ..empty
            }
        }
        _ => inside(empty, &drawn(&|of| of[0]), found[0]),
    })
}

/// One crossing: it is shown to lie inside of the range where twice the share of resamples without
/// one is small. Outside, it may lie beyond or nowhere: censored, which decides nothing.
fn inside(found: Finding, drawn: &[f64], at: f64) -> Finding {
    let outside = drawn.iter().filter(|x| x.is_infinite()).count();
    let share = (1 + outside) as f64 / (1 + drawn.len()) as f64;
    let Detail::Along { series, .. } = &found.detail else { return found };
    let interval = series.first().and_then(|series| series.crossing).and_then(|of| of.1);
    let leans = if at.is_finite() { Lean::For } else { Lean::Neither };
    Finding { interval, p: Some((2.0 * share).min(1.0)), leans, ..found }
}

/// How much later the second crossing is; 0 where both lie outside on the same side, which shows
/// neither.
fn later(first: f64, second: f64) -> f64 {
    if first == second { 0.0 } else { second - first }
}

pub(crate) fn is_log(steps: &[Step]) -> bool {
    steps.iter().any(|step| step.at != step.value)
}

fn mapped(interval: paired_t::Interval, of: impl Fn(f64) -> f64) -> paired_t::Interval {
    paired_t::Interval { low: of(interval.low), high: of(interval.high) }
}
