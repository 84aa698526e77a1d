//! Recordings with a class at every step: comma separated tables with a header, cut into windows.

use std::collections::BTreeSet;
use std::ops::Range;

use csv::{ReaderBuilder, StringRecord};
use fireassay_spec::{SequenceFormat, Windows};

use super::texts::cut;
use super::{DecodedSequences, Files, Numbers, class, number};
use crate::DataError;
use crate::error::shorten;
use crate::file::DataFile;
use crate::format::contradiction;
use crate::sequences::Targets;

/// Bytes of a line besides its channels: time stamps, notes.
const REST_OF_LINE: usize = 1 << 10;
/// Bytes of a number, with what stands between it and the next.
const LONGEST_FIELD: usize = 64;
/// How many lines there may be to one that a window takes.
const UNUSED_LINES: usize = 16;

pub(super) fn read(files: &Files<'_>) -> Result<DecodedSequences, DataError> {
    let checked = files.checked;
    let SequenceFormat::StepTable { train, test, channels, label, labels, recording, windows } =
        checked.format
    else {
        return Err(contradiction(checked.card));
    };
    let labels = if labels.is_empty() { &checked.card.classes } else { labels };
    let table = Table { channels, label, labels, recording: recording.as_deref() };
    let mut out = Steps::default();
    for (names, count) in [train, test].into_iter().zip(files.counts()) {
        let before = out.numbers.spans.len();
        let mut path = None;
        for name in names {
            let file = files.open(name)?;
            out.numbers.bytes_on_disk += file.len;
            let content = file.content(limit(channels.len(), *windows, count) as u64)?;
            for span in table.read(&file, &content, &mut out)? {
                out.add_windows(span, *windows);
            }
            path = Some(file.path);
        }
        let found = out.numbers.spans.len() - before;
        if let Some(path) = path.filter(|_| found != count) {
            let (expected, found) = (count, found.to_string());
            let of = format!(" of {} steps", windows.length);
            return Err(DataError::Examples { path, of, expected, found });
        }
    }
    out.numbers.labels = vec![0; out.numbers.spans.len()];
    Ok(checked.decoded(out.numbers, Targets::PerStep(out.per_step), Some(out.groups)))
}

/// Of a file of a part that has so many windows.
fn limit(channels: usize, windows: Windows, count: usize) -> usize {
    let steps = windows.length.max(windows.stride).saturating_mul(count.saturating_add(1));
    let line = channels.saturating_mul(LONGEST_FIELD).saturating_add(REST_OF_LINE);
    steps.saturating_mul(UNUSED_LINES).saturating_mul(line)
}

/// What was read so far.
#[derive(Default)]
struct Steps {
    numbers: Numbers,
    per_step: Vec<u32>,
    /// Of each window.
    groups: Vec<u32>,
    num_recordings: u32,
}

impl Steps {
    fn add_windows(&mut self, recording: Range<usize>, windows: Windows) {
        self.numbers.spans.extend(cut(recording, windows));
        self.groups.resize(self.numbers.spans.len(), self.num_recordings);
        self.num_recordings += 1;
    }
}

/// What is read out of a file.
struct Table<'a> {
    channels: &'a [String],
    label: &'a str,
    labels: &'a [String],
    recording: Option<&'a str>,
}

impl Table<'_> {
    /// Appends all steps; gives where each recording is.
    fn read(
        &self,
        file: &DataFile,
        content: &[u8],
        out: &mut Steps,
    ) -> Result<Vec<Range<usize>>, DataError> {
        let content = content.strip_prefix("\u{feff}".as_bytes()).unwrap_or(content);
        let mut reader = ReaderBuilder::new().has_headers(true).from_reader(content);
        let unreadable = |error: csv::Error| unreadable(file, content, &error);
        let header = reader.headers().map_err(unreadable)?.clone();
        let place = |name: &str| place(file, &header, name);
        let channels: Vec<usize> =
            self.channels.iter().map(|name| place(name)).collect::<Result<_, _>>()?;
        let label = place(self.label)?;
        let recording = self.recording.map(place).transpose()?;
        let mut spans: Vec<Range<usize>> = Vec::new();
        let mut seen = BTreeSet::new();
        let mut current: Option<String> = None;
        let mut record = StringRecord::new();
        while reader.read_record(&mut record).map_err(unreadable)? {
            let fault = |problem| super::at_line(file, line(content, record.position()), problem);
            let step = out.per_step.len();
            let name = recording.and_then(|place| record.get(place)).unwrap_or_default();
            if current.as_deref() != Some(name) {
                if !seen.insert(name.to_owned()) {
                    let name = shorten(name.as_bytes());
                    return Err(fault(format!("recording `{name}` goes on after another one")));
                }
                current = Some(name.to_owned());
                spans.push(step..step);
            }
            for (&place, name) in channels.iter().zip(self.channels) {
                let value = number(record.get(place).unwrap_or_default().trim());
                let value =
                    value.map_err(|problem| fault(format!("column `{name}`: {problem}")))?;
                out.numbers.values.push(value);
            }
            let found = record.get(label).unwrap_or_default().trim();
            let no_class = || {
                let found = shorten(found.as_bytes());
                fault(format!("column `{}`: `{found}` is the label of no class", self.label))
            };
            out.per_step.push(class(self.labels, found).ok_or_else(no_class)?);
            if let Some(span) = spans.last_mut() {
                span.end = step + 1;
            }
        }
        Ok(spans)
    }
}

/// Which column has this name.
fn place(file: &DataFile, header: &StringRecord, name: &str) -> Result<usize, DataError> {
    let mut places = header.iter().zip(0..).filter(|(column, _)| column.trim() == name);
    let problem = match (places.next(), places.next()) {
        (Some((_, place)), None) => return Ok(place),
        (None, _) => format!("there is no column `{name}`"),
        (Some(_), Some(_)) => format!("two columns are called `{name}`"),
    };
    Err(super::at_line(file, 1, problem))
}

/// Where a record begins, counted from 1: what reads records does not tell the line ends before one
/// from those in it.
fn line(content: &[u8], position: Option<&csv::Position>) -> u64 {
    let byte = position.map_or(0, csv::Position::byte);
    let (before, rest) = content.split_at(content.len().min(byte as usize));
    let between = rest.iter().take_while(|byte| matches!(byte, b'\r' | b'\n'));
    1 + before.iter().chain(between).filter(|&&byte| byte == b'\n').count() as u64
}

/// Records of other lengths than the header, and what is not UTF-8.
fn unreadable(file: &DataFile, content: &[u8], error: &csv::Error) -> DataError {
    let line = line(content, error.position());
    let problem = match error.kind() {
        csv::ErrorKind::UnequalLengths { expected_len, len, .. } => {
            format!("{len} columns, the header has {expected_len}")
        }
        csv::ErrorKind::Utf8 { .. } => "this is not UTF-8".to_owned(),
        _ => "this is not a line of a table".to_owned(),
    };
    super::at_line(file, line, problem)
}
