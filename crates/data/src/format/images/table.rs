//! Images in Parquet files: a column of JPEG and PNG files beside one of labels.

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
const IMAGES: Limits = Limits { row: MAX_FILE_LEN, page: MAX_FILE_LEN };

/// Reads the images of a checked card, in the order of the rows.
pub(crate) fn read(
    card: &DatasetCard,
    folder: &Path,
    read: Reader<'_>,
    threads: NonZero<usize>,
) -> Result<Decoded, DataError> {
    let DataFormat::ImageTable { train, test, image, label, colour, fit, alpha, orientation } =
        &card.format
    else {
        return Err(crate::format::contradiction(card));
    };
    let [_, height, width] = card.shape[..] else {
        return Err(crate::format::contradiction(card));
    };
    let (colour, fit, alpha, orientation) = (*colour, *fit, *alpha, *orientation);
    let rules = Rules { height, width, colour, fit, alpha, orientation };
    let (mut values, mut labels) = (super::room(card)?, Vec::new());
    let mut bytes_on_disk = 0;
    let mut expected = 0;
    for (names, examples) in [(train, card.examples.train), (test, card.examples.test)] {
        let before = labels.len();
        expected += examples;
        for name in names {
            let file = DataFile::read(card, folder.join(name), name, read)?;
            bytes_on_disk += file.len;
            let file = ParquetFile::open(&file)?;
            let found = labels.len() as u64 + file.num_rows();
            let is_last = names.last() == Some(name);
            if found > expected as u64 || (is_last && found < expected as u64) {
                return Err(DataError::Examples {
                    path: file.path,
                    of: if names.len() > 1 { " with those before it" } else { "" }.to_owned(),
                    expected: examples,
                    found: (found - before as u64).to_string(),
                });
            }
            let source = Source { card, file, image, label, rules };
            source.read(threads, &mut values, &mut labels)?;
        }
    }
    Ok(Decoded { values: RawValues::Bytes(values), labels, groups: None, bytes_on_disk })
}

/// One file.
struct Source<'a> {
    card: &'a DatasetCard,
    file: ParquetFile,
    image: &'a str,
    label: &'a str,
    rules: Rules,
}

/// A row to decode.
struct Task {
    row: u64,
    label: u32,
    bytes: Vec<u8>,
}

impl Source<'_> {
    fn read(
        &self,
        threads: NonZero<usize>,
        values: &mut Vec<u8>,
        labels: &mut Vec<u32>,
    ) -> Result<(), DataError> {
        let table = |problem| DataError::Table { path: self.file.path.clone(), problem };
        let names = self.file.names();
        for name in [self.image, self.label] {
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
        let wanted = [image.map_err(table)?, label.map_err(table)?];
        pipeline::in_order(
            threads,
            |hand_out| self.hand_out(&wanted, hand_out),
            |tasks: Vec<Task>| self.decode(&tasks),
            |(mut some_values, mut some_labels)| {
                values.append(&mut some_values);
                labels.append(&mut some_labels);
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
            let [images, labels] = columns else {
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
                let bytes = images.bytes(index);
                let bytes =
                    bytes.ok_or_else(|| at(self.image, "its bytes are missing".to_owned()))?;
                tasks.push(Task { row, label, bytes: bytes.to_vec() });
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

    fn decode(&self, tasks: &[Task]) -> Result<(Vec<u8>, Vec<u32>), DataError> {
        let (mut values, mut scratch) = (Vec::new(), Vec::new());
        for task in tasks {
            picture::read(&task.bytes, &self.rules, &mut scratch, &mut values)
                .map_err(|problem| at_row(&self.file.path, task.row, self.image, problem))?;
        }
        Ok((values, tasks.iter().map(|task| task.label).collect()))
    }
}
