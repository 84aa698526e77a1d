//! What can be typed after `cargo xtask verify-resume`.

use clap::Args;

/// Shown below the help.
pub(crate) const VERIFY_EXAMPLES: &str = "\
Examples:
  cargo xtask verify-resume dropout                          20 kills, the reference's first seed
  cargo xtask verify-resume dropout --condition dropout=0.5 --seed 31 --kills 100

The trial is run twice in the target folder, once undisturbed and once under kills; both are kept.
Exit code 0: the same bits; 4: they differ; 3: the trial has no result.";

/// Arguments of `verify-resume`.
#[derive(Debug, Args)]
pub(crate) struct VerifyArgs {
    /// Name of a folder in experiments/
    pub(crate) name: String,
    /// How often the trial is killed
    #[arg(long, value_name = "N", default_value = "20", value_parser = clap::value_parser!(u32).range(1..=10_000))]
    pub(crate) kills: u32,
    /// Which condition's trial
    #[arg(long, value_name = "NAME", default_value = fireassay_spec::Plan::REFERENCE)]
    pub(crate) condition: String,
    /// Which seed's trial; without it, the condition's first
    #[arg(long, value_name = "N")]
    pub(crate) seed: Option<u64>,
    /// What computes
    #[arg(long, value_name = "NAME", default_value = "flex", value_parser = crate::cli::BACKENDS)]
    pub(crate) backend: String,
}
