//! `cargo xtask runs show`: everything that is recorded of one run, and what to type next.

use std::fs;
use std::path::{Path, PathBuf};

use fireassay_tracking::{Outcome, RunDir, RunProblem, RunRecord, RunState};

use super::history;
use super::shelf::{Shelf, folder_name, parts, printable, words};
use crate::ui::{self, Answer, Exit, OrRefuse, Refusal, nearest};
use crate::workspace::Workspace;

/// Enough of a log to see why a trial failed.
const LOG_LINES: usize = 20;
/// Fewer digits than this are no id that anybody means.
const FEWEST_DIGITS: usize = 4;

/// One run, sound or damaged.
struct Found<'s> {
    shelf: &'s Shelf,
    run: Run<'s>,
}

#[derive(Clone, Copy)]
enum Run<'s> {
    Sound(&'s RunRecord),
    Damaged(&'s RunProblem),
}

/// Runs the command.
pub(super) fn run(text: &str, workspace: &Workspace) -> Answer {
    let shelves = Shelf::all(workspace, None)?;
    let all: Vec<Found<'_>> = shelves.iter().flat_map(runs_of).collect();
    let found = find(text, &all, workspace)?;
    ui::answer(&match found.run {
        Run::Sound(record) => sound(found, record, workspace)?,
        Run::Damaged(problem) => damaged(found, problem, workspace),
    })?;
    Ok(Exit::Ok)
}

/// The directory of the one run that is meant.
pub(super) fn locate(text: &str, workspace: &Workspace) -> Answer<PathBuf> {
    let shelves = Shelf::all(workspace, None)?;
    let all: Vec<Found<'_>> = shelves.iter().flat_map(runs_of).collect();
    find(text, &all, workspace).map(Found::path)
}

fn runs_of(shelf: &Shelf) -> impl Iterator<Item = Found<'_>> {
    let sound = shelf.records.iter().map(Run::Sound);
    let damaged = shelf.problems.iter().map(Run::Damaged);
    sound.chain(damaged).map(move |run| Found { shelf, run })
}

/// The one run that is meant.
fn find<'a, 's>(text: &str, all: &'a [Found<'s>], workspace: &Workspace) -> Answer<&'a Found<'s>> {
    let typed = [PathBuf::from(text), workspace.root.join(text), workspace.runs.join(text)];
    let typed: Vec<PathBuf> = typed.iter().filter_map(|path| path.canonicalize().ok()).collect();
    let is_path =
        |found: &&Found<'_>| found.path().canonicalize().is_ok_and(|path| typed.contains(&path));
    let mut hits: Vec<&Found<'_>> = all.iter().filter(is_path).collect();
    if hits.is_empty() {
        hits = all.iter().filter(|found| found.is_named(text) || found.has_id(text)).collect();
    }
    match hits.as_slice() {
        [found] => Ok(found),
        [] => Err(unknown(text, all)),
        many => {
            let message = format!("`{text}` may be any of {}", ui::plural(many.len(), "run"));
            let labels: Vec<String> = many.iter().map(|found| found.label()).collect();
            Err(Refusal::new(Exit::Usage, message, &format!("name one: {}", labels.join(", "))))
        }
    }
}

fn unknown(text: &str, all: &[Found<'_>]) -> Refusal {
    let names: Vec<String> = all.iter().flat_map(|found| [found.label(), found.name()]).collect();
    let list = "`cargo xtask runs list` lists them all";
    let help = match nearest(text, names.iter().map(String::as_str)) {
        Some(name) => format!("did you mean `{name}`? {list}"),
        None => list.to_owned(),
    };
    Refusal::new(Exit::Usage, format!("no run `{text}`"), &help)
}

impl Found<'_> {
    fn folder(&self) -> String {
        match self.run {
            Run::Sound(record) => folder_name(&record.path),
            Run::Damaged(problem) => problem.dir.clone(),
        }
    }

    fn path(&self) -> PathBuf {
        self.shelf.dir.join(self.folder())
    }

    /// `<experiment>/<folder>`.
    fn label(&self) -> String {
        format!("{}/{}", self.shelf.name, self.folder())
    }

    /// `<experiment>/<condition>/<seed>`.
    fn name(&self) -> String {
        let folder = self.folder();
        let (condition, seed) = match self.run {
            Run::Sound(record) => (record.trial.condition.clone(), record.trial.seed.to_string()),
            Run::Damaged(_) => match parts(&folder) {
                Some((condition, seed, _)) => (condition.to_owned(), seed.to_owned()),
                None => (folder, String::new()),
            },
        };
        format!("{}/{condition}/{seed}", self.shelf.name)
    }

    fn is_named(&self, text: &str) -> bool {
        let text = text.replace("/seed-", "/").replace("/seed=", "/");
        self.name() == text
    }

    fn has_id(&self, start: &str) -> bool {
        let is_digits =
            start.len() >= FEWEST_DIGITS && start.bytes().all(|b| b.is_ascii_hexdigit());
        let start = start.to_ascii_lowercase();
        let id = match self.run {
            Run::Sound(record) => record.trial.id.to_string(),
            Run::Damaged(problem) => match &problem.trial {
                Some(id) => id.to_string(),
                None => parts(&problem.dir).map_or_else(String::new, |(_, _, id)| id.to_owned()),
            },
        };
        is_digits && id.starts_with(&start)
    }
}

