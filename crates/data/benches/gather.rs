//! What a batch and a start-up cost: `cargo bench -p fireassay-data`.

use std::path::PathBuf;

use divan::Bencher;
use divan::counter::{BytesCount, ItemsCount};
use fireassay_data::{Dataset, open};
use fireassay_spec::DatasetCard;

const BATCH: u32 = 64;
const DATASETS: [&str; 6] =
    ["breast-cancer", "digits", "fashion-mnist-subset", "iris", "mnist-subset", "wine"];

fn main() {
    divan::main();
}

#[divan::bench(args = ["mnist-subset", "digits"])]
fn gather_64(bencher: Bencher<'_, '_>, name: &str) {
    let dataset = load(name);
    // A stride that is prime to the number of examples, so that no cache line is met twice soon.
    let stride = 7919 % dataset.len() as u32;
    let rows: Vec<u32> = (0..BATCH).map(|i| i * stride % dataset.len() as u32).collect();
    let (mut inputs, mut labels) = (Vec::new(), Vec::new());
    bencher
        .counter(ItemsCount::new(BATCH))
        .bench_local(|| dataset.gather(divan::black_box(&rows), &mut inputs, &mut labels));
}

#[divan::bench(args = DATASETS)]
fn open_committed(bencher: Bencher<'_, '_>, name: &str) {
    let (card, folder) = card(name);
    let bytes: u64 = card
        .files
        .iter()
        .map(|file| std::fs::metadata(folder.join(&file.path)).expect("committed").len())
        .sum();
    bencher.counter(BytesCount::new(bytes)).bench_local(|| open(&card, &folder));
}

/// Once per trial, before its splits are cut.
#[divan::bench(args = ["mnist-subset", "digits"])]
fn find_duplicates(bencher: Bencher<'_, '_>, name: &str) {
    let dataset = load(name);
    bencher.counter(ItemsCount::new(dataset.len())).bench_local(|| dataset.duplicates());
}

fn load(name: &str) -> Dataset {
    let (card, folder) = card(name);
    open(&card, &folder).expect("committed")
}

fn card(name: &str) -> (DatasetCard, PathBuf) {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../datasets").join(name);
    let text = std::fs::read_to_string(folder.join("dataset.toml")).expect("committed");
    (toml::from_str(&text).expect("committed"), folder)
}
