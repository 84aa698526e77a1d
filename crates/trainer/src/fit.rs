//! THE loop. Read it top to bottom: build, restore, train, select, test.

use std::time::{Duration, Instant};

use burn::optim::GradientsParams;
use burn::tensor::{Device, Int, Tensor};
use fireassay_data::{Dataset, Splits};
use fireassay_features::FeatureCache;
use fireassay_models::Classifier;
use fireassay_spec::{Kernels, Loss, Metric, Split, Trial};
use fireassay_tracking::{Event, EventLog, Outcome, RegimeRecord, RunDir, RunLog, State};

use crate::TrainError;
use crate::batch::{Batch, MixedWith};
use crate::checkpoint::{Checkpoints, Snapshot};
use crate::eval::evaluate;
use crate::finish::End;
use crate::meter::{CHECKPOINT, EVAL, Meter, TRAIN};
use crate::optim::Optimizer;
use crate::optim_state::optim_state;
use crate::progress::Progress;
use crate::setup::{Setup, With};
use crate::start::{Source, check_frozen};
use crate::state::{Tensors, model_state};
use crate::state_event::{state_event, state_every};

/// Updates between two `Train` events.
const LOG_EVERY: u64 = 10;

/// One process's work on one trial.
pub struct Session<'a> {
    /// What is run.
    pub trial: &'a Trial,
    /// Its data.
    pub dataset: &'a Dataset,
    /// What it starts from, if its regime has a source.
    pub source: Option<&'a Source>,
    /// Where features are kept for other trials, if anywhere. Results do not depend on it.
    pub features: Option<&'a FeatureCache>,
    /// Where it runs, without autodiff.
    pub device: &'a Device,
    /// Where it is written.
    pub run: &'a RunDir,
    /// blake3 of the executable.
    pub binary_hash: &'a str,
    /// Results do not depend on it.
    pub checkpoint_every: Cadence,
    /// Asked before each step: true stops at a checkpoint.
    pub stop: &'a dyn Fn() -> bool,
    /// When the process began.
    pub started: Instant,
}

/// When checkpoints are due.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Cadence {
    /// At least this long after the last one.
    Time(Duration),
    /// This many steps after the last one.
    Steps(u64),
}

/// How a session ended.
#[derive(Clone, Debug, PartialEq)]
pub enum Ending {
    /// `summary.json` is written: done or diverged.
    Finished(Outcome),
    /// Stopped at a checkpoint after this many updates.
    Interrupted(u64),
}

impl Session<'_> {
    /// The checkpoints of the run directory.
    pub(crate) fn checkpoints(&self) -> Result<Checkpoints, TrainError> {
        Checkpoints::open(&self.run.checkpoints(), self.binary_hash)
    }
}

