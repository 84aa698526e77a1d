//! `SequenceBatch`: sequences side by side, padded to the longest, with masks.

use std::ops::Range;

use super::{Inputs, Sequences, Targets};
use crate::Vocabulary;

/// Some sequences with what belongs to them. What a kind of dataset does not have is empty.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SequenceBatch {
    /// Inputs that are numbers, normalised: `[batch, steps, channels]`, 0 where there is no step.
    pub values: Vec<f32>,
    /// Inputs that are text: `[batch, steps]`, [`Vocabulary::PADDING`] where there is no step.
    pub tokens: Vec<u32>,
    /// Of the inputs.
    pub extent: Extent,
    /// One class for each sequence: `[batch]`. A class or token at every step, or another
    /// sequence: `[batch, label steps]`, 0 where there is no step.
    pub labels: Vec<u32>,
    /// Of labels that have steps.
    pub label_extent: Extent,
}

/// What of a padded array is there.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Extent {
    /// Of the longest.
    pub steps: usize,
    /// `[batch]`: how many steps each has.
    pub lengths: Vec<usize>,
    /// `[batch, steps]`: whether there is a step.
    pub mask: Vec<bool>,
}

impl Sequences {
    /// Replaces the batch by these rows, in this order. Buffers that are reused stay where they
    /// are.
    ///
    /// # Panics
    ///
    /// If a row is not below [`Sequences::len`].
    pub fn gather(&self, rows: &[u32], batch: &mut SequenceBatch) {
        let spans = || rows.iter().map(|&row| self.spans[row as usize].clone());
        batch.extent.set(spans());
        batch.values.clear();
        batch.tokens.clear();
        match &self.inputs {
            Inputs::Numbers { values, channels } => {
                let spans = spans().map(|span| span.start * channels..span.end * channels);
                pad(values, spans, batch.extent.steps * channels, 0.0, &mut batch.values);
            }
            Inputs::Tokens(tokens) => {
                let steps = batch.extent.steps;
                pad(tokens, spans(), steps, Vocabulary::PADDING, &mut batch.tokens);
            }
        }
        batch.labels.clear();
        let labels = &mut batch.labels;
        match &self.targets {
            Targets::Class => {
                batch.label_extent.set([].into_iter());
                labels.extend(rows.iter().map(|&row| self.labels()[row as usize]));
            }
            Targets::PerStep(per_step) => {
                batch.label_extent.clone_from(&batch.extent);
                pad(per_step, spans(), batch.extent.steps, 0, labels);
            }
            Targets::Tokens { tokens, spans } => {
                let spans = || rows.iter().map(|&row| spans[row as usize].clone());
                batch.label_extent.set(spans());
                pad(tokens, spans(), batch.label_extent.steps, Vocabulary::PADDING, labels);
            }
        }
    }
}

impl Extent {
    fn set(&mut self, spans: impl Iterator<Item = Range<usize>>) {
        self.lengths.clear();
        self.lengths.extend(spans.map(|span| span.len()));
        self.steps = self.lengths.iter().copied().max().unwrap_or(0);
        self.mask.clear();
        for &length in &self.lengths {
            self.mask.extend((0..self.steps).map(|step| step < length));
        }
    }
}

/// Appends these parts of `flat`, each filled up to `len`.
fn pad<T: Copy>(
    flat: &[T],
    spans: impl Iterator<Item = Range<usize>>,
    len: usize,
    padding: T,
    out: &mut Vec<T>,
) {
    for span in spans {
        let missing = len - span.len();
        out.extend_from_slice(&flat[span]);
        out.extend(std::iter::repeat_n(padding, missing));
    }
}
