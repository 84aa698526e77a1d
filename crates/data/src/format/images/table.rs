//! Images in Parquet files: a column of JPEG and PNG files beside one of labels.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::num::NonZero;
use std::ops::ControlFlow;
use std::path::Path;

use fireassay_spec::{DataFormat, DatasetCard, nearest};

use super::picture::{self, Rules};
use super::pipeline::{self, HandOut};
use super::{BATCH_FILES, MAX_FILE_LEN};
use crate::DataError;
use crate::file::DataFile;
use crate::format::cell::Cell;
use crate::format::parquet::{Limits, ParquetFile, Wanted, at_row};
use crate::format::{Decoded, RawValues, Reader};

/// Files in a page, which are in memory together.
pub(crate) const IMAGES: Limits = Limits { row: MAX_FILE_LEN, page: MAX_FILE_LEN };

/// Reads the images of a checked card, in the order of the rows.
pub(crate) fn read(
    card: &DatasetCard,
    folder: &Path,
    read: Reader<'_>,
    threads: NonZero<usize>,
) -> Result<Decoded, DataError> {
    let DataFormat::ImageTable {
        train,
        test,
        image,
        label,
        group,
        colour,
        fit,
        alpha,
        orientation,
    } = &card.format
    else {
        return Err(crate::format::contradiction(card));
    };
    let [_, height, width] = card.shape[..] else {
        return Err(crate::format::contradiction(card));
    };
    let (colour, fit, alpha, orientation) = (*colour, *fit, *alpha, *orientation);
    let rules = Rules { height, width, colour, fit, alpha, orientation };
    let mut rows = Rows { values: super::room(card)?, ..Rows::default() };
    let mut numbers = BTreeMap::new();
    let mut bytes_on_disk = 0;
    let mut expected = 0;
    for (names, examples) in [(train, card.examples.train), (test, card.examples.test)] {
        let before = rows.labels.len();
        expected += examples;
        for name in names {
            let file = DataFile::read(card, folder.join(name), name, read)?;
            bytes_on_disk += file.len;
            let file = ParquetFile::open(&file)?;
            let found = rows.labels.len() as u64 + file.num_rows();
            let is_last = names.last() == Some(name);
            if found > expected as u64 || (is_last && found < expected as u64) {
                return Err(DataError::Examples {
                    path: file.path,
                    of: if names.len() > 1 { " with those before it" } else { "" }.to_owned(),
                    expected: examples,
                    found: (found - before as u64).to_string(),
                });
            }
            let source = Source { card, file, image, label, group: group.as_deref(), rules };
            source.read(threads, &mut numbers, &mut rows)?;
        }
    }
    let Rows { values, labels, groups } = rows;
    let groups = group.is_some().then_some(groups);
    Ok(Decoded { values: RawValues::Bytes(values), labels, groups, bytes_on_disk })
}

/// What was read so far.
#[derive(Default)]
struct Rows {
    values: Vec<u8>,
    labels: Vec<u32>,
    /// Numbered as they come; empty without a column of groups.
    groups: Vec<u32>,
}

/// One file.
struct Source<'a> {
    card: &'a DatasetCard,
    file: ParquetFile,
    image: &'a str,
    label: &'a str,
    group: Option<&'a str>,
    rules: Rules,
}

/// A row to decode.
struct Task {
    row: u64,
    label: u32,
    /// Its name.
    group: Option<String>,
    bytes: Vec<u8>,
}

/// Some rows, decoded.
struct Piece {
    values: Vec<u8>,
    labels: Vec<u32>,
    groups: Vec<String>,
}

