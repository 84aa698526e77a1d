//! What several processes take that open the same kept dataset at once.

use std::fs;
use std::io::{BufRead, BufReader, Write, stdin};
use std::path::Path;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::time::Instant;

use fireassay_data::Cache;
use fireassay_spec::DatasetCard;

/// Opens a dataset, prints seconds, waits for a line, prints the bytes that it came to hold, waits
/// for another line.
pub(crate) fn child(card: &str, folder: &str, cache: &str) {
    let card = DatasetCard::load(Path::new(card)).expect("a card");
    let cache = Cache { folder: cache.into() };
    let before = proportional();
    let start = Instant::now();
    let dataset = cache.open(&card, Path::new(folder)).expect("as the card says").0;
    println!("{}", start.elapsed().as_secs_f64());
    wait();
    println!("{}", proportional().saturating_sub(before));
    wait();
    drop(dataset);
}

fn wait() {
    stdin().lock().read_line(&mut String::new()).expect("a line");
}

/// Seconds until the last of `count` processes has it open, and bytes of each, on average, when all
/// have: of pages that are shared, its share.
pub(crate) fn measure(count: usize, card: &Path, folder: &Path, cache: &Path) -> [f64; 2] {
    let program = std::env::current_exe().expect("a program");
    let start = || {
        let mut command = Command::new(&program);
        command.arg("hold").args([card, folder, cache]);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("it runs")
    };
    let mut children: Vec<Child> = (0..count).map(|_| start()).collect();
    let mut inputs: Vec<ChildStdin> =
        children.iter_mut().map(|child| child.stdin.take().expect("piped")).collect();
    let mut outputs: Vec<_> = children
        .iter_mut()
        .map(|child| BufReader::new(child.stdout.take().expect("piped")).lines())
        .collect();
    let mut ask = || -> Vec<f64> {
        let lines = outputs.iter_mut().map(|lines| lines.next().expect("a line").expect("text"));
        lines.map(|line| line.parse().expect("a number")).collect()
    };
    let mut tell = || inputs.iter_mut().for_each(|input| input.write_all(b"\n").expect("it waits"));
    let seconds = ask().into_iter().fold(0.0, f64::max);
    tell();
    let bytes = ask().into_iter().sum::<f64>() / count as f64;
    tell();
    children.iter_mut().for_each(|child| drop(child.wait()));
    [seconds, bytes]
}

/// Memory of this process: its own pages, and its share of those that others use too.
fn proportional() -> usize {
    let rollup = fs::read_to_string("/proc/self/smaps_rollup").expect("Linux");
    let line = rollup.lines().find_map(|line| line.strip_prefix("Pss:")).expect("Pss");
    let kib: usize = line.trim().trim_end_matches(" kB").parse().expect("a number");
    kib * 1024
}
