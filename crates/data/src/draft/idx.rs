//! IDX files: two for train, and two more when there are test examples.

use fireassay_spec::{DataFormat, ExampleCounts};

use super::listing::{Listing, is_test, train_and_test};
use super::{DraftError, Outline, numbered};
use crate::file::DataFile;

/// Files of one kind, and what their headers say.
struct Headers<'a> {
    train: (&'a str, Vec<usize>),
    test: Option<(&'a str, Vec<usize>)>,
}

pub(super) fn outline(listing: &Listing) -> Result<Outline, DraftError> {
    let (mut images, mut labels) = (Vec::new(), Vec::new());
    for name in listing.names() {
        let bytes = payload(listing, name)?;
        let dimensions = dimensions(&bytes).ok_or_else(|| DraftError::Unusable {
            path: listing.path(name),
            problem: "its header is cut short".to_owned(),
        })?;
        match dimensions.len() {
            1 => labels.push((name, dimensions)),
            _ => images.push((name, dimensions)),
        }
    }
    let problem = "idx files come as images and labels for train, and two more for test (with \
                   `test` or `t10k` in their names)";
    let unrecognised = || listing.unrecognised(problem);
    let images = Headers::of(&images).ok_or_else(unrecognised)?;
    let labels = Headers::of(&labels).ok_or_else(unrecognised)?;
    if images.test.is_some() != labels.test.is_some() {
        return Err(unrecognised());
    }
    let mut num_classes = 0;
    for name in
        [Some(labels.train.0), labels.test.as_ref().map(|test| test.0)].into_iter().flatten()
    {
        const HEADER_LEN: usize = 8;
        let bytes = payload(listing, name)?;
        let most = bytes.iter().skip(HEADER_LEN).max().copied().unwrap_or(0);
        num_classes = num_classes.max(usize::from(most) + 1);
    }
    let name = |test: &Option<(&str, Vec<usize>)>| test.as_ref().map(|test| test.0.to_owned());
    Ok(Outline {
        folder: listing.folder.clone(),
        shape: vec![1, images.train.1[1], images.train.1[2]],
        steps: None,
        classes: numbered(num_classes),
        examples: ExampleCounts {
            train: images.train.1[0],
            test: images.test.as_ref().map_or(0, |test| test.1[0]),
        },
        notes: vec!["idx files hold no names of classes; write them into `classes`".to_owned()],
        format: DataFormat::Idx {
            train_images: images.train.0.to_owned(),
            train_labels: labels.train.0.to_owned(),
            test_images: name(&images.test),
            test_labels: name(&labels.test),
        },
    })
}

impl<'a> Headers<'a> {
    fn of(files: &[(&'a str, Vec<usize>)]) -> Option<Self> {
        let names: Vec<&str> = files.iter().map(|(name, _)| *name).collect();
        let (train, test) = train_and_test(&names)?;
        let file = |wanted: &str| files.iter().find(|(name, _)| *name == wanted).cloned();
        if test.is_none() && is_test(train) {
            return None;
        }
        Some(Self { train: file(train)?, test: test.and_then(file) })
    }
}

fn payload(listing: &Listing, name: &str) -> Result<Vec<u8>, DraftError> {
    let file = DataFile::of_bytes(listing.path(name), listing.read(name)?);
    let mut bytes = Vec::new();
    file.payload().append(u64::MAX, &mut bytes)?;
    Ok(bytes)
}

/// One of labels, three of images.
fn dimensions(bytes: &[u8]) -> Option<Vec<usize>> {
    let rank = usize::from(*bytes.get(3)?);
    let header = bytes.get(4..4 + 4 * rank)?;
    Some(header.as_chunks().0.iter().map(|&word| u32::from_be_bytes(word) as usize).collect())
}
