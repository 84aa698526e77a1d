//! Series in the text format of sktime and aeon: classes from the header, sizes from the lines.

use std::collections::BTreeSet;

use fireassay_spec::{DataFormat, ExampleCounts, SequenceFormat, Steps};

use super::listing::{Listing, train_and_test};
use super::rows::text;
use super::{DraftError, Outline};

/// More are no classes.
const MAX_CLASSES: usize = 1000;

/// What a file says of itself. Its reader checks all of it afterwards.
struct Series {
    /// As the header lists them; as they occur, when it lists none.
    classes: Vec<String>,
    channels: usize,
    steps: Steps,
    count: usize,
}

pub(super) fn outline(listing: &Listing) -> Result<Outline, DraftError> {
    let names: Vec<&str> = listing.names().collect();
    let Some((train, test)) = train_and_test(&names) else {
        let problem = "several series files; one with `test` in its name goes with one without";
        return Err(listing.unrecognised(problem));
    };
    let read = |name: &str| {
        let unusable = |problem| DraftError::Unusable { path: listing.path(name), problem };
        Series::of(&text(listing, name)?).map_err(unusable)
    };
    let of_train = read(train)?;
    let of_test = test.map(read).transpose()?;
    let (mut classes, mut steps) = (of_train.classes, of_train.steps);
    if let Some(test) = &of_test {
        let new: Vec<String> =
            test.classes.iter().filter(|c| !classes.contains(c)).cloned().collect();
        classes.extend(new);
        steps = Steps { min: steps.min.min(test.steps.min), max: steps.max.max(test.steps.max) };
    }
    if !(2..=MAX_CLASSES).contains(&classes.len()) {
        let problem = format!(
            "its series are of {} different classes, 2 to {MAX_CLASSES} are expected",
            classes.len()
        );
        return Err(DraftError::Unusable { path: listing.path(train), problem });
    }
    let format = SequenceFormat::Ts { train: train.to_owned(), test: test.map(str::to_owned) };
    Ok(Outline {
        folder: listing.folder.clone(),
        shape: vec![of_train.channels],
        steps: Some(steps),
        classes,
        examples: ExampleCounts {
            train: of_train.count,
            test: of_test.map_or(0, |series| series.count),
        },
        notes: Vec::new(),
        format: DataFormat::Sequence(format),
    })
}

impl Series {
    fn of(text: &str) -> Result<Self, String> {
        const EXPECTED: &str = "a .ts file has a header of lines with `@`, then `@data`, then a \
                                series a line";
        let lines = text.lines().map(str::trim);
        let mut lines = lines.filter(|line| !line.is_empty() && !line.starts_with('#'));
        let (mut classes, mut has_classes, mut is_data) = (Vec::new(), false, false);
        for line in lines.by_ref() {
            let mut words = line.split_whitespace();
            let key = words.next().unwrap_or_default().to_ascii_lowercase();
            is_data = key == "@data";
            if is_data {
                break;
            }
            if key == "@classlabel" {
                has_classes = words.next().is_some_and(|word| word.eq_ignore_ascii_case("true"));
                classes = words.map(str::to_owned).collect();
            }
        }
        if !is_data {
            return Err(format!("there is no line `@data`; {EXPECTED}"));
        }
        if !has_classes {
            return Err(
                "its header has no `@classLabel true`: a class for each series is needed; \
                        targets that are numbers are not read"
                    .to_owned(),
            );
        }
        let mut series =
            Self { classes, channels: 0, steps: Steps { min: usize::MAX, max: 0 }, count: 0 };
        let mut seen = BTreeSet::new();
        for line in lines {
            let (dimensions, class) = line.rsplit_once(':').unwrap_or((line, ""));
            let steps = dimensions.split(':').next().map_or(0, |first| first.split(',').count());
            if series.count == 0 {
                series.channels = dimensions.split(':').count();
            }
            series.count += 1;
            series.steps.min = series.steps.min.min(steps);
            series.steps.max = series.steps.max.max(steps);
            seen.insert(class.trim());
        }
        if series.count == 0 {
            return Err(format!("there is no series behind `@data`; {EXPECTED}"));
        }
        if series.classes.is_empty() {
            series.classes = seen.into_iter().map(str::to_owned).collect();
        }
        Ok(series)
    }
}
