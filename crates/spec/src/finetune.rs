//! `[base.finetune]`: what becomes of the weights that a trial starts from.
//!
//! A backbone is a row of blocks, 1 to L, counted from the input; behind it is the head. The blocks of
//! each family are those of [`crate::ModelSpec::num_blocks`].

use serde::{Deserialize, Serialize};

use crate::ModelSpec;

/// A fine-tuning regime and its parts that can be varied by themselves.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct FinetuneSpec {
    /// What is kept, cut, made anew, frozen and trained, and when.
    pub regime: RegimeSpec,
    /// The head's first weights.
    #[serde(default)]
    pub head: HeadInit,
    /// What batch norm does.
    #[serde(default)]
    pub batch_norm: BatchNormSpec,
    /// How the learning rate differs between head and blocks.
    #[serde(default)]
    pub lr_scheme: LrScheme,
    /// What holds weights near the source.
    #[serde(default)]
    pub anchor: Anchor,
    /// How the head is found while it is trained alone.
    #[serde(default)]
    pub head_solver: HeadSolver,
    /// Whether the source's test split is evaluated again in the end, with the source's head: the
    /// metrics `source` and `forgotten`.
    #[serde(default)]
    pub forgetting: bool,
}

/// What is kept, cut, made anew, frozen and trained, and when. The head is always trained.
///
/// The lecture's regimes (L15 to L18) have names of their own, which mean one of these: `little-similar` is
/// `linear-probe`, `little-different` is `finetune-from`, `much-similar-all` and `much-different` are
/// `full`, `much-similar-last` is `finetune-last`, `much-similar-cut` is `cut-last`.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum RegimeSpec {
    /// R0: no source; everything is drawn and trained. What every regime is compared with.
    Scratch,
    /// R0c: as `scratch`, of a network that ends behind block `keep`: the comparison for `cut-last`.
    #[serde(rename_all = "kebab-case")]
    ScratchCut {
        /// Blocks that there are.
        keep: usize,
    },
    /// R0r: no source; only the head is trained, on a drawn backbone.
    RandomFeatures,
    /// R0r on the activations of block `keep`.
    #[serde(rename_all = "kebab-case")]
    RandomFeaturesCut {
        /// Blocks that there are.
        keep: usize,
    },
    /// R1: only the head is trained.
    #[serde(alias = "little-similar")]
    LinearProbe,
    /// R2: only the head is trained, on the activations of block `keep`.
    #[serde(rename_all = "kebab-case")]
    EarlyLinearProbe {
        /// Blocks that there are.
        keep: usize,
    },
    /// R3, R4: blocks above `k` are trained; `k = 0` is `full`.
    #[serde(rename_all = "kebab-case", alias = "little-different")]
    FinetuneFrom {
        /// Blocks that are frozen.
        k: usize,
    },
    /// R3: the last blocks are trained; `finetune-from` counted from the end.
    #[serde(rename_all = "kebab-case", alias = "much-similar-last")]
    FinetuneLast {
        /// Blocks that are trained.
        blocks: usize,
    },
    /// R5: everything is trained.
    #[serde(alias = "much-similar-all", alias = "much-different")]
    Full,
    /// R6: the last blocks are cut off, a new head put on, everything trained.
    #[serde(rename_all = "kebab-case", alias = "much-similar-cut")]
    CutLast {
        /// Blocks that are cut off.
        blocks: usize,
    },
    /// R6': the last blocks are drawn anew, everything trained.
    #[serde(rename_all = "kebab-case")]
    ReinitLast {
        /// Blocks that are drawn anew.
        blocks: usize,
    },
    /// R7: the head first, then everything with a smaller learning rate (Kumar et al. 2022).
    #[serde(rename_all = "kebab-case")]
    LpFt {
        /// Share of the budget for the head alone, in (0, 1).
        probe_fraction: f64,
        /// What the learning rate is multiplied with in the second phase, in (0, 1].
        lr_factor: f64,
    },
    /// R9: the head first; then, in equal stages, more and more blocks from the last one on, until
    /// all are trained (Howard & Ruder 2018).
    #[serde(rename_all = "kebab-case")]
    GradualUnfreeze {
        /// Of equal length, the head's included; from 2 to one more than there are blocks.
        stages: usize,
    },
    /// R10: one block is trained (Lee et al. 2022).
    #[serde(rename_all = "kebab-case")]
    OneBlock {
        /// Counted from 1, at the input.
        block: usize,
    },
    /// R11: norms' scale and shift and all biases are trained.
    AffineOnly,
    /// AnB and AnB+ (Yosinski et al. 2014): `k` blocks of the source, those above drawn anew and
    /// trained; with `finetune` the copied ones too.
    #[serde(rename_all = "kebab-case")]
    Transplant {
        /// Blocks that are copied.
        k: usize,
        /// Whether those are trained too.
        finetune: bool,
    },
    /// R12, BnB and BnB+: as `transplant`, where the source learns from the target's own data.
    #[serde(rename_all = "kebab-case")]
    Selffer {
        /// Blocks that are copied.
        k: usize,
        /// Whether those are trained too.
        finetune: bool,
    },
}

