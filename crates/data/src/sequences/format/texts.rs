//! Texts: one a line in a file for each class, pairs in a table, a pronouncing dictionary, or one
//! long text in windows.

use std::collections::BTreeMap;
use std::ops::Range;

use fireassay_spec::{Pronunciations, SequenceFormat, VocabularyCard, Windows};

use super::{DecodedSequences, Files, agree_on_count, at_line, lines, text};
use crate::DataError;
use crate::file::DataFile;
use crate::format::contradiction;
use crate::sequences::{Inputs, Targets, Vocabulary};

/// Bytes of a token, with what stands between it and the next.
const LONGEST_TOKEN: usize = 64;
/// Bytes of a line besides its input: target, attribution, comment.
const REST_OF_LINE: usize = 1 << 12;

pub(super) fn read(files: &Files<'_>) -> Result<DecodedSequences, DataError> {
    let mut parts = [Vec::new(), Vec::new()];
    let mut bytes_on_disk = 0;
    for ((part, names), count) in parts.iter_mut().zip(names(files)).zip(files.counts()) {
        for (name, label) in names {
            let file = files.open(name)?;
            bytes_on_disk += file.len;
            part.push(Content { text: text(&file, limit(files, count))?, file, label });
        }
    }
    let parts = [parts[0].as_slice(), parts[1].as_slice()];
    let mut decoded = match files.checked.format {
        SequenceFormat::TextWindows { windows, vocabulary, .. } => {
            windowed(files, parts, *windows, vocabulary)?
        }
        SequenceFormat::Lexicon { pronunciations, .. } => {
            let mut groups = BTreeMap::new();
            let decoded =
                lined(files, parts, |content| dictionary(content, *pronunciations, &mut groups))?;
            // Of one pronunciation each, words are no groups.
            let is_grouped = *pronunciations == Pronunciations::All;
            DecodedSequences { groups: decoded.groups.filter(|_| is_grouped), ..decoded }
        }
        SequenceFormat::TextClasses { .. } => {
            DecodedSequences { groups: None, ..lined(files, parts, one_a_line)? }
        }
        SequenceFormat::TextPairs { columns, source_column, target_column, .. } => {
            let places = [*source_column, *target_column];
            let decoded = lined(files, parts, |content| table(content, *columns, places))?;
            DecodedSequences { groups: None, ..decoded }
        }
        SequenceFormat::Arrays { .. }
        | SequenceFormat::StepTable { .. }
        | SequenceFormat::Ts { .. } => return Err(contradiction(files.checked.card)),
    };
    decoded.bytes_on_disk = bytes_on_disk;
    Ok(decoded)
}

/// A file that was read.
pub(crate) struct Content {
    pub(crate) file: DataFile,
    pub(crate) text: String,
    /// Of all that is in it.
    pub(crate) label: u32,
}

/// Names and labels of the files of train and test.
fn names<'a>(files: &Files<'a>) -> [Vec<(&'a str, u32)>; 2] {
    let of_class = |by_class: &'a BTreeMap<String, String>| {
        let classes = files.checked.card.classes.iter().zip(0..);
        classes.filter_map(|(class, label)| Some((by_class.get(class)?.as_str(), label))).collect()
    };
    match files.checked.format {
        SequenceFormat::Lexicon { train, test, .. }
        | SequenceFormat::TextPairs { train, test, .. }
        | SequenceFormat::TextWindows { train, test, .. } => {
            let test = test.iter().map(|name| (name.as_str(), 0)).collect();
            [vec![(train.as_str(), 0)], test]
        }
        SequenceFormat::TextClasses { train, test, .. } => [of_class(train), of_class(test)],
        SequenceFormat::Arrays { .. }
        | SequenceFormat::StepTable { .. }
        | SequenceFormat::Ts { .. } => [Vec::new(), Vec::new()],
    }
}

/// Of a file that has so many examples, or fewer.
fn limit(files: &Files<'_>, count: usize) -> usize {
    // Twice the lines, because a dictionary has some that are not taken.
    let lines = count.saturating_add(2).saturating_mul(2);
    let line = files.checked.steps.max.saturating_mul(LONGEST_TOKEN).saturating_add(REST_OF_LINE);
    lines.saturating_mul(line)
}

/// A text of a line, with what belongs to it.
pub(crate) struct Row<'a> {
    pub(crate) source: &'a str,
    /// Empty when a class belongs to it.
    pub(crate) target: &'a str,
    label: u32,
    group: u32,
}

/// Makes examples of lines.
fn lined(
    files: &Files<'_>,
    parts: [&[Content]; 2],
    mut rows_of: impl for<'a> FnMut(&'a Content) -> Result<Vec<Row<'a>>, DataError>,
) -> Result<DecodedSequences, DataError> {
    let mut rows = Vec::new();
    for (contents, count) in parts.into_iter().zip(files.counts()) {
        let before = rows.len();
        for content in contents {
            rows.extend(rows_of(content)?);
        }
        if let Some(last) = contents.last() {
            agree_on_count(&last.file, count, rows.len() - before)?;
        }
    }
    let train = || rows[..files.counts()[0].min(rows.len())].iter();
    let of = |vocabulary: &VocabularyCard| {
        Vocabulary::of(vocabulary.unit, train().map(|row| row.source))
    };
    let vocabulary = files.checked.format.vocabulary().map(of);
    let of = |vocabulary: &VocabularyCard| {
        Vocabulary::of(vocabulary.unit, train().map(|row| row.target))
    };
    let target_vocabulary = files.checked.format.target_vocabulary().map(of);
    let Some(inputs) = &vocabulary else { return Err(contradiction(files.checked.card)) };
    let (tokens, spans) = encode(inputs, rows.iter().map(|row| row.source), &[]);
    let targets = match &target_vocabulary {
        None => Targets::Class,
        Some(targets) => {
            let texts = rows.iter().map(|row| row.target);
            let (tokens, spans) = encode(targets, texts, &[Vocabulary::END]);
            Targets::Tokens { tokens, spans }
        }
    };
    Ok(DecodedSequences {
        inputs: Inputs::Tokens(tokens),
        spans,
        labels: rows.iter().map(|row| row.label).collect(),
        targets,
        groups: Some(rows.iter().map(|row| row.group).collect()),
        vocabulary,
        target_vocabulary,
        bytes_on_disk: 0,
    })
}

