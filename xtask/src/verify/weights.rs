//! Two files of weights, tensor by tensor and bit by bit.

use std::collections::BTreeSet;
use std::path::Path;

use fireassay_tracking::{TrackingError, open_weights};
use safetensors::tensor::{Dtype, TensorView};

use super::difference::Difference;

/// A file's name and its bytes.
pub(crate) type Named<'a> = (&'a Path, &'a [u8]);

/// Tensors and values of a file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Size {
    pub(crate) tensors: usize,
    pub(crate) values: usize,
}

/// How much there is in the first file.
pub(crate) fn size((path, bytes): Named<'_>) -> Result<Size, TrackingError> {
    let file = open_weights(path, bytes)?;
    let count = |view: &TensorView<'_>| view.shape().iter().product::<usize>();
    let values = file.tensors().iter().map(|(_, view)| count(view)).sum();
    Ok(Size { tensors: file.len(), values })
}

/// The first difference in the order of names; none if all bits are the same.
pub(crate) fn first_difference(
    (path_a, undisturbed): Named<'_>,
    (path_b, killed): Named<'_>,
) -> Result<Option<Difference>, TrackingError> {
    if undisturbed == killed {
        return Ok(None);
    }
    let (a, b) = (open_weights(path_a, undisturbed)?, open_weights(path_b, killed)?);
    let names: BTreeSet<&str> = a.names().into_iter().chain(b.names()).collect();
    for name in names {
        let found = match (a.tensor(name), b.tensor(name)) {
            (Ok(a), Ok(b)) => in_tensor(&a, &b),
            (a, b) => Some((String::new(), presence(a.is_ok()), presence(b.is_ok()))),
        };
        if let Some((index, undisturbed, killed)) = found {
            return Ok(Some(Difference { place: format!("{name}{index}"), undisturbed, killed }));
        }
    }
    // The same tensors in another layout, or other metadata.
    let describe = |bytes: &[u8]| format!("{} bytes", bytes.len());
    Ok(Some(Difference {
        place: "outside of the tensors".to_owned(),
        undisturbed: describe(undisturbed),
        killed: describe(killed),
    }))
}

fn presence(is_there: bool) -> String {
    if is_there { "there" } else { "missing" }.to_owned()
}

/// Index and both values.
fn in_tensor(a: &TensorView<'_>, b: &TensorView<'_>) -> Option<(String, String, String)> {
    if (a.dtype(), a.shape()) != (b.dtype(), b.shape()) {
        let kind = |view: &TensorView<'_>| format!("{} {:?}", view.dtype(), view.shape());
        return Some((String::new(), kind(a), kind(b)));
    }
    let width = (a.dtype().bitsize() / 8).max(1);
    let mut pairs = a.data().chunks(width).zip(b.data().chunks(width));
    let at = pairs.position(|(a, b)| a != b)?;
    let value = |view: &TensorView<'_>| {
        let bytes = view.data().chunks(width).nth(at).unwrap_or_default();
        match (view.dtype(), bytes.first_chunk()) {
            (Dtype::F32, Some(bytes)) => exact(f32::from_le_bytes(*bytes)),
            (_, _) => format!("{bytes:02x?}"),
        }
    };
    Some((format!("{:?}", index_of(at, a.shape())), value(a), value(b)))
}

/// A number as it has to be typed, with its bits where two may look alike.
pub(crate) fn exact(value: f32) -> String {
    let is_ambiguous = value.is_nan() || value == 0.0;
    if is_ambiguous {
        format!("{value:?} ({:#010x})", value.to_bits())
    } else {
        format!("{value:?}")
    }
}

/// Row-major position to one index per dimension.
fn index_of(mut at: usize, shape: &[usize]) -> Vec<usize> {
    let mut index: Vec<usize> = shape
        .iter()
        .rev()
        .map(|&size| {
            let here = at % size;
            at /= size;
            here
        })
        .collect();
    index.reverse();
    index
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    fn file(tensors: &[(&str, &[usize], &[f32])]) -> Vec<u8> {
        let bytes: Vec<Vec<u8>> = tensors
            .iter()
            .map(|(_, _, values)| values.iter().flat_map(|x| x.to_le_bytes()).collect())
            .collect();
        let views: BTreeMap<&str, TensorView<'_>> = tensors
            .iter()
            .zip(&bytes)
            .map(|((name, shape, _), data)| {
                (*name, TensorView::new(Dtype::F32, shape.to_vec(), data).unwrap())
            })
            .collect();
        safetensors::serialize(views, None).unwrap()
    }

    fn named(bytes: &[u8]) -> Named<'_> {
        (Path::new("selected.safetensors"), bytes)
    }

    fn check(a: &[u8], b: &[u8], expected: Option<[&str; 3]>) {
        let found = first_difference(named(a), named(b)).unwrap();
        let found = found.as_ref().map(|d| [&*d.place, &*d.undisturbed, &*d.killed]);
        assert_eq!(found, expected);
    }

    #[test]
    fn the_first_value_that_differs_is_named_with_its_index() {
        let bias: &[f32] = &[0.5, 0.25];
        let weight: &[f32] = &[1.0, 2.0, 3.0, 4.0, 5.0, 6.0];
        let a = file(&[("b.weight", &[2, 3], weight), ("a.bias", &[2], bias)]);
        check(&a, &a.clone(), None);
        let one_bit = f32::from_bits(5.0_f32.to_bits() + 1);
        let other: &[f32] = &[1.0, 2.0, 3.0, 4.0, one_bit, 7.0];
        let b = file(&[("b.weight", &[2, 3], other), ("a.bias", &[2], bias)]);
        check(&a, &b, Some(["b.weight[1, 1]", "5.0", "5.0000005"]));
        let b = file(&[("b.weight", &[2, 3], other), ("a.bias", &[2], &[0.5, 0.0])]);
        check(&a, &b, Some(["a.bias[1]", "0.25", "0.0 (0x00000000)"]));
        assert_eq!(size(named(&a)).unwrap(), Size { tensors: 2, values: 8 });
    }

    #[test]
    fn bits_count_and_not_values() {
        let of = |x: f32| file(&[("a", &[1], &[x])]);
        check(&of(f32::NAN), &of(f32::NAN), None);
        check(&of(0.0), &of(-0.0), Some(["a[0]", "0.0 (0x00000000)", "-0.0 (0x80000000)"]));
    }

    #[test]
    fn a_missing_tensor_and_another_shape_are_differences() {
        let (two, four): (&[f32], &[f32]) = (&[1.0, 2.0], &[1.0, 2.0, 3.0, 4.0]);
        let a = file(&[("a", &[2], two), ("b", &[2, 2], four)]);
        check(&a, &file(&[("a", &[2], two)]), Some(["b", "there", "missing"]));
        let b = file(&[("a", &[2], two), ("b", &[4], four)]);
        check(&a, &b, Some(["b", "F32 [2, 2]", "F32 [4]"]));
    }

    #[test]
    fn what_is_no_file_of_weights_is_an_error() {
        let good = file(&[("a", &[1], &[1.0])]);
        assert!(first_difference(named(&good), named(b"")).is_err());
        assert!(first_difference(named(&[255; 64]), named(&good)).is_err());
        assert!(size(named(&good[..good.len() - 1])).is_err());
    }
}
