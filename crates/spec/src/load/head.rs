//! What concerns the file as a whole: schema, name, statements, seeds, dataset, analysis.

use std::collections::BTreeMap;

use super::{ExperimentFile, Source, analysis, earlier, seeds};
use crate::error::Flaw;
use crate::tree::{Node, Value};
use crate::{Cards, SCHEMA, label, suggest};

pub(super) fn check(
    file: &ExperimentFile,
    source: &Source<'_>,
    folder: Option<&str>,
    flaws: &mut Vec<Flaw>,
) {
    check_schema(file.schema, source, flaws);
    check_name(&file.name, folder, source, flaws);
    check_question(&file.question, source, flaws);
    check_statements(&file.statements, source, flaws);
    seeds::check(file, source, flaws);
    check_base(file, source, flaws);
    analysis::check(file, source, flaws);
}

/// A flaw at a node that holds a wrong value.
pub(super) fn problem_flaw(node: &Node, message: String, help: Option<String>) -> Flaw {
    let label = match node.value {
        Value::List(_) | Value::Table(_) => "here".to_owned(),
        Value::Bool(_) | Value::Float(_) | Value::Int(_) | Value::Other(_) | Value::Text(_) => {
            format!("found {}", node.words())
        }
    };
    let flaw = Flaw::new(&node.span, message, label);
    match help {
        Some(help) => flaw.help(help),
        None => flaw,
    }
}

/// A dataset without a card.
pub(super) fn unknown_dataset(node: &Node, name: &str, cards: &Cards) -> Flaw {
    let names: Vec<&String> = cards.datasets.keys().collect();
    Flaw::new(&node.span, format!("unknown dataset `{name}`"), "no such folder in datasets/")
        .help(suggest::help(name, "datasets", &names))
}

fn check_schema(schema: u32, source: &Source<'_>, flaws: &mut Vec<Flaw>) {
    if source.read.is_sound("schema") && schema != SCHEMA {
        let message = format!("schema {schema} cannot be read by this version");
        let flaw = Flaw::new(&source.node("schema").span, message, format!("must be {SCHEMA}"));
        flaws.push(flaw.help("CHANGELOG.md says what changed between schemas"));
    }
}

fn check_name(name: &str, folder: Option<&str>, source: &Source<'_>, flaws: &mut Vec<Flaw>) {
    if !source.read.is_sound("name") {
        return;
    }
    let span = &source.node("name").span;
    let safe = label::safe_name(name);
    if name.is_empty() || safe != name {
        let flaw = Flaw::new(span, "the name is not fit for a folder", format!("found {name:?}"));
        let rule = "letters, digits, `-`, `_` and `.`";
        flaws.push(flaw.help(match safe.is_empty() {
            true => rule.to_owned(),
            false => format!("{rule}; for example \"{safe}\""),
        }));
    } else if let Some(folder) = folder.filter(|folder| *folder != name) {
        let message = format!("the name differs from its folder `{folder}`");
        let flaw = Flaw::new(span, message, format!("found {name:?}"));
        flaws.push(flaw.help(format!("name = \"{folder}\", or rename the folder")));
    }
}

fn check_question(question: &str, source: &Source<'_>, flaws: &mut Vec<Flaw>) {
    if !source.read.is_sound("question") {
        return;
    }
    let span = &source.node("question").span;
    if question.trim().is_empty() {
        flaws.push(Flaw::new(span, "the question is empty", "ask it in one sentence"));
    } else if question.contains(char::is_control) {
        // It is printed as it stands: into tables, headings and the terminal.
        let message = "the question has a line break or another control character";
        flaws.push(Flaw::new(span, message, "ask it on one line"));
    }
}

fn check_statements(statements: &[String], source: &Source<'_>, flaws: &mut Vec<Flaw>) {
    /// The lecture has this many.
    const LAST: u32 = 40;
    let mut first_seen = BTreeMap::new();
    for (index, statement) in statements.iter().enumerate() {
        let path = format!("statements.{index}");
        if !source.read.is_sound(&path) {
            continue;
        }
        let span = &source.node(&path).span;
        let number = statement.strip_prefix('L').and_then(|n| n.parse::<u32>().ok());
        let is_known =
            number.is_some_and(|n| (1..=LAST).contains(&n) && *statement == format!("L{n}"));
        if !is_known {
            let message = format!("the lecture has no statement `{statement}`");
            let flaw = Flaw::new(span, message, "no such statement");
            flaws.push(flaw.help(format!("statements are L1 to L{LAST}")));
        } else if let Some(first) = earlier(&mut first_seen, statement, span) {
            let flaw = Flaw::new(span, format!("statement `{statement}` is listed twice"), "again");
            flaws.push(flaw.also(first, "first here"));
        }
    }
}

/// The reference's own problems, as far as its values are what the file says.
fn check_base(file: &ExperimentFile, source: &Source<'_>, flaws: &mut Vec<Flaw>) {
    let Some(base) = source.base() else { return };
    let is_sound = |key: &str| source.read.is_sound(&format!("base.{key}"));
    if !is_sound("data.dataset") {
        return;
    }
    let dataset = &file.base.data.dataset;
    let Some(card) = source.cards.get(dataset) else {
        flaws.push(unknown_dataset(base.nearest("data.dataset"), dataset, source.cards));
        return;
    };
    let own = file.base.problems(card);
    for problem in own.into_iter().chain(file.base.source_problems(source.cards)) {
        if is_sound(&problem.key) {
            flaws.push(problem_flaw(base.nearest(&problem.key), problem.message, problem.help));
        }
    }
}
