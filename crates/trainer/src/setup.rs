//! `Setup`: a trial before its first step. Training, fingerprints and benchmarks start here.

use std::borrow::Cow;

use burn::tensor::Device;
use fireassay_data::{Augment, Corrupted, Dataset, Order, Splits};
use fireassay_features::FeatureCache;
use fireassay_finetune::{Budgeted, Leaf, Regime, leaves};
use fireassay_models::{Block, Classifier, Clock, Input, blocks, build};
use fireassay_spec::{Budget, Purpose, Trial, TrialSpec};
use fireassay_tracking::{RegimeRecord, SCHEMA, Spoiled, TensorRecord};

use crate::TrainError;
use crate::checkpoint::Snapshot;
use crate::digest::digest;
use crate::feed::{Feed, Keep};
use crate::optim::{Optimizer, Stage};
use crate::optim_state::restore_optim;
use crate::re_estimate::re_estimate;
use crate::schedule::learning_rate;
use crate::start::{Source, start_from};
use crate::state::{Tensors, model_state, restore_model};

/// A trial before its first step.
pub struct Setup<'a> {
    /// Its data: of the classes that the spec asks for, and spoiled and varied if it asks for that.
    pub feed: Feed<'a>,
    /// Labels and inputs that were spoiled, if any.
    pub spoiled: Option<Spoiled>,
    /// Where it trains, with autodiff.
    pub device: Device,
    /// What is trained when.
    pub regime: Regime,
    /// The weights of step 0.
    pub start: Tensors,
    /// With those weights, ready for the first phase.
    pub model: Classifier,
    /// Step counter of the model's dropout masks.
    pub clock: Clock,
    /// Index of the phase that model, optimizer and feed are ready for.
    pub phase: usize,
    /// Without state, for that phase.
    pub optim: Optimizer,
    /// Which rows are train, val and test.
    pub splits: Splits,
    /// Which train rows make up which batch.
    pub order: Order,
    /// Steps that the budget allows.
    pub budget: u64,
    /// Steps between two evaluations on `val`.
    pub eval_every: u64,
    /// Where features are kept for other trials, if anywhere.
    pub cache: Option<FeatureCache>,
    /// Hash of the program that makes them.
    pub program: String,
}

/// What a trial is made ready with, besides its data.
#[derive(Clone, Copy, Debug, Default)]
pub struct With<'w> {
    /// What a regime with a source starts from.
    pub source: Option<&'w Source>,
    /// Where features are kept for other trials, and the hash of the program that makes them.
    pub cache: Option<(&'w FeatureCache, &'w str)>,
}

impl<'a> Setup<'a> {
    /// `device` is without autodiff.
    pub fn new(
        trial: &Trial,
        dataset: &'a Dataset,
        device: &Device,
        with: With<'_>,
    ) -> Result<Self, TrainError> {
        let spec = &trial.spec;
        let dataset = dataset.of_classes(&spec.data)?;
        let splits = dataset.split(&spec.data, seed_of(trial, Purpose::Split))?;
        let (dataset, spoiled) = spoil(trial, dataset, &splits);
        let augment_seed = seed_of(trial, Purpose::Augment);
        let augment = Augment::new(&spec.data.augment, &dataset, augment_seed);
        let order_seed = seed_of(trial, Purpose::Order);
        let order = Order::new(splits.train.clone(), spec.train.batch_size, order_seed);
        let steps = |budget| match budget {
            Budget::Epochs(epochs) => (epochs as u64 * order.steps_per_epoch()).max(1),
            Budget::Steps(steps) => (steps as u64).max(1),
        };
        let budget = steps(spec.train.budget);
        let regime = resolve(trial, &dataset, (budget, splits.train.len()));
        let (model, clock) = fresh_model(trial, &dataset, device);
        let model = start_from(model, &regime, with.source)?;
        let build = || built_on(&clock, trial, &dataset, device);
        let (of, train) = ((&spec.model, &build as &dyn Fn() -> _), &splits.train);
        let model = re_estimate(model, &regime, of, (&dataset, train), &device.clone().autodiff())?;
        let start = model_state(&model)?;
        let mut setup = Self {
            device: device.clone().autodiff(),
            optim: Optimizer::new(&spec.optim, &model),
            budget: regime.steps(),
            eval_every: steps(spec.train.eval_every),
            feed: Feed::new(dataset, augment),
            spoiled,
            regime,
            start,
            phase: 0,
            model,
            clock,
            splits,
            order,
            cache: with.cache.map(|(cache, _)| cache.clone()),
            program: with.cache.map(|(_, program)| program.to_owned()).unwrap_or_default(),
        };
        if trial.spec.finetune.is_some() {
            setup.enter(trial, 0)?;
        }
        Ok(setup)
    }

