//! A comparison for reading: sentences first, then numbers, then what differs.

use fireassay_spec::IntervalKind;

use crate::compare::rows::{SPARE, table, title};
use crate::compare::sentence::sentence;
use crate::compare::warnings::{notes, warnings};
use crate::compare::{Change, Comparison, Differences, Finding, Group, Scope};
use crate::effect::Effect;
use crate::format::terminal::shown;
use crate::legend::{coverages, interval_kind};
use crate::number::{Unit, plural};
use crate::stats::sign_flip;
use crate::table::Table;
use crate::wrap::{unglued, wrap};

/// Digits of a hash that tell two apart.
const SHORT: usize = 12;

/// Plain text of at most `width` columns where words allow it, one comparison after the other.
pub fn terminal(comparisons: &[Comparison], width: usize) -> String {
    let texts: Vec<String> = comparisons.iter().map(|one| terminal_text(one, width)).collect();
    texts.join("\n")
}

/// The same as GitHub's Markdown.
pub fn markdown(comparisons: &[Comparison]) -> String {
    let texts: Vec<String> = comparisons.iter().map(markdown_text).collect();
    texts.join("\n")
}

fn terminal_text(comparison: &Comparison, width: usize) -> String {
    let mut out = String::new();
    for (letter, side) in sides(comparison) {
        out.push_str(&wrap(&side, &format!("{letter}  "), width));
    }
    out.push('\n');
    for compared in &comparison.conditions {
        out.push_str(&wrap(&format!("{}.", sentence(comparison, compared)), "  - ", width));
    }
    out.push('\n');
    out.push_str(&wrap(&title(comparison), "", width));
    out.push_str(&fitted(table(comparison), width));
    out.push_str("\n\nwhat differs, A → B\n");
    for group in Group::ALL {
        for (i, text) in changes(&comparison.differences, group).iter().enumerate() {
            let label = if i == 0 { group.word() } else { "" };
            out.push_str(&wrap(text, &format!("  {label:<11}  "), width));
        }
    }
    out.push('\n');
    let notes = notes(comparison).into_iter().map(|note| ("note", note));
    for (label, text) in legend(comparison).into_iter().chain(notes) {
        out.push_str(&wrap(&text, &format!("  {label:<11}  "), width));
    }
    let warnings = warnings(comparison);
    if !warnings.is_empty() {
        out.push('\n');
    }
    for warning in &warnings {
        out.push_str(&shown(warning, width));
    }
    out
}

fn markdown_text(comparison: &Comparison) -> String {
    let [(_, a), (_, b)] = sides(comparison);
    let mut out = format!("# A against B\n\nA: {a}\n\nB: {b}\n\n## Answer\n\n");
    let list = |items: Vec<String>, out: &mut String| {
        for item in items {
            out.extend(["- ", &unglued(&item), "\n"]);
        }
    };
    let sentences = comparison.conditions.iter();
    list(sentences.map(|c| format!("{}.", sentence(comparison, c))).collect(), &mut out);
    let warnings = warnings(comparison);
    if !warnings.is_empty() {
        out.push_str("\nWarnings:\n\n");
    }
    let warned = warnings.iter().map(|warning| {
        let commands: Vec<String> = warning.commands.iter().map(|c| format!("`{c}`")).collect();
        match commands.as_slice() {
            [] => format!("{}.", warning.what),
            [_, ..] => {
                let commands = commands.join(", then ");
                format!("{}. To do: {commands} ({}).", warning.what, warning.hint)
            }
        }
    });
    list(warned.collect(), &mut out);
    out.extend(["\n## Numbers\n\n", &title(comparison), ".\n\n", &table(comparison).markdown()]);
    out.push_str("\n## What differs\n\nA → B.\n\n");
    let of_group = |group: Group| {
        let changes = changes(&comparison.differences, group).into_iter();
        changes.map(move |change| format!("{}: {change}", group.word()))
    };
    list(Group::ALL.into_iter().flat_map(of_group).collect(), &mut out);
    out.push_str("\n## How to read this\n\n");
    let notes = notes(comparison).into_iter().map(|note| ("note", note));
    let lines = legend(comparison).into_iter().chain(notes);
    list(lines.map(|(label, text)| format!("{label}: {text}")).collect(), &mut out);
    out
}

