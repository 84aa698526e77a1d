//! Rows of a dataset to tensors on a device.

use burn::tensor::{Device, Int, Tensor, TensorData};
use fireassay_data::Dataset;

/// Examples on a device.
pub struct Batch {
    /// Normalised inputs, `[batch, values of one example]`.
    pub inputs: Tensor<2>,
    /// Class indices, `[batch]`.
    pub labels: Tensor<1, Int>,
}

/// Gathers these rows and uploads them.
pub fn upload(dataset: &Dataset, rows: &[u32], device: &Device) -> Batch {
    let values = dataset.shape().iter().product::<usize>();
    let (mut inputs, mut labels) = (Vec::with_capacity(rows.len() * values), Vec::new());
    dataset.gather(rows, &mut inputs, &mut labels);
    let labels: Vec<i32> = labels.into_iter().map(u32::cast_signed).collect();
    Batch {
        inputs: Tensor::from_data(TensorData::new(inputs, [rows.len(), values]), device),
        labels: Tensor::from_data(TensorData::new(labels, [rows.len()]), device),
    }
}