/// The head's first weights. Without a source they are drawn in any case.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum HeadInit {
    /// All 0: every class is as likely as any other, and no gradient reaches the backbone before
    /// the head has learnt something.
    #[default]
    Zero,
    /// Drawn from the stream `init`.
    Random,
    /// The source's; it must tell the same number of classes apart.
    Source,
}

/// How the head is found while it is trained alone: of a linear probe, and in the first phase of
/// `lp-ft` and `gradual-unfreeze`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum HeadSolver {
    /// By the optimizer, for a share of the budget.
    #[default]
    Gradient,
    /// Multinomial logistic regression on standardised features, to its optimum (L-BFGS), at each of
    /// these weights of decay, lambda in mean loss + lambda/2 |w|^2; `val` chooses. It counts as one
    /// step, and no learning rate plays a part.
    Logistic(Vec<f64>),
    /// Least squares to one for the class and zero for the others, in the same way, in closed form.
    Ridge(Vec<f64>),
}

/// What batch norm does in blocks that are frozen and in those that are trained.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct BatchNormSpec {
    /// In frozen blocks.
    pub frozen: FrozenBatchNorm,
    /// In trained blocks.
    pub trained: TrainedBatchNorm,
}

/// What batch norm does in a frozen block.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FrozenBatchNorm {
    /// BN-E: nothing moves; stored statistics normalise.
    #[default]
    FullyFrozen,
    /// BN-A: scale and shift are trained; stored statistics normalise and stay.
    StatisticsFixed,
    /// BN-S: scale and shift stay; the batch normalises while training, and stored statistics
    /// follow it. What happens where gradients are switched off and nothing else.
    SilentDrift,
    /// BN-T: as in ordinary training, though the block is frozen.
    Train,
    /// BN-R: before the first step the statistics are taken anew from the train split; then nothing
    /// moves.
    ReEstimate,
}

/// What batch norm does in a trained block.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum TrainedBatchNorm {
    /// `train` if a step sees 16 examples or more and there are at least ten such batches, else
    /// `statistics-fixed`.
    #[default]
    Auto,
    /// BN-T: the batch normalises while training, and stored statistics follow it.
    Train,
    /// BN-A: scale and shift are trained; stored statistics normalise and stay.
    StatisticsFixed,
    /// BN-E: neither scale, shift nor statistics move.
    FullyFrozen,
    /// BN-R: before the first step the statistics are taken anew from the train split and stay; scale
    /// and shift are trained.
    ReEstimate,
}

/// How the learning rate differs between the head, which has that of `[base.optim]`, and blocks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum LrScheme {
    /// One for all.
    #[default]
    Uniform,
    /// Blocks have the head's divided by this; 10 is usual.
    HeadTimes(f64),
    /// From the head's down to the head's divided by this in the first block, in equal ratios.
    Geometric(f64),
    /// Each block has this times that of the part behind it, in (0, 1]; 0.75 is usual.
    LayerDecay(f64),
}

/// What holds weights near the source. It enters as `optim.decay` says, and is 0 at the source.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Anchor {
    /// Nothing.
    #[default]
    None,
    /// R8: alpha/2 |w - source|^2 for what comes from the source, beta/2 |w|^2 for all else (Li et
    /// al. 2018). It takes the place of `optim.weight-decay`.
    #[serde(rename_all = "kebab-case")]
    L2Sp {
        /// Of what comes from the source, 0 or more.
        alpha: f64,
        /// Of what does not: the head, and blocks that are drawn anew; 0 or more.
        beta: f64,
    },
}

