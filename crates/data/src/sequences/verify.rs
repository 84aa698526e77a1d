//! All checks of `open_sequences`, and the card's figures against those of the data.

use std::ops::Range;
use std::path::Path;

use fireassay_spec::DatasetCard;

use super::{Inputs, Sequences, Targets, card, format};
use crate::file::Reader;
use crate::verify::{PartFigures, Verified, compare};
use crate::{DataError, Vocabulary};

/// What sequences were found to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SequenceFigures {
    /// Lengths of the inputs of the train part.
    pub train_steps: LengthFigures,
    /// Of the dataset's own test examples; zeros without them.
    pub test_steps: LengthFigures,
    /// Lengths of target sequences, all parts, each with its end token; `None` when targets are
    /// something else.
    pub target_steps: Option<LengthFigures>,
    /// Size of the vocabulary of inputs that are text.
    pub vocabulary: Option<usize>,
    /// Size of the vocabulary of targets that are tokens.
    pub target_vocabulary: Option<usize>,
    /// How many groups (speakers, recordings) there are, if the files say.
    pub groups: Option<usize>,
}

/// Lengths of some sequences.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LengthFigures {
    /// Of the shortest.
    pub min: usize,
    /// Of the longest.
    pub max: usize,
    /// Of all together; a step of overlapping windows counts in each.
    pub total: usize,
}

/// Reads the sequences in `folder` and compares all that their card states of them.
pub(crate) fn verify(card: &DatasetCard, folder: &Path) -> Result<Verified, DataError> {
    let found = measure(card, folder)?;
    compare(card, &found.mean, &found.std)?;
    Ok(found)
}

/// As [`verify`], whatever mean and std the card states.
pub(crate) fn measure(card: &DatasetCard, folder: &Path) -> Result<Verified, DataError> {
    let decoded = format::read(&card::check(card)?, folder, Reader::Disk)?;
    let bytes_on_disk = decoded.bytes_on_disk;
    let num_train = card.examples.train;
    let channels = card.normalise.mean.len();
    let (mean, std) = match &decoded.inputs {
        Inputs::Tokens(_) => (card.normalise.mean.clone(), card.normalise.std.clone()),
        Inputs::Numbers { values, channels: width } => {
            let steps = || decoded.spans[..num_train].iter().cloned().flatten();
            let moments = |channel: usize| {
                // Of one constant for all, every channel is part.
                let of_step = move |step: usize| {
                    let row = &values[step * width..(step + 1) * width];
                    row.iter().skip(channel).step_by(channels)
                };
                moments(|| steps().flat_map(of_step).map(|&value| f64::from(value)))
            };
            let divisor = card.normalise.divisor;
            let moments = (0..channels).map(moments);
            moments.map(|(mean, std)| (mean / divisor, std / divisor)).unzip()
        }
    };
    let sequences = Sequences::new(card, decoded)?;
    Ok(Verified {
        name: card.name.clone(),
        num_files: card.files.len(),
        bytes_on_disk,
        train: sequences.part(0..num_train),
        test: sequences.part(num_train..sequences.len()),
        mean,
        std,
        sequences: Some(sequences.figures()),
    })
}

/// (mean, std) in two passes, taken from the first value on, as of other datasets.
fn moments<I: Iterator<Item = f64>>(values: impl Fn() -> I) -> (f64, f64) {
    let n = values().count() as f64;
    let first = values().next().unwrap_or(0.0);
    let mean = first + values().map(|value| value - first).sum::<f64>() / n;
    let variance = values().map(|value| (value - mean) * (value - mean)).sum::<f64>() / n;
    (mean, variance.sqrt())
}

impl LengthFigures {
    fn of(spans: &[Range<usize>]) -> Self {
        let lengths = || spans.iter().map(ExactSizeIterator::len);
        let (min, max) = (lengths().min().unwrap_or(0), lengths().max().unwrap_or(0));
        Self { min, max, total: lengths().sum() }
    }
}

impl Sequences {
    /// Classes of each example, or of each step. Tokens are not counted.
    fn part(&self, rows: Range<usize>) -> PartFigures {
        let examples = rows.len();
        let mut per_class = vec![0; self.classes.len()];
        if !per_class.is_empty() {
            match &self.targets {
                Targets::Class => {
                    self.labels()[rows].iter().for_each(|&label| per_class[label as usize] += 1);
                }
                Targets::PerStep(labels) => {
                    let steps = self.spans[rows].iter().cloned().flatten();
                    steps.for_each(|step| per_class[labels[step] as usize] += 1);
                }
                Targets::Tokens { .. } => {}
            }
        }
        PartFigures { examples, per_class }
    }

    fn figures(&self) -> SequenceFigures {
        let (train, test) = self.spans.split_at(self.num_train());
        SequenceFigures {
            train_steps: LengthFigures::of(train),
            test_steps: LengthFigures::of(test),
            target_steps: match &self.targets {
                Targets::Class | Targets::PerStep(_) => None,
                Targets::Tokens { spans, .. } => Some(LengthFigures::of(spans)),
            },
            vocabulary: self.vocabulary().map(Vocabulary::size),
            target_vocabulary: self.target_vocabulary().map(Vocabulary::size),
            groups: self
                .groups()
                .map(|groups| groups.iter().copied().max().map_or(0, |last| last as usize + 1)),
        }
    }
}
