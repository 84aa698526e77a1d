//! Notes: what makes numbers less than they seem, in a line each.

use crate::design::Withheld;
use crate::fairness::Unfair;
use crate::judged::Judged;
use crate::legend;
use crate::number::{Unit, listed, plural};
use crate::results::Results;

/// What a reader of the numbers should know.
pub(crate) fn notes(results: &Results) -> Vec<String> {
    let unit = Unit::of(results.analysis.primary_metric);
    let mut notes = Vec::new();
    if let Some(resolution) = results.resolution.filter(|resolution| resolution.ceiling) {
        let size = unit.size(resolution.standard_error);
        let levels = match results.interactions.len() {
            0 => "",
            _ => ", and levels that meet there look as if they interacted",
        };
        notes.push(format!(
            "ceiling: the reference is within one standard error ({size}) of 100 %, so an \
             improvement cannot be shown{levels}"
        ));
    }
    if legend::shared_streams(results) {
        notes.push(legend::SHARED_STREAMS.into());
    }
    let shared = results.sources.iter().filter(|source| !source.is_one_per_seed());
    notes.extend(shared.map(|source| source.condition_on()));
    for contrast in &results.contrasts {
        let (ours, theirs) = contrast.failures;
        let name = &contrast.condition;
        let rates =
            format!("{name} fails at another rate than the reference ({ours} against {theirs})");
        notes.extend(claim_notes(Judged::contrast(contrast), &rates));
    }
    for interaction in &results.interactions {
        let counts = interaction.terms.iter().map(|t| format!("{} {}", t.condition, t.failures));
        let counts: Vec<String> = counts.collect();
        let name = &interaction.name;
        let rates = format!("{name}: its conditions fail at unequal rates ({})", listed(&counts));
        let judged = Judged::interaction(interaction, results.analysis.direction);
        notes.extend(claim_notes(judged, &rates));
    }
    notes.extend(unplanned(results));
    notes.extend(results.unfair.iter().map(|unfair| {
        let Unfair { condition, what, ours, theirs } = unfair;
        format!("{condition} differs in its {}: {ours} against {theirs}", what.words())
    }));
    notes.extend(registration_notes(results));
    if results.foreign_runs > 0 {
        notes.push(foreign(results.foreign_runs));
    }
    notes
}

/// Runs of other plans in the same folder.
pub(crate) fn foreign(runs: usize) -> String {
    format!(
        "{} of the folder {} to no trial of this plan and {} not used",
        plural(runs, "run"),
        if runs == 1 { "belongs" } else { "belong" },
        if runs == 1 { "is" } else { "are" }
    )
}

fn registration_notes(results: &Results) -> Vec<String> {
    let Some(registered) = &results.registered else { return Vec::new() };
    let mut notes = Vec::new();
    if !registered.earlier.is_empty() {
        notes.push(format!(
            "the design was registered {} before, and all of those trials were thrown away",
            times(registered.earlier.len())
        ));
    }
    if let Some(rule) = registered.until {
        notes.push(format!(
            "sequential design: seeds are added until every interval is ±{} or narrower, at most \
             {} ({} added so far); such an interval covers a little less than 95 %, about 94 % \
             from 8 seeds on",
            Unit::of(results.analysis.primary_metric).size(rule.halfwidth),
            rule.max_seeds,
            registered.added_seeds.len()
        ));
    }
    notes
}

fn times(n: usize) -> String {
    if n == 1 { "once".into() } else { format!("{n} times") }
}

/// Declared interactions that the plan leaves no way to see.
fn unplanned(results: &Results) -> Option<String> {
    let named = results.analysis.interaction_pairs();
    let is_named = |factors: &[String]| {
        let [a, b] = factors else { return false };
        named.iter().any(|pair| *pair == (a.as_str(), b) || *pair == (b.as_str(), a))
    };
    let interactions = results.design_analysis.interactions.iter();
    let lacking = interactions.filter(|of| of.effect == Err(Withheld::NotPlanned));
    let names: Vec<String> =
        lacking.filter(|of| is_named(&of.factors)).map(|of| of.name.clone()).collect();
    (!names.is_empty()).then(|| {
        format!(
            "declared and yet no claim, because the plan lacks a combination of levels: {}",
            listed(&names)
        )
    })
}

/// `rates` says which failure rates differ.
fn claim_notes(judged: Judged<'_>, rates: &str) -> Vec<String> {
    let name = judged.name;
    let mut notes = Vec::new();
    if let Some(lines) = judged.sensitivity {
        let worst = match &lines.worst {
            Some(worst) => judged.kind.words(worst),
            None => "unknown (the metric has no failure value)".into(),
        };
        notes.push(format!(
            "{rates}; under exclude-pair: {}, under worst: {worst}",
            judged.kind.words(&lines.exclude_pair)
        ));
    }
    let Some(effect) = judged.effect else { return notes };
    if effect.n() > 1 && effect.sd == Some(0.0) {
        let same = if effect.all_zero() { "exactly 0" } else { "equal" };
        notes.push(format!("{name}: all differences are {same}"));
    }
    if effect.skewed {
        notes.push(format!(
            "{name}: skewed differences, for which the interval is too narrow; look at all points"
        ));
    }
    notes
}
