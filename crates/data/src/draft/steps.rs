//! Recordings as tables: a time that goes up tells that rows are steps, and no examples.

use std::collections::BTreeSet;
use std::ops::Range;

use fireassay_spec::{DataFormat, Delimiter, ExampleCounts, SequenceFormat, Steps, Windows};

use super::columns::Column;
use super::listing::{Listing, is_test};
use super::rows::{Rows, is_number};
use super::table::{guessed, named};
use super::{DraftError, Outline};

/// What a column is called that tells recordings apart.
const RECORDINGS: [&str; 10] = [
    "recording",
    "session",
    "subject",
    "participant",
    "patient",
    "trial",
    "run",
    "series",
    "sequence",
    "file",
];
/// Lengths of windows, the best first.
const LENGTHS: [usize; 5] = [128, 64, 32, 16, 8];
/// So few windows are not worth learning from, if shorter ones are more.
const FEW: usize = 20;

/// Tables with what they are called.
type Parts<'a> = Vec<(&'a str, Rows)>;

/// None for what is no recording: without a time, rows are examples.
pub(super) fn outline(
    listing: &Listing,
    target: Option<&str>,
) -> Result<Option<Outline>, DraftError> {
    let mut tables: Parts<'_> = Vec::new();
    for name in listing.names() {
        // What cannot be read as a table is told by whoever reads it next.
        let Ok(rows) = Rows::of(listing, name) else { return Ok(None) };
        let is_alike = tables.first().is_none_or(|(_, first)| rows.goes_with(first));
        if !is_alike || !rows.has_header || rows.delimiter != Delimiter::Comma {
            return Ok(None);
        }
        tables.push((name, rows));
    }
    let Some(layout) = Layout::of(&tables) else { return Ok(None) };
    let (test, train): (Parts<'_>, Parts<'_>) =
        tables.into_iter().partition(|(name, _)| is_test(name));
    if train.is_empty() {
        return Err(listing.unrecognised("all of its files are of test examples"));
    }
    layout.outline(listing, target, [&train, &test]).map(Some)
}

/// Which columns say when a step was, and of what.
struct Layout {
    time: usize,
    recording: Option<usize>,
}

impl Layout {
    /// With a recording told by name, if it holds together; else each file is one.
    fn of(tables: &Parts<'_>) -> Option<Self> {
        let names = &tables.first()?.1.names;
        let is_recording = |name: &String| RECORDINGS.contains(&name.to_lowercase().as_str());
        let recording = names.iter().position(is_recording).map(Some);
        let candidates = || recording.into_iter().chain([None]);
        names.iter().enumerate().filter(|(_, name)| is_time(name)).find_map(|(time, _)| {
            let fits = |recording: &Option<usize>| {
                tables.iter().all(|(_, rows)| is_in_order(rows, time, *recording))
            };
            candidates().find(fits).map(|recording| Self { time, recording })
        })
    }

    fn outline(
        &self,
        listing: &Listing,
        target: Option<&str>,
        [train, test]: [&Parts<'_>; 2],
    ) -> Result<Outline, DraftError> {
        let unusable = |problem| DraftError::Unusable { path: listing.path(train[0].0), problem };
        let all: Vec<&Rows> = train.iter().chain(test).map(|(_, rows)| rows).collect();
        let columns: Vec<Column<'_>> =
            (0..all[0].names.len()).map(|index| Column::of(&all, index)).collect();
        let label = match target {
            Some(name) => named(&columns, name),
            None => guessed(&columns),
        };
        let label = label.map_err(unusable)?;
        let only = columns[label].only();
        let classes = match only {
            Some(only) => with_another(only),
            None => columns[label].classes().map_err(unusable)?,
        };
        let mut notes = vec![
            format!(
                "column `{}` goes up, so rows are taken for steps in time; where each row is an \
                 example of its own, take that column out of the file",
                columns[self.time].name
            ),
            format!("the class of each step is column `{}`", columns[label].name),
        ];
        if let Some(only) = only {
            notes.push(format!(
                "every step is of class `{only}`; a second one in `classes` is a guess, write \
                 those that there are"
            ));
        }
        let special = [Some(self.time), Some(label), self.recording];
        let channels = channels(&columns, &special, &mut notes);
        if channels.is_empty() {
            return Err(unusable(format!("no column can be a channel: {}", notes.join("; "))));
        }
        let lengths = |part: &Parts<'_>| -> Vec<usize> {
            let of = |rows: &Rows| runs(rows, self.recording).into_iter().map(|run| run.len());
            part.iter().flat_map(|(_, rows)| of(rows).collect::<Vec<_>>()).collect()
        };
        let (of_train, of_test) = (lengths(train), lengths(test));
        let length = window(&of_train, &of_test);
        let count = |lengths: &[usize]| lengths.iter().map(|steps| steps / length).sum();
        notes.push(format!(
            "windows of {length} steps are a guess, and do not overlap; [examples] counts them"
        ));
        if of_train.len() == 1 {
            notes.push(
                "there is one recording only, which is one group: an experiment needs `split = \
                 \"stratified-across-groups\"`"
                    .to_owned(),
            );
        }
        let owned = |part: &Parts<'_>| part.iter().map(|(name, _)| (*name).to_owned()).collect();
        let format = SequenceFormat::StepTable {
            train: owned(train),
            test: owned(test),
            label: columns[label].name.to_owned(),
            labels: Vec::new(),
            recording: self.recording.map(|index| columns[index].name.to_owned()),
            windows: Windows { length, stride: length },
            channels: channels.clone(),
        };
        Ok(Outline {
            folder: listing.folder.clone(),
            shape: vec![channels.len()],
            steps: Some(Steps { min: length, max: length }),
            classes,
            examples: ExampleCounts { train: count(&of_train), test: count(&of_test) },
            notes,
            format: DataFormat::Sequence(format),
        })
    }
}

