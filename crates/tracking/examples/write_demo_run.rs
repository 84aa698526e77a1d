//! Writes an experiment's folder with every kind of run, for `tests/tensorboard_check.py`.
//!
//! `cargo run -p fireassay-tracking --example write_demo_run -- <folder>`

use std::collections::BTreeMap;
use std::error::Error;
use std::ops::RangeInclusive;
use std::path::PathBuf;

use fireassay_spec::{Kernels, Metric, Split, Trial, TrialId, TrialSpec};
use fireassay_tracking::{
    Event, EventMark, Examples, Outcome, RunDir, RunLog, SCHEMA, Summary, TrackingError,
    rebuild_tensorboard,
};

const SPEC: &str = r#"{
    "data": {"dataset": "digits", "train-size": "all", "val-fraction": 0.2},
    "model": {"mlp": {"widths": [8], "activation": "relu", "norm": "none", "dropout": 0.0,
        "dropout-at": "hidden"}},
    "optim": {"algorithm": {"sgd": {"momentum": 0.9, "nesterov": false}}, "lr": 0.1,
        "weight-decay": 0.0, "decay": "coupled", "decay-exempt": "nothing", "clip-norm": "off"},
    "schedule": {"shape": "constant", "warmup-steps": 0},
    "train": {"budget": {"steps": 100}, "batch-size": 4, "loss": "cross-entropy",
        "eval-every": {"steps": 10}, "early-stopping": "off", "select": "best-val"}
}"#;

const STEPS: u64 = 100;
const EVAL_EVERY: u64 = 10;
const SELECTED: u64 = 70;

fn main() -> Result<(), Box<dyn Error>> {
    let folder = std::env::args_os().nth(1).map(PathBuf::from).ok_or("give a folder")?;
    // All run directories first, as a plan does it: then columns know their kind.
    let mut runs = Vec::new();
    for (condition, rate, clip) in [("reference", "0", "off"), ("rate=0.5", "0.5", "1.0")] {
        for seed in [1, 2, 3] {
            runs.push(RunDir::create(&folder, &trial(condition, seed, [rate, clip])?)?);
        }
    }
    let [plain, resumed, killed_early, rebuilt, diverged, unfinished] = &runs[..] else {
        return Err("two conditions with three seeds are six runs".into());
    };
    write_plain(plain)?;
    write_resumed(resumed)?;
    write_killed_early(killed_early)?;
    write_plain(rebuilt)?;
    rebuild_tensorboard(rebuilt)?;
    write_diverged(diverged)?;
    write_steps(&mut RunLog::open(unfinished, 0, 0)?, 1..=35)?;
    Ok(())
}

fn write_plain(run: &RunDir) -> Result<(), TrackingError> {
    let mut log = RunLog::open(run, 0, 0)?;
    write_steps(&mut log, 1..=STEPS)?;
    finish(run, log, Outcome::Done)
}

/// Killed twice: after a checkpoint of step 40 that comes before the evaluation of step 40, and
/// again before it gets as far as the first time.
fn write_resumed(run: &RunDir) -> Result<(), TrackingError> {
    let mut log = RunLog::open(run, 0, 0)?;
    write_steps(&mut log, 1..=39)?;
    log.log(&train(40))?;
    let keep_bytes = log.sync()?;
    write_evals(&mut log, 40)?;
    write_steps(&mut log, 41..=66)?;
    drop(log);
    for last in [50, STEPS] {
        let mut log = RunLog::open(run, keep_bytes, 40)?;
        write_evals(&mut log, 40)?;
        write_steps(&mut log, 41..=last)?;
        if last == STEPS {
            finish(run, log, Outcome::Done)?;
        }
    }
    Ok(())
}

/// Killed before its first checkpoint, so it starts anew.
fn write_killed_early(run: &RunDir) -> Result<(), TrackingError> {
    write_steps(&mut RunLog::open(run, 0, 0)?, 1..=25)?;
    write_plain(run)
}

fn write_diverged(run: &RunDir) -> Result<(), TrackingError> {
    let mut log = RunLog::open(run, 0, 0)?;
    write_steps(&mut log, 1..=20)?;
    log.log(&Event::Train { step: 21, loss: f64::INFINITY, lr: 0.1 })?;
    log.log(&Event::Train { step: 22, loss: f64::NAN, lr: 0.1 })?;
    finish(run, log, Outcome::Diverged { step: 22, value: "NaN".into() })
}

fn write_steps(log: &mut RunLog, steps: RangeInclusive<u64>) -> Result<(), TrackingError> {
    for step in steps {
        log.log(&train(step))?;
        if step % EVAL_EVERY == 0 {
            write_evals(log, step)?;
            // Of no curve: nothing of it may show.
            let tensors = BTreeMap::from([("layer.weight".into(), "0".repeat(16))]);
            log.log(&Event::State { step, tensors })?;
        }
    }
    Ok(())
}

fn write_evals(log: &mut RunLog, step: u64) -> Result<(), TrackingError> {
    log.log(&eval(step, Split::Train))?;
    log.log(&eval(step, Split::Val))
}

/// The selected weights are evaluated at the end: steps go back.
fn finish(run: &RunDir, mut log: RunLog, outcome: Outcome) -> Result<(), TrackingError> {
    let done = outcome == Outcome::Done;
    if done {
        for &split in Split::ALL {
            log.log(&eval(SELECTED, split))?;
        }
    }
    log.end(done)?;
    run.finish(&Summary {
        schema: SCHEMA,
        outcome,
        metrics: BTreeMap::new(),
        confusion: None,
        steps: STEPS,
        budget_steps: STEPS,
        selected_step: SELECTED,
        params: 1,
        trainable_params: 1,
        macs: 1,
        examples: Examples { train: 1, val: 1, test: 1 },
        state_digest: "none".into(),
        events: EventMark::default(),
    })
}

fn train(step: u64) -> Event {
    Event::Train { step, loss: 2.3 / step as f64, lr: 0.1 * 0.99_f64.powi(step as i32) }
}

fn eval(step: u64, split: Split) -> Event {
    let loss = 2.3 / (step as f64 + split.name().len() as f64);
    let metrics = BTreeMap::from([(Metric::Accuracy, 1.0 - loss / 3.0), (Metric::Loss, loss)]);
    Event::Eval { step, split, metrics }
}

fn trial(condition: &str, seed: u64, [rate, clip]: [&str; 2]) -> Result<Trial, serde_json::Error> {
    let spec: TrialSpec = serde_json::from_str(SPEC)?;
    let dataset_hash = format!("of {condition}");
    let settings = [("rate", rate), ("clip-norm", clip)];
    Ok(Trial {
        schema: fireassay_spec::SCHEMA,
        id: TrialId::new(&spec, seed, &dataset_hash, Kernels::USUAL),
        experiment: "demo".into(),
        condition: condition.into(),
        settings: settings.map(|(name, label)| (name.into(), label.into())).into(),
        seed,
        dataset_hash,
        kernels: Kernels::USUAL,
        source: None,
        spec,
    })
}
