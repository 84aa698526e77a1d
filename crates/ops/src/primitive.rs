//! Tensors of flex as slices, and back.

use burn::backend::flex::FlexTensor;
use burn::tensor::{AllocationProperty, Bytes, DType, Shape, TensorData};
use fireassay_kernels::Buffer;

/// With its values in order, one behind the other: a copy only of a view that has them otherwise.
pub(crate) fn contiguous(tensor: &FlexTensor) -> FlexTensor {
    tensor.to_contiguous()
}

/// The values of a contiguous tensor.
pub(crate) fn values(tensor: &FlexTensor) -> &[f32] {
    tensor
        .as_slice::<f32>()
        .expect("invariant: models are f32, and this tensor was made contiguous")
}

/// A tensor of these values, for what an operation returns: they are not copied, and when the last
/// tensor of them is gone their memory waits for the next step. Written to, they are copied first.
pub(crate) fn tensor<const D: usize>(values: Buffer, shape: [usize; D]) -> FlexTensor {
    assert_eq!(values.len(), shape.iter().product::<usize>(), "values for another shape");
    let values = bytes::Bytes::from_owner(values);
    let values = Bytes::from_shared(values, AllocationProperty::Native);
    FlexTensor::from_data(TensorData::from_bytes(values, shape, DType::F32))
}

/// With the channels of `[batch, channels, height, width]` last, other ranks as they are: how all
/// operations read what they treat value by value or channel by channel.
pub(crate) fn rows(tensor: &FlexTensor) -> FlexTensor {
    match tensor.layout().shape().num_dims() {
        4 => channels_last(tensor),
        _ => contiguous(tensor),
    }
}

/// Values in the order of [`rows`] as a tensor of this shape.
pub(crate) fn of_rows(values: Buffer, shape: &Shape) -> FlexTensor {
    match shape.num_dims() {
        4 => {
            let [batch, channels, height, width] = shape.dims();
            channels_first(values, [batch, height, width, channels])
        }
        _ => {
            let count = values.len();
            tensor(values, [count]).reshape(shape.clone())
        }
    }
}

/// A tensor of these values, for what is kept from step to step and written to in place.
pub(crate) fn owned_tensor<const D: usize>(values: Vec<f32>, shape: [usize; D]) -> FlexTensor {
    FlexTensor::from_data(TensorData::new(values, shape))
}

/// `[batch, channels, height, width]` as `[batch, height, width, channels]`: a copy only where
/// channels do not lie last.
pub(crate) fn channels_last(tensor: &FlexTensor) -> FlexTensor {
    let [batch, channels, height, width] = tensor.layout().shape().dims();
    if channels == 1 || height * width == 1 {
        return contiguous(tensor).reshape(Shape::from([batch, height, width, channels]));
    }
    contiguous(&tensor.permute(&[0, 2, 3, 1]))
}

/// Values `[batch, height, width, channels]` as a view `[batch, channels, height, width]`.
pub(crate) fn channels_first(values: Buffer, shape: [usize; 4]) -> FlexTensor {
    tensor(values, shape).permute(&[0, 3, 1, 2])
}
