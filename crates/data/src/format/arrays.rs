//! Arrays of numpy: `.npy` files, and members of `.npz` files, which are zip archives of them. And
//! those of `.safetensors` files, read as the arrays of numpy that they would be.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufReader, Read};
use std::path::Path;

use fireassay_spec::{ArrayPlace, Channels, DataFormat, DatasetCard};
use zip::ZipArchive;

use super::blocks::Blocks;
use super::npy::{Array, Kind, Number, Problem};
use super::{Decoded, RawValues, safetensors};
use crate::DataError;
use crate::error::shorten;
use crate::file::{DataFile, Reader, damaged};

/// Reads the arrays of a checked card.
pub(super) fn read(
    card: &DatasetCard,
    folder: &Path,
    read: Reader<'_>,
) -> Result<Decoded, DataError> {
    let DataFormat::Arrays {
        train_values,
        train_labels,
        test_values,
        test_labels,
        train_groups,
        test_groups,
        channels,
    } = &card.format
    else {
        return Err(super::contradiction(card));
    };
    let files = open_all(card, folder, read)?;
    let open = |place| Source::of(place, &files).ok_or_else(|| super::contradiction(card));
    let num_classes = card.classes.len();
    let (mut values, mut labels) = (None, Vec::new());
    open(train_labels)?.labels(card.examples.train, num_classes, &mut labels)?;
    open(train_values)?.values(card.examples.train, &card.shape, *channels, &mut values)?;
    if let (Some(test_values), Some(test_labels)) = (test_values, test_labels) {
        open(test_labels)?.labels(card.examples.test, num_classes, &mut labels)?;
        open(test_values)?.values(card.examples.test, &card.shape, *channels, &mut values)?;
    }
    let groups = match train_groups {
        Some(train_groups) => {
            let mut numbers = Numbers::default();
            open(train_groups)?.groups(card.examples.train, &mut numbers)?;
            if let Some(test_groups) = test_groups {
                open(test_groups)?.groups(card.examples.test, &mut numbers)?;
            }
            Some(numbers.of_rows)
        }
        None => None,
    };
    let bytes_on_disk = files.values().map(DataFile::finish).sum::<Result<u64, _>>()?;
    let values = values.ok_or_else(|| super::contradiction(card))?;
    Ok(Decoded { values, labels, groups, bytes_on_disk })
}

/// Groups, numbered as they come.
#[derive(Default)]
struct Numbers {
    known: BTreeMap<i128, u32>,
    of_rows: Vec<u32>,
}

/// Every file of the card, once.
pub(crate) fn open_all<'a>(
    card: &'a DatasetCard,
    folder: &Path,
    read: Reader<'_>,
) -> Result<BTreeMap<&'a str, DataFile>, DataError> {
    let mut files = BTreeMap::new();
    for (_, name) in card.format.files() {
        if !files.contains_key(name) {
            files.insert(name, DataFile::read(card, folder.join(name), name, read)?);
        }
    }
    Ok(files)
}

/// An array in a file.
pub(crate) struct Source<'a> {
    pub(super) file: &'a DataFile,
    pub(super) key: Option<&'a str>,
}

impl<'a> Source<'a> {
    pub(crate) fn of(place: &'a ArrayPlace, files: &'a BTreeMap<&str, DataFile>) -> Option<Self> {
        let file = files.get(place.file.as_str())?;
        Some(Self { file, key: place.key.as_deref() })
    }

    /// Appends `count` labels, each below `num_classes`.
    pub(crate) fn labels(
        &self,
        count: usize,
        num_classes: usize,
        labels: &mut Vec<u32>,
    ) -> Result<(), DataError> {
        let Some((example, label)) = self.integers("labels", count, num_classes, labels)? else {
            return Ok(());
        };
        let of = self.key.map_or(String::new(), |key| format!("`{key}`, "));
        Err(DataError::Label {
            path: self.file.path.clone(),
            at: format!("{of}example {example}"),
            found: label.to_string(),
            num_classes,
        })
    }

    /// Appends the groups of `count` examples.
    fn groups(&self, count: usize, numbers: &mut Numbers) -> Result<(), DataError> {
        let Numbers { known, of_rows } = numbers;
        self.each_integer(count, "groups", &mut |group| {
            let next = known.len() as u32; // no more than rows
            of_rows.push(*known.entry(group).or_insert(next));
        })
    }

