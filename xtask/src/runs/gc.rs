//! `cargo xtask runs gc`: what nothing needs any more; removed only when it is asked for.

use std::fs;
use std::path::{Path, PathBuf};

use fireassay_tracking::{ExperimentLock, RunDir, RunProblem, RunRecord};

use super::args::GcArgs;
use super::keep::{Keep, is_registered, registration};
use super::remove::remove;
use super::shelf::{Shelf, cannot_read, folder_name};
use crate::ablation::size_of;
use crate::ui::{self, Answer, Exit, Refusal, Ui, plural};
use crate::workspace::Workspace;

/// Something that can go.
struct Waste {
    path: PathBuf,
    why: &'static str,
    bytes: u64,
    how: How,
}

/// How it goes.
#[derive(Clone, Copy, PartialEq, Eq)]
enum How {
    /// A run: not while a process works on it.
    Run,
    /// Files in a run, likewise.
    InRun,
    /// Only commands of the experiment use it, and its lock keeps those out.
    Beside,
}

/// Runs the command.
pub(super) fn run(args: &GcArgs, workspace: &Workspace) -> Answer {
    let ui = Ui::new(false, false);
    let shelves = Shelf::all(workspace, args.experiment.as_deref())?;
    let keep = Keep::read(workspace)?;
    for reason in &keep.unsure {
        let help = "put that right; until then no run counts as one of no plan";
        ui.warning(&format!("{reason}: every run stays"), help);
    }
    let mut text = String::new();
    let (mut count, mut bytes, mut left) = (0, 0, Vec::new());
    for shelf in shelves {
        if !shelf.problems.is_empty() && !args.damaged {
            let damaged = plural(shelf.problems.len(), "damaged run");
            let help = format!("cargo xtask runs gc {} --damaged", shelf.name);
            ui.warning(&format!("`{}` has {damaged}, which stays", shelf.name), &help);
        }
        match clean(&shelf, args, workspace, &keep) {
            Ok((wastes, failed)) => {
                text.push_str(&lines(&wastes, workspace));
                count += wastes.len();
                bytes += wastes.iter().map(|waste| waste.bytes).sum::<u64>();
                left.extend(failed);
            }
            // One experiment that is in use must not keep the others from being cleaned.
            Err(refusal) => left.push(refusal.report.to_string()),
        }
    }
    let (things, bytes) = (plural(count, "item"), ui::bytes(bytes));
    let end = match (count, args.yes) {
        (0, _) => "nothing to remove\n".to_owned(),
        (_, true) => format!("\nremoved {things}, {bytes}\n"),
        (_, false) => format!("\n{things}, {bytes}; nothing was removed: --yes removes them\n"),
    };
    ui::answer(&(text + &end))?;
    if left.is_empty() {
        return Ok(Exit::Ok);
    }
    let message = format!("{} left:\n{}", plural(left.len(), "item"), left.join("\n"));
    Err(Refusal::new(Exit::Usage, message, "the rest was done"))
}

/// What can go, or went, and what could not be removed.
fn clean(
    shelf: &Shelf,
    args: &GcArgs,
    workspace: &Workspace,
    keep: &Keep,
) -> Answer<(Vec<Waste>, Vec<String>)> {
    if shelf.dir.is_symlink() {
        let dir = workspace.short(&shelf.dir).display();
        return Err(Refusal::new(Exit::Usage, format!("`{dir}` is a link and left alone"), ""));
    }
    if !args.yes {
        return Ok((wastes(shelf, args, keep)?, Vec::new()));
    }
    let note = format!("cargo xtask runs gc {}", shelf.name);
    let _lock = ExperimentLock::acquire(&shelf.dir, &note)
        .map_err(|error| Refusal::from_diagnostic(Exit::Usage, error))?;
    // Once more, now that nobody changes it.
    let shelf = Shelf::read(workspace, &shelf.name)?;
    let keep = Keep::read(workspace)?;
    let (mut gone, mut left) = (Vec::new(), Vec::new());
    for waste in wastes(&shelf, args, &keep)? {
        match waste.remove() {
            Ok(()) => gone.push(waste),
            Err(why) => left.push(format!("{}: {why}", workspace.short(&waste.path).display())),
        }
    }
    Ok((gone, left))
}

