//! `[base.train]`: for how long, on what loss, and which weights are kept.

use serde::{Deserialize, Serialize};

/// The training loop's own settings.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct TrainSpec {
    /// `{ steps = n }` or `{ epochs = n }`.
    pub budget: Budget,
    /// Examples per step. An epoch has floor(n / batch-size) steps, at least one; what is left
    /// over waits for the next epoch's order, so no step sees a tiny batch. With fewer examples
    /// than that, every step sees all of them.
    pub batch_size: usize,
    /// What is minimised.
    pub loss: Loss,
    /// How often `val` is evaluated: `{ steps = n }` or `{ epochs = n }`.
    pub eval_every: Budget,
    /// `"off"` or `{ patience = n }`.
    pub early_stopping: EarlyStopping,
    /// Which weights are tested.
    pub select: Select,
}

/// A stretch of training.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Budget {
    /// Passes over the training examples.
    Epochs(usize),
    /// Optimizer steps.
    Steps(usize),
}

/// What is minimised.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Loss {
    /// Softmax cross-entropy, in nats, mean over the batch.
    CrossEntropy,
}

/// When to stop before the budget is spent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum EarlyStopping {
    /// The whole budget is used.
    Off,
    /// Stop after this many evaluations on `val` without a lower loss.
    #[serde(rename_all = "kebab-case")]
    Patience(usize),
}

/// Which weights are evaluated on train, val and test at the end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Select {
    /// Those with the lowest `val` loss seen at an evaluation.
    BestVal,
    /// Those of the last step.
    Last,
}
