//! A reproduction for reading: sentences first, then numbers, then what differs, the verdict last.

use std::collections::{BTreeMap, BTreeSet};

use super::judge::{Basis, Ground, Rung};
use super::sentence::sentence;
use super::{About, Again, Likeness, Reproduced, Reproduction};
use crate::compare::{Group, changes};
use crate::number::{ABSENT, Unit, listed, plural};
use crate::table::{Align, Table};
use crate::wrap::wrap;

/// More sentences than this are not read.
const SENTENCES: usize = 5;

/// Plain text of at most `width` columns where words allow it.
pub fn terminal(reproduction: &Reproduction, about: &About, width: usize) -> String {
    let mut out = wrap(&heading(about), "", width);
    out.push('\n');
    for text in sentences(reproduction) {
        out.push_str(&wrap(&format!("{text}."), "  - ", width));
    }
    let unit = Unit::of(reproduction.basis.metric);
    let (metric, level, difference) = (reproduction.basis.metric, unit.level, unit.difference);
    let title = format!("{metric} in {level}; difference rerun - original in {difference}");
    out.push('\n');
    out.push_str(&wrap(&title, "", width));
    out.push_str(&table(reproduction).text());
    out.push_str("\n\nwhat differs, original → rerun\n");
    for (label, text) in facts(reproduction) {
        out.push_str(&wrap(&text, &format!("  {label:<11}  "), width));
    }
    out.push('\n');
    let notes = about.notes.iter().map(|note| ("note", note.clone()));
    for (label, text) in legend(reproduction).into_iter().chain(notes) {
        out.push_str(&wrap(&text, &format!("  {label:<11}  "), width));
    }
    out.push('\n');
    // On one line, to be found by its first word.
    out.push_str(&verdict(reproduction));
    out.push('\n');
    out
}

fn heading(about: &About) -> String {
    let About { label, again, of, drawn_with, .. } = about;
    let drawn = drawn_with.map_or_else(String::new, |seed| format!(", drawn with seed {seed},"));
    match (again, of) {
        (again, of) if again == of => {
            format!("{label}: {} run again", plural(*again, "finished trial"))
        }
        (again, of) => {
            format!("{label}: {again} of {}{drawn} run again", plural(*of, "finished trial"))
        }
    }
}

/// What is the same needs no sentence of its own, unless it is all there is.
fn sentences(reproduction: &Reproduction) -> Vec<String> {
    let is_same = |trial: &&Reproduced| {
        trial.rerun.as_ref().is_ok_and(|again| again.likeness == Likeness::Identical)
    };
    let basis = &reproduction.basis;
    let mut open: Vec<&Reproduced> =
        reproduction.trials.iter().filter(|trial| !is_same(trial)).collect();
    // What is said of a condition is said once.
    let mut told = BTreeSet::new();
    open.retain(|trial| match &trial.rerun {
        Ok(again) if again.ground.is_paired() => told.insert(trial.condition.clone()),
        Ok(_) | Err(_) => true,
    });
    // The gravest first; stable, so then in the order given.
    open.sort_by_key(|trial| {
        std::cmp::Reverse(trial.rerun.as_ref().ok().map_or(Rung::Different, Again::rung))
    });
    let mut texts: Vec<String> =
        open.iter().take(SENTENCES).map(|trial| sentence(trial, basis)).collect();
    if open.len() > SENTENCES {
        texts.push(format!("{} more: see the table, or --format json", open.len() - SENTENCES));
    }
    match reproduction.trials.iter().filter(is_same).collect::<Vec<_>>().as_slice() {
        [] => {}
        [only] => texts.push(sentence(only, basis)),
        several => texts.push(format!("{} trials are bit-identical", several.len())),
    }
    texts
}

fn table(reproduction: &Reproduction) -> Table {
    let unit = Unit::of(reproduction.basis.metric);
    let mut table = Table::new(&[
        ("condition", Align::Left),
        ("seed", Align::Right),
        ("original", Align::Right),
        ("rerun", Align::Right),
        ("difference", Align::Right),
        ("parts at step", Align::Right),
        ("verdict", Align::Left),
    ]);
    let level = |score: Option<f64>| score.map_or_else(|| ABSENT.into(), |x| unit.value(x));
    table.rows = reproduction
        .trials
        .iter()
        .map(|trial| {
            let again = trial.rerun.as_ref().ok();
            let score = again.and_then(|again| again.score);
            let difference = trial.original.zip(score).map(|(a, b)| unit.difference(b - a, None).0);
            vec![
                trial.condition.clone(),
                trial.seed.to_string(),
                level(trial.original),
                level(score),
                difference.unwrap_or_else(|| ABSENT.into()),
                again.and_then(parts_at).unwrap_or_else(|| ABSENT.into()),
                again.map_or("no result", |again| again.rung().word()).into(),
            ]
        })
        .collect();
    table
}

