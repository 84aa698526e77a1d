//! `PartPlan`: what happens to one part of a network in one stretch of training.

use fireassay_spec::{FrozenBatchNorm, TrainedBatchNorm};
use serde::{Deserialize, Serialize};

use crate::Kind;

/// What happens to one part.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct PartPlan {
    /// Which of its tensors are trained, those of batch norm aside.
    pub trains: Trains,
    /// What its batch norms do.
    pub batch_norm: Norm,
    /// Whether its dropout drops.
    pub dropout: bool,
    /// Its learning rate, as a multiple of the head's.
    pub lr: f64,
}

/// Which tensors are trained.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Trains {
    /// None.
    Nothing,
    /// Scale and shift of norms, and biases.
    Affine,
    /// All.
    Everything,
}

/// What batch norms do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Norm {
    /// Whether scale and shift are trained.
    pub affine: bool,
    /// What normalises while training.
    pub statistics: Statistics,
    /// Whether stored statistics are taken anew from the train split before the first step.
    pub re_estimated: bool,
}

/// What normalises while training. Evaluation always goes by stored statistics.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Statistics {
    /// The batch's, which the stored ones follow.
    Batch,
    /// The stored ones, which stay.
    Stored,
}

impl PartPlan {
    /// Whether a tensor of this kind is trained.
    pub fn trains(&self, kind: Kind) -> bool {
        match kind {
            Kind::Weight => self.trains == Trains::Everything,
            Kind::Bias | Kind::Affine => self.trains != Trains::Nothing,
            Kind::BatchAffine => self.batch_norm.affine,
            Kind::Statistics => false,
        }
    }

    /// Whether nothing in it moves and what it makes of an example depends on that example alone.
    pub fn is_fixed(&self) -> bool {
        let Norm { affine, statistics, .. } = self.batch_norm;
        self.trains == Trains::Nothing
            && !affine
            && statistics == Statistics::Stored
            && !self.dropout
    }
}

impl Norm {
    /// As in ordinary training.
    pub(crate) const LIVE: Self = Self::new(true, Statistics::Batch);

    const fn new(affine: bool, statistics: Statistics) -> Self {
        Self { affine, statistics, re_estimated: false }
    }

    pub(crate) fn of_frozen(mode: FrozenBatchNorm) -> Self {
        match mode {
            FrozenBatchNorm::FullyFrozen => Self::new(false, Statistics::Stored),
            FrozenBatchNorm::StatisticsFixed => Self::new(true, Statistics::Stored),
            FrozenBatchNorm::SilentDrift => Self::new(false, Statistics::Batch),
            FrozenBatchNorm::Train => Self::LIVE,
            FrozenBatchNorm::ReEstimate => {
                Self { re_estimated: true, ..Self::new(false, Statistics::Stored) }
            }
        }
    }

    /// `is_enough` says whether batches are large and many enough for statistics of their own.
    pub(crate) fn of_trained(mode: TrainedBatchNorm, is_enough: bool) -> Self {
        match mode {
            TrainedBatchNorm::Auto if is_enough => Self::LIVE,
            TrainedBatchNorm::Train => Self::LIVE,
            TrainedBatchNorm::Auto | TrainedBatchNorm::StatisticsFixed => {
                Self::new(true, Statistics::Stored)
            }
            TrainedBatchNorm::FullyFrozen => Self::new(false, Statistics::Stored),
            TrainedBatchNorm::ReEstimate => {
                Self { re_estimated: true, ..Self::new(true, Statistics::Stored) }
            }
        }
    }
}
