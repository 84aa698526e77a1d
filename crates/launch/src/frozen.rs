//! `Frozen`: a copy of a program that no later build replaces while it is in use.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use crate::LaunchError;

/// What every copy is called; its folder is named after its content.
const PROGRAM: &str = "trial";
/// In the store: held while copies come and go. In a copy's folder: held while it is in use.
const LOCK: &str = ".lock";
const TEMP: &str = ".copy.tmp";
/// Digits of a hash in a folder's name.
const NAME_DIGITS: usize = 16;

/// A program as it was, kept until this is dropped or the process ends.
#[derive(Debug)]
#[must_use]
pub struct Frozen {
    /// The copy: start this one.
    pub path: PathBuf,
    /// blake3 of its content.
    pub hash: String,
    _in_use: File,
}

impl Frozen {
    /// Copies `program` into `store`, unless a copy with the same content is there, and removes
    /// copies of other programs that nobody uses any more.
    pub fn new(program: &Path, store: &Path) -> Result<Self, LaunchError> {
        let cannot_read = |source| LaunchError::Program { program: program.to_path_buf(), source };
        let cannot_copy = |source| LaunchError::Freeze {
            program: program.to_path_buf(),
            store: store.to_path_buf(),
            source,
        };
        let hash = program_hash(program).map_err(cannot_read)?;
        fs::create_dir_all(store).map_err(cannot_copy)?;
        let turn = open_lock(store).map_err(cannot_copy)?;
        turn.lock().map_err(cannot_copy)?;
        let frozen = freeze(program, store, hash).map_err(cannot_copy)?;
        remove_unused(store, &frozen.path);
        Ok(frozen)
    }
}

/// blake3 of a program's content, as it goes into `provenance.json`.
pub fn program_hash(program: &Path) -> io::Result<String> {
    let mut hasher = blake3::Hasher::new();
    io::copy(&mut File::open(program)?, &mut hasher)?;
    Ok(hasher.finalize().to_hex().to_string())
}

fn freeze(program: &Path, store: &Path, hash: String) -> io::Result<Frozen> {
    // A power cut may have left half a copy under a whole one's name.
    let copy = folder(store, &hash).join(PROGRAM);
    if program_hash(&copy).is_ok_and(|found| found == hash) {
        return in_use(copy, hash);
    }
    let temp = store.join(TEMP);
    fs::copy(program, &temp)?;
    // The program may have been replaced meanwhile: what counts is what was copied.
    let hash = program_hash(&temp)?;
    let folder = folder(store, &hash);
    fs::create_dir_all(&folder)?;
    let copy = folder.join(PROGRAM);
    fs::rename(&temp, &copy)?;
    in_use(copy, hash)
}

fn folder(store: &Path, hash: &str) -> PathBuf {
    store.join(hash.get(..NAME_DIGITS).unwrap_or(hash))
}

fn in_use(path: PathBuf, hash: String) -> io::Result<Frozen> {
    let lock = open_lock(path.parent().unwrap_or(&path))?;
    lock.lock_shared()?;
    Ok(Frozen { path, hash, _in_use: lock })
}

/// Needs the store's lock, so that nobody begins to use what is being removed. A copy that cannot
/// be removed costs only its disk space.
fn remove_unused(store: &Path, keep: &Path) {
    for entry in fs::read_dir(store).into_iter().flatten().flatten() {
        let folder = entry.path();
        let program = folder.join(PROGRAM);
        if program == keep || !program.is_file() {
            continue;
        }
        if open_lock(&folder).is_ok_and(|lock| lock.try_lock().is_ok()) {
            drop(fs::remove_dir_all(&folder));
        }
    }
}

fn open_lock(folder: &Path) -> io::Result<File> {
    let path = folder.join(LOCK);
    File::options().read(true).write(true).create(true).truncate(false).open(path)
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use super::*;

    fn script(path: &Path, says: &str) {
        use std::os::unix::fs::PermissionsExt;
        fs::write(path, format!("#!/bin/sh\necho {says}\n")).unwrap();
        fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
    }

    fn says(frozen: &Frozen) -> String {
        let output = Command::new("sh").arg(&frozen.path).output().unwrap();
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    }

    fn copies(store: &Path) -> usize {
        let entries = fs::read_dir(store).unwrap();
        entries.filter(|entry| entry.as_ref().unwrap().path().is_dir()).count()
    }

    #[test]
    fn a_later_build_changes_no_copy_and_unused_copies_go() {
        let dir = tempfile::tempdir().unwrap();
        let (program, store) = (dir.path().join("program"), dir.path().join("target/frozen"));
        script(&program, "one");
        let one = Frozen::new(&program, &store).unwrap();
        let again = Frozen::new(&program, &store).unwrap();
        assert_eq!((&one.path, &one.hash), (&again.path, &again.hash));
        script(&program, "two");
        let two = Frozen::new(&program, &store).unwrap();
        assert_eq!((says(&one).as_str(), says(&two).as_str()), ("one", "two"));
        assert_ne!(one.hash, two.hash);
        assert_eq!(one.hash, program_hash(&one.path).unwrap());
        drop(one);
        drop(Frozen::new(&program, &store).unwrap());
        assert_eq!(copies(&store), 2, "it is still in use elsewhere");
        drop(again);
        drop(Frozen::new(&program, &store).unwrap());
        assert_eq!(copies(&store), 1);
        assert_eq!(says(&two), "two");
    }

    #[test]
    fn half_a_copy_is_made_whole() {
        let dir = tempfile::tempdir().unwrap();
        let (program, store) = (dir.path().join("program"), dir.path().join("frozen"));
        script(&program, "whole");
        let path = Frozen::new(&program, &store).unwrap().path.clone();
        fs::write(&path, "#!/bin/sh\nec").unwrap();
        fs::write(store.join(TEMP), "of a killed command").unwrap();
        assert_eq!(says(&Frozen::new(&program, &store).unwrap()), "whole");
    }

    #[test]
    fn what_cannot_be_read_or_copied_is_named() {
        let dir = tempfile::tempdir().unwrap();
        let error = Frozen::new(&dir.path().join("none"), dir.path()).unwrap_err();
        assert!(error.to_string().starts_with("cannot read the program `"), "{error}");
        let program = dir.path().join("program");
        script(&program, "one");
        let error = Frozen::new(&program, &program.join("below")).unwrap_err();
        assert!(error.to_string().starts_with("cannot copy `"), "{error}");
    }
}
