//! Files to sequences, one format per file.

mod arrays;
#[cfg(test)]
mod round_trips;
mod step_table;
#[cfg(test)]
mod tests;
pub(crate) mod texts;
mod ts;

use std::ops::Range;
use std::path::Path;

use fireassay_spec::SequenceFormat;

use super::card::Checked;
use super::{Inputs, Targets, Vocabulary};
use crate::DataError;
use crate::error::shorten;
use crate::file::DataFile;
use crate::file::Reader;

/// All sequences of a dataset: train first, then test, each in the order of its file.
#[derive(Debug)]
pub(in crate::sequences) struct DecodedSequences {
    /// Before normalisation.
    pub(in crate::sequences) inputs: Inputs,
    /// Where the steps of each are.
    pub(in crate::sequences) spans: Vec<Range<usize>>,
    /// Of each; 0 when targets are something else than its class.
    pub(in crate::sequences) labels: Vec<u32>,
    pub(in crate::sequences) targets: Targets,
    /// Who or what each is of, numbered as they come; `None` when the files do not say.
    pub(in crate::sequences) groups: Option<Vec<u32>>,
    pub(in crate::sequences) vocabulary: Option<Vocabulary>,
    pub(in crate::sequences) target_vocabulary: Option<Vocabulary>,
    /// Of the files, as they lie on disk.
    pub(in crate::sequences) bytes_on_disk: u64,
}

/// Reads a checked card's files. All agrees with the card afterwards but mean and std.
pub(super) fn read(
    checked: &Checked<'_>,
    folder: &Path,
    read: Reader<'_>,
) -> Result<DecodedSequences, DataError> {
    let files = Files { checked, folder, read };
    let decoded = match checked.format {
        SequenceFormat::Arrays { train, test } => {
            arrays::read(&files, [Some(&**train), test.as_deref()])?
        }
        SequenceFormat::StepTable { .. } => step_table::read(&files)?,
        SequenceFormat::Lexicon { .. }
        | SequenceFormat::TextClasses { .. }
        | SequenceFormat::TextPairs { .. }
        | SequenceFormat::TextWindows { .. } => texts::read(&files)?,
        SequenceFormat::Ts { train, test } => {
            ts::read(&files, [Some(train.as_str()), test.as_deref()])?
        }
    };
    checked.agree(&decoded)?;
    Ok(decoded)
}

/// The files of a card.
struct Files<'a> {
    checked: &'a Checked<'a>,
    folder: &'a Path,
    read: Reader<'a>,
}

impl Files<'_> {
    fn open(&self, name: &str) -> Result<DataFile, DataError> {
        DataFile::read(self.checked.card, self.folder.join(name), name, self.read)
    }

    /// How many examples of train and test the card states.
    fn counts(&self) -> [usize; 2] {
        [self.checked.card.examples.train, self.checked.card.examples.test]
    }
}

/// Sequences of numbers while they are read.
#[derive(Debug, Default)]
struct Numbers {
    /// `[steps, channels]`.
    values: Vec<f32>,
    spans: Vec<Range<usize>>,
    labels: Vec<u32>,
    bytes_on_disk: u64,
}

impl Checked<'_> {
    fn decoded(
        &self,
        numbers: Numbers,
        targets: Targets,
        groups: Option<Vec<u32>>,
    ) -> DecodedSequences {
        let Numbers { values, spans, labels, bytes_on_disk } = numbers;
        DecodedSequences {
            inputs: Inputs::Numbers { values, channels: self.channels },
            spans,
            labels,
            targets,
            groups,
            vocabulary: None,
            target_vocabulary: None,
            bytes_on_disk,
        }
    }

    /// Lengths and vocabularies; counts were compared file by file.
    fn agree(&self, decoded: &DecodedSequences) -> Result<(), DataError> {
        let dataset = || self.card.name.clone();
        let lengths = || decoded.spans.iter().map(ExactSizeIterator::len);
        let (min, max) = (lengths().min().unwrap_or(0), lengths().max().unwrap_or(0));
        if (min, max) != (self.steps.min, self.steps.max) {
            let found = format!("{min} to {max}");
            return Err(DataError::Steps { dataset: dataset(), expected: self.steps, found });
        }
        let vocabularies = [
            ("input", self.format.vocabulary(), &decoded.vocabulary),
            ("target", self.format.target_vocabulary(), &decoded.target_vocabulary),
        ];
        for (of, stated, found) in vocabularies {
            let (Some(stated), Some(vocabulary)) = (stated, found) else { continue };
            let (found_size, found) = (vocabulary.size(), vocabulary.sha256());
            if (found_size, &found) != (stated.size, &stated.sha256) {
                return Err(DataError::Vocabulary {
                    dataset: dataset(),
                    of,
                    expected_size: stated.size,
                    expected: stated.sha256.clone(),
                    found_size,
                    found,
                });
            }
        }
        Ok(())
    }
}

/// Which class a name is.
fn class(names: &[String], name: &str) -> Option<u32> {
    names.iter().position(|known| known == name).map(|index| index as u32)
}

/// A file of text in UTF-8, without the byte order mark that some begin with.
pub(crate) fn text(file: &DataFile, limit: usize) -> Result<String, DataError> {
    let content = file.content(limit as u64)?;
    let mut text = String::from_utf8(content).map_err(|error| {
        let before = &error.as_bytes()[..error.utf8_error().valid_up_to()];
        let line = 1 + before.iter().filter(|&&byte| byte == b'\n').count() as u64;
        at_line(file, line, "this is not UTF-8".to_owned())
    })?;
    if text.starts_with('\u{feff}') {
        text.drain(..'\u{feff}'.len_utf8());
    }
    Ok(text)
}

/// Lines with their numbers, whatever system wrote them.
fn lines(text: &str) -> impl Iterator<Item = (&str, u64)> {
    let lines = text.split('\n').map(|line| line.strip_suffix('\r').unwrap_or(line));
    lines.zip(1..)
}

fn at_line(file: &DataFile, line: u64, problem: String) -> DataError {
    DataError::Line { path: file.path.clone(), line, problem }
}

/// A finite number, or what is wrong with it.
fn number(field: &str) -> Result<f32, String> {
    let value = field.parse::<f32>().ok().filter(|value| value.is_finite());
    value.ok_or_else(|| match field {
        "?" | "" | "NaN" | "nan" => "a value is missing".to_owned(),
        _ => format!("`{}` is not a finite number", shorten(field.as_bytes())),
    })
}

/// The error unless a file holds as many examples as the card says.
fn agree_on_count(file: &DataFile, expected: usize, found: usize) -> Result<(), DataError> {
    if found == expected {
        return Ok(());
    }
    let (path, of) = (file.path.clone(), String::new());
    Err(DataError::Examples { path, of, expected, found: found.to_string() })
}
