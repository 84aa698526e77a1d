//! The text format of sktime and aeon: a header of `@` lines, then a sequence a line, its
//! dimensions apart by `:`, their values by `,`, its class last.

use super::{
    DecodedSequences, Files, Numbers, agree_on_count, at_line, class, lines, number, text,
};
use crate::DataError;
use crate::error::shorten;
use crate::file::DataFile;
use crate::sequences::Targets;
use crate::sequences::card::Checked;

/// Bytes of a number, with what stands between it and the next.
const LONGEST_FIELD: usize = 64;
/// Bytes of comments and header.
const LONGEST_HEADER: usize = 1 << 20;

pub(super) fn read(
    files: &Files<'_>,
    parts: [Option<&str>; 2],
) -> Result<DecodedSequences, DataError> {
    let mut numbers = Numbers::default();
    for (name, count) in parts.into_iter().zip(files.counts()) {
        if let Some(name) = name {
            let file = files.open(name)?;
            numbers.bytes_on_disk += file.len;
            read_file(&file, files.checked, count, &mut numbers)?;
        }
    }
    Ok(files.checked.decoded(numbers, Targets::Class, None))
}

/// Appends `count` sequences.
fn read_file(
    file: &DataFile,
    checked: &Checked<'_>,
    count: usize,
    out: &mut Numbers,
) -> Result<(), DataError> {
    let values = count.saturating_mul(checked.steps.max).saturating_mul(checked.channels);
    let limit = values.saturating_mul(LONGEST_FIELD).saturating_add(LONGEST_HEADER);
    let text = text(file, limit)?;
    let mut header = Header::default();
    let (mut found, mut last) = (None, 1);
    for (line, number) in lines(&text) {
        let line = line.trim();
        let fault = |problem| at_line(file, number, problem);
        last = number;
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        match &mut found {
            None if line.eq_ignore_ascii_case("@data") => {
                header.check(checked).map_err(fault)?;
                found = Some(0);
            }
            None => header.read(line, checked).map_err(fault)?,
            Some(found) => {
                *found += 1;
                if *found <= count {
                    header.sequence(line, checked, out).map_err(fault)?;
                }
            }
        }
    }
    let found = found.ok_or_else(|| at_line(file, last, "no `@data` up to here".to_owned()))?;
    agree_on_count(file, count, found)
}

/// What the lines before the data say.
#[derive(Debug, Default)]
struct Header {
    is_univariate: bool,
    dimensions: Option<usize>,
    is_equal_length: bool,
    series_length: Option<usize>,
    has_classes: bool,
}

impl Header {
    fn read(&mut self, line: &str, checked: &Checked<'_>) -> Result<(), String> {
        let mut words = line.split_whitespace();
        let key = words.next().unwrap_or_default().to_ascii_lowercase();
        let value = words.next().unwrap_or_default();
        let truth = || match value.to_ascii_lowercase().as_str() {
            "true" => Ok(true),
            "false" => Ok(false),
            _ => Err(format!("`{}` is neither true nor false", shorten(value.as_bytes()))),
        };
        let count =
            || value.parse().map_err(|_| format!("`{}` is not a count", shorten(value.as_bytes())));
        match key.as_str() {
            // Whether values are missing shows where they are.
            "@problemname" | "@missing" => {}
            "@timestamps" if truth()? => return Err("time stamps are not read".to_owned()),
            "@timestamps" => {}
            "@univariate" => self.is_univariate = truth()?,
            "@dimension" | "@dimensions" => self.dimensions = Some(count()?),
            "@equallength" => self.is_equal_length = truth()?,
            "@serieslength" => self.series_length = Some(count()?),
            "@targetlabel" if truth()? => {
                return Err("its targets are numbers, not classes".to_owned());
            }
            "@targetlabel" => {}
            "@classlabel" => {
                self.has_classes = truth()?;
                if let Some(extra) = words.find(|name| class(&checked.card.classes, name).is_none())
                {
                    return Err(format!("the card has no class `{}`", shorten(extra.as_bytes())));
                }
            }
            _ => return Err(format!("`{}` is no line of a header", shorten(line.as_bytes()))),
        }
        Ok(())
    }

    /// Whether it goes with the card.
    fn check(&self, checked: &Checked<'_>) -> Result<(), String> {
        if !self.has_classes {
            return Err("the header has no `@classLabel true`".to_owned());
        }
        let stated = if self.is_univariate { Some(1) } else { self.dimensions };
        match stated.filter(|&stated| stated != checked.channels) {
            Some(stated) => Err(format!(
                "the header says {stated} dimensions, the card's shape [{}]",
                checked.channels
            )),
            None => Ok(()),
        }
    }

    /// Appends the sequence of a line, step by step.
    fn sequence(&self, line: &str, checked: &Checked<'_>, out: &mut Numbers) -> Result<(), String> {
        let channels = checked.channels;
        let found = line.split(':').count() - 1;
        if found != channels {
            return Err(format!("{found} dimensions and a class, expected {channels}"));
        }
        let (dimensions, label) = line.rsplit_once(':').unwrap_or_default();
        let count = |dimension: &str| dimension.split(',').count();
        let steps = dimensions.split(':').next().map_or(0, count);
        // Before there is room made for them: what is there is no more than the line is long.
        let uneven = dimensions.split(':').zip(1..).find(|&(it, _)| count(it) != steps);
        if let Some((dimension, number)) = uneven {
            let found = count(dimension);
            return Err(format!("dimension {number} has {found} values, the first {steps}"));
        }
        let start = out.values.len();
        out.values.resize(start + steps * channels, 0.0);
        for (dimension, channel) in dimensions.split(':').zip(0..) {
            for (field, step) in dimension.split(',').zip(0..) {
                let value = number(field.trim()).map_err(|problem| {
                    format!("dimension {}, value {}: {problem}", channel + 1, step + 1)
                })?;
                out.values[start + step * channels + channel] = value;
            }
        }
        if let Some(length) = self.series_length.filter(|&n| self.is_equal_length && n != steps) {
            return Err(format!("{steps} steps, the header says {length}"));
        }
        let label = label.trim();
        let index = class(&checked.card.classes, label);
        let no_class = || format!("the card has no class `{}`", shorten(label.as_bytes()));
        out.labels.push(index.ok_or_else(no_class)?);
        let start = start / channels;
        out.spans.push(start..start + steps);
        Ok(())
    }
}