fn parts_at(again: &Again) -> Option<String> {
    Some(again.trail.as_ref()?.parting.as_ref()?.step.to_string())
}

fn facts(reproduction: &Reproduction) -> Vec<(&'static str, String)> {
    if reproduction.differences.pairs == 0 {
        let known = "not known: no run of the original was kept";
        return vec![
            ("spec, data", "same, or it would not be this trial".into()),
            ("the rest", known.into()),
        ];
    }
    let of = |group: Group| {
        let texts = changes(&reproduction.differences, group).into_iter().enumerate();
        texts.map(move |(i, text)| (if i == 0 { group.word() } else { "" }, text))
    };
    Group::ALL.into_iter().flat_map(of).chain(cause(reproduction)).collect()
}

/// Which of the facts can have moved a result, if one is not the same.
fn cause(reproduction: &Reproduction) -> Option<(&'static str, String)> {
    let differences = &reproduction.differences;
    let mut ended = reproduction.trials.iter().filter_map(|trial| trial.rerun.as_ref().ok());
    if ended.all(Again::is_identical) || differences.unrecorded > 0 {
        return None;
    }
    let words = |group: &Group| group.word().to_owned();
    let text = match differences.moving().iter().map(words).collect::<Vec<_>>().as_slice() {
        [] => "nothing that was recorded can have moved a result; run the same command with \
               --fresh: is the rerun at least like itself?"
            .into(),
        groups => format!("may have moved results: {}", listed(groups)),
    };
    Some(("cause", text))
}

fn legend(reproduction: &Reproduction) -> Vec<(&'static str, String)> {
    let Basis { tolerance, rope, alpha, metric, origin, .. } = &reproduction.basis;
    let identical = "outcome, steps, weights, and the metrics and events that both have";
    let within = format!("every metric off by at most {tolerance:e} · max(1, |value|)");
    let mut lines = vec![("identical", identical.to_owned()), ("tolerance", within)];
    let grounds = reproduction.trials.iter().filter_map(|trial| trial.rerun.as_ref().ok());
    let grounds: Vec<&Ground> = grounds.map(|again| &again.ground).collect();
    let unit = Unit::of(*metric);
    if grounds.iter().any(|ground| ground.is_paired()) {
        let inside = match rope {
            Some(rope) => format!("equivalent is inside ±{} (TOST)", unit.size(*rope)),
            None => "no rope is declared, so nothing can be called equivalent".into(),
        };
        let test =
            "reruns of a condition paired by seed, exact sign-flip test, Holm over conditions";
        lines.push(("paired", format!("{test}; {inside}; alpha {alpha}")));
    }
    let spread = grounds.iter().filter(|ground| matches!(ground, Ground::Spread { .. })).count();
    if spread > 0 {
        let over = plural(spread, "rerun");
        let limit = "what two seeds of a condition may lie apart: t · √2 · SD of its originals";
        lines.push(("spread", format!("{limit}, Bonferroni over {over}, alpha {alpha}")));
    }
    if lines.len() > 2 {
        lines.push(("judged by", origin.clone()));
    }
    lines
}

/// One line, to be read alone.
fn verdict(reproduction: &Reproduction) -> String {
    let mut counts: BTreeMap<Rung, usize> = BTreeMap::new();
    let mut failed = 0;
    for trial in &reproduction.trials {
        match &trial.rerun {
            Ok(again) => *counts.entry(again.rung()).or_default() += 1,
            Err(_) => failed += 1,
        }
    }
    let mut parts: Vec<String> =
        counts.iter().map(|(rung, n)| format!("{n} {}", rung.word())).collect();
    if failed > 0 {
        parts.push(format!("{failed} without a result"));
    }
    let trials = plural(reproduction.trials.len(), "trial");
    match reproduction.rung {
        None => format!("verdict: none: no rerun has a result ({trials})"),
        Some(rung) if parts.len() == 1 => format!("verdict: {} ({trials})", rung.word()),
        Some(rung) => format!("verdict: {} ({trials}: {})", rung.word(), listed(&parts)),
    }
}
