//! Rows of a dataset to tensors on a device.

use burn::tensor::{Device, Int, Tensor, TensorData};
use fireassay_data::{Augment, Dataset};

/// Examples on a device.
pub struct Batch {
    /// `[batch, values]`: normalised inputs, or what the first `from` blocks make of them.
    pub inputs: Tensor<2>,
    /// Class indices, `[batch]`.
    pub labels: Tensor<1, Int>,
    /// What the examples were mixed with, if they were.
    pub mixed: Option<MixedWith>,
    /// The block behind which they enter the model.
    pub from: usize,
}

/// The labels of the other examples in a mixed batch.
pub struct MixedWith {
    /// Share of the batch's own labels; the rest is the others'.
    pub share: f64,
    /// Class indices, `[batch]`.
    pub labels: Tensor<1, Int>,
}

/// Gathers these rows and uploads them.
pub fn upload(dataset: &Dataset, rows: &[u32], device: &Device) -> Batch {
    let (inputs, labels) = gather(dataset, rows);
    Batch {
        inputs: matrix(inputs, rows.len(), device),
        labels: indices(labels, device),
        mixed: None,
        from: 0,
    }
}

/// The same for training: varied as `augment` asks at this step.
pub fn upload_varied(
    dataset: &Dataset,
    rows: &[u32],
    (augment, step): (&Augment, u64),
    device: &Device,
) -> Batch {
    let (mut inputs, labels) = gather(dataset, rows);
    let mixed = augment.apply(step, &mut inputs, &labels);
    Batch {
        inputs: matrix(inputs, rows.len(), device),
        labels: indices(labels, device),
        mixed: mixed
            .map(|mixed| MixedWith { share: mixed.share, labels: indices(mixed.labels, device) }),
        from: 0,
    }
}

fn gather(dataset: &Dataset, rows: &[u32]) -> (Vec<f32>, Vec<u32>) {
    let mut inputs = Vec::with_capacity(rows.len() * dataset.item_len());
    let mut labels = Vec::with_capacity(rows.len());
    dataset.gather(rows, &mut inputs, &mut labels);
    (inputs, labels)
}

pub(crate) fn matrix(inputs: Vec<f32>, rows: usize, device: &Device) -> Tensor<2> {
    let columns = inputs.len() / rows.max(1);
    Tensor::from_data(TensorData::new(inputs, [rows, columns]), device)
}

pub(crate) fn indices(labels: Vec<u32>, device: &Device) -> Tensor<1, Int> {
    let labels: Vec<i32> = labels.into_iter().map(u32::cast_signed).collect();
    let rows = labels.len();
    Tensor::from_data(TensorData::new(labels, [rows]), device)
}