    /// Makes everything ready for a phase: model, optimizer and what goes into the model.
    pub fn enter(&mut self, trial: &Trial, phase: usize) -> Result<(), TrainError> {
        // A trained model must not be changed: see `restore_model`.
        let tensors = model_state(&self.model)?;
        self.enter_with(trial, phase, &tensors)
    }

    /// Makes everything ready for a step: its phase, if that is another one, and dropout masks.
    pub fn go_to(&mut self, trial: &Trial, step: u64) -> Result<(), TrainError> {
        let phase = self.regime.phase_at(step);
        if phase != self.phase {
            self.enter(trial, phase)?;
        }
        self.clock.set(step);
        Ok(())
    }

    /// Goes on where a checkpoint was made; `phase` is the one that its optimizer belongs to.
    pub fn resume(
        &mut self,
        trial: &Trial,
        phase: usize,
        snapshot: &Snapshot,
    ) -> Result<(), TrainError> {
        self.enter_with(trial, phase, &snapshot.model)?;
        let optim = Optimizer::of_phase(&trial.spec.optim, &self.model, self.stage());
        self.optim = restore_optim(optim, &self.model, &snapshot.optim, &snapshot.optim_scalars)?;
        Ok(())
    }

    /// Everything but the cut: another text is another file.
    fn what_decides_features(&self, trial: &Trial, blocks: usize, rows: &[u32]) -> String {
        let before = |path: &String| self.regime.part_of(path) < blocks;
        let tensors = self.start.iter().filter(|(path, _)| before(path));
        let tensors: Tensors = tensors.map(|(path, blob)| (path.clone(), blob.clone())).collect();
        let mut hasher = blake3::Hasher::new();
        for row in rows {
            hasher.update(&row.to_le_bytes());
        }
        let spec = &trial.spec;
        let Splits { train, val, test } = &self.splits;
        let sizes = [train, val, test].map(Vec::len);
        serde_json::json!({
            "program": self.program,
            "tensors": digest(&tensors),
            "model": spec.model,
            "kernels": trial.kernels,
            "device": format!("{:?}", self.device),
            "dataset": trial.dataset_hash,
            "source": trial.source,
            "classes": spec.data.classes,
            "corrupt": spec.data.corrupt,
            "corrupt-seed": seed_of(trial, Purpose::Corrupt),
            "rows": hasher.finalize().to_hex().as_str(),
            "splits": sizes,
        })
        .to_string()
    }

    /// Of the head, at a step of the current phase.
    pub fn learning_rate(&self, spec: &TrialSpec, step: u64) -> f64 {
        let phase = &self.regime.phases[self.phase];
        let step = step.saturating_sub(phase.steps.start);
        let rate = learning_rate(&spec.schedule, spec.optim.lr, step, phase.len());
        rate * phase.parts.last().map_or(1.0, |head| head.lr)
    }

    /// What is trained when, tensor by tensor.
    pub fn regime_record(&self) -> Result<RegimeRecord, TrainError> {
        let Regime { parts, phases, .. } = &self.regime;
        let tensor = |leaf: Leaf| {
            let part = self.regime.part_of(&leaf.path);
            let trained = phases.iter().map(|phase| phase.parts[part].trains(leaf.kind));
            TensorRecord {
                trained: trained.collect(),
                part: parts[part].name.clone(),
                path: leaf.path,
                shape: leaf.shape,
            }
        };
        let regime = serde_json::to_value(&self.regime)
            .map_err(|error| TrainError::State(format!("regime: {error}")))?;
        let tensors = leaves(&self.model).into_iter().map(tensor).collect();
        Ok(RegimeRecord { schema: SCHEMA, regime, tensors, solved: None })
    }

