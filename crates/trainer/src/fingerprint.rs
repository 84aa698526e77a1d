//! `fingerprint`: what a condition would do, without training it. Two conditions with one
//! fingerprint are one condition under two names, and an ablation between them shows nothing.

use std::time::Instant;

use burn::tensor::Device;
use fireassay_data::{Dataset, Splits};
use fireassay_finetune::{Kind, Regime, leaves};
use fireassay_models::count;
use fireassay_spec::{Anchor, Trial};
use serde::{Deserialize, Serialize};

use crate::TrainError;
use crate::digest::digest;
use crate::fit::train_step;
use crate::optim_state::optim_state;
use crate::schedule::learning_rate;
use crate::setup::{Setup, With, cut_of};
use crate::start::stand_in;
use crate::state::{model_state, param_facts};

/// Updates on the fixed batch. One shows the model; momentum and second moments need more.
const STEPS: u64 = 3;

/// What a condition would do.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Fingerprint {
    /// Name of the condition.
    pub condition: String,
    /// blake3 of everything below and more, 64 hex digits.
    pub fingerprint: String,
    /// Values that training may move.
    pub parameters: u64,
    /// Of those, trainable.
    pub trainable: u64,
    /// Multiply-accumulates of one example's forward pass.
    pub macs: u64,
    /// Of one training step, the fastest of those made.
    pub secs_per_step: f64,
    /// Steps of the budget.
    pub budget_steps: u64,
    /// Path and shape of every parameter and buffer.
    pub shapes: Vec<(String, Vec<usize>)>,
}

/// Builds the trial's model and hashes
/// * names, shapes and trainability of parameters and buffers,
/// * losses, weights and optimizer state of three updates on the first batch,
/// * labels of every split, and inputs of some of its examples,
/// * the whole learning-rate curve,
/// * which examples are in which split, and their order in the first epoch,
/// * what acts only later: budget, evaluation cadence, stopping, selection, clipping.
pub fn fingerprint(
    trial: &Trial,
    dataset: &Dataset,
    device: &Device,
) -> Result<Fingerprint, TrainError> {
    let spec = &trial.spec;
    let stand_in = stand_in(trial, dataset, device)?;
    let setup =
        Setup::new(trial, dataset, device, With { source: stand_in.as_ref(), cache: None })?;
    let mut hasher = blake3::Hasher::new_derive_key("fireassay.fingerprint.v1");
    add_data(&mut hasher, &setup);
    add_regime(&mut hasher, &setup);
    let Setup { feed, device, mut model, clock, mut optim, mut order, .. } = setup;
    let (splits, budget, eval_every) = (setup.splits, setup.budget, setup.eval_every);
    let facts = param_facts(&model);

    for fact in &facts {
        hasher.update(format!("{} {:?} {}\n", fact.path, fact.shape, fact.trainable).as_bytes());
    }
    let first_batch = order.rows(0).to_vec();
    let mut secs_per_step = f64::INFINITY;
    for step in 0..STEPS {
        clock.set(step);
        let start = Instant::now();
        let batch = feed.train_batch(&first_batch, step, &device);
        let loss;
        (model, loss) = train_step(model, &mut optim, batch, spec.train.loss, spec.optim.lr);
        secs_per_step = secs_per_step.min(start.elapsed().as_secs_f64());
        hasher.update(&loss.to_le_bytes());
    }
    hasher.update(digest(&model_state(&model)?).as_bytes());
    hasher.update(digest(&optim_state(&optim, &model)?.0).as_bytes());
    for step in 0..budget {
        let lr = learning_rate(&spec.schedule, spec.optim.lr, step, budget);
        hasher.update(&lr.to_le_bytes());
    }
    let epoch = (0..order.steps_per_epoch()).flat_map(|step| order.rows(step).to_vec());
    let rows = [epoch.collect(), splits.train, splits.val, splits.test];
    for rows in rows {
        hasher.update(&(rows.len() as u64).to_le_bytes());
        for row in rows {
            hasher.update(&row.to_le_bytes());
        }
    }
    let later = serde_json::json!({
        "batch": spec.train.batch_size, "budget": budget, "eval-every": eval_every,
        "early-stopping": spec.train.early_stopping, "select": spec.train.select,
        "clip-norm": spec.optim.clip_norm, "dataset": trial.dataset_hash,
    });
    hasher.update(later.to_string().as_bytes());

    let values = |shape: &[usize]| shape.iter().product::<usize>() as u64;
    let trainable = facts.iter().filter(|fact| fact.trainable);
    let (shape, classes) = (feed.dataset().shape(), feed.dataset().num_classes());
    let counts = count(&spec.model, shape, classes, cut_of(trial));
    Ok(Fingerprint {
        condition: trial.condition.clone(),
        fingerprint: hasher.finalize().to_hex().to_string(),
        parameters: counts.params,
        trainable: trainable.map(|fact| values(&fact.shape)).sum(),
        macs: counts.macs,
        secs_per_step,
        budget_steps: budget,
        shapes: facts.into_iter().map(|fact| (fact.path, fact.shape)).collect(),
    })
}

/// What is trained in later phases, and at which rates: nothing of it shows in the first steps. Of a
/// trial with one phase all of it does, but for what holds weights near a source.
fn add_regime(hasher: &mut blake3::Hasher, setup: &Setup<'_>) {
    let Regime { phases, anchor, .. } = &setup.regime;
    if *anchor != Anchor::None {
        hasher.update(format!("{anchor:?}\n").as_bytes());
    }
    if phases.len() < 2 {
        return;
    }
    let leaves = leaves(&setup.model);
    for phase in phases {
        hasher.update(format!("{:?}\n", phase.steps).as_bytes());
        for leaf in &leaves {
            let part = &phase.parts[setup.regime.part_of(&leaf.path)];
            let rate = part.trains(leaf.kind).then_some(part.lr);
            let norm = (leaf.kind == Kind::Statistics).then_some(part.batch_norm.statistics);
            hasher.update(format!("{} {rate:?} {norm:?}\n", leaf.path).as_bytes());
        }
    }
}

/// What a spoiled dataset looks like: test examples are seen by no update.
fn add_data(hasher: &mut blake3::Hasher, setup: &Setup<'_>) {
    /// Evenly spaced.
    const EXAMPLES: usize = 32;
    let Splits { train, val, test } = &setup.splits;
    let (mut inputs, mut labels) = (Vec::new(), Vec::new());
    for rows in [train, val, test] {
        for &row in rows {
            hasher.update(&setup.feed.dataset().labels()[row as usize].to_le_bytes());
        }
        let some: Vec<u32> =
            rows.iter().step_by(rows.len().div_ceil(EXAMPLES).max(1)).copied().collect();
        setup.feed.dataset().gather(&some, &mut inputs, &mut labels);
        for value in &inputs {
            hasher.update(&value.to_le_bytes());
        }
    }
}
