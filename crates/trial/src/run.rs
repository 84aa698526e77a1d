//! The composition root: device, data, and the training loop between them.

use std::io::Write;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Mutex;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use fireassay_backend::Backend;
use fireassay_data::{Dataset, Roots};
use fireassay_features::FeatureCache;
use fireassay_kernels::Isa;
use fireassay_spec::{DatasetCard, Trial};
use fireassay_tracking::{
    Build, CodeFacts, FailureKind, Provenance, RunDir, RunLock, SCHEMA, State, Status, Timing,
};
use fireassay_trainer::meter::Meter;
use fireassay_trainer::{Cadence, Ending, Session, fit};
use miette::{IntoDiagnostic, Report, WrapErr, miette};
use rustix::process::{Resource, Rlimit, setrlimit};
use tracing_subscriber::Layer;
use tracing_subscriber::filter::{EnvFilter, LevelFilter};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

use crate::args::{Machine, Run};
use crate::{code_identity, exit, facts, foreign, last_words, source, stop};

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
    use_instructions(&args.machine).map_err(usage)?;
    let code: CodeFacts = serde_json::from_str(&args.code)
        .into_diagnostic()
        .wrap_err("--code is not what xtask writes")
        .map_err(usage)?;
    let binary_hash = facts::binary_hash().into_diagnostic().map_err(usage)?;
    let earlier =
        code_identity::earlier_builds(&run, &code, &binary_hash, args.allow_binary_change)
            .map_err(usage)?;
    let provenance = provenance(args, &trial, code, binary_hash, earlier).map_err(usage)?;
    let meter = Meter::open(&run, started).into_diagnostic().map_err(usage)?;
    start_log(&run).map_err(usage)?;
    last_words::keep_panics();

    let ended =
        catch_unwind(AssertUnwindSafe(|| train(args, (&run, &lock), &trial, &provenance, started)));
    let problem = match ended {
        Ok(Ok(Ending::Finished(outcome))) => {
            tracing::info!("finished: {outcome:?}");
            last_words::forget(&run);
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
    let kind = if is_want_of_memory(&problem) { FailureKind::Oom } else { FailureKind::Crashed };
    tracing::error!("{message}");
    last_words::write(&run, &message);
    // A full disk may refuse this too; the exit code still tells.
    let _ = run.write_status(&failed(&run, &meter, kind, message));
    drop(lock);
    Err((exit::FAILED, problem))
}

/// The status of a session that ends without a result. `meter` is from before it, so that what the
/// session has already counted in `status.json` is not counted twice.
fn failed(run: &RunDir, meter: &Meter, kind: FailureKind, message: String) -> Status {
    let now = meter.status(State::Failed(kind), 0, 0);
    let status = match run.status() {
        Ok(Some(last)) => Status {
            state: now.state,
            sessions: now.sessions,
            attempts: now.attempts,
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
    (run, lock): (&RunDir, &RunLock),
    trial: &Trial,
    provenance: &Provenance,
    started: Instant,
) -> miette::Result<Ending> {
    use_threads(&args.machine)?;
    if let Some(bytes) = args.memory_limit {
        limit_memory(bytes)?;
    }
    let stop = stop::flag(args.stop_on_eof).into_diagnostic()?;
    let device = device(&args.machine)?;
    let dataset = open_dataset(&args.machine, trial)?;
    let source = source::read(args, run, trial, (&dataset, &device))?;
    let (source, facts) = source.unzip();
    let provenance = &Provenance { source: facts, ..provenance.clone() };
    run.write_provenance(provenance).into_diagnostic()?;
    for build in &provenance.earlier {
        let until = build.until_step;
        tracing::warn!("steps up to {until} were made by program {}", build.binary_hash);
    }
    let _span = tracing::info_span!("trial", id = trial.id.short(), seed = trial.seed).entered();
    let features = feature_cache(&args.machine);
    fit(&Session {
        features: features.as_ref(),
        trial,
        dataset: &dataset,
        source: source.as_ref(),
        device: &device,
        run,
        binary_hash: &provenance.binary_hash,
        checkpoint_every: cadence(args),
        stop: &|| {
            if lock.is_lost() {
                leave(run);
            }
            stop.load(Ordering::Relaxed)
        },
        started,
    })
    .into_diagnostic()
}

/// Ends the process without another write: somebody else has taken the run over.
fn leave(run: &RunDir) -> ! {
    let _ = writeln!(std::io::stderr(), "`{}` was taken over", run.path().display());
    std::process::exit(exit::INTERRUPTED.into())
}

fn provenance(
    args: &Run,
    trial: &Trial,
    code: CodeFacts,
    binary_hash: String,
    earlier: Vec<Build>,
) -> miette::Result<Provenance> {
    let backend: Backend = args.machine.backend.parse().into_diagnostic()?;
    let fused = !trial.kernels.is_off() && backend == Backend::Flex;
    Ok(Provenance {
        schema: SCHEMA,
        code,
        binary_hash,
        dataset_hash: trial.dataset_hash.clone(),
        backend: backend.name().to_owned(),
        burn: facts::BURN.to_owned(),
        instructions: fused.then(|| Isa::best().name().to_owned()),
        threads: args.machine.threads,
        cpu: facts::cpu(),
        platform: facts::platform(),
        earlier,
        // Read later: it is a part of the trial's own work.
        source: None,
    })
}

fn cadence(args: &Run) -> Cadence {
    const DAY: f64 = 86_400.0;
    match args.checkpoint_steps {
        Some(steps) => Cadence::Steps(steps),
        None => Cadence::Time(Duration::from_secs_f64(args.checkpoint_secs.min(DAY))),
    }
}

/// Lets an allocation beyond this many bytes fail, which ends the process: on Linux what counts is
/// all memory that is private and writable, used or not.
fn limit_memory(bytes: u64) -> miette::Result<()> {
    let limit = Rlimit { current: Some(bytes), maximum: Some(bytes) };
    setrlimit(Resource::Data, limit).into_diagnostic().wrap_err("cannot limit the memory")
}

/// The trial's dataset, checked against the hash that is part of the trial's identity.
pub(crate) fn open_dataset(machine: &Machine, trial: &Trial) -> miette::Result<Dataset> {
    let Machine { datasets, data_dir, .. } = machine;
    let roots = Roots { datasets: datasets.clone(), fetched: data_dir.clone() };
    let card = datasets.join(&trial.spec.data.dataset).join("dataset.toml");
    let mut card = DatasetCard::load(&card)?;
    if card.hash() != trial.dataset_hash {
        return Err(miette!(
            help = format!("plan again: cargo xtask ablation {}", trial.experiment),
            "dataset `{}` is not the one this trial was planned for (its card has changed)",
            card.name
        ));
    }
    if let Some(normalise) = foreign::inputs(machine, trial, &card.normalise)? {
        let (mean, std) = (&normalise.mean, &normalise.std);
        tracing::info!("inputs are normalised for the source: mean {mean:?}, std {std:?}");
        card.normalise = normalise;
    }
    let (dataset, problem) = roots.open(&card).into_diagnostic()?;
    if let Some(problem) = problem {
        tracing::warn!("{}", chain(&Report::from_err(problem)));
    }
    Ok(dataset)
}

/// Where features of frozen blocks are kept, beside decoded datasets.
fn feature_cache(machine: &Machine) -> Option<FeatureCache> {
    let Machine { datasets, data_dir, .. } = machine;
    let roots = Roots { datasets: datasets.clone(), fetched: data_dir.clone() };
    roots.cache().map(|cache| FeatureCache::within(&cache.folder))
}

/// Gives rayon, and with it flex, this many threads.
pub(crate) fn use_threads(machine: &Machine) -> miette::Result<()> {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(machine.threads);
    pool.build_global().into_diagnostic().wrap_err("cannot start the threads")
}

/// Has the kernels use the instructions of `--instructions`, if there are any. To be called before
/// anything is computed.
pub(crate) fn use_instructions(machine: &Machine) -> miette::Result<()> {
    let Some(name) = &machine.instructions else { return Ok(()) };
    let known = || Isa::all().iter().map(|isa| isa.name()).collect::<Vec<_>>().join(", ");
    let isa = Isa::named(name)
        .ok_or_else(|| miette!("this machine has no instructions `{name}`; it has {}", known()))?;
    isa.choose().map_err(|used| miette!("the kernels use `{}` already", used.name()))
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

/// Most allocations end the process when they fail; those of a file's content are refused.
fn is_want_of_memory(report: &Report) -> bool {
    let mut errors = report.chain().filter_map(|error| error.downcast_ref::<std::io::Error>());
    errors.any(|error| error.kind() == std::io::ErrorKind::OutOfMemory)
}

fn panic_text(panic: &(dyn std::any::Any + Send)) -> &str {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("no message")
}