impl Source<'_> {
    fn read(
        &self,
        threads: NonZero<usize>,
        numbers: &mut BTreeMap<String, u32>,
        rows: &mut Rows,
    ) -> Result<(), DataError> {
        let table = |problem| DataError::Table { path: self.file.path.clone(), problem };
        let names = self.file.names();
        for name in [self.image, self.label].into_iter().chain(self.group) {
            if !names.iter().any(|other| other == name) {
                let meant = nearest(name, &names);
                let meant =
                    meant.map_or(String::new(), |meant| format!("; did you mean `{meant}`?"));
                return Err(table(format!("there is no column `{name}`{meant}")));
            }
        }
        let image = self.file.wanted_bytes(&[self.image, "bytes"], IMAGES);
        let image = image.or_else(|_| self.file.wanted_bytes(&[self.image], IMAGES));
        let label = self.file.wanted(&[self.label], Wanted::CELLS);
        let mut wanted = vec![image.map_err(table)?, label.map_err(table)?];
        if let Some(group) = self.group {
            wanted.push(self.file.wanted(&[group], Wanted::CELLS).map_err(table)?);
        }
        pipeline::in_order(
            threads,
            |hand_out| self.hand_out(&wanted, hand_out),
            |tasks: Vec<Task>| self.decode(tasks),
            |mut piece: Piece| {
                rows.values.append(&mut piece.values);
                rows.labels.append(&mut piece.labels);
                rows.groups.extend(piece.groups.into_iter().map(|name| {
                    let next = numbers.len() as u32; // no more than rows
                    *numbers.entry(name).or_insert(next)
                }));
                Ok(())
            },
        )
    }

    fn hand_out(
        &self,
        wanted: &[Wanted],
        hand_out: HandOut<'_, Vec<Task>>,
    ) -> Result<(), DataError> {
        let mut flow = ControlFlow::Continue(());
        self.file.each_batch(wanted, BATCH_FILES, &mut |first, len, columns| {
            let [images, labels, groups @ ..] = columns else {
                return Err(crate::format::contradiction(self.card));
            };
            if flow.is_break() {
                return Ok(()); // another thread has the error
            }
            let mut tasks = Vec::with_capacity(len);
            for index in 0..len {
                let row = first + index as u64;
                let at = |name, problem| at_row(&self.file.path, row, name, problem);
                let cell = labels.cell(index).map_err(|problem| at(self.label, problem))?;
                let label = self.class(cell).map_err(|problem| at(self.label, problem))?;
                let group = match (self.group, groups.first()) {
                    (Some(name), Some(groups)) => {
                        let found = groups.cell(index).and_then(group);
                        Some(found.map_err(|problem| at(name, problem))?)
                    }
                    _ => None,
                };
                let bytes = images.bytes(index);
                let bytes =
                    bytes.ok_or_else(|| at(self.image, "its bytes are missing".to_owned()))?;
                tasks.push(Task { row, label, group, bytes: bytes.to_vec() });
            }
            flow = hand_out(tasks);
            Ok(())
        })
    }

    /// The index of a class, or its name.
    fn class(&self, cell: Cell<'_>) -> Result<u32, String> {
        let classes = &self.card.classes;
        let index = match cell {
            Cell::Integer(index) => usize::try_from(index).ok().filter(|&n| n < classes.len()),
            Cell::Text(name) => classes.iter().position(|class| class == name),
            Cell::Null | Cell::Flag(_) | Cell::Float(_) => None,
        };
        let problem = || match cell {
            Cell::Integer(_) => {
                let last = classes.len().saturating_sub(1);
                format!("label `{}` is not one of the classes 0 to {last}", cell.shown())
            }
            Cell::Text(_) | Cell::Null | Cell::Flag(_) | Cell::Float(_) => {
                format!("`{}` is not one of the card's classes", cell.shown())
            }
        };
        index.map(|index| index as u32).ok_or_else(problem)
    }

    fn decode(&self, tasks: Vec<Task>) -> Result<Piece, DataError> {
        let (mut values, mut scratch) = (Vec::new(), Vec::new());
        for task in &tasks {
            picture::read(&task.bytes, &self.rules, &mut scratch, &mut values)
                .map_err(|problem| at_row(&self.file.path, task.row, self.image, problem))?;
        }
        let labels = tasks.iter().map(|task| task.label).collect();
        let groups = tasks.into_iter().filter_map(|task| task.group).collect();
        Ok(Piece { values, labels, groups })
    }
}

/// The name of whoever an image is of.
fn group(cell: Cell<'_>) -> Result<String, String> {
    match cell {
        Cell::Null => Err("it is missing; each image needs a group".to_owned()),
        cell => {
            let name = cell.name().map(Cow::into_owned);
            name.ok_or_else(|| format!("`{}` is not a name", cell.shown()))
        }
    }
}
