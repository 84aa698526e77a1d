//! The command line of `trial`. Every flag is about the machine; none changes a result.

use std::path::PathBuf;

use clap::builder::RangedU64ValueParser;
use clap::{Args as ClapArgs, Parser, Subcommand};

use crate::bench::Case;

/// Runs one trial of a Fireassay experiment.
#[derive(Debug, Parser)]
#[command(version, arg_required_else_help = true)]
pub(crate) struct Args {
    /// Print the backends of this build as a JSON array.
    #[arg(long)]
    pub(crate) list_backends: bool,
    #[command(subcommand)]
    pub(crate) command: Option<Command>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Run the trial of a run directory to its end, or on from its last checkpoint.
    Run(Run),
    /// Read trials as a JSON array on stdin, print what each would do.
    Fingerprint(Machine),
    /// Print step times and the share of a trial's time outside its steps.
    Bench(Bench),
    /// Measure the steps of one model; JSON on stdout
    Steps(Steps),
}

#[derive(Debug, ClapArgs)]
pub(crate) struct Run {
    /// Holds trial.json; everything is written there.
    pub(crate) run_dir: PathBuf,
    #[command(flatten)]
    pub(crate) machine: Machine,
    /// Folder of the run that it starts from, if it starts from one; else the one that holds its own.
    #[arg(long, value_name = "DIR")]
    pub(crate) sources: Option<PathBuf>,
    /// Facts about the code, as JSON, for provenance.json.
    #[arg(
        long,
        default_value = "{\"git-revision\":null,\"git-dirty\":false,\"lockfile-hash\":\"\",\"toolchain\":\"\"}"
    )]
    pub(crate) code: String,
    /// Stop at a checkpoint when stdin ends, so that no parent leaves an orphan.
    #[arg(long)]
    pub(crate) stop_on_eof: bool,
    /// Seconds between checkpoints, at least.
    #[arg(long, default_value_t = 2.0, value_parser = seconds)]
    pub(crate) checkpoint_secs: f64,
    /// Steps between checkpoints, instead of seconds.
    #[arg(long, value_name = "N", conflicts_with = "checkpoint_secs")]
    #[arg(value_parser = clap::value_parser!(u64).range(1..))]
    pub(crate) checkpoint_steps: Option<u64>,
    /// Most bytes of memory that the process may ask for; it is ended when it asks for more.
    #[arg(long, value_name = "BYTES")]
    pub(crate) memory_limit: Option<u64>,
    /// Go on from a checkpoint of another program, and say so in the run.
    #[arg(long)]
    pub(crate) allow_binary_change: bool,
}

#[derive(Clone, Debug, ClapArgs)]
pub(crate) struct Machine {
    /// Folder of datasets.
    #[arg(long, default_value = "datasets")]
    pub(crate) datasets: PathBuf,
    /// Folder of fetched datasets; a dataset whose files lie beside its card is read from there.
    #[arg(long, value_name = "DIR")]
    pub(crate) data_dir: Option<PathBuf>,
    /// Threads of the trial.
    #[arg(long, default_value_t = 1, value_parser = RangedU64ValueParser::<usize>::new().range(1..))]
    pub(crate) threads: usize,
    /// Instruction set of the kernels, instead of the fastest: `avx512`, `avx2`, `neon` or
    /// `portable`. All give the same bits.
    #[arg(long, value_name = "NAME")]
    pub(crate) instructions: Option<String>,
    /// One of `--list-backends`.
    #[arg(long, default_value = "flex")]
    pub(crate) backend: String,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct Bench {
    #[command(flatten)]
    pub(crate) machine: Machine,
    /// `terminal` or `json`.
    #[arg(long, default_value = "terminal", value_parser = ["terminal", "json"])]
    pub(crate) format: String,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct Steps {
    /// What is trained.
    #[arg(value_enum)]
    pub(crate) case: Case,
    #[command(flatten)]
    pub(crate) machine: Machine,
}

fn seconds(text: &str) -> Result<f64, &'static str> {
    match text.parse::<f64>() {
        Ok(seconds) if seconds.is_finite() && seconds >= 0.0 => Ok(seconds),
        Ok(_) | Err(_) => Err("expected a number of seconds, 0 or more"),
    }
}
