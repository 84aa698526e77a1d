//! Crossed streams: which seed each stream has at a replicate.

use crate::{Experiment, Purpose, TrialSpec};

/// The stream that picks a pretraining.
pub(crate) const PRETRAIN: &str = "pretrain";

impl Experiment {
    /// The seed that a crossed stream has at a replicate: replicates count through the
    /// combinations, and the stream that [`Purpose::ALL`] names first moves slowest. None for a
    /// stream that is not crossed; it follows the number of the replicate.
    pub fn stream_index(&self, seed: u64, purpose: Purpose) -> Option<u64> {
        let mut period: u64 = 1;
        for &(stream, count) in self.crossed.iter().rev() {
            if stream == purpose {
                return (seed / period).checked_rem(count);
            }
            period = period.checked_mul(count).filter(|period| *period > 0)?;
        }
        None
    }

    /// The stream that picks a stage which trials share, and its number of seeds: the declared one
    /// (`analysis.blocks`), otherwise the one called `pretrain` if it is crossed or fixed.
    pub fn shared_stage(&self) -> Option<(Purpose, u64)> {
        let is_pretrain = |purpose: &&Purpose| purpose.name() == PRETRAIN;
        let stream =
            self.analysis.blocks.or_else(|| Purpose::ALL.iter().find(is_pretrain).copied());
        let stream = stream?;
        let crossed = self.crossed.iter().find(|(purpose, _)| *purpose == stream).copied();
        crossed.or_else(|| self.base.streams.named(stream).map(|_| (stream, 1)))
    }

    /// What a condition's trial runs at a replicate.
    pub(crate) fn spec_at(&self, spec: &TrialSpec, seed: u64) -> TrialSpec {
        let mut spec = spec.clone();
        for &(stream, _) in &self.crossed {
            if let Some(index) = self.stream_index(seed, stream) {
                spec.streams.set(stream, index);
            }
        }
        spec
    }
}

/// Number of replicates that crossed streams make; none if it is beyond counting.
pub(crate) fn replicates(crossed: &[(Purpose, u64)]) -> Option<u64> {
    crossed.iter().try_fold(1u64, |product, (_, count)| product.checked_mul(*count))
}