fn sides(comparison: &Comparison) -> [(char, String); 2] {
    let text = |side: &crate::compare::SideFacts| match comparison.scope {
        Scope::Run => side.label.clone(),
        Scope::Condition | Scope::Store => {
            format!("{} ({})", side.label, plural(side.runs, "run"))
        }
    };
    [('A', text(&comparison.a)), ('B', text(&comparison.b))]
}

/// One line per fact that differs, or that none does.
pub(crate) fn changes(differences: &Differences, group: Group) -> Vec<String> {
    let lines: Vec<String> = differences.group(group).map(change).collect();
    if !lines.is_empty() {
        return lines;
    }
    vec![match differences.unrecorded {
        _ if group.is_identity() => "same".into(),
        0 => "same".into(),
        some if some < differences.pairs => "same where it is recorded".into(),
        _ => "not recorded".into(),
    }]
}

fn change(change: &Change) -> String {
    let is_hash = |text: &str| text.len() > SHORT && text.bytes().all(|b| b.is_ascii_hexdigit());
    let missing = if change.group == Group::Spec { "absent" } else { "not recorded" };
    let value = |value: &Option<String>| match value {
        None => missing.to_owned(),
        Some(text) if is_hash(text) => text.chars().take(SHORT).collect(),
        Some(text) => text.clone(),
    };
    let at = match &change.conditions {
        None => String::new(),
        Some(names) => format!(" ({})", names.join(", ")),
    };
    format!("{}: {} → {}{at}", change.key, value(&change.a), value(&change.b))
}

/// How the numbers were made, in a line each.
fn legend(comparison: &Comparison) -> Vec<(&'static str, String)> {
    let origin = ("judged by", comparison.criteria.origin.clone());
    if comparison.scope == Scope::Run {
        let why = "two runs are one pair, from which no statistic can be made";
        return vec![("verdicts", why.into()), origin];
    }
    let unit = Unit::of(comparison.criteria.metric);
    let sampled = comparison
        .conditions
        .iter()
        .filter_map(|compared| compared.effect.as_ref())
        .any(|effect| effect.n() > sign_flip::EXACT_UP_TO);
    let test =
        if sampled { "sign-flip test (100,000 random vectors)" } else { "exact sign-flip test" };
    let equivalent = match comparison.criteria.rope {
        Some(rope) => format!("equivalent = inside ±{} (TOST)", unit.size(rope)),
        None => "no rope is declared, so nothing can be called equivalent".into(),
    };
    let identical = |finding: &Finding| matches!(finding, Finding::Identical { .. });
    let aside = comparison.conditions.iter().filter(|c| identical(&c.finding)).count();
    let tested = comparison.conditions.len() - aside;
    let family = if comparison.family > tested {
        format!("Holm over {}, the comparisons it may be picked from", comparison.family)
    } else if aside > 0 {
        format!("Holm over {} ({aside} identical aside)", plural(tested, "condition"))
    } else {
        format!("Holm over {}", plural(tested, "condition"))
    };
    let alpha = comparison.criteria.alpha;
    let mut lines = Vec::new();
    if tested > 0 {
        lines.push(("verdicts", format!("{test}, {family}, alpha {alpha}; {equivalent}")));
        lines.push(("intervals", intervals(comparison)));
    }
    if aside > 0 {
        let what = "the same outcome, steps, weights and metrics, to the last bit";
        lines.push(("identical", what.into()));
    }
    lines.push(origin);
    lines
}

fn intervals(comparison: &Comparison) -> String {
    let kind = interval_kind(comparison.criteria.interval);
    let ns = || comparison.conditions.iter().filter_map(|c| c.effect.as_ref()).map(Effect::n);
    let caveat = match comparison.criteria.interval {
        IntervalKind::Bootstrap => coverages(ns().collect()),
        IntervalKind::T => None,
    };
    let caveat = caveat.map_or_else(String::new, |caveat| format!("; {caveat}"));
    format!("{kind}, one condition at a time (not adjusted){caveat}")
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
