//! What opening a dataset takes, time and peak memory: `cargo bench -p fireassay-data --bench opening`.
//!
//! Each figure comes from a process of its own, since a peak never goes down again: the fastest of
//! several, and the highest peak of them, less what the process held before. One dataset of each
//! format is made; with `FIREASSAY_TEST_DATA` naming a folder of fetched ones, those that are there
//! come along. `peer/mnist.py` and `peer/image_folder.py` are the other side. Linux only.

#![expect(clippy::print_stdout, reason = "this program's answer")]

mod made;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

use fireassay_data::{Cache, open};
use fireassay_spec::DatasetCard;

const FETCHED: [&str; 4] = ["mnist", "fashion-mnist", "cifar10-jpeg", "sign-digits"];
const RUNS: usize = 5;

fn main() {
    let args: Vec<String> = std::env::args().collect();
    match &args[1..] {
        [word, card, folder, cache] if word == "open" => child(card, folder, cache),
        _ => parent(),
    }
}

/// Opens one dataset and prints seconds, bytes that it needs decoded, bytes that it took at most.
fn child(card: &str, folder: &str, cache: &str) {
    let card = DatasetCard::load(Path::new(card)).expect("a card");
    let before = peak();
    let start = Instant::now();
    let dataset = match cache {
        "" => open(&card, Path::new(folder)).expect("as the card says"),
        cache => {
            let cache = Cache { folder: PathBuf::from(cache) };
            cache.open(&card, Path::new(folder)).expect("as the card says").0
        }
    };
    let seconds = start.elapsed().as_secs_f64();
    let decoded = dataset.len() * (dataset.item_len() * made::value_size(&card) + 4);
    println!("{seconds} {decoded} {}", peak() - before);
}

fn parent() {
    let root = tempfile::tempdir().expect("a temporary folder");
    let cache = Cache { folder: root.path().join("cache") };
    let mut sets = made::sets(root.path());
    sets.extend(fetched());
    println!("dataset                 decoded MB      ms   ratio   kept: ms   ratio");
    for (path, folder) in sets {
        let card = DatasetCard::load(&path).expect("a card");
        let [seconds, decoded, peak] = best(&path, &folder, Path::new(""));
        let name = card.name.as_str();
        print!("{name:<24}{:>10.1}{:>8.1}{:>8.2}", decoded / 1e6, seconds * 1e3, peak / decoded);
        run(&path, &folder, &cache.folder);
        if cache.kept(&card).is_some() {
            let [seconds, decoded, peak] = best(&path, &folder, &cache.folder);
            print!("{:>11.1}{:>8.2}", seconds * 1e3, peak / decoded);
        }
        println!();
    }
}

/// The fastest of several runs, and the highest peak.
fn best(card: &Path, folder: &Path, cache: &Path) -> [f64; 3] {
    let both = |a: [f64; 3], b: [f64; 3]| [a[0].min(b[0]), a[1], a[2].max(b[2])];
    let runs = (0..RUNS).map(|_| run(card, folder, cache));
    runs.reduce(both).expect("several")
}

fn run(card: &Path, folder: &Path, cache: &Path) -> [f64; 3] {
    let program = std::env::current_exe().expect("a program");
    let output = Command::new(program).arg("open").args([card, folder, cache]).output();
    let output = output.expect("it runs");
    let text = String::from_utf8_lossy(&output.stdout);
    let numbers: Vec<f64> = text.split_whitespace().filter_map(|n| n.parse().ok()).collect();
    numbers.try_into().unwrap_or_else(|_| panic!("{}", String::from_utf8_lossy(&output.stderr)))
}

/// The most memory that this process ever held.
fn peak() -> usize {
    let status = fs::read_to_string("/proc/self/status").expect("Linux");
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).expect("VmHWM");
    let kib: usize = line.trim().trim_end_matches(" kB").parse().expect("a number");
    kib * 1024
}

fn fetched() -> Vec<(PathBuf, PathBuf)> {
    let Some(data) = std::env::var_os("FIREASSAY_TEST_DATA") else { return Vec::new() };
    let datasets = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../datasets");
    let mut folders: Vec<PathBuf> =
        fs::read_dir(data).expect("a folder").flatten().map(|entry| entry.path()).collect();
    folders.sort();
    let set = |name: &str| {
        let path = datasets.join(name).join("dataset.toml");
        let card = DatasetCard::load(&path).expect("a card");
        let holds = |at: &&PathBuf| card.files.iter().all(|file| at.join(&file.path).is_file());
        // Two datasets may call their files the same.
        let own = folders.iter().filter(|folder| folder.ends_with(name)).find(holds);
        own.or_else(|| folders.iter().find(holds)).map(|folder| (path, folder.clone()))
    };
    FETCHED.into_iter().filter_map(set).collect()
}