/// All texts one after the other, with `end` after each, and where each is.
fn encode<'a>(
    vocabulary: &Vocabulary,
    texts: impl Iterator<Item = &'a str>,
    end: &[u32],
) -> (Vec<u32>, Vec<Range<usize>>) {
    let (mut tokens, mut spans) = (Vec::new(), Vec::new());
    for text in texts {
        let start = tokens.len();
        vocabulary.encode(text, &mut tokens);
        tokens.extend_from_slice(end);
        spans.push(start..tokens.len());
    }
    (tokens, spans)
}

/// Lines that are not empty.
pub(crate) fn one_a_line(content: &Content) -> Result<Vec<Row<'_>>, DataError> {
    let lines = lines(&content.text).filter(|(line, _)| !line.is_empty());
    let row = |(source, _)| Row { source, target: "", label: content.label, group: 0 };
    Ok(lines.map(row).collect())
}

/// Two columns out of several.
pub(crate) fn table(
    content: &Content,
    columns: usize,
    places: [usize; 2],
) -> Result<Vec<Row<'_>>, DataError> {
    let mut rows = Vec::new();
    for (line, number) in lines(&content.text).filter(|(line, _)| !line.is_empty()) {
        let fault = |problem| at_line(&content.file, number, problem);
        let found = line.split('\t').count();
        if found != columns {
            return Err(fault(format!("{found} columns, expected {columns}")));
        }
        let [source, target] = places.map(|place| line.split('\t').nth(place - 1).unwrap_or(""));
        for (text, column) in [source, target].into_iter().zip(places) {
            if text.trim().is_empty() {
                return Err(fault(format!("column {column} is empty")));
            }
        }
        rows.push(Row { source, target, label: content.label, group: 0 });
    }
    Ok(rows)
}

/// `word P H O`, `word(2) P H O`, a comment after `#`. `groups` has the number of each word.
pub(crate) fn dictionary<'a>(
    content: &'a Content,
    pronunciations: Pronunciations,
    groups: &mut BTreeMap<String, u32>,
) -> Result<Vec<Row<'a>>, DataError> {
    let mut rows = Vec::new();
    for (line, number) in lines(&content.text) {
        let line = line.split_once('#').map_or(line, |(line, _)| line).trim();
        if line.is_empty() {
            continue;
        }
        let Some((entry, target)) = line.split_once(char::is_whitespace) else {
            return Err(at_line(&content.file, number, "a word without phonemes".to_owned()));
        };
        let word = without_number(entry);
        let next = groups.len() as u32;
        let (is_new, group) = match groups.get(word) {
            Some(&group) => (false, group),
            None => (true, *groups.entry(word.to_owned()).or_insert(next)),
        };
        if is_new || pronunciations == Pronunciations::All {
            rows.push(Row { source: word, target, label: content.label, group });
        }
    }
    Ok(rows)
}

/// `word` of `word(2)`.
fn without_number(entry: &str) -> &str {
    let inside = entry.strip_suffix(')').and_then(|entry| entry.rsplit_once('('));
    match inside {
        Some((word, number))
            if !word.is_empty()
                && !number.is_empty()
                && number.bytes().all(|byte| byte.is_ascii_digit()) =>
        {
            word
        }
        _ => entry,
    }
}

/// Cuts each part into windows; what belongs to a step is the token after it.
fn windowed(
    files: &Files<'_>,
    parts: [&[Content]; 2],
    windows: Windows,
    vocabulary: &VocabularyCard,
) -> Result<DecodedSequences, DataError> {
    let train = parts[0].iter().map(|content| content.text.as_str());
    let vocabulary = Vocabulary::of(vocabulary.unit, train);
    let (mut tokens, mut spans) = (Vec::new(), Vec::new());
    for (contents, count) in parts.into_iter().zip(files.counts()) {
        for content in contents {
            let start = tokens.len();
            vocabulary.encode(&content.text, &mut tokens);
            // The last token is nothing but a target.
            let end = tokens.len().saturating_sub(1);
            let before = spans.len();
            spans.extend(cut(start..end, windows));
            agree_on_count(&content.file, count, spans.len() - before)?;
        }
    }
    let next = tokens.iter().skip(1).copied().chain([Vocabulary::PADDING]);
    Ok(DecodedSequences {
        labels: vec![0; spans.len()],
        spans,
        targets: Targets::PerStep(next.collect()),
        groups: None,
        target_vocabulary: Some(vocabulary.clone()),
        vocabulary: Some(vocabulary),
        inputs: Inputs::Tokens(tokens),
        bytes_on_disk: 0,
    })
}

/// The windows of a recording.
pub(super) fn cut(recording: Range<usize>, windows: Windows) -> impl Iterator<Item = Range<usize>> {
    let starts = (recording.start..recording.end).step_by(windows.stride);
    let spans = starts.map(move |start| start..start.saturating_add(windows.length));
    spans.take_while(move |span| span.end <= recording.end)
}
