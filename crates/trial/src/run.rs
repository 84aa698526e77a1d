//! The composition root: device, data, and the training loop between them.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use fireassay_backend::Backend;
use fireassay_data::Dataset;
use fireassay_spec::{DatasetCard, Trial};
use fireassay_tracking::{
    CodeFacts, FailureKind, Provenance, RunDir, SCHEMA, State, Status, Timing,
};
use fireassay_trainer::meter::Meter;
use fireassay_trainer::{Ending, Session, fit};
use miette::{IntoDiagnostic, Report, WrapErr, miette};
use tracing_subscriber::Layer;
use tracing_subscriber::filter::{EnvFilter, LevelFilter};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

use crate::args::{Machine, Run};
use crate::{exit, facts, stop};

/// An exit code and what to tell.
pub(crate) type Failure = (u8, Report);

/// Runs the trial of a run directory.
pub(crate) fn run(args: &Run, started: Instant) -> Result<u8, Failure> {
    let usage = |report: Report| (exit::USAGE, report);
    let run = RunDir::open(&args.run_dir).into_diagnostic().map_err(usage)?;
    let lock = run.lock().into_diagnostic().map_err(usage)?;
    if run.summary().into_diagnostic().map_err(usage)?.is_some() {
        return Ok(exit::FINISHED);
    }
    let trial = run.trial().into_diagnostic().map_err(usage)?;
    let code: CodeFacts = serde_json::from_str(&args.code)
        .into_diagnostic()
        .wrap_err("--code is not what xtask writes")
        .map_err(usage)?;
    let meter = Meter::open(&run, started).into_diagnostic().map_err(usage)?;
    start_log(&run).map_err(usage)?;

    let ended = catch_unwind(AssertUnwindSafe(|| train(args, &run, &trial, code, started)));
    let problem = match ended {
        Ok(Ok(Ending::Finished(outcome))) => {
            tracing::info!("finished: {outcome:?}");
            return Ok(exit::FINISHED);
        }
        Ok(Ok(Ending::Interrupted(step))) => {
            tracing::info!("stopped at a checkpoint after step {step}");
            return Ok(exit::INTERRUPTED);
        }
        Ok(Err(report)) => report,
        Err(panic) => miette!("panic: {} (a bug; please report it)", panic_text(&*panic)),
    };
    let message = chain(&problem);
    tracing::error!("{message}");
    // A full disk may refuse this too; the exit code still tells.
    let _ = run.write_status(&failed(&run, &meter, message));
    drop(lock);
    Err((exit::FAILED, problem))
}

/// The status of a session that ends without a result. `meter` is from before it, so that what the
/// session has already counted in `status.json` is not counted twice.
fn failed(run: &RunDir, meter: &Meter, message: String) -> Status {
    let now = meter.status(State::Failed(FailureKind::Crashed), 0, 0);
    let status = match run.status() {
        Ok(Some(last)) => Status {
            state: now.state,
            sessions: now.sessions,
            timing: Timing {
                wall_secs: now.timing.wall_secs,
                cpu_secs: now.timing.cpu_secs,
                ..last.timing
            },
            peak_rss_bytes: now.peak_rss_bytes,
            ..last
        },
        Ok(None) | Err(_) => now,
    };
    Status { message: Some(message), ..status }
}

fn train(
    args: &Run,
    run: &RunDir,
    trial: &Trial,
    code: CodeFacts,
    started: Instant,
) -> miette::Result<Ending> {
    use_threads(args.machine.threads)?;
    let stop = stop::flag(args.stop_on_eof).into_diagnostic()?;
    let backend: Backend = args.machine.backend.parse().into_diagnostic()?;
    let device = backend.device().into_diagnostic()?;
    let dataset = open_dataset(&args.machine.datasets, trial)?;
    let binary_hash = facts::binary_hash().into_diagnostic()?;
    run.write_provenance(&Provenance {
        schema: SCHEMA,
        code,
        binary_hash: binary_hash.clone(),
        dataset_hash: trial.dataset_hash.clone(),
        backend: backend.name().to_owned(),
        burn: facts::BURN.to_owned(),
        threads: args.machine.threads,
        cpu: facts::cpu(),
        platform: facts::platform(),
    })
    .into_diagnostic()?;
    let _span = tracing::info_span!("trial", id = trial.id.short(), seed = trial.seed).entered();
    fit(&Session {
        trial,
        dataset: &dataset,
        device: &device,
        run,
        binary_hash: &binary_hash,
        checkpoint_every: Duration::from_secs_f64(args.checkpoint_secs.min(86_400.0)),
        stop: &|| stop.load(Ordering::Relaxed),
        started,
    })
    .into_diagnostic()
}

/// The trial's dataset, checked against the hash that is part of the trial's identity.
pub(crate) fn open_dataset(datasets: &Path, trial: &Trial) -> miette::Result<Dataset> {
    let folder = datasets.join(&trial.spec.data.dataset);
    let card = DatasetCard::load(&folder.join("dataset.toml"))?;
    if card.hash() != trial.dataset_hash {
        return Err(miette!(
            help = format!("plan again: cargo xtask ablation {}", trial.experiment),
            "dataset `{}` is not the one this trial was planned for (its card has changed)",
            card.name
        ));
    }
    fireassay_data::open(&card, &folder).into_diagnostic()
}

/// Gives rayon, and with it flex, this many threads.
pub(crate) fn use_threads(threads: usize) -> miette::Result<()> {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads);
    pool.build_global().into_diagnostic().wrap_err("cannot start the threads")
}

/// The device of `--backend`, without autodiff.
pub(crate) fn device(machine: &Machine) -> miette::Result<burn::tensor::Device> {
    let backend: Backend = machine.backend.parse().into_diagnostic()?;
    backend.device().into_diagnostic()
}

/// `log.txt` in full, stderr from warnings on. `RUST_LOG` filters the file.
fn start_log(run: &RunDir) -> miette::Result<()> {
    let path = run.log_path();
    let file = std::fs::OpenOptions::new().create(true).append(true).open(&path);
    let file =
        file.into_diagnostic().wrap_err_with(|| format!("cannot open {}", path.display()))?;
    let filter = EnvFilter::builder().with_default_directive(LevelFilter::INFO.into());
    let to_file = tracing_subscriber::fmt::layer()
        .with_ansi(false)
        .with_target(false)
        .with_writer(Mutex::new(file))
        .with_filter(filter.from_env_lossy());
    let to_stderr = tracing_subscriber::fmt::layer()
        .without_time()
        .with_target(false)
        .with_ansi(false)
        .with_writer(std::io::stderr)
        .with_filter(LevelFilter::WARN);
    tracing_subscriber::registry().with(to_file).with(to_stderr).try_init().into_diagnostic()
}

fn chain(report: &Report) -> String {
    report.chain().map(ToString::to_string).collect::<Vec<_>>().join(": ")
}

fn panic_text(panic: &(dyn std::any::Any + Send)) -> &str {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("no message")
}
