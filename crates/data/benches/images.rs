//! What decoding images costs: `cargo bench -p fireassay-data --bench images`.
//!
//! With `FIREASSAY_TEST_DATA` naming a folder of fetched datasets it opens those that are there
//! (`peer/image_folder.py` is what torchvision takes); the pictures of the tests come along always.

use std::fs;
use std::path::{Path, PathBuf};

use divan::Bencher;
use divan::counter::ItemsCount;
use fireassay_data::open;
use fireassay_spec::DatasetCard;
use sha2::{Digest, Sha256};

fn main() {
    divan::main();
}

/// Of each kind so many copies.
const COPIES: usize = 200;

#[divan::bench(args = ["rgb.png", "interlaced.png", "rgb.jpg", "half.jpg", "progressive.jpg"])]
fn folder_of_copies(bencher: Bencher<'_, '_>, name: &str) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let picture = fs::read(root().join("crates/data/tests/images/pictures").join(name));
    let picture = picture.expect("committed");
    let digest = hex(&picture);
    let mut lines = String::new();
    fs::create_dir_all(folder.path().join("set/a")).expect("writable");
    for number in 0..COPIES {
        let path = format!("a/{number:04}");
        fs::write(folder.path().join("set").join(&path), &picture).expect("writable");
        lines.extend([format!("{digest}  {path}\n")]);
    }
    let text = format!(
        "schema = 1\nname = 'made'\ntitle = ''\nlicence = ''\nsource = ''\nshape = [3, 7, 11]\n\
         classes = ['a', 'b']\nexamples = {{ train = {COPIES}, test = 0 }}\n\
         normalise = {{ divisor = 255, mean = [0.5], std = [0.5] }}\n\
         format.images = {{ train = {{ from = 'set' }}, colour = 'rgb', fit = 'exact' }}\n\
         files = [{{ path = 'set', sha256 = '{}' }}]\n",
        hex(lines.as_bytes())
    );
    let card: DatasetCard = toml::from_str(&text).expect("a card");
    bencher
        .counter(ItemsCount::new(COPIES))
        .bench_local(|| open(&card, folder.path()).expect("as the card says"));
}

#[divan::bench(args = ["cifar10-jpeg", "sign-digits"], sample_count = 10)]
fn open_fetched(bencher: Bencher<'_, '_>, name: &str) {
    let Some(data) = std::env::var_os("FIREASSAY_TEST_DATA") else { return };
    let text = fs::read_to_string(root().join("datasets").join(name).join("dataset.toml"));
    let card: DatasetCard = toml::from_str(&text.expect("committed")).expect("a card");
    let holds = |folder: &PathBuf| card.files.iter().all(|file| folder.join(&file.path).is_file());
    let folders = fs::read_dir(data).expect("a folder").flatten().map(|entry| entry.path());
    let Some(folder) = folders.into_iter().find(holds) else { return };
    let num_images = card.examples.train + card.examples.test;
    bencher
        .counter(ItemsCount::new(num_images))
        .bench_local(|| open(&card, &folder).expect("as the card says"));
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn hex(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}
