//! Arrays of numpy: two bytes claim examples and features; then an archive that holds `x` and `y`,
//! or, behind the length of the first (two bytes), a file of each.

use fireassay_data::{DataError, Dataset};
use fireassay_spec::{ArrayPlace, Channels, DataFormat};

use crate::{arrays, told};

/// How a zip archive begins.
const ZIP: &[u8] = b"PK";
const FILES: [&str; 2] = ["x", "y"];

pub(crate) fn check(bytes: &[u8]) -> String {
    let (Some(&[examples, features]), rest) = (bytes.first_chunk(), bytes.get(2..)) else {
        return "refused: no claim".to_owned();
    };
    let rest = rest.unwrap_or_default();
    let open = |examples: usize| {
        let shape = vec![usize::from(features)];
        if rest.starts_with(ZIP) {
            archive(rest, shape, examples)
        } else {
            pair(rest, shape, examples)
        }
    };
    let examples = usize::from(examples);
    match open(examples) {
        Err(error) => told(&error),
        Ok(dataset) => {
            // One more is always told, and never as something else than too few.
            assert!(!matches!(open(examples + 1), Ok(_) | Err(DataError::Card { .. })));
            format!("accepted, {} examples of {:?}", dataset.len(), dataset.shape())
        }
    }
}

fn archive(bytes: &[u8], shape: Vec<usize>, examples: usize) -> Result<Dataset, DataError> {
    const FILE: &str = "set.npz";
    let files = [(FILE, bytes)];
    let [values, labels] =
        FILES.map(|key| ArrayPlace { file: FILE.to_owned(), key: Some(key.to_owned()) });
    arrays::open_as_it_is(&arrays::card(&files, shape, examples, format(values, labels)), &files)
}

fn pair(bytes: &[u8], shape: Vec<usize>, examples: usize) -> Result<Dataset, DataError> {
    let (length, rest) = bytes.split_at(bytes.len().min(2));
    let length = length.first_chunk().map_or(0, |length| usize::from(u16::from_le_bytes(*length)));
    let (values, labels) = rest.split_at(length.min(rest.len()));
    let files = [(FILES[0], values), (FILES[1], labels)];
    let [values, labels] = FILES.map(|file| ArrayPlace { file: file.to_owned(), key: None });
    arrays::open(&arrays::card(&files, shape, examples, format(values, labels)), &files)
}

fn format(train_values: ArrayPlace, train_labels: ArrayPlace) -> DataFormat {
    DataFormat::Arrays {
        train_values,
        train_labels,
        test_values: None,
        test_labels: None,
        train_groups: None,
        test_groups: None,
        channels: Channels::First,
    }
}
