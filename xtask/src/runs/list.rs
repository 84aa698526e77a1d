//! `cargo xtask runs list`: every run on one line, damaged ones too.

use serde::Serialize;

use fireassay_tracking::{RunProblem, RunRecord};

use super::args::{ListArgs, View};
use super::shelf::{Shelf, folder_name, parts, printable, words};
use crate::ablation::size_of;
use crate::ui::{self, Answer, Exit, OrRefuse, Refusal, Ui};
use crate::workspace::Workspace;

/// Version of what `--format json` writes.
const SCHEMA: u32 = 1;
/// Digits of an id in the table: as many as a folder's name has.
const SHORT_ID: usize = 8;

/// One run.
#[derive(Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
struct Row {
    experiment: String,
    /// Name of its folder.
    folder: String,
    condition: String,
    seed: Option<u64>,
    /// In one word.
    state: &'static str,
    /// Not of the present plan; none where there is no telling.
    foreign: Option<bool>,
    /// None where `trial.json` is damaged.
    id: Option<String>,
    steps: Option<u64>,
    budget_steps: Option<u64>,
    wall_secs: Option<f64>,
    /// On disk; none where it cannot be read.
    bytes: Option<u64>,
    /// What is wrong with a damaged run: kind and detail.
    #[serde(skip_serializing_if = "Option::is_none")]
    problem: Option<(&'static str, String)>,
    /// All that `--state` calls it.
    #[serde(skip)]
    states: Vec<&'static str>,
}

#[derive(Serialize)]
struct Document {
    schema: u32,
    runs: Vec<Row>,
}

/// Runs the command.
pub(super) fn run(args: &ListArgs, workspace: &Workspace) -> Answer {
    let shelves = Shelf::all(workspace, args.experiment.as_deref())?;
    for shelf in shelves.iter().filter(|shelf| shelf.plan.is_none()) {
        let message = format!("`{}` has no readable plan: its runs may be foreign", shelf.name);
        let help = format!("cargo xtask ablation {} --dry-run", shelf.name);
        Ui::new(false, false).warning(&message, &help);
    }
    let mut rows: Vec<Row> = shelves.iter().flat_map(rows_of).collect();
    let total = rows.len();
    let asked = |row: &Row| row.states.iter().any(|state| args.state.iter().any(|a| a == state));
    rows.retain(|row| args.state.is_empty() || asked(row));
    if rows.is_empty() {
        return Err(nothing(args, total));
    }
    ui::answer(&match args.format {
        View::Terminal => table(&rows),
        View::Json => {
            let document = Document { schema: SCHEMA, runs: rows };
            serde_json::to_string_pretty(&document).or_refuse(Exit::Bug)? + "\n"
        }
    })?;
    Ok(Exit::Ok)
}

fn nothing(args: &ListArgs, total: usize) -> Refusal {
    if total == 0 {
        let help = "`cargo xtask ablation` lists the experiments";
        return Refusal::new(Exit::NothingSelected, "nothing has been run", help);
    }
    let message = format!("none of {} is {}", ui::plural(total, "run"), args.state.join(" or "));
    Refusal::new(Exit::NothingSelected, message, "cargo xtask runs list")
}

fn rows_of(shelf: &Shelf) -> Vec<Row> {
    let sound = shelf.records.iter().map(|record| sound(shelf, record));
    let damaged = shelf.problems.iter().map(|problem| damaged(shelf, problem));
    let mut rows: Vec<Row> = sound.chain(damaged).collect();
    rows.sort_by(|a, b| (&a.condition, a.seed, &a.folder).cmp(&(&b.condition, b.seed, &b.folder)));
    rows
}

fn sound(shelf: &Shelf, record: &RunRecord) -> Row {
    let trial = &record.trial;
    let words = words(record.state());
    let foreign = shelf.plan.as_ref().map(|_| shelf.is_foreign(&trial.id));
    let mut states = words.to_vec();
    states.extend((foreign == Some(true)).then_some("foreign"));
    let summary = record.summary.as_ref();
    let status = record.status.as_ref();
    Row {
        experiment: shelf.name.clone(),
        folder: folder_name(&record.path),
        condition: trial.condition.clone(),
        seed: Some(trial.seed),
        state: words[0],
        foreign,
        id: Some(trial.id.to_string()),
        steps: summary.map(|summary| summary.steps).or(status.map(|status| status.step)),
        budget_steps: (summary.map(|summary| summary.budget_steps))
            .or(status.map(|status| status.budget_steps)),
        wall_secs: status.map(|status| status.timing.wall_secs),
        bytes: size_of(&record.path).ok(),
        problem: None,
        states,
    }
}

fn damaged(shelf: &Shelf, problem: &RunProblem) -> Row {
    let (condition, seed) = match parts(&problem.dir) {
        Some((condition, seed, _)) => (condition, seed.parse().ok()),
        None => (problem.dir.as_str(), None),
    };
    let foreign = problem.trial.as_ref().zip(shelf.plan.as_ref());
    let foreign = foreign.map(|(id, _)| shelf.is_foreign(id));
    let mut states = vec!["damaged"];
    states.extend((foreign == Some(true)).then_some("foreign"));
    Row {
        experiment: shelf.name.clone(),
        folder: problem.dir.clone(),
        condition: condition.to_owned(),
        seed,
        state: "damaged",
        foreign,
        id: problem.trial.as_ref().map(ToString::to_string),
        steps: None,
        budget_steps: None,
        wall_secs: None,
        bytes: size_of(&shelf.dir.join(&problem.dir)).ok(),
        problem: Some((problem.kind.word(), problem.detail.clone())),
        states,
    }
}

fn table(rows: &[Row]) -> String {
    const HEADER: [&str; 8] =
        ["experiment", "condition", "seed", "state", "steps", "time", "size", "id"];
    const NUMBERS: [usize; 4] = [2, 4, 5, 6];
    let mut text = ui::table(&HEADER, &NUMBERS, rows.iter().map(cells).collect());
    let bytes = rows.iter().filter_map(|row| row.bytes).sum();
    let count = ui::plural(rows.len(), "run");
    let sum = format!("\n  {count}, {}\n", ui::bytes(bytes));
    text.push_str(&sum);
    for row in rows {
        if let Some((_, detail)) = &row.problem {
            let problem = format!("  {}/{}: {detail}", row.experiment, row.folder);
            text.push_str(&printable(&problem));
            text.push('\n');
        }
    }
    text
}

fn cells(row: &Row) -> Vec<String> {
    let blank = || "-".to_owned();
    let mut state = match &row.problem {
        Some((kind, _)) => format!("damaged ({kind})"),
        None => row.state.to_owned(),
    };
    if row.foreign == Some(true) {
        state.push_str(", foreign");
    }
    let steps = row.steps.zip(row.budget_steps).map(|(steps, of)| format!("{steps}/{of}"));
    let id = row.id.as_deref().and_then(|id| id.get(..SHORT_ID)).map(ToOwned::to_owned);
    vec![
        row.experiment.clone(),
        printable(&row.condition),
        row.seed.map_or_else(blank, |seed| seed.to_string()),
        state,
        steps.unwrap_or_else(blank),
        row.wall_secs.map_or_else(blank, ui::about),
        row.bytes.map_or_else(blank, ui::bytes),
        id.unwrap_or_else(blank),
    ]
}
