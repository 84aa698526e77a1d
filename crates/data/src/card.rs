//! What a card must satisfy before a file is read for it.

use std::path::{Component, Path};

use fireassay_spec::{DataFormat, DatasetCard};

use crate::DataError;

/// The sizes that a consistent card implies.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sizes {
    /// Values of one example.
    pub(crate) item: usize,
    /// How many means there are.
    pub(crate) channels: usize,
    /// Consecutive values that share one.
    pub(crate) plane: usize,
}

/// Checks everything that can be checked without the files.
pub(crate) fn check(card: &DatasetCard) -> Result<Sizes, DataError> {
    let fail = |problem: String| Err(DataError::Card { dataset: card.name.clone(), problem });
    let examples = card.examples.train.checked_add(card.examples.test);
    let item = card.shape.iter().try_fold(1, |product: usize, &n| product.checked_mul(n));
    let (Some(examples), Some(item)) = (examples, item) else {
        return fail("shape and examples are beyond what memory can hold".to_owned());
    };
    if card.shape.is_empty() || item == 0 {
        return fail(format!("shape {:?} holds no value", card.shape));
    }
    if card.examples.train == 0 {
        return fail("examples.train is 0".to_owned());
    }
    // No array is longer than `isize::MAX` bytes, and below it a header or a column more never
    // overflows.
    let most = isize::MAX as usize;
    if u32::try_from(examples).is_err() || examples.checked_mul(item).is_none_or(|n| n > most) {
        return fail("shape and examples are beyond what memory can hold".to_owned());
    }
    if card.classes.is_empty() {
        return fail("classes is empty".to_owned());
    }
    let channels = card.normalise.mean.len();
    if channels != card.normalise.std.len() || (channels != 1 && channels != card.shape[0]) {
        return fail(format!(
            "normalise has {channels} means and {} stds, expected 1 or {} of each",
            card.normalise.std.len(),
            card.shape[0]
        ));
    }
    let positive = |v: f64| v.is_finite() && v > 0.0;
    if !positive(card.normalise.divisor)
        || !card.normalise.std.iter().all(|&v| positive(v))
        || !card.normalise.mean.iter().all(|v| v.is_finite())
    {
        return fail("normalise needs finite means, and a divisor and stds above 0".to_owned());
    }
    if let Some(problem) = check_files(card) {
        return fail(problem);
    }
    Ok(Sizes { item, channels, plane: item / channels })
}

/// The files that the format names are those that the card lists, and they lie in its folder.
fn check_files(card: &DatasetCard) -> Option<String> {
    let has_test = card.examples.test > 0;
    match &card.format {
        DataFormat::Csv { test, .. } => {
            if test.is_some() != has_test {
                return Some("examples.test and format.csv.test go together".to_owned());
            }
        }
        DataFormat::Idx { test_images, test_labels, .. } => {
            let [1, _, _] = card.shape[..] else {
                return Some(format!(
                    "shape is {:?}, idx files hold [1, height, width]",
                    card.shape
                ));
            };
            if test_images.is_some() != has_test || test_labels.is_some() != has_test {
                return Some(
                    "examples.test, format.idx.test-images and .test-labels go together".to_owned(),
                );
            }
        }
    }
    let named: Vec<&str> = card.format.files().into_iter().map(|(_, path)| path).collect();
    for path in &named {
        let plain = |part| matches!(part, Component::Normal(_));
        if path.is_empty() || !Path::new(path).components().all(plain) {
            return Some(format!("`{path}` is not a path inside the dataset's folder"));
        }
        if card.files.iter().filter(|file| file.path == *path).count() != 1 {
            return Some(format!("[[files]] must list `{path}` once"));
        }
    }
    let extra = card.files.iter().find(|file| !named.contains(&file.path.as_str()))?;
    Some(format!("[[files]] lists `{}`, which [format] does not name", extra.path))
}