impl RegimeSpec {
    /// Whether it starts from weights of a source.
    pub fn has_source(&self) -> bool {
        !matches!(
            self,
            Self::Scratch
                | Self::ScratchCut { .. }
                | Self::RandomFeatures
                | Self::RandomFeaturesCut { .. }
        )
    }

    /// Whether the head is trained alone at first.
    pub fn begins_with_head(&self) -> bool {
        matches!(
            self,
            Self::EarlyLinearProbe { .. }
                | Self::GradualUnfreeze { .. }
                | Self::LinearProbe
                | Self::LpFt { .. }
                | Self::RandomFeatures
                | Self::RandomFeaturesCut { .. }
        )
    }

    /// Blocks that the network has under this regime, of `blocks`; none if it has not so many.
    pub fn kept(&self, blocks: usize) -> Option<usize> {
        let kept = match *self {
            Self::ScratchCut { keep }
            | Self::RandomFeaturesCut { keep }
            | Self::EarlyLinearProbe { keep } => keep,
            Self::CutLast { blocks: cut } => blocks.checked_sub(cut)?,
            Self::AffineOnly
            | Self::FinetuneFrom { .. }
            | Self::FinetuneLast { .. }
            | Self::Full
            | Self::GradualUnfreeze { .. }
            | Self::LinearProbe
            | Self::LpFt { .. }
            | Self::OneBlock { .. }
            | Self::RandomFeatures
            | Self::ReinitLast { .. }
            | Self::Scratch
            | Self::Selffer { .. }
            | Self::Transplant { .. } => return Some(blocks),
        };
        (1..=blocks).contains(&kept).then_some(kept)
    }
}

impl ModelSpec {
    /// Blocks of the backbone: convolution blocks and hidden dense layers of a CNN or an MLP; of a
    /// ResNet its first convolution and each residual block; of an EfficientNet its first convolution,
    /// each bottleneck and its last convolution.
    pub fn num_blocks(&self) -> usize {
        match self {
            Self::Cnn(cnn) => cnn.channels.len() + cnn.dense.len(),
            Self::EfficientnetLite(spec) => 2 + spec.repeats().iter().sum::<usize>(),
            Self::Mlp(mlp) => mlp.widths.len(),
            Self::Resnet(resnet) => 1 + resnet.widths.len() * (resnet.depth.saturating_sub(2) / 6),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn regime(text: &str) -> RegimeSpec {
        let finetune: FinetuneSpec = toml::from_str(&format!("regime = {text}")).unwrap();
        finetune.regime
    }

    #[test]
    fn the_lectures_names_are_regimes() {
        for (lecture, expected) in [
            ("'little-similar'", "'linear-probe'"),
            ("{ little-different = { k = 2 } }", "{ finetune-from = { k = 2 } }"),
            ("'much-similar-all'", "'full'"),
            ("{ much-similar-last = { blocks = 1 } }", "{ finetune-last = { blocks = 1 } }"),
            ("{ much-similar-cut = { blocks = 1 } }", "{ cut-last = { blocks = 1 } }"),
            ("'much-different'", "'full'"),
        ] {
            assert_eq!(regime(lecture), regime(expected), "{lecture}");
            // Two names of one regime are one trial.
            let text = toml::Value::try_from(regime(lecture)).unwrap().to_string();
            assert_eq!(regime(&text), regime(expected));
            assert!(!text.contains("little") && !text.contains("much"), "{text}");
        }
    }

    #[test]
    fn a_cut_leaves_at_least_one_block() {
        for (text, kept) in [
            ("'full'", Some(5)),
            ("{ cut-last = { blocks = 4 } }", Some(1)),
            ("{ cut-last = { blocks = 5 } }", None),
            ("{ cut-last = { blocks = 6 } }", None),
            ("{ scratch-cut = { keep = 5 } }", Some(5)),
            ("{ early-linear-probe = { keep = 0 } }", None),
            ("{ random-features-cut = { keep = 6 } }", None),
        ] {
            assert_eq!(regime(text).kept(5), kept, "{text}");
        }
    }
}
