//! The kinds of tests, each from its table in the file.

use toml::Value;

use super::along::Along;
use super::cells::{Cells, Labels, Pair};
use super::file::{
    Conditions, ContrastFile, DepthFile, HypothesisFile, ReachFile, RegretFile, TimeFile,
};
use super::is_neutral;
use crate::error::Flaw;
use crate::hypothesis::{Expect, Reach, Rung, Test};
use crate::{Factor, Metric, MetricName, suggest};

/// What a file calls the kinds.
const KINDS: [&str; 7] =
    ["contrast", "crossover", "depth", "interaction", "regret", "slope", "time"];

/// The one test of a hypothesis.
pub(super) fn test(
    file: &HypothesisFile,
    metric: MetricName,
    cells: &Cells<'_>,
    path: &str,
) -> Result<Test, Flaw> {
    let given = [
        file.contrast.is_some(),
        file.crossover.is_some(),
        file.depth.is_some(),
        file.interaction.is_some(),
        file.regret.is_some(),
        file.slope.is_some(),
        file.time.is_some(),
    ];
    let kinds: Vec<&str> =
        KINDS.iter().zip(given).filter(|(_, given)| *given).map(|(kind, _)| *kind).collect();
    let [kind] = kinds.as_slice() else {
        let label = match kinds.as_slice() {
            [] => "without a test".to_owned(),
            several => format!("has {}", suggest::list(several, "and")),
        };
        let message = "a hypothesis has exactly one test";
        let flaw = Flaw::new(cells.span(path), message, label);
        return Err(flaw.help(format!("one of {}", suggest::list(&KINDS, "or"))));
    };
    let at = format!("{path}.{kind}");
    check_direction(file, metric, cells, (path, kind))?;
    if let Some(file) = &file.contrast {
        contrast(file, cells, &at)
    } else if let Some(file) = &file.crossover {
        let along = Along::new(cells, (&file.factor, file.scale), &at)?;
        let first = pair((&file.of, Some(&file.minus)), along.cell(&file.within)?, &at);
        let (of, than) = along.both(&first, file.than.as_ref())?;
        Ok(Test::Crossover { factor: file.factor.clone(), of, than })
    } else if let Some(file) = &file.depth {
        depth(file, cells, &at)
    } else if let Some(file) = &file.interaction {
        let within = cells.labels(&file.within, &format!("{at}.in"))?;
        let first = pair((&file.of, Some(&file.minus)), within, &at);
        let than = cells.other(&first, &file.than, &format!("{at}.than"))?;
        let (of, than) = (cells.difference(&first)?, cells.difference(&than)?);
        Ok(Test::Interaction { of, than, expect: file.expect })
    } else if let Some(file) = &file.regret {
        regret(file, cells, &at)
    } else if let Some(file) = &file.slope {
        let along = Along::new(cells, (&file.factor, file.scale), &at)?;
        let first = pair((&file.of, file.minus.as_ref()), along.cell(&file.within)?, &at);
        let (of, than) = along.both(&first, file.than.as_ref())?;
        Ok(Test::Slope { factor: file.factor.clone(), of, than, expect: file.expect })
    } else if let Some(file) = &file.time {
        time(file, metric, cells, &at)
    } else {
        Err(Flaw::new(cells.span(path), "a hypothesis without a test", "here"))
    }
}

/// Whether better, earlier and best mean something for the metric.
fn check_direction(
    file: &HypothesisFile,
    metric: MetricName,
    cells: &Cells<'_>,
    (path, kind): (&str, &str),
) -> Result<(), Flaw> {
    let needs_one = match file.contrast.as_ref().map(|contrast| contrast.expect) {
        Some(Expect::Better | Expect::NotWorse(_) | Expect::Worse) => true,
        Some(Expect::Different | Expect::Equivalent(_)) => false,
        None => matches!(kind, "crossover" | "depth" | "regret"),
    };
    if !needs_one || !is_neutral(metric, cells.experiment) {
        return Ok(());
    }
    let span = cells.span(&format!("{path}.metric"));
    let message = format!("of `{metric}`, neither way is better");
    let flaw = Flaw::new(span, message, "has no direction");
    Err(flaw.help("expect \"different\", or test an interaction or a slope"))
}

