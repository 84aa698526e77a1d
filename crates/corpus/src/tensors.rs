//! Arrays of safetensors: two bytes claim examples and features; then a file that holds `x` and `y`.

use fireassay_data::DataError;
use fireassay_spec::{ArrayPlace, Channels, DataFormat};

use crate::{arrays, told};

const FILE: &str = "set.safetensors";

pub(crate) fn check(bytes: &[u8]) -> String {
    let Some((&[examples, features], rest)) = bytes.split_first_chunk() else {
        return "refused: no claim".to_owned();
    };
    let place = |key: &str| ArrayPlace { file: FILE.to_owned(), key: Some(key.to_owned()) };
    let format = DataFormat::Arrays {
        train_values: place("x"),
        train_labels: place("y"),
        test_values: None,
        test_labels: None,
        train_groups: None,
        test_groups: None,
        channels: Channels::First,
    };
    let files = [(FILE, rest)];
    let open = |examples: usize| {
        let shape = vec![usize::from(features)];
        arrays::open_as_it_is(&arrays::card(&files, shape, examples, format.clone()), &files)
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
