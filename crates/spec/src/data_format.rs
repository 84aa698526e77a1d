//! `DataFormat`: how the files of a dataset are read.

use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::{SequenceFormat, TableSpec};

/// How the files are read. Adding one: a variant here, a file in `data/src/format`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum DataFormat {
    /// Arrays of numpy: `.npy` files, plain or gzip, or members of `.npz` files. Values are
    /// `[examples, shape..]` (or without the channels, when there is one), labels `[examples]`.
    #[serde(rename_all = "kebab-case")]
    Arrays {
        /// Unsigned bytes stay bytes, other numbers are rounded to 32-bit floats.
        train_values: ArrayPlace,
        /// Any type of integer.
        train_labels: ArrayPlace,
        /// The dataset's own test examples, if it has them.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        test_values: Option<ArrayPlace>,
        /// Goes with `test-values`.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        test_labels: Option<ArrayPlace>,
        /// Whose each example is: any integers, the same for the same subject or speaker.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        train_groups: Option<ArrayPlace>,
        /// Goes with `train-groups` and `test-values`.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        test_groups: Option<ArrayPlace>,
        /// Where the channels of an image stand.
        #[serde(default)]
        channels: Channels,
    },
    /// The binary version of CIFAR-10 and CIFAR-100: a label or two, then 3x32x32 bytes.
    #[serde(rename_all = "kebab-case")]
    Cifar {
        /// Examples to learn from, in this order; plain or gzip.
        train: Vec<String>,
        /// The dataset's own test examples, if it has them.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        test: Vec<String>,
        /// A tar archive (plain or gzip) that the files are in, under these names.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        archive: Option<String>,
        /// Which byte of a record is the label.
        label: CifarLabel,
    },
    /// Rows of numbers with the class index in the last column, no header, comma separated;
    /// plain or gzip.
    #[serde(rename_all = "kebab-case")]
    Csv {
        /// Examples to learn from.
        train: String,
        /// The dataset's own test examples, if it has them.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        test: Option<String>,
        /// Lines to skip at the top.
        #[serde(default)]
        skip_lines: usize,
    },
    /// The format of MNIST, unsigned bytes; plain or gzip.
    #[serde(rename_all = "kebab-case")]
    Idx {
        /// Magic 0x00000803.
        train_images: String,
        /// Magic 0x00000801.
        train_labels: String,
        /// The dataset's own test examples, if it has them.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        test_images: Option<String>,
        /// Goes with `test-images`.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        test_labels: Option<String>,
    },
    /// JPEG and PNG files, each below the folder that is named as its class. Examples are in the
    /// order of their paths' bytes.
    #[serde(rename_all = "kebab-case")]
    Images {
        /// Examples to learn from.
        train: ImagesPlace,
        /// The dataset's own test examples, if it has them.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        test: Option<ImagesPlace>,
        /// What every image is turned into.
        colour: Colour,
        /// What is done to an image of another size than the shape's.
        fit: Fit,
        /// What is done to an image that shows through.
        #[serde(default, skip_serializing_if = "Alpha::is_default")]
        alpha: Alpha,
        /// What is done to an image whose EXIF data says that it was taken turned.
        #[serde(default, skip_serializing_if = "Orientation::is_default")]
        orientation: Orientation,
        /// Whose an image is: its file's name up to the first occurrence of this text.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        group_before: Option<String>,
    },
    /// Parquet files with a column of JPEG and PNG files and one of labels, in the layout of Hugging
    /// Face. Examples are in the order of the rows.
    #[serde(rename_all = "kebab-case")]
    ImageTable {
        /// Examples to learn from, in this order.
        train: Vec<String>,
        /// The dataset's own test examples, if it has them.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        test: Vec<String>,
        /// The column of the files: `{ bytes, path }`, or bytes alone.
        image: String,
        /// The column of the class: its index or its name.
        label: String,
        /// The column that says whose each image is (a patient, a speaker), if that matters.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        group: Option<String>,
        /// What every image is turned into.
        colour: Colour,
        /// What is done to an image of another size than the shape's.
        fit: Fit,
        /// What is done to an image that shows through.
        #[serde(default, skip_serializing_if = "Alpha::is_default")]
        alpha: Alpha,
        /// What is done to an image whose EXIF data says that it was taken turned.
        #[serde(default, skip_serializing_if = "Orientation::is_default")]
        orientation: Orientation,
    },
    /// CSV, TSV and Parquet with typed columns.
    Table(TableSpec),
    /// Sequences, of numbers or of text.
    Sequence(SequenceFormat),
}

/// Where an array is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct ArrayPlace {
    /// A `.npy` or `.npz` file.
    pub file: String,
    /// Its name in a `.npz` file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
}

