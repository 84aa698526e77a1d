//! Tensors of flex as slices, and back.

use burn::backend::flex::FlexTensor;
use burn::tensor::TensorData;

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

/// A tensor of these values; they are not copied.
pub(crate) fn tensor<const D: usize>(values: Vec<f32>, shape: [usize; D]) -> FlexTensor {
    FlexTensor::from_data(TensorData::new(values, shape))
}
