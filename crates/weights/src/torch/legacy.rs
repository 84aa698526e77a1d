//! The format before PyTorch 1.6: five pickles (a magic number, a version, facts of the machine,
//! the object, the keys of its storages), and the storages in the order of the keys, each with its
//! length.
//!
//! Layout: `torch/serialization.py`, `_legacy_load`.

use std::collections::BTreeMap;
use std::path::Path;

use super::storage::Storages;
use super::{damaged, of_pickle, state_dict};
use crate::number::ByteOrder;
use crate::pickle::{Pickle, StorageRef, Value};
use crate::words::visible;
use crate::{FileKind, WeightsError, WeightsFile};

const MAGIC: i128 = 0x1950_a86a_20f9_469c_fc6c;
const VERSION: i128 = 1001;

pub(crate) fn parse(
    path: &Path,
    bytes: &[u8],
    part: Option<&str>,
) -> Result<WeightsFile, WeightsError> {
    let mut at = 0;
    let mut next =
        |what: &str| Pickle::read(bytes, &mut at, what).map_err(|error| of_pickle(path, error));
    let fail = |problem: String| damaged(path, problem);
    if next("magic number")?.root() != Value::Int(MAGIC) {
        let found = "a pickle, but not of `torch.save`".to_owned();
        return Err(WeightsError::Format { path: path.to_owned(), found });
    }
    if next("version")?.root() != Value::Int(VERSION) {
        return Err(fail(format!("its version is not {VERSION}")));
    }
    let machine = next("facts of the machine")?;
    // PyTorch reverses what it writes on such a machine, but nobody here can check it.
    if machine.entry(machine.root(), "little_endian") != Some(Value::Bool(true)) {
        return Err(fail("its byte order is not little endian".to_owned()));
    }
    let object = next("object")?;
    let keys = next("keys of storages")?;
    let keys = keys.texts(keys.root()).ok_or("its list of storages is none".to_owned());
    let storages = storages(&bytes[at..], bytes.len(), &keys.map_err(fail)?, &object);
    let storages = storages.map_err(|problem| damaged(path, problem))?;
    state_dict::take(path, (FileKind::TorchLegacy, part), &object, &storages)
}

/// `rest` is what follows the pickles.
fn storages<'a>(
    mut rest: &'a [u8],
    file_len: usize,
    keys: &[&str],
    object: &Pickle<'a>,
) -> Result<Storages<'a>, String> {
    let known: BTreeMap<&str, StorageRef<'a>> =
        object.storages()?.map(|storage| (storage.key, storage)).collect();
    let mut found = BTreeMap::new();
    for key in keys {
        let shown = visible(key);
        let StorageRef { key, number, numel } =
            *known.get(key).ok_or_else(|| format!("storage `{shown}` belongs to no tensor"))?;
        let early = || format!("storage `{shown}` is cut short");
        let (len, behind) = rest.split_first_chunk().ok_or_else(early)?;
        let len = u64::from_le_bytes(*len);
        if len != numel as u64 {
            return Err(format!("storage `{shown}` has {len} numbers, expected {numel}"));
        }
        let len = numel.checked_mul(number.size()).ok_or_else(early)?;
        let (bytes, behind) = behind.split_at_checked(len).ok_or_else(early)?;
        if found.insert(key, bytes).is_some() {
            return Err(format!("storage `{shown}` is listed twice"));
        }
        rest = behind;
    }
    if let Some(missing) = known.keys().find(|key| !found.contains_key(**key)) {
        return Err(format!("storage `{}` is not in it", visible(missing)));
    }
    if !rest.is_empty() {
        return Err(format!("{} bytes follow its last storage", rest.len()));
    }
    Ok(Storages { bytes: found, order: ByteOrder::Little, file_len })
}
