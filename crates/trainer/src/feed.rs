//! `Feed`: what goes into the model. Examples as they are; or, where the first blocks are fixed, what
//! those make of them, which is computed once per example and outside autodiff.
//!
//! Both ways give the same bits: no layer that is fixed mixes the examples of a batch.

use std::borrow::Cow;
use std::sync::Arc;

use burn::module::Module;
use burn::tensor::{Device, Tensor};
use fireassay_data::{Augment, Dataset};
use fireassay_features::{Cut, FeatureCache, Features, Precision, Rows, Source};
use fireassay_models::Classifier;

use crate::TrainError;
use crate::batch::{Batch, indices, matrix, upload, upload_varied};

/// Examples per forward pass of the fixed blocks.
const CHUNK: usize = 250;
/// What may be kept of one trial, in bytes. Beyond it, fixed blocks are run for each batch.
const KEPT_AT_MOST: usize = 512 << 20;
/// From so many bytes on they are kept on disk, where computing them anew would cost more than a lock
/// and a hash; up to so many, because every trial hashes them.
const SHARED_FROM: usize = 1 << 20;
const SHARED_AT_MOST: usize = 4 << 30;

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
    values: Values,
}

enum Values {
    Own(Vec<f32>),
    /// Kept for other trials too.
    Shared(Arc<Features>),
}

/// Whether features are kept, and where.
#[derive(Clone, Copy)]
pub enum Keep<'k> {
    /// They are computed for each batch.
    Not,
    /// For this trial.
    InMemory,
    /// On disk for every trial that has the same ones, if they are many. The text says all that decides
    /// them.
    OnDisk(&'k FeatureCache, &'k str),
}

/// What the fixed blocks make of all rows that are kept.
pub struct Matrix<'f> {
    /// `[rows, width]`.
    pub values: Rows<'f>,
    /// Of each row.
    pub labels: Vec<u32>,
    places: &'f [u32],
}

impl Kept {
    fn row(&self, place: usize) -> &[f32] {
        match &self.values {
            Values::Own(values) => &values[place * self.width..(place + 1) * self.width],
            Values::Shared(features) => {
                features.row(place).expect("invariant: every row that is kept has exact features")
            }
        }
    }
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

    /// From now on batches are what the first `blocks` of the model make of examples. Those of `rows`
    /// are kept as `keep` says, if they are not too many and are not varied. On the device without
    /// autodiff.
    pub fn fix(
        &mut self,
        (blocks, model): (usize, &Classifier),
        rows: &[u32],
        keep: Keep<'_>,
        device: &Device,
    ) -> Result<(), TrainError> {
        self.prefix = None;
        if blocks == 0 {
            return Ok(());
        }
        let model = model.valid();
        let kept = match self.augment.is_none() {
            true => self.kept_of((blocks, &model), rows, keep, device)?,
            false => None,
        };
        self.prefix = Some(Prefix { blocks, model, kept });
        Ok(())
    }

    fn kept_of(
        &self,
        (blocks, model): (usize, &Classifier),
        rows: &[u32],
        keep: Keep<'_>,
        device: &Device,
    ) -> Result<Option<Kept>, TrainError> {
        let Some(first) = rows.first() else { return Ok(None) };
        let make = |rows: &[u32]| -> Vec<f32> {
            let features = model.prefix(blocks, upload(&self.dataset, rows, device).inputs);
            let values = features.into_data().try_to_vec::<f32>();
            values.expect("invariant: models compute in f32")
        };
        let width = make(std::slice::from_ref(first)).len();
        let bytes = size_of::<f32>() * width * rows.len();
        let values = match keep {
            Keep::OnDisk(cache, text) if (SHARED_FROM..=SHARED_AT_MOST).contains(&bytes) => {
                let name = format!("block {blocks}");
                let cut = Cut { name: &name, width, precision: Precision::Exact };
                let source = Source { text, rows: rows.len() };
                let found = cache.features(source, &[cut], |_, emit| {
                    rows.chunks(CHUNK).try_for_each(|rows| emit.batch(&[&make(rows)]))?;
                    Ok::<(), TrainError>(())
                })?;
                for problem in &found.problems {
                    tracing::warn!("{problem}");
                }
                Values::Shared(Arc::clone(&found.features[0]))
            }
            Keep::InMemory | Keep::OnDisk(..) if bytes <= KEPT_AT_MOST => {
                Values::Own(rows.chunks(CHUNK).flat_map(make).collect())
            }
            Keep::InMemory | Keep::OnDisk(..) | Keep::Not => return Ok(None),
        };
        let mut places = vec![ABSENT; self.dataset.labels().len()];
        for (place, row) in (0..).zip(rows) {
            places[*row as usize] = place;
        }
        Ok(Some(Kept { width, places, values }))
    }

    /// The error if dataset or features were written to since they were opened. To be asked before
    /// anything that was computed from them counts.
    pub fn check_unchanged(&self) -> Result<(), TrainError> {
        self.dataset.check_unchanged()?;
        match self.kept().map(|kept| &kept.values) {
            Some(Values::Shared(features)) => Ok(features.check_unchanged()?),
            Some(Values::Own(_)) | None => Ok(()),
        }
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
        let values = match &kept.values {
            Values::Own(values) => Rows::new(values, kept.width),
            Values::Shared(features) => features.rows(),
        };
        let values = values.ok()?;
        let mut labels = vec![0; values.len()];
        for (row, place) in kept.places.iter().enumerate().filter(|(_, place)| **place != ABSENT) {
            labels[*place as usize] = self.dataset.labels()[row];
        }
        Some(Matrix { values, labels, places: &kept.places })
    }

    fn kept(&self) -> Option<&Kept> {
        self.prefix.as_ref()?.kept.as_ref()
    }

    fn of_kept(&self, kept: &Kept, rows: &[u32], device: &Device) -> Batch {
        let mut values = Vec::with_capacity(rows.len() * kept.width);
        for &row in rows {
            values.extend_from_slice(kept.row(kept.places[row as usize] as usize));
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
