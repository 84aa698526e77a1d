//! Arrays of numpy: `.npy` files, and members of `.npz` files, which are zip archives of them.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{Cursor, Read};
use std::path::Path;

use fireassay_spec::{ArrayPlace, Channels, DataFormat, DatasetCard};
use zip::ZipArchive;

use super::npy::{Array, Kind, Number, Problem};
use super::{Decoded, RawValues, Reader};
use crate::DataError;
use crate::error::shorten;
use crate::file::DataFile;

/// Reads the arrays of a checked card.
pub(super) fn read(
    card: &DatasetCard,
    folder: &Path,
    read: Reader<'_>,
) -> Result<Decoded, DataError> {
    let DataFormat::Arrays { train_values, train_labels, test_values, test_labels, channels } =
        &card.format
    else {
        return Err(super::contradiction(card));
    };
    let mut files = BTreeMap::new();
    for (_, name) in card.format.files() {
        if !files.contains_key(name) {
            files.insert(name, DataFile::read(card, folder.join(name), name, read)?);
        }
    }
    let open = |place| Source::of(place, &files).ok_or_else(|| super::contradiction(card));
    let num_classes = card.classes.len();
    let (mut values, mut labels) = (None, Vec::new());
    open(train_labels)?.labels(card.examples.train, num_classes, &mut labels)?;
    open(train_values)?.values(card.examples.train, &card.shape, *channels, &mut values)?;
    if let (Some(test_values), Some(test_labels)) = (test_values, test_labels) {
        open(test_labels)?.labels(card.examples.test, num_classes, &mut labels)?;
        open(test_values)?.values(card.examples.test, &card.shape, *channels, &mut values)?;
    }
    let bytes_on_disk = files.values().map(|file| file.bytes.len() as u64).sum();
    let values = values.ok_or_else(|| super::contradiction(card))?;
    Ok(Decoded { values, labels, groups: None, bytes_on_disk })
}

/// What an array is, without a card that says what it should be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ArrayHeader {
    pub(crate) shape: Vec<usize>,
    pub(crate) is_integer: bool,
}

/// The headers of all arrays in a file, by their keys if it is `.npz`.
pub(crate) fn headers(file: &DataFile) -> Result<Vec<(Option<String>, ArrayHeader)>, DataError> {
    let keys: Vec<Option<String>> = if file.bytes.starts_with(b"PK") {
        let broken = |error: zip::result::ZipError| DataError::Archive {
            path: file.path.clone(),
            kind: "npz",
            source: error.into(),
        };
        let archive = ZipArchive::new(Cursor::new(&file.bytes)).map_err(broken)?;
        let names = archive.file_names().filter_map(Result::ok);
        let keys = names.filter_map(|name| Some(name.strip_suffix(".npy")?.to_owned()));
        let keys: BTreeSet<String> = keys.collect();
        keys.into_iter().map(Some).collect()
    } else {
        vec![None]
    };
    let mut headers = Vec::new();
    for key in keys {
        let mut header = None;
        Source { file, key: key.as_deref() }.with(|reader| {
            let array = Array::of_any_shape(reader)?;
            let is_integer = array.number.kind != Kind::Float;
            header = Some(ArrayHeader { shape: array.shape, is_integer });
            Ok(())
        })?;
        headers.extend(header.map(|header| (key, header)));
    }
    Ok(headers)
}

/// The largest of `count` labels.
pub(crate) fn most_label(
    file: &DataFile,
    key: Option<&str>,
    count: usize,
) -> Result<u32, DataError> {
    /// More would be no classes.
    const MAX_CLASSES: usize = 1 << 16;
    let mut labels = Vec::new();
    Source { file, key }.labels(count, MAX_CLASSES, &mut labels)?;
    Ok(labels.into_iter().max().unwrap_or(0))
}

/// An array in a file.
struct Source<'a> {
    file: &'a DataFile,
    key: Option<&'a str>,
}

impl<'a> Source<'a> {
    fn of(place: &'a ArrayPlace, files: &'a BTreeMap<&str, DataFile>) -> Option<Self> {
        let file = files.get(place.file.as_str())?;
        Some(Self { file, key: place.key.as_deref() })
    }

    /// Appends `count` labels, each below `num_classes`.
    fn labels(
        &self,
        count: usize,
        num_classes: usize,
        labels: &mut Vec<u32>,
    ) -> Result<(), DataError> {
        let mut bad = None;
        let start = labels.len();
        self.with(|reader| {
            let array = Array::open(reader, &[vec![count]])?;
            let number = array.number;
            if number.kind == Kind::Float {
                return Err(Problem::Text("labels are integers, these are floats".to_owned()));
            }
            array.each_piece(|piece| {
                for bytes in piece.chunks_exact(number.size) {
                    let label = number.integer(bytes);
                    let class = u32::try_from(label).ok().filter(|&n| (n as usize) < num_classes);
                    if class.is_none() && bad.is_none() {
                        bad = Some((labels.len() - start, label));
                    }
                    labels.push(class.unwrap_or(0));
                }
                Ok(())
            })
        })?;
        let Some((example, label)) = bad else { return Ok(()) };
        let of = self.key.map_or(String::new(), |key| format!("`{key}`, "));
        Err(DataError::Label {
            path: self.file.path.clone(),
            at: format!("{of}example {example}"),
            found: label.to_string(),
            num_classes,
        })
    }

    /// Appends `count` examples of `shape`.
    fn values(
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
                        let mut raw = Vec::new();
                        array.each_piece(|piece| {
                            raw.extend_from_slice(piece);
                            Ok(())
                        })?;
                        out.extend(offsets(&jumps).map(|offset| raw[offset]));
                        Ok(())
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
    fn with(
        &self,
        read: impl FnOnce(&mut dyn Read) -> Result<(), Problem>,
    ) -> Result<(), DataError> {
        let path = || self.file.path.clone();
        match self.key {
            None => {
                let mut payload = self.file.payload();
                read(payload.reader()).map_err(|problem| match problem {
                    Problem::Io(source) => DataError::Gzip { path: path(), source },
                    Problem::Text(problem) => DataError::Array { path: path(), problem },
                })
            }
            Some(key) => {
                let broken = |source| DataError::Archive { path: path(), kind: "npz", source };
                let mut archive = ZipArchive::new(Cursor::new(&self.file.bytes))
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

/// Where the numbers lie, one after the other.
fn offsets(jumps: &[(usize, usize)]) -> impl Iterator<Item = usize> {
    let total = jumps.iter().map(|(len, _)| len).product();
    let mut index = vec![0; jumps.len()];
    let mut offset = 0;
    (0..total).map(move |_| {
        let current = offset;
        for (i, &(len, step)) in index.iter_mut().zip(jumps).rev() {
            *i += 1;
            offset += step;
            if *i < len {
                break;
            }
            offset -= len * step;
            *i = 0;
        }
        current
    })
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
    let mut raw = Vec::new();
    array.each_piece(|piece| {
        let numbers = piece.chunks_exact(number.size);
        numbers.map(|bytes| finite(number, bytes)).try_for_each(|value| {
            raw.push(value.map_err(|found| not_finite(raw.len(), found))?);
            Ok(())
        })
    })?;
    out.extend(offsets(&jumps).map(|offset| raw[offset]));
    Ok(())
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
        let file = DataFile { path, bytes };
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
