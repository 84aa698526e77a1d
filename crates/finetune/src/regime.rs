//! `Regime`: a regime of the spec, resolved for one model and one budget.

use fireassay_models::Block;
use fireassay_spec::{Anchor, FinetuneSpec, HeadInit, HeadSolver, LrScheme, RegimeSpec};
use serde::{Deserialize, Serialize};

use crate::part::Norm;
use crate::{Kind, Leaf, PartPlan, Phase, Statistics, Trains};

/// What the paths of a backbone's tensors begin with.
const BACKBONE: &str = "backbone.";
/// Examples that a batch needs for statistics of its own.
const BATCH_ENOUGH: usize = 16;
/// Batches that a train split needs for them.
const BATCHES_ENOUGH: usize = 10;

/// Everything that tells one regime from another: two that are equal here train alike.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Regime {
    /// The blocks that the network has, from the input on, then the head.
    pub parts: Vec<Part>,
    /// Blocks that were cut off.
    pub cut_off: usize,
    /// In order, without gaps.
    pub phases: Vec<Phase>,
    /// What holds weights near the source.
    pub anchor: Anchor,
}

/// A block or the head.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Part {
    /// For people.
    pub name: String,
    /// What the paths of its tensors begin with, each with its last dot. Of the head none: it has
    /// what no block has.
    pub paths: Vec<String>,
    /// Where its first values come from.
    pub starts: Origin,
}

/// Where first values come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Origin {
    /// The source.
    Source,
    /// The stream `init`.
    Drawn,
    /// They are 0.
    Zero,
}

/// What a regime is resolved for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Budgeted {
    /// Steps of the trial.
    pub steps: u64,
    /// Examples per step.
    pub batch: usize,
    /// Examples of the train split.
    pub train: usize,
}

impl Regime {
    /// `blocks` are those of the whole network; the spec was checked against them.
    pub fn resolve(spec: &FinetuneSpec, blocks: &[Block], budget: Budgeted) -> Self {
        let regime = &spec.regime;
        let kept = regime.kept(blocks.len()).unwrap_or(blocks.len());
        let has_source = regime.has_source();
        let drawn_from = drawn_from(regime, blocks.len());
        let block = |(index, block): (usize, &Block)| Part {
            name: block.name.clone(),
            paths: block.paths.clone(),
            starts: match has_source && index < drawn_from {
                true => Origin::Source,
                false => Origin::Drawn,
            },
        };
        let head = Part {
            name: "head".to_owned(),
            paths: Vec::new(),
            starts: match spec.head {
                _ if !has_source => Origin::Drawn,
                HeadInit::Source => Origin::Source,
                HeadInit::Random => Origin::Drawn,
                HeadInit::Zero => Origin::Zero,
            },
        };
        let parts = blocks.iter().take(kept).enumerate().map(block).chain([head]).collect();
        let phases = phases(spec, kept, budget);
        Self { parts, cut_off: blocks.len() - kept, phases, anchor: spec.anchor }
    }

    /// Steps of the trial: fewer than the budget where all that there is to do is solved for.
    pub fn steps(&self) -> u64 {
        self.phases.last().map_or(0, |phase| phase.steps.end)
    }

    /// What a trial without `[base.finetune]` does: everything is drawn and trained.
    pub fn plain(blocks: &[Block], budget: Budgeted) -> Self {
        let spec = FinetuneSpec {
            regime: RegimeSpec::Scratch,
            head: HeadInit::Random,
            batch_norm: Default::default(),
            lr_scheme: LrScheme::Uniform,
            anchor: Anchor::None,
            head_solver: HeadSolver::Gradient,
            forgetting: false,
        };
        Self::resolve(&spec, blocks, budget)
    }

    /// The phase of a step; of those behind the last one, the last.
    pub fn phase_at(&self, step: u64) -> usize {
        let is_over = |phase: &&Phase| phase.steps.end <= step;
        let over = self.phases.iter().take_while(is_over).count();
        over.min(self.phases.len().saturating_sub(1))
    }

    /// The part that a tensor or flag belongs to, by its path.
    pub fn part_of(&self, path: &str) -> usize {
        let has = |part: &Part| part.paths.iter().any(|prefix| path.starts_with(prefix.as_str()));
        self.parts.iter().position(has).unwrap_or(self.parts.len().saturating_sub(1))
    }

