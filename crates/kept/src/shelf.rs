//! `Shelf`: a folder of kept files of one kind.

use std::fs::{self, File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use crate::Key;
use crate::sealed::{self, Contents, Form, Unusable, Writer};

/// What unfinished files and locks are called after their key.
const PART: &str = "part";
const LOCK: &str = "lock";

/// A folder of kept files of one kind. Other files in it are left alone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shelf {
    folder: PathBuf,
    kind: &'static str,
    form: Form,
}

/// What lies on a shelf.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Usage {
    /// Files that are whole.
    pub files: usize,
    /// All that lies there.
    pub bytes: u64,
}

/// Held until it is dropped, or the process ends.
#[derive(Debug)]
pub struct Lock {
    _file: File,
}

/// A file of ours.
struct Entry {
    path: PathBuf,
    kind: &'static str,
}

impl Shelf {
    /// The folder is made when something is first kept. `kind` is what files are called after their
    /// key.
    pub fn new(folder: PathBuf, kind: &'static str, form: Form) -> Self {
        Self { folder, kind, form }
    }

    /// Where files lie.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Where the file of a key is, or would be.
    pub fn path(&self, key: &Key) -> PathBuf {
        self.named(key, self.kind)
    }

    /// How many bytes the file of a key has, if there is one.
    pub fn len_of(&self, key: &Key) -> Option<u64> {
        fs::metadata(self.path(key)).ok().map(|metadata| metadata.len())
    }

    /// Maps the file of a key, and hashes all of it before anything in it counts.
    pub fn open(&self, key: &Key) -> Result<Contents, Unusable> {
        sealed::open(&self.path(key), self.form, key)
    }

    /// Waits until no other process makes the file of this key.
    pub fn lock(&self, key: &Key) -> io::Result<Lock> {
        fs::create_dir_all(&self.folder)?;
        let path = self.named(key, LOCK);
        let file = File::options().create(true).truncate(false).write(true).open(path)?;
        file.lock()?;
        Ok(Lock { _file: file })
    }

    /// A new file of this key, for who has its lock. `flags` and `counts` are the writer's own.
    pub fn write(&self, key: &Key, flags: u32, counts: [u64; 2]) -> io::Result<Writer> {
        let mut writer = Writer::new(self.path(key), self.named(key, PART))?;
        writer.start(self.form, key, flags, counts)?;
        Ok(writer)
    }

    /// Notes that the file of this key is in use, for [`Self::make_room`].
    pub fn used(&self, key: &Key) {
        // On the lock, as who has mapped the file itself would take it for written to. A shelf that
        // cannot be written to needs no room either.
        let lock = File::options().write(true).open(self.named(key, LOCK));
        let _ = lock.and_then(|lock| lock.set_modified(SystemTime::now()));
    }

    /// What is kept.
    pub fn usage(&self) -> io::Result<Usage> {
        let mut usage = Usage::default();
        for entry in self.entries()? {
            self.count(&mut usage, &entry)?;
        }
        Ok(usage)
    }

    /// Removes what is kept, except what another process is making just now. Whoever uses a file
    /// goes on with it: only its name is gone.
    pub fn clear(&self) -> io::Result<Usage> {
        let mut usage = Usage::default();
        for entry in self.entries()? {
            self.remove(&entry, &mut usage)?;
        }
        Ok(usage)
    }

    /// Removes files until `bytes` more would make `limit` at most, those first that were not used
    /// for the longest time, and none of `except`. Whether there is room now.
    pub fn make_room(&self, bytes: u64, limit: u64, except: &[Key]) -> io::Result<bool> {
        let mut total = self.usage()?.bytes.saturating_add(bytes);
        let kept: Vec<PathBuf> = except.iter().map(|key| self.path(key)).collect();
        let mut candidates: Vec<(Option<SystemTime>, Entry)> = Vec::new();
        for entry in self.entries()? {
            if entry.kind != LOCK && !kept.contains(&entry.path) {
                let lock = fs::metadata(entry.path.with_extension(LOCK));
                let used = lock.and_then(|lock| lock.modified()).ok();
                candidates.push((used, entry));
            }
        }
        candidates.sort_by(|a, b| (a.0, &a.1.path).cmp(&(b.0, &b.1.path)));
        for (_, entry) in candidates {
            if total <= limit {
                break;
            }
            let mut removed = Usage::default();
            self.remove(&entry, &mut removed)?;
            total -= removed.bytes;
        }
        Ok(total <= limit)
    }

    fn remove(&self, entry: &Entry, usage: &mut Usage) -> io::Result<()> {
        // A lock stays: who waits for it must not hold a removed one.
        if entry.kind == LOCK || is_being_made(&entry.path)? {
            return Ok(());
        }
        self.count(usage, entry)?;
        fs::remove_file(&entry.path)
    }

