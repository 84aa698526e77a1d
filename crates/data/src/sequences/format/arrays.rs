//! Arrays of numpy or safetensors: of one shape for all sequences, or all steps with lengths.

use std::collections::BTreeMap;

use fireassay_spec::{ArrayPlace, Channels, SequenceArrays};

use super::{DecodedSequences, Files, Numbers};
use crate::DataError;
use crate::file::DataFile;
use crate::format::arrays::{Source, open_all};
use crate::format::{RawValues, contradiction};
use crate::sequences::Targets;

pub(super) fn read(
    files: &Files<'_>,
    parts: [Option<&SequenceArrays>; 2],
) -> Result<DecodedSequences, DataError> {
    let checked = files.checked;
    let opened = open_all(checked.card, files.folder, files.read)?;
    let mut out = Part { files, opened: &opened, numbers: Numbers::default(), groups: Vec::new() };
    for (part, count) in parts.into_iter().zip(files.counts()) {
        if let Some(part) = part {
            out.add(part, count)?;
        }
    }
    let (mut numbers, groups) = (out.numbers, out.groups);
    numbers.bytes_on_disk = opened.values().map(|file| file.len).sum();
    let groups = match groups.len() {
        0 => None,
        n if n == numbers.spans.len() => Some(numbered(&groups)),
        _ => return Err(contradiction(checked.card)),
    };
    Ok(checked.decoded(numbers, Targets::Class, groups))
}

/// What was read so far.
struct Part<'a> {
    files: &'a Files<'a>,
    opened: &'a BTreeMap<&'a str, DataFile>,
    numbers: Numbers,
    groups: Vec<u32>,
}

impl Part<'_> {
    fn add(&mut self, part: &SequenceArrays, count: usize) -> Result<(), DataError> {
        let checked = self.files.checked;
        let (steps, channels) = (checked.steps.max, checked.channels);
        let num_classes = checked.card.classes.len();
        let mut labels = Vec::new();
        self.source(&part.labels)?.labels(count, num_classes, &mut labels)?;
        self.numbers.labels.extend(labels);
        if let Some(place) = &part.groups {
            let mut groups = Vec::new();
            let bad = self.source(place)?.integers("groups", count, usize::MAX, &mut groups)?;
            self.refuse(place, bad, "is no number of a group")?;
            self.groups.extend(groups);
        }
        let lengths = match &part.lengths {
            None => vec![steps; count],
            Some(place) => {
                let mut lengths = Vec::new();
                let source = self.source(place)?;
                let bad =
                    source.integers("lengths", count, steps.saturating_add(1), &mut lengths)?;
                self.refuse(place, bad, &format!("steps, its card says at most {steps}"))?;
                lengths.into_iter().map(|length| length as usize).collect()
            }
        };
        let mut start = self.numbers.values.len() / channels;
        for &length in &lengths {
            self.numbers.spans.push(start..start + length);
            start += length;
        }
        let source = self.source(&part.values)?;
        let mut values = None;
        if part.lengths.is_some() {
            let total = lengths.iter().sum();
            source.values(total, &[channels], Channels::First, &mut values)?;
        } else {
            source.values(count, &[steps, channels], Channels::First, &mut values)?;
        }
        match values {
            Some(RawValues::Floats(values)) => self.numbers.values.extend(values),
            Some(RawValues::Bytes(bytes)) => {
                self.numbers.values.extend(bytes.into_iter().map(f32::from));
            }
            None => {}
        }
        Ok(())
    }

    fn source<'b>(&'b self, place: &'b ArrayPlace) -> Result<Source<'b>, DataError> {
        Source::of(place, self.opened).ok_or_else(|| contradiction(self.files.checked.card))
    }

    fn refuse(
        &self,
        place: &ArrayPlace,
        bad: Option<(usize, i128)>,
        problem: &str,
    ) -> Result<(), DataError> {
        let Some((example, found)) = bad else { return Ok(()) };
        let of = place.key.as_ref().map_or(String::new(), |key| format!("`{key}`, "));
        let path = self.files.folder.join(&place.file);
        let problem = format!("{of}example {example}: {found} {problem}");
        Err(DataError::Array { path, problem })
    }
}

/// Any numbers, as they come: 0, 1, ..
fn numbered(groups: &[u32]) -> Vec<u32> {
    let mut known = BTreeMap::new();
    let number = |group: &u32| {
        let next = known.len() as u32;
        *known.entry(*group).or_insert(next)
    };
    groups.iter().map(number).collect()
}
