//! Image files, each below the folder that is named as its class: in a folder or in an archive.
//!
//! Decoding runs in several threads and never depends on how many.

mod folder;
mod jpeg;
mod look;
mod outliers;
mod picture;
mod pipeline;
mod png;
mod resample;
mod room;
pub(crate) mod table;
#[cfg(test)]
mod tests;
mod turn;

use std::collections::BTreeMap;
use std::num::NonZero;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use fireassay_spec::{DataFormat, DatasetCard, ImagesPlace};

pub(crate) use self::look::{Sight, look};
use self::picture::Rules;
use self::room::Room;
use super::archive::{self, Member};
use super::order::{Key, into_order};
use super::{Decoded, RawValues};
use crate::DataError;
use crate::file::{DataFile, Reader};

/// An image file may be this long.
const MAX_FILE_LEN: u64 = 1 << 28;
/// Files that are handed to a thread at once: so many, or of so many bytes, encoded or decoded.
const BATCH_FILES: usize = 64;
const BATCH_BYTES: usize = 1 << 18;
/// Large images that are being decoded take at most this part of what the dataset takes, or so many
/// bytes if that is more: few threads never wait, and many do not need gigabytes.
const ROOM_PART: usize = 8;
const MIN_ROOM: usize = 1 << 28;

/// Reads the images of a checked card.
pub(super) fn read(
    card: &DatasetCard,
    folder: &Path,
    read: Reader<'_>,
    threads: NonZero<usize>,
) -> Result<Decoded, DataError> {
    let DataFormat::Images { train, test, colour, fit, alpha, orientation, group_before } =
        &card.format
    else {
        return Err(super::contradiction(card));
    };
    let group_before = group_before.as_deref();
    let [_, height, width] = card.shape[..] else {
        return Err(super::contradiction(card));
    };
    let rules = Rules {
        height,
        width,
        colour: *colour,
        fit: *fit,
        alpha: *alpha,
        orientation: *orientation,
    };
    let parts: Vec<(usize, &ImagesPlace)> = [(0, Some(train)), (1, test.as_ref())]
        .into_iter()
        .filter_map(|(n, p)| Some((n, p?)))
        .collect();
    let mut files: Vec<&str> = parts.iter().map(|(_, place)| place.from.as_str()).collect();
    files.dedup();
    let mut found = Found::new(card)?;
    let room = Room::new((found.values.capacity() / ROOM_PART).max(MIN_ROOM));
    let mut sources = Vec::new();
    for name in files {
        let parts = parts.iter().filter(|(_, place)| place.from == name).copied().collect();
        let path = folder.join(name);
        let archive = if path.is_dir() {
            None
        } else {
            Some(DataFile::read(card, path.clone(), name, read)?)
        };
        let room = &room;
        sources.push(Source { card, path, name, archive, parts, rules, group_before, room });
    }
    let known = outliers::read(&sources, &mut found)?;
    for (source, known) in sources.iter().zip(known) {
        source.read(threads, known, &mut found)?;
    }
    found.finish(card, group_before)
}

/// One file or folder, and what of the dataset is in it.
struct Source<'a> {
    card: &'a DatasetCard,
    path: PathBuf,
    name: &'a str,
    /// None of a folder.
    archive: Option<DataFile>,
    parts: Vec<(usize, &'a ImagesPlace)>,
    rules: Rules,
    group_before: Option<&'a str>,
    room: &'a Room,
}

/// A file to decode.
struct Task {
    key: Key,
    label: u32,
    bytes: Vec<u8>,
}

/// Several images, decoded.
#[derive(Default)]
struct Batch {
    values: Vec<u8>,
    keys: Vec<(Key, u32)>,
}

