//! The surface of the command line: what can be typed, and what it means.

use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::bench::StepArgs;
use crate::compare::{COMPARE_EXAMPLES, CompareArgs};
use crate::data::{DATA_EXAMPLES, DataArgs};
use crate::export::{EXPORT_EXAMPLES, ExportArgs};
use crate::memory_size::parse_memory;
use crate::new::NewArgs;
use crate::reproduce::{REPRODUCE_EXAMPLES, ReproduceArgs};
use crate::runs::{RUNS_EXAMPLES, RunsArgs};
use crate::verify::{VERIFY_EXAMPLES, VerifyArgs};

/// Reproducible ablation experiments: ask, run, read the answer.
#[derive(Debug, Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask", disable_version_flag = true)]
pub(crate) struct Cli {
    #[command(flatten)]
    pub(crate) places: Places,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// Where things lie.
#[derive(Debug, Args)]
pub(crate) struct Places {
    /// The workspace, instead of the one this program was built in
    #[arg(long, global = true, value_name = "DIR", hide = true)]
    pub(crate) root: Option<PathBuf>,
    /// Where runs are kept, instead of `runs` in the workspace
    #[arg(long, global = true, value_name = "DIR", help_heading = "Places")]
    pub(crate) runs: Option<PathBuf>,
    /// Where fetched datasets are kept, instead of the user's data directory
    #[arg(long, global = true, value_name = "DIR", help_heading = "Places")]
    pub(crate) data_dir: Option<PathBuf>,
    /// The `trial` program, instead of building it
    #[arg(long, global = true, value_name = "PATH", hide = true)]
    pub(crate) trial_binary: Option<PathBuf>,
}

/// The features of `trial`; it would answer a wrong one only after its build.
pub(crate) const BACKENDS: [&str; 5] = ["cuda", "flex", "ndarray", "tch", "wgpu"];

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Answer an experiment's question; without a name, list the experiments
    // The name comes first: after `--only a b` it would be taken for a filter.
    #[command(
        after_help = ABLATION_EXAMPLES,
        override_usage = "cargo xtask ablation [NAME] [OPTIONS]"
    )]
    Ablation(AblationArgs),
    /// Show the report of what has been run so far
    Report(ReportArgs),
    /// Say what differs between two runs, conditions or folders of runs, and whether it matters
    #[command(after_help = COMPARE_EXAMPLES)]
    Compare(CompareArgs),
    /// List, show, remove, pack and restore runs
    #[command(after_help = RUNS_EXAMPLES)]
    Runs(RunsArgs),
    /// Write the weights of a finished run as others read them
    #[command(after_help = EXPORT_EXAMPLES)]
    Export(ExportArgs),
    /// Run finished trials again, and say whether they come to the same
    #[command(after_help = REPRODUCE_EXAMPLES)]
    Reproduce(ReproduceArgs),
    /// Check that a trial that is killed again and again ends with the same bits
    #[command(after_help = VERIFY_EXAMPLES)]
    VerifyResume(VerifyArgs),
    /// List, fetch, check, show and add datasets
    #[command(after_help = DATA_EXAMPLES)]
    Data(DataArgs),
    /// Make something new: a dataset out of a person's files
    New(NewArgs),
    /// Say what this machine has, and what is missing
    Doctor,
    /// Run all tests
    Test,
    /// Run every check, the cheap ones first
    Ci(CiArgs),
    /// Accept the present output of golden tests and the present results of experiments
    Bless,
    /// Check the house rules that no compiler knows
    Tidy,
    /// Measure step times, the share of time outside of steps, and planning
    Bench(StepArgs),
}

const ABLATION_EXAMPLES: &str = "\
Examples:
  cargo xtask ablation batch-norm --dry-run      what would run, and how long it takes
  cargo xtask ablation batch-norm                run what is missing, then answer
  cargo xtask ablation batch-norm --only failed  try again what failed

What is run, and with which values, stands in experiments/<name>/experiment.toml; no flag
changes a result.

Exit codes:
  0   every trial has a result      4   a check failed, nothing was run
  1   a bug in this program         5   nothing matches --only
  2   wrong usage or input          75  interrupted; type the same command to go on
  3   some trials failed            130, 143  stopped by Ctrl-C or SIGTERM, likewise";