    /// Where a tensor's first values come from.
    pub fn origin(&self, path: &str) -> Origin {
        self.parts.get(self.part_of(path)).map_or(Origin::Drawn, |part| part.starts)
    }

    /// Whether some tensor comes from a source.
    pub fn has_source(&self) -> bool {
        self.parts.iter().any(|part| part.starts == Origin::Source)
    }

    /// Whether a tensor of the source has no place here on purpose: blocks that were cut off, and a
    /// head that is not the source's.
    pub fn leaves_out(&self, path: &str) -> bool {
        match path.starts_with(BACKBONE) {
            true => self.cut_off > 0,
            false => self.origin(path) != Origin::Source,
        }
    }

    /// Whether some phase moves a tensor.
    pub fn moves(&self, leaf: &Leaf) -> bool {
        let part = self.part_of(&leaf.path);
        self.phases.iter().filter(|phase| !phase.is_empty()).any(|phase| {
            let plan = &phase.parts[part];
            let follows = plan.batch_norm.statistics == Statistics::Batch;
            plan.trains(leaf.kind) || (leaf.kind == Kind::Statistics && follows)
        })
    }

    /// Whether a running statistic is taken anew before the first step.
    pub fn re_estimates(&self, path: &str) -> bool {
        let part = self.part_of(path);
        self.phases.first().is_some_and(|phase| phase.parts[part].batch_norm.re_estimated)
    }

    /// Blocks at the input that no phase up to this one changes.
    pub fn fixed_up_to(&self, phase: usize) -> usize {
        self.phases.iter().take(phase + 1).map(Phase::fixed_prefix).min().unwrap_or(0)
    }

    /// Blocks at the input that no phase changes.
    pub fn fixed_prefix(&self) -> usize {
        self.phases.iter().map(Phase::fixed_prefix).min().unwrap_or(0)
    }
}

/// Index of the first block that is drawn anew though there is a source.
fn drawn_from(regime: &RegimeSpec, blocks: usize) -> usize {
    match *regime {
        RegimeSpec::ReinitLast { blocks: last } => blocks.saturating_sub(last),
        RegimeSpec::Selffer { k, .. } | RegimeSpec::Transplant { k, .. } => k,
        RegimeSpec::AffineOnly
        | RegimeSpec::CutLast { .. }
        | RegimeSpec::EarlyLinearProbe { .. }
        | RegimeSpec::FinetuneFrom { .. }
        | RegimeSpec::FinetuneLast { .. }
        | RegimeSpec::Full
        | RegimeSpec::GradualUnfreeze { .. }
        | RegimeSpec::LinearProbe
        | RegimeSpec::LpFt { .. }
        | RegimeSpec::OneBlock { .. }
        | RegimeSpec::RandomFeatures
        | RegimeSpec::RandomFeaturesCut { .. }
        | RegimeSpec::Scratch
        | RegimeSpec::ScratchCut { .. } => blocks,
    }
}

/// What is trained in each phase: a share of the budget, what each block trains, and what learning
/// rates are multiplied with.
fn phases(spec: &FinetuneSpec, blocks: usize, budget: Budgeted) -> Vec<Phase> {
    let mut stretches = stretches(&spec.regime, blocks);
    let mut phases = Vec::new();
    if spec.head_solver != HeadSolver::Gradient && spec.regime.begins_with_head() {
        let stretch = stretches.remove(0);
        phases.push(Phase { steps: 0..1, parts: parts(spec, &stretch, budget), is_solved: true });
    }
    let solved = phases.len() as u64;
    let budget = Budgeted { steps: budget.steps.max(solved), ..budget };
    let total = stretches.iter().map(|stretch| stretch.share).sum::<f64>();
    let (mut from, mut shares) = (solved, 0.0);
    let last = stretches.len().saturating_sub(1);
    let phase = |(index, stretch): (usize, Stretch)| {
        shares += stretch.share;
        // Whole steps, and together the budget; of a short one the last phase has at least one.
        let left = (budget.steps - solved) as f64;
        let end = solved + (left * (shares / total)).round() as u64;
        let most = budget.steps.saturating_sub(1).max(from);
        let end = if index == last { budget.steps } else { end.clamp(from, most) };
        let steps = std::mem::replace(&mut from, end)..end;
        Phase { steps, parts: parts(spec, &stretch, budget), is_solved: false }
    };
    phases.extend(stretches.into_iter().enumerate().map(phase));
    phases
}

