//! `[base.optim]` and `[base.schedule]`: how gradients move weights.

use serde::{Deserialize, Serialize};

/// The optimizer and what is done to gradients and weights around it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct OptimSpec {
    /// Update rule.
    pub algorithm: Algorithm,
    /// Learning rate at the top of the schedule, above 0.
    pub lr: f64,
    /// L2 strength (lambda in lambda/2 * |w|^2), 0 or more.
    pub weight_decay: f64,
    /// How the L2 term enters.
    pub decay: Decay,
    /// Which parameters are not decayed.
    pub decay_exempt: DecayExempt,
    /// Largest L2 norm of the gradient over all parameters together; `"off"` does not clip.
    pub clip_norm: ClipNorm,
}

/// Update rule. AdamW is `adam` with `decay = "decoupled"`.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Algorithm {
    /// Stochastic gradient descent, dampening 0; `momentum = 0` is plain SGD.
    #[serde(rename_all = "kebab-case")]
    Sgd {
        /// In [0, 1).
        momentum: f64,
        /// Nesterov's form; needs momentum above 0.
        nesterov: bool,
    },
    /// Kingma & Ba 2015, with bias correction.
    #[serde(rename_all = "kebab-case")]
    Adam {
        /// In [0, 1).
        beta1: f64,
        /// In [0, 1).
        beta2: f64,
        /// Added to the root of the second moment.
        epsilon: f64,
    },
}

/// How the L2 term enters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Decay {
    /// lambda * w is added to the gradient, so that momentum and Adam's scaling see it.
    Coupled,
    /// w shrinks by the factor 1 - lr * lambda before the update (Loshchilov & Hutter 2019).
    Decoupled,
}

/// Which parameters are not decayed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DecayExempt {
    /// Biases and the scale and shift of norm layers: every parameter of rank 1.
    BiasAndNorm,
    /// None: all parameters are decayed.
    Nothing,
}

/// `"off"` or `{ max = x }`.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum ClipNorm {
    /// No clipping.
    Off,
    /// Largest norm, above 0.
    Max(f64),
}

/// Learning rate over the steps: a linear warm-up, then a shape.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct ScheduleSpec {
    /// What follows the warm-up.
    pub shape: ScheduleShape,
    /// Steps of linear rise from lr / warmup-steps to lr; 0 starts at lr.
    pub warmup_steps: usize,
}

/// What follows the warm-up.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum ScheduleShape {
    /// lr stays.
    Constant,
    /// lr falls from its top to `final_fraction` of it along half a cosine (Loshchilov & Hutter
    /// 2017, without restarts).
    #[serde(rename_all = "kebab-case")]
    Cosine {
        /// In [0, 1].
        final_fraction: f64,
    },
    /// lr is multiplied by `factor` every `every_steps` steps.
    #[serde(rename_all = "kebab-case")]
    Step {
        /// At least 1.
        every_steps: usize,
        /// In (0, 1].
        factor: f64,
    },
}
