//! `--until`: seeds are added, one for all conditions, until the intervals are narrow enough.
//!
//! The stop looks at widths only, never at p or at the sign of an effect. What was added stands in
//! the registration, so that a report and the next command know it.

use fireassay_report::{Effect, Feasibility, Results, feasibility, size_words};
use fireassay_spec::{Claim, Metric, MetricName, Until};
use fireassay_tracking::{Registration, Stopping};

use super::Session;
use super::publish::results_of;
use super::registration;
use crate::cli::AblationArgs;
use crate::ui::{Answer, Exit, Refusal, plural};

/// Fewer seeds than this make the first estimate of a width too lucky.
const FEWEST: usize = 8;

/// The rule of the design, of the flags, or of the flags of an earlier command.
pub(crate) fn rule(session: &Session<'_>) -> Answer<Option<Until>> {
    let experiment = &session.loaded.experiment;
    let designed = experiment.analysis.until;
    let asked = asked(session.args, experiment.analysis.primary_metric)?;
    let rule = match (designed, asked) {
        (Some(designed), Some(asked)) if designed != asked => {
            let message = "the experiment has a stopping rule of its own";
            let help = format!(
                "leave out --until and --max-seeds, or change `until` in \
                 experiments/{}/experiment.toml",
                experiment.name
            );
            return Err(Refusal::new(Exit::Usage, message, &help));
        }
        (designed, asked) => designed.or(asked),
    };
    let rule = match rule {
        Some(rule) => rule,
        None if session.starts_anew() => return Ok(None),
        None => match registered(session)? {
            Some(rule) => rule,
            None => return Ok(None),
        },
    };
    refuse_few(session, rule)?;
    Ok(Some(rule))
}

fn registered(session: &Session<'_>) -> Answer<Option<Until>> {
    let name = &session.loaded.experiment.name;
    let known = registration::read(session.workspace, name)?;
    Ok(known.and_then(|known| known.until).map(|stopping| stopping.rule))
}

/// `--until halfwidth=0.3pp --max-seeds 20`.
fn asked(args: &AblationArgs, metric: MetricName) -> Answer<Option<Until>> {
    let Some(text) = &args.until else { return Ok(None) };
    let complain = || {
        let message = format!("`--until {text}` cannot be read");
        let unit = match metric.metric() {
            Metric::Accuracy => "0.3pp",
            Metric::Loss => "0.01",
        };
        Refusal::new(Exit::Usage, message, &format!("--until halfwidth={unit} --max-seeds 20"))
    };
    let size = text.strip_prefix("halfwidth=").ok_or_else(complain)?;
    let halfwidth = read_size(size, metric).ok_or_else(complain)?;
    let max_seeds = args.max_seeds.map(std::num::NonZeroUsize::get).ok_or_else(complain)?;
    Ok(Some(Until { halfwidth, max_seeds }))
}

/// A size above 0 in the metric's unit: `0.02` for a loss, `0.3pp` for an accuracy, where a bare
/// number could be meant either way.
pub(crate) fn read_size(text: &str, metric: MetricName) -> Option<f64> {
    let (number, scale) = match metric.metric() {
        Metric::Accuracy => match text.strip_suffix("pp") {
            Some(number) => (number, 0.01),
            None => return None,
        },
        Metric::Loss => (text.strip_suffix("nats").unwrap_or(text), 1.0),
    };
    let size: f64 = number.trim().parse().ok()?;
    (size.is_finite() && size > 0.0).then_some(size * scale)
}

/// A size as [`read_size`] reads it.
fn written(size: f64, metric: MetricName) -> String {
    match metric.metric() {
        Metric::Accuracy => format!("{}pp", 100.0 * size),
        Metric::Loss => size.to_string(),
    }
}

fn refuse_few(session: &Session<'_>, rule: Until) -> Answer<()> {
    let experiment = &session.loaded.experiment;
    let Feasibility { n, n_min, .. } = feasibility(experiment, &session.loaded.plan);
    let refuse = |message: String, help: String| Err(Refusal::new(Exit::Usage, message, &help));
    let file = format!("experiments/{}/experiment.toml", experiment.name);
    if !experiment.crossed.is_empty() {
        let message = "seeds cannot be added to crossed streams".to_owned();
        return refuse(message, format!("list seeds in {file}: seeds = [0, 1, 2, 3, 4, 5, 6, 7]"));
    }
    let fewest = n_min.max(FEWEST);
    if n < fewest {
        let message = format!(
            "a stopping rule starts with at least {fewest} seeds, not {n}: the width of fewer is \
             too often small by luck"
        );
        return refuse(message, format!("list {fewest} seeds in {file}"));
    }
    if rule.max_seeds < n {
        let message = format!("--max-seeds {} is less than the {n} seeds listed", rule.max_seeds);
        return refuse(message, format!("--max-seeds {}", n + FEWEST));
    }
    Ok(())
}