/// Arguments of `ablation`.
#[derive(Clone, Debug, Args)]
pub(crate) struct AblationArgs {
    /// Name of a folder in experiments/
    pub(crate) name: Option<String>,
    /// Show the plan and what it costs, run nothing
    #[arg(long, requires = "name")]
    pub(crate) dry_run: bool,
    /// Print each condition's resolved trial as TOML, run nothing
    #[arg(long, requires = "name", conflicts_with = "dry_run")]
    pub(crate) print_spec: bool,
    /// Only these trials: failed (that is crashed, oom or timeout), diverged, missing (interrupted
    /// too), interrupted, seed=0, norm=none, condition=...
    #[arg(long, requires = "name", value_name = "FILTER", num_args = 1..)]
    pub(crate) only: Vec<String>,
    /// Throw away what the selected trials did so far; without it they go on from their last
    /// checkpoint
    #[arg(long, requires = "name")]
    pub(crate) fresh: bool,
    /// Add seeds, one for all conditions, until the interval of every claim is this narrow, for
    /// example halfwidth=0.3pp
    #[arg(
        long,
        value_name = "RULE",
        requires_all = ["name", "max_seeds"],
        conflicts_with_all = ["only", "print_spec"]
    )]
    pub(crate) until: Option<String>,
    /// The most seeds that --until may come to
    #[arg(long, value_name = "N", requires = "until", value_parser = parse_count)]
    pub(crate) max_seeds: Option<NonZeroUsize>,
    /// What computes
    #[arg(long, value_name = "NAME", default_value = "flex", value_parser = BACKENDS)]
    pub(crate) backend: String,
    /// Where trials run
    #[arg(long, value_name = "NAME", default_value = "local")]
    pub(crate) launcher: LauncherKind,
    /// Trials at a time; without it, as many as the cores allow
    #[arg(short, long, value_name = "N", value_parser = parse_count)]
    pub(crate) jobs: Option<NonZeroUsize>,
    /// Threads of each trial
    #[arg(long, value_name = "N", default_value = "1", value_parser = parse_count)]
    pub(crate) threads: NonZeroUsize,
    /// Stop everything at the first trial that fails
    #[arg(long, requires = "name")]
    pub(crate) fail_fast: bool,
    /// How often a failed trial is tried again, unless it wanted more memory than its limit
    #[arg(long, value_name = "N", default_value = "0")]
    pub(crate) max_retries: u32,
    /// How long one attempt of a trial may take: 90s, 10m, 2h
    #[arg(long, value_name = "TIME", value_parser = parse_duration)]
    pub(crate) timeout: Option<Duration>,
    /// Most memory that a trial may ask for, threads included: 512M, 2G, 1.5GiB
    #[arg(long, value_name = "SIZE", value_parser = parse_memory)]
    pub(crate) memory_per_trial: Option<u64>,
    /// Go on with trials that another build of the program brought half-way; their runs are marked
    #[arg(long, requires = "name", conflicts_with = "fresh")]
    pub(crate) allow_binary_change: bool,
    /// Go on where a dead process of another machine held the experiment, after watching its
    /// heartbeat for TIME; refused if it moves
    #[arg(
        long,
        requires = "name",
        conflicts_with_all = ["dry_run", "print_spec"],
        value_name = "TIME",
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = "10s",
        value_parser = parse_duration
    )]
    pub(crate) take_over: Option<Duration>,
    /// What stdout gets
    #[arg(
        long,
        requires = "name",
        conflicts_with_all = ["dry_run", "print_spec"],
        value_name = "FORMAT",
        default_value = "terminal"
    )]
    pub(crate) format: Format,
    /// Only warnings and errors beside the answer
    #[arg(short, long, conflicts_with = "verbose")]
    pub(crate) quiet: bool,
    /// Say more on the way
    #[arg(short, long)]
    pub(crate) verbose: bool,
}

impl AblationArgs {
    /// Whether everything that was run so far is thrown away.
    pub(crate) fn starts_anew(&self) -> bool {
        self.fresh && self.only.is_empty()
    }
}

/// Arguments of `report`.
#[derive(Debug, Args)]
pub(crate) struct ReportArgs {
    /// Name of a folder in experiments/
    pub(crate) name: String,
    /// Write nothing; fail when a written report is out of date
    #[arg(long)]
    pub(crate) check: bool,
    /// What stdout gets
    #[arg(long, value_name = "FORMAT", default_value = "terminal")]
    pub(crate) format: Format,
}

/// Arguments of `ci`.
#[derive(Debug, Args)]
pub(crate) struct CiArgs {
    /// Only this step
    #[arg(long, value_name = "STEP", value_parser = crate::ci::step_names())]
    pub(crate) only: Option<String>,
    /// Go on after a step that fails
    #[arg(long)]
    pub(crate) keep_going: bool,
}

/// Where trials run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum LauncherKind {
    /// Processes on this machine
    Local,
}

/// What stdout gets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// For reading
    Terminal,
    /// report.md
    Markdown,
    /// report.html
    Html,
    /// report.tex
    Latex,
    /// results.json
    Json,
}

pub(crate) fn parse_count(text: &str) -> Result<NonZeroUsize, String> {
    text.parse().map_err(|_| "a whole number, 1 or more".to_owned())
}

fn parse_duration(text: &str) -> Result<Duration, String> {
    let complain = || format!("`{text}` is no time; write for example 90s, 10m or 2h");
    let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let (number, unit) = text.split_at(digits.len());
    let number: f64 = number.parse().map_err(|_| complain())?;
    let unit_secs = match unit {
        "s" | "" => 1.0,
        "m" | "min" => 60.0,
        "h" => 3600.0,
        _ => return Err(complain()),
    };
    match Duration::try_from_secs_f64(number * unit_secs) {
        Ok(time) if !time.is_zero() => Ok(time),
        _ => Err(complain()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_surface_is_consistent() {
        use clap::CommandFactory;
        Cli::command().debug_assert();
    }

    #[test]
    fn counts_start_at_one() {
        assert_eq!(parse_count("3").map(NonZeroUsize::get), Ok(3));
        for text in ["0", "-1", "two", "", "1.5"] {
            assert_eq!(parse_count(text), Err("a whole number, 1 or more".to_owned()), "{text}");
        }
    }

    #[test]
    fn times_are_read_with_their_unit() {
        let check = |text: &str, secs: Option<f64>| {
            assert_eq!(parse_duration(text).ok().map(|time| time.as_secs_f64()), secs, "{text}");
        };
        check("90", Some(90.0));
        check("90s", Some(90.0));
        check("1.5m", Some(90.0));
        check("2h", Some(7200.0));
        check("0s", None);
        check("-1s", None);
        check("5 d", None);
        check("NaN", None);
        check("1e300h", None);
        check("", None);
    }
}
