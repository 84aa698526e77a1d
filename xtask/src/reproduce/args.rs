//! What can be typed after `cargo xtask reproduce`.

use std::num::NonZeroUsize;

use clap::{Args, ValueEnum};

use crate::cli::{BACKENDS, parse_count};

/// Shown below the help.
pub(crate) const REPRODUCE_EXAMPLES: &str = "\
Examples:
  cargo xtask reproduce batch-norm/reference/10           one run
  cargo xtask reproduce batch-norm --trials 3             three of an experiment's runs
  cargo xtask reproduce experiments/batch-norm            what is committed, without its runs
  cargo xtask reproduce batch-norm --only seed=20 --backend ndarray

Each trial is run again from its trial.json, by the present program, in the target folder; what is
there already from the same program is used. Runs are never touched. The verdict is the lowest of

  bit-identical             outcome, steps, weights, metrics and events
  within tolerance          every metric off by at most --tolerance times max(1, |value|)
  statistically compatible  the reruns of a condition, paired by seed, are equivalent within the
                            experiment's rope; or a rerun is off by no more than two seeds of the
                            condition may lie apart (t * sqrt(2) * SD, 4 seeds or more)
  undecided                 there is too little to judge by
  different                 a mean difference that is not chance, more than that, another outcome

Exit code 0: one of the first three; 4: undecided or different; 3: a rerun has no result.";

/// Arguments of `reproduce`.
#[derive(Debug, Args)]
pub(crate) struct ReproduceArgs {
    /// An experiment, a run (its folder, experiment/condition/seed or the start of its id), a
    /// folder of runs, a results.json or its folder
    pub(crate) what: String,
    /// Only these trials: seed=0, norm=none, condition=..., diverged
    #[arg(long, value_name = "FILTER", num_args = 1..)]
    pub(crate) only: Vec<String>,
    /// Only so many, drawn by a fixed seed and spread over the conditions
    #[arg(long, value_name = "N", value_parser = parse_count)]
    pub(crate) trials: Option<NonZeroUsize>,
    /// How far a metric may be off, relative to 1 or to its value if that is more
    #[arg(long, value_name = "SIZE", default_value = "1e-5", value_parser = parse_tolerance)]
    pub(crate) tolerance: f64,
    /// What computes
    #[arg(long, value_name = "NAME", default_value = "flex", value_parser = BACKENDS)]
    pub(crate) backend: String,
    /// Trials at a time; without it, as many as the cores allow
    #[arg(short, long, value_name = "N", value_parser = parse_count)]
    pub(crate) jobs: Option<NonZeroUsize>,
    /// Threads of each trial
    #[arg(long, value_name = "N", default_value = "1", value_parser = parse_count)]
    pub(crate) threads: NonZeroUsize,
    /// Throw away what earlier commands ran again
    #[arg(long)]
    pub(crate) fresh: bool,
    /// What stdout gets
    #[arg(long, value_name = "FORMAT", default_value = "terminal")]
    pub(crate) format: View,
}

/// What stdout gets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum View {
    /// For reading
    Terminal,
    /// For machines
    Json,
}

fn parse_tolerance(text: &str) -> Result<f64, String> {
    match text.parse() {
        Ok(size) if (0.0..1.0).contains(&size) => Ok(size),
        Ok(_) | Err(_) => Err("a number from 0 to below 1, for example 1e-5".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tolerance_is_a_small_number() {
        assert_eq!(parse_tolerance("1e-5"), Ok(fireassay_report::reproduce::TOLERANCE));
        assert_eq!(parse_tolerance("0"), Ok(0.0));
        for text in ["1", "-1e-5", "NaN", "inf", "1 %", ""] {
            assert!(parse_tolerance(text).is_err(), "{text}");
        }
    }
}
