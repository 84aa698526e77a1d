//! What a report reads of a large experiment: its runs, and one curve of each.
#![expect(clippy::unwrap_used, reason = "a benchmark fails by panicking")]

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use divan::Bencher;
use fireassay_spec::{
    Kernels, Metric, MetricName, SCHEMA as TRIAL_SCHEMA, Split, Trial, TrialId, TrialSpec,
};
use fireassay_tracking::{
    Event, EventLog, EventMark, Examples, Outcome, RunDir, SCHEMA, State, Status, Store, Summary,
    Timing,
};

const SPEC: &str = r#"{
    "data": {"dataset": "digits", "train-size": "all", "val-fraction": 0.2},
    "model": {"mlp": {"widths": [64, 32], "activation": "relu", "norm": "none", "dropout": 0.0,
        "dropout-at": "hidden"}},
    "optim": {"algorithm": {"sgd": {"momentum": 0.9, "nesterov": false}}, "lr": 0.1,
        "weight-decay": 0.0, "decay": "coupled", "decay-exempt": "nothing", "clip-norm": "off"},
    "schedule": {"shape": "constant", "warmup-steps": 0},
    "train": {"budget": {"steps": 1000}, "batch-size": 64, "loss": "cross-entropy",
        "eval-every": {"steps": 20}, "early-stopping": "off", "select": "best-val"}
}"#;

/// Runs of the experiment. The times are proportional to it; making the files takes longer.
const RUNS: u64 = 1000;
/// Evaluations of a run.
const EVALS: u64 = 50;
const CLASSES: usize = 10;

fn main() {
    divan::main();
}

#[divan::bench]
fn survey(bencher: Bencher<'_, '_>) {
    let store = store(|run| {
        run.write_status(&status()).unwrap();
        run.finish(&summary()).unwrap();
    });
    bencher.bench(|| {
        let survey = Store::survey(store.path()).unwrap();
        assert_eq!((survey.records.len(), survey.problems.len()), (RUNS as usize, 0));
        survey
    });
}

#[divan::bench]
fn curves(bencher: Bencher<'_, '_>) {
    let scratch = tempfile::tempdir().unwrap();
    let log = scratch.path().join("events.jsonl");
    write_events(&log);
    let store = store(|run| assert!(fs::copy(&log, run.events_path()).unwrap() > 0));
    let records = Store::scan(store.path()).unwrap();
    let runs: Vec<RunDir> =
        records.iter().map(|record| RunDir::open(&record.path).unwrap()).collect();
    bencher.bench(|| {
        let curve = |run: &RunDir| run.curve(Split::Val, Metric::Accuracy).unwrap();
        let points: usize = runs.iter().map(|run| curve(run).len()).sum();
        assert_eq!(points as u64, RUNS * EVALS);
    });
}

/// A folder of runs, each with what `fill` adds.
fn store(fill: impl Fn(&RunDir)) -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    let spec: TrialSpec = serde_json::from_str(SPEC).unwrap();
    for seed in 0..RUNS {
        fill(&RunDir::create(dir.path(), &trial(&spec, seed)).unwrap());
    }
    dir
}

fn trial(spec: &TrialSpec, seed: u64) -> Trial {
    let dataset_hash = "d5".repeat(32);
    Trial {
        schema: TRIAL_SCHEMA,
        id: TrialId::new(spec, seed, &dataset_hash, Kernels::USUAL),
        experiment: "bench".into(),
        condition: "reference".into(),
        settings: BTreeMap::from([("norm".into(), "none".into())]),
        seed,
        dataset_hash,
        kernels: Kernels::USUAL,
        source: None,
        spec: spec.clone(),
    }
}

fn status() -> Status {
    Status {
        schema: SCHEMA,
        state: State::Done,
        step: 1000,
        budget_steps: 1000,
        message: None,
        sessions: 1,
        attempts: Vec::new(),
        timing: Timing { wall_secs: 1.234_567_89, ..Timing::default() },
        peak_rss_bytes: 96 << 20,
    }
}

fn summary() -> Summary {
    Summary {
        schema: SCHEMA,
        outcome: Outcome::Done,
        metrics: MetricName::all().into_iter().map(|name| (name, 0.912_345_678_9)).collect(),
        confusion: Some(vec![vec![20; CLASSES]; CLASSES]),
        steps: 1000,
        budget_steps: 1000,
        selected_step: 980,
        params: 6_570,
        trainable_params: 6_570,
        macs: 6_464,
        examples: Examples { train: 1200, val: 240, test: 360 },
        state_digest: "00".repeat(32),
        events: EventMark::default(),
    }
}

/// As the trainer writes it: a mean loss every ten steps, an evaluation every twenty, the state of
/// a small convolutional network every hundred and before the first.
fn write_events(path: &Path) {
    let mut log = EventLog::open(path, 0).unwrap();
    log.append(&state(0)).unwrap();
    for step in (10..=20 * EVALS).step_by(10) {
        let value = 1.0 / step as f64;
        log.append(&Event::Train { step, loss: value, lr: 0.1 }).unwrap();
        if step % 20 == 0 {
            let metrics = BTreeMap::from([(Metric::Accuracy, 1.0 - value), (Metric::Loss, value)]);
            log.append(&Event::Eval { step, split: Split::Val, metrics }).unwrap();
        }
        if step % 100 == 0 {
            log.append(&state(step)).unwrap();
        }
    }
}

fn state(step: u64) -> Event {
    let layers = (0..4).map(|i| format!("backbone.Cnn.blocks.{i}.conv"));
    let layers = layers.chain(["backbone.Cnn.dense.0.linear".into(), "head".into()]);
    let names = layers.flat_map(|layer| [format!("{layer}.bias"), format!("{layer}.weight")]);
    let names = names.flat_map(|name| [format!("{name}/optim"), name]);
    let tensors = names.map(|name| (name, format!("{step:016x}"))).collect();
    Event::State { step, tensors }
}
