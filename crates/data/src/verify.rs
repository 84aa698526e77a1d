//! `verify`: all checks of `open`, and the card's figures against those of the data.

use std::path::Path;

use fireassay_spec::DatasetCard;

use crate::card::{self, Sizes};
use crate::file::Reader;
use crate::format::{self, RawValues};
use crate::sequences::{self, SequenceFigures};
use crate::{DataError, Dataset};

/// What a dataset was found to hold. It agrees with the card.
#[derive(Clone, Debug, PartialEq)]
pub struct Verified {
    /// Name in the card.
    pub name: String,
    /// How many files were read.
    pub num_files: usize,
    /// Their size on disk.
    pub bytes_on_disk: u64,
    /// The examples to learn from.
    pub train: PartFigures,
    /// The dataset's own test examples.
    pub test: PartFigures,
    /// Of raw / divisor over the train examples: one, or one per channel or feature, as in the
    /// card.
    pub mean: Vec<f64>,
    /// As `mean`; of the population.
    pub std: Vec<f64>,
    /// Of a dataset of sequences.
    pub sequences: Option<SequenceFigures>,
}

/// Examples of one part of a dataset.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PartFigures {
    /// All of them.
    pub examples: usize,
    /// By class, in the card's order; steps, when each has a class of its own; empty when targets
    /// are tokens.
    pub per_class: Vec<usize>,
}

/// Reads the dataset in `folder` and compares all that its card states of it.
pub fn verify(card: &DatasetCard, folder: &Path) -> Result<Verified, DataError> {
    if card.sequence_format().is_some() {
        return sequences::verify(card, folder);
    }
    let sizes = card::check(card)?;
    let decoded = format::read(card, folder, Reader::Disk)?;
    let bytes_on_disk = decoded.bytes_on_disk;
    let train_values = card.examples.train * sizes.item;
    let moments = match &decoded.values {
        RawValues::Bytes(raw) => moments_of_bytes(&raw[..train_values], sizes),
        RawValues::Floats(values) => moments_of_floats(&values[..train_values], sizes),
    };
    let divisor = card.normalise.divisor;
    let (mean, std): (Vec<f64>, Vec<f64>) =
        moments.into_iter().map(|(mean, std)| (mean / divisor, std / divisor)).unzip();
    compare(card, &mean, &std)?;
    let dataset = Dataset::new(card, sizes, decoded)?;
    let (train, test) = dataset.labels().split_at(dataset.num_train());
    Ok(Verified {
        name: card.name.clone(),
        num_files: card.files.len(),
        bytes_on_disk,
        train: PartFigures::of(train, dataset.num_classes()),
        test: PartFigures::of(test, dataset.num_classes()),
        mean,
        std,
        sequences: None,
    })
}

impl PartFigures {
    pub(crate) fn of(labels: &[u32], num_classes: usize) -> Self {
        let mut per_class = vec![0; num_classes];
        labels.iter().for_each(|&label| per_class[label as usize] += 1);
        Self { examples: labels.len(), per_class }
    }
}

/// Cards round, and some state figures of a larger set that everybody uses: both are fine as long
/// as the inputs stay centred and scaled to within this part of a standard deviation.
const TOLERANCE: f64 = 1e-3;

pub(crate) fn compare(card: &DatasetCard, mean: &[f64], std: &[f64]) -> Result<(), DataError> {
    let stated = &card.normalise;
    for channel in 0..mean.len() {
        // A value that never varies cannot be scaled; the card says 1 then.
        let std = if std[channel] == 0.0 { 1.0 } else { std[channel] };
        for (what, expected, found) in
            [("mean", stated.mean[channel], mean[channel]), ("std", stated.std[channel], std)]
        {
            if (expected - found).abs() > TOLERANCE * std {
                return Err(DataError::Normalise {
                    dataset: card.name.clone(),
                    what: format!("{what}[{channel}]"),
                    expected,
                    found,
                });
            }
        }
    }
    Ok(())
}

/// (mean, std) per channel, by way of histograms.
fn moments_of_bytes(raw: &[u8], sizes: Sizes) -> Vec<(f64, f64)> {
    let mut counts = vec![[0u64; 256]; sizes.channels];
    for (plane, index) in raw.chunks_exact(sizes.plane).zip(0..) {
        let counts = &mut counts[index % sizes.channels];
        plane.iter().for_each(|&byte| counts[usize::from(byte)] += 1);
    }
    let n = (raw.len() / sizes.channels) as f64;
    let moments = |counts: &[u64; 256]| {
        let average = |f: &dyn Fn(f64) -> f64| {
            let terms = (0u32..).zip(counts).map(|(byte, &n)| f(f64::from(byte)) * n as f64);
            terms.sum::<f64>() / n
        };
        let mean = average(&|v| v);
        (mean, average(&|v| (v - mean) * (v - mean)).sqrt())
    };
    counts.iter().map(moments).collect()
}

/// (mean, std) per channel, in two passes. Taken from the first value on, so that one that never
/// varies has exactly that mean, and std 0.
fn moments_of_floats(values: &[f32], sizes: Sizes) -> Vec<(f64, f64)> {
    let n = (values.len() / sizes.channels) as f64;
    let moments = |channel| {
        let planes = || values.chunks_exact(sizes.plane).skip(channel).step_by(sizes.channels);
        let average =
            |f: &dyn Fn(f64) -> f64| planes().flatten().map(|&v| f(f64::from(v))).sum::<f64>() / n;
        let first = f64::from(values[channel * sizes.plane]);
        let mean = first + average(&|v| v - first);
        (mean, average(&|v| (v - mean) * (v - mean)).sqrt())
    };
    (0..sizes.channels).map(moments).collect()
}
