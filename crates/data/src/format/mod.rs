//! Files to arrays, one format per file.

pub(crate) mod archive;
pub(crate) mod array_headers;
pub(crate) mod arrays;
mod blocks;
pub(crate) mod cell;
mod cifar;
mod csv;
mod idx;
pub(crate) mod images;
mod npy;
mod order;
pub(crate) mod parquet;
mod safetensors;
mod table;
#[cfg(test)]
mod tests;

use std::num::NonZero;
use std::path::Path;
use std::thread;

use fireassay_spec::{DataFormat, DatasetCard};

use crate::DataError;
use crate::file::{DataFile, Reader};

/// All examples of a dataset: train first, then test, each in the order of its file.
#[derive(Debug)]
pub(crate) struct Decoded {
    pub(crate) values: RawValues,
    pub(crate) labels: Vec<u32>,
    /// Who or what each example is of (a subject, a speaker), numbered as they come; `None` when
    /// the files do not say.
    pub(crate) groups: Option<Vec<u32>>,
    /// Of the files, as they lie on disk.
    pub(crate) bytes_on_disk: u64,
}

/// Values as the files hold them, before normalisation.
#[derive(Debug)]
pub(crate) enum RawValues {
    Bytes(Vec<u8>),
    Floats(Vec<f32>),
}

/// Reads a checked card's files. Lengths, counts and labels agree with the card afterwards.
pub(crate) fn read(
    card: &DatasetCard,
    folder: &Path,
    read: Reader<'_>,
) -> Result<Decoded, DataError> {
    let mut bytes_on_disk = 0;
    let mut open = |name: &str| {
        let file = DataFile::read(card, folder.join(name), name, read)?;
        bytes_on_disk += file.len;
        Ok::<_, DataError>(file)
    };
    let num_classes = card.classes.len();
    let mut labels = Vec::new();
    let values = match &card.format {
        DataFormat::Arrays { .. } => return arrays::read(card, folder, read),
        DataFormat::Cifar { .. } => return cifar::read(card, folder, read),
        DataFormat::Images { .. } => {
            let threads = thread::available_parallelism().unwrap_or(NonZero::<usize>::MIN);
            return images::read(card, folder, read, threads);
        }
        DataFormat::ImageTable { .. } => {
            let threads = thread::available_parallelism().unwrap_or(NonZero::<usize>::MIN);
            return images::table::read(card, folder, read, threads);
        }
        DataFormat::Table(spec) => return table::read(card, spec, folder, read),
        DataFormat::Sequence(_) => return Err(contradiction(card)),
        DataFormat::Csv { train, test, skip_lines } => {
            let num_features = card.shape.iter().product();
            let table = csv::Table { num_features, num_classes, skip_lines: *skip_lines };
            let mut values = Vec::new();
            table.read(&open(train)?, card.examples.train, &mut values, &mut labels)?;
            if let Some(test) = test {
                table.read(&open(test)?, card.examples.test, &mut values, &mut labels)?;
            }
            RawValues::Floats(values)
        }
        DataFormat::Idx { train_images, train_labels, test_images, test_labels } => {
            let image_shape = &card.shape[1..]; // [height, width]: there is one channel
            let mut values = Vec::new();
            let train = card.examples.train;
            idx::read_labels(&open(train_labels)?, train, num_classes, &mut labels)?;
            idx::read_images(&open(train_images)?, train, image_shape, &mut values)?;
            if let (Some(test_images), Some(test_labels)) = (test_images, test_labels) {
                let test = card.examples.test;
                idx::read_labels(&open(test_labels)?, test, num_classes, &mut labels)?;
                idx::read_images(&open(test_images)?, test, image_shape, &mut values)?;
            }
            RawValues::Bytes(values)
        }
    };
    Ok(Decoded { values, labels, groups: None, bytes_on_disk })
}

/// For the arms that a checked card never takes.
pub(crate) fn contradiction(card: &DatasetCard) -> DataError {
    let problem = "its shape does not go with its format".to_owned();
    DataError::Card { dataset: card.name.clone(), problem }
}