fn pair<'f>(
    (of, minus): (&'f Conditions, Option<&'f Conditions>),
    cell: Labels,
    path: &str,
) -> Pair<'f> {
    let minus = minus.map(|minus| (minus, format!("{path}.minus")));
    Pair { of: (of, format!("{path}.of")), minus, cell }
}

fn contrast(file: &ContrastFile, cells: &Cells<'_>, path: &str) -> Result<Test, Flaw> {
    if let Expect::Equivalent(margin) | Expect::NotWorse(margin) = file.expect {
        above_0(cells, margin, &format!("{path}.expect"))?;
    }
    let within = cells.labels(&file.within, &format!("{path}.in"))?;
    let of = cells.difference(&pair((&file.of, Some(&file.minus)), within, path))?;
    Ok(Test::Contrast { of, expect: file.expect })
}

fn above_0(cells: &Cells<'_>, value: f64, path: &str) -> Result<(), Flaw> {
    if value.is_finite() && value > 0.0 {
        return Ok(());
    }
    let flaw = Flaw::new(cells.span(path), "a margin must be a finite number above 0", "no margin");
    Err(flaw.help("it is in the metric's unit: 0.01 is one percentage point of accuracy"))
}

/// Levels as the file lists them, or all of a factor in its own order.
fn levels(
    cells: &Cells<'_>,
    factor: &Factor,
    among: Option<&[Value]>,
    path: &str,
) -> Result<Vec<String>, Flaw> {
    let Some(among) = among else {
        return Ok(factor.levels.iter().map(|level| level.label.clone()).collect());
    };
    let mut found = Vec::new();
    for (index, value) in among.iter().enumerate() {
        let span = cells.span(&format!("{path}.{index}"));
        let label = cells.level(factor, value, span)?;
        if found.contains(&label) {
            return Err(Flaw::new(span, format!("level `{label}` is listed twice"), "again"));
        }
        found.push(label);
    }
    Ok(found)
}

fn depth(file: &DepthFile, cells: &Cells<'_>, path: &str) -> Result<Test, Flaw> {
    let factor = cells.factor(&file.factor, &format!("{path}.factor"))?;
    let levels = levels(cells, factor, file.among.as_deref(), &format!("{path}.among"))?;
    if levels.len() < 2 {
        let span = cells.span(&format!("{path}.among"));
        return Err(Flaw::new(span, "a depth needs two levels or more", "nothing to order"));
    }
    let here = cells.labels(&file.within, &format!("{path}.in"))?;
    let mut there = here.clone();
    there.extend(cells.labels(&file.than.within, &format!("{path}.than.in"))?);
    if here == there {
        let span = cells.span(&format!("{path}.than"));
        return Err(Flaw::new(span, "a cell compared with itself", "the same cell"));
    }
    let rungs = |cell: &Labels, path: &str| -> Result<Vec<Rung>, Flaw> {
        let rung = |label: &String| {
            let mut labels = cell.clone();
            labels.insert(factor.name.clone(), label.clone());
            let condition = cells.at(&labels, cells.span(path))?;
            Ok(Rung { label: label.clone(), condition })
        };
        levels.iter().map(rung).collect()
    };
    Ok(Test::Depth { of: rungs(&here, path)?, than: rungs(&there, &format!("{path}.than"))? })
}

