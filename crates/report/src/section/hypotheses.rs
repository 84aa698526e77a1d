//! Hypotheses: every declared one with its numbers, and the checks that they rest on.

use crate::draw;
use crate::hypothesis::words::{bounds, condition, crossing, estimate, median, place};
use crate::hypothesis::{Answer, Answered, Arm, Checked, Detail, Finding, Point, Series};
use crate::legend;
use crate::number::{ABSENT, Unit, fixed, p_equals, p_value, plural};
use crate::results::Results;
use crate::section::Block;
use crate::stats::bootstrap;
use crate::table::{Align, Table};

pub(crate) fn render(results: &Results) -> Vec<Block> {
    if results.hypotheses.is_empty() {
        return Vec::new();
    }
    let mut blocks = vec![Block::Text(intro(results)), Block::Table(table(results))];
    let lines: Vec<String> = results.hypotheses.iter().filter_map(detail).collect();
    if !lines.is_empty() {
        blocks.push(Block::List(lines));
    }
    blocks.extend(draw::hypotheses(results).into_iter().map(Block::Figure));
    let along = along(results);
    if !along.rows.is_empty() {
        blocks.push(Block::Text("Differences along a factor, mean over seeds.".into()));
        blocks.push(Block::Table(along));
    }
    if !results.checks.is_empty() {
        blocks.push(Block::Text(CHECKS.into()));
        blocks.push(Block::Table(checks(results)));
    }
    blocks
}

const CHECKS: &str = "Checks: what has to hold for a hypothesis to say anything. Passed: the whole \
                      95 % interval (paired t) lies where it should. Failed: all of it lies \
                      outside, and every hypothesis about these conditions is void. Open: neither, \
                      and they cannot be decided.";

fn intro(results: &Results) -> String {
    let alpha = results.analysis.alpha;
    let family = results.hypotheses.first().map_or(0, |of| of.family);
    let shared = match results.shared {
        None => String::new(),
        Some(shared) => {
            let claim = if shared.generalises {
                "n counts checkpoints (means over their seeds), so what is said holds for new ones"
            } else {
                "there are too few to speak of new ones: n counts seeds, and what is said holds for \
                 these checkpoints only"
            };
            format!(
                " Trials share {} of stream {}; {claim}.",
                plural(shared.checkpoints, "checkpoint"),
                shared.stream.name()
            )
        }
    };
    let resampled = |of: &&Answered| {
        let finding = of.finding.as_ref();
        finding.is_some_and(|finding| finding.method.words().contains("bootstrap"))
    };
    let ns = results.hypotheses.iter().filter(resampled).filter_map(|of| of.finding.as_ref());
    let caveat = legend::coverages(ns.map(|finding| finding.n).collect());
    let caveat =
        caveat.map_or_else(String::new, |text| format!(" Bootstrap intervals are {text}."));
    format!(
        "Declared beforehand, each with its own statistic. Supported: what was expected is shown; \
         refuted: the opposite is; undecided: neither; void: a check failed. One number per seed and \
         an exact sign-flip test against the value in its column, unless a margin (one-sided t \
         tests) or a crossing (cluster bootstrap, {} resamples) is in question; where several \
         conditions stand on one side, the best is chosen at the other half of the seeds. Holm \
         over {}, alpha {alpha}; a family of its own, beside the contrasts.{shared}{caveat}",
        bootstrap::RESAMPLES,
        plural(family, "hypothesis").replace("hypothesiss", "hypotheses"),
    )
}

fn table(results: &Results) -> Table {
    let mut table = Table::new(&[
        ("hypothesis", Align::Left),
        ("test", Align::Left),
        ("n", Align::Right),
        ("estimate", Align::Right),
        ("95 % interval", Align::Right),
        ("by", Align::Left),
        ("against", Align::Right),
        ("p", Align::Right),
        ("p (Holm)", Align::Right),
        ("answer", Align::Left),
    ]);
    table.rows = results.hypotheses.iter().map(row).collect();
    table
}

