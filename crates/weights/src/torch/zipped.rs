//! The format of PyTorch 1.6 and later: a zip archive with `data.pkl`, `byteorder`, and a file for
//! each storage in `data/`, all in one folder and none compressed.
//!
//! Layout: `torch/serialization.py`, `_save`, and `caffe2/serialize/inline_container.cc`.

use std::collections::BTreeMap;
use std::io::{self, Cursor};
use std::ops::Range;
use std::path::Path;

use zip::{CompressionMethod, ZipArchive};

use super::storage::Storages;
use super::{damaged, of_pickle, state_dict};
use crate::number::ByteOrder;
use crate::pickle::{Pickle, StorageRef};
use crate::words::visible;
use crate::{FileKind, WeightsError, WeightsFile};

const PICKLE: &str = "data.pkl";

pub(crate) fn parse(
    path: &Path,
    bytes: &[u8],
    part: Option<&str>,
) -> Result<WeightsFile, WeightsError> {
    let fail = |problem: String| damaged(path, problem);
    let mut archive = Archive::open(bytes).map_err(fail)?;
    let Some(pickle) = archive.member(PICKLE).map_err(fail)? else {
        let found = "a zip archive without `data.pkl`, so not of `torch.save`".to_owned();
        return Err(WeightsError::Format { path: path.to_owned(), found });
    };
    if archive.members.contains_key("constants.pkl") {
        let found = "an archive of TorchScript, a program with its weights".to_owned();
        return Err(WeightsError::Format { path: path.to_owned(), found });
    }
    let mut at = 0;
    let pickle = Pickle::read(pickle, &mut at, PICKLE).map_err(|error| of_pickle(path, error))?;
    // Files of before PyTorch 2.1 do not say; nearly all machines write the least byte first.
    let order = match archive.member("byteorder").map_err(fail)? {
        None | Some(b"little") => ByteOrder::Little,
        Some(b"big") => ByteOrder::Big,
        Some(other) => {
            let other = visible(&String::from_utf8_lossy(other));
            return Err(fail(format!("its byte order is `{other}`, expected little or big")));
        }
    };
    let storages = storages(&mut archive, &pickle, order).map_err(fail)?;
    state_dict::take(path, (FileKind::Torch, part), &pickle, &storages)
}

fn storages<'a>(
    archive: &mut Archive<'a>,
    pickle: &Pickle<'a>,
    order: ByteOrder,
) -> Result<Storages<'a>, String> {
    let mut found = BTreeMap::new();
    for StorageRef { key, number, numel } in pickle.storages()? {
        let name = format!("data/{key}");
        let bytes = archive.member(&name)?;
        let bytes = bytes.ok_or_else(|| format!("storage `{}` is not in it", visible(key)))?;
        let expected = numel.checked_mul(number.size());
        if expected != Some(bytes.len()) {
            return Err(format!(
                "storage `{}` has {} bytes, expected {numel} numbers of {} bytes",
                visible(key),
                bytes.len(),
                number.size()
            ));
        }
        found.insert(key, bytes);
    }
    Ok(Storages { bytes: found, order, file_len: archive.bytes.len() })
}

/// The members of a zip archive, where they lie in the file.
struct Archive<'a> {
    bytes: &'a [u8],
    zip: ZipArchive<Cursor<&'a [u8]>>,
    /// Number in the directory, by name within the folder of `data.pkl`.
    members: BTreeMap<String, usize>,
}

impl<'a> Archive<'a> {
    fn open(bytes: &'a [u8]) -> Result<Self, String> {
        let mut zip = ZipArchive::new(Cursor::new(bytes)).map_err(|error| broken(&error))?;
        if zip.has_duplicate_names() {
            return Err("two files of its archive have the same name".to_owned());
        }
        // Otherwise each of many members could be the same large part of the file.
        if zip.has_overlapping_files().map_err(|error| broken(&error))? {
            return Err("two files of its archive overlap".to_owned());
        }
        let mut names = Vec::with_capacity(zip.len());
        for index in 0..zip.len() {
            let name = zip.name_for_index(index).ok_or("its directory is damaged")?;
            names.push(name.map_err(|error| broken(&error))?.into_owned());
        }
        let folders = names.iter().filter_map(|name| {
            let folder = name.strip_suffix(PICKLE)?.strip_suffix('/')?;
            (!folder.contains('/')).then_some(folder)
        });
        let folders: Vec<&str> = folders.collect();
        let folder = match folders[..] {
            [] => String::new(),
            [folder] => format!("{folder}/"),
            _ => return Err("its archive has more than one `data.pkl`".to_owned()),
        };
        let within = names.iter().enumerate().filter_map(|(index, name)| {
            name.strip_prefix(&folder).map(|name| (name.to_owned(), index))
        });
        let members = within.collect();
        Ok(Self { bytes, zip, members })
    }

    /// The bytes of a member, whose checksum is right. Not a copy.
    fn member(&mut self, name: &str) -> Result<Option<&'a [u8]>, String> {
        let Some(&index) = self.members.get(name) else { return Ok(None) };
        let fail = |problem: String| format!("`{}` in its archive {problem}", visible(name));
        let range = self.checked(index).map_err(fail)?;
        let bytes = self.bytes.get(range).ok_or_else(|| fail("lies beyond its end".to_owned()))?;
        Ok(Some(bytes))
    }

    fn checked(&mut self, index: usize) -> Result<Range<usize>, String> {
        let broken = |error: &dyn std::fmt::Display| format!("cannot be read: {error}");
        let mut entry = self.zip.by_index(index).map_err(|error| broken(&error))?;
        if entry.compression() != CompressionMethod::Stored {
            return Err("is compressed, which `torch.save` never does".to_owned());
        }
        let (start, size) = (entry.data_start(), entry.size());
        // At the end of the member its checksum is compared.
        let read = io::copy(&mut entry, &mut io::sink()).map_err(|error| broken(&error))?;
        let start = start.and_then(|start| usize::try_from(start).ok());
        let len = usize::try_from(size).ok().filter(|_| read == size);
        let (Some(start), Some(len)) = (start, len) else {
            return Err("is cut short".to_owned());
        };
        Ok(start..start.saturating_add(len))
    }
}

fn broken(error: &zip::result::ZipError) -> String {
    format!("its zip archive is damaged or cut short: {error}")
}
