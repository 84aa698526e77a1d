//! `cargo xtask runs import`: everything is unpacked and checked out of sight, then each run comes
//! to its place by one rename.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::BufReader;
use std::path::{Path, PathBuf};

use fireassay_tracking::archive::{
    ArchiveError, Entry, Manifest, entry, is_plain, peek, run_of, unpack,
};
use fireassay_tracking::{ExperimentLock, Registration, Store, write_atomic};

use super::args::ImportArgs;
use super::remove::remove;
use super::shelf::{cannot_read, folder_name};
use crate::ablation::{free_bytes, publish};
use crate::catalogue;
use crate::ui::{self, Answer, Exit, Refusal, Ui};
use crate::workspace::Workspace;

/// Where an archive is unpacked, in the experiment's folder. It is there only during an import.
const STAGE: &str = ".import";

/// Runs the command.
pub(super) fn run(args: &ImportArgs, workspace: &Workspace) -> Answer {
    let manifest = peek(open(&args.file)?).map_err(|error| refused(&args.file, &error))?;
    let name = args.folder.as_ref().unwrap_or(&manifest.experiment).clone();
    if !is_plain(&name) {
        let message = format!("`{name}` cannot be a folder in runs/");
        return Err(Refusal::new(Exit::Usage, message, "name it without slashes and leading dots"));
    }
    let dir = workspace.runs_of(&name);
    let _lock = ExperimentLock::acquire(&dir, "cargo xtask runs import")
        .map_err(|error| Refusal::from_diagnostic(Exit::Usage, error))?;
    let stage = dir.join(STAGE);
    // What a killed import left. Nobody else has it: the lock is ours.
    remove(&stage).map_err(|error| cannot_write(&stage, &error))?;
    fs::create_dir(&stage).map_err(|error| cannot_write(&stage, &error))?;
    let placed = stage_and_place(args, &manifest, &dir, &stage);
    let removed = remove(&stage).map_err(|error| cannot_write(&stage, &error));
    let (placed, kept) = placed?;
    removed?;
    take_experiment_over(workspace, &name, &dir, &manifest)?;
    warn_of_other_data(workspace, &manifest)?;
    let kept = if kept == 0 { String::new() } else { format!("; {kept} were there already") };
    let runs = ui::plural(placed, "run");
    ui::answer(&format!("{runs} imported into {}{kept}\n", workspace.short(&dir).display()))?;
    // Last: whatever is wrong with the experiment's file, the runs are there.
    if catalogue::names(workspace)?.contains(&name) {
        publish(workspace, &catalogue::load_continued(workspace, &name)?)?;
    }
    Ok(Exit::Ok)
}

/// How many runs were placed, and how many were there.
fn stage_and_place(
    args: &ImportArgs,
    peeked: &Manifest,
    dir: &Path,
    stage: &Path,
) -> Answer<(usize, usize)> {
    let room = free_bytes(dir).unwrap_or(u64::MAX);
    let manifest =
        unpack(open(&args.file)?, stage, room).map_err(|error| refused(&args.file, &error))?;
    if manifest != *peeked {
        return Err(refused(&args.file, &ArchiveError::Changed(Manifest::FILE.into())));
    }
    verify(&args.file, &manifest, stage)?;
    refuse_conflicts(&manifest, dir)?;
    // The registration first, also on disk: runs without it would look as if nothing had been
    // declared.
    let lock = Registration::FILE;
    if stage.join(lock).is_file() && !dir.join(lock).exists() {
        rename(&stage.join(lock), &dir.join(lock))?;
        sync(dir).map_err(|error| cannot_write(dir, &error))?;
    }
    let experiment = stage.join(Manifest::EXPERIMENT);
    if experiment.is_file() {
        let bytes = fs::read(&experiment).map_err(|error| cannot_read(&experiment, &error))?;
        let place = dir.join(Manifest::EXPERIMENT);
        write_atomic(&place, &bytes).map_err(|error| cannot_write(&place, &error))?;
    }
    let (mut placed, mut kept) = (0, 0);
    for run in manifest.runs() {
        let (from, to) = (stage.join(run), dir.join(run));
        if to.symlink_metadata().is_ok() {
            kept += 1;
            continue;
        }
        sync_folders(&from).map_err(|error| cannot_write(&from, &error))?;
        rename(&from, &to)?;
        placed += 1;
    }
    sync(dir).map_err(|error| cannot_write(dir, &error))?;
    Ok((placed, kept))
}

/// Every folder of it is a sound run of the experiment.
fn verify(file: &Path, manifest: &Manifest, stage: &Path) -> Answer<()> {
    let bad = |what: String| {
        let message = format!("`{}` is refused: {what}", file.display());
        Refusal::new(Exit::Usage, message, "nothing was imported")
    };
    let survey =
        Store::survey(stage).map_err(|error| Refusal::from_diagnostic(Exit::Usage, error))?;
    if let Some(problem) = survey.problems.first() {
        let (dir, kind) = (&problem.dir, problem.kind.word());
        return Err(bad(format!("its run `{dir}` is damaged ({kind}): {}", problem.detail)));
    }
    let sound: BTreeSet<String> =
        survey.records.iter().map(|record| folder_name(&record.path)).collect();
    if let Some(other) = manifest.runs().into_iter().find(|run| !sound.contains(*run)) {
        return Err(bad(format!("its folder `{other}` is no run")));
    }
    let stranger =
        survey.records.iter().find(|record| record.trial.experiment != manifest.experiment);
    if let Some(record) = stranger {
        let (run, of) = (folder_name(&record.path), &record.trial.experiment);
        return Err(bad(format!("its run `{run}` is one of `{of}`")));
    }
    match Registration::read(stage) {
        Ok(_) => Ok(()),
        Err(error) => Err(bad(ui::with_causes(&error).replace(&stage.display().to_string(), ""))),
    }
}

