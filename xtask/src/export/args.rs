//! Arguments of `export`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

pub(crate) const EXPORT_EXAMPLES: &str = "\
Examples:
  cargo xtask export transfer/pretrain.seed-0.1a2b3c4d --to safetensors
  cargo xtask export transfer/pretrain.seed-0.1a2b3c4d --to safetensors --out datasets/my-weights

The folder holds the weights by the names that PyTorch's models have, a README.md that says what
they are, and a weights.toml: in datasets/, trials can start from them with init = { weights = \"..\" }.
The same run gives the same bytes.";

#[derive(Debug, Args)]
pub(crate) struct ExportArgs {
    /// A finished run: a path, or the start of its name or id
    pub(crate) run: String,
    /// Format of the weights
    #[arg(long, value_enum)]
    pub(crate) to: ExportFormat,
    /// The folder to make; without it, one in `exports` named after the run
    #[arg(long, value_name = "DIR")]
    pub(crate) out: Option<PathBuf>,
}

/// A format that others read.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum ExportFormat {
    /// A header of JSON, then the numbers.
    Safetensors,
}