/// Trains the trial to its end, or on from its last checkpoint.
pub fn fit(session: &Session<'_>) -> Result<Ending, TrainError> {
    let Session { trial, run, .. } = *session;
    let spec = &trial.spec;
    let cache = session.features.map(|cache| (cache, session.binary_hash));
    let with = With { source: session.source, cache };
    let mut setup = Setup::new(trial, session.dataset, session.device, with)?;
    begin(run, trial, &setup)?;
    let (budget, eval_every) = (setup.budget, setup.eval_every);

    let mut meter = Meter::open(run, session.started)?;
    let checkpoints = session.checkpoints()?;
    let (mut progress, mut best) = resume(session, &mut setup, &checkpoints)?;
    let mut diverged = None;
    let mut log = RunLog::open(run, progress.event_bytes, progress.step)?;
    run.write_status(&meter.status(State::Running, progress.step, budget))?;
    let mut next_save = NextSave::after(progress.step, session.checkpoint_every);
    let state_every = state_every(budget, eval_every);
    if progress.event_bytes == 0 {
        log.log(&state_event(0, &setup.model, &setup.optim)?)?;
    }
    meter.first_step();

    while progress.step < budget && !progress.stopped {
        let stopping = (session.stop)();
        if stopping || next_save.is_due(progress.step) {
            setup.feed.check_unchanged()?; // no checkpoint holds what other data taught
            progress.event_bytes = log.sync()?;
            meter.time(CHECKPOINT, || save(&checkpoints, &progress, &setup, best.as_ref()))?;
            next_save = NextSave::after(progress.step, session.checkpoint_every);
            let state = if stopping { State::Interrupted } else { State::Running };
            run.write_status(&meter.status(state, progress.step, budget))?;
            if stopping {
                return Ok(Ending::Interrupted(progress.step));
            }
        }

        setup.go_to(trial, progress.step)?;
        let lr = setup.learning_rate(spec, progress.step);
        let rows = setup.order.rows(progress.step);
        let loss;
        if setup.regime.phases[setup.phase].is_solved {
            loss = meter.time(TRAIN, || solve(run, trial, &mut setup))?;
        } else {
            (setup.model, loss) = meter.time(TRAIN, || {
                let batch = setup.feed.train_batch(rows, progress.step, &setup.device);
                train_step(setup.model, &mut setup.optim, batch, spec.train.loss, lr)
            });
        }
        progress.step += 1;
        progress.add_loss(loss);
        if !loss.is_finite() {
            diverged = Some(loss);
            break;
        }
        let last = progress.step == budget;
        if last || progress.step.is_multiple_of(LOG_EVERY) {
            let loss = progress.take_mean_loss();
            log.log(&Event::Train { step: progress.step, loss, lr })?;
        }
        if last || progress.step.is_multiple_of(eval_every) {
            let (model, val) = (&setup.model, &setup.splits.val);
            let found = meter.time(EVAL, || evaluate(model, &setup.feed, val, session.device))?;
            let metrics = found.metrics;
            let (loss, accuracy) = (metrics[&Metric::Loss], metrics[&Metric::Accuracy]);
            tracing::info!("step {}: val loss {loss:.4}, accuracy {accuracy:.4}", progress.step);
            if !loss.is_finite() {
                diverged = Some(loss);
                break;
            }
            log.log(&Event::Eval { step: progress.step, split: Split::Val, metrics })?;
            if progress.note_val_loss(loss, &spec.train) {
                best = Some(model_state(&setup.model)?);
            }
            if last || progress.stopped || progress.step.is_multiple_of(state_every) {
                log.log(&state_event(progress.step, &setup.model, &setup.optim)?)?;
            }
        }
    }

    let last = model_state(&setup.model)?;
    let selected = best.unwrap_or_else(|| last.clone());
    check_frozen(&setup.model, &setup.regime, &setup.start, &[&selected, &last])?;
    let end = End { session, setup: &setup, progress: &progress, selected: &selected };
    end.finish(log, &mut meter, diverged)
}

/// Where the last checkpoint was made: counters and the best weights so far. Without one, at the start.
fn resume(
    session: &Session<'_>,
    setup: &mut Setup<'_>,
    checkpoints: &Checkpoints,
) -> Result<(Progress, Option<Tensors>), TrainError> {
    let events = session.run.events_path();
    let Some(snapshot) = checkpoints.load(|bytes| EventLog::holds(&events, bytes)) else {
        return Ok((Progress::default(), None));
    };
    let made_in = setup.regime.phase_at(snapshot.progress.step.saturating_sub(1));
    setup.resume(session.trial, made_in, &snapshot)?;
    tracing::info!("resumed after step {} of {}", snapshot.progress.step, setup.budget);
    Ok((snapshot.progress, snapshot.best))
}

/// What the next checkpoint waits for.
enum NextSave {
    Since(Instant, Duration),
    Step(u64),
}

impl NextSave {
    fn after(step: u64, cadence: Cadence) -> Self {
        match cadence {
            Cadence::Time(time) => Self::Since(Instant::now(), time),
            Cadence::Steps(steps) => Self::Step(step + steps),
        }
    }

    fn is_due(&self, step: u64) -> bool {
        match self {
            Self::Since(last, time) => last.elapsed() >= *time,
            Self::Step(due) => step >= *due,
        }
    }
}

/// Says what there is to learn from and what is trained, and keeps what was spoiled and the regime.
fn begin(run: &RunDir, trial: &Trial, setup: &Setup<'_>) -> Result<(), TrainError> {
    let Splits { train, val, test } = &setup.splits;
    let (train, val, test) = (train.len(), val.len(), test.len());
    tracing::info!("{train} train, {val} val and {test} test examples, {} steps", setup.budget);
    if let Some(spoiled) = &setup.spoiled {
        let (labels, outliers) = (spoiled.labels.len(), spoiled.outliers.len());
        tracing::info!("{labels} labels were changed and {outliers} inputs replaced");
        run.write_spoiled(spoiled)?;
    }
    if trial.spec.finetune.is_some() {
        let record = setup.regime_record()?;
        // A session that goes on knows nothing of the head that an earlier one solved for.
        let earlier = run.regime()?.and_then(|record| record.solved);
        let record = RegimeRecord { solved: earlier, ..record };
        for (index, phase) in setup.regime.phases.iter().enumerate() {
            let trained = record.tensors.iter().filter(|tensor| tensor.trained[index]);
            let values: usize = trained.map(|tensor| tensor.shape.iter().product::<usize>()).sum();
            let steps = &phase.steps;
            tracing::info!("steps {} to {}: {values} values are trained", steps.start, steps.end);
        }
        run.write_regime(&record)?;
    }
    Ok(())
}

