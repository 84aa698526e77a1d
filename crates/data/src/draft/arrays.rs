//! Arrays of numpy: which of them are values and which are labels, and whether they are sequences.

use fireassay_spec::{
    ArrayPlace, Channels, DataFormat, ExampleCounts, SequenceArrays, SequenceFormat, Steps,
};

use super::listing::{Listing, is_test};
use super::roles::{Found, Roles, roles};
use super::{DraftError, Outline, numbered};
use crate::file::DataFile;
use crate::format::array_headers::{headers, labels};

/// More labels are no classes.
const MAX_CLASSES: usize = 1 << 16;

pub(super) fn outline(listing: &Listing) -> Result<Outline, DraftError> {
    let mut arrays = Vec::new();
    for name in listing.names() {
        let file = DataFile::of_bytes(listing.path(name), listing.read(name)?);
        for (key, header) in headers(&file)? {
            let place = ArrayPlace { file: name.to_owned(), key };
            arrays.push(Found { place, header });
        }
    }
    let (test, train): (Vec<Found>, Vec<Found>) =
        arrays.into_iter().partition(|array| is_test(array.name()));
    let train = part(train, listing, "to learn from")?;
    let test = if test.is_empty() { None } else { Some(part(test, listing, "to test on")?) };
    let parts: Vec<&Roles> = [&train].into_iter().chain(&test).collect();
    let mut most = 0;
    for part in &parts {
        let found = integers(listing, &part.labels, MAX_CLASSES)?;
        most = most.max(found.into_iter().max().unwrap_or(0));
    }
    let mut notes = vec!["arrays hold no names of classes; write them into `classes`".to_owned()];
    let has_groups = parts.iter().all(|part| part.groups.is_some());
    if let Some(groups) = train.groups.as_ref().filter(|_| has_groups) {
        notes.push(format!(
            "array `{}` tells whose each example is: an experiment says `split = \"grouped\"`",
            groups.name()
        ));
    }
    notes.extend(train.others.iter().map(|other| format!("array `{}` is left out", other.name())));
    let outline = Outline {
        folder: listing.folder.clone(),
        shape: Vec::new(),
        steps: None,
        classes: numbered(most as usize + 1),
        examples: ExampleCounts {
            train: train.labels.count(),
            test: test.as_ref().map_or(0, |test| test.labels.count()),
        },
        notes,
        format: DataFormat::Sequence(SequenceFormat::Arrays {
            train: Box::new(places(&train, has_groups)),
            test: test.as_ref().map(|test| Box::new(places(test, has_groups))),
        }),
    };
    if train.lengths.is_some() || is_like_series(&train.values) {
        sequences(listing, &parts, outline)
    } else {
        plain(listing, &train, test.as_ref(), outline)
    }
}

/// The only array of labels, and the only other one with as many examples.
fn part(arrays: Vec<Found>, listing: &Listing, part: &str) -> Result<Roles, DraftError> {
    let seen: Vec<String> =
        arrays.iter().map(|array| format!("`{}` {:?}", array.name(), array.header.shape)).collect();
    roles(arrays).ok_or_else(|| {
        let problem = format!(
            "{part}, one array of whole numbers [examples] and one of values [examples, ..] are \
             expected, there is {}; of several lists of whole numbers, one is called `y` or \
             `labels`, and the others `lengths` or `groups`",
            seen.join(", ")
        );
        listing.unrecognised(&problem)
    })
}

/// Measurements with sides of different lengths are no grey images.
fn is_like_series(values: &Found) -> bool {
    let sides = !values.header.is_integer && !values.header.is_byte;
    matches!(values.header.shape[..], [_, steps, channels] if sides && steps != channels)
}

fn places(part: &Roles, has_groups: bool) -> SequenceArrays {
    let place = |found: &Option<Found>| found.as_ref().map(|found| found.place.clone());
    SequenceArrays {
        values: part.values.place.clone(),
        lengths: place(&part.lengths),
        labels: part.labels.place.clone(),
        groups: if has_groups { place(&part.groups) } else { None },
    }
}

/// Sequences of one length, or one after the other.
fn sequences(listing: &Listing, parts: &[&Roles], outline: Outline) -> Result<Outline, DraftError> {
    let Outline { mut notes, .. } = outline;
    let (mut steps, mut channels) = (Steps { min: usize::MAX, max: 0 }, 0);
    for part in parts {
        let shape = &part.values.header.shape;
        let lengths = match &part.lengths {
            Some(lengths) => integers(listing, lengths, usize::MAX)?,
            None => Vec::new(),
        };
        let total: usize = lengths.iter().map(|&length| length as usize).sum();
        let (min, max) = (lengths.iter().min(), lengths.iter().max());
        let extent = min.zip(max).map(|(&min, &max)| (min as usize, max as usize));
        let (extent, of) = match (shape.as_slice(), extent) {
            ([rows, of], Some(extent)) if *rows == total => (extent, *of),
            ([_, length, of], None) => ((*length, *length), *of),
            (_, extent) => return Err(misfit(listing, part, extent.map(|_| total))),
        };
        steps = Steps { min: steps.min.min(extent.0), max: steps.max.max(extent.1) };
        channels = of;
    }
    if parts[0].lengths.is_none() {
        notes.push(format!(
            "`{}` [examples, {}, {channels}] is taken for {} steps of {channels} channels; what was \
             filled up at the ends counts as steps",
            parts[0].values.name(),
            steps.max,
            steps.max
        ));
    }
    Ok(Outline { shape: vec![channels], steps: Some(steps), notes, ..outline })
}

fn misfit(listing: &Listing, part: &Roles, total: Option<usize>) -> DraftError {
    let (name, shape) = (part.values.name(), &part.values.header.shape);
    let problem = match total {
        Some(total) => format!(
            "`{name}` has shape {shape:?}; with lengths, all {total} steps of all examples stand \
             one after the other, [{total}, channels]. In numpy: np.concatenate([x[:n] for x, n in \
             zip({name}, lengths)])"
        ),
        None => format!("`{name}` has shape {shape:?}, expected [examples, steps, channels]"),
    };
    listing.unrecognised(&problem)
}

/// Images or rows of features.
fn plain(
    listing: &Listing,
    train: &Roles,
    test: Option<&Roles>,
    outline: Outline,
) -> Result<Outline, DraftError> {
    let (shape, channels) = shape_of(&train.values, listing)?;
    let place = |array: &Found| array.place.clone();
    let has_groups = train.groups.is_some() && test.is_none_or(|test| test.groups.is_some());
    let groups = |part: &Roles| part.groups.as_ref().filter(|_| has_groups).map(place);
    let format = DataFormat::Arrays {
        train_values: place(&train.values),
        train_labels: place(&train.labels),
        test_values: test.map(|test| place(&test.values)),
        test_labels: test.map(|test| place(&test.labels)),
        train_groups: groups(train),
        test_groups: test.and_then(groups),
        channels,
    };
    Ok(Outline { shape, format, ..outline })
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

/// The numbers of a list, each below `end`.
fn integers(listing: &Listing, list: &Found, end: usize) -> Result<Vec<u32>, DraftError> {
    let file = DataFile::of_bytes(listing.path(&list.place.file), listing.read(&list.place.file)?);
    Ok(labels(&file, list.place.key.as_deref(), list.count(), end)?)
}