fn sound(found: &Found<'_>, record: &RunRecord, workspace: &Workspace) -> Answer<String> {
    let state = record.state();
    let foreign = found.shelf.is_foreign(&record.trial.id);
    let path = found.path();
    let mut text = format!("{}\n\n", workspace.short(&path).display());
    let mut word = words(state).join(", ");
    if foreign {
        word.push_str(" (foreign: the present plan has no such trial)");
    }
    line(&mut text, "state", &word);
    facts(&mut text, record);
    metrics(&mut text, record);
    section(&mut text, "attempts", history::attempts(record).iter().map(String::as_str));
    files(&mut text, &path);
    let spec = toml::to_string(&record.trial.spec).or_refuse(Exit::Bug)?;
    section(&mut text, "trial", spec.lines());
    let run = RunDir::open(&path).ok();
    if let Some((place, lines)) = run.and_then(|run| history::last_words(&run, workspace)) {
        section(&mut text, &place, lines.iter().map(String::as_str));
    }
    if !matches!(state, RunState::Done | RunState::Pending) {
        section(&mut text, "end of log.txt", end_of_log(&path).iter().map(String::as_str));
    }
    section(&mut text, "next", [next(&found.shelf.name, state, foreign).as_str()].into_iter());
    Ok(text)
}

fn damaged(found: &Found<'_>, problem: &RunProblem, workspace: &Workspace) -> String {
    let path = found.path();
    let mut text = format!("{}\n\n", workspace.short(&path).display());
    line(&mut text, "state", &format!("damaged ({})", problem.kind.word()));
    line(&mut text, "problem", &problem.detail);
    if let Some(id) = &problem.trial {
        line(&mut text, "id", &id.to_string());
    }
    files(&mut text, &path);
    section(&mut text, "end of log.txt", end_of_log(&path).iter().map(String::as_str));
    let name = &found.shelf.name;
    let next = format!("cargo xtask runs gc {name} --damaged, then cargo xtask ablation {name}");
    section(&mut text, "next", [next.as_str()].into_iter());
    text
}

fn next(experiment: &str, state: RunState, foreign: bool) -> String {
    if foreign {
        return format!("cargo xtask runs gc {experiment}");
    }
    match state {
        RunState::Done => format!("cargo xtask report {experiment}"),
        RunState::Diverged => format!("cargo xtask ablation {experiment} --only diverged"),
        RunState::Failed(_) => format!("cargo xtask ablation {experiment} --only failed"),
        RunState::Pending | RunState::Running | RunState::Interrupted => {
            format!("cargo xtask ablation {experiment}")
        }
    }
}

