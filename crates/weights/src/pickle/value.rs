//! What a pickle can build here, and how to look at it.

use std::collections::{BTreeMap, BTreeSet};

use super::allowed::Global;
use crate::Number;
use crate::words::{plural, visible};

/// A finished object and all that it holds. Texts and keys are those of the file.
#[derive(Debug)]
pub(crate) struct Pickle<'a> {
    pub(super) heap: Vec<Object<'a>>,
    pub(super) root: Value<'a>,
}

/// Something on the stack. What may be shared or changed lies in the heap: a pickle names a
/// dictionary first and fills it afterwards.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Value<'a> {
    None,
    Bool(bool),
    Int(i128),
    Float(f64),
    Text(&'a str),
    Global(Global),
    Heap(usize),
}

/// Something in the heap.
#[derive(Debug)]
pub(crate) enum Object<'a> {
    Tuple(Vec<Value<'a>>),
    List(Vec<Value<'a>>),
    Dict(Vec<(Value<'a>, Value<'a>)>),
    Storage(StorageRef<'a>),
    Tensor(TensorRef<'a>),
}

/// The name of a storage, and what its pickle says of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct StorageRef<'a> {
    pub(crate) key: &'a str,
    pub(crate) number: Number,
    /// How many numbers there are.
    pub(crate) numel: usize,
}

/// A view of a storage, unchecked.
#[derive(Debug)]
pub(crate) struct TensorRef<'a> {
    pub(crate) storage: StorageRef<'a>,
    /// Of the first number, in numbers.
    pub(crate) offset: usize,
    pub(crate) shape: Vec<usize>,
    /// How far the next index is away, in numbers; as many as there are lengths.
    pub(crate) strides: Vec<usize>,
}

impl TensorRef<'_> {
    /// How many numbers it has; `None` if that is no number.
    pub(crate) fn count(&self) -> Option<usize> {
        self.shape.iter().try_fold(1usize, |count, &len| count.checked_mul(len))
    }

    /// How many numbers its storage must have.
    pub(crate) fn end(&self) -> Option<usize> {
        if self.shape.contains(&0) {
            return Some(0);
        }
        let lengths = self.shape.iter().zip(&self.strides);
        let mut steps = lengths.map(|(&len, &stride)| (len - 1).checked_mul(stride));
        let last = steps.try_fold(self.offset, |last, step| last.checked_add(step?))?;
        last.checked_add(1)
    }
}

impl<'a> Pickle<'a> {
    pub(crate) fn root(&self) -> Value<'a> {
        self.root
    }

    fn object(&self, value: Value<'_>) -> Option<&Object<'a>> {
        let Value::Heap(index) = value else { return None };
        self.heap.get(index)
    }

    /// The entries of a dictionary.
    pub(crate) fn dict(&self, value: Value<'_>) -> Option<&[(Value<'a>, Value<'a>)]> {
        let Object::Dict(entries) = self.object(value)? else { return None };
        Some(entries)
    }

    /// The value of a key; of two, that of the last, as in Python.
    pub(crate) fn entry(&self, dict: Value<'_>, key: &str) -> Option<Value<'a>> {
        let entries = self.dict(dict)?.iter().rev();
        let mut entries = entries.filter(|(found, _)| *found == Value::Text(key));
        entries.next().map(|(_, value)| *value)
    }

    pub(crate) fn tensor(&self, value: Value<'_>) -> Option<&TensorRef<'a>> {
        let Object::Tensor(tensor) = self.object(value)? else { return None };
        Some(tensor)
    }

    /// The dictionaries that hold tensors themselves. Looked for once: a dictionary can be the
    /// value of thousands of keys.
    pub(crate) fn dicts_with_tensors(&self) -> BTreeSet<usize> {
        let has_tensors = |(index, object): (usize, &Object<'a>)| {
            let Object::Dict(entries) = object else { return None };
            entries.iter().any(|(_, value)| self.tensor(*value).is_some()).then_some(index)
        };
        self.heap.iter().enumerate().filter_map(has_tensors).collect()
    }

    /// A list of texts.
    pub(crate) fn texts(&self, value: Value<'_>) -> Option<Vec<&'a str>> {
        let Object::List(items) = self.object(value)? else { return None };
        let text = |item: &Value<'a>| match item {
            Value::Text(text) => Some(*text),
            _ => None,
        };
        items.iter().map(text).collect()
    }

    /// Every storage, once; the problem if one is described in two ways.
    pub(crate) fn storages(&self) -> Result<impl Iterator<Item = StorageRef<'a>>, String> {
        let mut known: BTreeMap<&str, StorageRef<'a>> = BTreeMap::new();
        for object in &self.heap {
            let Object::Storage(storage) = object else { continue };
            if known.insert(storage.key, *storage).is_some_and(|old| old != *storage) {
                let key = visible(storage.key);
                return Err(format!("storage `{key}` is described in two ways"));
            }
        }
        Ok(known.into_values())
    }

    /// For messages.
    pub(crate) fn words(&self, value: Value<'_>) -> String {
        match value {
            Value::None => "nothing".to_owned(),
            Value::Bool(value) => if value { "true" } else { "false" }.to_owned(),
            Value::Int(value) => format!("{value}"),
            Value::Float(value) => format!("{value}"),
            Value::Text(text) => format!("{:?}", visible(text)),
            Value::Global(global) => format!("`{}`", global.name()),
            Value::Heap(index) => match self.heap.get(index) {
                None => "nothing".to_owned(),
                Some(Object::Tuple(items)) => format!("a tuple of {}", items.len()),
                Some(Object::List(items)) => format!("a list of {}", items.len()),
                Some(Object::Dict(entries)) => match entries.len() {
                    1 => "a dictionary of 1 entry".to_owned(),
                    count => format!("a dictionary of {count} entries"),
                },
                Some(Object::Storage(storage)) => {
                    format!("a storage of {}", plural(storage.numel, "number"))
                }
                Some(Object::Tensor(tensor)) => {
                    format!("a tensor {:?} of {}", tensor.shape, tensor.storage.number.name())
                }
            },
        }
    }
}
