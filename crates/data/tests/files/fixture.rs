//! A dataset folder made for one test, with a card whose hashes agree.

use std::fs;
use std::io::Write;

use fireassay_data::{DataError, Dataset, open};
use fireassay_spec::{DataFormat, DatasetCard, ExampleCounts, FileCard, Normalise};
use flate2::{Compression, write::GzEncoder};
use sha2::{Digest, Sha256};
use tempfile::TempDir;

/// Removed when dropped.
pub(crate) struct Fixture {
    pub(crate) card: DatasetCard,
    pub(crate) folder: TempDir,
}

impl Fixture {
    /// Three images of 2x2 in two classes.
    pub(crate) fn idx() -> Self {
        let format = DataFormat::Idx {
            train_images: "images".to_owned(),
            train_labels: "labels".to_owned(),
            test_images: None,
            test_labels: None,
        };
        let mut fixture = Self::new(format, vec![1, 2, 2], 3);
        fixture.card.normalise = Normalise { divisor: 2.0, mean: vec![1.0], std: vec![0.5] };
        fixture.write("images", &images());
        fixture.write("labels", &labels());
        fixture
    }

    /// Three rows of two features in two classes.
    pub(crate) fn csv(text: &[u8]) -> Self {
        let format = DataFormat::Csv { train: "table".to_owned(), test: None, skip_lines: 0 };
        let mut fixture = Self::new(format, vec![2], 3);
        fixture.write("table", text);
        fixture
    }

    pub(crate) fn new(format: DataFormat, shape: Vec<usize>, train: usize) -> Self {
        let card = DatasetCard::new(
            "made",
            shape,
            vec!["a".to_owned(), "b".to_owned()],
            ExampleCounts { train, test: 0 },
            format,
        );
        Self { card, folder: TempDir::new().unwrap() }
    }

    /// Writes a file and puts its hash in the card.
    pub(crate) fn write(&mut self, name: &str, bytes: &[u8]) {
        fs::write(self.folder.path().join(name), bytes).unwrap();
        self.card.files.retain(|file| file.path != name);
        self.card.files.push(FileCard {
            path: name.to_owned(),
            sha256: sha256(bytes),
            ..FileCard::default()
        });
    }

    /// Writes files below `folder` and puts the folder's hash in the card.
    pub(crate) fn write_folder(&mut self, folder: &str, files: &[(&str, Vec<u8>)]) {
        let mut lines = Vec::new();
        for (name, bytes) in files {
            let path = self.folder.path().join(folder).join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, bytes).unwrap();
            lines.push((*name, format!("{}  {name}\n", sha256(bytes))));
        }
        lines.sort();
        let text: String = lines.into_iter().map(|(_, line)| line).collect();
        self.card.files.retain(|file| file.path != folder);
        let sha256 = sha256(text.as_bytes());
        self.card.files.push(FileCard { path: folder.to_owned(), sha256, ..FileCard::default() });
    }

    pub(crate) fn open(&self) -> Result<Dataset, DataError> {
        open(&self.card, self.folder.path())
    }

    /// The message of the error that opening must give, without the folder.
    pub(crate) fn message(&self) -> String {
        let error = self.open().expect_err("this dataset is broken");
        error.to_string().replace(&format!("{}/", self.folder.path().display()), "")
    }
}

fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// All inputs and labels.
pub(crate) fn contents(dataset: &Dataset) -> (Vec<f32>, Vec<u32>) {
    let rows: Vec<u32> = (0..dataset.len() as u32).collect();
    let (mut inputs, mut labels) = (Vec::new(), Vec::new());
    dataset.gather(&rows, &mut inputs, &mut labels);
    (inputs, labels)
}

pub(crate) fn images() -> Vec<u8> {
    let header = [0, 0, 8, 3, 0, 0, 0, 3, 0, 0, 0, 2, 0, 0, 0, 2];
    [&header[..], &[0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 255]].concat()
}

pub(crate) fn labels() -> Vec<u8> {
    [&[0, 0, 8, 1, 0, 0, 0, 3][..], &[1, 0, 1]].concat()
}

pub(crate) fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}