fn facts(text: &mut String, record: &RunRecord) {
    let trial = &record.trial;
    line(text, "experiment", &trial.experiment);
    line(text, "condition", &trial.condition);
    line(text, "seed", &trial.seed.to_string());
    line(text, "id", &trial.id.to_string());
    line(text, "dataset", &format!("{} ({})", trial.spec.data.dataset, trial.dataset_hash));
    if let Some(status) = &record.status {
        let timing = &status.timing;
        line(text, "steps", &format!("{} of {}", status.step, status.budget_steps));
        line(text, "sessions", &status.sessions.to_string());
        let parts = [
            ("wall", timing.wall_secs),
            ("cpu", timing.cpu_secs),
            ("startup", timing.startup_secs),
            ("train", timing.train_secs),
            ("eval", timing.eval_secs),
            ("checkpoint", timing.checkpoint_secs),
        ];
        let parts = parts.map(|(name, secs)| format!("{name} {secs:.2} s"));
        line(text, "time", &parts.join(", "));
        line(text, "memory", &ui::bytes(status.peak_rss_bytes));
        if let Some(message) = &status.message {
            line(text, "message", message);
        }
    }
    let Some(provenance) = &record.provenance else { return };
    let code = &provenance.code;
    let revision = code.git_revision.as_deref().unwrap_or("no revision");
    let dirty = if code.git_dirty { ", with changes" } else { "" };
    line(text, "code", &format!("{revision}{dirty}"));
    line(text, "toolchain", &code.toolchain);
    line(text, "lock file", &code.lockfile_hash);
    line(text, "binary", &provenance.binary_hash);
    for earlier in history::earlier_programs(provenance) {
        line(text, "begun with", &earlier);
    }
    let (backend, burn) = (&provenance.backend, &provenance.burn);
    let threads = ui::plural(provenance.threads, "thread");
    let kernels = provenance.instructions.as_deref().unwrap_or("off");
    line(text, "backend", &format!("{backend}, Burn {burn}, {threads}, kernels {kernels}"));
    line(text, "machine", &format!("{}, {}", provenance.cpu, provenance.platform));
}

fn metrics(text: &mut String, record: &RunRecord) {
    let Some(summary) = &record.summary else { return };
    if let Outcome::Diverged { step, value } = &summary.outcome {
        line(text, "diverged", &format!("{value} at step {step}"));
    }
    line(text, "selected", &format!("step {} of {}", summary.selected_step, summary.steps));
    let (params, trainable) = (summary.params, summary.trainable_params);
    let macs = summary.macs;
    line(text, "size", &format!("{params} parameters ({trainable} trainable), {macs} MACs"));
    let examples = summary.examples;
    let (train, val, test) = (examples.train, examples.val, examples.test);
    line(text, "examples", &format!("{train} train, {val} val, {test} test"));
    line(text, "weights", &summary.state_digest);
    let rows: Vec<String> = summary
        .metrics
        .iter()
        .map(|(name, value)| format!("{:<16} {value}", name.to_string()))
        .collect();
    section(text, "metrics", rows.iter().map(String::as_str));
}

fn files(text: &mut String, run: &Path) {
    let mut found = Vec::new();
    collect(run, "", &mut found);
    found.sort();
    let rows: Vec<String> =
        found.iter().map(|(name, bytes)| format!("{name:<32} {}", ui::bytes(*bytes))).collect();
    section(text, "files", rows.iter().map(String::as_str));
}

/// Files and their sizes; links are shown and not followed.
fn collect(dir: &Path, prefix: &str, found: &mut Vec<(String, u64)>) {
    for entry in fs::read_dir(dir).into_iter().flatten().flatten() {
        let name = format!("{prefix}{}", printable(&entry.file_name().to_string_lossy()));
        match entry.metadata() {
            Ok(metadata) if metadata.is_dir() => {
                collect(&entry.path(), &format!("{name}/"), found);
            }
            Ok(metadata) if metadata.is_symlink() => found.push((format!("{name} (link)"), 0)),
            Ok(metadata) => found.push((name, metadata.len())),
            Err(_) => {}
        }
    }
}

fn end_of_log(run: &Path) -> Vec<String> {
    let log = RunDir::open(run).map_or_else(|_| run.join("log.txt"), |run| run.log_path());
    let bytes = fs::read(log).unwrap_or_default();
    let text = String::from_utf8_lossy(&bytes);
    let lines: Vec<&str> = text.lines().collect();
    let start = lines.len().saturating_sub(LOG_LINES);
    lines.get(start..).unwrap_or_default().iter().map(|line| printable(line)).collect()
}

fn line(text: &mut String, name: &str, value: &str) {
    let line = format!("  {name:<11} {}\n", printable(value));
    text.push_str(&line);
}

fn section<'l>(text: &mut String, title: &str, lines: impl Iterator<Item = &'l str>) {
    let mut lines = lines.peekable();
    if lines.peek().is_none() {
        return;
    }
    text.push_str(&["\n", title, "\n"].concat());
    for line in lines {
        text.push_str(format!("  {line}").trim_end());
        text.push('\n');
    }
}
