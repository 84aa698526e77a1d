//! `SequenceFormat`: how the files of a dataset of sequences are read.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::ArrayPlace;

/// How sequences are read: `[format.sequence.ts]` and so on. Adding one: a variant here, a file in
/// `data/src/sequences/format`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum SequenceFormat {
    /// Arrays of numpy or safetensors, a class for each sequence.
    Arrays {
        /// Examples to learn from.
        train: Box<SequenceArrays>,
        /// The dataset's own test examples, if it has them.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        test: Option<Box<SequenceArrays>>,
    },
    /// A pronouncing dictionary: `word P H O`, its alternatives as `word(2)`, comments after `#`;
    /// plain or gzip. Pairs of the word's characters and its phonemes.
    #[serde(rename_all = "kebab-case")]
    Lexicon {
        /// Examples to learn from.
        train: String,
        /// The dataset's own test examples, if it has them.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        test: Option<String>,
        /// Which pronunciations of a word are taken.
        pronunciations: Pronunciations,
        /// The characters of words.
        source: VocabularyCard,
        /// The phonemes.
        target: VocabularyCard,
    },
    /// Recordings with a class at every step, as comma separated tables with a header; plain or
    /// gzip. They are cut into windows; each recording is a group.
    #[serde(rename_all = "kebab-case")]
    StepTable {
        /// Examples to learn from. Each file is a recording.
        train: Vec<String>,
        /// The dataset's own test examples, if it has them.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        test: Vec<String>,
        /// The columns that are channels, in their order.
        channels: Vec<String>,
        /// The column with the class.
        label: String,
        /// What stands there for each class, in the order of the classes; their names if left out.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        labels: Vec<String>,
        /// The column that names the recording, when a file has several, each in rows that follow
        /// one another.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        recording: Option<String>,
        /// How they are cut.
        windows: Windows,
    },
    /// Texts in UTF-8, one a line, in a file for each class; plain or gzip.
    #[serde(rename_all = "kebab-case")]
    TextClasses {
        /// The file of each class.
        train: BTreeMap<String, String>,
        /// The dataset's own test examples, if it has them: again a file for each class.
        #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
        test: BTreeMap<String, String>,
        /// What texts are made of.
        vocabulary: VocabularyCard,
    },
    /// A text and the text that belongs to it, in columns of a tab separated table in UTF-8
    /// without header; plain or gzip. Nothing is quoted.
    #[serde(rename_all = "kebab-case")]
    TextPairs {
        /// Examples to learn from.
        train: String,
        /// The dataset's own test examples, if it has them.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        test: Option<String>,
        /// How many columns each line has.
        columns: usize,
        /// The column of the input, counted from 1.
        source_column: usize,
        /// The column of the target, counted from 1.
        target_column: usize,
        /// What inputs are made of.
        source: VocabularyCard,
        /// What targets are made of.
        target: VocabularyCard,
    },
    /// One long text in UTF-8, cut into windows; plain or gzip. The target at a step is the next
    /// token of the text.
    #[serde(rename_all = "kebab-case")]
    TextWindows {
        /// To learn from.
        train: String,
        /// The dataset's own test text, if it has one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        test: Option<String>,
        /// How it is cut.
        windows: Windows,
        /// What the text is made of.
        vocabulary: VocabularyCard,
    },
    /// The text format of sktime and aeon (`.ts`), a class for each sequence; plain or gzip.
    Ts {
        /// Examples to learn from.
        train: String,
        /// The dataset's own test examples, if it has them.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        test: Option<String>,
    },
}

/// Where the arrays of one part are.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct SequenceArrays {
    /// `[examples, steps, channels]`; with `lengths`, all steps of all examples one after the
    /// other: `[steps, channels]`.
    pub values: ArrayPlace,
    /// `[examples]`: how many steps each has.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lengths: Option<ArrayPlace>,
    /// `[examples]`.
    pub labels: ArrayPlace,
    /// `[examples]`: who or what each is of, any integers from 0 on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub groups: Option<ArrayPlace>,
}

/// How long recordings and texts are cut; what is left over at the end is dropped.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Windows {
    /// Steps of a window.
    pub length: usize,
    /// From the start of one to that of the next; below `length`, they overlap.
    pub stride: usize,
}

/// What texts are made of. The tokens are derived from the train part: ids 0 to 3 are padding,
/// unknown, start and end, then comes each that occurs, in the order of its UTF-8 bytes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct VocabularyCard {
    /// How a text is cut into tokens.
    pub unit: Unit,
    /// How many ids there are, those of padding, unknown, start and end included.
    pub size: usize,
    /// Of the tokens from id 4 on, in their order, with a zero byte after each.
    pub sha256: String,
}

impl VocabularyCard {
    /// Ids that are no text: padding, unknown, start, end.
    pub const NUM_SPECIAL: usize = 4;
}

/// How a text is cut into tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Unit {
    /// Code points, as they stand: nothing is composed, decomposed or folded.
    Character,
    /// What stands between white space.
    Word,
}

/// Which pronunciations of a word are taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Pronunciations {
    /// Each is an example; all of one word are a group.
    All,
    /// The first.
    First,
}

/// What belongs to a sequence.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TargetKind {
    /// One class: many to one.
    Class,
    /// A class at every step: many to many, aligned.
    ClassPerStep,
    /// A token at every step, the next one.
    NextToken,
    /// Another sequence: many to many.
    Tokens,
}

