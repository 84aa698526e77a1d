//! Replacing a file in one step: readers see the old bytes or the new ones, never a part.

use std::ffi::OsStr;
use std::fs::{self, File};
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};

/// Ends the name of a file that is not yet renamed to its own name. Such a file is left behind
/// only by a killed process, and is never read.
const SUFFIX: &str = ".tmp";

/// Replaces the file at `path`. When this returns, the bytes survive a power failure; when it
/// fails, the old file is as it was.
pub fn write_atomic(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let (temp, file) = create_temp(path)?;
    let done = fill(file, bytes).and_then(|()| fs::rename(&temp, path));
    if done.is_err() {
        // The first error is the one to report.
        let _ = fs::remove_file(&temp);
    }
    done?;
    sync_dir(folder(path))
}

/// Makes a folder and those above it, as far as they are missing. When this returns, its name
/// survives a power failure, and with it whatever is kept in it.
pub(crate) fn create_dir(path: &Path) -> io::Result<()> {
    let parent = folder(path);
    if !parent.is_dir() {
        create_dir(parent)?;
    }
    match fs::create_dir(path) {
        // Also where it was there: whoever made it may have been killed before the next line.
        Err(error) if error.kind() == ErrorKind::AlreadyExists && path.is_dir() => {}
        made => made?,
    }
    sync_dir(parent)
}

/// Removes what killed processes left in a folder. Only for its one writer: a file that is being
/// written looks the same.
pub(crate) fn remove_leftovers(dir: &Path) -> io::Result<()> {
    for entry in fs::read_dir(dir)? {
        let entry = entry?;
        if is_temp(&entry.file_name()) && entry.file_type()?.is_file() {
            fs::remove_file(entry.path())?;
        }
    }
    Ok(())
}

fn is_temp(name: &OsStr) -> bool {
    name.to_str().is_some_and(|name| name.starts_with('.') && name.ends_with(SUFFIX))
}

fn create_temp(path: &Path) -> io::Result<(PathBuf, File)> {
    let Some(name) = path.file_name() else {
        return Err(io::Error::new(ErrorKind::InvalidInput, "the path does not name a file"));
    };
    // A process id can come back (in a container nearly always), so a taken name is no error.
    let mut number = 0_u32;
    loop {
        let mut temp_name = OsStr::new(".").to_owned();
        temp_name.push(name);
        temp_name.push(format!(".{}-{number}{SUFFIX}", std::process::id()));
        let temp = folder(path).join(temp_name);
        match File::create_new(&temp) {
            Err(error) if error.kind() == ErrorKind::AlreadyExists => number += 1,
            Err(error) => return Err(error),
            Ok(file) => return Ok((temp, file)),
        }
    }
}

fn fill(mut file: File, bytes: &[u8]) -> io::Result<()> {
    file.write_all(bytes)?;
    file.sync_all()
}

/// Without this, a power failure can undo a rename, a removal or a new name in the folder.
pub(crate) fn sync_dir(dir: &Path) -> io::Result<()> {
    File::open(dir)?.sync_all()
}

/// Where the path's last part lies; the current folder for a lone name.
pub(crate) fn folder(path: &Path) -> &Path {
    match path.parent() {
        Some(dir) if !dir.as_os_str().is_empty() => dir,
        Some(_) | None => Path::new("."),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(dir: &Path) -> Vec<String> {
        let entries = fs::read_dir(dir).unwrap();
        let mut names: Vec<String> =
            entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    #[test]
    fn replaces_the_file_and_leaves_nothing_else() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a.json");
        write_atomic(&path, b"a longer first text").unwrap();
        write_atomic(&path, b"second").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"second");
        assert_eq!(names(dir.path()), ["a.json"]);
    }

    #[test]
    fn the_leftover_of_a_killed_process_with_the_same_id_is_no_obstacle() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a.json");
        let (leftover, mut file) = create_temp(&path).unwrap();
        file.write_all(b"half of i").unwrap();
        write_atomic(&path, b"whole").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"whole");
        assert_eq!(fs::read(&leftover).unwrap(), b"half of i");
    }

    #[test]
    fn a_failed_rename_keeps_the_target_and_removes_the_temp() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a.json");
        fs::create_dir_all(path.join("occupied")).unwrap();
        assert!(write_atomic(&path, b"bytes").is_err());
        assert_eq!(names(dir.path()), ["a.json"]);
        assert_eq!(names(&path), ["occupied"]);
    }

    #[test]
    fn a_missing_folder_and_a_path_without_a_name_are_errors() {
        let dir = tempfile::tempdir().unwrap();
        let missing = write_atomic(&dir.path().join("no/a.json"), b"");
        assert_eq!(missing.unwrap_err().kind(), ErrorKind::NotFound);
        let nameless = write_atomic(Path::new("/"), b"");
        assert_eq!(nameless.unwrap_err().kind(), ErrorKind::InvalidInput);
    }

    #[test]
    fn folders_are_made_as_far_as_they_are_missing() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("runs/batch-norm/a");
        create_dir(&path).unwrap();
        fs::write(path.join("kept"), "").unwrap();
        create_dir(&path).unwrap();
        assert_eq!(names(&path), ["kept"]);
        let file = path.join("kept");
        assert_eq!(create_dir(&file).unwrap_err().kind(), ErrorKind::AlreadyExists);
        assert!(create_dir(&file.join("below")).is_err());
        assert!(file.is_file());
    }

    #[test]
    fn only_leftovers_are_removed() {
        let dir = tempfile::tempdir().unwrap();
        create_temp(&dir.path().join("a.json")).unwrap();
        for keep in ["a.tmp", ".lock", "a.json"] {
            fs::write(dir.path().join(keep), "").unwrap();
        }
        fs::create_dir(dir.path().join(".dir.tmp")).unwrap();
        remove_leftovers(dir.path()).unwrap();
        assert_eq!(names(dir.path()), [".dir.tmp", ".lock", "a.json", "a.tmp"]);
    }
}
