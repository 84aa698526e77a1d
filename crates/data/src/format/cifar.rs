//! The binary version of CIFAR: records of a label or two and 3 x 32 x 32 bytes, red first.

use std::collections::BTreeMap;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use fireassay_spec::{CifarLabel, DataFormat, DatasetCard};

use super::archive;
use super::order::{Key, into_order};
use super::{Decoded, RawValues};
use crate::DataError;
use crate::file::{DataFile, Reader, damaged};

const ITEM: usize = 3 * 32 * 32;

/// Reads the files of a checked card.
pub(super) fn read(
    card: &DatasetCard,
    folder: &Path,
    read: Reader<'_>,
) -> Result<Decoded, DataError> {
    let DataFormat::Cifar { train, test, archive, label } = &card.format else {
        return Err(super::contradiction(card));
    };
    let (num_labels, label_at) = match label {
        CifarLabel::Only => (1, 0),
        CifarLabel::Coarse => (2, 0),
        CifarLabel::Fine => (2, 1),
    };
    let expected = [card.examples.train, card.examples.test];
    let num_classes = card.classes.len();
    let mut records = Records { num_labels, label_at, num_classes, expected, ..Records::default() };
    let parts = [train, test].into_iter().zip(0..);
    let files = parts.flat_map(|(names, part)| names.iter().map(move |name| (part, name)));
    let mut path = folder.to_owned();
    let bytes_on_disk = match archive {
        None => {
            let mut bytes_on_disk = 0;
            for ((part, name), index) in files.zip(0..) {
                let file = DataFile::read(card, folder.join(name), name, read)?;
                let place = Place { path: &file.path, member: None, part, index };
                records.add(file.payload().reader(), &place)?;
                bytes_on_disk += file.finish()?;
                path = file.path;
            }
            bytes_on_disk
        }
        Some(name) => {
            path = folder.join(name);
            let wanted = files.zip(0..).map(|((part, name), index)| (name.as_str(), (part, index)));
            let file = DataFile::read(card, path.clone(), name, read)?;
            read_archive(&file, wanted.collect(), &mut records)?;
            file.finish()?
        }
    };
    records.finish(path, bytes_on_disk)
}

/// Adds the members that are wanted, wherever they stand in the archive.
fn read_archive(
    file: &DataFile,
    mut wanted: BTreeMap<&str, (usize, usize)>,
    records: &mut Records,
) -> Result<(), DataError> {
    let path = &file.path;
    archive::each_in_tar(file, &mut |member| {
        let Some((part, index)) = wanted.remove(member.name) else {
            return Ok(std::ops::ControlFlow::Continue(()));
        };
        let place = Place { path, member: Some(member.name), part, index };
        if member.size > records.space(part) {
            return Err(records.surplus(&place));
        }
        let found = records.add(&mut member.reader, &place)?;
        if found < member.size {
            return Err(place.unreadable(io::ErrorKind::UnexpectedEof.into()));
        }
        Ok(std::ops::ControlFlow::Continue(()))
    })?;
    match wanted.keys().next() {
        None => Ok(()),
        Some(missing) => Err(DataError::Member {
            path: path.to_owned(),
            member: (*missing).to_owned(),
            problem: "the card names it, and it is not there".to_owned(),
        }),
    }
}

/// Where records are from.
struct Place<'a> {
    path: &'a Path,
    member: Option<&'a str>,
    /// 0: train, 1: test.
    part: usize,
    /// Among the files of the card.
    index: usize,
}

#[derive(Default)]
struct Records {
    num_labels: usize,
    label_at: usize,
    num_classes: usize,
    expected: [usize; 2],
    counts: [usize; 2],
    values: Vec<u8>,
    labels: Vec<u32>,
    keys: Vec<Key>,
}

impl Records {
    /// Bytes that a part can still take.
    fn space(&self, part: usize) -> u64 {
        ((self.expected[part] - self.counts[part]) * (ITEM + self.num_labels)) as u64
    }

    /// Adds records up to the end of what is read, and says how many bytes they are.
    fn add(&mut self, reader: &mut dyn Read, place: &Place<'_>) -> Result<u64, DataError> {
        let len = ITEM + self.num_labels;
        let mut record = Vec::with_capacity(len);
        let mut total = 0;
        for row in 0.. {
            record.clear();
            let read = (&mut *reader).take(len as u64).read_to_end(&mut record);
            let found = read.map_err(|source| place.unreadable(source))?;
            total += found as u64;
            if found == 0 {
                break;
            }
            if self.space(place.part) == 0 {
                return Err(self.surplus(place));
            }
            if found < len {
                let problem = format!("{total} bytes are no whole number of records of {len}");
                return Err(place.error(problem));
            }
            let label = record[self.label_at];
            if usize::from(label) >= self.num_classes {
                let of = place.member.map_or(String::new(), |member| format!("`{member}`, "));
                return Err(DataError::Label {
                    path: place.path.to_owned(),
                    at: format!("{of}record {row} at byte {}", row * len + self.label_at),
                    found: label.to_string(),
                    num_classes: self.num_classes,
                });
            }
            self.values.extend_from_slice(&record[self.num_labels..]);
            self.labels.push(u32::from(label));
            let file = format!("{:08}", place.index);
            self.keys.push(Key { part: place.part, place: file, row });
            self.counts[place.part] += 1;
        }
        Ok(total)
    }

    fn surplus(&self, place: &Place<'_>) -> DataError {
        let expected = self.expected[place.part];
        DataError::Examples {
            path: place.path.to_owned(),
            of: place.member.map_or(String::new(), |member| format!(" up to `{member}`")),
            expected,
            found: format!("more than {expected}"),
        }
    }

    fn finish(mut self, path: PathBuf, bytes_on_disk: u64) -> Result<Decoded, DataError> {
        for (part, of) in [" to learn from", " to test on"].into_iter().enumerate() {
            if self.counts[part] != self.expected[part] {
                return Err(DataError::Examples {
                    path,
                    of: of.to_owned(),
                    expected: self.expected[part],
                    found: self.counts[part].to_string(),
                });
            }
        }
        into_order(&self.keys, ITEM, &mut self.values, &mut self.labels)
            .map_err(|_| DataError::Array { path, problem: "a file is there twice".to_owned() })?;
        let values = RawValues::Bytes(self.values);
        Ok(Decoded { values, labels: self.labels, groups: None, bytes_on_disk })
    }
}

impl Place<'_> {
    fn unreadable(&self, source: io::Error) -> DataError {
        match self.member {
            None => damaged(self.path, source),
            Some(_) => archive::unreadable(self.path, "tar", source),
        }
    }

    fn error(&self, problem: String) -> DataError {
        let path = self.path.to_owned();
        match self.member {
            None => DataError::Array { path, problem },
            Some(member) => DataError::Member { path, member: member.to_owned(), problem },
        }
    }
}
