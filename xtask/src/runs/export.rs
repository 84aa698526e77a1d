//! `cargo xtask runs export`: the runs of an experiment in one file.
//!
//! The report does not travel: it is a function of the runs, and the importing machine writes it.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use fireassay_tracking::archive::{ArchiveError, Entry, Manifest, SCHEMA, entry, pack};
use fireassay_tracking::{ExperimentLock, Registration, RunDir, RunRecord};

use super::args::ExportArgs;
use super::shelf::{self, Shelf, cannot_read, folder_name};
use crate::ui::{self, Answer, Exit, OrRefuse, Refusal, Ui};
use crate::workspace::Workspace;

/// Runs the command.
pub(super) fn run(args: &ExportArgs, workspace: &Workspace) -> Answer {
    let name = shelf::known(workspace, &args.experiment)?;
    let note = format!("cargo xtask runs export {name}");
    let _lock = ExperimentLock::acquire(&workspace.runs_of(&name), &note)
        .map_err(|error| Refusal::from_diagnostic(Exit::Usage, error))?;
    let shelf = Shelf::read(workspace, &name)?;
    let records: Vec<&RunRecord> =
        shelf.records.iter().filter(|run| args.all || run.summary.is_some()).collect();
    warn_of_the_rest(&shelf, records.len());
    if records.is_empty() {
        let message = format!("`{name}` has no finished run");
        let help = format!("cargo xtask runs export {name} {} --all", args.file.display());
        return Err(Refusal::new(Exit::NothingSelected, message, &help));
    }
    let toml = workspace.experiments.join(&name).join(Manifest::EXPERIMENT);
    let manifest = manifest(&shelf, &records, &toml, args.with_weights)?;
    let place_of = |path: &str| -> PathBuf {
        if path == Manifest::EXPERIMENT { toml.clone() } else { shelf.dir.join(path) }
    };
    pack(&args.file, &manifest, &place_of).or_refuse(Exit::Usage)?;
    let size = fs::metadata(&args.file).map(|file| file.len());
    let size = size.map_err(|error| cannot_read(&args.file, &error))?;
    let runs = ui::plural(records.len(), "run");
    ui::answer(&format!("{runs} of {name} in {} ({})\n", args.file.display(), ui::bytes(size)))?;
    Ok(Exit::Ok)
}

fn warn_of_the_rest(shelf: &Shelf, packed: usize) {
    let ui = Ui::new(false, false);
    let name = &shelf.name;
    let unfinished = shelf.records.len() - packed;
    if unfinished > 0 {
        let message = format!("left out {}", ui::plural(unfinished, "unfinished run"));
        ui.warning(&message, &format!("cargo xtask ablation {name}, or --all"));
    }
    let damaged = shelf.problems.len();
    if damaged > 0 {
        let message = format!("left out {}", ui::plural(damaged, "damaged run"));
        ui.warning(&message, &format!("cargo xtask runs list {name} --state damaged"));
    }
}

fn manifest(
    shelf: &Shelf,
    records: &[&RunRecord],
    toml: &Path,
    with_weights: bool,
) -> Answer<Manifest> {
    let mut files = Vec::new();
    if toml.is_file() {
        files.push(entry(Manifest::EXPERIMENT.to_owned(), toml).or_refuse(Exit::Usage)?);
    }
    let lock = shelf.dir.join(Registration::FILE);
    if lock.is_file() {
        files.push(entry(Registration::FILE.to_owned(), &lock).or_refuse(Exit::Usage)?);
    }
    let mut datasets = BTreeMap::new();
    for record in records {
        let trial = &record.trial;
        datasets.insert(trial.spec.data.dataset.clone(), trial.dataset_hash.clone());
        let folder = folder_name(&record.path);
        let run = RunDir::open(&record.path)
            .map_err(|error| Refusal::from_diagnostic(Exit::Usage, error))?;
        let skip = (!with_weights).then(|| run.checkpoints());
        collect(&record.path, &folder, skip.as_deref(), &mut files)?;
    }
    files.sort_by(|a, b| a.path.cmp(&b.path));
    let experiment = shelf.name.clone();
    let manifest = Manifest { schema: SCHEMA, experiment, datasets, files };
    manifest.check().or_refuse(Exit::Usage)?;
    Ok(manifest)
}

/// Files of a run, but for hidden ones: locks, and what killed writers left.
fn collect(dir: &Path, prefix: &str, skip: Option<&Path>, files: &mut Vec<Entry>) -> Answer<()> {
    for found in fs::read_dir(dir).map_err(|error| cannot_read(dir, &error))? {
        let found = found.map_err(|error| cannot_read(dir, &error))?;
        let (path, name) = (found.path(), found.file_name());
        let name = name.to_string_lossy();
        if name.starts_with('.') || skip == Some(path.as_path()) {
            continue;
        }
        let name = format!("{prefix}/{name}");
        let kind = found.file_type().map_err(|error| cannot_read(&path, &error))?;
        if kind.is_dir() {
            collect(&path, &name, skip, files)?;
        } else if kind.is_file() {
            files.push(entry(name, &path).or_refuse(Exit::Usage)?);
        } else {
            let refusal = ArchiveError::NotAFile { name, kind: "a link or a device" };
            return Err(refusal).or_refuse(Exit::Usage);
        }
    }
    Ok(())
}
