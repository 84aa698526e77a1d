//! Which dictionary of a checkpoint holds the tensors, and what they are called.

use std::collections::BTreeMap;
use std::path::Path;

use super::storage::Storages;
use crate::pickle::{Pickle, TensorRef, Value};
use crate::words::visible;
use crate::{FileKind, LeftOut, Tensor, WeightsError, WeightsFile};

/// Where programs keep the weights of a checkpoint, the likeliest first.
const USUAL: &[&str] =
    &["state_dict", "model_state_dict", "model_state", "model", "net", "network", "weights"];
/// What wrappers put before every name: `DataParallel`, `torch.compile`.
const PREFIXES: &[&str] = &["module.", "_orig_mod."];
/// A longer name is no name.
const MAX_NAME: usize = 1024;
/// Keys that a message lists.
const LISTED: usize = 12;

/// Finds the tensors, and reads them.
pub(super) fn take(
    path: &Path,
    (kind, part): (FileKind, Option<&str>),
    pickle: &Pickle<'_>,
    storages: &Storages<'_>,
) -> Result<WeightsFile, WeightsError> {
    let found = find(pickle, part);
    let (part, entries) =
        found.map_err(|problem| WeightsError::NoStateDict { path: path.to_owned(), problem })?;
    let (mut tensors, mut left_out) = (BTreeMap::new(), Vec::new());
    let mut left = storages.budget();
    for &(key, value) in entries {
        let Value::Text(name) = key else {
            left_out.push(LeftOut { name: pickle.words(key), what: pickle.words(value) });
            continue;
        };
        let fail = |problem: String| WeightsError::Tensor {
            path: path.to_owned(),
            tensor: visible(name),
            problem,
        };
        if name.len() > MAX_NAME {
            return Err(fail(format!("its name has {} bytes", name.len())));
        }
        match pickle.tensor(value) {
            Some(tensor) if tensor.storage.number.is_float() => {
                let tensor = storages.tensor(tensor, &mut left).map_err(fail)?;
                if tensors.insert(name.to_owned(), tensor).is_some() {
                    return Err(fail("it is there twice".to_owned()));
                }
            }
            Some(TensorRef { storage, shape, .. }) => {
                let what = format!("{} {shape:?}", storage.number.name());
                left_out.push(LeftOut { name: name.to_owned(), what });
            }
            None => left_out.push(LeftOut { name: name.to_owned(), what: pickle.words(value) }),
        }
    }
    if tensors.is_empty() {
        let problem = "none of its tensors holds floats".to_owned();
        return Err(WeightsError::NoStateDict { path: path.to_owned(), problem });
    }
    let prefix = take_prefix(&mut tensors, &mut left_out);
    Ok(WeightsFile { kind, part: part.map(str::to_owned), prefix, tensors, left_out })
}

/// Takes off what stands before every name, and says what it was. The names stay distinct.
pub(crate) fn take_prefix(
    tensors: &mut BTreeMap<String, Tensor>,
    left_out: &mut [LeftOut],
) -> String {
    let mut taken = String::new();
    let shared = |tensors: &BTreeMap<String, Tensor>| {
        let is_shared = |prefix: &&&str| {
            tensors.keys().all(|name| name.len() > prefix.len() && name.starts_with(**prefix))
        };
        PREFIXES.iter().find(is_shared)
    };
    while let Some(prefix) = shared(tensors) {
        taken.push_str(prefix);
        let old = std::mem::take(tensors);
        let strip = |name: &str| name.strip_prefix(prefix).unwrap_or(name).to_owned();
        *tensors = old.into_iter().map(|(name, tensor)| (strip(&name), tensor)).collect();
        for left in left_out.iter_mut() {
            left.name = strip(&left.name);
        }
    }
    taken
}

type Entries<'p, 'a> = &'p [(Value<'a>, Value<'a>)];

/// The dictionary, and under which key it was.
fn find<'p, 'a>(
    pickle: &'p Pickle<'a>,
    part: Option<&str>,
) -> Result<(Option<&'p str>, Entries<'p, 'a>), String> {
    let root = pickle.dict(pickle.root()).ok_or_else(|| {
        format!("it holds {}, expected tensors by name", pickle.words(pickle.root()))
    })?;
    let has_tensors = pickle.dicts_with_tensors();
    let holding = |&(key, value): &(Value<'a>, Value<'a>)| match (key, value) {
        (Value::Text(key), Value::Heap(index)) if has_tensors.contains(&index) => {
            Some((key, pickle.dict(value)?))
        }
        _ => None,
    };
    let parts: Vec<(&str, Entries<'p, 'a>)> = root.iter().filter_map(holding).collect();
    let once = |wanted: &str| {
        let mut same = parts.iter().filter(|(key, _)| *key == wanted);
        match (same.next(), same.next()) {
            (Some(_), Some(_)) => Err(format!("its key `{}` is there twice", visible(wanted))),
            (first, _) => Ok(first.copied()),
        }
    };
    let listed = || {
        let keys = root.iter().map(|&(key, value)| match key {
            Value::Text(key) => format!("`{}` ({})", visible(key), pickle.words(value)),
            other => format!("{} ({})", pickle.words(other), pickle.words(value)),
        });
        let keys: Vec<String> = keys.take(LISTED).collect();
        let more = if root.len() > LISTED { ", .." } else { "" };
        if keys.is_empty() { "nothing".to_owned() } else { format!("{}{more}", keys.join(", ")) }
    };
    if let Some(wanted) = part {
        let found = once(wanted)?;
        let found = found.map(|(key, entries)| (Some(key), entries));
        return found.ok_or_else(|| {
            format!("no tensors under `{}`; it holds {}", visible(wanted), listed())
        });
    }
    for usual in USUAL {
        if let Some((key, entries)) = once(usual)? {
            return Ok((Some(key), entries));
        }
    }
    if let Value::Heap(index) = pickle.root()
        && has_tensors.contains(&index)
    {
        return Ok((None, root));
    }
    match parts[..] {
        [(key, entries)] => Ok((Some(key), entries)),
        [] => Err(format!("it holds no tensors by name, only {}", listed())),
        _ => Err(format!("{} parts hold tensors; say which: {}", parts.len(), listed())),
    }
}
