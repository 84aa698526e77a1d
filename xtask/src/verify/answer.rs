//! `Told`: the answer in words.

use std::fmt::Write;
use std::path::PathBuf;

use fireassay_spec::Trial;

use super::Disturbance;
use super::difference::Part;
use crate::ui::plural;

/// What is told, besides the kills.
pub(crate) struct Told<'a> {
    pub(crate) experiment: &'a str,
    pub(crate) trial: &'a Trial,
    pub(crate) parts: &'a [Part],
    /// Of the undisturbed run and of the killed one.
    pub(crate) folders: [PathBuf; 2],
}

impl Told<'_> {
    /// The verdict first, then what it rests on.
    pub(crate) fn text(&self, disturbance: &Disturbance) -> String {
        let is_same = self.parts.iter().all(|part| part.difference.is_none());
        let verdict = if is_same { "pass: the same bits" } else { "DIFFERENT bits" };
        let kills = plural(disturbance.kills.len(), "kill");
        let Trial { condition, seed, .. } = self.trial;
        let mut rows: Vec<(String, String)> = Vec::new();
        for part in self.parts {
            rows.extend(part_rows(part));
        }
        rows.extend(kill_rows(disturbance));
        let [undisturbed, killed] = &self.folders;
        rows.push(("undisturbed".to_owned(), undisturbed.display().to_string()));
        rows.push(("killed".to_owned(), killed.display().to_string()));
        let width = rows.iter().map(|(name, _)| name.len()).max().unwrap_or(0);
        let head = format!("{}: {condition} seed {seed}: {verdict} after {kills}", self.experiment);
        let mut text = format!("{head}\n\n");
        for (name, value) in rows {
            // Writing to a string cannot fail.
            let _ = writeln!(text, "  {name:width$}  {value}");
        }
        text
    }
}

fn part_rows(part: &Part) -> Vec<(String, String)> {
    let row = |name: &str, value: String| (name.to_owned(), value);
    match &part.difference {
        None => vec![row(&part.name, format!("same, {}", part.size))],
        Some(found) => vec![
            row(&part.name, format!("DIFFERENT first at {}", found.place)),
            row("", format!("undisturbed  {}", found.undisturbed)),
            row("", format!("killed       {}", found.killed)),
        ],
    }
}

fn kill_rows(disturbance: &Disturbance) -> [(String, String); 2] {
    let kills = &disturbance.kills;
    let within = kills.iter().filter(|remains| remains.mid_checkpoint).count();
    let sum = |at: fn([u64; 2]) -> u64| -> u64 {
        kills.iter().map(|remains| at(remains.steps_lost)).sum()
    };
    let (least, most) = (sum(|[least, _]| least), sum(|[_, most]| most));
    let sessions = plural(disturbance.sessions, "session");
    [
        ("kills".to_owned(), format!("{}, {within} within a checkpoint; {sessions}", kills.len())),
        ("done again".to_owned(), format!("{least} to {most} steps")),
    ]
}
