//! `Feed`: what goes into the model. Examples as they are; or, where the first blocks are fixed, what
//! those make of them, which is computed once per example and outside autodiff.
//!
//! Both ways give the same bits: no layer that is fixed mixes the examples of a batch.

use std::borrow::Cow;

use burn::module::Module;
use burn::tensor::{Device, Tensor};
use fireassay_data::{Augment, Dataset};
use fireassay_models::Classifier;

use crate::batch::{Batch, indices, matrix, upload, upload_varied};

/// Examples per forward pass of the fixed blocks.
const CHUNK: usize = 250;
/// What may be kept of one trial, in bytes. Beyond it, fixed blocks are run for each batch.
const KEPT_AT_MOST: usize = 512 << 20;

/// What goes into the model.
pub struct Feed<'a> {
    /// Of the classes that the spec asks for, spoiled if it asks for that.
    dataset: Cow<'a, Dataset>,
    /// How train batches are varied.
    augment: Augment,
    prefix: Option<Prefix>,
}

/// The first blocks, which are fixed.
struct Prefix {
    blocks: usize,
    /// In evaluation.
    model: Classifier,
    kept: Option<Kept>,
}

/// What the first blocks make of some rows.
struct Kept {
    width: usize,
    /// By row of the dataset; [`ABSENT`] for those that are not kept.
    places: Vec<u32>,
    values: Vec<f32>,
}

/// What the fixed blocks make of all rows that are kept.
pub struct Matrix<'f> {
    /// `[rows, width]`.
    pub values: &'f [f32],
    /// Of a row.
    pub width: usize,
    /// Of each row.
    pub labels: Vec<u32>,
    places: &'f [u32],
}

impl Matrix<'_> {
    /// Where rows of the dataset lie in it; they must be kept.
    pub fn places_of(&self, rows: &[u32]) -> Vec<u32> {
        rows.iter().map(|&row| self.places[row as usize]).collect()
    }
}

const ABSENT: u32 = u32::MAX;

impl<'a> Feed<'a> {
    /// Of whole examples.
    pub fn new(dataset: Cow<'a, Dataset>, augment: Augment) -> Self {
        Self { dataset, augment, prefix: None }
    }

    /// The dataset behind it.
    pub fn dataset(&self) -> &Dataset {
        &self.dataset
    }

    /// How train batches are varied.
    pub fn augment(&self) -> &Augment {
        &self.augment
    }

    /// The block behind which its batches enter the model.
    pub fn from(&self) -> usize {
        self.prefix.as_ref().map_or(0, |prefix| prefix.blocks)
    }

    /// From now on batches are what the first `blocks` of the model make of examples; those of
    /// `rows` are kept, if they are few enough and are not varied. On the device without autodiff.
    pub fn fix(&mut self, blocks: usize, model: &Classifier, rows: &[u32], device: &Device) {
        self.prefix = None;
        if blocks == 0 {
            return;
        }
        let model = model.valid();
        let kept = (self.augment.is_none()).then(|| self.keep(blocks, &model, rows, device));
        self.prefix = Some(Prefix { blocks, model, kept: kept.flatten() });
    }

    /// The same with nothing kept: the blocks are run for each batch.
    pub fn fix_unkept(&mut self, blocks: usize, model: &Classifier) {
        self.prefix = Some(Prefix { blocks, model: model.valid(), kept: None });
    }

    fn keep(
        &self,
        blocks: usize,
        model: &Classifier,
        rows: &[u32],
        device: &Device,
    ) -> Option<Kept> {
        let mut kept = Kept {
            width: 0,
            places: vec![ABSENT; self.dataset.labels().len()],
            values: Vec::new(),
        };
        for (chunk, rows) in rows.chunks(CHUNK).enumerate() {
            let inputs = upload(&self.dataset, rows, device).inputs;
            let features = model.prefix(blocks, inputs);
            kept.width = features.dims()[1];
            let total = size_of::<f32>() * kept.width * self.dataset.labels().len();
            if total > KEPT_AT_MOST {
                return None;
            }
            let values = features.into_data().try_to_vec::<f32>();
            kept.values.extend(values.expect("invariant: models compute in f32"));
            for (place, row) in rows.iter().enumerate() {
                kept.places[*row as usize] = (chunk * CHUNK + place) as u32;
            }
        }
        Some(kept)
    }

    /// A train batch of step `step`.
    pub fn train_batch(&self, rows: &[u32], step: u64, device: &Device) -> Batch {
        match self.kept() {
            Some(kept) => self.of_kept(kept, rows, device),
            None => {
                let varied = (&self.augment, step);
                self.through(upload_varied(&self.dataset, rows, varied, device), device)
            }
        }
    }

    /// A batch of examples that are not varied.
    pub fn batch(&self, rows: &[u32], device: &Device) -> Batch {
        match self.kept() {
            Some(kept) => self.of_kept(kept, rows, device),
            None => self.through(upload(&self.dataset, rows, device), device),
        }
    }

    /// Everything that is kept, as a matrix; none where nothing is.
    pub fn matrix(&self) -> Option<Matrix<'_>> {
        let kept = self.kept()?;
        let mut labels = vec![0; kept.values.len() / kept.width.max(1)];
        for (row, place) in kept.places.iter().enumerate().filter(|(_, place)| **place != ABSENT) {
            labels[*place as usize] = self.dataset.labels()[row];
        }
        Some(Matrix { values: &kept.values, width: kept.width, labels, places: &kept.places })
    }

    fn kept(&self) -> Option<&Kept> {
        self.prefix.as_ref()?.kept.as_ref()
    }

    fn of_kept(&self, kept: &Kept, rows: &[u32], device: &Device) -> Batch {
        let mut values = Vec::with_capacity(rows.len() * kept.width);
        for &row in rows {
            let place = kept.places[row as usize] as usize;
            values.extend_from_slice(&kept.values[place * kept.width..(place + 1) * kept.width]);
        }
        let labels = rows.iter().map(|&row| self.dataset.labels()[row as usize]).collect();
        Batch {
            inputs: matrix(values, rows.len(), device),
            labels: indices(labels, device),
            mixed: None,
            from: self.from(),
        }
    }

    /// What the fixed blocks make of a batch.
    fn through(&self, batch: Batch, device: &Device) -> Batch {
        let Some(Prefix { blocks, model, .. }) = &self.prefix else { return batch };
        let inputs = match device.is_autodiff() {
            true => Tensor::from_inner(model.prefix(*blocks, batch.inputs.inner())),
            false => model.prefix(*blocks, batch.inputs),
        };
        Batch { inputs, from: *blocks, ..batch }
    }
}
