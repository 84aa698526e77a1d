//! Whether `[base.finetune]` and `[base.init]` fit each other and the model.

use std::collections::BTreeSet;

use super::{ABOVE_0, ABOVE_0_TO_1, INSIDE_0_1, NOT_NEGATIVE, Problems};
use crate::{
    Anchor, FinetuneSpec, FrozenBatchNorm, HeadInit, HeadSolver, InitSpec, LrScheme, RegimeSpec,
    TrialSpec,
};

impl TrialSpec {
    pub(super) fn check_finetune(&self, found: &mut Problems) {
        let Some(finetune) = &self.finetune else { return };
        let blocks = self.model.num_blocks();
        finetune.regime.check(blocks, found);
        finetune.check_values(found);
        let regime = &finetune.regime;
        if regime.has_source() && self.init.is_random() {
            found.add_with_help(
                "finetune.regime",
                "this regime starts from a source, and `init` is random".to_owned(),
                "say what it starts from: [base.init] with pretrain = { .. } or weights = \"..\"; \
                 or take the regime \"scratch\" or \"random-features\"",
            );
        }
        if matches!(regime, RegimeSpec::Selffer { .. })
            && !matches!(self.init, InitSpec::Pretrain(_))
        {
            found.add_with_help(
                "finetune.regime",
                "`selffer` trains its source itself".to_owned(),
                "init = { pretrain = { .. } } says how",
            );
        }
        if !regime.has_source() && finetune.anchor != Anchor::None {
            let message = "an anchor holds weights near a source, and this regime has none";
            found.add_with_help("finetune.anchor", message.to_owned(), "anchor = \"none\"");
        }
        self.check_solver(finetune, found);
        let is_cut = regime.kept(blocks).is_some_and(|kept| kept < blocks);
        let is_measurable = matches!(self.init, InitSpec::Pretrain(_)) && !is_cut;
        if finetune.forgetting && regime.has_source() && !is_measurable {
            let message =
                "what is forgotten is measured with the head and the data of a pretraining";
            let help = "init = { pretrain = { .. } } and a regime that cuts nothing off, or \
                        forgetting = false";
            found.add_with_help("finetune.forgetting", message.to_owned(), help);
        }
        if finetune.head == HeadInit::Source && is_cut {
            let message = "the source's head does not fit behind a block in the middle";
            found.add_with_help("finetune.head", message.to_owned(), "\"zero\" or \"random\"");
        }
    }
}

impl TrialSpec {
    /// A head is solved for on features that stay as they are.
    fn check_solver(&self, finetune: &FinetuneSpec, found: &mut Problems) {
        const KEY: &str = "finetune.head-solver";
        let (name, strengths) = match &finetune.head_solver {
            HeadSolver::Gradient => return,
            HeadSolver::Logistic(strengths) => ("logistic", strengths),
            HeadSolver::Ridge(strengths) => ("ridge", strengths),
        };
        let distinct: BTreeSet<u64> = strengths.iter().map(|value| value.to_bits()).collect();
        let is_usable = |value: &f64| value.is_finite() && *value > 0.0;
        let is_sound = strengths.iter().all(is_usable) && distinct.len() == strengths.len();
        if strengths.is_empty() || !is_sound {
            let message = format!("`{KEY}.{name}` must list different numbers above 0");
            let help = "weights of decay to choose from: [1.0, 0.1, 0.01, 0.001, 0.0001]";
            return found.add_with_help(&format!("{KEY}.{name}"), message, help);
        }
        let frozen = finetune.batch_norm.frozen;
        let is_fixed = matches!(frozen, FrozenBatchNorm::FullyFrozen | FrozenBatchNorm::ReEstimate);
        if !finetune.regime.begins_with_head() {
            let message = "this regime never trains the head alone".to_owned();
            found.add_with_help(KEY, message, "head-solver = \"gradient\"");
        } else if !is_fixed && self.model.has_batch_norm() {
            let message = "features move with this `batch-norm.frozen`, so no head solves them";
            let help = "batch-norm.frozen = \"fully-frozen\" or \"re-estimate\"";
            found.add_with_help(KEY, message.to_owned(), help);
        } else if !self.data.augment.is_none() {
            let message = "examples vary from step to step, so no head solves them".to_owned();
            found.add_with_help(KEY, message, "leave `data.augment` out, or \"gradient\"");
        }
    }
}

impl FinetuneSpec {
    fn check_values(&self, found: &mut Problems) {
        match self.lr_scheme {
            LrScheme::Uniform => {}
            LrScheme::HeadTimes(x) => found.number("finetune.lr-scheme.head-times", x, ABOVE_0),
            LrScheme::Geometric(x) => found.number("finetune.lr-scheme.geometric", x, ABOVE_0),
            LrScheme::LayerDecay(x) => {
                found.number("finetune.lr-scheme.layer-decay", x, ABOVE_0_TO_1);
            }
        }
        match self.anchor {
            Anchor::None => {}
            Anchor::L2Sp { alpha, beta } => {
                found.number("finetune.anchor.l2-sp.alpha", alpha, NOT_NEGATIVE);
                found.number("finetune.anchor.l2-sp.beta", beta, NOT_NEGATIVE);
            }
        }
    }
}

impl RegimeSpec {
    fn check(self, blocks: usize, found: &mut Problems) {
        let within = |key: &str, value: usize, [least, most]: [usize; 2], found: &mut Problems| {
            if !(least..=most).contains(&value) {
                let key = format!("finetune.regime.{key}");
                let message = format!("`{key}` must be from {least} to {most}");
                let help = format!("the backbone of `model` has {blocks} blocks");
                found.add_with_help(&key, message, help);
            }
        };
        let all_but_one = blocks.saturating_sub(1);
        match self {
            Self::AffineOnly
            | Self::Full
            | Self::LinearProbe
            | Self::RandomFeatures
            | Self::Scratch => {}
            Self::ScratchCut { keep } => within("scratch-cut.keep", keep, [1, blocks], found),
            Self::RandomFeaturesCut { keep } => {
                within("random-features-cut.keep", keep, [1, blocks], found);
            }
            Self::EarlyLinearProbe { keep } => {
                within("early-linear-probe.keep", keep, [1, blocks], found);
            }
            Self::FinetuneFrom { k } => within("finetune-from.k", k, [0, blocks], found),
            Self::FinetuneLast { blocks: last } => {
                within("finetune-last.blocks", last, [0, blocks], found);
            }
            Self::CutLast { blocks: cut } => {
                within("cut-last.blocks", cut, [1, all_but_one], found);
            }
            Self::ReinitLast { blocks: last } => {
                within("reinit-last.blocks", last, [1, blocks], found);
            }
            Self::LpFt { probe_fraction, lr_factor } => {
                let key = "finetune.regime.lp-ft";
                found.number(&format!("{key}.probe-fraction"), probe_fraction, INSIDE_0_1);
                found.number(&format!("{key}.lr-factor"), lr_factor, ABOVE_0_TO_1);
            }
            Self::GradualUnfreeze { stages } => {
                within("gradual-unfreeze.stages", stages, [2, blocks + 1], found);
            }
            Self::OneBlock { block } => within("one-block.block", block, [1, blocks], found),
            Self::Transplant { k, .. } => within("transplant.k", k, [0, blocks], found),
            Self::Selffer { k, .. } => within("selffer.k", k, [0, blocks], found),
        }
    }
}
