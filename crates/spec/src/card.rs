//! `DatasetCard`: a `datasets/<name>/dataset.toml`, the whole registration of a dataset.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::SCHEMA;
use crate::data_format::DataFormat;
use crate::id::canonical;
use crate::sequence_format::{SequenceFormat, TargetKind};
use crate::weights_card::WeightsCards;

/// Everything that an experiment may name, by name: datasets, and weights of somebody else.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Cards {
    /// Every `dataset.toml`.
    pub datasets: BTreeMap<String, DatasetCard>,
    /// Every `weights.toml`.
    pub weights: WeightsCards,
}

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
    /// Shape of one example: `[channels, height, width]`, or `[features]`. Of one step of a
    /// sequence: `[channels]`; of a text `[size of its vocabulary]`, a step being one of so many.
    pub shape: Vec<usize>,
    /// How long its sequences are; without it, examples are no sequences.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub steps: Option<Steps>,
    /// Class names; a label is an index into this list. Empty when targets are tokens.
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

/// Length of the shortest and the longest sequence, test examples included; checked when they are
/// read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Steps {
    /// Of the shortest.
    pub min: usize,
    /// Of the longest.
    pub max: usize,
}

/// What the examples of a dataset are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Modality {
    /// `[channels, height, width]`, with a class.
    Image,
    /// `[features]`, with a class.
    Table,
    /// Steps, with a class, a class at every step, or the next token at every step.
    Sequence,
    /// A text, with the text that belongs to it.
    TextPair,
}

impl Modality {
    /// In lists.
    pub fn name(self) -> &'static str {
        match self {
            Self::Image => "image",
            Self::Table => "table",
            Self::Sequence => "sequence",
            Self::TextPair => "text pair",
        }
    }
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

impl Cards {
    /// The card of a dataset.
    pub fn get(&self, dataset: &str) -> Option<&DatasetCard> {
        self.datasets.get(dataset)
    }
}

impl FromIterator<(String, DatasetCard)> for Cards {
    /// Datasets only.
    fn from_iter<I: IntoIterator<Item = (String, DatasetCard)>>(cards: I) -> Self {
        Self { datasets: cards.into_iter().collect(), weights: WeightsCards::new() }
    }
}

impl DatasetCard {
    /// A card of which nothing else is known yet: examples of one size whose values are inputs as they
    /// are, no file, and nothing stated for people.
    pub fn new(
        name: &str,
        shape: Vec<usize>,
        classes: Vec<String>,
        examples: ExampleCounts,
        format: DataFormat,
    ) -> Self {
        Self {
            schema: SCHEMA,
            name: name.to_owned(),
            title: NOT_STATED.to_owned(),
            licence: NOT_STATED.to_owned(),
            source: NOT_STATED.to_owned(),
            selection: String::new(),
            citation: String::new(),
            shape,
            steps: None,
            classes,
            examples,
            normalise: Normalise { divisor: 1.0, mean: vec![0.0], std: vec![1.0] },
            format,
            files: Vec::new(),
        }
    }

    /// blake3 of all in the card that can influence a result; not of title, licence, source,
    /// selection and citation, and not of where its files come from. 64 hex digits.
    pub fn hash(&self) -> String {
        let mut files: Vec<&FileCard> = self.files.iter().collect();
        files.sort_by(|a, b| a.path.cmp(&b.path));
        let hashed = |file: &&FileCard| json!({ "path": file.path, "sha256": file.sha256 });
        let files: Vec<serde_json::Value> = files.iter().map(hashed).collect();
        let mut facts = json!({
            "schema": self.schema,
            "shape": self.shape,
            "classes": self.classes,
            "examples": self.examples,
            "normalise": self.normalise,
            "format": self.format,
            "files": files,
        });
        // Only where it is: the hashes of cards without it are those of results.
        if let Some(steps) = &self.steps {
            facts["steps"] = json!(steps);
        }
        blake3::hash(canonical(&facts).as_bytes()).to_hex().to_string()
    }

    /// Whether the files say whose each example is (a subject, a speaker).
    pub fn has_groups(&self) -> bool {
        match &self.format {
            DataFormat::Arrays { train_groups, .. } => train_groups.is_some(),
            DataFormat::Images { group_before, .. } => group_before.is_some(),
            DataFormat::ImageTable { group, .. } => group.is_some(),
            DataFormat::Table(table) => table.group.is_some(),
            DataFormat::Cifar { .. } | DataFormat::Csv { .. } | DataFormat::Idx { .. } => false,
            DataFormat::Sequence(sequence) => sequence.has_groups(),
        }
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
            DataFormat::ImageTable { test, .. } => !test.is_empty(),
            DataFormat::Sequence(sequence) => sequence.has_test_files(),
            DataFormat::Table(table) => !table.test.is_empty(),
        }
    }

    /// What its examples are.
    pub fn modality(&self) -> Modality {
        match (self.sequence_format().map(SequenceFormat::target_kind), self.shape.as_slice()) {
            (Some(TargetKind::Tokens), _) => Modality::TextPair,
            (Some(TargetKind::Class | TargetKind::ClassPerStep | TargetKind::NextToken), _) => {
                Modality::Sequence
            }
            (None, [_, _, _]) => Modality::Image,
            (None, _) => Modality::Table,
        }
    }

    /// How its sequences are read, if it has sequences.
    pub fn sequence_format(&self) -> Option<&SequenceFormat> {
        match &self.format {
            DataFormat::Sequence(sequence) => Some(sequence),
            DataFormat::Arrays { .. }
            | DataFormat::Cifar { .. }
            | DataFormat::Csv { .. }
            | DataFormat::Idx { .. }
            | DataFormat::Images { .. }
            | DataFormat::ImageTable { .. }
            | DataFormat::Table(_) => None,
        }
    }
}
