//! `Prepared`: examples as they are kept, in memory or packed: bytes raw, floats normalised.

use bytes::Bytes;
use fireassay_kept::Floats;
use fireassay_mapped::Mapped;
use fireassay_spec::DatasetCard;

use crate::DataError;
use crate::card::Sizes;
use crate::format::{Decoded, RawValues};

/// All that a [`crate::Dataset`] holds besides what its card says.
#[derive(Debug)]
pub(crate) struct Prepared {
    pub(crate) values: Kept,
    pub(crate) labels: Vec<u32>,
    pub(crate) groups: Option<Vec<u32>>,
    /// The file that `values` lie in, if they lie in one.
    pub(crate) mapped: Option<Mapped>,
}

/// Bytes stay bytes: a quarter of the memory, and they are normalised by a table.
#[derive(Debug)]
pub(crate) enum Kept {
    Bytes(Bytes),
    Floats(Floats),
}

impl Prepared {
    /// From arrays that agree with the checked card.
    pub(crate) fn new(
        card: &DatasetCard,
        sizes: Sizes,
        decoded: Decoded,
    ) -> Result<Self, DataError> {
        let Decoded { values, labels, groups, .. } = decoded;
        let values = match values {
            RawValues::Bytes(raw) => Kept::Bytes(raw.into()),
            RawValues::Floats(mut values) => {
                for (plane, index) in values.chunks_exact_mut(sizes.plane).zip(0..) {
                    let channel = index % sizes.channels;
                    plane.iter_mut().for_each(|v| *v = normalise(card, f64::from(*v), channel));
                }
                finite(card, &values)?;
                Kept::Floats(Floats::Own(values))
            }
        };
        Ok(Self { values, labels, groups, mapped: None })
    }
}

/// As the card says.
pub(crate) fn normalise(card: &DatasetCard, raw: f64, channel: usize) -> f32 {
    let constants = &card.normalise;
    let scaled = raw / constants.divisor;
    ((scaled - constants.mean[channel]) / constants.std[channel]) as f32
}

/// The error if a normalised value is not finite.
pub(crate) fn finite(card: &DatasetCard, values: &[f32]) -> Result<(), DataError> {
    if values.iter().all(|value| value.is_finite()) {
        return Ok(());
    }
    let problem = "a value is not finite after normalise".to_owned();
    Err(DataError::Card { dataset: card.name.clone(), problem })
}
