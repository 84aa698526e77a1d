//! What can be typed after `cargo xtask runs`.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};

/// Shown below the help.
pub(crate) const RUNS_EXAMPLES: &str = "\
Examples:
  cargo xtask runs list --state failed                  what went wrong, in all experiments
  cargo xtask runs show batch-norm/reference/0          everything about one run
  cargo xtask runs gc                                   what could go; --yes lets it go
  cargo xtask runs export batch-norm batch-norm.tar.gz  one file, for another machine
  cargo xtask runs verify                               after copying runs between machines";

/// Arguments of `runs`.
#[derive(Debug, Args)]
pub(crate) struct RunsArgs {
    #[command(subcommand)]
    pub(crate) command: RunsCommand,
}

#[derive(Debug, Subcommand)]
pub(crate) enum RunsCommand {
    /// List the runs of all experiments, or of one
    List(ListArgs),
    /// Say everything that is recorded of one run
    Show {
        /// A run's folder, experiment/condition/seed, or the start of its id
        run: String,
    },
    /// Say what nothing needs any more, and with --yes remove it
    ///
    /// That is: runs of no present plan, folders that were set aside (their names start with a
    /// dot), what killed processes left, and checkpoints of finished runs. A run stays if the
    /// plan of any experiment has it, experiment.lock.json registers it, or a results.json names
    /// it.
    Gc(GcArgs),
    /// Pack the finished runs of an experiment into one file
    Export(ExportArgs),
    /// Restore runs from such a file; runs that are there already are kept
    Import(ImportArgs),
    /// Check that the files of runs still are what was written; exit 4 if not
    ///
    /// Every file that something can be held against is read: JSON files with their seals, events
    /// with theirs and with the summary, checkpoints with their manifest, and of finished runs the
    /// selected weights and TensorBoard's curves, where they are there. Whether a report is up to
    /// date is for `report --check` to say.
    Verify {
        /// Name of a folder in runs/; without it, all of them
        experiment: Option<String>,
    },
}

/// Arguments of `runs list`.
#[derive(Debug, Args)]
pub(crate) struct ListArgs {
    /// Name of a folder in runs/
    pub(crate) experiment: Option<String>,
    /// Only runs in this state; can be repeated
    #[arg(long, value_name = "STATE", value_delimiter = ',', value_parser = STATES)]
    pub(crate) state: Vec<String>,
    /// What stdout gets
    #[arg(long, value_name = "FORMAT", default_value = "terminal")]
    pub(crate) format: View,
}

/// What `--state` takes. A run may be in several: `failed`, `oom` and `foreign`.
const STATES: [&str; 11] = [
    "done",
    "diverged",
    "failed",
    "crashed",
    "oom",
    "timeout",
    "interrupted",
    "running",
    "pending",
    "damaged",
    "foreign",
];

/// Arguments of `runs gc`.
#[derive(Debug, Args)]
pub(crate) struct GcArgs {
    /// Name of a folder in runs/; without it, all of them
    pub(crate) experiment: Option<String>,
    /// Damaged runs too, but for those that a results.json names
    #[arg(long)]
    pub(crate) damaged: bool,
    /// Remove it
    #[arg(long)]
    pub(crate) yes: bool,
}

/// Arguments of `runs export`.
#[derive(Debug, Args)]
pub(crate) struct ExportArgs {
    /// Name of a folder in runs/
    pub(crate) experiment: String,
    /// The archive to write, `<name>.tar.gz`
    pub(crate) file: PathBuf,
    /// Unfinished runs too
    #[arg(long)]
    pub(crate) all: bool,
    /// Checkpoints too
    #[arg(long)]
    pub(crate) with_weights: bool,
}

/// Arguments of `runs import`.
#[derive(Debug, Args)]
pub(crate) struct ImportArgs {
    /// The archive that `runs export` wrote
    pub(crate) file: PathBuf,
    /// Another folder in runs/ than the experiment's own, for example to compare the two
    #[arg(long = "as", value_name = "NAME")]
    pub(crate) folder: Option<String>,
}

/// What stdout gets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum View {
    /// For reading
    Terminal,
    /// For machines
    Json,
}