    /// Appends `count` integers. Gives the first that is not from 0 to below `end`, and where it is.
    /// `what` they are is for messages.
    pub(crate) fn integers(
        &self,
        what: &str,
        count: usize,
        end: usize,
        out: &mut Vec<u32>,
    ) -> Result<Option<(usize, i128)>, DataError> {
        let mut bad = None;
        let start = out.len();
        self.each_integer(count, what, &mut |found| {
            let fit = u32::try_from(found).ok().filter(|&n| (n as usize) < end);
            if fit.is_none() && bad.is_none() {
                bad = Some((out.len() - start, found));
            }
            out.push(fit.unwrap_or(0));
        })?;
        Ok(bad)
    }

    /// Shows `count` integers; `what` they are is for messages.
    fn each_integer(
        &self,
        count: usize,
        what: &str,
        each: &mut dyn FnMut(i128),
    ) -> Result<(), DataError> {
        self.with(|reader| {
            let array = Array::open(reader, &[vec![count]])?;
            let number = array.number;
            if number.kind == Kind::Float {
                return Err(Problem::Text(format!("{what} are integers, these are floats")));
            }
            array.each_piece(|piece| {
                piece.chunks_exact(number.size).for_each(|bytes| each(number.integer(bytes)));
                Ok(())
            })
        })
    }

    /// Appends `count` examples of `shape`.
    pub(crate) fn values(
        &self,
        count: usize,
        shape: &[usize],
        channels: Channels,
        values: &mut Option<RawValues>,
    ) -> Result<(), DataError> {
        let shapes = shapes(count, shape, channels);
        self.with(|reader| {
            let array = Array::open(reader, &shapes)?;
            let empty = if array.number.is_byte() {
                RawValues::Bytes(Vec::new())
            } else {
                RawValues::Floats(Vec::new())
            };
            let jumps = jumps(&array, shape.len(), channels);
            match values.get_or_insert(empty) {
                RawValues::Bytes(out) if array.number.is_byte() => match jumps {
                    None => array.each_piece(|piece| {
                        out.extend_from_slice(piece);
                        Ok(())
                    }),
                    Some(jumps) => {
                        let mut blocks = Blocks::new(jumps);
                        array.each_piece(|piece| {
                            blocks.add(piece, out);
                            Ok(())
                        })
                    }
                },
                RawValues::Floats(out) if !array.number.is_byte() => floats(array, jumps, out),
                RawValues::Bytes(_) | RawValues::Floats(_) => {
                    Err(Problem::Text("of train and test, only one is of bytes".to_owned()))
                }
            }
        })
    }

    /// Opens the array and names it in what is wrong with it.
    pub(super) fn with(
        &self,
        read: impl FnOnce(&mut dyn Read) -> Result<(), Problem>,
    ) -> Result<(), DataError> {
        let path = || self.file.path.clone();
        if self.file.path.extension().is_some_and(|extension| extension == "safetensors") {
            return safetensors::with(self.file, self.key.unwrap_or_default(), read);
        }
        match self.key {
            None => {
                let mut payload = self.file.payload();
                read(payload.reader()).map_err(|problem| match problem {
                    Problem::Io(source) => damaged(&self.file.path, source),
                    Problem::Text(problem) => DataError::Array { path: path(), problem },
                })
            }
            Some(key) => {
                let broken = |source| DataError::Archive { path: path(), kind: "npz", source };
                let mut archive = ZipArchive::new(BufReader::new(self.file.reader()))
                    .map_err(|error| broken(error.into()))?;
                let member = |problem: String| {
                    let member = key.to_owned();
                    DataError::Member { path: path(), member, problem }
                };
                let name = format!("{key}.npy");
                if archive.index_for_name(&name).is_none() {
                    let names = archive.file_names().filter_map(Result::ok);
                    let keys = names.filter_map(|name| Some(name.strip_suffix(".npy")?.to_owned()));
                    let keys: BTreeSet<String> = keys.collect();
                    let keys: Vec<&str> = keys.iter().map(String::as_str).collect();
                    let keys = shorten(keys.join(", ").as_bytes());
                    return Err(member(format!("there is no such array, only: {keys}")));
                }
                let mut entry = archive.by_name(&name).map_err(|error| broken(error.into()))?;
                read(&mut entry).map_err(|problem| match problem {
                    Problem::Io(source) => broken(source),
                    Problem::Text(problem) => member(problem),
                })
            }
        }
    }
}

/// What an array of the card's shape may look like.
fn shapes(count: usize, shape: &[usize], channels: Channels) -> Vec<Vec<usize>> {
    let with_count = |rest: &[usize]| [&[count], rest].concat();
    let mut shapes = match (channels, shape) {
        (Channels::Last, &[c, h, w]) => vec![vec![count, h, w, c]],
        (Channels::First | Channels::Last, shape) => vec![with_count(shape)],
    };
    if let [1, image @ ..] = shape
        && !image.is_empty()
    {
        shapes.push(with_count(image));
    }
    // A sequence of one channel, too.
    if let [steps, 1] = *shape {
        shapes.push(vec![count, steps]);
    }
    shapes
}