impl Source<'_> {
    /// Without its first outliers, `known` of them.
    fn read(
        &self,
        threads: NonZero<usize>,
        known: usize,
        found: &mut Found,
    ) -> Result<(), DataError> {
        if let Some(archive) = &self.archive {
            self.read_members(archive, threads, known, found)?;
            found.bytes_on_disk += archive.finish()?;
        } else {
            folder::read(self, threads, found)?;
        }
        for (part, place) in &self.parts {
            found.check_count(*part, &self.path, place)?;
        }
        Ok(())
    }

    fn read_members(
        &self,
        archive: &DataFile,
        threads: NonZero<usize>,
        known: usize,
        found: &mut Found,
    ) -> Result<(), DataError> {
        let (large, batch_files) = (outliers::large_from(found), batch_files(self.card));
        pipeline::in_order(
            threads,
            |hand_out| {
                let mut waiting: Vec<Task> = Vec::new();
                let (mut num_bytes, mut left) = (0, known);
                self.each_image(archive, &mut |task| {
                    if left > 0 && picture::decoded_len(&task.bytes) >= large {
                        left -= 1;
                        return Ok(ControlFlow::Continue(()));
                    }
                    num_bytes += task.bytes.len();
                    waiting.push(task);
                    if waiting.len() < batch_files && num_bytes < BATCH_BYTES {
                        return Ok(ControlFlow::Continue(()));
                    }
                    num_bytes = 0;
                    Ok(hand_out(std::mem::take(&mut waiting)))
                })?;
                let _ = hand_out(waiting);
                Ok(())
            },
            |tasks| {
                let mut batch = Batch::default();
                tasks.into_iter().try_for_each(|task| self.decode_into(&mut batch, task))?;
                Ok(batch)
            },
            |batch| found.add(self, batch),
        )
    }

    /// Every member that is an example, in the order of the archive.
    fn each_image(
        &self,
        archive: &DataFile,
        visit: &mut dyn FnMut(Task) -> archive::Visited,
    ) -> Result<(), DataError> {
        const ZIP_MAGIC: &[u8] = b"PK";
        let is_zip = archive.starts_with(ZIP_MAGIC);
        let kind = if is_zip { "zip" } else { "tar" };
        let mut visit = |member: &mut Member<'_>| {
            let Some((key, label)) = self.place(member.name)? else {
                return Ok(ControlFlow::Continue(()));
            };
            self.check_len(member.name, member.size)?;
            let mut bytes = Vec::new();
            let read = member.read(&mut bytes);
            read.map_err(|source| archive::unreadable(&self.path, kind, source))?;
            visit(Task { key, label, bytes })
        };
        if is_zip {
            archive::each_in_zip(archive, &mut visit)
        } else {
            archive::each_in_tar(archive, &mut visit)
        }
    }

    /// Whose example a path is; none for files that stand in no class's folder, and for hidden
    /// ones, which file managers leave behind.
    fn place(&self, path: &str) -> Result<Option<(Key, u32)>, DataError> {
        const LEFT_BEHIND: [&str; 2] = ["Thumbs.db", "desktop.ini"];
        let is_hidden = |part: &str| part.starts_with('.') || LEFT_BEHIND.contains(&part);
        if path.split('/').any(is_hidden) {
            return Ok(None);
        }
        for (part, place) in &self.parts {
            let below = match place.prefix.trim_end_matches('/') {
                "" => Some(path),
                prefix => path.strip_prefix(prefix).and_then(|rest| rest.strip_prefix('/')),
            };
            let Some((class, _)) = below.and_then(|below| below.split_once('/')) else {
                continue;
            };
            let Some(label) = self.card.classes.iter().position(|name| name == class) else {
                let problem = format!("`{class}` is not one of the card's classes");
                return Err(self.member(path, problem));
            };
            if let Some(text) = self.group_before
                && group_of(path, text).is_none()
            {
                let problem = format!("its name has no `{text}`, so it does not say whose it is");
                return Err(self.member(path, problem));
            }
            let key = Key { part: *part, place: path.to_owned(), row: 0 };
            return Ok(Some((key, label as u32)));
        }
        Ok(None)
    }

    fn check_len(&self, member: &str, len: u64) -> Result<(), DataError> {
        if len <= MAX_FILE_LEN {
            return Ok(());
        }
        Err(self.member(member, format!("{len} bytes, an image may have {MAX_FILE_LEN}")))
    }

    fn decode_into(&self, batch: &mut Batch, task: Task) -> Result<(), DataError> {
        let Task { key, label, bytes } = task;
        let _taken = self.room.take(picture::decoded_len(&bytes));
        let result = picture::read(&bytes, &self.rules, &mut Vec::new(), &mut batch.values);
        result.map_err(|problem| self.member(&key.place, problem))?;
        batch.keys.push((key, label));
        Ok(())
    }

    fn member(&self, member: &str, problem: String) -> DataError {
        DataError::Member { path: self.path.clone(), member: member.to_owned(), problem }
    }
}