/// What is there already has to be the same, file by file; nothing is ever replaced.
fn refuse_conflicts(manifest: &Manifest, dir: &Path) -> Answer<()> {
    let differs = |file: &&Entry| {
        let place = dir.join(&file.path);
        let is_placed = match run_of(&file.path) {
            Some(run) => dir.join(run).symlink_metadata().is_ok(),
            None => file.path == Registration::FILE && place.symlink_metadata().is_ok(),
        };
        is_placed && entry(file.path.clone(), &place).ok().as_ref() != Some(*file)
    };
    let found: Vec<&str> =
        manifest.files.iter().filter(differs).map(|file| file.path.as_str()).collect();
    let help = "move what is there away, or import --as another name and compare the two";
    if let Some(first) = found.first() {
        let files = ui::plural(found.len(), "file");
        let message = format!(
            "`{}` and the archive differ in {files}, `{first}` first; nothing was imported",
            folder_name(dir),
        );
        return Err(Refusal::new(Exit::CheckFailed, message, help));
    }
    // Runs that were made without this registration must not look registered, nor the reverse.
    let survey =
        Store::survey(dir).map_err(|error| Refusal::from_diagnostic(Exit::Usage, error))?;
    let arriving = manifest.files.iter().any(|file| file.path == Registration::FILE);
    let present = dir.join(Registration::FILE).exists();
    let is_empty = survey.records.is_empty() && survey.problems.is_empty();
    if arriving == present || (is_empty && !present) {
        return Ok(());
    }
    let message = format!(
        "only one of `{}` and the archive has an {}; nothing was imported",
        folder_name(dir),
        Registration::FILE,
    );
    Err(Refusal::new(Exit::CheckFailed, message, help))
}

/// The experiment's file stays beside the runs only where the workspace has not got the same.
fn take_experiment_over(
    workspace: &Workspace,
    name: &str,
    dir: &Path,
    manifest: &Manifest,
) -> Answer<()> {
    let came = dir.join(Manifest::EXPERIMENT);
    let Some(listed) = manifest.files.iter().find(|file| file.path == Manifest::EXPERIMENT) else {
        return Ok(());
    };
    let own = workspace.experiments.join(name).join(Manifest::EXPERIMENT);
    let is_same = entry(listed.path.clone(), &own).ok().as_ref() == Some(listed);
    if is_same {
        return fs::remove_file(&came).map_err(|error| cannot_write(&came, &error));
    }
    let (came, own) = (workspace.short(&came).display(), workspace.short(&own).display());
    let message = match workspace.experiments.join(name).is_dir() {
        true => format!("{own} is not the one that was exported"),
        false => format!("there is no {own} to judge the runs by"),
    };
    Ui::new(false, false).warning(&message, &format!("the exported one is {came}"));
    Ok(())
}

fn warn_of_other_data(workspace: &Workspace, manifest: &Manifest) -> Answer<()> {
    let cards = catalogue::cards(workspace)?;
    for (dataset, hash) in &manifest.datasets {
        let ours =
            cards.datasets.iter().find(|(name, _)| *name == dataset).map(|(_, card)| card.hash());
        let message = match ours {
            Some(ours) if ours == *hash => continue,
            Some(_) => format!("the dataset `{dataset}` is not the one that the runs saw"),
            None => format!("the dataset `{dataset}` of the runs is not here"),
        };
        Ui::new(false, false).warning(&message, "cargo xtask data list");
    }
    Ok(())
}

fn open(file: &Path) -> Answer<BufReader<File>> {
    File::open(file).map(BufReader::new).map_err(|error| cannot_read(file, &error))
}

fn refused(file: &Path, error: &ArchiveError) -> Refusal {
    let message = format!("`{}` is refused: {}", file.display(), ui::with_causes(error));
    Refusal::new(Exit::Usage, message, "nothing was imported")
}

fn cannot_write(path: &Path, error: &std::io::Error) -> Refusal {
    Refusal::new(Exit::Usage, format!("cannot write `{}`: {error}", path.display()), "")
}

fn rename(from: &Path, to: &Path) -> Answer<()> {
    fs::rename(from, to).map_err(|error| cannot_write(to, &error))
}

fn sync(dir: &Path) -> std::io::Result<()> {
    File::open(dir)?.sync_all()
}

/// Names survive a power failure only when their folders were written.
fn sync_folders(dir: &Path) -> std::io::Result<()> {
    for entry in fs::read_dir(dir)? {
        let path: PathBuf = entry?.path();
        if path.is_dir() {
            sync_folders(&path)?;
        }
    }
    sync(dir)
}
