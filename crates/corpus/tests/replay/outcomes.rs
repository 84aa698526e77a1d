//! Every case of `fuzz/corpus` against what became of it before. `INSTA_UPDATE=always` (as `cargo
//! xtask bless` sets it) writes the expectations.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::thread;

use fireassay_corpus::{TARGETS, Target};

/// Reserved beyond what was there before: no case is larger than a few kilobytes, and none may
/// make a reader ask for more than this.
const MOST_KIB: u64 = 256 << 10;
/// What the allocator reserves for a thread of its own, and its stack. Images are decoded by one for
/// each core, and the other tests here run at the same time.
const THREAD_KIB: u64 = 136 << 10;
const OTHER_THREADS: usize = 4;

#[test]
fn every_case_comes_to_what_it_came_to_before() {
    let before = peak_kib();
    for target in TARGETS {
        let cases = cases(target);
        println!("{}: {} cases", target.name, cases.len());
        let mut outcomes = String::new();
        for (name, path) in &cases {
            let bytes = fs::read(path).unwrap();
            writeln!(outcomes, "{name}: {}", visible(&(target.check)(&bytes))).unwrap();
        }
        compare(target, &outcomes);
    }
    if let (Some(before), Some(after)) = (before, peak_kib()) {
        let threads = thread::available_parallelism().map_or(1, usize::from) + OTHER_THREADS;
        let most = MOST_KIB + threads as u64 * THREAD_KIB;
        assert!(after - before < most, "{before} KiB, then {after} KiB");
    }
}

#[test]
fn each_target_has_its_program_and_its_cases() {
    let names: Vec<String> = TARGETS.iter().map(|target| target.name.to_owned()).collect();
    let stems = |folder: &str| {
        let stem = |path: PathBuf| path.file_stem().unwrap().to_str().unwrap().to_owned();
        entries(&root().join("fuzz").join(folder)).into_iter().map(stem).collect::<Vec<_>>()
    };
    assert_eq!(stems("corpus"), names);
    assert_eq!(stems("fuzz_targets"), names);
    let manifest = fs::read_to_string(root().join("fuzz/Cargo.toml")).unwrap();
    for name in &names {
        let program = fs::read_to_string(root().join(format!("fuzz/fuzz_targets/{name}.rs")));
        assert!(program.unwrap().contains(&format!("check(\"{name}\", ")), "{name}");
        assert!(manifest.contains(&format!("name = \"{name}\"\n")), "{name}");
    }
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn entries(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap();
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths
}

/// Name and place of each case, sorted. The fuzzer calls what it finds by a hash.
fn cases(target: &Target) -> Vec<(String, PathBuf)> {
    let paths = entries(&root().join("fuzz/corpus").join(target.name));
    let name = |path: &PathBuf| path.file_name().unwrap().to_str().unwrap().to_owned();
    paths.into_iter().map(|path| (name(&path), path)).collect()
}

/// So that a text of it has one line per case and stays a text.
fn visible(outcome: &str) -> String {
    let escaped =
        |c: char| if c.is_control() { c.escape_default().collect() } else { c.to_string() };
    outcome.chars().map(escaped).collect()
}

fn compare(target: &Target, outcomes: &str) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/outcomes");
    let path = folder.join(format!("{}.txt", target.name));
    if std::env::var("INSTA_UPDATE").is_ok_and(|mode| mode == "always") {
        fs::write(&path, outcomes).unwrap();
    }
    let expected = fs::read_to_string(&path).unwrap_or_default();
    let changed = outcomes.lines().zip(expected.lines()).find(|(now, before)| now != before);
    assert!(outcomes == expected, "{}: {changed:?}; see {}", target.name, path.display());
}

/// The most memory that this process ever reserved, touched or not; Linux alone says it.
fn peak_kib() -> Option<u64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with("VmPeak:"))?;
    line.split_whitespace().nth(1)?.parse().ok()
}
