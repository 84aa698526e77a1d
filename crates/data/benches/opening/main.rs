//! What opening a dataset takes, time and peak memory: `cargo bench -p fireassay-data --bench opening`.
//!
//! Each figure comes from a process of its own, since a peak never goes down again: the fastest and
//! the median of several, and the highest peak of them, less what the process held before. A dataset
//! that is kept is also opened by one process and by four at once: the time until the last one has
//! it, and what each holds then, pages that are shared counted in parts. One dataset of each
//! format is made; with `FIREASSAY_TEST_DATA` naming a folder of fetched ones, those that are there
//! come along. `peer/mnist.py` and `peer/image_folder.py` are the other side. Linux only.

#![expect(clippy::print_stdout, reason = "this program's answer")]

mod made;
mod sharing;

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
        [word, card, folder, cache] if word == "hold" => sharing::child(card, folder, cache),
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
    println!(
        "{:<24}{:>10}{:>17}{:>7}{:>20}{:>7}",
        "dataset", "MB", "ms", "peak", "kept: ms", "peak"
    );
    for (path, folder) in sets {
        let card = DatasetCard::load(&path).expect("a card");
        print!("{:<24}{}", card.name, Row::of(&path, &folder, Path::new("")).text());
        run(&path, &folder, &cache.folder);
        if cache.kept(&card).is_some() {
            print!("   {}", Row::of(&path, &folder, &cache.folder).text_of_kept());
            for count in [1, 4] {
                let runs =
                    (0..RUNS).map(|_| sharing::measure(count, &path, &folder, &cache.folder));
                let (seconds, bytes): (Vec<f64>, Vec<f64>) = runs.map(|[s, b]| (s, b)).unzip();
                let [fastest, median] = fastest_and_median(seconds).map(|seconds| seconds * 1e3);
                let most = bytes.into_iter().fold(0.0, f64::max) / 1e6;
                print!("   {count} at once: {fastest:.0} / {median:.0} ms, {most:.1} MB each");
            }
        }
        println!();
    }
}

/// Of several runs.
struct Row {
    seconds: [f64; 2],
    decoded: f64,
    highest_peak: f64,
}

impl Row {
    fn of(card: &Path, folder: &Path, cache: &Path) -> Self {
        let runs: Vec<[f64; 3]> = (0..RUNS).map(|_| run(card, folder, cache)).collect();
        let seconds = fastest_and_median(runs.iter().map(|run| run[0]).collect());
        let highest_peak = runs.iter().map(|run| run[2]).fold(0.0, f64::max);
        Self { seconds, decoded: runs[0][1], highest_peak }
    }

    fn text(&self) -> String {
        format!("{:>10.1}{}", self.decoded / 1e6, self.text_of_kept())
    }

    fn text_of_kept(&self) -> String {
        let [fastest, median] = self.seconds.map(|seconds| seconds * 1e3);
        format!("{fastest:>8.1} /{median:>7.1}{:>7.2}", self.highest_peak / self.decoded)
    }
}

fn fastest_and_median(mut seconds: Vec<f64>) -> [f64; 2] {
    seconds.sort_by(f64::total_cmp);
    [seconds[0], seconds[seconds.len() / 2]]
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
