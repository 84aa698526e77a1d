//! `Place`: a folder to fetch into, and what is left in it afterwards.

use std::cell::RefCell;
use std::fs;
use std::io::Write;
use std::path::PathBuf;
use std::time::Duration;

use fireassay_fetch::{Event, FetchError, How, Origin, Patience, Route, Trouble, fetch};
use fireassay_spec::{DatasetCard, FileCard};
use flate2::{Compression, write::GzEncoder};
use sha2::{Digest, Sha256};
use tempfile::TempDir;

const CARD: &str = r#"
schema = 1
name = "clouds"
title = "Two clouds"
licence = "CC0-1.0"
source = "made for this test"
shape = [2]
classes = ["left", "right"]
examples = { train = 20, test = 0 }
normalise = { divisor = 1, mean = [0.0], std = [1.0] }
format = { csv = { train = "a.bin" } }
files = []
"#;

pub(crate) struct Place {
    pub(crate) root: TempDir,
    pub(crate) card: DatasetCard,
    /// What was waited for.
    pub(crate) waits: RefCell<Vec<Duration>>,
    /// What was told, one word each.
    pub(crate) told: RefCell<Vec<String>>,
}

impl Place {
    /// For one file with this content, at these addresses.
    pub(crate) fn new(content: &[u8], urls: &[String]) -> Self {
        let mut card: DatasetCard = toml_card();
        card.files = vec![file("a.bin", content, urls)];
        let (waits, told) = (RefCell::default(), RefCell::default());
        Self { root: TempDir::new().unwrap(), card, waits, told }
    }

    pub(crate) fn folder(&self) -> PathBuf {
        self.root.path().join("cache/clouds")
    }

    /// From the web, with the patience of a test.
    pub(crate) fn fetch(&self) -> Result<(), FetchError> {
        self.fetch_until(&|| false)
    }

    pub(crate) fn fetch_until(&self, stop: &dyn Fn() -> bool) -> Result<(), FetchError> {
        self.fetch_from(Origin::Web(Route::Direct), stop)
    }

    pub(crate) fn fetch_from(
        &self,
        origin: Origin<'_>,
        stop: &dyn Fn() -> bool,
    ) -> Result<(), FetchError> {
        let patience = Patience { tries: 3, stall: Duration::from_secs(20), ..Patience::default() };
        let wait = |time| self.waits.borrow_mut().push(time);
        let how = How { origin, patience, wait: &wait, stop };
        fetch(&self.card, &self.folder(), &how, &mut |event| self.hear(event))
    }

    /// Each address with what it came to.
    pub(crate) fn troubles(&self) -> Vec<(String, Trouble)> {
        match self.fetch().unwrap_err() {
            FetchError::EveryAddress { attempts, .. } => {
                attempts.into_iter().map(|attempt| (attempt.place, attempt.trouble)).collect()
            }
            other => panic!("{other}"),
        }
    }

    /// What the only address came to.
    pub(crate) fn trouble(&self) -> Trouble {
        let mut troubles = self.troubles();
        assert_eq!(troubles.len(), 1, "{troubles:?}");
        troubles.remove(0).1
    }

    /// Names and contents of all files but the lock.
    pub(crate) fn left(&self) -> Vec<(String, Vec<u8>)> {
        let mut left: Vec<(String, Vec<u8>)> = fs::read_dir(self.folder())
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .map(|path| (path.file_name().unwrap().to_str().unwrap().to_owned(), path))
            .filter(|(name, _)| name != ".fetch.lock")
            .map(|(name, path)| (name, fs::read(path).unwrap()))
            .collect();
        left.sort();
        left
    }

    pub(crate) fn holds(&self, expected: &[(&str, &[u8])]) {
        let expected: Vec<(String, Vec<u8>)> =
            expected.iter().map(|(name, bytes)| ((*name).to_owned(), bytes.to_vec())).collect();
        assert_eq!(self.left(), expected);
    }

    pub(crate) fn write(&self, name: &str, bytes: &[u8]) {
        let path = self.folder().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }

    fn hear(&self, event: &Event<'_>) {
        let word = match event {
            Event::Busy => "busy".to_owned(),
            Event::Present { file } => format!("present {file}"),
            Event::Started { resumed, total, .. } => format!("started {resumed}/{total}"),
            Event::Arrived { .. } => return,
            Event::Retry { .. } => "retry".to_owned(),
            Event::GaveUp { .. } => "gave up".to_owned(),
            Event::Placed { file } => format!("placed {file}"),
        };
        self.told.borrow_mut().push(word);
    }
}

pub(crate) fn file(path: &str, content: &[u8], urls: &[String]) -> FileCard {
    FileCard {
        path: path.to_owned(),
        sha256: sha256(content),
        urls: urls.to_vec(),
        bytes: Some(content.len() as u64),
        payload_sha256: None,
    }
}

/// Bytes that no two files of different `seed` share.
pub(crate) fn content(seed: u8, length: usize) -> Vec<u8> {
    (0..length).map(|index| (index % 251) as u8 ^ seed).collect()
}

pub(crate) fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

pub(crate) fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

fn toml_card() -> DatasetCard {
    toml::from_str(CARD).unwrap()
}