/// Every other column that is numbers; a note says why one is not.
fn channels(
    columns: &[Column<'_>],
    special: &[Option<usize>],
    notes: &mut Vec<String>,
) -> Vec<String> {
    let mut channels = Vec::new();
    for (column, index) in columns.iter().zip(0..) {
        if special.contains(&Some(index)) {
            continue;
        }
        if column.is_numbers && column.tokens.is_empty() {
            channels.push(column.name.to_owned());
        } else {
            let why = if column.is_numbers { "it lacks values" } else { "it holds texts" };
            notes.push(format!("column `{}` is no channel: {why}", column.name));
        }
    }
    channels
}

/// A class alone is no task: what the other one is most likely called.
fn with_another(only: &str) -> Vec<String> {
    let classes = match only {
        "0" | "1" => ["0", "1"],
        "false" | "true" => ["false", "true"],
        _ => [only, "another"],
    };
    classes.map(str::to_owned).to_vec()
}

fn is_time(name: &str) -> bool {
    let name = name.to_lowercase();
    name.starts_with("time") || ["t", "step", "frame"].contains(&name.as_str())
}

/// Where each recording is, one after the other.
fn runs(rows: &Rows, recording: Option<usize>) -> Vec<Range<usize>> {
    let name = |row: usize| recording.map(|column| rows.rows[row][column].as_str());
    let mut runs: Vec<Range<usize>> = Vec::new();
    for index in 0..rows.rows.len() {
        match runs.last_mut() {
            Some(run) if name(run.start) == name(index) => run.end = index + 1,
            _ => runs.push(index..index + 1),
        }
    }
    runs
}

/// Whether time goes up from row to row, in each recording, and no recording is interrupted.
fn is_in_order(rows: &Rows, time: usize, recording: Option<usize>) -> bool {
    /// Fewer rows show nothing.
    const MIN_STEPS: usize = 8;
    let runs = runs(rows, recording);
    let names: BTreeSet<&str> = match recording {
        Some(column) => runs.iter().map(|run| rows.rows[run.start][column].as_str()).collect(),
        None => BTreeSet::from([""]),
    };
    names.len() == runs.len()
        && runs.iter().all(|run| {
            run.len() >= MIN_STEPS
                && rows.rows[run.clone()]
                    .array_windows()
                    .all(|[a, b]| is_before(&a[time], &b[time]))
        })
}

/// As numbers, or as dates that sort as they are written.
fn is_before(a: &str, b: &str) -> bool {
    match (is_number(a), is_number(b)) {
        (true, true) => a.parse().unwrap_or(f64::NAN) < b.parse().unwrap_or(f64::NAN),
        (false, false) => a < b,
        _ => false,
    }
}

/// The longest that gives more than a few windows.
fn window(train: &[usize], test: &[usize]) -> usize {
    let shortest = train.iter().chain(test).min().copied().unwrap_or(1);
    let is_many = |length: usize| train.iter().map(|steps| steps / length).sum::<usize>() >= FEW;
    let fits = |length: &&usize| **length <= shortest && is_many(**length);
    let least = LENGTHS[LENGTHS.len() - 1].min(shortest);
    LENGTHS.iter().find(fits).copied().unwrap_or(least)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn windows_are_long_unless_there_would_be_few() {
        assert_eq!(window(&[7040], &[]), 128);
        assert_eq!(window(&[1000, 1000], &[]), 64);
        assert_eq!(window(&[7040], &[100]), 64);
        assert_eq!(window(&[9], &[]), 8);
    }

    #[test]
    fn times_are_numbers_or_dates() {
        assert!(is_before("9", "10") && is_before("1970-01-01 09:00", "1970-01-01 10:00"));
        assert!(!is_before("10", "10") && !is_before("2", "1970-01-02"));
        assert!(["Time (s)", "timestamp", "t"].iter().all(|name| is_time(name)));
        assert!(!["date", "target", "steps"].iter().any(|name| is_time(name)));
    }
}
