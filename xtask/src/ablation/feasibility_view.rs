//! What the plan can show, before anything is spent: part of `--dry-run`.

use fireassay_report::{
    Answerable, Feasibility, Results, answerable, feasibility, p_value, size_words,
};
use fireassay_spec::{Claim, Until};

use super::Session;
use super::publish::results_of;
use crate::ui::{self, plural};

/// Smallest p, detectable effect, tier; a line each.
pub(crate) fn text(session: &Session<'_>, rule: Option<Until>) -> String {
    let experiment = &session.loaded.experiment;
    let power = feasibility(experiment, &session.loaded.plan);
    let mut rows = vec![
        vec!["declared claims".to_owned(), claims(session, &power)],
        vec!["smallest p".to_owned(), smallest_p(&power, experiment.claim)],
        vec!["detectable effect".to_owned(), detectable(session, &power)],
        vec!["equivalence".to_owned(), equivalence(session)],
        vec!["tier".to_owned(), tier(power.n).to_owned()],
    ];
    if let Some(of) = answerable(experiment) {
        rows.push(vec!["hypotheses".to_owned(), hypotheses(&of)]);
    }
    if let Some(rule) = rule {
        rows.push(vec!["seeds added".to_owned(), format!(
            "until every declared contrast is known to ±{}, at most {} seeds; the time above is \
             that of the seeds listed so far",
            size_words(experiment.analysis.primary_metric, rule.halfwidth),
            rule.max_seeds
        )]);
    }
    ui::table(&["feasibility", ""], &[], rows)
}

fn claims(session: &Session<'_>, power: &Feasibility) -> String {
    let all = session.loaded.plan.conditions.len().saturating_sub(1);
    let alpha = session.loaded.experiment.analysis.alpha;
    let contrasts = power.claims - power.interactions;
    let interactions = match power.interactions {
        0 => String::new(),
        n => format!(" and {}", plural(n, "interaction")),
    };
    match session.loaded.experiment.claim {
        Claim::Exploratory => {
            format!("none; {}{interactions} exploratory (no verdicts)", plural(all, "contrast"))
        }
        Claim::Confirmatory => format!(
            "{contrasts} of {}{interactions}, Holm over {} at alpha {alpha}",
            plural(all, "contrast"),
            power.claims
        ),
    }
}

/// How many there are, what their n counts, and whether that is enough.
fn hypotheses(of: &Answerable) -> String {
    let (units, claim) = match of.shared {
        Some(shared) if shared.generalises => {
            ("checkpoint", format!("; blocked on stream {}", shared.stream.name()))
        }
        Some(shared) => (
            "seed",
            format!(
                "; conditional on {} of stream {}, {} would speak of new ones",
                plural(shared.checkpoints, "checkpoint"),
                shared.stream.name(),
                of.n_min
            ),
        ),
        None => ("seed", String::new()),
    };
    format!(
        "{} declared, Holm over {}; {} needed (have {}){claim}",
        of.hypotheses,
        of.hypotheses,
        plural(of.n_min, units),
        of.n
    )
}

fn smallest_p(power: &Feasibility, claim: Claim) -> String {
    let reach = if power.feasible { "is reached" } else { "cannot be reached" };
    let need = match claim {
        Claim::Confirmatory => format!("the first threshold {:.4} {reach}", power.first_threshold),
        Claim::Exploratory => format!("a verdict would need {} seeds", power.n_min),
    };
    format!("{} with {}; {need}", p_value(power.smallest_p), plural(power.n, "seed"))
}

/// In SD; and in the metric's unit where a pilot says how large an SD is.
fn detectable(session: &Session<'_>, power: &Feasibility) -> String {
    let Some(d) = power.detectable_d else { return "none with one seed".to_owned() };
    let sd = format!("{d:.2} SD of the paired differences with 80 % power");
    match results_of(session.workspace, session.loaded).ok().and_then(|r| spread(&r)) {
        None => sd,
        Some((n, smallest, largest)) => {
            let metric = session.loaded.experiment.analysis.primary_metric;
            let (low, high) = (size_words(metric, d * smallest), size_words(metric, d * largest));
            let range = if low == high { low } else { format!("{low} to {high}") };
            format!("{sd}; {range} with the spread of the {} finished so far", plural(n, "pair"))
        }
    }
}

/// Pairs, smallest and largest SD of the contrasts that have a spread.
fn spread(results: &Results) -> Option<(usize, f64, f64)> {
    let effects = results.contrasts.iter().filter_map(|contrast| contrast.effect.as_ref());
    let known: Vec<(usize, f64)> = effects
        .filter_map(|effect| effect.sd.filter(|sd| *sd > 0.0).map(|sd| (effect.n(), sd)))
        .collect();
    let pairs = known.iter().map(|(n, _)| n).sum();
    let smallest = known.iter().map(|(_, sd)| *sd).reduce(f64::min)?;
    let largest = known.iter().map(|(_, sd)| *sd).reduce(f64::max)?;
    Some((pairs, smallest, largest))
}

fn equivalence(session: &Session<'_>) -> String {
    let analysis = &session.loaded.experiment.analysis;
    match analysis.rope {
        Some(rope) => format!("inside ±{}", size_words(analysis.primary_metric, rope)),
        None => "no rope is declared, so `equivalent` cannot be reached".to_owned(),
    }
}

/// What this many seeds are good for.
fn tier(seeds: usize) -> &'static str {
    match seeds {
        0..=4 => "a pilot: enough to find a spread and mistakes",
        5..=7 => "enough to describe; verdicts only for large effects",
        _ => "enough to confirm",
    }
}
