//! `DatasetCard`: a `datasets/<name>/dataset.toml`, the whole registration of a dataset.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::data_format::DataFormat;
use crate::id::canonical;

/// Every dataset, by name.
pub type Cards = BTreeMap<String, DatasetCard>;

/// Stands in a title, licence or source that nobody has stated yet.
pub const NOT_STATED: &str = "not stated";

/// What a dataset is, where it came from and what its files must hash to.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct DatasetCard {
    /// Version of this format.
    pub schema: u32,
    /// Name of the folder.
    pub name: String,
    /// One line for people.
    pub title: String,
    /// SPDX name or short words.
    pub licence: String,
    /// Where the data came from.
    pub source: String,
    /// How these files were cut from the source; empty when they are the source's own.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub selection: String,
    /// What to cite, as text or BibTeX; empty when nothing is asked for.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub citation: String,
    /// Shape of one example: `[channels, height, width]`, or `[features]`.
    pub shape: Vec<usize>,
    /// Class names; a label is an index into this list.
    pub classes: Vec<String>,
    /// How many examples the files hold.
    pub examples: ExampleCounts,
    /// How raw values become inputs.
    pub normalise: Normalise,
    /// How the files are read.
    pub format: DataFormat,
    /// Every file, with what it must hash to.
    pub files: Vec<FileCard>,
}

/// How many examples the files hold; checked when they are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct ExampleCounts {
    /// To learn from (and, without own test files, to cut a test split from).
    pub train: usize,
    /// In the dataset's own test files; 0 without them.
    pub test: usize,
}

/// input = (raw / divisor - mean) / std, per channel (or per feature).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Normalise {
    /// Largest raw value, so that raw / divisor lies in [0, 1]; 1 for measurements.
    pub divisor: f64,
    /// One value for all, or one per channel or feature.
    pub mean: Vec<f64>,
    /// As `mean`; above 0.
    pub std: Vec<f64>,
}

/// One file of a dataset, or a folder of files.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct FileCard {
    /// Relative to the dataset's folder.
    pub path: String,
    /// Of the file as it lies there (compressed if it is), lower-case hex. Of a folder: of the text
    /// that has a line `<sha256>  <path>` for every file below it, paths from the folder on, in the
    /// order of their bytes; this is what `sha256sum` prints.
    pub sha256: String,
    /// Where it can be fetched, the first choice first; empty when it is committed, or nowhere.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub urls: Vec<String>,
    /// Its length; a fetch never writes more than that. A committed file needs none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bytes: Option<u64>,
    /// Of what the gzip file holds, as sha256.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub payload_sha256: Option<String>,
}

impl DatasetCard {
    /// blake3 of all in the card that can influence a result; not of title, licence, source,
    /// selection and citation, and not of where its files come from. 64 hex digits.
    pub fn hash(&self) -> String {
        let mut files: Vec<&FileCard> = self.files.iter().collect();
        files.sort_by(|a, b| a.path.cmp(&b.path));
        let hashed = |file: &&FileCard| json!({ "path": file.path, "sha256": file.sha256 });
        let files: Vec<serde_json::Value> = files.iter().map(hashed).collect();
        let facts = json!({
            "schema": self.schema,
            "shape": self.shape,
            "classes": self.classes,
            "examples": self.examples,
            "normalise": self.normalise,
            "format": self.format,
            "files": files,
        });
        blake3::hash(canonical(&facts).as_bytes()).to_hex().to_string()
    }

    /// Whether its files may be absent until they are fetched: their card states how long they are.
    pub fn comes_by_fetch(&self) -> bool {
        self.files.iter().all(|file| file.bytes.is_some())
    }

    /// What nobody has stated yet: keys of the card.
    pub fn not_stated(&self) -> Vec<&'static str> {
        let texts = [("title", &self.title), ("licence", &self.licence), ("source", &self.source)];
        texts.into_iter().filter(|(_, text)| *text == NOT_STATED).map(|(key, _)| key).collect()
    }

    /// Whether the dataset has test files of its own.
    pub fn has_test_files(&self) -> bool {
        match &self.format {
            DataFormat::Arrays { test_values, .. } => test_values.is_some(),
            DataFormat::Cifar { test, .. } => !test.is_empty(),
            DataFormat::Csv { test, .. } => test.is_some(),
            DataFormat::Idx { test_images, .. } => test_images.is_some(),
            DataFormat::Images { test, .. } => test.is_some(),
        }
    }
}
