//! `[[hypothesis]]` and `[[check]]`: read, and tied to conditions of the plan.

mod along;
mod cells;
mod file;
mod kinds;

use std::collections::BTreeMap;

use super::{Source, earlier};
use crate::error::Flaw;
use crate::tree::Span;
use crate::{Check, Direction, Experiment, Hypothesis, Metric, MetricName, Quantity, label};
use cells::{Cells, Pair};
pub(super) use file::{CheckFile, HypothesisFile};

/// All hypotheses and checks of an experiment whose conditions are sound.
pub(super) fn read(
    (hypotheses, checks): (&[HypothesisFile], &[CheckFile]),
    experiment: &Experiment,
    source: &Source<'_>,
    flaws: &mut Vec<Flaw>,
) -> (Vec<Hypothesis>, Vec<Check>) {
    if hypotheses.is_empty() && checks.is_empty() {
        return (Vec::new(), Vec::new());
    }
    check_names(hypotheses, checks, source, flaws);
    let cells = Cells::new(experiment, source);
    let mut found = (Vec::new(), Vec::new());
    for (index, file) in hypotheses.iter().enumerate() {
        let path = format!("hypothesis.{index}");
        if source.read.is_sound(&path) {
            match hypothesis(file, &cells, &path) {
                Ok(hypothesis) => found.0.push(hypothesis),
                Err(flaw) => flaws.push(flaw),
            }
        }
    }
    for (index, file) in checks.iter().enumerate() {
        let path = format!("check.{index}");
        if source.read.is_sound(&path) {
            match check(file, &cells, &path) {
                Ok(check) => found.1.push(check),
                Err(flaw) => flaws.push(flaw),
            }
        }
    }
    if hypotheses.is_empty() {
        let flaw = Flaw::new(source.header("check"), "a check without a hypothesis", "guards none");
        flaws.push(flaw.help("a check says when a [[hypothesis]] is void; declare one"));
    }
    found
}

/// Names are unique, since a check is told by its name; sentences are one line each.
fn check_names(
    hypotheses: &[HypothesisFile],
    checks: &[CheckFile],
    source: &Source<'_>,
    flaws: &mut Vec<Flaw>,
) {
    let mut first_seen: BTreeMap<&str, &Span> = BTreeMap::new();
    let own = hypotheses.iter().enumerate();
    let own = own.map(|(i, file)| (format!("hypothesis.{i}"), &file.name, &file.says));
    let others = checks.iter().enumerate();
    let others = others.map(|(i, file)| (format!("check.{i}"), &file.name, &file.says));
    for (path, name, says) in own.chain(others) {
        let (name_path, says_path) = (format!("{path}.name"), format!("{path}.says"));
        if source.read.is_sound(&name_path) {
            let span = &source.node(&name_path).span;
            let safe = label::safe_name(name);
            if name.is_empty() || safe != *name {
                let flaw = Flaw::new(span, "the name is not fit for a table", "not a short name");
                flaws.push(flaw.help("letters, digits, `-`, `_` and `.`; for example \"H1\""));
            } else if let Some(first) = earlier(&mut first_seen, name.as_str(), span) {
                let flaw = Flaw::new(span, format!("two are called `{name}`"), "again");
                flaws.push(flaw.also(first, "first here"));
            }
        }
        if source.read.is_sound(&says_path)
            && (says.trim().is_empty() || says.contains(char::is_control))
        {
            let span = &source.node(&says_path).span;
            flaws.push(Flaw::new(span, "`says` is one line of text", "say what is expected"));
        }
    }
}

fn hypothesis(file: &HypothesisFile, cells: &Cells<'_>, path: &str) -> Result<Hypothesis, Flaw> {
    let metric = file.metric.unwrap_or(cells.experiment.analysis.primary_metric);
    let test = kinds::test(file, metric, cells, path)?;
    Ok(Hypothesis {
        name: file.name.clone(),
        says: file.says.clone(),
        metric,
        direction: direction(metric, cells.experiment),
        test,
    })
}

/// As declared for the primary metric, otherwise the natural one.
fn direction(metric: MetricName, experiment: &Experiment) -> Direction {
    let analysis = &experiment.analysis;
    match metric {
        _ if metric == analysis.primary_metric => analysis.direction,
        MetricName::Of(_, metric) | MetricName::Source(metric) => metric.better(),
        MetricName::Gap(_) | MetricName::Forgotten(_) => Direction::Lower,
    }
}

/// Whether a metric that is not the primary one has no better direction.
fn is_neutral(metric: MetricName, experiment: &Experiment) -> bool {
    let is_signed = [MetricName::Gap(Metric::Loss), MetricName::Forgotten(Metric::Loss)];
    is_signed.contains(&metric) && metric != experiment.analysis.primary_metric
}

fn check(file: &CheckFile, cells: &Cells<'_>, path: &str) -> Result<Check, Flaw> {
    let span = &cells.source.node(path).span;
    let number = |key: &str, value: Option<f64>| match value {
        Some(value) if !value.is_finite() => {
            let span = &cells.source.node(&format!("{path}.{key}")).span;
            Err(Flaw::new(span, format!("`{key}` must be a finite number"), "no bound"))
        }
        Some(_) | None => Ok(()),
    };
    number("above", file.above)?;
    number("below", file.below)?;
    if file.above.is_none() && file.below.is_none() {
        let flaw = Flaw::new(span, "a check needs `above`, `below` or both", "nothing to hold");
        return Err(flaw.help("the whole 95 % interval has to lie there, for example above = 0.0"));
    }
    if file.above.zip(file.below).is_some_and(|(above, below)| above >= below) {
        let span = &cells.source.node(&format!("{path}.below")).span;
        return Err(Flaw::new(span, "`below` must be larger than `above`", "nothing lies there"));
    }
    let quantity = match (file.measured, &file.of) {
        (Some(measured), None) => {
            let ordered = measured.low <= measured.value && measured.value <= measured.high;
            if !ordered || !measured.low.is_finite() || !measured.high.is_finite() {
                let span = &cells.source.node(&format!("{path}.measured")).span;
                let flaw = Flaw::new(span, "`low`, `value` and `high` must ascend", "out of order");
                return Err(flaw);
            }
            Quantity::Measured(measured)
        }
        (None, Some(of)) => {
            let first = Pair {
                of: (of, format!("{path}.of")),
                minus: file.minus.as_ref().map(|minus| (minus, format!("{path}.minus"))),
                cell: cells.labels(&file.within, &format!("{path}.in"))?,
            };
            let than = match &file.than {
                Some(than) => {
                    let pair = cells.other(&first, than, &format!("{path}.than"))?;
                    Some(cells.difference(&pair)?)
                }
                None => None,
            };
            Quantity::Scores { of: cells.difference(&first)?, than }
        }
        (Some(_), Some(_)) | (None, None) => {
            let message = "a check looks at scores (`of`) or at a number (`measured`)";
            let label = if file.of.is_some() { "both are there" } else { "neither is there" };
            return Err(Flaw::new(span, message, label));
        }
    };
    let voids = match &file.voids {
        Some(settings) => cells.all_in(settings, &format!("{path}.voids"))?,
        None => Vec::new(),
    };
    Ok(Check {
        name: file.name.clone(),
        says: file.says.clone(),
        metric: file.metric.unwrap_or(cells.experiment.analysis.primary_metric),
        voids,
        quantity,
        above: file.above,
        below: file.below,
    })
}
