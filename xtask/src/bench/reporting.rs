//! How long a report over 10,000 runs takes, and how much memory.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::time::Instant;

use fireassay_spec::{Experiment, Metric, MetricName, Split, Trial};
use fireassay_tracking::{
    Event, EventLog, EventMark, Examples, Outcome, Provenance, Registration, RunDir, SCHEMA, State,
    Status, Summary, Timing, TrackingError,
};

use super::large;
use crate::ablation::publish;
use crate::catalogue::Loaded;
use crate::ui::{Answer, Exit, OrRefuse, Refusal};
use crate::workspace::Workspace;

/// Points of each learning curve.
const EVALUATIONS: u64 = 50;

/// Time and memory for 10,000 made-up runs.
pub(crate) fn line(workspace: &Workspace) -> Answer<String> {
    let (loaded, text) = large(workspace)?;
    let name = loaded.experiment.name.clone();
    let experiment = Experiment::parse(&format!("{name}/experiment.toml"), &text, &loaded.cards)
        .map_err(|errors| Refusal::from_diagnostic(Exit::Bug, errors))?;
    let plan = experiment.plan(&loaded.cards);
    let loaded = Loaded { experiment, plan, cards: loaded.cards, kernels: loaded.kernels };
    let place = workspace.target().join(format!("bench-store-{SCHEMA}"));
    let workspace = Workspace { runs: place.clone(), ..workspace.clone() };
    let store = workspace.runs_of(&name);
    if !store.join("experiment.lock.json").exists() {
        make_up(&loaded, &store)?;
    }
    let began = Instant::now();
    let results = publish(&workspace, &loaded)?;
    let secs = began.elapsed().as_secs_f64();
    let memory = peak_mib().map_or_else(|| "unknown".to_owned(), |mib| format!("{mib:.0} MiB"));
    let runs = results.planned();
    Ok(format!(
        "reporting {runs} runs in every format: {secs:.1} s, {memory} (targets: 5 s, 500 MB)\n"
    ))
}

/// Runs as a trial would leave them; the numbers mean nothing.
fn make_up(loaded: &Loaded, store: &Path) -> Answer<()> {
    let refuse = |error| Refusal::from_diagnostic(Exit::Usage, error);
    fs::create_dir_all(store).or_refuse(Exit::Usage)?;
    for trial in loaded.plan.all_trials() {
        let run = RunDir::create(store, trial).map_err(refuse)?;
        let noise = f64::from(u32::from_str_radix(trial.id.short(), 16).unwrap_or(0)) / 4.3e9;
        let level = if trial.condition == fireassay_spec::Plan::REFERENCE { 0.9 } else { 0.89 };
        let events = write_events(&run, noise).map_err(refuse)?;
        run.write_provenance(&provenance(trial)).map_err(refuse)?;
        run.write_status(&status()).map_err(refuse)?;
        let summary = summary(level + 0.02 * noise);
        run.finish(&Summary { events, ..summary }).map_err(refuse)?;
    }
    let design = loaded.experiment.registered(&loaded.plan);
    let registration = Registration {
        schema: Registration::SCHEMA,
        hash: Registration::hash_of(&design),
        design,
        finished_before: 0,
        until: None,
        added_seeds: Vec::new(),
        earlier: Vec::new(),
    };
    registration.write(store).map_err(refuse)
}

fn write_events(run: &RunDir, noise: f64) -> Result<EventMark, TrackingError> {
    let mut log = EventLog::open(&run.events_path(), 0)?;
    for evaluation in 1..=EVALUATIONS {
        let value = 0.9 - 0.5 / evaluation as f64 + 0.01 * noise;
        let metrics = BTreeMap::from([(Metric::Accuracy, value), (Metric::Loss, 1.0 - value)]);
        log.append(&Event::Eval { step: 10 * evaluation, split: Split::Val, metrics })?;
    }
    Ok(log.mark().clone())
}

fn summary(accuracy: f64) -> Summary {
    let metrics = MetricName::all().into_iter().map(|name| (name, accuracy)).collect();
    let classes = 10;
    Summary {
        schema: SCHEMA,
        outcome: Outcome::Done,
        metrics,
        steps: 10 * EVALUATIONS,
        budget_steps: 10 * EVALUATIONS,
        selected_step: 10 * EVALUATIONS,
        params: 18_074,
        trainable_params: 18_074,
        macs: 593_664,
        examples: Examples { train: 3600, val: 400, test: 2000 },
        confusion: Some(vec![vec![20; classes]; classes]),
        state_digest: format!("{accuracy}"),
        events: EventMark::default(),
    }
}

fn status() -> Status {
    let timing = Timing { wall_secs: 7.0, cpu_secs: 7.0, ..Timing::default() };
    Status {
        schema: SCHEMA,
        state: State::Done,
        step: 10 * EVALUATIONS,
        budget_steps: 10 * EVALUATIONS,
        message: None,
        sessions: 1,
        attempts: Vec::new(),
        timing,
        peak_rss_bytes: 50 << 20,
    }
}

fn provenance(trial: &Trial) -> Provenance {
    Provenance {
        schema: SCHEMA,
        code: fireassay_tracking::CodeFacts::default(),
        binary_hash: "made up".to_owned(),
        dataset_hash: trial.dataset_hash.clone(),
        backend: "flex".to_owned(),
        burn: "0.22.1".to_owned(),
        instructions: None,
        threads: 1,
        cpu: "none".to_owned(),
        platform: "none".to_owned(),
        earlier: Vec::new(),
        source: None,
    }
}

/// The largest resident set of this process so far, where the system tells.
fn peak_mib() -> Option<f64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kib: f64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kib / 1024.0)
}