/// Where images are.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct ImagesPlace {
    /// A folder, or an archive: tar, tar with gzip, or zip.
    pub from: String,
    /// The folder inside that holds the classes' folders; empty when they lie at the top.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub prefix: String,
}

impl ImagesPlace {
    /// Whether a file could belong to both.
    pub fn overlaps(&self, other: &Self) -> bool {
        let (a, b) = (Path::new(&self.prefix), Path::new(&other.prefix));
        self.from == other.from && (a.starts_with(b) || b.starts_with(a))
    }
}

/// Where the channels of an image stand.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Channels {
    /// `[channels, height, width]`, as the card's shape.
    #[default]
    First,
    /// `[height, width, channels]` in the file.
    Last,
}

/// Which byte of a record is the label.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CifarLabel {
    /// The only one: CIFAR-10.
    Only,
    /// The first of two: the 20 coarse classes of CIFAR-100.
    Coarse,
    /// The second of two: the 100 fine classes of CIFAR-100.
    Fine,
}

/// What every image is turned into.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Colour {
    /// One channel: (19595 R + 38470 G + 7471 B + 32768) / 65536, the luma of ITU-R BT.601.
    Grey,
    /// Three channels; grey ones are repeated.
    Rgb,
}

/// What is done to an image of another size than the shape's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Fit {
    /// It is an error.
    Exact,
    /// Stretched to the shape: bilinear, as wide as needed against aliasing.
    Resize,
    /// The largest centred part with the shape's proportions, then as `resize`.
    CenterCrop,
}

/// What is done to an image that shows through.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Alpha {
    /// It is an error; an alpha channel that is opaque all over is fine.
    #[default]
    Refuse,
    /// Laid on black.
    Black,
    /// Laid on white.
    White,
    /// Its alpha channel is left out: colours nobody sees come to light.
    Drop,
}

impl Alpha {
    fn is_default(&self) -> bool {
        *self == Self::default()
    }
}

/// What is done to an image whose EXIF data says that it was taken turned.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Orientation {
    /// Nothing, as most loaders do.
    #[default]
    Stored,
    /// It is turned and mirrored back.
    Upright,
}

impl Orientation {
    fn is_default(&self) -> bool {
        *self == Self::default()
    }
}

impl DataFormat {
    /// The files that the format reads, with the field that names each. One that is read for two
    /// things is there twice.
    pub fn files(&self) -> Vec<(&'static str, &str)> {
        let named: Vec<(&'static str, Option<&String>)> = match self {
            Self::Arrays {
                train_values,
                train_labels,
                test_values,
                test_labels,
                train_groups,
                test_groups,
                channels: _,
            } => {
                let places = [
                    ("arrays.train-values.file", Some(train_values)),
                    ("arrays.train-labels.file", Some(train_labels)),
                    ("arrays.test-values.file", test_values.as_ref()),
                    ("arrays.test-labels.file", test_labels.as_ref()),
                    ("arrays.train-groups.file", train_groups.as_ref()),
                    ("arrays.test-groups.file", test_groups.as_ref()),
                ];
                places.map(|(field, place)| (field, place.map(|place| &place.file))).to_vec()
            }
            Self::Cifar { archive: Some(archive), .. } => vec![("cifar.archive", Some(archive))],
            Self::Cifar { train, test, archive: None, label: _ } => {
                let train = train.iter().map(|name| ("cifar.train", Some(name)));
                train.chain(test.iter().map(|name| ("cifar.test", Some(name)))).collect()
            }
            Self::Csv { train, test, skip_lines: _ } => {
                vec![("csv.train", Some(train)), ("csv.test", test.as_ref())]
            }
            Self::Idx { train_images, train_labels, test_images, test_labels } => vec![
                ("idx.train-images", Some(train_images)),
                ("idx.train-labels", Some(train_labels)),
                ("idx.test-images", test_images.as_ref()),
                ("idx.test-labels", test_labels.as_ref()),
            ],
            Self::Images { train, test, .. } => vec![
                ("images.train.from", Some(&train.from)),
                ("images.test.from", test.as_ref().map(|place| &place.from)),
            ],
            Self::ImageTable { train, test, .. } => {
                let train = train.iter().map(|name| ("image-table.train", Some(name)));
                train.chain(test.iter().map(|name| ("image-table.test", Some(name)))).collect()
            }
            Self::Table(TableSpec { train, test, .. }) => {
                let train = train.iter().map(|name| ("table.train", Some(name)));
                train.chain(test.iter().map(|name| ("table.test", Some(name)))).collect()
            }
            Self::Sequence(sequence) => return sequence.files(),
        };
        named.into_iter().filter_map(|(field, name)| Some((field, name?.as_str()))).collect()
    }
}
