//! What a card must satisfy before a file is read for it.

use std::path::{Component, Path};

use fireassay_spec::{Colour, DataFormat, DatasetCard};

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
    if card.sequence_format().is_some() {
        return Err(DataError::Sequences { dataset: card.name.clone() });
    }
    if card.steps.is_some() {
        return fail("`steps` is about sequences, its format holds none".to_owned());
    }
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
    check_normalise(card)?;
    check_files(card)?;
    let channels = card.normalise.mean.len();
    Ok(Sizes { item, channels, plane: item / channels })
}

/// One constant for all, or one per channel or feature.
pub(crate) fn check_normalise(card: &DatasetCard) -> Result<(), DataError> {
    let fail = |problem: String| Err(DataError::Card { dataset: card.name.clone(), problem });
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
    Ok(())
}

/// The files that the format names are those that the card lists, and they lie in its folder.
pub(crate) fn check_files(card: &DatasetCard) -> Result<(), DataError> {
    match files_problem(card) {
        Some(problem) => Err(DataError::Card { dataset: card.name.clone(), problem }),
        None => Ok(()),
    }
}

fn files_problem(card: &DatasetCard) -> Option<String> {
    if let Some(problem) = check_format(card) {
        return Some(problem);
    }
    let named: Vec<&str> = card.format.files().into_iter().map(|(_, path)| path).collect();
    for path in &named {
        if path.is_empty() || !is_plain(path) {
            return Some(format!("`{path}` is not a path inside the dataset's folder"));
        }
        if card.files.iter().filter(|file| file.path == *path).count() != 1 {
            return Some(format!("[[files]] must list `{path}` once"));
        }
    }
    let extra = card.files.iter().find(|file| !named.contains(&file.path.as_str()))?;
    Some(format!("[[files]] lists `{}`, which [format] does not name", extra.path))
}

/// What each format asks of the rest of the card.
fn check_format(card: &DatasetCard) -> Option<String> {
    let has_test = card.examples.test > 0;
    match &card.format {
        DataFormat::Arrays { test_values, test_labels, train_groups, test_groups, .. } => {
            if test_groups.is_some() != (train_groups.is_some() && has_test) {
                return Some("format.arrays.train-groups and .test-groups go together".to_owned());
            }
            (test_values.is_some() != has_test || test_labels.is_some() != has_test).then(|| {
                "examples.test, format.arrays.test-values and .test-labels go together".to_owned()
            })
        }
        DataFormat::Cifar { train, test, .. } => {
            if card.shape != [3, 32, 32] {
                return Some(format!("shape is {:?}, cifar files hold [3, 32, 32]", card.shape));
            }
            if train.is_empty() {
                return Some("format.cifar.train is empty".to_owned());
            }
            (test.is_empty() == has_test)
                .then(|| "examples.test and format.cifar.test go together".to_owned())
        }
        DataFormat::Csv { test, .. } => (test.is_some() != has_test)
            .then(|| "examples.test and format.csv.test go together".to_owned()),
        DataFormat::Idx { test_images, test_labels, .. } => {
            let [1, _, _] = card.shape[..] else {
                let shape = &card.shape;
                return Some(format!("shape is {shape:?}, idx files hold [1, height, width]"));
            };
            (test_images.is_some() != has_test || test_labels.is_some() != has_test).then(|| {
                "examples.test, format.idx.test-images and .test-labels go together".to_owned()
            })
        }
        DataFormat::ImageTable { train, test, colour, .. } => {
            if let Some(problem) = check_colour(card, *colour) {
                return Some(problem);
            }
            if train.is_empty() {
                return Some("format.image-table.train is empty".to_owned());
            }
            (test.is_empty() == has_test)
                .then(|| "examples.test and format.image-table.test go together".to_owned())
        }
        DataFormat::Table(table) => {
            if let Some(problem) = table.problems(&card.classes).first() {
                return Some(format!("format.table.{}: {}", problem.at, problem.message));
            }
            let num_features = table.num_features();
            if card.shape != [num_features] {
                let shape = &card.shape;
                return Some(format!("shape is {shape:?}, the columns become [{num_features}]"));
            }
            (table.test.is_empty() == has_test)
                .then(|| "examples.test and format.table.test go together".to_owned())
        }
        DataFormat::Images { train, test, colour, .. } => {
            if let Some(problem) = check_colour(card, *colour) {
                return Some(problem);
            }
            if test.is_some() != has_test {
                return Some("examples.test and format.images.test go together".to_owned());
            }
            if !is_plain(&train.prefix) || test.as_ref().is_some_and(|test| !is_plain(&test.prefix))
            {
                return Some("a prefix of format.images leads out of it".to_owned());
            }
            test.as_ref()
                .is_some_and(|test| train.overlaps(test))
                .then(|| "format.images.train and .test overlap".to_owned())
        }
        // `sequences` has its own.
        DataFormat::Sequence(_) => None,
    }
}

fn check_colour(card: &DatasetCard, colour: Colour) -> Option<String> {
    let channels = match colour {
        Colour::Grey => 1,
        Colour::Rgb => 3,
    };
    let shape = &card.shape;
    (!matches!(shape[..], [c, _, _] if c == channels))
        .then(|| format!("shape is {shape:?}, expected [{channels}, height, width]"))
}

/// Whether a path goes down only. The empty one does.
fn is_plain(path: &str) -> bool {
    Path::new(path).components().all(|part| matches!(part, Component::Normal(_)))
}