fn regret(file: &RegretFile, cells: &Cells<'_>, path: &str) -> Result<Test, Flaw> {
    above_0(cells, file.margin, &format!("{path}.margin"))?;
    let (all, prescribed) = match &file.factor {
        Some(name) => {
            let factor = cells.factor(name, &format!("{path}.factor"))?;
            let cell = cells.labels(&file.within, &format!("{path}.in"))?;
            let at = |label: String| {
                let mut labels = cell.clone();
                labels.insert(factor.name.clone(), label);
                labels
            };
            let best = levels(cells, factor, Some(&file.best), &format!("{path}.best"))?;
            let best: Vec<String> = (best.into_iter().enumerate())
                .map(|(i, label)| cells.at(&at(label), cells.span(&format!("{path}.best.{i}"))))
                .collect::<Result<_, Flaw>>()?;
            let mut among = levels(cells, factor, file.among.as_deref(), &format!("{path}.among"))?;
            if file.among.is_none() {
                // The reference may be none of the levels.
                among.extend(cells.reference_label(factor).filter(|own| !among.contains(own)));
            }
            (among.into_iter().filter_map(|label| cells.find(&at(label))).collect(), best)
        }
        None => {
            let named = |list: &[Value], key: &str| -> Result<Vec<String>, Flaw> {
                let name = |(index, value): (usize, &Value)| {
                    let span = cells.span(&format!("{path}.{key}.{index}"));
                    let text = value.as_str().ok_or_else(|| {
                        let flaw =
                            Flaw::new(span, "without a factor, conditions are named", "here");
                        flaw.help("write factor = \"...\" to list its levels")
                    })?;
                    cells.named(text, span)
                };
                list.iter().enumerate().map(name).collect()
            };
            let all = match &file.among {
                Some(among) => named(among, "among")?,
                None => cells.all_in(&file.within, path)?,
            };
            (all, named(&file.best, "best")?)
        }
    };
    let span = cells.span(&format!("{path}.best"));
    if prescribed.is_empty() {
        return Err(Flaw::new(span, "nothing is said to be best", "name one or more"));
    }
    if let Some(stranger) = prescribed.iter().find(|name| !all.contains(*name)) {
        let flaw = Flaw::new(span, format!("`{stranger}` is not among the candidates"), "here");
        return Err(flaw.help("`among` has to hold what `best` names"));
    }
    if all.len() == prescribed.len() {
        let flaw = Flaw::new(span, "everything is said to be best", "nothing can be better");
        return Err(flaw.help("name only the conditions that the statement prescribes"));
    }
    Ok(Test::Regret { all, prescribed, margin: file.margin })
}

fn time(file: &TimeFile, metric: MetricName, cells: &Cells<'_>, path: &str) -> Result<Test, Flaw> {
    let primary = cells.experiment.analysis.primary_metric;
    if metric.metric() != primary.metric() {
        let hypothesis = path.rsplit_once('.').map_or(path, |(above, _)| above);
        let span = cells.span(&format!("{hypothesis}.metric"));
        let message = format!("curves on val are kept of {} only", primary.metric().name());
        return Err(Flaw::new(span, message, "not the primary metric's measure"));
    }
    let within = cells.labels(&file.within, &format!("{path}.in"))?;
    let one = |conditions: &Conditions, key: &str, cell: &Labels| -> Result<String, Flaw> {
        let path = format!("{path}.{key}");
        let mut side = cells.side((conditions, &path), cell)?;
        match (side.pop(), side.is_empty()) {
            (Some(only), true) => Ok(only),
            _ => Err(Flaw::new(cells.span(&path), "a time is of one condition", "several")),
        }
    };
    let (of, against) = (one(&file.of, "of", &within)?, one(&file.against, "against", &within)?);
    if of == against {
        let span = cells.span(&format!("{path}.against"));
        return Err(Flaw::new(span, "a condition compared with itself", "the same on both sides"));
    }
    let reach = match &file.reach {
        ReachFile::Value(value) if value.is_finite() => Reach::Value(*value),
        ReachFile::Value(_) => {
            let span = cells.span(&format!("{path}.reach"));
            return Err(Flaw::new(span, "`value` must be a finite number", "never reached"));
        }
        ReachFile::ShareOf(file) => {
            let span = cells.span(&format!("{path}.reach.share-of.share"));
            let fits = match metric.metric() {
                Metric::Accuracy => file.share > 0.0 && file.share <= 1.0,
                Metric::Loss => file.share >= 1.0 && file.share.is_finite(),
            };
            if !fits {
                let flaw = Flaw::new(span, "this share asks for more than the condition", "here");
                let help = "0.95 of an accuracy; 1.05 times a loss, which falls from above";
                return Err(flaw.help(help));
            }
            let condition = one(&file.of, "reach.share-of.of", &Labels::new())?;
            Reach::ShareOf { condition, share: file.share }
        }
    };
    Ok(Test::Time { of, against, reach })
}