/// What a finished block calls for: one more seed, or nothing.
pub(crate) fn next_seed(session: &Session<'_>, rule: Until) -> Answer<Option<u64>> {
    let results = results_of(session.workspace, session.loaded)?;
    let seeds = &session.loaded.experiment.seeds;
    let metric = session.loaded.experiment.analysis.primary_metric;
    let wanted = size_words(metric, rule.halfwidth);
    if let Some(hopeless) = hopeless(&results) {
        let message = format!(
            "{} has no interval, and more seeds would give it none: no seed is added",
            hopeless
        );
        let name = &session.loaded.experiment.name;
        session.ui.warning(&message, &format!("cargo xtask report {name}"));
        return Ok(None);
    }
    let widest = widest(&results);
    let known = match widest {
        Some(width) => format!("the widest interval is ±{}", size_words(metric, width)),
        None => "there is no interval yet".to_owned(),
    };
    let n = plural(seeds.len(), "seed");
    if widest.is_some_and(|width| width <= rule.halfwidth) {
        session.ui.verb("Precision", format!("{known} with {n}, wanted ±{wanted}: done"));
        return Ok(None);
    }
    let next = seeds.last().and_then(|last| last.checked_add(1));
    let Some(next) = next.filter(|_| seeds.len() < rule.max_seeds) else {
        session.ui.warning(
            &format!("{known} with {n}, wanted ±{wanted}: not reached"),
            &widened(session, rule),
        );
        return Ok(None);
    };
    let most = rule.max_seeds;
    let text = format!("{known} with {n}, wanted ±{wanted}: adding seed {next} (at most {most})");
    session.ui.verb("Precision", text);
    Ok(Some(next))
}

/// How to go on after the rule's last seed. A rule that is changed now is an edit, which costs claims
/// their verdict.
fn widened(session: &Session<'_>, rule: Until) -> String {
    let experiment = &session.loaded.experiment;
    let (name, most) = (&experiment.name, rule.max_seeds.saturating_add(FEWEST));
    let fresh = match experiment.claim {
        Claim::Confirmatory => " --fresh",
        Claim::Exploratory => "",
    };
    let command = format!("cargo xtask ablation {name}{fresh}");
    let command = match (experiment.analysis.until, &session.args.until) {
        (Some(_), _) => {
            format!(
                "write max-seeds = {most} in experiments/{name}/experiment.toml, then {command}"
            )
        }
        (None, Some(asked)) => format!("{command} --until {asked} --max-seeds {most}"),
        (None, None) => {
            let size = written(rule.halfwidth, experiment.analysis.primary_metric);
            format!("{command} --until halfwidth={size} --max-seeds {most}")
        }
    };
    match experiment.claim {
        Claim::Confirmatory => format!("{command} (without --fresh, no claim keeps its verdict)"),
        Claim::Exploratory => command,
    }
}

/// What the rule looks at of a contrast or of a declared interaction.
struct Counted<'r> {
    name: &'r str,
    effect: Option<&'r Effect>,
}

/// The claims, or all contrasts if none is claimed.
fn counted(results: &Results) -> Vec<Counted<'_>> {
    let contrasts = results.contrasts.iter().map(|contrast| {
        let counted = Counted { name: &contrast.condition, effect: contrast.effect.as_ref() };
        (contrast.standing.is_confirmatory(), counted)
    });
    let interactions = results.interactions.iter().map(|interaction| {
        let counted = Counted { name: &interaction.name, effect: interaction.effect.as_ref() };
        (interaction.standing.is_confirmatory(), counted)
    });
    let all: Vec<(bool, Counted<'_>)> = contrasts.chain(interactions).collect();
    let any = all.iter().any(|(claimed, _)| *claimed);
    all.into_iter().filter(|(claimed, _)| !any || *claimed).map(|(_, counted)| counted).collect()
}

/// One that is tainted, or that no seed so far could measure.
fn hopeless(results: &Results) -> Option<&str> {
    let hopeless = |counted: &Counted<'_>| counted.effect.is_none_or(|effect| effect.n() == 0);
    counted(results).into_iter().find(hopeless).map(|counted| counted.name)
}

/// Half-width of the widest interval.
fn widest(results: &Results) -> Option<f64> {
    let width = |counted: &Counted<'_>| {
        // Of the t kind whatever is declared: a bootstrap interval of few seeds is narrow by luck.
        let interval = counted.effect?.t_interval?;
        Some(0.5 * (interval.high - interval.low))
    };
    counted(results).iter().map(width).try_fold(0.0_f64, |widest, width| Some(widest.max(width?)))
}

/// Writes the added seed down before it is run.
pub(crate) fn add(session: &Session<'_>, seed: u64) -> Answer<()> {
    let name = &session.loaded.experiment.name;
    let known = registration::read(session.workspace, name)?;
    let Some(mut known) = known else {
        let message = format!("the registration of `{name}` is gone");
        return Err(Refusal::new(Exit::CheckFailed, message, ""));
    };
    known.added_seeds.push(seed);
    registration::write(session.workspace, name, &known)
}

/// Puts a rule of the flags into the registration, with what could be seen when it was made.
pub(crate) fn note(registration: &mut Registration, rule: Until, finished: u64) {
    let known = registration.until.map(|stopping| stopping.rule);
    let designed = registration.design.pointer("/analysis/until").is_some();
    if known != Some(rule) && !designed {
        registration.until = Some(Stopping { rule, finished_before: finished });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_read_in_the_metrics_unit() {
        let check = |text: &str, metric: &str, expected: Option<f64>| {
            assert_eq!(read_size(text, metric.parse().unwrap()), expected, "{text} {metric}");
        };
        check("0.5pp", "test.accuracy", Some(0.005));
        check("0.003", "test.accuracy", None);
        check("0.02", "test.loss", Some(0.02));
        check("0.02nats", "test.loss", Some(0.02));
        for text in ["0", "-1pp", "", "pp", "NaN", "inf", "1e999", "0.3 %"] {
            check(text, "test.accuracy", None);
        }
        check("0.3pp", "test.loss", None);
    }
}
