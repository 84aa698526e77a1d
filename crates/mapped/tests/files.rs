//! What others may do to a file while it is mapped: what is harmless, what is found out, what kills.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fs::{self, File, OpenOptions};
use std::io::{ErrorKind, Write};
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, SystemTime};

use fireassay_mapped::Mapped;
use tempfile::TempDir;

/// Written an hour ago, so that the time of any write differs.
fn file(folder: &TempDir, bytes: &[u8]) -> PathBuf {
    let path = folder.path().join("file");
    fs::write(&path, bytes).unwrap();
    let hour = Duration::from_secs(3600);
    File::options()
        .write(true)
        .open(&path)
        .unwrap()
        .set_modified(SystemTime::now() - hour)
        .unwrap();
    path
}

#[test]
fn the_bytes_are_those_of_the_file_and_clones_share_them() {
    let folder = TempDir::new().unwrap();
    for len in [0, 1, 4095, 4096, 70_000] {
        let bytes: Vec<u8> = (0..len).map(|index| (index % 251) as u8).collect();
        let path = file(&folder, &bytes);
        let mapped = Mapped::open(&path).unwrap();
        assert_eq!((&mapped[..], mapped.path()), (&bytes[..], path.as_path()));
        assert_eq!(mapped.clone().as_ptr(), mapped.as_ptr());
        assert!(mapped.unchanged().unwrap());
    }
}

#[test]
fn a_file_that_was_removed_or_replaced_stays_as_it_was() {
    let folder = TempDir::new().unwrap();
    let path = file(&folder, b"first");
    let mapped = Mapped::open(&path).unwrap();
    let other = folder.path().join("other");
    fs::write(&other, "other").unwrap();
    fs::rename(&other, &path).unwrap();
    assert!(&mapped[..] == b"first" && mapped.unchanged().unwrap());
    assert_eq!(&Mapped::open(&path).unwrap()[..], b"other");

    let mapped = Mapped::open(&path).unwrap();
    fs::remove_file(&path).unwrap();
    assert!(&mapped[..] == b"other" && mapped.unchanged().unwrap());
}

#[test]
fn every_write_in_place_is_noticed() {
    let folder = TempDir::new().unwrap();
    let writes: [fn(&Path); 4] = [
        |path| open(path).write_all(b"F").unwrap(),
        // The very same bytes: only the time tells.
        |path| open(path).write_all(b"first").unwrap(),
        |path| OpenOptions::new().append(true).open(path).unwrap().write_all(b"!").unwrap(),
        |path| open(path).set_len(3).unwrap(),
    ];
    for (number, write) in writes.into_iter().enumerate() {
        let path = file(&folder, b"first");
        let mapped = Mapped::open(&path).unwrap();
        assert!(mapped.unchanged().unwrap());
        write(&path);
        assert!(!mapped.unchanged().unwrap(), "write {number}");
    }
    // Whoever sets the time back is found by the length only.
    let path = file(&folder, b"first");
    let mapped = Mapped::open(&path).unwrap();
    let time = fs::metadata(&path).unwrap().modified().unwrap();
    let mut file = open(&path);
    file.write_all(b"FIRST and more").unwrap();
    file.set_modified(time).unwrap();
    assert!(!mapped.unchanged().unwrap());
}

fn open(path: &Path) -> File {
    OpenOptions::new().write(true).open(path).unwrap()
}

#[test]
fn what_is_no_file_is_an_error() {
    let folder = TempDir::new().unwrap();
    let absent = Mapped::open(&folder.path().join("absent"));
    assert_eq!(absent.unwrap_err().kind(), ErrorKind::NotFound);
    assert!(Mapped::open(folder.path()).is_err());
}

const CUT: &str = "FIREASSAY_TEST_CUT";

/// Runs itself once more: whoever reads on after the cut is killed.
#[test]
fn a_file_that_is_cut_short_ends_the_process_with_sigbus() {
    if let Some(path) = std::env::var_os(CUT) {
        let mapped = Mapped::open(Path::new(&path)).unwrap();
        open(Path::new(&path)).set_len(0).unwrap();
        std::process::exit(i32::from(mapped[0])); // not reached
    }
    const SIGBUS: i32 = if cfg!(target_os = "linux") { 7 } else { 10 };
    let folder = TempDir::new().unwrap();
    let path = file(&folder, &[1; 10_000]);
    let name = "a_file_that_is_cut_short_ends_the_process_with_sigbus";
    let mut itself = Command::new(std::env::current_exe().unwrap());
    let ended = itself.args(["--exact", name]).env(CUT, &path).output().unwrap();
    assert_eq!(ended.status.signal(), Some(SIGBUS));
}
