//! One array of a `.safetensors` file, shown as the array of numpy that it would be.

use std::io::{self, Read};

use safetensors::{Dtype, SafeTensors};

use super::npy::{self, Problem};
use crate::DataError;
use crate::error::shorten;
use crate::file::DataFile;

/// Shows the array with the header that numpy would write, and names it in what is wrong with it.
pub(super) fn with(
    file: &DataFile,
    key: &str,
    read: impl FnOnce(&mut dyn Read) -> Result<(), Problem>,
) -> Result<(), DataError> {
    let path = || file.path.clone();
    let broken = |source| DataError::Archive { path: path(), kind: "safetensors", source };
    let member = |problem: String| {
        let member = key.to_owned();
        DataError::Member { path: path(), member, problem }
    };
    let bytes = file.whole()?;
    let tensors =
        SafeTensors::deserialize(&bytes).map_err(|error| broken(io::Error::other(error)))?;
    let Ok(tensor) = tensors.tensor(key) else {
        let mut keys = tensors.names();
        keys.sort_unstable();
        let keys = shorten(keys.join(", ").as_bytes());
        return Err(member(format!("there is no such array, only: {keys}")));
    };
    let descr = descr(tensor.dtype());
    let header = npy::header(&descr, tensor.shape());
    read(&mut header.chain(tensor.data())).map_err(|problem| match problem {
        Problem::Io(source) => broken(source),
        Problem::Text(problem) => member(problem),
    })
}

/// How numpy calls a type; one that it does not have is called as safetensors calls it.
fn descr(dtype: Dtype) -> String {
    match dtype {
        Dtype::U8 => "|u1".to_owned(),
        Dtype::I8 => "|i1".to_owned(),
        Dtype::I16 => "<i2".to_owned(),
        Dtype::U16 => "<u2".to_owned(),
        Dtype::I32 => "<i4".to_owned(),
        Dtype::U32 => "<u4".to_owned(),
        Dtype::I64 => "<i8".to_owned(),
        Dtype::U64 => "<u8".to_owned(),
        Dtype::F32 => "<f4".to_owned(),
        Dtype::F64 => "<f8".to_owned(),
        other => other.to_string(),
    }
}
