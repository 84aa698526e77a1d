//! Where the files of a dataset are looked for.

use std::fs;
use std::path::PathBuf;

use fireassay_data::{DataError, Roots, Whereabouts};
use fireassay_spec::DatasetCard;
use tempfile::TempDir;

const CARD: &str = r#"
schema = 1
name = "clouds"
title = "Two clouds"
licence = "CC0-1.0"
source = "made for this test"
shape = [2]
classes = ["left", "right"]
examples = { train = 20, test = 20 }
normalise = { divisor = 1, mean = [0.0], std = [1.0] }
format = { csv = { train = "train.csv", test = "more/test.csv" } }
files = [
    { path = "train.csv", sha256 = "", bytes = 1 },
    { path = "more/test.csv", sha256 = "", bytes = 1 },
]
"#;

struct Places {
    root: TempDir,
    card: DatasetCard,
}

impl Places {
    /// With these files.
    fn new(files: &[&str]) -> Self {
        let root = TempDir::new().expect("a place to write");
        for file in files {
            let path = root.path().join(file);
            let folder = path.parent().expect("it lies in a folder");
            fs::create_dir_all(folder).expect("writable");
            fs::write(path, "").expect("writable");
        }
        Self { root, card: toml::from_str(CARD).expect("a card") }
    }

    fn path(&self, path: &str) -> PathBuf {
        self.root.path().join(path)
    }

    fn roots(&self) -> Roots {
        Roots { datasets: self.path("datasets"), fetched: Some(self.path("cache")) }
    }
}

const BESIDE: [&str; 2] = ["datasets/clouds/train.csv", "datasets/clouds/more/test.csv"];
const CACHED: [&str; 2] = ["cache/clouds/train.csv", "cache/clouds/more/test.csv"];

#[test]
fn beside_the_card_comes_before_the_data_directory() {
    let places = Places::new(&[BESIDE, CACHED].concat());
    let folder = places.path("datasets/clouds");
    assert_eq!(places.roots().find(&places.card), Whereabouts::BesideCard(folder.clone()));
    assert_eq!(places.roots().folder_of(&places.card).unwrap(), folder);
}

#[test]
fn the_data_directory_counts_when_it_has_every_file() {
    let places = Places::new(&[&BESIDE[..1], &CACHED].concat());
    let folder = places.path("cache/clouds");
    assert_eq!(places.roots().find(&places.card), Whereabouts::Fetched(folder.clone()));
    assert_eq!(places.roots().folder_of(&places.card).unwrap(), folder);
}

#[test]
fn what_is_missing_is_what_a_fetch_has_to_bring() {
    let check = |files: &[&str], expected: &[&str]| {
        let places = Places::new(files);
        let files = expected.iter().map(|&file| file.to_owned()).collect();
        assert_eq!(places.roots().find(&places.card), Whereabouts::Missing { files });
    };
    check(&[], &["train.csv", "more/test.csv"]);
    check(&CACHED[..1], &["more/test.csv"]);
    check(&BESIDE[..1], &["train.csv", "more/test.csv"]);
    check(&[BESIDE[0], CACHED[1]], &["train.csv"]);
}

#[test]
fn a_dataset_that_is_not_here_comes_with_the_command_to_type() {
    let check = |places: &Places, roots: &Roots, expected: &str| {
        let error = roots.folder_of(&places.card).unwrap_err();
        assert!(matches!(error, DataError::Missing { .. }));
        let text = error.to_string().replace(&places.path("").display().to_string(), "");
        assert_eq!(text, expected);
    };
    let places = Places::new(&[BESIDE[0]]);
    let text = "dataset `clouds` is not here: `more/test.csv` lies neither in `datasets/clouds` \
                nor in `cache/clouds`; `cargo xtask data fetch clouds` gets it";
    check(&places, &places.roots(), text);
    let homeless = Roots { fetched: None, ..places.roots() };
    let text = "dataset `clouds` is not here: `more/test.csv` lies neither in `datasets/clouds` \
                nor in a data directory; `cargo xtask data fetch clouds` gets it";
    check(&places, &homeless, text);
}

#[test]
fn a_committed_dataset_that_lacks_a_file_is_read_from_beside_its_card() {
    let mut places = Places::new(&[BESIDE[0]]);
    places.card.files[0].bytes = None;
    let folder = places.roots().folder_of(&places.card).unwrap();
    assert_eq!(folder, places.path("datasets/clouds"));
}
