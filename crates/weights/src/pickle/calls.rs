//! The calls that a pickle may make: a dictionary, and views of storages.

use super::allowed::Global;
use super::value::{Object, StorageRef, TensorRef, Value};
use super::{PickleError, damaged};
use crate::words::visible;

/// Dimensions of a tensor. No layer has half as many.
const MAX_DIMS: usize = 16;

/// What a call of an allowed function comes to. `left` is how many more entries may be copied: a
/// list can be recalled and copied over and over.
pub(super) fn call<'a>(
    heap: &mut Vec<Object<'a>>,
    left: &mut usize,
    function: Value<'a>,
    args: Value<'a>,
) -> Result<Value<'a>, PickleError> {
    let Value::Global(global) = function else { return damaged("it calls what is no function") };
    let Some(items) = tuple(heap, args) else {
        return damaged(format!("`{}` is called without arguments", global.name()));
    };
    let refuse = |problem: &str| damaged(format!("`{}`: {problem}", global.name()));
    let object = match (global, items) {
        (Global::OrderedDict, []) => Object::Dict(Vec::new()),
        (Global::OrderedDict, &[pairs]) => match entries(heap, left, pairs) {
            Some(entries) => Object::Dict(entries),
            None => return refuse("its argument is no list of pairs, or too long"),
        },
        (Global::Size, &[shape]) if tuple(heap, shape).is_some() => return Ok(shape),
        (Global::Parameter, &[tensor, _, _]) if is_tensor(heap, tensor) => return Ok(tensor),
        (Global::Tensor, &[storage, offset, shape, strides])
        | (Global::TensorV2, &[storage, offset, shape, strides, _, _])
        | (Global::TensorV2, &[storage, offset, shape, strides, _, _, _]) => {
            match view(heap, storage, offset, [shape, strides]) {
                Some(tensor) => Object::Tensor(tensor),
                None => return refuse("its arguments are not those of a tensor"),
            }
        }
        (Global::Storage(_), _) => return refuse("a storage is named, never called"),
        _ => return refuse(&format!("{} arguments, which are not its own", items.len())),
    };
    heap.push(object);
    Ok(Value::Heap(heap.len() - 1))
}

/// The storage that an id names: `("storage", type, key, place, numel)`, in legacy files with a
/// view behind it that newer ones leave empty.
pub(super) fn storage<'a>(
    heap: &[Object<'a>],
    id: Value<'a>,
) -> Result<StorageRef<'a>, PickleError> {
    let Some(items) = tuple(heap, id) else { return damaged("an id that is no tuple") };
    match *items {
        [Value::Text("module"), ..] => {
            damaged("it holds a whole model, a program with its weights; save its `state_dict()`")
        }
        [Value::Text("storage"), Value::Global(Global::Storage(number)), key, place, numel]
        | [
            Value::Text("storage"),
            Value::Global(Global::Storage(number)),
            key,
            place,
            numel,
            Value::None,
        ] => {
            let (Value::Text(key), Value::Text(_), Some(numel)) = (key, place, size(numel)) else {
                return damaged("a storage without key, place or length");
            };
            if numel.checked_mul(number.size()).is_none() {
                return damaged(format!("storage `{}` is beyond all bounds", visible(key)));
            }
            Ok(StorageRef { key, number, numel })
        }
        [Value::Text("storage"), _, _, _, _, _] => {
            damaged("a storage that is a part of another, as PyTorch wrote them before 0.4")
        }
        _ => damaged("an id that is none of a storage"),
    }
}

fn view<'a>(
    heap: &[Object<'a>],
    storage: Value<'a>,
    offset: Value<'a>,
    [shape, strides]: [Value<'a>; 2],
) -> Option<TensorRef<'a>> {
    let Value::Heap(storage) = storage else { return None };
    let Some(&Object::Storage(storage)) = heap.get(storage) else { return None };
    let (offset, shape, strides) = (size(offset)?, sizes(heap, shape)?, sizes(heap, strides)?);
    (shape.len() == strides.len()).then_some(TensorRef { storage, offset, shape, strides })
}

fn is_tensor(heap: &[Object<'_>], value: Value<'_>) -> bool {
    matches!(value, Value::Heap(index) if matches!(heap.get(index), Some(Object::Tensor(_))))
}

fn tuple<'h, 'a>(heap: &'h [Object<'a>], value: Value<'a>) -> Option<&'h [Value<'a>]> {
    let Value::Heap(index) = value else { return None };
    let Object::Tuple(items) = heap.get(index)? else { return None };
    Some(items)
}

/// Pairs in lists, as Python 2 writes an `OrderedDict`.
fn entries<'a>(
    heap: &[Object<'a>],
    left: &mut usize,
    pairs: Value<'a>,
) -> Option<Vec<(Value<'a>, Value<'a>)>> {
    let sequence = |value: Value<'a>| {
        let Value::Heap(index) = value else { return None };
        match heap.get(index)? {
            Object::List(items) | Object::Tuple(items) => Some(&items[..]),
            Object::Dict(_) | Object::Storage(_) | Object::Tensor(_) => None,
        }
    };
    let pair = |pair: &Value<'a>| match *sequence(*pair)? {
        [key, value] => Some((key, value)),
        _ => None,
    };
    let pairs = sequence(pairs)?;
    *left = left.checked_sub(pairs.len())?;
    pairs.iter().map(pair).collect()
}

fn size(value: Value<'_>) -> Option<usize> {
    let Value::Int(value) = value else { return None };
    value.try_into().ok()
}

fn sizes<'a>(heap: &[Object<'a>], value: Value<'a>) -> Option<Vec<usize>> {
    let items = tuple(heap, value)?;
    (items.len() <= MAX_DIMS).then(|| items.iter().map(|&item| size(item)).collect())?
}
