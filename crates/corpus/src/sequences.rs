//! What holds for every dataset of sequences that was decoded, whatever its format.

use std::path::Path;

use fireassay_data::{DataError, SequenceBatch, Sequences, open_sequences_with};
use fireassay_spec::{DataFormat, DatasetCard, SequenceFormat, Steps};

use crate::{arrays, told};

/// Of the one file that they read.
pub(crate) const FILE: &str = "file";

/// Opens the bytes as `claimed` says of them, plain and compressed: both have to come to the same.
pub(crate) fn check(bytes: &[u8], claimed: Claimed) -> String {
    let packed = arrays::gzip(bytes);
    let plain = open(bytes, &claimed);
    // What is compressed already would be unpacked once only.
    if !arrays::is_compressed(bytes) {
        let unpacked = open(&packed, &claimed);
        assert_eq!(unpacked.as_ref().ok().map(contents), plain.as_ref().ok().map(contents));
    }
    let sequences = match plain {
        Err(error) => return told(&error),
        Ok(sequences) => sequences,
    };
    let batch = contents(&sequences);
    let lengths = &batch.extent.lengths;
    let (least, most) = (lengths.iter().min(), lengths.iter().max());
    assert_eq!((least, most), (Some(&claimed.steps.min), Some(&claimed.steps.max)));
    assert_eq!(lengths.len(), claimed.examples);
    assert!(batch.values.iter().all(|value| value.is_finite()));
    assert!(batch.tokens.iter().all(|&token| (token as usize) < claimed.shape));
    let there = batch.extent.mask.iter().filter(|&&there| there).count();
    assert_eq!(there, lengths.iter().sum::<usize>());
    let more = open(bytes, &Claimed { examples: claimed.examples + 1, ..claimed });
    assert!(matches!(more, Err(DataError::Examples { .. })));
    format!("accepted, {} sequences, {there} steps", sequences.len())
}

/// What a card says of the bytes.
#[derive(Clone)]
pub(crate) struct Claimed {
    pub(crate) format: SequenceFormat,
    /// Of a step.
    pub(crate) shape: usize,
    pub(crate) steps: Steps,
    pub(crate) examples: usize,
    pub(crate) has_classes: bool,
}

fn open(bytes: &[u8], claimed: &Claimed) -> Result<Sequences, DataError> {
    let format = DataFormat::Sequence(claimed.format.clone());
    let card = arrays::card(&[(FILE, bytes)], vec![claimed.shape], claimed.examples, format);
    let classes = if claimed.has_classes { card.classes.clone() } else { Vec::new() };
    let card = DatasetCard { steps: Some(claimed.steps), classes, ..card };
    open_sequences_with(&card, Path::new(""), &|path| match path.to_str() {
        Some(FILE) => Ok(bytes.to_vec()),
        _ => Err(std::io::ErrorKind::NotFound.into()),
    })
}

fn contents(sequences: &Sequences) -> SequenceBatch {
    let rows: Vec<u32> = (0..).take(sequences.len()).collect();
    let mut batch = SequenceBatch::default();
    sequences.gather(&rows, &mut batch);
    batch
}

/// The least and the most of some lengths; what a card may say, if there is none.
pub(crate) fn spread(lengths: impl Iterator<Item = usize> + Clone) -> Steps {
    let min = lengths.clone().min().unwrap_or(1).max(1);
    Steps { min, max: lengths.max().unwrap_or(1).max(min) }
}