/// The rows of the last screen.
pub(crate) fn short(results: &Results) -> Table {
    let mut table = table(results);
    for title in ["by", "against", "p"] {
        table.remove(title);
    }
    table
}

fn row(of: &Answered) -> Vec<String> {
    let absent = || ABSENT.to_owned();
    let mut cells = vec![of.hypothesis.name.clone(), of.hypothesis.kind().to_owned()];
    match &of.finding {
        None => {
            cells.push("0".into());
            cells.extend(std::iter::repeat_with(absent).take(6));
        }
        Some(finding) => {
            let shown = finding.is_shown();
            let p = |p: Option<f64>| p.filter(|_| shown).map_or_else(absent, p_value);
            let interval = finding.interval.filter(|_| shown);
            cells.push(finding.n.to_string());
            cells.push(estimate(finding));
            cells.push(interval.map_or_else(absent, |interval| bounds(finding, interval)));
            cells.push(finding.method.words().into());
            cells.push(null(of, finding));
            cells.push(p(finding.p));
            cells.push(p(finding.adjusted_p));
        }
    }
    cells.push(answer(of));
    cells
}

/// `supported`, `undecided (n = 5, needs 7)`, `void (M4)`, with what it is conditional on.
fn answer(of: &Answered) -> String {
    let word = of.answer.word();
    let text = match &of.answer {
        Answer::Undecided(open) => format!("{word} ({open})"),
        Answer::Void(checks) => format!("{word} ({})", checks.join(", ")),
        Answer::Supported | Answer::Refuted | Answer::Exploratory => word.into(),
    };
    format!("{text}{}", condition(of.shared))
}

fn null(of: &Answered, finding: &Finding) -> String {
    use crate::hypothesis::Scale;
    match finding.scale {
        Scale::Metric(metric) | Scale::PerStep(metric) | Scale::PerTenfold(metric) => {
            let unit = Unit::of(metric);
            format!("{} {}", fixed(unit.scaled(finding.null), 2), unit.difference)
        }
        Scale::Level
            if matches!(of.hypothesis.test, fireassay_spec::hypothesis::Test::Crossover { .. }) =>
        {
            "the range".into()
        }
        Scale::Level | Scale::Ranks | Scale::Ratio => fixed(finding.null, 0),
        Scale::Share => format!("{} %", fixed(100.0 * finding.null, 0)),
    }
}

/// What a kind of test shows besides its number.
fn detail(of: &Answered) -> Option<String> {
    let finding = of.finding.as_ref()?;
    let name = &of.hypothesis.name;
    let over = finding.over_checkpoints.map(|(mean, interval)| {
        let unit = Unit::of(of.hypothesis.metric);
        let (mean, bounds) = unit.difference(mean, interval);
        format!("over means of checkpoints {mean} {}, 95 % t interval {bounds}", unit.difference)
    });
    let own = match &finding.detail {
        Detail::None => None,
        Detail::Chosen(pairs) => {
            let chosen = |[best, prescribed]: &[String; 2]| match best == prescribed {
                true => best.clone(),
                false => format!("{best} (of the prescribed ones: {prescribed})"),
            };
            let chosen: Vec<String> = pairs.iter().map(chosen).collect();
            Some(format!("the best at either half of the seeds: {}", chosen.join("; ")))
        }
        Detail::Along { series, page_p } => {
            let at = |series: &Series| {
                let (_, interval) = series.crossing?;
                let ends = interval.map(|i| [place(series, i.low), place(series, i.high)]);
                let ends = ends.map_or_else(String::new, |[low, high]| format!(" [{low}, {high}]"));
                Some(format!("{} crosses at {}{ends}", series.name, crossing(series)))
            };
            let mut parts: Vec<String> = series.iter().filter_map(at).collect();
            let trend = page_p.filter(|_| finding.is_shown());
            parts.extend(
                trend.map(|p| format!("Page's test for a trend: {} (two-sided)", p_equals(p))),
            );
            Some(parts.join("; ")).filter(|text| !text.is_empty())
        }
        Detail::Depths(ranks) => {
            let mean = |at: usize| {
                ranks.iter().map(|pair| pair[at]).sum::<f64>() / ranks.len().max(1) as f64
            };
            Some(format!(
                "mean rank of the best level: {} here, {} in the other cell",
                fixed(mean(0), 2),
                fixed(mean(1), 2)
            ))
        }
        Detail::Times(times) => {
            let arm = |arm: &Arm| format!("{} {}", arm.condition, median(arm));
            Some(format!(
                "Kaplan-Meier medians with 95 % intervals: {}, {}; log-rank stratified by seed: \
                 chi-squared {} (1 df), {}; the p in the table is its exact form",
                arm(&times.arms[0]),
                arm(&times.arms[1]),
                fixed(times.chi_squared, 2),
                p_equals(times.log_rank_p)
            ))
        }
    };
    let parts: Vec<String> = own.into_iter().chain(over).collect();
    (!parts.is_empty()).then(|| format!("{name}: {}.", parts.join("; ")))
}

