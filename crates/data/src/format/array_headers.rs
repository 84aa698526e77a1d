//! `headers`: what the arrays of a file are, when no card says what they should be.

use std::collections::BTreeSet;
use std::io::BufReader;

use zip::ZipArchive;

use super::arrays::Source;
use super::npy::{Array, Kind};
use crate::DataError;
use crate::file::DataFile;

/// What an array is, without a card that says what it should be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ArrayHeader {
    pub(crate) shape: Vec<usize>,
    pub(crate) is_integer: bool,
    /// Unsigned and of 8 bits, as pixels are.
    pub(crate) is_byte: bool,
}

/// The headers of all arrays in a file, by their keys if it is `.npz`.
pub(crate) fn headers(file: &DataFile) -> Result<Vec<(Option<String>, ArrayHeader)>, DataError> {
    let keys: Vec<Option<String>> = if file.starts_with(b"PK") {
        let broken = |error: zip::result::ZipError| DataError::Archive {
            path: file.path.clone(),
            kind: "npz",
            source: error.into(),
        };
        let archive = ZipArchive::new(BufReader::new(file.reader())).map_err(broken)?;
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
            let is_byte = array.number.is_byte();
            header = Some(ArrayHeader { shape: array.shape, is_integer, is_byte });
            Ok(())
        })?;
        headers.extend(header.map(|header| (key, header)));
    }
    Ok(headers)
}

/// `count` whole numbers, each below `end`.
pub(crate) fn labels(
    file: &DataFile,
    key: Option<&str>,
    count: usize,
    end: usize,
) -> Result<Vec<u32>, DataError> {
    let mut labels = Vec::new();
    Source { file, key }.labels(count, end, &mut labels)?;
    Ok(labels)
}
