//! The last screen: which is better, by how much, with what certainty, at what cost.

use crate::effect::Effect;
use crate::hypothesis::words;
use crate::judged::{Judged, Kind};
use crate::legend::{self, P_ADJUSTED, P_BH, P_HOLM};
use crate::note::notes;
use crate::number::{ABSENT, Unit, count, duration, p_value};
use crate::results::{ConditionResult, Results};
use crate::section::hypotheses::short;
use crate::sentence::{interaction_sentence, sentence};
use crate::table::{Align, Table};
use crate::text::clean_lines;
use crate::warning::{Warning, warnings};
use crate::wrap::wrap;

/// Columns that make room, in this order, when the screen is too narrow for the table.
const SPARE: &[&str] = &["params", "time", "SD", "mean", P_HOLM, P_BH, P_ADJUSTED];

/// The answer as plain text of at most `width` columns where words allow it. `run_dir` is where
/// the runs and the report lie, as a person would type it.
pub fn terminal(results: &Results, width: usize, run_dir: &str) -> String {
    let mut out = wrap(&format!("{}: {}", results.experiment, results.question), "", width);
    out.push('\n');
    let contrasts = results.contrasts.iter().map(|contrast| sentence(results, contrast));
    let interactions = results.interactions.iter().map(|of| interaction_sentence(results, of));
    let hypotheses = results.hypotheses.iter().map(|of| words::sentence(results, of));
    for sentence in hypotheses.chain(contrasts).chain(interactions) {
        out.push_str(&wrap(&format!("{sentence}."), "  - ", width));
    }
    out.push('\n');
    let title = format!("{}; time per trial", legend::title(results));
    out.push_str(&wrap(&title, "", width));
    out.push_str(&fitted(table(results), width));
    out.push('\n');
    out.push('\n');
    if !results.hypotheses.is_empty() {
        out.push_str(&wrap("hypotheses; more in the report", "", width));
        out.push_str(&short(results).text());
        out.push_str("\n\n");
    }
    let notes = notes(results).into_iter().map(|note| ("note", note));
    for (label, text) in legend::lines(results).into_iter().chain(notes) {
        out.push_str(&wrap(&text, &format!("  {label:<9}  "), width));
    }
    out.push('\n');
    for warning in warnings(results, run_dir) {
        out.push_str(&shown(&warning, width));
    }
    out.extend([" report: ", run_dir, "/report.html\n"]);
    out.extend([" curves: tensorboard --logdir ", run_dir, "\n"]);
    clean_lines(&out)
}

/// Commands stay on one line, to be copied.
pub(crate) fn shown(warning: &Warning, width: usize) -> String {
    let mut out = wrap(&warning.what, "warning: ", width);
    for (i, command) in warning.commands.iter().enumerate() {
        out.extend([if i == 0 { "   help: " } else { "         " }, command, "\n"]);
    }
    out.push_str(&wrap(&format!("({})", warning.hint), "         ", width));
    out
}

fn table(results: &Results) -> Table {
    let p = legend::adjusted_p(results);
    let mut table = Table::new(&[
        ("condition", Align::Left),
        ("n", Align::Right),
        ("mean", Align::Right),
        ("SD", Align::Right),
        ("difference", Align::Right),
        (legend::interval_name(results.analysis.interval), Align::Right),
        (p, Align::Right),
        ("verdict", Align::Left),
        ("params", Align::Right),
        ("time", Align::Right),
    ]);
    let mut contrasts = results.contrasts.iter();
    for condition in &results.conditions {
        let contrast = if condition.is_reference() { None } else { contrasts.next() };
        let judged = contrast.map(Judged::contrast);
        table.rows.push(row(results, Some(condition), judged));
    }
    let interactions = results.judged().filter(|judged| judged.kind != Kind::Contrast);
    table.rows.extend(interactions.map(|judged| row(results, None, Some(judged))));
    table
}

/// Of a condition and its contrast; an interaction has no condition, the reference no contrast.
fn row(
    results: &Results,
    condition: Option<&ConditionResult>,
    judged: Option<Judged<'_>>,
) -> Vec<String> {
    let unit = Unit::of(results.analysis.primary_metric);
    let absent = || ABSENT.to_owned();
    let score = condition.and_then(|condition| condition.score.as_ref());
    let effect = judged.and_then(|judged| judged.effect);
    // Pairs where there are any, else scores.
    let n = effect.map_or(score.map_or(0, |score| score.n), Effect::n);
    let trials = condition.map_or(0, |condition| condition.trials.len());
    let planned = judged.map_or(trials, |judged| judged.planned);
    let name = condition.map(|condition| condition.name.as_str()).or(judged.map(|of| of.name));
    let shown = effect.filter(|effect| effect.is_shown());
    let interval = shown.and_then(|effect| effect.interval);
    let (difference, interval) = effect
        .and_then(|effect| effect.mean)
        .map_or_else(|| (absent(), absent()), |mean| unit.difference(mean, interval));
    let cost = condition.map(|condition| &condition.cost);
    vec![
        name.unwrap_or_default().to_owned(),
        if n == planned { n.to_string() } else { format!("{n}/{planned}") },
        score.map_or_else(absent, |score| unit.value(score.mean)),
        score.and_then(|score| score.sd).map_or_else(absent, |sd| unit.value(sd)),
        difference,
        interval,
        shown.and_then(|effect| effect.adjusted_p).map_or_else(absent, p_value),
        judged.map_or_else(absent, |judged| judged.word().into()),
        cost.and_then(|cost| cost.params).map_or_else(absent, count),
        cost.and_then(|cost| cost.time_secs).map_or_else(absent, duration),
    ]
}

/// The table, without spare columns if it is too wide with them.
fn fitted(mut table: Table, width: usize) -> String {
    let mut text = table.text();
    for title in SPARE {
        if text.lines().all(|line| line.chars().count() <= width) {
            break;
        }
        table.remove(title);
        text = table.text();
    }
    text
}
