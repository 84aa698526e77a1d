//! `to_safetensors`: tensors as a file that PyTorch, JAX and others open.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::Tensor;

/// The header's length is a multiple of this, so that the numbers are aligned.
const ALIGNED: usize = 8;

/// One entry of the header. The order of its fields is that of the format's own library.
#[derive(Serialize)]
struct Entry<'t> {
    dtype: &'static str,
    shape: &'t [usize],
    data_offsets: [usize; 2],
}

/// The bytes of a safetensors file of 32-bit floats. Equal tensors and metadata give equal bytes:
/// metadata first, then the tensors by name. PyTorch's libraries like to find `format = "pt"`
/// there.
///
/// # Panics
///
/// If a tensor has another number of values than its shape says, or the reserved name
/// `__metadata__`.
pub fn to_safetensors(
    tensors: &BTreeMap<String, Tensor>,
    metadata: &BTreeMap<String, String>,
) -> Vec<u8> {
    const RESERVED: &str = "__metadata__";
    assert!(!tensors.contains_key(RESERVED), "`{RESERVED}` is no name for a tensor");
    let mut entries = Vec::with_capacity(tensors.len() + 1);
    if !metadata.is_empty() {
        entries.push(entry(RESERVED, metadata));
    }
    let mut end = 0;
    for (name, Tensor { shape, values, .. }) in tensors {
        assert_eq!(shape.iter().product::<usize>(), values.len(), "`{name}` has another shape");
        let start = end;
        end += size_of_val(&values[..]);
        entries.push(entry(name, &Entry { dtype: "F32", shape, data_offsets: [start, end] }));
    }
    let mut header = format!("{{{}}}", entries.join(","));
    header.push_str(&" ".repeat(header.len().next_multiple_of(ALIGNED) - header.len()));
    let mut bytes = Vec::with_capacity(size_of::<u64>() + header.len() + end);
    bytes.extend((header.len() as u64).to_le_bytes());
    bytes.extend(header.into_bytes());
    for value in tensors.values().flat_map(|tensor| &tensor.values) {
        bytes.extend(value.to_le_bytes());
    }
    bytes
}

/// `"name":value`.
fn entry(name: &str, value: &impl Serialize) -> String {
    const JSON: &str = "invariant: texts and whole numbers are JSON";
    let (name, value) = (serde_json::to_string(name), serde_json::to_string(value));
    let (name, value) = (name.expect(JSON), value.expect(JSON));
    format!("{name}:{value}")
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use safetensors::serialize;
    use safetensors::tensor::{Dtype, TensorView};

    use super::*;
    use crate::{Number, parse};

    fn tensors() -> BTreeMap<String, Tensor> {
        let tensor = |shape: &[usize], start: f32| {
            let count = shape.iter().product::<usize>();
            let values = (0..count).map(|i| start + i as f32).collect();
            Tensor { shape: shape.to_vec(), values, stored: Number::F32 }
        };
        BTreeMap::from([
            ("b.weight".to_owned(), tensor(&[2, 3], 0.5)),
            ("a \"quoted\" name".to_owned(), tensor(&[], -1.0)),
            ("empty".to_owned(), tensor(&[0, 4], 0.0)),
        ])
    }

    #[test]
    fn the_bytes_are_those_of_the_formats_own_library() {
        let tensors = tensors();
        let bytes: BTreeMap<&String, Vec<u8>> = tensors
            .iter()
            .map(|(name, t)| (name, t.values.iter().flat_map(|v| v.to_le_bytes()).collect()))
            .collect();
        let views = tensors.iter().map(|(name, tensor)| {
            (name, TensorView::new(Dtype::F32, tensor.shape.clone(), &bytes[name]).unwrap())
        });
        #[expect(clippy::disallowed_types, reason = "the library's type; one entry has one order")]
        let metadata = std::collections::HashMap::from([("format".to_owned(), "pt".to_owned())]);
        let expected = serialize(views, Some(metadata)).unwrap();
        let metadata = BTreeMap::from([("format".to_owned(), "pt".to_owned())]);
        assert_eq!(to_safetensors(&tensors, &metadata), expected);
    }

    /// 128 and 640 begin as a pickle does.
    #[test]
    fn headers_of_any_length_are_read_again() {
        let mut lengths = Vec::new();
        for len in (0..640).step_by(ALIGNED) {
            let name = "n".repeat(len + 1);
            let bytes = to_safetensors(
                &BTreeMap::from([(name.clone(), tensors()["empty"].clone())]),
                &BTreeMap::new(),
            );
            lengths.push(u64::from_le_bytes(*bytes.first_chunk().unwrap()));
            assert!(parse(Path::new("x"), &bytes, None).unwrap().tensors.contains_key(&name));
        }
        assert!([128, 640].iter().all(|len| lengths.contains(len)), "{lengths:?}");
    }

    #[test]
    fn what_is_written_is_read_again() {
        let metadata = ["z", "a", "m"].map(|key| (key.to_owned(), "\n\"".to_owned()));
        let bytes = to_safetensors(&tensors(), &BTreeMap::from(metadata));
        let file = parse(Path::new("x"), &bytes, None).unwrap();
        assert_eq!(file.tensors, tensors());
        assert!(file.left_out.is_empty());
        assert_eq!((file.part, file.prefix.as_str()), (None, ""));
    }
}