    fn stage(&self) -> Stage<'_> {
        Stage { regime: &self.regime, phase: self.phase, start: &self.start }
    }

    pub(crate) fn enter_with(
        &mut self,
        trial: &Trial,
        phase: usize,
        tensors: &Tensors,
    ) -> Result<(), TrainError> {
        let device = self.device.clone().inner();
        let fresh = built_on(&self.clock, trial, self.feed.dataset(), &device);
        let plan = &self.regime.phases[phase];
        self.phase = phase;
        self.model = self.regime.apply(plan, restore_model(fresh, tensors)?);
        let stage = Stage { regime: &self.regime, phase, start: &self.start };
        self.optim = Optimizer::of_phase(&trial.spec.optim, &self.model, stage);
        let fixed = self.regime.fixed_up_to(phase);
        if fixed != self.feed.from() {
            let Splits { train, val, test } = &self.splits;
            let rows: Vec<u32> = [train, val, test].into_iter().flatten().copied().collect();
            let text = self.what_decides_features(trial, fixed, &rows);
            let keep = match &self.cache {
                Some(cache) => Keep::OnDisk(cache, &text),
                None => Keep::InMemory,
            };
            self.feed.fix((fixed, &self.model), &rows, keep, &device)?;
        }
        Ok(())
    }
}

/// What the trial's regime means for its model and budget of steps and train examples.
fn resolve(trial: &Trial, dataset: &Dataset, (steps, train): (u64, usize)) -> Regime {
    let spec = &trial.spec;
    let blocks: Vec<Block> = blocks(&spec.model, dataset.shape());
    let budget = Budgeted { steps, batch: spec.train.batch_size, train };
    match &spec.finetune {
        Some(finetune) => Regime::resolve(finetune, &blocks, budget),
        None => Regime::plain(&blocks, budget),
    }
}

/// Blocks that the trial's network has, if not all of its model.
pub(crate) fn cut_of(trial: &Trial) -> Option<usize> {
    let blocks = trial.spec.model.num_blocks();
    let kept = trial.spec.finetune.as_ref().and_then(|finetune| finetune.regime.kept(blocks));
    kept.filter(|kept| *kept < blocks)
}

/// The data as the trial sees them, and what is not as it was.
fn spoil<'a>(
    trial: &Trial,
    dataset: Cow<'a, Dataset>,
    splits: &Splits,
) -> (Cow<'a, Dataset>, Option<Spoiled>) {
    let spec = &trial.spec.data.corrupt;
    if spec.is_none() {
        return (dataset, None);
    }
    let seed = seed_of(trial, Purpose::Corrupt);
    let dataset = dataset.into_owned();
    let Corrupted { dataset, flipped, outliers } = dataset.corrupted(spec, splits, seed);
    let labels: Vec<[u32; 3]> = flipped.iter().map(|f| [f.row, f.from, f.to]).collect();
    let is_listed = !(labels.is_empty() && outliers.is_empty());
    let spoiled = is_listed.then_some(Spoiled { schema: SCHEMA, labels, outliers });
    (Cow::Owned(dataset), spoiled)
}

/// The trial's model with its initial values, on the device with autodiff.
pub fn fresh_model(trial: &Trial, dataset: &Dataset, device: &Device) -> (Classifier, Clock) {
    let clock = Clock::new(seed_of(trial, Purpose::Dropout));
    (built_on(&clock, trial, dataset, device), clock)
}

/// The same, with the dropout masks of a clock that is there already.
fn built_on(clock: &Clock, trial: &Trial, dataset: &Dataset, device: &Device) -> Classifier {
    let (shape, num_classes) = (dataset.shape(), dataset.num_classes());
    let cut = cut_of(trial);
    let input = Input { shape, num_classes, kernels: trial.kernels, cut };
    let init_seed = seed_of(trial, Purpose::Init);
    build(&trial.spec.model, input, init_seed, clock, &device.clone().autodiff())
}

/// The trial's own seed, unless the spec gives the stream another.
pub(crate) fn seed_of(trial: &Trial, purpose: Purpose) -> u64 {
    trial.spec.streams.of(purpose, trial.seed)
}