    fn count(&self, usage: &mut Usage, entry: &Entry) -> io::Result<()> {
        usage.bytes += fs::metadata(&entry.path)?.len();
        usage.files += usize::from(entry.kind == self.kind);
        Ok(())
    }

    fn named(&self, key: &Key, kind: &str) -> PathBuf {
        self.folder.join(format!("{}.{kind}", key.hex()))
    }

    /// Our own files only, sorted.
    fn entries(&self) -> io::Result<Vec<Entry>> {
        let found = match fs::read_dir(&self.folder) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            found => found?,
        };
        let mut entries = Vec::new();
        for entry in found {
            let path = entry?.path();
            let kind = [self.kind, PART, LOCK].into_iter().find(|kind| {
                let name = path.file_name().and_then(|name| name.to_str());
                let key = name.and_then(|name| name.strip_suffix(kind)?.strip_suffix('.'));
                key.is_some_and(Key::is_hex)
            });
            entries.extend(kind.map(|kind| Entry { path, kind }));
        }
        entries.sort_by(|a, b| a.path.cmp(&b.path));
        Ok(entries)
    }
}

fn is_being_made(path: &Path) -> io::Result<bool> {
    match File::open(path.with_extension(LOCK)) {
        Ok(lock) => match lock.try_lock() {
            Ok(()) => Ok(false),
            Err(TryLockError::WouldBlock) => Ok(true),
            Err(TryLockError::Error(error)) => Err(error),
        },
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tempfile::TempDir;

    use super::*;

    const FORM: Form = Form { magic: *b"a test\n\n", layout: 1 };

    fn keep(shelf: &Shelf, key: &Key, len: usize, used: u64) {
        let lock = shelf.lock(key).unwrap();
        let mut writer = shelf.write(key, 7, [1, 2]).unwrap();
        writer.bytes(&vec![3; len]).unwrap();
        writer.finish().unwrap();
        let time = SystemTime::UNIX_EPOCH + Duration::from_secs(used);
        lock._file.set_modified(time).unwrap();
    }

    #[test]
    fn room_is_made_of_what_was_not_used_for_the_longest_time() {
        let folder = TempDir::new().unwrap();
        let shelf = Shelf::new(folder.path().join("new"), "made", FORM);
        assert!(shelf.make_room(10, 10, &[]).unwrap());
        let keys = ["a", "b", "c", "d"].map(Key::of);
        for (key, used) in keys.iter().zip([30, 10, 40, 20]) {
            keep(&shelf, key, 1000 - 96, used);
        }
        assert_eq!(shelf.usage().unwrap(), Usage { files: 4, bytes: 4000 });
        let there = || keys.map(|key| shelf.len_of(&key).is_some());
        assert!(shelf.make_room(500, 4500, &[]).unwrap());
        assert_eq!(there(), [true; 4]);
        assert!(shelf.make_room(600, 4500, &[]).unwrap());
        assert_eq!(there(), [true, false, true, true]);
        // The fourth is next, but wanted; the first would be, but was used just now.
        shelf.used(&keys[0]);
        let lock = shelf.lock(&keys[0]).unwrap();
        assert!(shelf.make_room(500, 2500, &[keys[3]]).unwrap());
        assert_eq!(there(), [true, false, false, true]);
        // Nor is what is being made removed.
        assert!(!shelf.make_room(2000, 2500, &[keys[3]]).unwrap());
        assert_eq!(there(), [true, false, false, true]);
        drop(lock);
        assert!(!shelf.make_room(2501, 2500, &[]).unwrap());
        assert_eq!(there(), [false; 4]);
    }

    #[test]
    fn what_was_written_is_read_and_what_was_not_finished_is_gone() {
        let folder = TempDir::new().unwrap();
        let shelf = Shelf::new(folder.path().to_owned(), "made", FORM);
        let key = Key::of("a");
        assert_eq!(shelf.open(&key).map(drop), Err(Unusable::Absent));
        let mut writer = shelf.write(&key, 7, [1, 2]).unwrap();
        writer.bytes(b"half").unwrap();
        drop(writer);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
        keep(&shelf, &key, 100, 0);
        let contents = shelf.open(&key).unwrap();
        assert_eq!((contents.flags, contents.counts), (7, [1, 2]));
        assert_eq!(contents.payload[..], [3; 100]);
        assert!(contents.mapped.is_some());
        let other = Shelf { form: Form { layout: 2, ..FORM }, ..shelf.clone() };
        assert_eq!(other.open(&key).map(drop), Err(Unusable::Damaged));
    }
}
