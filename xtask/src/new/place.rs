//! Bringing the files of a draft to their place.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use fireassay_data::Draft;
use indicatif::ProgressBar;

use crate::ui::Ui;

/// How files come to their place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Way {
    /// Copied.
    Copy,
    /// As hard links, which take no space; copied where the file system has none, or is another.
    Link,
}

/// What was done.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Placed {
    pub(super) num_files: usize,
    pub(super) num_bytes: u64,
    /// Whether one at least was copied.
    pub(super) is_copied: bool,
}

/// Makes the folder `target` with the files of the card in it, all at once: until the last one is
/// there, it has another name. It must not be there yet.
pub(super) fn bring(draft: &Draft, target: &Path, way: Way, ui: Ui) -> io::Result<Placed> {
    let mut files = Vec::new();
    for file in &draft.card.files {
        list(&draft.folder, Path::new(&file.path), &mut files)?;
    }
    let root = target.parent().ok_or(io::ErrorKind::InvalidInput)?;
    fs::create_dir_all(root)?;
    let name = target.file_name().unwrap_or_default().to_string_lossy();
    // Nothing else has such a name: what is there is left from a command that was stopped.
    let unfinished = root.join(format!(".{name}.part"));
    if unfinished.exists() {
        fs::remove_dir_all(&unfinished)?;
    }
    let bar =
        if ui.on_terminal { ProgressBar::new(files.len() as u64) } else { ProgressBar::hidden() };
    let mut placed = Placed::default();
    let outcome = files.iter().try_for_each(|file| {
        bar.inc(1);
        one(&draft.folder.join(file), &unfinished.join(file), way, &mut placed)
    });
    bar.finish_and_clear();
    let outcome = outcome.and_then(|()| fs::rename(&unfinished, target));
    if outcome.is_err() {
        drop(fs::remove_dir_all(&unfinished));
    }
    outcome.map(|()| placed)
}

/// Every file at or below a path, itself below `folder`.
fn list(folder: &Path, path: &Path, files: &mut Vec<PathBuf>) -> io::Result<()> {
    let full = folder.join(path);
    if !full.is_dir() {
        files.push(path.to_owned());
        return Ok(());
    }
    for entry in fs::read_dir(&full)? {
        list(folder, &path.join(entry?.file_name()), files)?;
    }
    Ok(())
}

fn one(from: &Path, to: &Path, way: Way, placed: &mut Placed) -> io::Result<()> {
    fs::create_dir_all(to.parent().ok_or(io::ErrorKind::InvalidInput)?)?;
    if way == Way::Copy || fs::hard_link(from, to).is_err() {
        fs::copy(from, to)?;
        placed.is_copied = true;
    }
    placed.num_files += 1;
    placed.num_bytes += to.metadata()?.len();
    Ok(())
}
