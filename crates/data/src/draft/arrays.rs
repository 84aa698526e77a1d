//! Arrays of numpy: which of them are values and which are labels.

use fireassay_spec::{ArrayPlace, Channels, DataFormat, ExampleCounts};

use super::listing::{Listing, is_test};
use super::{DraftError, Outline, numbered};
use crate::file::DataFile;
use crate::format::array_headers::{ArrayHeader, headers, most_label};

/// An array, and where it is.
struct Found {
    place: ArrayPlace,
    header: ArrayHeader,
}

impl Found {
    /// What tells train from test.
    fn name(&self) -> &str {
        self.place.key.as_deref().unwrap_or(&self.place.file)
    }

    fn is_label(&self) -> bool {
        self.header.is_integer && self.header.shape.len() == 1
    }

    fn count(&self) -> usize {
        self.header.shape.first().copied().unwrap_or(0)
    }
}

/// Values, and the labels that go with them.
type Pair = (Found, Found);

pub(super) fn outline(listing: &Listing) -> Result<Outline, DraftError> {
    let mut arrays = Vec::new();
    for name in listing.names() {
        let file = DataFile::of_bytes(listing.path(name), listing.read(name)?);
        for (key, header) in headers(&file)? {
            arrays.push(Found { place: ArrayPlace { file: name.to_owned(), key }, header });
        }
    }
    let (test, train): (Vec<Found>, Vec<Found>) =
        arrays.into_iter().partition(|array| is_test(array.name()));
    let train = pair(train, listing, "to learn from")?;
    let test = if test.is_empty() { None } else { Some(pair(test, listing, "to test on")?) };
    let (values, labels) = &train;
    let (shape, channels) = shape_of(values, listing)?;
    let mut most = 0;
    for array in [Some(labels), test.as_ref().map(|(_, labels)| labels)].into_iter().flatten() {
        let path = listing.path(&array.place.file);
        let file = DataFile::of_bytes(path, listing.read(&array.place.file)?);
        most = most.max(most_label(&file, array.place.key.as_deref(), array.count())?);
    }
    let place = |array: &Found| array.place.clone();
    Ok(Outline {
        folder: listing.folder.clone(),
        shape,
        classes: numbered(most as usize + 1),
        examples: ExampleCounts {
            train: values.count(),
            test: test.as_ref().map_or(0, |(values, _)| values.count()),
        },
        notes: vec!["arrays hold no names of classes; write them into `classes`".to_owned()],
        format: DataFormat::Arrays {
            train_values: place(values),
            train_labels: place(labels),
            test_values: test.as_ref().map(|(values, _)| place(values)),
            test_labels: test.as_ref().map(|(_, labels)| place(labels)),
            train_groups: None,
            test_groups: None,
            channels,
        },
    })
}

/// The only array of labels, and the only other one with as many examples.
fn pair(arrays: Vec<Found>, listing: &Listing, part: &str) -> Result<Pair, DraftError> {
    let seen: Vec<String> =
        arrays.iter().map(|array| format!("`{}` {:?}", array.name(), array.header.shape)).collect();
    let (labels, values): (Vec<Found>, Vec<Found>) = arrays.into_iter().partition(Found::is_label);
    let mut labels = labels.into_iter();
    if let (Some(labels), None) = (labels.next(), labels.next()) {
        let mut fitting = values.into_iter().filter(|values| values.count() == labels.count());
        if let (Some(values), None) = (fitting.next(), fitting.next()) {
            return Ok((values, labels));
        }
    }
    let problem = format!(
        "{part}, one array of whole numbers [examples] and one of values [examples, ..] are \
         expected, there is {}",
        seen.join(", ")
    );
    Err(listing.unrecognised(&problem))
}

/// The shape of one example, and where its channels stand.
fn shape_of(values: &Found, listing: &Listing) -> Result<(Vec<usize>, Channels), DraftError> {
    const COLOURS: [usize; 2] = [1, 3];
    match values.header.shape[..] {
        [_, features] => Ok((vec![features], Channels::First)),
        [_, height, width] => Ok((vec![1, height, width], Channels::First)),
        [_, c, height, width] if COLOURS.contains(&c) => {
            Ok((vec![c, height, width], Channels::First))
        }
        [_, height, width, c] if COLOURS.contains(&c) => {
            Ok((vec![c, height, width], Channels::Last))
        }
        [_, c, height, width] => Ok((vec![c, height, width], Channels::First)),
        _ => {
            let problem = format!(
                "`{}` has shape {:?}, expected [examples, features], [examples, height, width] or \
                 [examples, channels, height, width]",
                values.name(),
                values.header.shape
            );
            Err(listing.unrecognised(&problem))
        }
    }
}