fn along(results: &Results) -> Table {
    let mut table = Table::new(&[
        ("hypothesis", Align::Left),
        ("series", Align::Left),
        ("level", Align::Right),
        ("difference", Align::Right),
        ("95 % interval", Align::Right),
    ]);
    for of in &results.hypotheses {
        let Some(Detail::Along { series, .. }) = of.finding.as_ref().map(|of| &of.detail) else {
            continue;
        };
        let unit = Unit::of(of.hypothesis.metric);
        for series in series {
            table.rows.extend(series.points.iter().map(|point| {
                let (name, line) = (of.hypothesis.name.clone(), series.name.clone());
                let (mean, bounds) = numbers(unit, point);
                vec![name, line, point.label.clone(), mean, bounds]
            }));
        }
    }
    table
}

/// A difference has a sign, a score has none.
fn numbers(unit: Unit, point: &Point) -> (String, String) {
    let (mean, bounds) = unit.difference(point.mean, point.interval);
    match point.sides.1 {
        Some(_) => (format!("{mean} {}", unit.difference), bounds),
        None => (format!("{} {}", unit.value(point.mean), unit.level), bounds),
    }
}

fn checks(results: &Results) -> Table {
    let mut table = Table::new(&[
        ("check", Align::Left),
        ("makes sure of", Align::Left),
        ("n", Align::Right),
        ("number", Align::Right),
        ("95 % interval", Align::Right),
        ("has to be", Align::Left),
        ("outcome", Align::Left),
    ]);
    table.rows = results.checks.iter().map(checked).collect();
    table
}

fn checked(of: &Checked) -> Vec<String> {
    use fireassay_spec::Quantity;
    let absent = || ABSENT.to_owned();
    let is_measured = matches!(of.check.quantity, Quantity::Measured(_));
    let unit = Unit::of(of.check.metric);
    // A number of another kind is told as it stands in the file.
    let text = |value: f64| match is_measured {
        true => value.to_string(),
        false => format!("{} {}", unit.value(value), unit.level),
    };
    let bound =
        |word: &str, bound: Option<f64>| bound.map(|bound| format!("{word} {}", text(bound)));
    let bounds: Vec<String> = [bound("above", of.check.above), bound("below", of.check.below)]
        .into_iter()
        .flatten()
        .collect();
    let interval = of.interval.map(|i| match is_measured {
        true => format!("[{}, {}]", i.low, i.high),
        false => format!("[{}, {}]", unit.value(i.low), unit.value(i.high)),
    });
    vec![
        of.check.name.clone(),
        of.check.says.clone(),
        of.n.map_or_else(absent, |n| n.to_string()),
        of.estimate.map_or_else(absent, text),
        interval.unwrap_or_else(absent),
        bounds.join(", "),
        of.outcome.word().into(),
    ]
}
