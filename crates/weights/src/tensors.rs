//! Safetensors: <https://github.com/huggingface/safetensors>.

use std::collections::BTreeMap;
use std::path::Path;

use fireassay_tracking::{TrackingError, open_weights};
use safetensors::Dtype;

use crate::number::ByteOrder;
use crate::torch::state_dict;
use crate::words::visible;
use crate::{FileKind, LeftOut, Number, Tensor, WeightsError, WeightsFile};

/// How the names of an optimizer's state begin in a checkpoint of a run.
const OPTIMIZER: &str = "optim/";

pub(crate) fn parse(
    path: &Path,
    bytes: &[u8],
    part: Option<&str>,
) -> Result<WeightsFile, WeightsError> {
    let file = open_weights(path, bytes).map_err(|error| damaged(path, error))?;
    let none = |problem: &str| {
        Err(WeightsError::NoStateDict { path: path.to_owned(), problem: problem.to_owned() })
    };
    if let Some(part) = part {
        return none(&format!("safetensors have no parts, so no `{part}`"));
    }
    let (mut tensors, mut left_out) = (BTreeMap::new(), Vec::new());
    // Sorted: the library's order is that of a hash map.
    let views: BTreeMap<String, _> = file.tensors().into_iter().collect();
    if views.keys().any(|name| name.starts_with(OPTIMIZER)) {
        return none(
            "it is a checkpoint that a run goes on from; the weights of a finished run are in \
             `selected.safetensors`",
        );
    }
    for (name, view) in views {
        let fail = |problem: String| WeightsError::Tensor {
            path: path.to_owned(),
            tensor: visible(&name),
            problem,
        };
        let stored = number(view.dtype())
            .ok_or_else(|| fail(format!("numbers of type {:?} are not read", view.dtype())))?;
        let shape = view.shape().to_vec();
        if stored.is_float() {
            let values = floats(stored, view.data()).map_err(fail)?;
            tensors.insert(name, Tensor { shape, values, stored });
        } else {
            left_out.push(LeftOut { name, what: format!("{} {shape:?}", stored.name()) });
        }
    }
    if tensors.is_empty() {
        return none("it holds no tensors of floats");
    }
    let prefix = state_dict::take_prefix(&mut tensors, &mut left_out);
    Ok(WeightsFile { kind: FileKind::Safetensors, part: None, prefix, tensors, left_out })
}

fn damaged(path: &Path, error: TrackingError) -> WeightsError {
    let path = path.to_owned();
    match error {
        TrackingError::Weights { problem, .. } => WeightsError::Damaged { path, problem },
        other => WeightsError::Damaged { path, problem: other.to_string() },
    }
}

fn floats(number: Number, bytes: &[u8]) -> Result<Vec<f32>, String> {
    let float = |bytes: &[u8]| {
        let float = number.float(bytes, ByteOrder::Little).ok_or("it ends early")?;
        if float.is_infinite() && number.loses(bytes, ByteOrder::Little) {
            return Err("a number in it is too large for 32 bits");
        }
        Ok(float)
    };
    bytes.chunks(number.size()).map(float).collect::<Result<_, _>>().map_err(str::to_owned)
}

fn number(dtype: Dtype) -> Option<Number> {
    Some(match dtype {
        Dtype::BOOL => Number::Bool,
        Dtype::U8 => Number::U8,
        Dtype::U16 => Number::U16,
        Dtype::U32 => Number::U32,
        Dtype::U64 => Number::U64,
        Dtype::I8 => Number::I8,
        Dtype::I16 => Number::I16,
        Dtype::I32 => Number::I32,
        Dtype::I64 => Number::I64,
        Dtype::F16 => Number::F16,
        Dtype::BF16 => Number::Bf16,
        Dtype::F32 => Number::F32,
        Dtype::F64 => Number::F64,
        // Of 8 bits and fewer, complex ones, and what the library may add: it lets nobody list
        // them.
        _ => return None,
    })
}