impl SequenceFormat {
    /// The files that the format reads, with the field that names each.
    pub(crate) fn files(&self) -> Vec<(&'static str, &str)> {
        let mut files: Vec<(&'static str, &str)> = Vec::new();
        match self {
            Self::Arrays { train, test } => {
                files.extend(train.files(TRAIN_ARRAYS));
                files.extend(test.iter().flat_map(|test| test.files(TEST_ARRAYS)));
            }
            Self::Lexicon { train, test, .. } => {
                files.extend(pair(
                    ["sequence.lexicon.train", "sequence.lexicon.test"],
                    train,
                    test.as_ref(),
                ));
            }
            Self::StepTable { train, test, .. } => {
                files.extend(train.iter().map(|name| ("sequence.step-table.train", name.as_str())));
                files.extend(test.iter().map(|name| ("sequence.step-table.test", name.as_str())));
            }
            Self::TextClasses { train, test, vocabulary: _ } => {
                let field = "sequence.text-classes.train";
                files.extend(train.values().map(|name| (field, name.as_str())));
                let field = "sequence.text-classes.test";
                files.extend(test.values().map(|name| (field, name.as_str())));
            }
            Self::TextPairs { train, test, .. } => {
                let fields = ["sequence.text-pairs.train", "sequence.text-pairs.test"];
                files.extend(pair(fields, train, test.as_ref()));
            }
            Self::TextWindows { train, test, .. } => {
                let fields = ["sequence.text-windows.train", "sequence.text-windows.test"];
                files.extend(pair(fields, train, test.as_ref()));
            }
            Self::Ts { train, test } => {
                files.extend(pair(["sequence.ts.train", "sequence.ts.test"], train, test.as_ref()));
            }
        }
        files
    }

    /// Whether there are test files.
    pub(crate) fn has_test_files(&self) -> bool {
        match self {
            Self::Arrays { test, .. } => test.is_some(),
            Self::StepTable { test, .. } => !test.is_empty(),
            Self::TextClasses { test, .. } => !test.is_empty(),
            Self::Lexicon { test, .. }
            | Self::TextPairs { test, .. }
            | Self::TextWindows { test, .. }
            | Self::Ts { test, .. } => test.is_some(),
        }
    }

    /// Whether the files say whose each example is.
    pub(crate) fn has_groups(&self) -> bool {
        match self {
            Self::Arrays { train, .. } => train.groups.is_some(),
            Self::Lexicon { pronunciations, .. } => *pronunciations == Pronunciations::All,
            Self::StepTable { .. } => true,
            Self::TextClasses { .. }
            | Self::TextPairs { .. }
            | Self::TextWindows { .. }
            | Self::Ts { .. } => false,
        }
    }

    /// What belongs to each sequence.
    pub fn target_kind(&self) -> TargetKind {
        match self {
            Self::Arrays { .. } | Self::TextClasses { .. } | Self::Ts { .. } => TargetKind::Class,
            Self::StepTable { .. } => TargetKind::ClassPerStep,
            Self::TextWindows { .. } => TargetKind::NextToken,
            Self::Lexicon { .. } | Self::TextPairs { .. } => TargetKind::Tokens,
        }
    }

    /// What inputs are made of; `None` if they are numbers.
    pub fn vocabulary(&self) -> Option<&VocabularyCard> {
        match self {
            Self::Arrays { .. } | Self::StepTable { .. } | Self::Ts { .. } => None,
            Self::TextClasses { vocabulary, .. } | Self::TextWindows { vocabulary, .. } => {
                Some(vocabulary)
            }
            Self::Lexicon { source, .. } | Self::TextPairs { source, .. } => Some(source),
        }
    }

    /// What target sequences are made of.
    pub fn target_vocabulary(&self) -> Option<&VocabularyCard> {
        match self {
            Self::Lexicon { target, .. } | Self::TextPairs { target, .. } => Some(target),
            Self::TextWindows { vocabulary, .. } => Some(vocabulary),
            Self::Arrays { .. }
            | Self::StepTable { .. }
            | Self::TextClasses { .. }
            | Self::Ts { .. } => None,
        }
    }
}

/// The fields of [`SequenceArrays`], in its order.
const TRAIN_ARRAYS: [&str; 4] = [
    "sequence.arrays.train.values.file",
    "sequence.arrays.train.lengths.file",
    "sequence.arrays.train.labels.file",
    "sequence.arrays.train.groups.file",
];
const TEST_ARRAYS: [&str; 4] = [
    "sequence.arrays.test.values.file",
    "sequence.arrays.test.lengths.file",
    "sequence.arrays.test.labels.file",
    "sequence.arrays.test.groups.file",
];

impl SequenceArrays {
    fn files(&self, fields: [&'static str; 4]) -> impl Iterator<Item = (&'static str, &str)> {
        let places =
            [Some(&self.values), self.lengths.as_ref(), Some(&self.labels), self.groups.as_ref()];
        let named = fields.into_iter().zip(places);
        named.filter_map(|(field, place)| Some((field, place?.file.as_str())))
    }
}

fn pair<'a>(
    [train_field, test_field]: [&'static str; 2],
    train: &'a str,
    test: Option<&'a String>,
) -> impl Iterator<Item = (&'static str, &'a str)> {
    let test = test.map(|name| (test_field, name.as_str()));
    [(train_field, train)].into_iter().chain(test)
}