/// The one step of a phase that solves for the head, and what was chosen. Returns the loss after it.
fn solve(run: &RunDir, trial: &Trial, setup: &mut Setup<'_>) -> Result<f64, TrainError> {
    let solver = trial.spec.finetune.as_ref().map(|finetune| finetune.head_solver.clone());
    let (loss, solved) = setup.solve_head(trial, &solver.unwrap_or_default())?;
    let (strength, of) = (solved.strength, solved.tried.len());
    tracing::info!("head solved for at decay {strength}, the best of {of} on val");
    run.write_regime(&RegimeRecord { solved: Some(solved), ..setup.regime_record()? })?;
    Ok(loss)
}

/// Forward, backward, update. Returns the loss before the update.
pub fn train_step(
    model: Classifier,
    optim: &mut Optimizer,
    batch: Batch,
    loss: Loss,
    lr: f64,
) -> (Classifier, f64) {
    let kernels = model.kernels;
    let logits = model.forward_from(batch.from, batch.inputs); // [batch, classes]
    let loss = match loss {
        Loss::CrossEntropy => cross_entropy(kernels, logits, batch.labels, batch.mixed),
    };
    let value: f32 = loss.clone().into_scalar();
    if !value.is_finite() {
        return (model, f64::from(value)); // keep the weights that led here
    }
    let grads = GradientsParams::from_grads(loss.backward(), &model);
    (optim.step(lr, model, grads), f64::from(value))
}

/// Mean over the batch; of a mixed one, the weighted sum over both of its labels.
fn cross_entropy(
    kernels: Kernels,
    logits: Tensor<2>,
    labels: Tensor<1, Int>,
    mixed: Option<MixedWith>,
) -> Tensor<1> {
    let loss = |logits, labels| fireassay_ops::cross_entropy(kernels, logits, labels);
    match mixed {
        None => loss(logits, labels),
        Some(MixedWith { share, labels: others }) => {
            loss(logits.clone(), labels).mul_scalar(share)
                + loss(logits, others).mul_scalar(1.0 - share)
        }
    }
}

fn save(
    checkpoints: &Checkpoints,
    progress: &Progress,
    Setup { model, optim, .. }: &Setup<'_>,
    best: Option<&Tensors>,
) -> Result<(), TrainError> {
    let model_tensors = model_state(model)?;
    let (optim, optim_scalars) = optim_state(optim, model)?;
    checkpoints.save(&Snapshot {
        progress: progress.clone(),
        model: model_tensors,
        optim,
        optim_scalars,
        best: best.cloned(),
    })
}

#[cfg(test)]
mod tests {
    use burn::tensor::TensorData;

    use super::*;

    #[test]
    fn the_loss_of_a_mixed_batch_is_the_mixture_of_both_losses() {
        let device = Device::flex();
        let logits = TensorData::new(vec![1.0_f32, 2.0, 0.5, -1.0, 0.0, 1.0], [2, 3]);
        let indices = |labels: [i32; 2]| {
            Tensor::<1, Int>::from_data(TensorData::new(labels.to_vec(), [2]), &device)
        };
        let loss = |labels, mixed| {
            let logits = Tensor::<2>::from_data(logits.clone(), &device);
            let loss = cross_entropy(Kernels::On, logits, indices(labels), mixed);
            f64::from(loss.into_scalar::<f32>())
        };
        // -log softmax, by hand.
        let log_sum = |row: [f64; 3]| row.iter().map(|x| x.exp()).sum::<f64>().ln();
        let (a, b) = (log_sum([1.0, 2.0, 0.5]), log_sum([-1.0, 0.0, 1.0]));
        let own = (a - 2.0 + b + 1.0) / 2.0;
        let others = (a - 0.5 + b - 1.0) / 2.0;
        let near = |found: f64, expected: f64| assert!((found - expected).abs() < 1e-6, "{found}");
        near(loss([1, 0], None), own);
        let mixed = |share| Some(MixedWith { share, labels: indices([2, 2]) });
        near(loss([1, 0], mixed(0.3)), 0.3 * own + 0.7 * others);
        near(loss([1, 0], mixed(0.0)), others);
    }
}