/// Length and step in the file of each dimension of the card, in the card's order; none when the
/// numbers already lie in that order.
fn jumps<R>(array: &Array<R>, rank: usize, channels: Channels) -> Option<Vec<(usize, usize)>> {
    let mut jumps: Vec<(usize, usize)> = Vec::new();
    let mut step = 1;
    let mut add = |&len: &usize| {
        jumps.push((len, step));
        step *= len;
    };
    if array.is_fortran {
        array.shape.iter().for_each(&mut add);
    } else {
        array.shape.iter().rev().for_each(&mut add);
        jumps.reverse();
    }
    // Behind the examples stand height, width, channels.
    if channels == Channels::Last && array.shape.len() == rank + 1 && rank > 1 {
        jumps[1..].rotate_right(1);
    }
    let mut expected = 1;
    let is_in_order = jumps.iter().rev().all(|&(len, step)| {
        let fits = len == 1 || step == expected;
        expected *= len;
        fits
    });
    (!is_in_order).then_some(jumps)
}

fn floats<R: Read>(
    array: Array<R>,
    jumps: Option<Vec<(usize, usize)>>,
    out: &mut Vec<f32>,
) -> Result<(), Problem> {
    let number = array.number;
    let Some(jumps) = jumps else {
        let start = out.len();
        return array.each_piece(|piece| {
            let numbers = piece.chunks_exact(number.size);
            numbers.map(|bytes| finite(number, bytes)).try_for_each(|value| {
                let index = out.len() - start;
                out.push(value.map_err(|found| not_finite(index, found))?);
                Ok(())
            })
        });
    };
    let (mut blocks, mut numbers, mut count) = (Blocks::new(jumps), Vec::new(), 0);
    array.each_piece(|piece| {
        numbers.clear();
        for bytes in piece.chunks_exact(number.size) {
            numbers.push(finite(number, bytes).map_err(|found| not_finite(count, found))?);
            count += 1;
        }
        blocks.add(&numbers, out);
        Ok(())
    })
}

/// As a 32-bit float, or what it is instead.
fn finite(number: Number, bytes: &[u8]) -> Result<f32, f64> {
    let value = number.float(bytes);
    let rounded = value as f32;
    if rounded.is_finite() { Ok(rounded) } else { Err(value) }
}

fn not_finite(index: usize, found: f64) -> Problem {
    Problem::Text(format!("number {index} in the file is {found}, expected a finite 32-bit float"))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Against numpy: the arrays of a real file, when `FIREASSAY_TEST_DATA` names the folder that
    /// has it.
    #[test]
    fn the_arrays_of_watch_are_those_of_numpy() {
        let Some(folder) = std::env::var_os("FIREASSAY_TEST_DATA") else {
            println!("skipped: FIREASSAY_TEST_DATA names no folder");
            return;
        };
        let path = Path::new(&folder).join("watch/watch.npz");
        let bytes = std::fs::read(&path).unwrap();
        let file = DataFile::of_bytes(path, bytes);
        let source = |key| Source { file: &file, key: Some(key) };
        let mut values = None;
        source("X").values(244_102, &[6], Channels::First, &mut values).unwrap();
        let Some(RawValues::Floats(values)) = values else { panic!("floats") };
        let bytes: Vec<u8> = values.iter().flat_map(|value| value.to_le_bytes()).collect();
        assert_eq!(
            hex_of(&bytes),
            "578415ee4b77ce6b8cb765d2795caefafc9622103fa0386990b956299df0005f"
        );
        let mut labels = Vec::new();
        source("y").labels(140, 7, &mut labels).unwrap();
        let bytes: Vec<u8> = labels.iter().flat_map(|label| label.to_le_bytes()).collect();
        assert_eq!(
            hex_of(&bytes),
            "05221b27b357f7561f4b433ae55e06ffa0784c8cfc83c70e6d45b70072780316"
        );
        let mut lengths = Vec::new();
        source("lengths").labels(140, 2619, &mut lengths).unwrap();
        assert_eq!(lengths.iter().sum::<u32>(), 244_102);
    }

    fn hex_of(bytes: &[u8]) -> String {
        use sha2::Digest;
        crate::file::hex(&sha2::Sha256::digest(bytes))
    }
}