/// A phase before its steps are counted.
struct Stretch {
    /// Of the budget, in proportion to the other phases' shares.
    share: f64,
    /// Per block.
    trains: Vec<Trains>,
    /// Of learning rates.
    lr_factor: f64,
}

fn stretches(regime: &RegimeSpec, blocks: usize) -> Vec<Stretch> {
    let everything_from = |k: usize| -> Vec<Trains> {
        let trains = |index| if index < k { Trains::Nothing } else { Trains::Everything };
        (0..blocks).map(trains).collect()
    };
    let one = |trains| vec![Stretch { share: 1.0, trains, lr_factor: 1.0 }];
    match *regime {
        RegimeSpec::CutLast { .. }
        | RegimeSpec::Full
        | RegimeSpec::ReinitLast { .. }
        | RegimeSpec::Scratch
        | RegimeSpec::ScratchCut { .. }
        | RegimeSpec::Selffer { finetune: true, .. }
        | RegimeSpec::Transplant { finetune: true, .. } => one(everything_from(0)),
        RegimeSpec::EarlyLinearProbe { .. }
        | RegimeSpec::LinearProbe
        | RegimeSpec::RandomFeatures
        | RegimeSpec::RandomFeaturesCut { .. } => one(everything_from(blocks)),
        RegimeSpec::FinetuneFrom { k }
        | RegimeSpec::Selffer { k, finetune: false }
        | RegimeSpec::Transplant { k, finetune: false } => one(everything_from(k)),
        RegimeSpec::FinetuneLast { blocks: last } => {
            one(everything_from(blocks.saturating_sub(last)))
        }
        RegimeSpec::OneBlock { block } => {
            let mut trains = everything_from(blocks);
            if let Some(trains) = trains.get_mut(block.saturating_sub(1)) {
                *trains = Trains::Everything;
            }
            one(trains)
        }
        RegimeSpec::AffineOnly => one(vec![Trains::Affine; blocks]),
        RegimeSpec::LpFt { probe_fraction, lr_factor } => vec![
            Stretch { share: probe_fraction, trains: everything_from(blocks), lr_factor: 1.0 },
            Stretch { share: 1.0 - probe_fraction, trains: everything_from(0), lr_factor },
        ],
        RegimeSpec::GradualUnfreeze { stages } => (0..stages)
            .map(|stage| {
                let trained = (stage * blocks).div_ceil(stages.saturating_sub(1).max(1));
                let trains = everything_from(blocks - trained.min(blocks));
                Stretch { share: 1.0, trains, lr_factor: 1.0 }
            })
            .collect(),
    }
}

fn parts(spec: &FinetuneSpec, stretch: &Stretch, budget: Budgeted) -> Vec<PartPlan> {
    let blocks = stretch.trains.len();
    let is_enough = budget.batch.min(budget.train) >= BATCH_ENOUGH
        && budget.train >= BATCHES_ENOUGH * budget.batch;
    // Drawn weights have no statistics worth keeping.
    let is_live = spec.regime.has_source();
    let part = |(index, &trains): (usize, &Trains)| PartPlan {
        trains,
        batch_norm: match trains {
            Trains::Nothing => Norm::of_frozen(spec.batch_norm.frozen),
            Trains::Affine | Trains::Everything => {
                let is_drawn = !is_live || index >= drawn_from(&spec.regime, blocks);
                Norm::of_trained(spec.batch_norm.trained, is_enough || is_drawn)
            }
        },
        dropout: trains == Trains::Everything,
        lr: stretch.lr_factor * lr(spec.lr_scheme, index, blocks),
    };
    let head = PartPlan {
        trains: Trains::Everything,
        batch_norm: Norm::LIVE,
        dropout: true,
        lr: stretch.lr_factor,
    };
    stretch.trains.iter().enumerate().map(part).chain([head]).collect()
}

/// Of the block at `index`, as a multiple of the head's.
fn lr(scheme: LrScheme, index: usize, blocks: usize) -> f64 {
    let behind = (blocks - index) as f64; // 1 right before the head
    match scheme {
        LrScheme::Uniform => 1.0,
        LrScheme::HeadTimes(times) => 1.0 / times,
        LrScheme::Geometric(range) => range.powf(-behind / blocks as f64),
        LrScheme::LayerDecay(factor) => factor.powf(behind),
    }
}

#[cfg(test)]
mod tests;