fn wastes(shelf: &Shelf, args: &GcArgs, keep: &Keep) -> Answer<Vec<Waste>> {
    let mut wastes = Vec::new();
    let registered = if keep.unsure.is_empty() { registration(shelf)? } else { None };
    for record in &shelf.records {
        let trial = &record.trial;
        let needed = !keep.unsure.is_empty()
            || keep.is_planned(&trial.id)
            || keep.is_result(&trial.id)
            || registered.as_ref().is_some_and(|registered| is_registered(registered, trial));
        if needed {
            leftovers(record, &mut wastes)?;
        } else {
            push(&mut wastes, record.path.clone(), "of no present plan", How::Run);
        }
    }
    let can_go = |problem: &&RunProblem| {
        let known = problem.trial.as_ref();
        args.damaged && keep.unsure.is_empty() && !known.is_some_and(|id| keep.is_result(id))
    };
    for problem in shelf.problems.iter().filter(can_go) {
        push(&mut wastes, shelf.dir.join(&problem.dir), "damaged", How::Run);
    }
    for (name, path) in inside(&shelf.dir)? {
        let is_folder = path.symlink_metadata().is_ok_and(|metadata| metadata.is_dir());
        if name.starts_with('.') && is_folder {
            push(&mut wastes, path, "set aside", How::Beside);
        } else if is_leftover(&name) {
            push(&mut wastes, path, "left by a killed process", How::Beside);
        }
    }
    wastes.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(wastes)
}

/// What killed processes left in a run that stays, and what a finished one goes on from no more.
fn leftovers(record: &RunRecord, wastes: &mut Vec<Waste>) -> Answer<()> {
    // Files behind a link are somebody else's.
    if record.path.is_symlink() {
        return Ok(());
    }
    let run =
        RunDir::open(&record.path).map_err(|error| Refusal::from_diagnostic(Exit::Usage, error))?;
    let mut folders = vec![record.path.clone()];
    let checkpoints = run.checkpoints();
    folders.extend((checkpoints.is_dir() && !checkpoints.is_symlink()).then_some(checkpoints));
    for (at, folder) in folders.iter().enumerate() {
        for (name, path) in inside(folder)? {
            if is_leftover(&name) {
                push(wastes, path, "left by a killed process", How::InRun);
            } else if at > 0 && record.summary.is_some() && is_set(&name) {
                push(wastes, path, "checkpoint of a finished run", How::InRun);
            }
        }
    }
    Ok(())
}

/// The name that [`fireassay_tracking::write_atomic`] gives to a file before its rename.
fn is_leftover(name: &str) -> bool {
    name.starts_with('.') && name.ends_with(".tmp")
}

/// What a trial goes on from. The selected weights, `selected.safetensors`, are its result.
fn is_set(name: &str) -> bool {
    name == "manifest.json" || (name.starts_with("step-") && name.ends_with(".safetensors"))
}

fn push(wastes: &mut Vec<Waste>, path: PathBuf, why: &'static str, how: How) {
    let bytes = match path.symlink_metadata() {
        Ok(metadata) if metadata.is_dir() => size_of(&path).unwrap_or(0),
        Ok(metadata) => metadata.len(),
        Err(_) => 0,
    };
    wastes.push(Waste { path, why, bytes, how });
}

/// Name and path of all in a folder, hidden ones too, by name.
fn inside(dir: &Path) -> Answer<Vec<(String, PathBuf)>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(dir).map_err(|error| cannot_read(dir, &error))? {
        let path = entry.map_err(|error| cannot_read(dir, &error))?.path();
        found.push((folder_name(&path), path));
    }
    found.sort();
    Ok(found)
}

impl Waste {
    fn remove(&self) -> Result<(), String> {
        if self.how == How::Run {
            return self.remove_run();
        }
        let _lock = match (self.how, self.run_dir()) {
            (How::InRun, Some(run)) => {
                Some(run.try_lock().map_err(|error| ui::with_causes(&error))?)
            }
            (How::InRun | How::Beside | How::Run, _) => None,
        };
        remove(&self.path).map_err(|error| error.to_string())
    }

    /// The folder is renamed first, so that a kill leaves no half of a run in its place.
    fn remove_run(&self) -> Result<(), String> {
        if self.path.is_symlink() {
            return Err("is a link and left alone".to_owned());
        }
        let _lock = match RunDir::open(&self.path) {
            Ok(run) => Some(run.try_lock().map_err(|error| ui::with_causes(&error))?),
            Err(_) => None,
        };
        let doomed = self.path.with_file_name(format!(".gone-{}", folder_name(&self.path)));
        let removed = remove(&doomed)
            .and_then(|()| fs::rename(&self.path, &doomed))
            .and_then(|()| remove(&doomed));
        removed.map_err(|error| error.to_string())
    }

    /// The run that it lies in.
    fn run_dir(&self) -> Option<RunDir> {
        self.path.ancestors().skip(1).take(2).find_map(|dir| RunDir::open(dir).ok())
    }
}

fn lines(wastes: &[Waste], workspace: &Workspace) -> String {
    let row = |waste: &Waste| {
        let path = workspace.short(&waste.path).display().to_string();
        vec![path, waste.why.to_owned(), ui::bytes(waste.bytes)]
    };
    match wastes {
        [] => String::new(),
        wastes => {
            let rows = wastes.iter().map(row).collect();
            ui::table(&["path", "why", "size"], &[2], rows)
        }
    }
}
