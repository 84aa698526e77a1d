//! What a batch and a start-up cost: `cargo bench -p fireassay-data`.

use std::path::PathBuf;

use divan::Bencher;
use divan::counter::{BytesCount, ItemsCount};
use fireassay_data::{Augment, Dataset, open};
use fireassay_spec::{AugmentSpec, DatasetCard};

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

/// What varying a batch of images adds, by way and by channels and side.
#[divan::bench(args = ["flip", "crop", "cutout", "rotate"], consts = [28, 32, 100])]
fn vary_64<const SIDE: usize>(bencher: Bencher<'_, '_>, way: &str) {
    let channels = if SIDE == 28 { 1 } else { 3 };
    let augment = AugmentSpec {
        flip: way == "flip",
        rotate: if way == "rotate" { 15.0 } else { 0.0 },
        crop_padding: if way == "crop" { 4 } else { 0 },
        cutout: if way == "cutout" { 8 } else { 0 },
        mixup: 0.0,
    };
    let text = format!(
        "schema = 1\nname = 'made'\ntitle = ''\nlicence = ''\nsource = ''\nclasses = ['a']\n\
         shape = [{channels}, {SIDE}, {SIDE}]\nexamples = {{ train = {BATCH}, test = 0 }}\n\
         normalise = {{ divisor = 1, mean = [0.5], std = [0.5] }}\n\
         format.images = {{ train = {{ from = 'a' }}, colour = '{}', fit = 'exact' }}\n\
         files = [{{ path = 'a', sha256 = '' }}]\n",
        if channels == 1 { "grey" } else { "rgb" }
    );
    let card: DatasetCard = toml::from_str(&text).expect("a card");
    let len = BATCH as usize * channels * SIDE * SIDE;
    let labels = vec![0; BATCH as usize];
    let mut inputs: Vec<f32> = (0..len).map(|index| (index % 251) as f32 / 250.0).collect();
    let dataset = Dataset::from_values(&card, inputs.clone(), labels.clone()).expect("it agrees");
    let augment = Augment::new(&augment, &dataset, 0);
    let mut step = 0;
    bencher.counter(ItemsCount::new(BATCH)).bench_local(|| {
        step += 1;
        augment.apply(step, &mut inputs, &labels)
    });
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