/// All that was decoded so far, in the order in which it was found.
struct Found {
    values: Vec<u8>,
    keys: Vec<(Key, u32)>,
    counts: [usize; 2],
    expected: [usize; 2],
    bytes_on_disk: u64,
}

impl Found {
    fn new(card: &DatasetCard) -> Result<Self, DataError> {
        let expected = [card.examples.train, card.examples.test];
        let values = room(card)?;
        Ok(Self { values, keys: Vec::new(), counts: [0; 2], expected, bytes_on_disk: 0 })
    }

    fn add(&mut self, source: &Source<'_>, batch: Batch) -> Result<(), DataError> {
        for (Key { part, .. }, _) in &batch.keys {
            self.counts[*part] += 1;
            if self.counts[*part] > self.expected[*part] {
                let place = source.parts.iter().find(|(number, _)| number == part);
                let expected = self.expected[*part];
                return Err(DataError::Examples {
                    path: source.path.clone(),
                    of: place.map_or(String::new(), |(_, place)| below(place)),
                    expected,
                    found: format!("more than {expected}"),
                });
            }
        }
        self.values.extend(batch.values);
        self.keys.extend(batch.keys);
        Ok(())
    }

    fn check_count(&self, part: usize, path: &Path, place: &ImagesPlace) -> Result<(), DataError> {
        if self.counts[part] == self.expected[part] {
            return Ok(());
        }
        Err(DataError::Examples {
            path: path.to_owned(),
            of: below(place),
            expected: self.expected[part],
            found: self.counts[part].to_string(),
        })
    }

    /// Train first, then test, each in the order of its paths' bytes.
    fn finish(
        mut self,
        card: &DatasetCard,
        group_before: Option<&str>,
    ) -> Result<Decoded, DataError> {
        let item = card.shape.iter().product();
        let (mut keys, mut labels): (Vec<Key>, Vec<u32>) = self.keys.into_iter().unzip();
        into_order(&keys, item, &mut self.values, &mut labels).map_err(|twice| {
            DataError::Card {
                dataset: card.name.clone(),
                problem: format!("`{}` is in its archive twice", twice.place),
            }
        })?;
        let values = RawValues::Bytes(self.values);
        let groups = group_before.map(|text| {
            keys.sort_unstable();
            let mut known: BTreeMap<&str, u32> = BTreeMap::new();
            let groups = keys.iter().filter_map(|key| group_of(&key.place, text)); // all have one
            let numbers = groups.map(|group| {
                let next = known.len() as u32; // no more than rows
                *known.entry(group).or_insert(next)
            });
            numbers.collect()
        });
        Ok(Decoded { values, labels, groups, bytes_on_disk: self.bytes_on_disk })
    }
}

/// How many files a thread is handed at once.
fn batch_files(card: &DatasetCard) -> usize {
    let item: usize = card.shape.iter().product();
    (BATCH_BYTES / item).clamp(1, BATCH_FILES)
}

/// For the values of all examples, in one piece, so that they are never copied; pages of memory that
/// are not written to cost nothing.
fn room(card: &DatasetCard) -> Result<Vec<u8>, DataError> {
    let mut values = Vec::new();
    let examples = card.examples.train + card.examples.test;
    let len = examples * card.shape.iter().product::<usize>();
    values.try_reserve_exact(len).map_err(|_| DataError::Card {
        dataset: card.name.clone(),
        problem: "shape and examples are beyond what memory can hold".to_owned(),
    })?;
    Ok(values)
}

/// Whose an image is: the name of its file up to the first `text`.
fn group_of<'a>(path: &'a str, text: &str) -> Option<&'a str> {
    let (_, name) = path.rsplit_once('/').unwrap_or(("", path));
    name.split_once(text).map(|(group, _)| group)
}

/// ` below `train``, or nothing.
fn below(place: &ImagesPlace) -> String {
    if place.prefix.is_empty() { String::new() } else { format!(" below `{}`", place.prefix) }
}
